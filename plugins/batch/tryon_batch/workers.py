"""What a run has done elsewhere: functions for threads, processes or other machines."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs

from tryon_batch.items import BatchItem, EqualWork, SavedFile
from tryon_batch.output import OutputFolder
from tryon_core import (
    Attempt,
    ImageSource,
    Job,
    JobUpdate,
    Notice,
    PathSource,
    Problem,
    Secret,
    SubmitPolicy,
    TryOnRequest,
    TryOnResult,
    engine,
)
from tryon_core.engine import (
    REGISTRY,
    Finding,
    ImageProbe,
    NamedExtension,
    Prepared,
    ProviderSettings,
    Session,
    SystemClock,
    remember_probes,
)

T = TypeVar("T")
# The run itself keeps the rate, and decides when a refused submission is sent again.
_ONCE = SubmitPolicy(attempts=1, is_paced=False)
_OPENED: dict[str, Session] = {}
_OPENING = threading.Lock()
_MOST_PROBES = 1000
_PROBES: dict[Path, tuple[tuple[int, ...] | None, ImageProbe]] = {}
"""What the headers of files say, with the state in which the file was."""


class SessionSource(Protocol):
    """Where work that may run elsewhere gets its session from."""

    def get(self) -> Session:
        """Return the session."""
        ...


@attrs.frozen
class SessionHere:
    """The session of this process, for threads."""

    session: Session

    def get(self) -> Session:
        """Return the session."""
        return self.session


@attrs.frozen(kw_only=True)
class SessionElsewhere:
    """How another process opens the session; each opens it once.

    Attributes:
        provider: id of an installed provider.
        settings: the provider's settings. They are sent to the other process, keys included.
        extensions: those of the client, with their settings.
    """

    provider: str
    settings: ProviderSettings
    extensions: tuple[NamedExtension, ...] = ()

    @classmethod
    def of(cls, session: Session, provider: str) -> "SessionElsewhere":
        """Return how another process opens a session like this one.

        Args:
            session: its extensions that were given as objects are left out.
            provider: as it was asked for.
        """
        named = tuple(one for one in session.extensions if isinstance(one, NamedExtension))
        return cls(provider=provider, settings=session.settings, extensions=named)

    def get(self) -> Session:
        """Return the session of this process, opened when it is needed first."""
        given = {name: _plain(value) for name, value in self.settings.items()}
        extensions = [(one.name, sorted(one.settings.items())) for one in self.extensions]
        key = repr((self.provider, sorted(given.items()), extensions))
        with _OPENING:
            if key not in _OPENED:
                _OPENED[key] = engine.open_session(
                    REGISTRY.load(self.provider),
                    extensions=self.extensions,
                    config={},
                    transport=None,
                    clock=SystemClock(),
                    settings=given,
                )
            return _OPENED[key]


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


Step: TypeAlias = Callable[..., Any]


def perform(source: SessionSource, step: Step, *arguments: Any) -> Any:
    """Do one step with the session of wherever this runs."""
    return step(source.get(), *arguments)


def prepare(
    session: Session,
    item: BatchItem,
    fit: bool,
    person: ImageSource | None = None,
    parser: SessionSource | None = None,
) -> Prepared:
    """Do all that costs nothing. The header of a file that many items share is read once.

    Args:
        session: whose provider.
        item: what to prepare; with a first step also what comes after it is looked at.
        fit: whether images are made to fit.
        person: what the first step of the item made.
        parser: finds what is to be kept, None for the same provider.
    """
    by = None if parser is None else parser.get()
    request = item.step
    if person is not None:
        request = engine.on_first_image(session, request, person)
    paths = [one.path for one in request.images.values() if isinstance(one, PathSource)]
    files = {path: _state_of(path) for path in paths}
    with remember_probes() as probes:
        for path, state in files.items():
            known = _PROBES.get(path)
            if known is not None and known[0] == state:
                probes[path] = known[1]
        if item.then is not None:
            request, _ = engine.prepare_outfit(session, request, item.then, fit=fit)
        prepared = engine.prepare_submission(session, request, fit=fit, parser=by)
        found = {path: (state, probes[path]) for path, state in files.items() if path in probes}
    if len(_PROBES) > _MOST_PROBES:
        _PROBES.clear()
    _PROBES.update(found)
    return prepared


def _state_of(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is written or replaced, None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def keep(
    session: Session,
    prepared: Prepared,
    parser: SessionSource | None,
    *,
    fit: bool,
    retry_unknown: bool,
    payer: str,
) -> Prepared:
    """Find what is to be kept on the photo, which may be paid, and add it."""
    by = None if parser is None else parser.get()
    return engine.keep_worn(
        session, prepared, fit=fit, parser=by, retry_unknown=retry_unknown, payer=payer
    )


def send(session: Session, prepared: Prepared, attempt: Attempt | None) -> Job:
    """Send the paid request, once."""
    return engine.submit_prepared(session, prepared, policy=_ONCE, attempt=attempt)


def look_up(session: Session, attempt: Attempt, known_jobs: frozenset[str]) -> Finding:
    """Ask once for the job of a request whose answer was lost."""
    return engine.look_up(session, attempt, known_jobs=known_jobs)


def poll(session: Session, job: Job) -> JobUpdate:
    """Ask once; an answer that drips must hold up neither the run nor its end."""
    limit_s = session.transport.policy.read_timeout_s
    return engine.poll_job(session, job, deadline_s=session.clock.monotonic() + limit_s)


@attrs.frozen(kw_only=True)
class Fetched:
    """What came of fetching.

    Attributes:
        images: how many images the job gave, those that could not be fetched included.
        usage: what the vendor says was used.
        notices: remarks about them.
        problems: what judges find wrong with them; None when nobody judged them.
        files: where they are, when they were saved.
        result: the images themselves, when they were not.
        is_checked: whether all of them were fetched and are sound images.
    """

    images: int
    usage: Mapping[str, str]
    notices: tuple[Notice, ...] = ()
    problems: tuple[Problem, ...] | None = None
    files: tuple[SavedFile, ...] = ()
    result: TryOnResult | None = None
    is_checked: bool = True


def fetch(  # noqa: PLR0917  (a step is called by position)
    session: Session,
    item: BatchItem,
    job: Job,
    output: OutputFolder | None,
    replaced: tuple[SavedFile, ...] = (),
    person: ImageSource | None = None,
) -> Fetched:
    """Fetch the images of a job that carries its result, save and judge them.

    Args:
        session: whose provider.
        item: what the job is for.
        job: a finished one.
        output: where they are saved, None to hand them over.
        replaced: the files of the item that they replace.
        person: what the first step of the item made; None where this process does not know it.
    """
    if job.result is None:
        raise AssertionError(f"{item.id} is not finished")
    request: TryOnRequest | None = item.step
    if item.after is not None:
        request = None if person is None else attrs.evolve(item.step, person=person)
    found = engine.fetch_result(session, job, job.result, request)
    # What is paid for is safe before anybody looks at it.
    files = () if output is None else output.save(item.id, found, replaced=replaced)
    return Fetched(
        images=len(job.result.images),
        usage=found.usage,
        notices=found.notices,
        problems=found.problems,
        files=files,
        result=found if output is None else None,
        is_checked=found.is_checked and not found.missing,
    )


def reuse(session: Session, item: BatchItem, equal: EqualWork, output: OutputFolder) -> Fetched:
    """Copy the images of equal work."""
    del session
    files = output.copy(item.id, equal.files)
    return Fetched(
        images=len(files), usage={}, notices=equal.notices, problems=equal.problems, files=files
    )
