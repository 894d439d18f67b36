"""One provider in a run: what waits for it, what is in flight, and how fast it may go."""

import math
from collections import Counter, deque
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from tryon_batch.items import BatchItem, Entry, EqualWork
from tryon_batch.quota import QuotaGate
from tryon_batch.workers import Fetched, SessionSource
from tryon_core import ImageSource, Job, ProviderInfo, Quota
from tryon_core.engine import JobWatch, Prepared, ProviderSettings
from tryon_core.errors import TryOnError

Stage: TypeAlias = Literal["send", "job", "fetch"]
"""What a failure in a row concerns: that work is accepted, that it is finished, or that images
can be fetched."""
_LEAST_IN_FLIGHT, _MOST_IN_FLIGHT = 4, 16


@attrs.define(kw_only=True, eq=False)
class Ticket:
    """One item while the run works on it; small, since ten thousand are alive at once.

    Attributes:
        item: what was asked.
        entry: its present state.
        noted: as the journal has it, or will have before anything else is done with the item.
        attempts: tries of the present step.
        prepared: what is ready to be sent.
        watch: what is known of its job.
        lost: why the answer to its submission is unknown, while the vendor is asked for it.
        lost_at: since when.
        is_refreshed: whether the vendor was asked for new addresses of its images.
        unchecked: images that were fetched and are not sound.
        equal: images of equal work, which are copied.
        person: what its first step made, None where there is none, or none yet.
    """

    item: BatchItem
    entry: Entry
    noted: Entry | None = None
    attempts: int = 0
    prepared: Prepared | None = None
    watch: JobWatch | None = None
    lost: TryOnError | None = None
    lost_at: datetime | None = None
    is_refreshed: bool = False
    unchecked: Fetched | None = None
    equal: EqualWork | None = None
    person: ImageSource | None = None

    @property
    def job(self) -> Job:
        """The job that the vendor accepted."""
        if self.entry.job is None:
            raise AssertionError(f"{self.item.id} has no job yet")
        return self.entry.job


