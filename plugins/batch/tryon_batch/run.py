"""Begin a run, or go on with one that a process left."""

import importlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import attrs

from tryon_batch.decider import decided
from tryon_batch.ids import fault_of_id, key_of, require_known
from tryon_batch.in_air import HONEST
from tryon_batch.index import RunIndex
from tryon_batch.items import (
    SETTLED,
    BatchItem,
    Entry,
    Outcome,
    State,
    was_saved,
)
from tryon_batch.journal import Journal
from tryon_batch.lane import Lane, Ticket, usual_in_air
from tryon_batch.lost_files import LostFiles
from tryon_batch.moves import Moves
from tryon_batch.output import OutputFolder
from tryon_batch.quota import make_gate
from tryon_batch.scheduler import Scheduler
from tryon_batch.settling import settle
from tryon_batch.twins import Twins
from tryon_batch.work import Here, SessionSource
from tryon_core.clock import Clock
from tryon_core.errors import InputError, OutcomeUnknown, describe_error
from tryon_core.polling import PollPolicy
from tryon_core.saving import remove_parts
from tryon_core.session import Session
from tryon_core.settings import BASE_URL

_SENT: frozenset[State] = frozenset({"accepted", "finished"})


def _ids(value: Iterable[str]) -> frozenset[str]:
    """Keep a single id whole: a str is an iterable of letters."""
    return frozenset([value] if isinstance(value, str) else value)


