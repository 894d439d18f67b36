"""Begin a run, or go on with one that a process left."""

import importlib
import logging
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

import attrs

from tryon_batch.history import RunHistory
from tryon_batch.ids import id_problem, key_of
from tryon_batch.items import (
    SENT,
    SETTLED,
    BatchItem,
    BatchPolicy,
    Entry,
    OnEvent,
    Outcome,
)
from tryon_batch.journal import JOURNAL_NAME, Journal, Record
from tryon_batch.listeners import Listeners
from tryon_batch.output import DELIMITER, OutputFolder, check_lists, write_lists
from tryon_batch.provider_queue import ProviderQueue, Ticket, usual_in_flight
from tryon_batch.quota import make_gate
from tryon_batch.resuming import known_jobs, resume
from tryon_batch.scheduler import RUNS_ONCE, InFlight, Scheduler
from tryon_batch.transitions import Transitions
from tryon_batch.workers import SessionHere, SessionSource
from tryon_core import Clock
from tryon_core.engine import RUN_LOGGER, Session, data_folder
from tryon_core.errors import InputError, TryOnError

_log = logging.getLogger("tryon.batch")


@attrs.frozen(kw_only=True, eq=False)
class OpenRun:
    """A run that this process alone may write.

    Attributes:
        folder: where its images, its journal and its lists are; None for one in memory.
        journal: what is known of its items.
        clock: source of time.
        listeners: what other distributions do meanwhile; tell them when the lists are written.
    """

    folder: Path | None
    journal: Journal
    clock: Clock
    listeners: Listeners

    def work(
        self,
        items: Iterable[BatchItem],
        sessions: Mapping[str, Session],
        *,
        policy: BatchPolicy | None = None,
        executor: Executor | None = None,
        sources: Mapping[str, SessionSource] | None = None,
        on_event: OnEvent | None = None,
    ) -> Generator[Outcome, None, None]:
        """Work on items as `run_batch` does, with its arguments, in the folder of this run.

        The work of other runs of this user is known, unless their list cannot be read.
        """

        def written(entry: Entry) -> None:
            self.listeners.written(entry)
            if on_event is not None:
                on_event(entry)

        with self._history() as history:
            yield from run_batch(
                items,
                sessions,
                journal=self.journal,
                output=None if self.folder is None else OutputFolder(self.folder),
                history=history,
                policy=policy,
                executor=executor,
                sources=sources,
                on_event=written,
            )

    def write_lists(self, *, ending: BaseException | None = None) -> tuple[Path, Path] | None:
        """Write what the journal has as lists beside the images; return their paths.

        Args:
            ending: what ended the run, which then counts more than a list that is not written:
                that is only logged.

        Raises:
            OutputError: one cannot be written, or would replace a file that is no list.
        """
        if self.folder is None:
            return None
        try:
            delimiter = self.journal.meta.get(DELIMITER, ",")
            return write_lists(self.folder, self.journal.entries(), delimiter=delimiter)
        except TryOnError as error:
            if ending is None:
                raise
            logging.getLogger(RUN_LOGGER).warning("The lists are not up to date: %s", error.message)
            return None

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Write the lists when the block has ended, however it did, and tell who listens.

        Raises:
            OutputError: as `write_lists`.
        """
        try:
            yield
        except BaseException as error:
            self.write_lists(ending=error)
            self.listeners.ended()
            raise
        self.write_lists()
        self.listeners.ended()

    @contextmanager
    def _history(self) -> Iterator[RunHistory | None]:
        if self.folder is None:
            yield None
            return
        try:
            history = RunHistory(data_folder(), clock=self.clock)
            history.add_run(self.folder / JOURNAL_NAME)
        except TryOnError as error:
            _log.warning("%s Work of other runs is not found.", error.message)
            yield None
            return
        with closing(history):
            yield history


@contextmanager
def open_run(folder: Path | None, *, clock: Clock) -> Iterator[OpenRun]:
    """Open the run of a folder for this process alone, or begin one there.

    Args:
        folder: made when it is missing; None for a run in memory.
        clock: source of time.

    Raises:
        JournalBusy: another process works on it.
        InputError: its journal is damaged, or of another version.
        OutputError: it cannot be written, or holds a file of the name of a list that is none.
    """
    path = None
    if folder is not None:
        check_lists(folder)
        path = OutputFolder(folder).path / JOURNAL_NAME
    with Journal(path, clock=clock) as journal:
        yield OpenRun(folder=folder, journal=journal, clock=clock, listeners=Listeners(folder))


def run_batch(
    items: Iterable[BatchItem],
    sessions: Mapping[str, Session],
    *,
    journal: Journal,
    output: OutputFolder | None = None,
    history: RunHistory | None = None,
    policy: BatchPolicy | None = None,
    executor: Executor | None = None,
    sources: Mapping[str, SessionSource] | None = None,
    on_event: OnEvent | None = None,
) -> Iterator[Outcome]:
    """Work on many items, and yield what became of each as soon as that is on disk.

    Items that the journal has as settled are yielded first, and nothing is sent for them. Ending
    the iteration early, by whatever means, waits for what is being sent, and a later run with the
    same journal goes on. Items that are not yielded stay planned in the journal.

    Args:
        items: what to do; their ids are unique.
        sessions: the providers that they name, by id.
        journal: where everything is written down.
        output: where images go, None to hand them over in memory.
        history: knows the work of other runs, None for this journal only.
        policy: how to go about it.
        executor: does the requests, None for threads of its own. Requests that cost are given only
            to the pools of threads and processes of the standard library, which do each at most
            once, and to those for which `policy.executor_runs_once` vouches. Dask does again what a
            worker did that died: let it work for providers that cost nothing.
        sources: how an executor in other processes gets its sessions, by provider.
        on_event: called with each item that was written down, from another thread.

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
    _load_network()
    journal.plan(by_id.values())
    record = _recorder(journal, sessions, on_event)
    clock = next(iter(sessions.values())).clock
    known = resume(
        by_id,
        sessions,
        journal=journal,
        record=record,
        output=output,
        history=history,
        policy=policy,
    )
    here = {name: SessionHere(session) for name, session in sessions.items()}
    places: Mapping[str, SessionSource] = {**here, **(sources or {})}
    buying = {item.provider: sessions[item.provider] for item in by_id.values()}
    owner = journal.meta.get("run")
    queues = _queues(buying, places, known.all_entries, policy, owner=owner)
    with _executor(executor, queues.values()) as ready:
        scheduler = Scheduler(
            list(queues.values()),
            in_flight=InFlight(
                ready,
                output=output,
                fit=policy.fit,
                run=owner or "",
                retry_unknown=policy.retry_unknown,
                sources=places,
            ),
            transitions=Transitions(
                clock=clock,
                polling=policy.polling,
                job_timeout_s=policy.job_timeout_s,
                duplicates=known.duplicates,
                output=output,
                infos={name: session.info for name, session in sessions.items()},
                sends_here=isinstance(ready, ThreadPoolExecutor),
            ),
            journal=journal,
            record=record,
            folder=Path() if output is None else output.path,
            clock=clock,
        )
        yield from _earlier(known.entries, by_id, output)
        firsts = {entry.id: entry for entry in (*known.all_entries, *known.entries)}
        _enqueue(scheduler, queues, known.entries, by_id, firsts=firsts)
        del known, firsts  # each item is known by its ticket now, and let go when it is done
        yield from run_in_thread(scheduler)


