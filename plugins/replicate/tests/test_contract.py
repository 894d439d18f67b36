"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestReplicate(ProviderContract):
    provider = "replicate"
