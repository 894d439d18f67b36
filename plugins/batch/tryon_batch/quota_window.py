"""A vendor's moving window for several processes, kept by `limits` at a time that it is told."""

import math
from typing import ClassVar

from limits import RateLimitItem
from limits.limits import Granularity
from limits.storage import Storage
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


class SharedWindow:
    """Counts as `pacing.SubmissionWindow` does, in a storage that processes share.

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


def window_of(quota: Quota, storage: Told, *, account: str) -> SharedWindow | None:
    """Return the window that a quota describes, None where no rate is declared."""
    if not quota.submissions:
        return None
    return SharedWindow(storage, limit=quota.submissions, window_s=quota.window_s, account=account)
