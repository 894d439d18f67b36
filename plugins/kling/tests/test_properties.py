"""Whatever is asked of the plugin, and whatever Kling answers."""

from tryon_testing.properties import ProviderProperties


class TestKlingProperties(ProviderProperties):
    provider = "kling"
    knobs = {"units": 10**9, "running_jobs": 10**6}  # noqa: RUF012  (as the contract declares it)
