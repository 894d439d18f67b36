"""What follows from the end of each step: the next step, or the state in which an item ends."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs

from tryon_batch.after_errors import (
    MOST_UNCHECKED,
    Decision,
    after_fetching,
    after_keeping,
    after_polling,
    after_preparing,
    after_sending,
    backoff_s,
    is_dated,
    is_dead,
    pause_s,
)
from tryon_batch.costs import cost_of, expected_cost, parsing_costs
from tryon_batch.duplicates import Duplicates, is_claimed, is_in_doubt
from tryon_batch.items import SETTLED, Entry, State, gone, was_saved
from tryon_batch.outfits import not_put_on
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import ProviderQueue, Stage, Ticket
from tryon_batch.workers import Fetched
from tryon_core import (
    BytesSource,
    Clock,
    Found,
    ImageSource,
    Job,
    JobUpdate,
    NotAccepted,
    PathSource,
    PollPolicy,
    ProviderInfo,
    Undecided,
)
from tryon_core.engine import (
    LONG_PAUSE_S,
    RUN_LOGGER,
    Finding,
    JobTimes,
    JobWatch,
    Prepared,
    age_s,
    can_look_up,
    new_attempt,
    next_look_s,
    not_accepted,
    unresolved,
)
from tryon_core.errors import (
    JobCancelled,
    JobExpired,
    OutcomeUnknown,
    OutputError,
    RateLimited,
    TryOnError,
    describe_error,
)

Next: TypeAlias = Literal["prepare", "keep", "send", "look_up", "poll", "fetch", "wait"]
"""The next step; `wait` for equal work that is under way."""
_LOGGER = logging.getLogger(RUN_LOGGER)
_UNPAID: frozenset[State] = frozenset({"planned", "refused"})
# So many refusals for speed in a row are more than a short burst.
_USUAL_REFUSALS = 3


@attrs.frozen(kw_only=True)
class Transition:
    """What follows.

    Attributes:
        entry: the item as it is now.
        then: what is to be done next, None when the run is done with the item.
        delay_s: seconds to wait before.
        error: what went wrong.
        fetched: what came of it.
        stops: whether the whole run must stop.
    """

    entry: Entry
    then: Next | None = None
    delay_s: float = 0.0
    error: TryOnError | None = None
    fetched: Fetched | None = None
    stops: bool = False


class Transitions:
    """Decides from the end of a step what follows; writes and starts nothing.

    Args:
        clock: source of time.
        polling: when to poll.
        job_timeout_s: seconds after its submission for which a job is waited.
        duplicates: finds work that is the same as other work.
        output: where images go, None to hand them over in memory.
        infos: what all providers declare, by id, those included that only parse.
        sends_here: whether this process sends the requests.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        polling: PollPolicy,
        job_timeout_s: float,
        duplicates: Duplicates,
        output: OutputFolder | None,
        infos: Mapping[str, ProviderInfo] = MappingProxyType({}),
        sends_here: bool = True,
    ) -> None:
        self._clock = clock
        self._sends_here = sends_here
        self._times: dict[tuple[str, str], JobTimes] = {}
        self._logged: set[tuple[Next, type[TryOnError]]] = set()
        self._polling = polling
        self._job_timeout_s = job_timeout_s
        self._duplicates = duplicates
        self._awaiting: dict[str, Ticket] = {}
        self._output = output
        self._infos = infos

    def prepared(
        self, queue: ProviderQueue, ticket: Ticket, value: Prepared | TryOnError
    ) -> Transition:
        """After preparing: ready to be sent, or not fit for it."""
        if isinstance(value, Prepared):
            ticket.prepared, ticket.attempts = value, 0
            return Transition(entry=self._entry(ticket, fingerprint=value.fingerprint), then="send")
        ticket.attempts += 1
        # The server of the images is not the vendor's: only what concerns the account counts.
        if value.fault == "account":
            queue.failed("send", value)
        decision = after_preparing(value, ticket.attempts)
        return self._judged(ticket, decision, value, retry="prepare")

    def kept(
        self, queue: ProviderQueue, ticket: Ticket, value: Prepared | TryOnError
    ) -> Transition:
        """After looking for what is to be kept: ready to be sent, or not worn."""
        costs = parsing_costs(ticket.entry.parsings, value.parsings, self._infos)
        entry = self._entry(ticket, parsings=costs)
        if isinstance(value, Prepared):
            ticket.prepared, ticket.attempts = value, 0
            return Transition(entry=entry, then="send")
        ticket.attempts += 1
        decision = after_keeping(value, ticket.attempts)
        if decision != "retry" and (value.billed != "no" or value.fault == "account"):
            _count_failure(queue, "send", value)
        return self._judged(ticket, decision, value, retry="keep")

    def after(
        self, queue: ProviderQueue, ticket: Ticket, kind: str, value: Any
    ) -> Iterator[tuple[Ticket, Transition]]:
        """Yield what follows from the end of a step, for its item and for its duplicates.

        Args:
            queue: of the provider.
            ticket: the item.
            kind: the step.
            value: what it gave, or the error that it ended with.
        """
        decide: dict[str, Callable[[ProviderQueue, Ticket, Any], Transition]] = {
            "prepare": self.prepared,
            "keep": self.kept,
            "send": self.sent,
            "look_up": self.looked_up,
            "poll": self.polled,
            "fetch": self.fetched,
            "reuse": self.reused,
        }
        transition = decide[kind](queue, ticket, value)
        if kind in {"prepare", "reuse"} and transition.then == "send":
            transition = self._unless_duplicate(queue, ticket, transition)
        yield ticket, transition
        if transition.then is None:
            released = list(self._released(queue, transition))
            yield from released
            yield from self._second_steps([transition, *(follows for _, follows in released)])

    def publish(self) -> None:
        """Tell other runs what came to its end, once that is written down."""
        self._duplicates.publish()

    def _unless_duplicate(
        self, queue: ProviderQueue, ticket: Ticket, transition: Transition
    ) -> Transition:
        """Return what follows when equal work is done, under way, or of unknown outcome."""
        own = ticket.entry.files
        ticket.equal = None if own else self._duplicates.saved(ticket.entry)
        if ticket.equal is not None:
            return attrs.evolve(transition, then="fetch")
        error = self._reason_not_to_buy(queue, ticket)
        if error is not None:
            return self.like(ticket, "planned", error)
        # An item that has images gets others: those of equal work would be the same.
        if not own and self._duplicates.follows(ticket):
            return attrs.evolve(transition, then="wait")
        if ticket.prepared is not None and ticket.prepared.keep is not None:
            return attrs.evolve(transition, then="keep")
        return transition

    def _reason_not_to_buy(self, queue: ProviderQueue, ticket: Ticket) -> TryOnError | None:
        own = ticket.entry.files
        unknown = self._duplicates.unknown(ticket.entry)
        if unknown is not None:
            return is_in_doubt(ticket.entry, unknown)
        if self._output is not None and self._output.is_taken(ticket.item.id, own=own):
            return _is_taken(ticket, self._output)
        if own or queue.info.is_free(ticket.item.request):
            return None
        claim = self._duplicates.claimed(ticket.entry)
        return None if claim is None else is_claimed(ticket.entry, claim)

    def _released(
        self, queue: ProviderQueue, transition: Transition
    ) -> Iterator[tuple[Ticket, Transition]]:
        """Yield what follows for the items that waited for equal work, which came to its end."""
        entry = transition.entry
        state: State = entry.state if entry.state in SETTLED else "planned"
        for follower in self._duplicates.settle(entry):
            if state == "saved" and self._output is not None:
                # Its images may be gone again already.
                retry = Transition(entry=follower.entry, then="send")
                yield follower, self._unless_duplicate(queue, follower, retry)
            elif state == "outcome_unknown":
                error = is_in_doubt(follower.entry, entry)
                yield follower, self.like(follower, "planned", error)
            else:
                shared = self.like(follower, state, transition.error, fetched=transition.fetched)
                yield follower, shared

    def awaiting(self, ticket: Ticket, first: Entry) -> Transition:
        """At the start: an item whose first step is done, or that waits for it."""
        if first.state in SETTLED:
            return self._after_first(ticket, Transition(entry=first))
        self._awaiting[first.id] = ticket
        return Transition(entry=ticket.entry, then="wait")

    def _second_steps(self, ended: Iterable[Transition]) -> Iterator[tuple[Ticket, Transition]]:
        """Yield what follows for the items that waited for first steps, which came to their end."""
        for first in ended:
            ticket = None if first.then else self._awaiting.pop(first.entry.id, None)
            if ticket is not None:
                yield ticket, self._after_first(ticket, first)

    def _after_first(self, ticket: Ticket, first: Transition) -> Transition:
        entry = first.entry
        if entry.state == "saved":
            ticket.person = self._first_image(first)
            return Transition(entry=ticket.entry, then="prepare")
        if entry.state not in SETTLED:  # a later run goes on with both
            return self.like(ticket, "planned", first.error)
        state: State = "planned" if entry.state == "outcome_unknown" else entry.state
        return self.like(ticket, state, not_put_on(ticket.entry, entry))

    def _first_image(self, first: Transition) -> ImageSource:
        entry, fetched = first.entry, first.fetched
        if self._output is not None:
            return PathSource(self._output.path / entry.files[0].path)
        if fetched is None or fetched.result is None:
            raise AssertionError(f"{entry.id} was not fetched")
        return BytesSource(fetched.result.images[0].data, name=entry.id)

    def intended(self, queue: ProviderQueue, ticket: Ticket) -> Entry:
        """Directly before sending: what must be on disk first, with what it may cost."""
        cost = expected_cost(queue.info, ticket.item.step)
        attempts, attempt = ticket.entry.attempts + 1, None
        if queue.settings is not None and ticket.prepared is not None:
            attempt = new_attempt(ticket.prepared, queue.settings, self._clock)
            attempt = attrs.evolve(attempt, ends_with_process=self._sends_here)
        return self._entry(ticket, state="intent", attempts=attempts, attempt=attempt, cost=cost)

    def sent(self, queue: ProviderQueue, ticket: Ticket, value: Job | TryOnError) -> Transition:
        """After sending: accepted, refused, or unknown."""
        job = value if isinstance(value, Job) else value.job
        if job is not None:
            queue.gate.started(job.id)
        queue.gate.release()
        if job is not None:
            return self._accepted(queue, ticket, job)
        if not isinstance(value, TryOnError):
            raise TypeError(f"sending gave {value!r}")
        ticket.attempts += 1
        if isinstance(value, RateLimited):
            self._slow_down(queue, value.retry_after_s)
        decision = after_sending(value, ticket.attempts)
        if decision == "outcome_unknown":
            self._entry(ticket, attempt=value.attempt or ticket.entry.attempt)
            if can_look_up(queue.info, ticket.entry.attempt):
                _count_failure(queue, "send", value)
                _LOGGER.warning("%s: %s It is looked up.", ticket.item.id, value.message)
                self._entry(ticket, error=describe_error(value))
                return self._looking_up(queue, ticket, value)
        if decision != "retry":
            ticket.prepared = None
            _count_failure(queue, "send", value)
        return self._judged(ticket, decision, value, retry="send")

    def _accepted(self, queue: ProviderQueue, ticket: Ticket, job: Job) -> Transition:
        queue.succeeded("send")
        queue.bought()
        ticket.prepared, ticket.attempts = None, 0
        return self._watching(queue, ticket, self._entry(ticket, state="accepted", job=job))

    def _looking_up(self, queue: ProviderQueue, ticket: Ticket, lost: TryOnError) -> Transition:
        """When an answer was lost: the vendor is asked for it, and the item stays as it is."""
        ticket.attempts, ticket.lost, ticket.lost_at = 0, lost, self._clock.now()
        return Transition(
            entry=ticket.entry, then="look_up", delay_s=self._next_look_s(queue, ticket)
        )

    def _next_look_s(
        self, queue: ProviderQueue, ticket: Ticket, latest: Undecided | None = None
    ) -> float:
        attempt, lost_at = ticket.entry.attempt, ticket.lost_at
        if attempt is None or lost_at is None:
            raise AssertionError(f"{ticket.item.id} was not lost")
        return next_look_s(
            queue.info,
            attempt,
            looks=ticket.attempts,
            begun_at=lost_at,
            now=self._clock.now(),
            latest=latest,
        )

    def looked_up(self, queue: ProviderQueue, ticket: Ticket, value: Finding) -> Transition:
        """After a look-up: found, not accepted and thus sendable, or to be looked up again."""
        ticket.attempts += 1
        lost = ticket.lost
        if isinstance(value, Found) and value.job.id in queue.known_jobs:
            value = Undecided(reason=f"The job {value.job.id} was found for another item, too.")
        if isinstance(value, Undecided):
            delay_s = self._next_look_s(queue, ticket, value)
            if not math.isinf(delay_s):
                return Transition(entry=ticket.entry, then="look_up", delay_s=delay_s)
        ticket.lost, ticket.attempts = None, 0
        if isinstance(value, Found):
            queue.gate.started(value.job.id)
            return self._accepted(queue, ticket, value.job)
        if isinstance(value, NotAccepted):
            error = describe_error(not_accepted(queue.info))
            entry = self._entry(ticket, state="planned", error=error)
            return Transition(entry=entry, then="send" if ticket.prepared else "prepare")
        if lost is None:
            raise AssertionError(f"{ticket.item.id} was not lost")
        ticket.prepared = None
        again = "A later call with this run asks the vendor again."
        return self._judged(
            ticket, "outcome_unknown", unresolved(lost, value, again=again), retry="send"
        )

    def resumed(self, queue: ProviderQueue, ticket: Ticket) -> Transition:
        """At the start: goes on with what an earlier process left."""
        if ticket.entry.state == "intent":
            message = (ticket.entry.error or {}).get("message")
            message = message or f"the process ended while {ticket.item.id} was being sent."
            lost = OutcomeUnknown(message, provider=queue.info.id)
            return attrs.evolve(self._looking_up(queue, ticket, lost), delay_s=0.0)
        job = ticket.job
        if job.result is not None and job.result.images:
            return Transition(entry=ticket.entry, then="fetch")
        queue.gate.started(job.id)
        return self._watching(queue, ticket, ticket.entry)

    def polled(
        self, queue: ProviderQueue, ticket: Ticket, value: JobUpdate | TryOnError
    ) -> Transition:
        """After a poll: finished, over, or to be polled again."""
        job, watch = ticket.job, ticket.watch
        if watch is None:
            raise AssertionError(f"{ticket.item.id} is not being watched")
        try:
            result = watch.answered(value)
        except TryOnError as error:
            return self._without_result(queue, ticket, watch, error)
        self._log_doubt(queue, watch)
        if result is None:
            if not watch.odd_polls:
                ticket.attempts = 0
                queue.gate.started(job.id)
            return self._ask_again(queue, ticket, watch)
        queue.gate.ended(job.id)
        queue.succeeded("job")
        ticket.watch, ticket.attempts = None, 0
        finished = attrs.evolve(job, result=result)
        return Transition(entry=self._entry(ticket, state="finished", job=finished), then="fetch")

    def _without_result(
        self, queue: ProviderQueue, ticket: Ticket, watch: JobWatch, error: TryOnError
    ) -> Transition:
        """When no result will come, or the vendor does not say; such a job is polled on, seldom."""
        queue.gate.ended(ticket.job.id)
        decision = after_polling(error)
        if decision == "failed" and watch.is_known:
            queue.known()
        if decision != "retry":
            _count_failure(queue, "job", error)
            return self._judged(ticket, decision, error, retry="poll")
        queue.doubted(ticket.job.id, error)
        ticket.attempts += 1
        if ticket.attempts == 1:
            _count_failure(queue, "job", error)
            self._entry(ticket, error=describe_error(error))
        if not (queue.is_open and queue.is_proven):
            return self._judged(ticket, "leave", error, retry="poll")
        return self._ask_again(queue, ticket, watch)

    def _log_doubt(self, queue: ProviderQueue, watch: JobWatch) -> None:
        """Note whether the vendor knows its jobs, and say what is unusual."""
        # Of an outage, which meets all jobs, the first one is enough.
        if watch.remark and (watch.is_known or not queue.is_doubted):
            _LOGGER.warning(watch.remark)
        if watch.is_known:
            queue.known()
        elif queue.doubted(watch.job.id, watch.doubt):
            _LOGGER.warning(
                "%s gives no usable answer for %s jobs in a row: nothing more is submitted to it "
                "until it does.",
                queue.info.name,
                queue.stop_after,
            )

    def _slow_down(self, queue: ProviderQueue, asked_s: float | None) -> None:
        """Let the queue pause, up to a bound; a long pause is logged."""
        pause_s = None if asked_s is None else min(asked_s, self._polling.max_retry_after_s)
        queue.gate.slow_down(pause_s)
        now_s = self._clock.monotonic()
        if pause_s is None or pause_s < LONG_PAUSE_S or now_s < queue.paused_until_s:
            return
        queue.paused_until_s = now_s + pause_s
        _LOGGER.warning(
            "%s refused a submission for coming too fast and asks for a pause of %g s; the next "
            "one is in %g s.",
            queue.info.name,
            asked_s,
            pause_s,
        )

    def fetched(
        self, queue: ProviderQueue, ticket: Ticket, value: Fetched | TryOnError
    ) -> Transition:
        """After fetching: saved, or to be fetched again."""
        if isinstance(value, Fetched) and not value.is_checked:
            ticket.attempts += 1
            ticket.unchecked = value
            if ticket.attempts < MOST_UNCHECKED:
                # They are on disk. A store that is not done with them may have sound ones soon.
                entry = self._entry(ticket, **_shown(value))
                return Transition(entry=entry, then="fetch", delay_s=backoff_s(ticket.attempts))
        if ticket.unchecked is not None and isinstance(value, TryOnError):
            value = ticket.unchecked
        if isinstance(value, Fetched):
            queue.succeeded("fetch")
            cost = cost_of(queue.info, ticket.item.step, images=value.images, usage=value.usage)
            entry = self._entry(ticket, state="saved", cost=cost, **_shown(value))
            return Transition(entry=entry, fetched=value)
        ticket.attempts += 1
        if is_dead(value, ticket.attempts):
            return self._died(queue, ticket, value)
        decision = after_fetching(value, ticket.attempts)
        if decision == "leave":
            _count_failure(queue, "fetch", value)
        return self._judged(ticket, decision, value, retry="fetch")

    def _died(self, queue: ProviderQueue, ticket: Ticket, error: TryOnError) -> Transition:
        """When an address has died: the vendor is asked for a new one, once."""
        described = describe_error(error)
        if not ticket.is_refreshed:
            ticket.is_refreshed = True
            job = attrs.evolve(ticket.job, result=None)
            return self._watching(queue, ticket, self._entry(ticket, job=job, error=described))
        if was_saved(ticket.entry):
            return self._judged(ticket, "failed", error, retry="poll")
        if not isinstance(error, JobExpired) and is_dated(ticket.job):
            # By the vendor's own word they are kept for a time that is not over.
            return self._judged(ticket, "leave", error, retry="poll")
        expired = JobExpired(
            error.message
            if isinstance(error, JobExpired)
            else f"the images of job {ticket.job.id} are gone: {error.message}",
            provider=queue.info.id,
            job=ticket.job,
            billed="yes",
            remedy="They were made and paid for; retry_failed=True buys them again.",
        )
        queue.failed("fetch", expired)
        entry = self._entry(ticket, state="failed", error=describe_error(expired))
        return Transition(entry=entry, error=expired)

    def reused(
        self, queue: ProviderQueue, ticket: Ticket, value: Fetched | TryOnError
    ) -> Transition:
        """After copying the images of equal work; where they are gone it is done instead."""
        del queue
        if isinstance(value, Fetched):
            entry = self._entry(ticket, state="saved", **_shown(value))
            return Transition(entry=entry, fetched=value)
        if isinstance(value, OutputError):
            # They are there, and cannot be written here: neither could those of new work.
            return self._judged(ticket, after_fetching(value, 1), value, retry="send")
        return Transition(entry=ticket.entry, then="send")

    def like(
        self, ticket: Ticket, state: State, error: TryOnError | None, **rest: Any
    ) -> Transition:
        """When equal work came to its end: this item ends like it, unsent.

        Args:
            ticket: the item.
            state: in which the other one ended.
            error: why.
            rest: further fields of the transition.
        """
        described = None if error is None else describe_error(error)
        fetched: Fetched | None = rest.get("fetched")
        shown = {} if fetched is None else _shown(fetched)
        entry = self._entry(ticket, state=state, error=described, **shown)
        return Transition(entry=entry, error=error, **rest)

    def never_begun(self, queue: ProviderQueue, ticket: Ticket, kind: str) -> Transition:
        """When the run ends before a step began: the item stays as it was before it."""
        if kind == "send":
            queue.gate.release(was_sent=False)
            attempts = ticket.entry.attempts - 1
            return Transition(
                entry=self._entry(ticket, state="planned", attempts=attempts), then="wait"
            )
        return Transition(entry=ticket.entry, then="wait")

    def _watching(self, queue: ProviderQueue, ticket: Ticket, entry: Entry) -> Transition:
        ticket.entry = entry
        if queue.info.look_up:
            queue.known_jobs.add(ticket.job.id)
        ticket.watch = watch = JobWatch(
            ticket.job,
            capabilities=queue.info.capabilities,
            policy=self._polling,
            clock=self._clock,
            settings=queue.settings,
            times=self._times_of(queue.info, entry.model),
        )
        delay_s = 0.0 if ticket.job.result else watch.next_delay_s
        return Transition(entry=entry, then="poll", delay_s=delay_s)

    def _times_of(self, info: ProviderInfo, model: str) -> JobTimes:
        """Return how long the jobs of one model took in this run."""
        typical_s = info.capabilities.typical_job_s
        return self._times.setdefault((info.id, model), JobTimes(typical_s))

    def _ask_again(self, queue: ProviderQueue, ticket: Ticket, watch: JobWatch) -> Transition:
        age = age_s(ticket.job, self._clock)
        if age >= self._job_timeout_s:
            error = watch.timed_out()
            queue.gate.ended(ticket.job.id)
            queue.failed("job", error)
            return Transition(entry=self._entry(ticket, error=describe_error(error)), error=error)
        # The last poll is when the time is up, whatever the vendor would like.
        delay_s = min(watch.next_delay_s, self._job_timeout_s - age)
        return Transition(entry=ticket.entry, then="poll", delay_s=delay_s)

    def _judged(
        self, ticket: Ticket, decision: Decision, error: TryOnError, *, retry: Next
    ) -> Transition:
        if decision == "failed" and was_saved(ticket.entry):
            error = gone(ticket.entry, billed="yes", why="the vendor has it no longer")
            self._entry(ticket, files=(), notices=(), problems=None)
        described = describe_error(error)
        if decision == "retry":
            entry = self._entry(ticket, error=described, **_unsent(ticket.entry))
            delay_s = min(pause_s(ticket.attempts, error), self._polling.max_retry_after_s)
            self._log_first(ticket, error, retry)
            return Transition(entry=entry, then=retry, delay_s=delay_s)
        if decision == "stop":
            return Transition(entry=self._entry(ticket, error=described), error=error, stops=True)
        if decision == "leave":
            entry = self._entry(ticket, error=described, **_unsent(ticket.entry))
            return Transition(entry=entry, error=error)
        return Transition(entry=self._entry(ticket, state=decision, error=described), error=error)

    def _log_first(self, ticket: Ticket, error: TryOnError, retry: Next) -> None:
        """Say what goes wrong at once: to try until it is given up takes minutes."""
        kind = retry, type(error)
        # One refusal for speed is usual; a long pause is logged elsewhere.
        is_haste = isinstance(error, RateLimited) and ticket.attempts < _USUAL_REFUSALS
        if kind not in self._logged and not is_haste:
            self._logged.add(kind)
            _LOGGER.warning("%s: %s It is tried again.", ticket.item.id, error.message)

    def _entry(self, ticket: Ticket, **changes: Any) -> Entry:
        entry = ticket.entry
        state: State = changes.get("state", entry.state)
        if state != entry.state:
            changes["times"] = {**entry.times, state: self._clock.now()}
            changes.setdefault("error", None)
        described = changes.get("error") or {}
        if state in _UNPAID or (state == "failed" and described.get("billed") == "no"):
            changes["cost"] = None
        ticket.entry = attrs.evolve(entry, **changes)
        return ticket.entry


def _shown(fetched: Fetched) -> dict[str, Any]:
    """Return what an item says of its images."""
    return {name: getattr(fetched, name) for name in ("files", "notices", "problems")}


def _is_taken(ticket: Ticket, output: OutputFolder) -> OutputError:
    """Return the error for an item whose image would replace a file that is not ours."""
    return OutputError(
        f"{str(output.path / ticket.item.id)!r} has images that this run did not save.",
        remedy="Move them away, give the item another id, or use another folder.",
    )


def _count_failure(queue: ProviderQueue, stage: Stage, error: TryOnError) -> None:
    """Count what is no item's own: a bad photo says nothing of the next one."""
    if error.fault != "input" and not isinstance(error, (JobCancelled, JobExpired)):
        queue.failed(stage, error)


def _unsent(entry: Entry) -> Mapping[str, Any]:
    """A request that was not accepted leaves the item where it was."""
    return {"state": "planned"} if entry.state == "intent" else {}
