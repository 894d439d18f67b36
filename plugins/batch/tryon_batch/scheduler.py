"""The heart of a run: starts what is due, and writes down what is decided before it is done."""

import heapq
import itertools
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any

import attrs

from tryon_batch import workers
from tryon_batch.items import Entry, Outcome
from tryon_batch.journal import Journal, Record
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import ProviderQueue, Ticket
from tryon_batch.transitions import Transition, Transitions
from tryon_batch.workers import SessionSource
from tryon_core import Clock
from tryon_core.errors import (
    BatchStopped,
    InputError,
    OutcomeUnknown,
    OutputError,
    RateLimited,
    TryOnError,
)

RUNS_ONCE = (ThreadPoolExecutor, ProcessPoolExecutor)
"""They do each call at most once, and what they cancelled was certainly never begun. Dask repeats
the work of a worker that it lost, and its futures can be cancelled while a worker is at it."""


@attrs.frozen
class Step:
    """A step of an item that is to begin.

    Its kind is `prepare`, `keep`, `send`, `look_up`, `poll`, `fetch` or `reuse`.
    """

    queue: ProviderQueue
    ticket: Ticket
    kind: str


@attrs.frozen(kw_only=True)
class StepEnd:
    """The end of a step; the value is None when it was never begun."""

    step: Step
    value: Any
    future: "Future[Any]"


