"""Time as a value that can be replaced in tests."""

import queue
import threading
import time
from datetime import datetime, timezone
from typing import Protocol, TypeVar

T = TypeVar("T")


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

    def take(self, source: "queue.SimpleQueue[T]", timeout_s: float) -> T:
        """Wait for the next item of a queue.

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

    def take(self, source: "queue.SimpleQueue[T]", timeout_s: float) -> T:
        """Block this thread until something comes."""
        return source.get(timeout=min(timeout_s, threading.TIMEOUT_MAX))