def _load_network() -> None:
    # While it is loaded, a library below silences a warning. Done by a thread, that is undone when
    # another one opens an image meanwhile, and the warning is shown.
    importlib.import_module("requests")


def _recorder(
    journal: Journal, sessions: Mapping[str, Session], on_event: OnEvent | None
) -> Record:
    """Return what writes items and tells of each that was written."""

    def record(entries: Sequence[Entry]) -> None:
        journal.record(entries)
        for entry in entries:
            if entry.job is not None and entry.state == "saved" and entry.files:
                sessions[entry.provider].answers.forget(entry.job)
            if on_event is not None:
                on_event(entry)

    return record


def _by_id(items: Iterable[BatchItem], sessions: Mapping[str, Session]) -> dict[str, BatchItem]:
    found: dict[str, BatchItem] = {}
    names: set[str] = set()
    for item in items:
        problem = id_problem(item.id)
        if problem is not None:
            raise InputError(f"the id {item.id[:100]!r} {problem}.", remedy="Give it another id.")
        if key_of(item.id) in names:
            raise InputError(
                f"{item.id!r} is the id of two items.",
                remedy="Give each its own; some file systems do not tell capitals from others.",
            )
        names.add(key_of(item.id))
        for provider in filter(None, (item.provider, item.parser)):
            if provider not in sessions:
                raise InputError(
                    f"{item.id!r} is for the provider {provider!r}, of which there is no session.",
                    remedy=f"Add one to those of {', '.join(sessions) or 'the run'}.",
                )
        found[item.id] = item
    return found


def _require_once(
    executor: Executor, items: Iterable[BatchItem], sessions: Mapping[str, Session]
) -> None:
    """Refuse an executor that may do again what costs money."""
    if isinstance(executor, RUNS_ONCE):
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
def _executor(given: Executor | None, queues: Iterable[ProviderQueue]) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    own = ThreadPoolExecutor(sum(queue.max_in_flight for queue in queues) or 1, "tryon")
    consumer = threading.get_ident()
    try:
        yield own
    finally:
        # Garbage is collected in any thread, also in one of these, which cannot wait for itself.
        own.shutdown(wait=threading.get_ident() == consumer, cancel_futures=True)


