"""The contract of all providers, as far as it is not about a vendor's service."""

from tryon_testing import ProviderContract


class TestLocal(ProviderContract):
    provider = "local"
