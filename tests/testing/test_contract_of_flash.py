"""The contract holds for a vendor without jobs, whose answer is the image or holds it as base64."""

from flash import provider as flash
from flash_emulator import emulator as flash_emulator
from tryon_testing.contract import ProviderContract
from tryon_testing.properties import ProviderProperties


class TestFlash(ProviderContract):
    provider = flash
    emulator = flash_emulator


class TestFlashWithJson(ProviderContract):
    provider = flash
    emulator = flash_emulator
    knobs = {"is_json": True}  # noqa: RUF012  (as it is documented)


class TestFlashProperties(ProviderProperties):
    provider = flash
    emulator = flash_emulator


class TestFlashWithJsonProperties(ProviderProperties):
    provider = flash
    emulator = flash_emulator
    knobs = {"is_json": True}  # noqa: RUF012  (as it is documented)
    only_the_wire = True
