"""Time as a value that can be replaced in tests, and the pause after a failure."""

import queue
import random
import threading
import time
from datetime import datetime, timezone
from typing import Protocol, TypeVar

T = TypeVar("T")
# Twice as long with each failure, up to a number that no float overflows on.
_MOST_DOUBLINGS = 60


class Clock(Protocol):
    """Where the core gets the time from, and how it waits."""

    def now(self) -> datetime:
        """Return the wall-clock time, with zone UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def take(
        self, source: "queue.SimpleQueue[T]", timeout_s: float, *, is_awaited: bool = True
    ) -> T:
        """Wait for the next item of a queue.

        Args:
            source: the queue.
            timeout_s: longest wait in seconds, possibly infinite.
            is_awaited: whether something that is under way will put an item; else the caller
                sleeps, and an item merely ends that early.

        Raises:
            queue.Empty: none came in time.
        """
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the wall-clock time, with zone UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds of the system's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)

    def take(
        self, source: "queue.SimpleQueue[T]", timeout_s: float, *, is_awaited: bool = True
    ) -> T:
        """Block this thread until something comes."""
        del is_awaited
        return source.get(timeout=min(timeout_s, threading.TIMEOUT_MAX))


def full_jitter_s(failures: int, *, base_s: float, most_s: float) -> float:
    """Return a random pause before what failed is tried again.

    Its upper limit doubles with each failure. The whole pause is random ("full jitter"), so that
    clients that failed together do not come back together.

    Args:
        failures: how many attempts have failed, 1 or more.
        base_s: upper limit in seconds after the first failure.
        most_s: no pause is longer.
    """
    ceiling_s = base_s * 2 ** min(failures - 1, _MOST_DOUBLINGS)
    return random.uniform(0, min(ceiling_s, most_s))  # noqa: S311  (no secret)
