"""Pixelcut's service on this machine: strict about requests, and able to fail on request."""

from tryon_pixelcut.emulator.answers import FAILURES, refuse
from tryon_pixelcut.emulator.application import KEY, build
from tryon_pixelcut.emulator.knobs import Knobs
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]

emulator = Emulator(
    provider="pixelcut",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"api_key": KEY},
    failures=FAILURES,
)
