"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestKling(ProviderContract):
    provider = "kling"
