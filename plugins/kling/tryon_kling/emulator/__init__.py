"""Kling AI's service on this machine: strict about requests, and able to fail on request."""

from tryon_kling.emulator.application import build
from tryon_kling.emulator.knobs import Knobs
from tryon_kling.emulator.protocol import ACCESS_KEY, API_KEY, SECRET_KEY, refuse
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]

_KEYS = {"api_key": API_KEY, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
emulator = Emulator(
    provider="kling",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings=_KEYS,
    failures=(),
    unsent_options=["pair_layout"],
)
