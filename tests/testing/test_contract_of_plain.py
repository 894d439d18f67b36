"""The contract and the properties hold for a vendor none of whose answers is JSON."""

from plain import provider as plain
from plain_emulator import emulator as plain_emulator
from tryon_testing.contract import ProviderContract
from tryon_testing.properties import ProviderProperties


class TestPlain(ProviderContract):
    provider = plain
    emulator = plain_emulator


class TestPlainProperties(ProviderProperties):
    provider = plain
    emulator = plain_emulator