@attrs.frozen(kw_only=True)
class BatchPolicy:
    """How a run goes about its work.

    Attributes:
        fit: make local images fit the provider's limits.
        retry_unknown: send again what may have been paid for: only when you have looked.
        retry_failed: send again what was refused or failed.
        redo: ids of items that are bought again. Their files are replaced when the new ones are
            there, and stay when there are none.
        settle: by id, what somebody found out about items whose outcome was unknown; see `settle`.
        again: buy work although it was done before, here or in an earlier run.
        most_in_air: requests to one provider at once, None for what makes use of its quota.
        stop_after: failures of one kind in a row (credits, key, outage, lost answers) after which
            nothing more is sent to that provider.
        job_timeout_s: seconds for which a job is waited; a later run goes on waiting.
        quota_storage: where the quota is counted: `memory://`, or `redis://...` when several
            machines share an account.
        polling: when to ask for jobs.
        executor_runs_once: vouch for an executor of your own: it does each call at most once,
            whatever becomes of a worker. Those of the standard library need no word.
    """

    fit: bool = False
    retry_unknown: bool = False
    retry_failed: bool = False
    redo: frozenset[str] = attrs.field(default=frozenset(), converter=_ids)
    settle: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    again: bool = False
    most_in_air: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    stop_after: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    job_timeout_s: float = 3600.0
    quota_storage: str = "memory://"
    polling: PollPolicy = attrs.field(factory=PollPolicy)
    executor_runs_once: bool = False


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
    same journal goes on. Items that are not yielded stay planned in the journal.

    Args:
        items: what to do; their ids are unique.
        sessions: the providers that they name, by id.
        journal: where everything is written down.
        output: where pictures go, None to hand them over in memory.
        index: knows the work of other runs, None for this journal only.
        policy: how to go about it.
        executor: does the requests, None for threads of its own. Requests that cost are given only
            to the pools of threads and processes of the standard library, which do each at most
            once, and to those for which `policy.executor_runs_once` vouches. Dask does again what a
            worker did that died: let it work for providers that cost nothing.
        sources: how an executor in other processes gets its sessions, by provider.

    Raises:
        BatchStopped: so many failures of one kind came in a row that going on makes no sense.
        InputError: an item asks for something else than the journal has, has an id that can name
            no file, or names a provider that is not in `sessions`; or the executor may do twice
            what costs.
        OutputError: the journal cannot be written.
    """
    policy = policy or BatchPolicy()
    by_id = _by_id(items, sessions)
    if not by_id:
        return
    if executor is not None and not policy.executor_runs_once:
        _require_once(executor, by_id.values(), sessions)
    # While it is loaded, a library below silences a warning. Done by a thread, that is undone when
    # another one opens a picture meanwhile, and the warning is shown.
    importlib.import_module("tryon_core.transport.engine")
    clock = next(iter(sessions.values())).clock
    journal.plan(by_id.values())
    if output is not None:
        remove_parts(output.path)
    require_known(policy.redo, by_id)
    settle(journal, policy.settle, sessions)
    found = list(journal.entries())
    entries = [entry for entry in found if entry.id in by_id]
    entries = _reopened(
        entries, journal, clock=clock, sessions=sessions, items=by_id, policy=policy
    )
    lost = None if output is None else LostFiles(output, clock=clock, journal=journal)
    if lost is not None:
        entries = lost.reopen(entries)
    others = [entry for entry in found if entry.id not in by_id]
    if policy.retry_unknown:
        others = [entry for entry in others if entry.state == "saved"]
    own = {name for name, session in sessions.items() if session.is_own_service}
    lanes = {
        name: _lane(session, policy, (sources or {}).get(name), found)
        for name, session in sessions.items()
    }
    twins = Twins(
        entries,
        others=others,
        output=output,
        index=index,
        scopes={name: str(sessions[name].settings.get(BASE_URL)) for name in own},
        is_reusing=not policy.again,
    )
    if lost is not None:
        entries = lost.copy_again(entries, twins)
    with ExitStack() as stack:
        ready = stack.enter_context(_executor(executor, lanes.values()))
        scheduler = Scheduler(
            list(lanes.values()),
            executor=ready,
            moves=Moves(
                clock=clock,
                polling=policy.polling,
                job_timeout_s=policy.job_timeout_s,
            ),
            journal=journal,
            clock=clock,
            output=output,
            twins=twins,
            fit=policy.fit,
        )
        yield from _earlier(entries, by_id, output)
        _enqueue(scheduler, lanes, entries, by_id)
        yield from decided(scheduler)


def _by_id(items: Iterable[BatchItem], sessions: Mapping[str, Session]) -> dict[str, BatchItem]:
    found: dict[str, BatchItem] = {}
    names: set[str] = set()
    for item in items:
        fault = fault_of_id(item.id)
        if fault is not None:
            raise InputError(f"the id {item.id[:100]!r} {fault}.", remedy="Give it another id.")
        if key_of(item.id) in names:
            raise InputError(
                f"{item.id!r} is the id of two items.",
                remedy="Give each its own; some file systems do not tell capitals from others.",
            )
        names.add(key_of(item.id))
        if item.provider not in sessions:
            raise InputError(
                f"{item.id!r} is for the provider {item.provider!r}, of which there is no session.",
                remedy=f"Add one to those of {', '.join(sessions) or 'the run'}.",
            )
        found[item.id] = item
    return found


def _require_once(
    executor: Executor, items: Iterable[BatchItem], sessions: Mapping[str, Session]
) -> None:
    """Refuse an executor that may do again what costs money."""
    if isinstance(executor, HONEST):
        return
    for item in items:
        info = sessions[item.provider].info
        if not info.is_free(item.request):
            kind = type(executor)
            raise InputError(
                f"{kind.__module__}.{kind.__qualname__} may do a call twice, as when a worker is "
                f"lost, and {info.name} costs money; nothing was sent.",
                provider=info.id,
                remedy="Use ThreadPoolExecutor or ProcessPoolExecutor, or, if you know that yours "
                "never repeats a call, set BatchPolicy.executor_runs_once.",
            )


@contextmanager
def _executor(given: Executor | None, lanes: Iterable[Lane]) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    own = ThreadPoolExecutor(sum(lane.most_in_air for lane in lanes) or 1, "tryon")
    consumer = threading.get_ident()
    try:
        yield own
    finally:
        # Garbage is collected in any thread, also in one of these, which cannot wait for itself.
        own.shutdown(wait=threading.get_ident() == consumer, cancel_futures=True)


def _lane(
    session: Session,
    policy: BatchPolicy,
    source: SessionSource | None,
    entries: Iterable[Entry],
) -> Lane:
    quota = session.info.capabilities.quota
    now = session.clock.now()
    sent = [
        entry.times["intent"]
        for entry in entries
        if entry.provider == session.info.id and "intent" in entry.times
    ]
    ages_s = [(now - at).total_seconds() for at in sent]
    gate = make_gate(
        quota,
        account=session.account,
        clock=session.clock,
        storage=policy.quota_storage,
        # The vendor still counts what a process sent that ended a moment ago.
        recent_s=[age_s for age_s in ages_s if 0 <= age_s < quota.window_s],
    )
    return Lane(
        info=session.info,
        source=source or Here(session),
        gate=gate,
        most_in_air=policy.most_in_air or usual_in_air(quota),
        stop_after=policy.stop_after,
        settings=session.settings,
    )


def _reopened(
    entries: Sequence[Entry],
    journal: Journal,
    *,
    clock: Clock,
    sessions: Mapping[str, Session],
    items: Mapping[str, BatchItem],
    policy: BatchPolicy,
) -> list[Entry]:
    """Return the entries with those set right that a process left open, or that go once more."""
    changed: list[Entry] = []
    found: list[Entry] = []
    for entry in entries:
        state = entry.state
        if state == "intent":
            state = "outcome_unknown"
        # What costs nothing may be done twice.
        info = sessions[entry.provider].info
        is_harmless = policy.retry_unknown or info.is_free(items[entry.id].request)
        if state == "outcome_unknown" and is_harmless:
            state = "planned"
        if state in {"refused", "failed"} and policy.retry_failed:
            state = "planned"
        if entry.id in policy.redo:
            state = _redone(entry)
        if state != entry.state:
            entry = _with_state(entry, state, clock)  # noqa: PLW2901  (the list is rebuilt)
            changed.append(entry)
        found.append(entry)
    journal.record(changed)
    return found


def _redone(entry: Entry) -> State:
    if entry.state in _SENT and not was_saved(entry):
        raise InputError(
            f"{entry.id!r} is {entry.state}: the vendor works on it, or its images are still to be "
            "fetched.",
            remedy="Go on with the run first, then buy it again.",
        )
    return "planned"


def _with_state(entry: Entry, state: State, clock: Clock) -> Entry:
    error = None
    if state == "outcome_unknown":
        lost = OutcomeUnknown(
            f"the process ended while {entry.id} was being sent.", provider=entry.provider
        )
        error = describe_error(lost)
    times = {**entry.times, state: clock.now()}
    if state == "planned":
        # The journal keeps what the request before may have cost.
        entry = attrs.evolve(entry, job=None, cost=None, notices=())
        times.pop("saved", None)
    return attrs.evolve(entry, state=state, error=error, times=times)


def _earlier(
    entries: Sequence[Entry], items: Mapping[str, BatchItem], output: OutputFolder | None
) -> Iterator[Outcome]:
    for entry in entries:
        if entry.state in SETTLED:
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
        ticket = Ticket(item=items[entry.id], entry=entry, noted=entry)
        lane = lanes[entry.provider]
        if entry.state in _SENT:
            scheduler.resume(lane, ticket)
        elif entry.state == "planned":
            lane.waiting.append(ticket)
