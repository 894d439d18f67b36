"""Print every hook call to standard error: `TRYON_TRACE_HOOKS=1`."""

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tryon_core.masking import masked

TRACE_ENV = "TRYON_TRACE_HOOKS"


class HookTrace:
    """A pluggy call monitor that shows who was called, what came out and how long it took.

    Values are never shown, only their types; words of exceptions are masked.
    """

    def __init__(self) -> None:
        self._calls = threading.local()

    def before(
        self, name: str, implementations: Sequence[Any], arguments: Mapping[str, Any]
    ) -> None:
        """Remember when the call began."""
        del name, implementations, arguments
        self._started.append(time.perf_counter())

    def after(
        self, outcome: Any, name: str, implementations: Sequence[Any], arguments: Mapping[str, Any]
    ) -> None:
        """Print one line."""
        milliseconds = (time.perf_counter() - self._started.pop()) * 1000
        ctx = arguments["ctx"]
        owners = ", ".join(entry.plugin_name for entry in implementations)
        what = _described(outcome, ctx.settings.secrets)
        line = f"[tryon] {ctx.provider}.{name} -> {what} in {milliseconds:.1f} ms (asked: {owners})"
        # The line break is part of the text, so that no line of another thread comes between.
        print(f"{line}\n", end="", file=sys.stderr, flush=True)  # noqa: T201  (the mode's purpose)

    @property
    def _started(self) -> list[float]:
        if not hasattr(self._calls, "started"):
            self._calls.started = []
        started: list[float] = self._calls.started
        return started


def _described(outcome: Any, secrets: Sequence[str]) -> str:
    if outcome.exception is not None:
        return f"{type(outcome.exception).__name__}: {masked(str(outcome.exception), secrets)}"
    value = outcome.get_result()
    return (
        f"{type(value).__name__}[{len(value)}]" if isinstance(value, list) else type(value).__name__
    )
