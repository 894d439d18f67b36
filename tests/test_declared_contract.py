"""The contract and the properties hold for a vendor that is declared as data."""

from loom import provider as loom
from loom_emulator import emulator as loom_emulator
from tryon_testing import ProviderContract, ProviderProperties


class TestLoom(ProviderContract):
    provider = loom
    emulator = loom_emulator


class TestLoomProperties(ProviderProperties):
    provider = loom
    emulator = loom_emulator


class TestTheFineModel(ProviderProperties):
    """It names the addresses to ask, and has its image in an answer of its own."""

    provider = loom
    emulator = loom_emulator
    only_the_wire = True

    def requests(self):
        return [request for request in super().requests() if request.options.model == "fine"]
