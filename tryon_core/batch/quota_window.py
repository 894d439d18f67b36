"""A vendor's moving window, kept by the library `limits` in milliseconds of a time it is told."""

import math
from collections import deque
from typing import ClassVar

from limits import RateLimitItem
from limits.limits import Granularity
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from tryon_core.models import Quota

_ROUNDING_MS = 1
_ROUNDING_S = 0.0001


class Milliseconds(RateLimitItem):
    """So many within so many milliseconds; the finest unit of `limits` itself is the second."""

    GRANULARITY: ClassVar[Granularity] = Granularity(1, "ms")


class Told(Storage):
    """A storage of `limits` that counts at the time it is told, not at `time.time()`.

    Attributes:
        at_ms: the time of the next call, in milliseconds.
    """

    at_ms: float = 0.0


class ToldMemory(MemoryStorage, Told):
    """Counts in this process."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: dict[str, deque[float]] = {}

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count, unless the window is full; times that go back count as the last one."""
        taken = self._live(key, expiry)
        if len(taken) + amount > limit:
            return False
        at_ms = max(self.at_ms, taken[-1]) if taken else self.at_ms
        taken.extend([at_ms] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the oldest time in the window, and how many are in it."""
        taken = self._live(key, expiry)
        return (taken[0] if taken else self.at_ms), len(taken)

    def _live(self, key: str, expiry: int) -> deque[float]:
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= self.at_ms - expiry:
            taken.popleft()
        return taken


class SubmissionWindow:
    """The submissions that may still count for the vendor, because their answers are recent.

    When a submission arrives is not seen, only that it is before its answer. So a submission is in
    the air first, which the caller counts, and in the window from its answer on: then the vendor
    can never see more of them than its window allows.

    Args:
        storage: where they are counted.
        limit: submissions allowed within the window.
        window_s: length of the window in seconds.
        account: whose they are.
    """

    def __init__(self, storage: Told, *, limit: int, window_s: float, account: str) -> None:
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)
        self._item = Milliseconds(limit, math.ceil(window_s * 1000) + _ROUNDING_MS)
        self._account = account

    def wait_s(self, at_s: float, *, in_air: int) -> float:
        """Return the seconds until one more may be sent beside those in the air.

        0 when it may be sent now, infinity when that depends on an answer that is still awaited.
        """
        self._storage.at_ms = at_s * 1000
        reset_ms, remaining = self._limiter.get_window_stats(self._item, self._account)
        if remaining > in_air:
            return 0.0
        if remaining == self._item.amount:
            return math.inf
        return max(reset_ms - at_s * 1000, 0.0) / 1000 + _ROUNDING_S

    def record(self, at_s: float) -> bool:
        """Count a submission that arrived at a time or before; return whether there was room."""
        self._storage.at_ms = at_s * 1000
        return self._limiter.hit(self._item, self._account)


def window_of(quota: Quota, storage: Told, *, account: str) -> SubmissionWindow | None:
    """Return the window that a quota describes, None where no rate is declared."""
    if not quota.submissions:
        return None
    return SubmissionWindow(
        storage, limit=quota.submissions, window_s=quota.window_s, account=account
    )
