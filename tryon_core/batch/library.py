"""A run as the library offers it: one provider, a folder, and the journal in it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tryon_core.batch.index import RunIndex
from tryon_core.batch.items import BatchItem, Outcome
from tryon_core.batch.journal import JOURNAL_NAME, Journal
from tryon_core.batch.lists import check_lists, write_lists
from tryon_core.batch.output import OutputFolder
from tryon_core.batch.run import BatchPolicy, run_batch
from tryon_core.batch.work import Elsewhere, SessionSource
from tryon_core.errors import InputError, TryOnError
from tryon_core.models import TryOnRequest
from tryon_core.remembered import data_folder
from tryon_core.session import Session

_log = logging.getLogger("tryon.batch")


def run_requests(
    session: Session,
    requests: Iterable[TryOnRequest] | Mapping[str, TryOnRequest],
    *,
    out: Path | str | None,
    policy: BatchPolicy | None,
    executor: Executor | None,
    origin: str | None,
) -> Iterator[Outcome]:
    """Run requests of one provider; arguments and errors as `Client.run_batch`."""
    items = _items(session, requests)
    sources = _sources(session, origin, executor)
    with ExitStack() as stack:
        output = index = path = None
        if out is not None:
            check_lists(Path(out))
        if out is not None:
            output = OutputFolder(Path(out))
            path = output.path / JOURNAL_NAME
            index = RunIndex(data_folder(), clock=session.clock)
            stack.enter_context(closing(index))
        journal = stack.enter_context(Journal(path, clock=session.clock))
        if index is not None and path is not None:
            index.add_run(path)
        if output is not None:
            stack.enter_context(_listing(journal, output.path))
        yield from run_batch(
            items,
            {session.info.id: session},
            journal=journal,
            output=output,
            index=index,
            policy=policy,
            executor=executor,
            sources=sources,
        )


@contextmanager
def _listing(journal: Journal, folder: Path) -> Iterator[None]:
    """Write the lists when the run has ended, however it did."""
    try:
        yield
    except BaseException:
        try:
            write_lists(folder, journal.entries())
        except TryOnError as error:
            _log.warning("The lists are not up to date: %s", error.message)
        raise
    write_lists(folder, journal.entries())


def _items(
    session: Session, requests: Iterable[TryOnRequest] | Mapping[str, TryOnRequest]
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
    return [
        BatchItem(id=name, provider=session.info.id, request=request) for name, request in named
    ]


def _sources(
    session: Session, origin: str | None, executor: Executor | None
) -> Mapping[str, SessionSource]:
    """Return how an executor's other processes open the provider; threads share ours."""
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return {}
    if origin is None:
        raise InputError(
            f"{type(executor).__name__} may work in other processes, where a provider given as an "
            "object, or extensions, cannot be had.",
            remedy="Name an installed provider, without extensions, or use threads.",
        )
    return {session.info.id: Elsewhere(provider=origin, settings=session.settings)}
