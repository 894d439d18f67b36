"""Counts requests in moving windows, as vendors do."""

import threading
from collections import deque

from tryon_core.clock import Clock


class QuotaMeter:
    """Says whether one more request is allowed.

    Args:
        clock: where the time comes from.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def take(self, name: str, *, limit: int, window_s: float) -> bool:
        """Count a request if it is allowed, and return whether it is.

        Args:
            name: what is counted, such as `submit sk-1`.
            limit: requests allowed within the window.
            window_s: length of the moving window in seconds.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            taken = self._taken.setdefault(name, deque())
            while taken and taken[0] <= now_s - window_s:
                taken.popleft()
            if len(taken) >= limit:
                return False
            taken.append(now_s)
            return True
