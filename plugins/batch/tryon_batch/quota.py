"""How fast one account of a vendor may be asked."""

import math
import re
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

import attrs

from tryon_core import Clock, Quota
from tryon_core.engine import MASK, install_command, window_of
from tryon_core.errors import MissingExtra, SettingsError

_CUT, _LEAST, _STEP = 0.7, 0.25, 0.05
_LEAST_STEP_S, _STEP_WINDOWS = 30.0, 5
_LEAST_PAUSE_S, _MOST_PAUSE_S = 1.0, 60.0
_LEAST_SPACING_S, _USUAL_SPACING_S, _MOST_SPACING_S = 0.05, 1.0, 3.0


@attrs.define(kw_only=True, eq=False)
class Pace:
    """Spaces submissions evenly once the vendor has refused one; before, it costs nothing.

    A refusal takes the rate to 70 %, of a declared rate never below 25 %; each half minute, or
    five windows, without one gives 5 % back. Where none is declared, the rate measured last counts
    as the full one, but never less than one submission in 3 s: refusals cost nothing, and each
    further one at that rate makes the pause longer.

    Attributes:
        window_s: length of the vendor's window in seconds.
        declared_spacing_s: seconds between submissions at the declared rate, None without one.
        share: part of the full rate that is in use.
    """

    window_s: float
    declared_spacing_s: float | None
    share: float = 1.0
    _measured_spacing_s: float = 0.0
    _next_s: float = 0.0
    _changed_s: float = 0.0
    _paused_until_s: float = 0.0
    _refusals: int = 0
    _sent_s: deque[float] = attrs.field(factory=lambda: deque(maxlen=16))

    @property
    def spacing_s(self) -> float:
        """Seconds between submissions, 0 while nothing was learnt."""
        if self.declared_spacing_s is None:
            return self._measured_spacing_s / self.share
        return self.declared_spacing_s / self.share if self.share < 1 else 0.0

    def wait_s(self, now_s: float) -> float:
        """Return the seconds to wait for what was learnt, 0 when there is no reason to."""
        self._recover(now_s)
        return max(0.0, self._paused_until_s - now_s, self._next_s - now_s)

    def sent(self, now_s: float) -> None:
        """Note a submission."""
        self._sent_s.append(now_s)
        self._next_s = now_s + self.spacing_s

    def refused(self, now_s: float, retry_after_s: float | None) -> float:
        """Note a refusal; those that come while a pause lasts are no further lesson.

        Returns:
            The seconds to pause.
        """
        pause_s = retry_after_s or 0.0
        if now_s >= self._paused_until_s:
            if retry_after_s is None:
                pause_s = self._backoff_s()
            self._cut_down(now_s)
        self._paused_until_s = max(self._paused_until_s, now_s + pause_s)
        return self._paused_until_s - now_s

    def _backoff_s(self) -> float:
        return min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, self.window_s) * 2.0**self._refusals)

    def _cut_down(self, now_s: float) -> None:
        self._refusals = min(self._refusals + 1, 10)
        self._changed_s = now_s
        if self.declared_spacing_s is None:
            self._measured_spacing_s = min(_MOST_SPACING_S, self._measure_s())
            self.share = _CUT
            self._sent_s.clear()
        else:
            self.share = max(_LEAST, self.share * _CUT)

    def _measure_s(self) -> float:
        if len(self._sent_s) < 2:  # noqa: PLR2004  (an interval has two ends)
            return max(_USUAL_SPACING_S, self.spacing_s)
        mean_s = (self._sent_s[-1] - self._sent_s[0]) / (len(self._sent_s) - 1)
        return max(_LEAST_SPACING_S, mean_s, self.spacing_s)

    def _recover(self, now_s: float) -> None:
        step_s = max(_LEAST_STEP_S, _STEP_WINDOWS * self.window_s)
        steps = int((now_s - self._changed_s) // step_s) if self._refusals or self.spacing_s else 0
        if steps > 0:
            self._refusals = 0
            self._changed_s += steps * step_s
            self.share += steps * _STEP
            if self.declared_spacing_s is not None:
                self.share = min(1.0, self.share)


def pace_of(quota: Quota) -> Pace:
    """Return the pace at the beginning."""
    spacing_s = quota.window_s / quota.submissions if quota.submissions else None
    return Pace(window_s=quota.window_s, declared_spacing_s=spacing_s)


@attrs.define(eq=False)
class PollPace:
    """Spaces polls: those that waited for something else must not come all at once afterwards.

    Attributes:
        per_s: polls in a second, None for any number.
    """

    per_s: float | None
    _next_s: float = 0.0

    def reserve(self, now_s: float) -> float:
        """Return 0 when a poll may be sent now, which counts it; else the seconds to wait."""
        if not self.per_s:
            return 0.0
        # A wait that is lost in the rounding of the clock would never end.
        if now_s < self._next_s - _LEAST_WAIT_S:
            return self._next_s - now_s
        self._next_s = max(now_s, self._next_s) + 1 / self.per_s
        return 0.0


_LEAST_WAIT_S = 1e-6
ENOUGH_TRIPS, CERTAIN = 30, 0.9
"""How many trips must be seen before the shortest one says anything, and how much of it then."""


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
        return self._least_s * CERTAIN if self._count >= ENOUGH_TRIPS else 0.0

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
        self._polls = PollPace(quota.queries_per_s)
        self._in_flight: deque[float] = deque()
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
            if len(self._in_flight) + len(self._running) >= self._most_running:
                return math.inf
            wait_s = self._pace.wait_s(now_s)
            if self._window is not None:
                wait_s = max(wait_s, self._window.wait_s(now_s, in_flight=len(self._in_flight)))
            if wait_s <= 0:
                self._in_flight.append(now_s)
                self._pace.sent(now_s)
            return wait_s

    def reserve_poll(self) -> float:
        """Return 0 when a poll may be sent now, which counts it; else the seconds to wait."""
        with self._lock:
            return self._polls.reserve(self._clock.monotonic())

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent."""
        with self._lock:
            if not self._in_flight:
                return
            now_s = self._clock.monotonic()
            # Answers do not say whose they are; taken in order, the least of the trips is the same
            # unless every fast answer overtakes a slow one.
            sent_s = self._in_flight.popleft()
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


_SHARED = ("redis", "rediss", "redis+unix")


class QuotaGate(Protocol):
    """Decides when a submission may be sent; one for each account in a run."""

    def reserve(self) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Infinity means: not before a running job has ended or an awaited answer has come.
        """
        ...

    def reserve_poll(self) -> float:
        """Return 0 when a poll may be sent now, which counts it; else the seconds to wait."""
        ...

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent.

        Where the answer names a job, `started` is called before, so that its place stays taken.
        """
        ...

    def started(self, job_id: str) -> None:
        """Note that a job runs, or still runs; what is not said again is forgotten in time."""
        ...

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        ...

    def slow_down(self, retry_after_s: float | None) -> None:
        """Note that the vendor refused a submission for coming too fast."""
        ...


def make_gate(
    quota: Quota,
    *,
    account: str,
    clock: Clock,
    storage: str = "memory://",
    owner: str | None = None,
    typical_job_s: float = 10.0,
    recent_s: Sequence[float] = (),
) -> QuotaGate:
    """Return the gate of one account.

    Args:
        quota: what the vendor allows.
        account: tells accounts apart; not the key itself.
        clock: source of time.
        storage: where submissions are counted: `memory://` in this process, or the address of a
            Redis server (`redis://`, `rediss://`, `redis+unix://`) for machines that share the
            account.
        owner: the run that sends, for which no other process works now: a shared storage gives back
            at once what an earlier process was sending for it. None for a new one.
        typical_job_s: seconds that a job usually takes: so often it is asked whether others' ended.
        recent_s: seconds since each submission that an earlier process sent; a shared storage
            knows them by itself.

    Raises:
        MissingExtra: a library that it needs is not installed.
        SettingsError: the storage cannot be used.
    """
    scheme, separator, _ = storage.partition("://")
    if not separator or scheme not in ("memory", *_SHARED):
        raise SettingsError(
            f"quota storage {masked(storage)!r}: unknown kind of address.",
            remedy=f"Use memory:// or one of {', '.join(f'{name}://' for name in _SHARED)}.",
        )
    if scheme == "memory":
        return MemoryGate(quota, clock=clock, recent_s=recent_s)
    _require("redis", "Sharing a vendor's quota among machines", "batch,redis")
    from tryon_batch.quota_redis import open_gate  # noqa: PLC0415  (extra `redis`)

    return open_gate(
        quota,
        account=account,
        owner=owner or secrets.token_hex(8),
        clock=clock,
        typical_job_s=typical_job_s,
        address=storage,
        shown=masked(storage),
    )


def masked(address: str) -> str:
    """Return an address without the password and the options, which may hold one."""
    plain = address.partition("?")[0]
    return re.sub(r"(?<=://)([^/]*?)(:.*)?@", rf"\1:{MASK}@", plain)


def _require(module: str, purpose: str, extra: str) -> None:
    if find_spec(module) is None:
        raise MissingExtra(
            f"{purpose} needs the library {module}, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-batch', extra)}",
        )
