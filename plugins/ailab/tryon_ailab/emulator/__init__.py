"""AILabTools on this machine: its four submissions, its query of results and of credits."""

from tryon_ailab.emulator.app import KEY, build
from tryon_ailab.emulator.codes import FAILURES
from tryon_ailab.emulator.envelope import refuse
from tryon_ailab.emulator.knobs import Knobs
from tryon_testing.emulation import Emulator

emulator = Emulator(
    provider="ailab",
    build=build,
    settings={"api_key": KEY},
    knobs=Knobs,
    refuse=refuse,
    failures=FAILURES,
    poll_interval_s=5.0,
)

__all__ = ["KEY", "Knobs", "emulator"]