@attrs.define(kw_only=True, eq=False)
class ProviderQueue:
    """One provider in a run.

    Attributes:
        info: its declaration.
        source: where work gets its session from.
        gate: how fast it may be asked.
        max_in_flight: requests that are sent at once.
        stop_after: failures of one kind in a row after which the queue is closed.
        to_prepare: items of which nothing is prepared.
        to_keep: items of which a garment is to be found on the photo before they are sent.
        to_send: items that wait for the quota.
        to_fetch: items whose download may start now.
        to_poll: items that are polled, or looked up, when the quota of polls allows it.
        in_flight: what is being done, by kind of step.
        settings: those that its jobs are polled with; None in tests only.
        closed_by: the failure that closed it.
        latest_fault: what went wrong last that was no item's own.
        paused_until_s: end of the last long pause that the vendor asked for.
        next_send_s: when the quota may allow a submission, infinite when none waits for it.
        next_poll_s: when the next poll is allowed, infinite when none waits for it.
        known_jobs: ids of jobs of which is known which request they are of.
    """

    info: ProviderInfo
    source: SessionSource
    gate: QuotaGate
    max_in_flight: int
    stop_after: int
    to_prepare: deque[Ticket] = attrs.field(factory=deque)
    to_keep: deque[Ticket] = attrs.field(factory=deque)
    to_send: deque[Ticket] = attrs.field(factory=deque)
    to_fetch: deque[Ticket] = attrs.field(factory=deque)
    to_poll: deque[Ticket] = attrs.field(factory=deque)
    in_flight: Counter[str] = attrs.field(factory=Counter)
    settings: ProviderSettings | None = None
    closed_by: TryOnError | None = None
    latest_fault: TryOnError | None = None
    paused_until_s: float = 0.0
    next_send_s: float = math.inf
    next_poll_s: float = math.inf
    known_jobs: set[str] = attrs.field(factory=set)
    _failures: dict[Stage, tuple[str, int]] = attrs.field(factory=dict)
    _doubted: set[str] = attrs.field(factory=set)
    _unproven: int | None = 0

    @property
    def is_open(self) -> bool:
        """Whether anything may still be sent, now or later."""
        return self.closed_by is None

    @property
    def may_buy(self) -> bool:
        """Whether more may be bought from the vendor now.

        Not while the latest answers left as many jobs in doubt as end the run. Until the vendor has
        known one of its jobs in this run, no more than so many are bought either; jobs of an
        earlier run that are in doubt or are just being polled count, too.
        """
        if not self.is_open or len(self._doubted) >= self.stop_after:
            return False
        if self._unproven is None:
            return True
        at_risk = max(self._unproven, len(self._doubted))
        return at_risk + self.in_flight["send"] + self.in_flight["poll"] < self.stop_after

    @property
    def has_room(self) -> bool:
        """Whether one more request may be in flight."""
        return self.in_flight.total() < self.max_in_flight

    @property
    def wants_more(self) -> bool:
        """Whether something should be prepared, so that the quota never waits for us."""
        ahead = len(self.to_send) + self.in_flight["prepare"]
        ahead += len(self.to_keep) + self.in_flight["keep"]
        return bool(self.to_prepare) and ahead < self.max_in_flight and self.is_open

    @property
    def is_doubted(self) -> bool:
        """Whether the latest answer left the state of its job open."""
        return bool(self._doubted)

    @property
    def is_proven(self) -> bool:
        """Whether the vendor has known a job in this run."""
        return self._unproven is None

    def bought(self) -> None:
        """Note that a submission was accepted."""
        if self._unproven is not None:
            self._unproven += 1

    def known(self) -> None:
        """Note that the vendor knows one of its jobs."""
        self._unproven = None
        self._doubted.clear()

    def doubted(self, job_id: str, error: TryOnError) -> bool:
        """Note that an answer left the state of a job open; return whether buying ends with it.

        Args:
            job_id: the job.
            error: what is to be said of it.
        """
        self.latest_fault = error
        before = len(self._doubted)
        self._doubted.add(job_id)
        return before < len(self._doubted) == self.stop_after

    def add_due(self, kind: str, ticket: Ticket | None) -> None:
        """Take what is due now.

        Args:
            kind: the next step of an item; without one `send_quota` or `poll_quota`, which says
                that the quota may allow a submission or a poll again.
            ticket: the item.
        """
        if kind == "send_quota":
            self.next_send_s = math.inf
        elif kind == "poll_quota":
            self.next_poll_s = math.inf
        elif ticket is None:
            raise AssertionError(f"{kind} is a step of an item")
        elif kind == "send":
            self.to_send.append(ticket)
        elif kind == "keep":
            self.to_keep.append(ticket)
        elif kind == "prepare" and ticket.person is not None:
            # What its first step cost gives an image as soon as the second one is done.
            self.to_prepare.appendleft(ticket)
        elif kind == "prepare":
            self.to_prepare.append(ticket)
        elif kind == "fetch":
            self.to_fetch.append(ticket)
        else:
            self.to_poll.append(ticket)

    def succeeded(self, stage: Stage) -> None:
        """Note that the vendor does serve us."""
        self._failures.pop(stage, None)

    def failed(self, stage: Stage, error: TryOnError) -> None:
        """Note a failure that is no item's own; enough of one kind in a row close the queue."""
        self.latest_fault = error
        kind = type(error).__name__
        before, count = self._failures.get(stage, ("", 0))
        count = count + 1 if kind == before else 1
        self._failures[stage] = kind, count
        if count >= self.stop_after and self.closed_by is None:
            self.closed_by = error


def usual_in_flight(quota: Quota) -> int:
    """Return how many requests at once make use of a quota: more would only wait."""
    per_s = (quota.submissions or 0) / quota.window_s
    wanted = math.ceil(per_s) + (quota.running_jobs or 0)
    return min(_MOST_IN_FLIGHT, max(_LEAST_IN_FLIGHT, wanted))
