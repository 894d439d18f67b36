"""A gate for one process."""

import math
import threading
from collections import deque
from collections.abc import Sequence

import attrs

from tryon_batch.quota_pace import pace_of
from tryon_core.clock import Clock
from tryon_core.models import Quota
from tryon_core.pacing import window_of

_ENOUGH_TRIPS, _CERTAIN = 30, 0.9


@attrs.define(eq=False)
class Trips:
    """How long answers take at least, which tells how long before its answer a request arrives.

    From the fastest trip so far, one tenth of it kept as a reserve, follows the latest time at
    which a submission can have arrived: as long before its answer. Nothing is presumed before
    enough trips were seen.
    """

    _count: int = 0
    _least_s: float = math.inf

    @property
    def certain_s(self) -> float:
        """Seconds before its answer at which a submission has arrived at the latest."""
        return self._least_s * _CERTAIN if self._count >= _ENOUGH_TRIPS else 0.0

    def observe(self, trip_s: float) -> None:
        """Note the seconds between a submission and its answer."""
        self._count += 1
        self._least_s = min(self._least_s, trip_s)


class MemoryGate:
    """Keeps a quota within one process; safe for threads.

    Args:
        quota: what the vendor allows.
        clock: source of time.
        recent_s: seconds since each submission that an earlier process sent.
    """

    def __init__(self, quota: Quota, *, clock: Clock, recent_s: Sequence[float] = ()) -> None:
        self._clock = clock
        self._most_running = quota.running_jobs or math.inf
        self._pace = pace_of(quota)
        self._window = window_of(quota)
        self._trips = Trips()
        self._in_air: deque[float] = deque()
        self._running: set[str] = set()
        self._lock = threading.Lock()
        for age_s in reversed(sorted(recent_s)[: quota.submissions]):
            self._record(clock.monotonic() - age_s)

    def reserve(self) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Infinity means: not before a running job has ended or an awaited answer has come.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            if len(self._in_air) + len(self._running) >= self._most_running:
                return math.inf
            wait_s = self._pace.wait_s(now_s)
            if self._window is not None:
                wait_s = max(wait_s, self._window.wait_s(now_s, in_air=len(self._in_air)))
            if wait_s <= 0:
                self._in_air.append(now_s)
                self._pace.sent(now_s)
            return wait_s

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent."""
        with self._lock:
            if not self._in_air:
                return
            now_s = self._clock.monotonic()
            # Answers do not say whose they are; taken in order, the least of the trips is the same
            # unless every fast answer overtakes a slow one.
            sent_s = self._in_air.popleft()
            if was_sent:
                self._trips.observe(now_s - sent_s)
                self._record(now_s - self._trips.certain_s)

    def started(self, job_id: str) -> None:
        """Note that a job runs."""
        with self._lock:
            self._running.add(job_id)

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        with self._lock:
            self._running.discard(job_id)

    def slow_down(self, retry_after_s: float | None) -> None:
        """Note that the vendor refused a submission for coming too fast."""
        with self._lock:
            self._pace.refused(self._clock.monotonic(), retry_after_s)

    def _record(self, at_s: float) -> None:
        if self._window is not None:
            self._window.record(at_s)
