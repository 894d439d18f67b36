"""fal's queue, file storage and try-on models on this machine: strict, and able to fail."""

from tryon_fal.emulator.answers import FAILURES, refuse
from tryon_fal.emulator.application import build
from tryon_fal.emulator.knobs import KEY, Knobs
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]

_PLACES = {"storage_url": "{address}/_rest", "account_url": "{address}/_account/v1"}
emulator = Emulator(
    provider="fal",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"api_key": KEY, **_PLACES},
    failures=FAILURES,
)