def _queues(
    sessions: Mapping[str, Session],
    sources: Mapping[str, SessionSource],
    entries: Iterable[Entry],
    policy: BatchPolicy,
    *,
    owner: str | None,
) -> dict[str, ProviderQueue]:
    return {
        name: _queue(session, policy, sources[name], entries, owner=owner)
        for name, session in sessions.items()
    }


def _queue(
    session: Session,
    policy: BatchPolicy,
    source: SessionSource,
    entries: Iterable[Entry],
    *,
    owner: str | None,
) -> ProviderQueue:
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
        owner=owner,
        typical_job_s=session.info.capabilities.typical_job_s,
        # The vendor still counts what a process sent that ended a moment ago.
        recent_s=[age_s for age_s in ages_s if 0 <= age_s < quota.window_s],
    )
    return ProviderQueue(
        info=session.info,
        source=source,
        gate=gate,
        max_in_flight=policy.max_in_flight or usual_in_flight(quota),
        stop_after=policy.stop_after,
        settings=session.settings,
        known_jobs=known_jobs(session, entries) if session.info.look_up else set(),
    )


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
    queues: Mapping[str, ProviderQueue],
    entries: Sequence[Entry],
    items: Mapping[str, BatchItem],
    *,
    firsts: Mapping[str, Entry],
) -> None:
    for entry in entries:
        ticket = Ticket(item=items[entry.id], entry=entry, noted=entry)
        queue = queues[entry.provider]
        if entry.state in SENT or entry.state == "intent":
            scheduler.resume(queue, ticket)
        elif entry.state == "planned" and entry.after is not None:
            scheduler.wait(queue, ticket, firsts[entry.after])
        elif entry.state == "planned":
            queue.to_prepare.append(ticket)


_Handed: TypeAlias = "Outcome | BaseException | None"
# On Windows a wait without an end cannot be interrupted.
_TICK_S = 0.5


def run_in_thread(scheduler: Scheduler) -> Iterator[Outcome]:
    """Yield what became of each item while another thread decides what is done next.

    Python raises KeyboardInterrupt in the main thread, between any two of its steps. So the
    iteration may be interrupted at any point without a loss: its end, however it comes, stops the
    scheduler and waits until what is being paid for is written down. It does not wait when it ends
    in another thread than the one that iterates.

    Raises:
        BatchStopped: so many failures of one kind came in a row that going on makes no sense.
        OutputError: the journal cannot be written.
    """
    handed: SimpleQueue[_Handed] = SimpleQueue()
    ended = threading.Event()
    arguments = scheduler, handed, ended
    thread = threading.Thread(target=_run, args=arguments, name="tryon-run")
    guard = threading.Thread(
        target=_end_with_program, args=arguments, name="tryon-guard", daemon=True
    )
    consumer = threading.get_ident()
    try:
        # Whatever interrupts this, the thread may have begun.
        thread.start()
        guard.start()
        while (found := _next(handed)) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
            consumer = threading.get_ident()
            scheduler.taken(found)
    finally:
        scheduler.stop()
        # Garbage is collected in any thread, also in one that the run itself is waiting for.
        if threading.get_ident() == consumer:
            _wait_twice(thread, ended)
            # A program that forks afterwards needs a process without other threads.
            if guard.is_alive():
                guard.join()


def _wait_twice(thread: threading.Thread, ended: threading.Event) -> None:
    try:
        _wait_for(thread, ended)
    except BaseException:
        # Pressed once more while an answer is waited for: only a third time leaves it.
        _wait_for(thread, ended)
        raise


def _wait_for(thread: threading.Thread, ended: threading.Event) -> None:
    # A thread that has not begun finds the scheduler stopped, and does nothing.
    if thread.is_alive():
        # A signal that comes just before a wait begins is answered when it ends: none may be long.
        while not ended.wait(_TICK_S):
            pass
        # A `join` that is interrupted takes the thread for ended, up to Python 3.12.
        thread.join()


def _run(scheduler: Scheduler, handed: "SimpleQueue[_Handed]", ended: threading.Event) -> None:
    try:
        scheduler.run(handed.put)
    except BaseException as error:  # noqa: BLE001  (raised where somebody sees it)
        handed.put(error)
    else:
        handed.put(None)
    finally:
        ended.set()


def _end_with_program(
    scheduler: Scheduler, handed: "SimpleQueue[_Handed]", ended: threading.Event
) -> None:
    """Stop when the program has ended without closing the iteration, which is kept alive by us."""
    while not ended.wait(_TICK_S):
        if not threading.main_thread().is_alive():
            handed.put(RuntimeError("the program has ended, and so has the run."))
            scheduler.stop()
            return


def _next(handed: "SimpleQueue[_Handed]") -> _Handed:
    while True:
        try:
            return handed.get(timeout=_TICK_S)
        except Empty:
            continue
