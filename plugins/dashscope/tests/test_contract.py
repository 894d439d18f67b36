"""The contract of all providers."""

from tryon_core.testing import ProviderContract


class TestDashscope(ProviderContract):
    provider = "dashscope"
