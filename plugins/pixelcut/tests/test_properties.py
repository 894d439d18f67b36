"""Whatever is asked of the plugin, and whatever Pixelcut answers."""

from tryon_core.testing.properties import ProviderProperties


class TestPixelcutProperties(ProviderProperties):
    provider = "pixelcut"
    knobs = {"credits": 10**9}  # noqa: RUF012  (as the contract declares it)
