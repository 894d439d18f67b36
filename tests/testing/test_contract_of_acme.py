"""The contract holds for a well-behaved provider."""

from acme import provider as acme
from acme_emulator import emulator as acme_emulator
from tryon_core.testing.contract import ProviderContract


class TestAcme(ProviderContract):
    provider = acme
    emulator = acme_emulator
