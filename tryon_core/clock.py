"""Time as a value that can be replaced in tests."""

import time
from datetime import datetime, timezone
from typing import Protocol


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
