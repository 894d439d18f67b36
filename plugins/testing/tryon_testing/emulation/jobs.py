"""The tasks of an emulated vendor, and its limits on requests."""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.clock import Clock


class QuotaMeter:
    """Says whether one more request is allowed.

    Args:
        clock: where the time comes from.

    Attributes:
        limits: limit, and window in seconds, of each thing that was counted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self.limits: dict[str, tuple[int, float]] = {}
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
            self.limits[name] = limit, window_s
            taken = self._taken.setdefault(name, deque())
            while taken and taken[0] <= now_s - window_s:
                taken.popleft()
            if len(taken) >= limit:
                return False
            taken.append(now_s)
            return True


Stage: TypeAlias = Literal["pending", "running", "done", "cancelled"]
PENDING_SHARE = 0.2
"""Part of its time that a job waits even when a place is free."""


@attrs.frozen(kw_only=True)
class Understood:
    """What an emulator took a submission for; the contract compares it with what was asked.

    Attributes:
        person: the photo as it came; of a model of the vendor's library what was said of it, by
            the names of `LibraryModel`.
        garments: their images by our categories, such as `{"top": data}`, with `"top|dress"` where
            the vendor does not tell those apart; the images alone where it is not told what they
            are.
        options: values that came, by the names of the provider's options. Other names may be
            there, and texts stand for numbers and flags.
        outputs: how many images it makes.
        model: the value of the provider's option `model`.
    """

    person: bytes | Mapping[str, str] | None = attrs.field(default=None, repr=False)
    garments: Mapping[str, bytes] | Sequence[bytes] = attrs.field(default=(), repr=False)
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    outputs: int = 1
    model: str = ""


@attrs.define(kw_only=True, eq=False)
class EmulatedJob:
    """One task.

    Attributes:
        id: what the client asks for.
        account: whose it is.
        data: whatever the emulator wants to remember.
        failure: the vendor's code with which it fails, None when it succeeds. Its stage is `done`
            like that of any other job that is over.
        understood: what it was taken for, None when the emulator does not say.
        created_at: when it was accepted (UTC).
        starts_s: when it is worked on, on the clock's `monotonic()`.
        ends_s: when it is done.
        is_cancelled: whether it was taken back.
        output: what came of it, once somebody asked; so that it is made once.
    """

    id: str
    account: str
    data: Mapping[str, Any]
    failure: str | None
    understood: Understood | None
    created_at: datetime
    starts_s: float
    ends_s: float
    is_cancelled: bool = False
    output: Any = None
    _clock: Clock

    @property
    def stage(self) -> Stage:
        """Its stage now."""
        if self.is_cancelled:
            return "cancelled"
        now_s = self._clock.monotonic()
        if now_s >= self.ends_s:
            return "done"
        return "running" if now_s >= self.starts_s else "pending"

    @property
    def started_at(self) -> datetime:
        """When it is worked on (UTC)."""
        return self._at(self.starts_s)

    @property
    def ended_at(self) -> datetime:
        """When it is done (UTC)."""
        return self._at(self.ends_s)

    @property
    def age_s(self) -> float:
        """Seconds since it was accepted."""
        return (self._clock.now() - self.created_at).total_seconds()

    def _at(self, point_s: float) -> datetime:
        return self._clock.now() + timedelta(seconds=point_s - self._clock.monotonic())


class JobBoard:
    """All tasks of an emulator; safe to use from many threads.

    Args:
        clock: where the time comes from.
        job_s: seconds that a task takes.
        new_id: gives ids.
        failure_of_next: gives the code with which the next task is to fail, None for none.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        job_s: float,
        new_id: Callable[[], str],
        failure_of_next: Callable[[], str | None],
    ) -> None:
        self.job_s = job_s
        self._clock = clock
        self._new_id = new_id
        self._failure_of_next = failure_of_next
        self._jobs: dict[str, EmulatedJob] = {}
        self._ends_s: dict[str, list[float]] = {}
        self._lock = threading.RLock()

    def create(
        self,
        *,
        data: Mapping[str, Any] | None = None,
        failure: str | None = None,
        understood: Understood | None = None,
        account: str = "",
        places: int | None = None,
        job_id: str | None = None,
    ) -> EmulatedJob:
        """Accept a task.

        Args:
            data: whatever the emulator wants to remember.
            failure: the code with which it fails; without one, that of the fault `poll:job=CODE`.
            understood: what it is taken for.
            account: whose it is.
            places: tasks of the account that are worked on at once; further ones wait.
            job_id: its id, None for a new one.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            free_s = self._free_s(account, places, now_s)
            job = EmulatedJob(
                id=job_id or self._new_id(),
                account=account,
                data=dict(data or {}),
                failure=failure or self._failure_of_next(),
                understood=understood,
                created_at=self._clock.now(),
                starts_s=max(free_s, now_s + PENDING_SHARE * self.job_s),
                ends_s=max(free_s, now_s) + self.job_s,
                clock=self._clock,
            )
            heapq.heappush(self._ends_s.setdefault(account, []), job.ends_s)
            self._jobs[job.id] = job
            return job

    def get(self, job_id: str) -> EmulatedJob | None:
        """Return a task, None when there is none of that id."""
        with self._lock:
            return self._jobs.get(job_id)

    def all(self) -> list[EmulatedJob]:
        """Return the tasks in the order in which they were accepted."""
        with self._lock:
            return list(self._jobs.values())

    def running(self, account: str = "") -> int:
        """Return how many tasks of an account are accepted and not over."""
        with self._lock:
            mine = [job for job in self._jobs.values() if job.account == account]
        return sum(job.stage in {"pending", "running"} for job in mine)

    def cancel(self, job_id: str) -> bool:
        """Take back a task that is still pending, and return whether that was so."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.stage != "pending":
                return False
            job.is_cancelled = True
            return True

    def _free_s(self, account: str, places: int | None, now_s: float) -> float:
        """Return when a place is free: the tasks before this one end in the order of the heap."""
        ends_s = self._ends_s.setdefault(account, [])
        while ends_s and ends_s[0] <= now_s:
            heapq.heappop(ends_s)
        if places is None or len(ends_s) < places:
            return now_s
        return heapq.nlargest(places, ends_s)[-1]