class InFlight:
    """The steps that an executor is doing; only the thread of the run calls it.

    Args:
        executor: does them.
        output: where images go, None to hand them over in memory.
        fit: whether images are made to fit.
        run: names the run: its items pay for what is found for them.
        retry_unknown: whether a photo is parsed again after a call that may be billed.
        sources: where the sessions of the providers come from, by id.

    Attributes:
        ends: where their ends arrive, beside what others have to tell the thread of the run.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        output: OutputFolder | None,
        fit: bool,
        run: str = "",
        retry_unknown: bool = False,
        sources: Mapping[str, SessionSource] = MappingProxyType({}),
    ) -> None:
        self.ends: SimpleQueue[StepEnd | Outcome | None] = SimpleQueue()
        self._executor = executor
        self._output = output
        self._fit = fit
        self._run = run
        self._retry_unknown = retry_unknown
        self._sources = sources
        self._runs_once = isinstance(executor, RUNS_ONCE)
        self._kinds: dict[Future[Any], str] = {}

    def __bool__(self) -> bool:
        """Whether anything is being done."""
        return bool(self._kinds)

    def start(self, step: Step) -> None:
        """Begin a step; raises what the executor raises, which then has not begun it."""
        function, *arguments = self._call(step)
        future = self._executor.submit(workers.perform, step.queue.source, function, *arguments)
        self._kinds[future] = step.kind
        future.add_done_callback(partial(self._ended, step))

    def take(self, end: StepEnd) -> None:
        """Note that the end of a step was taken in."""
        self._kinds.pop(end.future, None)

    def cancel(self) -> None:
        """Cancel what was not begun, and never what may be on its way to a vendor."""
        for future, kind in tuple(self._kinds.items()):
            if kind not in _PAID or self._runs_once:
                future.cancel()

    def is_busy_beside(self, ended: int) -> bool:
        """Return whether more is being done than so many steps, which have ended."""
        return len(self._kinds) > ended

    def has(self, kinds: Collection[str]) -> bool:
        """Return whether a step of one of these kinds is being done."""
        return any(kind in kinds for kind in self._kinds.values())

    def _call(self, step: Step) -> tuple[Any, ...]:
        """Return the function that does a step, and its arguments."""
        ticket, queue = step.ticket, step.queue
        parser = self._sources.get(ticket.item.parser)
        calls: dict[str, Callable[[], tuple[Any, ...]]] = {
            "prepare": lambda: (workers.prepare, ticket.item, self._fit, ticket.person, parser),
            "keep": lambda: (
                partial(
                    workers.keep, fit=self._fit, retry_unknown=self._retry_unknown,
                    payer=f"{self._run} {ticket.item.id}",
                ),
                ticket.prepared, parser,
            ),
            "send": lambda: (workers.send, ticket.prepared, ticket.entry.attempt),
            "look_up": lambda: (
                workers.look_up, ticket.entry.attempt, frozenset(queue.known_jobs)
            ),
            "poll": lambda: (workers.poll, ticket.job),
            "reuse": lambda: (workers.reuse, ticket.item, ticket.equal, self._output),
            "fetch": lambda: (
                workers.fetch, ticket.item, ticket.job, self._output, ticket.entry.files,
                ticket.person,
            ),
        }  # fmt: skip
        return calls[step.kind]()

    def _ended(self, step: Step, future: "Future[Any]") -> None:
        """Hand the end of a step to the thread of the run; this runs in another one."""
        if not future.cancelled():
            value = future.exception() or future.result()
        elif step.kind == "send" and not self._runs_once:
            value = _lost(step)
        else:
            value = None
        self.ends.put(StepEnd(step=step, value=value, future=future))


def _lost(step: Step) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the executor cancelled {step.ticket.item.id}, perhaps while it was being sent.",
        fingerprint=step.ticket.entry.fingerprint,
        provider=step.queue.info.id,
    )


_MOST_HELD = 16
"""Outcomes with images in memory that the caller has not taken yet; more would fill the memory."""
_PAID = ("send", "keep")
_MUST_END = (*_PAID, "fetch", "reuse")
_GATHER_S = 0.003


class Scheduler:
    """Runs the items of all queues; only the thread that is in `run()` decides and writes.

    Args:
        queues: the providers.
        in_flight: does the steps.
        transitions: what follows from the end of a step.
        journal: where everything is written down.
        record: writes into it, and tells of what was written.
        folder: where the images are.
        clock: source of time.
    """

    def __init__(
        self,
        queues: Sequence[ProviderQueue],
        *,
        in_flight: InFlight,
        transitions: Transitions,
        journal: Journal,
        record: Record,
        folder: Path,
        clock: Clock,
    ) -> None:
        self._queues = queues
        self._in_flight = in_flight
        self._transitions = transitions
        self._journal = journal
        self._record = record
        self._folder = folder
        self._clock = clock
        self._timers: list[tuple[float, int, ProviderQueue, str, Ticket | None]] = []
        self._order = itertools.count()
        self._unwritten: dict[str, Entry] = {}
        self._blocked: list[Outcome] = []
        self._held = 0
        self._is_stopping = False
        self._stopped_by: BaseException | None = None

    def resume(self, queue: ProviderQueue, ticket: Ticket) -> None:
        """Go on with an item that an earlier process left sent."""
        self._follow(queue, ticket, self._transitions.resumed(queue, ticket))

    def wait(self, queue: ProviderQueue, ticket: Ticket, first: Entry) -> None:
        """Go on with an item when its first step is done, which may have been so before."""
        transition = self._transitions.awaiting(ticket, first)
        self._follow(queue, ticket, transition)
        self._note(ticket, transition.entry)
        if transition.then is None:
            self._blocked.append(self._outcome(ticket, transition))

    def stop(self) -> None:
        """Start nothing more; any thread may say so."""
        self._is_stopping = True
        self._in_flight.ends.put(None)

    def taken(self, outcome: Outcome) -> None:
        """Note that the caller took an outcome; any thread may say so."""
        if outcome.result is not None:
            self._in_flight.ends.put(outcome)

    def run(self, deliver: Callable[[Outcome], None]) -> None:
        """Work until all is done or it is stopped; deliver what became of each item.

        Raises:
            BatchStopped: so many failures of one kind came in a row that going on makes no sense.
            OutputError: the journal cannot be written.
        """
        with self._journal.kept_open():
            try:
                self._advance([], deliver)
                while self._can_go_on:
                    self._advance(self._wait(), deliver)
            finally:
                self._finish_what_is_paid(deliver)
        self._report_stop()

    @property
    def _is_ending(self) -> bool:
        return self._is_stopping or self._stopped_by is not None

    @property
    def _is_crowded(self) -> bool:
        return self._held >= _MOST_HELD

    @property
    def _can_go_on(self) -> bool:
        if self._is_ending:
            return False
        if self._in_flight or self._is_crowded:
            return True
        return any(
            ticket or queue.to_poll or (queue.may_buy and queue.to_send)
            for *_, queue, _, ticket in self._timers
        )

    def _advance(self, ends: Iterable[StepEnd], deliver: Callable[[Outcome], None]) -> None:
        """Take in what has ended and start what may begin, with one commit between the two."""
        outcomes = [*self._blocked, *self._take_in(ends)]
        self._blocked.clear()
        steps = self._next_steps()
        is_written = self._write()
        if is_written:
            self._hand_over(outcomes, deliver)
        for step in steps:
            if is_written and not self._is_ending:
                self._start(step)
            else:
                self._withdraw(step)

    def _next_steps(self) -> list[Step]:
        """Return the steps that are due and may be done now; they count as in flight already."""
        if self._is_crowded or self._is_ending:
            return []
        now_s = self._clock.monotonic()
        while self._timers and self._timers[0][0] <= now_s:
            _, _, queue, kind, ticket = heapq.heappop(self._timers)
            queue.add_due(kind, ticket)
        return [step for queue in self._queues for step in self._steps_of(queue, now_s)]

    def _steps_of(self, queue: ProviderQueue, now_s: float) -> Iterator[Step]:
        """Yield what one provider may do; images that may die first, then what earns new ones."""
        while queue.has_room:
            if queue.to_fetch:
                ticket = queue.to_fetch.popleft()
                step = Step(queue, ticket, "reuse" if ticket.equal else "fetch")
            elif queue.to_poll and self._may_poll(queue, now_s):
                ticket = queue.to_poll.popleft()
                step = Step(queue, ticket, "look_up" if ticket.lost else "poll")
            elif queue.may_buy and queue.to_send and self._may_send(queue, now_s):
                step = Step(queue, queue.to_send.popleft(), "send")
                # What costs money is written down before it is done.
                self._note(step.ticket, self._transitions.intended(queue, step.ticket))
            elif queue.to_keep and queue.is_open:
                step = Step(queue, queue.to_keep.popleft(), "keep")
            elif queue.wants_more:
                step = Step(queue, queue.to_prepare.popleft(), "prepare")
            else:
                break
            queue.in_flight[step.kind] += 1
            yield step

    def _start(self, step: Step) -> None:
        try:
            self._in_flight.start(step)
        except Exception as error:  # noqa: BLE001  (each executor has its own)
            self._stop_by(error)
            self._withdraw(step)

    def _withdraw(self, step: Step) -> None:
        """Undo what cannot be begun, or was not written down."""
        step.queue.in_flight[step.kind] -= 1
        self._take_back(step)

    def _stop_by(self, error: BaseException | None) -> None:
        self._stopped_by = self._stopped_by or error

    def _may_poll(self, queue: ProviderQueue, now_s: float) -> bool:
        if now_s < queue.next_poll_s < math.inf:
            return False
        delay_s = queue.gate.reserve_poll()
        if delay_s > 0:
            queue.next_poll_s = now_s + delay_s
            self._push(queue.next_poll_s, queue, "poll_quota", None)
        return delay_s <= 0

    def _may_send(self, queue: ProviderQueue, now_s: float) -> bool:
        if now_s < queue.next_send_s < math.inf:
            return False
        try:
            delay_s = queue.gate.reserve()
        except TryOnError as error:
            self._stop_by(error)
            return False
        if 0 < delay_s < math.inf:
            queue.next_send_s = now_s + delay_s
            self._push(queue.next_send_s, queue, "send_quota", None)
        return delay_s <= 0

    def _wait(self) -> list[StepEnd]:
        left_s = math.inf
        if self._timers and not self._is_crowded:
            left_s = max(0.0, self._timers[0][0] - self._clock.monotonic())
        try:
            is_awaited = bool(self._in_flight or self._is_crowded)
            found = [self._clock.take(self._in_flight.ends, left_s, is_awaited=is_awaited)]
        except Empty:
            return []
        if self._in_flight.is_busy_beside(len(found) + self._in_flight.ends.qsize()):
            # Steps that end within some milliseconds are written down with one commit.
            time.sleep(_GATHER_S)
        while not self._in_flight.ends.empty():
            found.append(self._in_flight.ends.get())
        self._held -= sum(isinstance(one, Outcome) for one in found)
        return [one for one in found if isinstance(one, StepEnd)]

    def _take_in(self, ends: Iterable[StepEnd]) -> list[Outcome]:
        """Take in the ends of steps; return what became of the items that are through."""
        outcomes: list[Outcome] = []
        for end in ends:
            end.step.queue.in_flight[end.step.kind] -= 1
            self._in_flight.take(end)
            try:
                outcomes.extend(self._outcomes_of(end))
            except BaseException as error:  # noqa: BLE001  (no other answer may be lost by it)
                # A fault of ours: what was being sent stays an intent, of unknown outcome.
                self._stop_by(error)
        return outcomes

    def _outcomes_of(self, end: StepEnd) -> Iterator[Outcome]:
        if isinstance(end.value, BaseException) and not isinstance(end.value, TryOnError):
            raise end.value
        step = end.step
        if end.value is None:
            if not self._is_ending:
                self._stop_by(_dropped())
            self._take_back(step)
            return
        for ticket, transition in self._transitions.after(
            step.queue, step.ticket, step.kind, end.value
        ):
            self._follow(step.queue, ticket, transition)
            self._note(ticket, transition.entry)
            if transition.then is None:
                yield self._outcome(ticket, transition)

    def _take_back(self, step: Step) -> None:
        transition = self._transitions.never_begun(step.queue, step.ticket, step.kind)
        self._note(step.ticket, transition.entry)

    def _note(self, ticket: Ticket, entry: Entry) -> None:
        """Put down what has to be written, unless it says nothing new."""
        known = ticket.noted
        if known is None or _news_of(entry) != _news_of(known):
            ticket.noted = self._unwritten[entry.id] = entry

    def _hand_over(self, outcomes: Iterable[Outcome], deliver: Callable[[Outcome], None]) -> None:
        for outcome in outcomes:
            self._held += outcome.result is not None
            deliver(outcome)

    def _write(self) -> bool:
        """Write down what is not on disk yet; a failure ends the run, which tries once more."""
        try:
            self._record(list(self._unwritten.values()))
        except Exception as error:  # noqa: BLE001  (what was paid for must be reported all the same)
            self._stop_by(error)
            return False
        self._unwritten.clear()
        self._transitions.publish()
        return True

    def _follow(self, queue: ProviderQueue, ticket: Ticket, transition: Transition) -> None:
        if transition.stops:
            self._stop_by(transition.error)
        if transition.then not in {None, "wait"}:
            at_s = self._clock.monotonic() + transition.delay_s
            self._push(at_s, queue, str(transition.then), ticket)

    def _push(self, at_s: float, queue: ProviderQueue, kind: str, ticket: Ticket | None) -> None:
        heapq.heappush(self._timers, (at_s, next(self._order), queue, kind, ticket))

    def _outcome(self, ticket: Ticket, transition: Transition) -> Outcome:
        entry, fetched = transition.entry, transition.fetched
        return Outcome(
            item=ticket.item,
            state=entry.state,
            entry=entry,
            paths=tuple(self._folder / file.path for file in entry.files),
            error=transition.error,
            result=fetched.result if fetched else None,
            is_earlier=entry.cost is None and entry.state == "saved",
        )

    def _finish_what_is_paid(self, deliver: Callable[[Outcome], None]) -> None:
        """Wait for what is being sent and write down what came of it, whatever ended the run."""
        self._in_flight.cancel()
        while self._in_flight.has(_MUST_END):
            found = self._in_flight.ends.get()
            if isinstance(found, StepEnd):
                outcomes = self._take_in([found])
                if self._write():
                    self._hand_over(outcomes, deliver)
        if not self._write():
            lost = [entry for entry in self._unwritten.values() if self._is_unheard_of(entry)]
            if lost:
                raise unwritten_jobs(lost, self._stopped_by)

    def _is_unheard_of(self, entry: Entry) -> bool:
        """Whether an item has a job that the journal does not know."""
        try:
            known = self._journal.get(entry.id)
        except Exception:  # noqa: BLE001  (then it is not known)
            known = None
        return entry.job is not None and (known is None or known.job is None)

    def _report_stop(self) -> None:
        for queue in self._queues:
            if queue.is_open and (queue.to_send or queue.to_prepare) and not self._is_ending:
                queue.closed_by = queue.latest_fault or _nothing_more(queue)
        causes = [queue.closed_by for queue in self._queues if queue.closed_by is not None]
        cause = self._stopped_by or next(iter(causes), None)
        if isinstance(cause, TryOnError):
            raise BatchStopped(f"the run stopped: {cause}", cause=cause)
        if cause is not None:
            raise cause


def _news_of(entry: Entry) -> tuple[Any, ...]:
    """What makes an entry worth a writing; what else there is comes with the next one."""
    return entry.state, entry.error, id(entry.job), entry.parsings


def unwritten_jobs(entries: Iterable[Entry], cause: BaseException | None) -> OutputError:
    """Return the error for what the journal could not take, with all that would be lost."""
    jobs = [f"{entry.id}: {entry.job.to_token()}" for entry in entries if entry.job]
    error = OutputError(
        f"the journal could not be written ({cause}), and does not know these jobs:",
        remedy="Keep these lines. When it can be written again, go on with settle={ID: TOKEN} "
        "for each; without the run, Client.resume(TOKEN) fetches it.",
    )
    error.reword("\n".join([error.message, *jobs]))
    error.__cause__ = cause
    return error


def _nothing_more(queue: ProviderQueue) -> RateLimited:
    return RateLimited(
        f"the quota of {queue.info.name} allows no further submission now.", provider=queue.info.id
    )


def _dropped() -> InputError:
    return InputError(
        "the executor dropped what it was given.",
        remedy="Keep it open until the run has ended, then go on with the run.",
    )
