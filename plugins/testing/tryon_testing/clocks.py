"""A clock on which time passes only when somebody sleeps."""

import contextlib
import queue
from datetime import datetime, timedelta, timezone
from typing import TypeVar

T = TypeVar("T")
_REAL_TIMEOUT_S = 60.0
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
"""The first time that a `FakeClock` shows."""


class FakeClock:
    """Both its times advance by what is slept, so that no test has to wait.

    Args:
        start: first wall-clock time.
        most_sleeps: a caller that sleeps more often than this is caught in a loop.

    Attributes:
        sleeps: every duration that was slept, in seconds.
    """

    def __init__(self, start: datetime = START, *, most_sleeps: int = 20_000) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._most_sleeps = most_sleeps
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        """Return the wall-clock time, with zone UTC."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        return 1000.0 + self._elapsed_s

    def sleep(self, seconds: float) -> None:
        """Let time pass at once.

        Raises:
            AssertionError: the caller sleeps too often.
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.sleeps.append(seconds)
        if len(self.sleeps) > self._most_sleeps:
            raise AssertionError("caught in a loop")
        self._elapsed_s += seconds

    def take(
        self, source: "queue.SimpleQueue[T]", timeout_s: float, *, is_awaited: bool = True
    ) -> T:
        """Wait for an item; time passes only when no other thread is making one."""
        if is_awaited:
            return source.get(timeout=_REAL_TIMEOUT_S)
        with contextlib.suppress(queue.Empty):
            return source.get_nowait()
        self.sleep(timeout_s)
        raise queue.Empty

    def advance(self, seconds: float) -> None:
        """Let time pass without a sleep, as slow work does."""
        self._elapsed_s += seconds
