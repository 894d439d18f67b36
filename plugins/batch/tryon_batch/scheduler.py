"""The heart of a run: decides what is done next, and writes it down before it is."""

import heapq
import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import attrs

from tryon_batch import workers
from tryon_batch.duplicates import Duplicates
from tryon_batch.items import SETTLED, Entry, EqualWork, Outcome, State
from tryon_batch.journal import Journal
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import ProviderQueue, Ticket
from tryon_batch.resuming import Record
from tryon_batch.transitions import Transition, Transitions
from tryon_core.clock import Clock
from tryon_core.errors import BatchStopped, InputError, OutcomeUnknown, RateLimited, TryOnError

RUNS_ONCE = (ThreadPoolExecutor, ProcessPoolExecutor)
"""They do each call at most once, and what they cancelled was certainly never begun. Dask repeats
the work of a worker that it lost, and its futures can be cancelled while a worker is at it."""


@attrs.frozen
class Start:
    """A step that is to begin."""

    queue: ProviderQueue
    ticket: Ticket
    kind: str
    step: workers.Step
    arguments: tuple[Any, ...]


@attrs.frozen(kw_only=True)
class Done:
    """A step that came to its end; the value is None when it was never begun."""

    start: Start
    value: Any
    future: "Future[Any]"


class InFlight:
    """The steps that an executor is doing; only the deciding thread calls it.

    Args:
        executor: does them.

    Attributes:
        ends: where their ends arrive, beside what others have to tell the deciding thread.
    """

    def __init__(self, executor: Executor) -> None:
        self.ends: SimpleQueue[Done | Outcome | None] = SimpleQueue()
        self._executor = executor
        self._runs_once = isinstance(executor, RUNS_ONCE)
        self._kinds: dict[Future[Any], str] = {}

    def __bool__(self) -> bool:
        """Whether anything is being done."""
        return bool(self._kinds)

    def launch(self, start: Start) -> None:
        """Begin a step; raises what the executor raises, which then has not begun it."""
        source = start.queue.source
        future = self._executor.submit(workers.perform, source, start.step, *start.arguments)
        self._kinds[future] = start.kind
        future.add_done_callback(partial(self._ended, start))

    def landed(self, done: Done) -> None:
        """Note that the end of a step was taken in."""
        self._kinds.pop(done.future, None)

    def take_back(self) -> None:
        """Cancel what was not begun, and never what may be on its way to a vendor."""
        for future, kind in tuple(self._kinds.items()):
            if kind != "send" or self._runs_once:
                future.cancel()

    def has(self, kinds: Collection[str]) -> bool:
        """Return whether a step of one of these kinds is being done."""
        return any(kind in kinds for kind in self._kinds.values())

    def _ended(self, start: Start, future: "Future[Any]") -> None:
        """Hand the end of a step to the deciding thread; this runs in another one."""
        if not future.cancelled():
            value = future.exception() or future.result()
        elif start.kind == "send" and not self._runs_once:
            value = _lost(start)
        else:
            value = None
        self.ends.put(Done(start=start, value=value, future=future))


def _lost(start: Start) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the executor cancelled {start.ticket.item.id}, perhaps while it was being sent.",
        fingerprint=start.ticket.entry.fingerprint,
        provider=start.queue.info.id,
    )


_MOST_HELD = 16
"""Outcomes that hold images in memory while nobody takes them; more would fill the memory."""
_MUST_END = ("send", "fetch", "reuse")


