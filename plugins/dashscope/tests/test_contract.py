"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestDashscope(ProviderContract):
    provider = "dashscope"
