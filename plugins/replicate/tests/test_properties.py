"""Whatever is asked of the plugin, and whatever Replicate answers."""

from tryon_testing.properties import ProviderProperties


class TestReplicateProperties(ProviderProperties):
    provider = "replicate"
