"""Whatever is asked of the plugin; it asks no vendor, so there is no wire."""

from tryon_testing.properties import ProviderProperties


class TestLocalProperties(ProviderProperties):
    provider = "local"
