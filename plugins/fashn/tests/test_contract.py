"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestFashn(ProviderContract):
    provider = "fashn"
