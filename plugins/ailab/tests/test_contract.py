from tryon_core.testing.contract import ProviderContract


class TestAilab(ProviderContract):
    provider = "ailab"
