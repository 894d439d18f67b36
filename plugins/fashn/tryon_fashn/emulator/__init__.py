"""FASHN's service on this machine: strict about requests, and able to fail on request."""

from tryon_fashn.emulator.answers import FAILURES, refuse
from tryon_fashn.emulator.knobs import Knobs
from tryon_fashn.emulator.service import KEY, build
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]

emulator = Emulator(
    provider="fashn",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"api_key": KEY},
    failures=sorted(FAILURES),
)
