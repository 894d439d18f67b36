"""Replicate's service on this machine: strict about requests, and able to fail on request."""

from tryon_replicate.emulator.answers import FAILED, refuse
from tryon_replicate.emulator.application import KEY, build
from tryon_replicate.emulator.knobs import Knobs
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]

emulator = Emulator(
    provider="replicate",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"api_key": KEY},
    failures=FAILED,
)