class Scheduler:
    """Runs the items of all queues; only the thread that is in `run()` decides and writes.

    Args:
        queues: the providers.
        executor: does the steps.
        transitions: what follows from the end of a step.
        journal: where everything is written down.
        record: writes into it, and tells of what was written.
        clock: source of time.
        output: where images go, None to hand them over in memory.
        duplicates: finds work that is the same as other work.
        fit: whether images are made to fit.
    """

    def __init__(
        self,
        queues: Sequence[ProviderQueue],
        *,
        executor: Executor,
        transitions: Transitions,
        journal: Journal,
        record: Record,
        clock: Clock,
        output: OutputFolder | None,
        duplicates: Duplicates,
        fit: bool,
    ) -> None:
        self._queues = list(queues)
        self._in_flight = InFlight(executor)
        self._transitions = transitions
        self._journal = journal
        self._record = record
        self._clock = clock
        self._output = output
        self._duplicates = duplicates
        self._fit = fit
        self._due: list[tuple[float, int, ProviderQueue, str, Ticket | None]] = []
        self._order = itertools.count()
        self._unwritten: dict[str, Entry] = {}
        self._held = 0
        self._is_told_to_stop = False
        self._stopped_by: BaseException | None = None

    def resume(self, queue: ProviderQueue, ticket: Ticket) -> None:
        """Go on with an item that an earlier process left accepted or finished."""
        self._follow(queue, ticket, self._transitions.resumed(queue, ticket))

    def stop(self) -> None:
        """Start nothing more; any thread may say so."""
        self._is_told_to_stop = True
        self._in_flight.ends.put(None)

    def taken(self, outcome: Outcome) -> None:
        """Note that somebody took an outcome; any thread may say so."""
        if outcome.result is not None:
            self._in_flight.ends.put(outcome)

    def run(self, deliver: Callable[[Outcome], None]) -> None:
        """Work until all is done or it is told to stop; deliver what became of each item.

        Raises:
            BatchStopped: so many failures of one kind came in a row that going on makes no sense.
            OutputError: the journal cannot be written.
        """
        with self._journal.kept_open():
            try:
                self._go_on([], deliver)
                while self._can_go_on:
                    self._go_on(self._wait(), deliver)
            finally:
                self._finish_what_is_paid(deliver)
        self._report_stop()

    @property
    def _is_ending(self) -> bool:
        return self._is_told_to_stop or self._stopped_by is not None

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
            for *_, queue, _, ticket in self._due
        )

    def _go_on(self, ends: Iterable[Done], deliver: Callable[[Outcome], None]) -> None:
        """Take in what has ended and start what may, with one writing between the two."""
        outcomes = self._settled(ends)
        starts = self._starts()
        is_written = self._write()
        if is_written:
            self._hand_over(outcomes, deliver)
        for start in starts:
            if is_written and not self._is_ending:
                self._launch(start)
            else:
                self._withdraw(start)

    def _starts(self) -> list[Start]:
        """Return the steps that are due and may be done now, as being in flight already."""
        if self._is_crowded or self._is_ending:
            return []
        now_s = self._clock.monotonic()
        while self._due and self._due[0][0] <= now_s:
            _, _, queue, kind, ticket = heapq.heappop(self._due)
            queue.take_in(kind, ticket)
        return [start for queue in self._queues for start in self._starts_of(queue, now_s)]

    def _starts_of(self, queue: ProviderQueue, now_s: float) -> Iterator[Start]:
        """Yield what one provider may do; images that may die first, then what earns new ones."""
        while queue.has_room:
            if queue.to_fetch:
                start = self._fetching(queue, queue.to_fetch.popleft())
            elif queue.to_poll and self._may_ask(queue, now_s):
                ticket = queue.to_poll.popleft()
                start = Start(queue, ticket, "poll", workers.poll, (ticket.job,))
            elif queue.may_buy and queue.to_send and self._may_send(queue, now_s):
                start = self._sending(queue, queue.to_send.popleft())
            elif queue.wants_more:
                ticket = queue.to_prepare.popleft()
                arguments = (ticket.item, self._fit)
                start = Start(queue, ticket, "prepare", workers.prepare, arguments)
            else:
                break
            queue.in_flight[start.kind] += 1
            yield start

    def _fetching(self, queue: ProviderQueue, ticket: Ticket) -> Start:
        arguments = (ticket.item, ticket.job, self._output, ticket.entry.files)
        return Start(queue, ticket, "fetch", workers.fetch, arguments)

    def _sending(self, queue: ProviderQueue, ticket: Ticket) -> Start:
        """Return the step that costs money, which is written down before it is done."""
        self._note(ticket, self._transitions.intended(queue, ticket))
        return Start(queue, ticket, "send", workers.send, (ticket.prepared,))

    def _reuse(self, queue: ProviderQueue, ticket: Ticket, equal: EqualWork) -> None:
        queue.in_flight["reuse"] += 1
        arguments = (ticket.item, equal, self._output)
        self._launch(Start(queue, ticket, "reuse", workers.reuse, arguments))

    def _launch(self, start: Start) -> None:
        try:
            self._in_flight.launch(start)
        except Exception as error:  # noqa: BLE001  (each executor has its own)
            self._stop_by(error)
            self._withdraw(start)

    def _withdraw(self, start: Start) -> None:
        """Undo what cannot be begun, or was not written down."""
        start.queue.in_flight[start.kind] -= 1
        transition = self._transitions.never_begun(start.queue, start.ticket, start.kind)
        self._note(start.ticket, transition.entry)

    def _stop_by(self, error: BaseException | None) -> None:
        self._stopped_by = self._stopped_by or error

    def _may_ask(self, queue: ProviderQueue, now_s: float) -> bool:
        if now_s < queue.next_poll_s < math.inf:
            return False
        at_s = queue.poll_at_s(now_s)
        if at_s > now_s:
            queue.next_poll_s = at_s
            self._push(at_s, queue, "ask", None)
        return at_s <= now_s

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
            self._push(queue.next_send_s, queue, "wake", None)
        return delay_s <= 0

    def _wait(self) -> list[Done]:
        left_s = math.inf
        if self._due and not self._is_crowded:
            left_s = max(0.0, self._due[0][0] - self._clock.monotonic())
        try:
            is_awaited = bool(self._in_flight or self._is_crowded)
            found = [self._clock.take(self._in_flight.ends, left_s, is_awaited=is_awaited)]
        except Empty:
            return []
        while not self._in_flight.ends.empty():
            found.append(self._in_flight.ends.get())
        self._held -= sum(isinstance(one, Outcome) for one in found)
        return [one for one in found if isinstance(one, Done)]

    def _settled(self, ends: Iterable[Done]) -> list[Outcome]:
        """Take in the ends of steps; return what became of the items that are through."""
        outcomes: list[Outcome] = []
        for done in ends:
            done.start.queue.in_flight[done.start.kind] -= 1
            self._in_flight.landed(done)
            try:
                outcomes.extend(self._taken_in(done))
            except BaseException as error:  # noqa: BLE001  (no other answer may be lost by it)
                # A fault of ours: what was being sent stays an intent, of unknown outcome.
                self._stop_by(error)
        return outcomes

    def _taken_in(self, done: Done) -> Iterator[Outcome]:
        if isinstance(done.value, BaseException) and not isinstance(done.value, TryOnError):
            raise done.value
        for ticket, transition in self._transitions_of(done):
            self._follow(done.start.queue, ticket, transition)
            self._note(ticket, transition.entry)
            if transition.then is None:
                yield self._outcome(ticket, transition)

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
        except Exception as error:  # noqa: BLE001  (what was paid for must be told all the same)
            self._stop_by(error)
            return False
        self._unwritten.clear()
        return True

    def _transitions_of(self, done: Done) -> Iterator[tuple[Ticket, Transition]]:
        """Yield what follows for the item, and for those whose work is the same."""
        queue, ticket, kind, value = (
            done.start.queue,
            done.start.ticket,
            done.start.kind,
            done.value,
        )
        decide: dict[str, Callable[[ProviderQueue, Ticket, Any], Transition]] = {
            "prepare": self._transitions.prepared,
            "send": self._transitions.sent,
            "poll": self._transitions.polled,
            "fetch": self._transitions.fetched,
            "reuse": self._transitions.reused,
        }
        if value is None:
            if not self._is_ending:
                self._stop_by(_dropped())
            transition = self._transitions.never_begun(queue, ticket, kind)
        else:
            transition = decide[kind](queue, ticket, value)
        if kind in {"prepare", "reuse"} and transition.then == "send":
            transition = self._with_duplicates(queue, ticket, transition)
        yield ticket, transition
        if transition.then is None:
            yield from self._released(queue, ticket, transition)

    def _with_duplicates(
        self, queue: ProviderQueue, ticket: Ticket, transition: Transition
    ) -> Transition:
        """Return what follows when equal work is done, under way, or of unknown outcome."""
        own = ticket.entry.files
        equal = None if own else self._duplicates.saved(ticket.entry)
        if equal is not None:
            self._reuse(queue, ticket, equal)
            return attrs.evolve(transition, then="wait")
        unknown = self._duplicates.unknown(ticket.entry)
        if unknown is not None:
            return self._transitions.blocked(ticket, unknown)
        if self._output is not None and self._output.is_taken(ticket.item.id, own=own):
            return self._transitions.unsavable(ticket, self._output)
        if own:
            # It has images and shall have others: those of equal work would be the same.
            return transition
        claim = None
        if not queue.info.is_free(ticket.item.request):
            claim = self._duplicates.claimed(ticket.entry)
        if claim is not None:
            return self._transitions.claimed(ticket, claim)
        return (
            attrs.evolve(transition, then="wait")
            if self._duplicates.follows(ticket)
            else transition
        )

    def _released(
        self, queue: ProviderQueue, ticket: Ticket, transition: Transition
    ) -> Iterator[tuple[Ticket, Transition]]:
        """Yield the ends of the items that waited for equal work."""
        state: State = transition.entry.state if transition.entry.state in SETTLED else "planned"
        for follower in self._duplicates.settle(transition.entry):
            if state == "saved" and self._output is not None:
                # Its images may be gone again already.
                again = Transition(entry=follower.entry, then="send")
                yield follower, self._with_duplicates(queue, follower, again)
            elif state == "outcome_unknown":
                yield follower, self._transitions.blocked(follower, transition.entry)
            else:
                shared = self._transitions.like(
                    follower, state, transition.error, fetched=transition.fetched
                )
                yield follower, shared

    def _follow(self, queue: ProviderQueue, ticket: Ticket, transition: Transition) -> None:
        if transition.stops:
            self._stop_by(transition.error)
        if transition.then in {None, "wait"}:
            return
        self._push(
            self._clock.monotonic() + transition.delay_s, queue, str(transition.then), ticket
        )

    def _push(self, at_s: float, queue: ProviderQueue, kind: str, ticket: Ticket | None) -> None:
        heapq.heappush(self._due, (at_s, next(self._order), queue, kind, ticket))

    def _outcome(self, ticket: Ticket, transition: Transition) -> Outcome:
        fetched = transition.fetched
        folder = Path() if self._output is None else self._output.path
        return Outcome(
            item=ticket.item,
            state=transition.entry.state,
            entry=transition.entry,
            paths=tuple(folder / file.path for file in transition.entry.files),
            error=transition.error,
            result=fetched.result if fetched else None,
            is_earlier=transition.entry.cost is None and transition.entry.state == "saved",
        )

    def _finish_what_is_paid(self, deliver: Callable[[Outcome], None]) -> None:
        """Wait for what is being sent and write down what came of it, whatever ended the run."""
        self._in_flight.take_back()
        while self._in_flight.has(_MUST_END):
            found = self._in_flight.ends.get()
            if isinstance(found, Done):
                outcomes = self._settled([found])
                if self._write():
                    self._hand_over(outcomes, deliver)
        if not self._write():
            lost = [entry for entry in self._unwritten.values() if self._is_unheard_of(entry)]
            if lost:
                raise self._transitions.unwritten(lost, self._stopped_by)

    def _is_unheard_of(self, entry: Entry) -> bool:
        """Whether an item has a job that the journal does not know."""
        try:
            known = self._journal.get(entry.id)
        except Exception:  # noqa: BLE001  (then nobody knows)
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
    return entry.state, entry.error, id(entry.job)


def _nothing_more(queue: ProviderQueue) -> RateLimited:
    return RateLimited(
        f"the quota of {queue.info.name} allows no further submission now.", provider=queue.info.id
    )


def _dropped() -> InputError:
    return InputError(
        "the executor dropped what it was given.",
        remedy="Keep it open until the run has ended, then go on with the run.",
    )
