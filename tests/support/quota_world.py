"""A vendor that judges a quota exactly, and drivers that send as a catalogue run does."""

import heapq
import math
import os
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import attrs

from tryon_core.clock import SystemClock
from tryon_core.models import Quota


class FastClock(SystemClock):
    """Runs faster than time does; one made of the `facts` of another shows the same time.

    Args:
        factor: how much faster.
        start_s: `time.monotonic()` at its beginning, which means the same in every process.
        start: the time at its beginning, as a timestamp.
    """

    def __init__(self, factor, start_s=None, start=None):
        self.factor = factor
        self._start_s = time.monotonic() if start_s is None else start_s
        self._start = datetime.fromtimestamp(time.time() if start is None else start, timezone.utc)

    @property
    def facts(self):
        return [self.factor, self._start_s, self._start.timestamp()]

    def now(self):
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self):
        return (time.monotonic() - self._start_s) * self.factor

    def sleep(self, seconds):
        time.sleep(seconds / self.factor)

    def take(self, source, timeout_s, *, is_awaited=True):
        return super().take(source, timeout_s / self.factor, is_awaited=is_awaited)


@attrs.define(eq=False)
class QuotaJudge:
    """Refuses what is over its quota; times are those of arrival.

    Attributes:
        quota: what it allows.
        arrivals: times in seconds at which accepted submissions came.
        refused: number of those that came too fast.
        over: number of those that came while too many jobs ran.
    """

    quota: Quota
    arrivals: list = attrs.field(factory=list)
    refused: int = 0
    over: int = 0
    _ends: list = attrs.field(factory=list)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def accepts(self, at_s, *, job_s=0.0):
        """Judge a submission whose job ends so many seconds after its arrival."""
        with self._lock:
            limit = self.quota.submissions
            self._ends = [end_s for end_s in self._ends if end_s > at_s]
            if len(self._ends) >= (self.quota.running_jobs or math.inf):
                self.over += 1
                return False
            is_full = limit and len(self.arrivals) >= limit
            if is_full and at_s - self.arrivals[-limit] < self.quota.window_s:
                self.refused += 1
                return False
            self.arrivals.append(at_s)
            self._ends.append(at_s + job_s)
            return True

    @property
    def use(self):
        """The part of the quota that was used, by how close windows followed each other."""
        limit = self.quota.submissions
        gaps = [
            later - sooner
            for sooner, later in zip(self.arrivals, self.arrivals[limit:], strict=False)
        ]
        return self.quota.window_s * len(gaps) / sum(gaps)


@attrs.frozen(kw_only=True)
class Trip:
    """One submission: the ways there and back, and how long the job takes, in seconds."""

    there_s: float
    back_s: float
    job_s: float = 0.0
    is_sent: bool = True


@attrs.define(kw_only=True, eq=False)
class Simulation:
    """Sends trips through a gate on a clock that stands still between events.

    Attributes:
        gate: the gate.
        clock: a FakeClock.
        vendor: the judge.
        trips: what is sent.
        most_waits: more reservations in vain than this are starvation.
    """

    gate: object
    clock: object
    vendor: QuotaJudge
    trips: list
    most_waits: int = 20_000
    dishonest: int = 0
    _events: list = attrs.field(factory=list)

    def run(self):
        waits = 0
        for number, trip in enumerate(self.trips):
            while not self._reserve():
                waits += 1
                assert waits < self.most_waits, "starved"
            self._send(number, trip)
        while self._events:
            self._pass_until(self._events[0][0])
        return self

    def _reserve(self):
        wait_s = self.gate.reserve()
        if wait_s <= 0:
            return True
        next_s = self._events[0][0] if self._events else math.inf
        until_s = min(self.clock.monotonic() + wait_s, next_s)
        assert until_s < math.inf, "waits for ever"
        undisturbed = until_s < next_s
        self._pass_until(until_s)
        if undisturbed and self.gate.reserve() <= 0:
            return True
        self.dishonest += undisturbed
        return False

    def _send(self, number, trip):
        now_s = self.clock.monotonic()
        if not trip.is_sent:
            self._at(now_s + trip.there_s, number, "unsent", trip)
            return
        self._at(now_s + trip.there_s, number, "arrives", trip)

    def _at(self, at_s, number, kind, trip):
        heapq.heappush(self._events, (at_s, number, kind, trip))

    def _pass_until(self, until_s):
        while self._events and self._events[0][0] <= until_s:
            at_s, number, kind, trip = heapq.heappop(self._events)
            self.clock.advance(max(0.0, at_s - self.clock.monotonic()))
            self._happens(at_s, number, kind, trip)
        self.clock.advance(max(0.0, until_s - self.clock.monotonic()))

    def _happens(self, at_s, number, kind, trip):
        if kind == "arrives":
            accepted = self.vendor.accepts(at_s, job_s=trip.job_s)
            kind = "accepted" if accepted else "refused"
            self._at(at_s + trip.back_s, number, kind, trip)
        elif kind == "accepted":
            self.gate.started(str(number))
            self.gate.release()
            self._at(max(at_s, at_s - trip.back_s + trip.job_s), number, "ended", trip)
        elif kind == "refused":
            self.gate.release()
            self.gate.slow_down(None)
        elif kind == "unsent":
            self.gate.release(was_sent=False)
        else:
            self.gate.ended(str(number))


def drive(gate, *, clock, send, count, job_s=0.0, threads=8):
    """Send through a gate as a run does: one thread decides, others wait for answers.

    Args:
        gate: the gate.
        clock: source of time.
        send: sends one and returns whether it was accepted.
        count: how many are sent.
        job_s: seconds from an answer until the job is over.
        threads: requests at once.
    """
    done, ends, awaited = queue.SimpleQueue(), [], 0
    with ThreadPoolExecutor(threads) as pool:
        for number in range(count):
            while (wait_s := gate.reserve()) > 0 or awaited >= threads:
                if wait_s <= 0:
                    gate.release(was_sent=False)
                left_s = ends[0][0] - clock.monotonic() if ends else math.inf
                try:
                    answered = [clock.take(done, max(0.0, min(wait_s or math.inf, left_s)))]
                except queue.Empty:
                    answered = []
                awaited -= len(answered)
                _note(gate, clock, answered, ends, job_s)
            pool.submit(lambda number=number: done.put((number, send())))
            awaited += 1
        for _ in range(awaited):
            _note(gate, clock, [done.get()], ends, job_s)
    # Others go on sending: a job that is said to be over must be over.
    for end_s, job in sorted(ends):
        clock.sleep(max(0.0, end_s - clock.monotonic()))
        gate.ended(job)


def _note(gate, clock, answered, ends, job_s):
    for number, accepted in answered:
        if accepted:
            job_id = f"{os.getpid()}-{number}"
            gate.started(job_id)
            heapq.heappush(ends, (clock.monotonic() + job_s, job_id))
        gate.release()
        if not accepted:
            gate.slow_down(None)
    while ends and ends[0][0] <= clock.monotonic():
        gate.ended(heapq.heappop(ends)[1])
