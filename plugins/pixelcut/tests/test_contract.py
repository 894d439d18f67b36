"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestPixelcut(ProviderContract):
    provider = "pixelcut"


class TestPixelcutWaiting(ProviderContract):
    """The form that holds its answer back until the image is there."""

    provider = "pixelcut"
    # Some checks have jobs of ten minutes.
    settings = {  # noqa: RUF012  (as the contract declares it)
        "wait_for_result": "true",
        "wait_timeout_s": "3600",
    }
