"""Begin a run, or go on with one that a process left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack

import attrs

from tryon_core.batch.index import RunIndex
from tryon_core.batch.items import BatchItem, Entry, Outcome, State, describe_error
from tryon_core.batch.journal import Journal
from tryon_core.batch.lane import Lane, Ticket, usual_in_air
from tryon_core.batch.moves import Moves
from tryon_core.batch.output import OutputFolder
from tryon_core.batch.quota import make_gate
from tryon_core.batch.scheduler import Scheduler
from tryon_core.batch.twins import Twins
from tryon_core.batch.work import Here, SessionSource
from tryon_core.clock import Clock
from tryon_core.errors import OutcomeUnknown
from tryon_core.polling import PollPolicy
from tryon_core.session import Session

_SENT: frozenset[State] = frozenset({"accepted", "finished"})


@attrs.frozen(kw_only=True)
class BatchPolicy:
    """How a run goes about its work.

    Attributes:
        fit: make local images fit the provider's limits.
        retry_unknown: send again what may have been paid for: only when you have looked.
        retry_failed: send again what was refused or failed.
        again: buy work that was done before.
        most_in_air: requests to one provider at once, None for what makes use of its quota.
        stop_after: failures of one kind in a row (credits, key, network) that end the run.
        job_timeout_s: seconds for which a job is waited; a later run goes on waiting.
        quota_storage: where the quota is counted: `memory://`, or `redis://...` when several
            machines share an account.
        polling: when to ask for jobs.
    """

    fit: bool = False
    retry_unknown: bool = False
    retry_failed: bool = False
    again: bool = False
    most_in_air: int | None = None
    stop_after: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    job_timeout_s: float = 3600.0
    quota_storage: str = "memory://"
    polling: PollPolicy = attrs.field(factory=PollPolicy)


def run_batch(
    items: Iterable[BatchItem],
    sessions: Mapping[str, Session],
    *,
    journal: Journal,
    output: OutputFolder | None = None,
    index: RunIndex | None = None,
    policy: BatchPolicy | None = None,
    executor: Executor | None = None,
    sources: Mapping[str, SessionSource] | None = None,
) -> Iterator[Outcome]:
    """Work on many items, and yield what became of each as soon as that is on disk.

    Items that the journal has as settled are yielded first, and nothing is sent for them. Ending
    the iteration early, by whatever means, waits for what is being sent, and a later run with the
    same journal goes on.

    Args:
        items: what to do; their ids are unique.
        sessions: the providers that they name, by id.
        journal: where everything is written down.
        output: where pictures go, None to hand them over in memory.
        index: knows the work of other runs, None for this journal only.
        policy: how to go about it.
        executor: does the requests, None for threads of its own.
        sources: how an executor in other processes gets its sessions, by provider.

    Raises:
        BatchStopped: so many failures of one kind came in a row that going on makes no sense.
        InputError: an item asks for something else than the journal has.
    """
    policy = policy or BatchPolicy()
    by_id = {item.id: item for item in items}
    clock = next(iter(sessions.values())).clock
    journal.plan(by_id.values())
    entries = [entry for entry in journal.entries() if entry.id in by_id]
    entries = _reopened(entries, journal, clock=clock, policy=policy)
    lanes = {
        name: _lane(session, policy, (sources or {}).get(name))
        for name, session in sessions.items()
    }
    folder = None if output is None else output.path
    with ExitStack() as stack:
        if executor is None:
            most = sum(lane.most_in_air for lane in lanes.values())
            executor = stack.enter_context(ThreadPoolExecutor(most, "tryon"))
        scheduler = Scheduler(
            list(lanes.values()),
            executor=executor,
            moves=Moves(clock=clock, polling=policy.polling, job_timeout_s=policy.job_timeout_s),
            journal=journal,
            clock=clock,
            output=output,
            twins=None if policy.again else Twins(entries, folder=folder, index=index),
            fit=policy.fit,
        )
        yield from _earlier(entries, by_id, output)
        _enqueue(scheduler, lanes, entries, by_id)
        for outcome in scheduler.run():
            if index is not None and output is not None and outcome.state == "saved":
                index.remember([outcome.entry], output.path)
            yield outcome


def _lane(session: Session, policy: BatchPolicy, source: SessionSource | None) -> Lane:
    quota = session.info.capabilities.quota
    gate = make_gate(
        quota, account=session.account, clock=session.clock, storage=policy.quota_storage
    )
    return Lane(
        info=session.info,
        source=source or Here(session),
        gate=gate,
        most_in_air=policy.most_in_air or usual_in_air(quota),
        stop_after=policy.stop_after,
    )


def _reopened(
    entries: Sequence[Entry], journal: Journal, *, clock: Clock, policy: BatchPolicy
) -> list[Entry]:
    """Return the entries with those set right that a process left open, or that go once more."""
    changed: list[Entry] = []
    found: list[Entry] = []
    for entry in entries:
        state = entry.state
        if state == "intent":
            state = "outcome_unknown"
        if state == "outcome_unknown" and policy.retry_unknown:
            state = "planned"
        if state in {"refused", "failed"} and policy.retry_failed:
            state = "planned"
        if state != entry.state:
            entry = _with_state(entry, state, clock)  # noqa: PLW2901  (the list is rebuilt)
            changed.append(entry)
        found.append(entry)
    journal.record(changed)
    return found


def _with_state(entry: Entry, state: State, clock: Clock) -> Entry:
    error = None
    if state == "outcome_unknown":
        lost = OutcomeUnknown(
            f"the process ended while {entry.id} was being sent.", provider=entry.provider
        )
        error = describe_error(lost)
    times = {**entry.times, state: clock.now()}
    job = None if state == "planned" else entry.job
    return attrs.evolve(entry, state=state, error=error, times=times, job=job)


def _earlier(
    entries: Sequence[Entry], items: Mapping[str, BatchItem], output: OutputFolder | None
) -> Iterator[Outcome]:
    for entry in entries:
        if entry.state in {"saved", "refused", "failed", "outcome_unknown"}:
            folder = None if output is None else output.path
            paths = () if folder is None else tuple(folder / file.path for file in entry.files)
            item = items[entry.id]
            yield Outcome(item=item, state=entry.state, entry=entry, paths=paths, is_earlier=True)


def _enqueue(
    scheduler: Scheduler,
    lanes: Mapping[str, Lane],
    entries: Sequence[Entry],
    items: Mapping[str, BatchItem],
) -> None:
    for entry in entries:
        ticket = Ticket(item=items[entry.id], entry=entry)
        lane = lanes[entry.provider]
        if entry.state in _SENT:
            scheduler.resume(lane, ticket)
        elif entry.state == "planned":
            lane.waiting.append(ticket)
