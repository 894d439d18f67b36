"""A run as the client offers it: one provider, a folder, and the journal in it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import attrs

from tryon_batch.ids import is_first_step, row_id_problem
from tryon_batch.items import BatchItem, BatchPolicy, Entry, Outcome
from tryon_batch.outfits import with_first_step
from tryon_batch.run import open_run
from tryon_batch.workers import SessionElsewhere, SessionSource
from tryon_core import Job, TryOnRequest
from tryon_core.engine import JobStore, NamedExtension, Session
from tryon_core.errors import InputError

_log = logging.getLogger("tryon.batch")


def run_requests(
    session: Session,
    requests: Iterable[TryOnRequest] | Mapping[str, TryOnRequest],
    *,
    out: Path | str | None,
    policy: BatchPolicy | None,
    executor: Executor | None,
    origin: str | None,
    jobs: JobStore,
    parser: Session | None = None,
    parser_origin: str | None = None,
) -> Iterator[Outcome]:
    """Run requests of one provider; arguments and errors as `Client.run_batch`."""
    parser = parser or session
    items = _items(session, requests, parser, is_chained=policy is not None and policy.chain)
    sessions = {parser.info.id: parser, session.info.id: session}
    origins = {parser.info.id: parser_origin, session.info.id: origin}
    sources = {
        name: _elsewhere(one, origins[name], executor)
        for name, one in sessions.items()
        if executor is not None and not isinstance(executor, ThreadPoolExecutor)
    }
    remembered = _Remembered(items, session, jobs) if out is None and jobs.remember else None
    with (
        open_run(None if out is None else Path(out), clock=session.clock) as run,
        run.listing(),
        closing(
            run.work(
                items,
                sessions,
                policy=policy,
                executor=executor,
                sources=sources,
                on_event=remembered,
            )
        ) as outcomes,
    ):
        for outcome in outcomes:
            if is_first_step(outcome.item.id):
                continue  # its row says what became of both
            if remembered is None or outcome.result is None:
                yield outcome
            else:
                result = attrs.evolve(outcome.result, on_saved=jobs.saved)
                yield attrs.evolve(outcome, result=result)


class _Remembered:
    """Remembers the jobs of a run without a folder as those that were submitted singly.

    Args:
        items: of the run.
        session: of their provider.
        jobs: remembers them.
    """

    def __init__(self, items: Iterable[BatchItem], session: Session, jobs: JobStore) -> None:
        self._free = {item.id for item in items if session.info.is_free(item.request)}
        self._jobs = jobs
        self._begun: dict[str, str] = {}
        self._noted: set[str] = set()

    def __call__(self, entry: Entry) -> None:
        """Remember an item as it is now; a submission is on disk before it is sent."""
        if entry.state == "intent":
            if entry.id in self._begun:  # its answer was lost
                self._lost(entry, self._begun[entry.id])
            elif entry.id not in self._free and entry.attempt is not None:
                self._begun[entry.id] = self._jobs.begin(entry.attempt)
        elif entry.job is not None:
            self._note(entry, entry.job)
        elif entry.id in self._begun:
            self._end(entry, self._begun.pop(entry.id))

    def _note(self, entry: Entry, job: Job) -> None:
        if job.id not in self._noted:
            self._noted.add(job.id)
            self._jobs.accepted(job, replaces=self._begun.pop(entry.id, None))
        if entry.state == "saved":
            self._jobs.note(job, "fetched")
        elif entry.state == "failed":
            self._jobs.note(job, "failed", message=str((entry.error or {}).get("message", "")))

    def _end(self, entry: Entry, name: str) -> None:
        error = entry.error or {}
        if entry.state == "planned" or error.get("billed") == "no":
            self._jobs.forget(name)
        else:
            self._lost(entry, name)

    def _lost(self, entry: Entry, name: str) -> None:
        message = str((entry.error or {}).get("message", ""))
        self._jobs.lost(name, message, entry.attempt)


def _items(
    session: Session,
    requests: Iterable[TryOnRequest] | Mapping[str, TryOnRequest],
    parser: Session,
    *,
    is_chained: bool,
) -> list[BatchItem]:
    if isinstance(requests, Mapping):
        named = list(requests.items())
    else:
        named = [(f"{number:05}", request) for number, request in enumerate(requests, 1)]
    for name, request in named:
        if not isinstance(request, TryOnRequest):
            raise InputError(
                f"{name}: expected what the client's request() gave, got {type(request).__name__}.",
                remedy="Give names as those of a mapping, such as dict(pairs).",
            )
        problem = row_id_problem(name)
        if problem is not None:
            raise InputError(f"the id {name[:100]!r} {problem}.", remedy="Give it another id.")
    provider, by = session.info.id, "" if parser is session else parser.info.id
    rows = [
        BatchItem(id=name, provider=provider, request=request, parser=by) for name, request in named
    ]
    if not is_chained:
        return rows
    return [item for row in rows for item in with_first_step(row, session.info)]


def _elsewhere(session: Session, origin: str | None, executor: Executor | None) -> SessionSource:
    """Return how an executor's other processes open a provider."""
    is_named = all(isinstance(one, NamedExtension) for one in session.extensions)
    if origin is None or not is_named:
        raise InputError(
            f"{type(executor).__name__} may work in other processes, where a provider or an "
            "extension that was given as an object cannot be had.",
            remedy="Name installed ones, or use threads.",
        )
    return SessionElsewhere.of(session, origin)
