from tryon_testing.contract import ProviderContract


class TestAilab(ProviderContract):
    provider = "ailab"
