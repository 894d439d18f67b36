"""Jobs that were submitted one by one, kept on disk: a process that dies loses none of them."""

import contextlib
import functools
import hashlib
import json
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.clock import Clock, SystemClock
from tryon_core.errors import InputError, TryOnError
from tryon_core.models import Attempt, Job, PathSource
from tryon_core.saving import output_error, sync_folder, write_new
from tryon_core.text import as_flag

FOLDER_ENV = "TRYON_DATA_DIR"
REMEMBER_ENV = "TRYON_REMEMBER_JOBS"
RememberedState: TypeAlias = Literal[
    "unknown", "accepted", "fetched", "saved", "failed", "cancelled", "expired"
]
"""What was last known of a job. `unknown`: a submission began, and its answer never came here."""

ANSWERS_FOLDER = "answers"
ANSWER_NAME = re.compile(r"(?P<until>[0-9]{1,12})-[0-9a-f]{32}\.image")
"""Folder and file names of `kept_answers`."""
_FORMAT = "tryon job 1"
_TOKEN = re.compile(r"\s*tryon\d+\.")
_SUFFIX = ".json"
_FILE = re.compile(rf"j[0-9a-z]{{8}}\{_SUFFIX}")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
# Kept for as long after the vendor has forgotten the job; the second where it does not say when.
_KEPT, _KEPT_WITHOUT_EXPIRY = timedelta(days=7), timedelta(days=30)
# So long an equal call goes on with a job.
_SAME_WORK = timedelta(days=1)
# Of jobs that are settled, so many are kept at most.
_MOST_SETTLED = 500
_TIDY_EVERY = 50
_LOGGER = logging.getLogger("tryon.jobs")


@attrs.frozen(kw_only=True)
class RememberedJob:
    """One job that this user submitted on this machine, as far as it is known.

    Attributes:
        id: its short id here, which stays the same; it begins with `j`.
        provider: id of the provider.
        state: what was last known: `unknown` (a submission began and its answer never came here),
            `accepted`, `fetched`, `saved`, `failed`, `cancelled`, or `expired` by the time that the
            vendor named.
        begun_at: when it was submitted (UTC).
        job: the job, None when its id is not known.
        attempt: what was noted of its request, None in notes of earlier versions.
        paths: the files that its images were written to.
        message: why it failed, or why its outcome is not known.
        then: what is put on its image, which is that of the first step of an outfit: the place of
            the garment, by category; empty where there is nothing.
    """

    id: str
    provider: str
    state: RememberedState
    begun_at: datetime
    job: Job | None = None
    attempt: Attempt | None = None
    paths: tuple[Path, ...] = ()
    message: str = ""
    then: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    @property
    def expires_at(self) -> datetime | None:
        """When the vendor forgets it (UTC), None when that is not known."""
        return None if self.job is None else self.job.expires_at


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what tryon must remember of this user.

    `TRYON_DATA_DIR` names another one. Without the library platformdirs (extras `cli` and `batch`)
    it is found here, at the same place.
    """
    if environ.get(FOLDER_ENV):
        return Path(environ[FOLDER_ENV])
    try:
        from platformdirs import user_data_path  # noqa: PLC0415  (optional)
    except ImportError:
        return _data_folder(sys.platform, environ)
    return user_data_path("tryon", appauthor=False)


def _data_folder(platform: str, environ: Mapping[str, str]) -> Path:
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "tryon"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tryon"
    shared = environ.get("XDG_DATA_HOME", "").strip()
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "tryon"


class JobStore:
    """One small private file for each job; several processes may use it at once.

    A file is a line of JSON, and a further one for each change.

    What cannot be written is said once, through the log, and stops nothing: the work is paid for.

    Args:
        folder: where the files are; None for a user without a home.
        clock: source of time.
        remember: whether new jobs are kept, too.

    Attributes:
        remember: whether new jobs are kept, too.
    """

    def __init__(self, folder: Path | None, *, clock: Clock, remember: bool = True) -> None:
        self._folder = folder
        self._clock = clock
        self.remember = remember
        self._begun = 0
        self._has_logged = False

    @classmethod
    def of_user(cls, *, clock: Clock | None = None, remember: bool | None = None) -> "JobStore":
        """Return the store in the user's data folder.

        Args:
            clock: source of time, None for that of this machine.
            remember: whether new jobs are kept; None leaves it to `TRYON_REMEMBER_JOBS`.
        """
        clock = clock or SystemClock()
        if remember is None:
            remember = as_flag(os.environ.get(REMEMBER_ENV, "")) is not False
        try:
            folder = data_folder() / "jobs"
        except (OSError, RuntimeError):
            folder = None
        return cls(folder, clock=clock, remember=remember)

    @contextmanager
    def sending(self, attempt: Attempt, *, is_free: bool) -> Iterator[Callable[[Job], None]]:
        """Note a submission on disk before the `with` block sends it, and what came of it.

        Gives a function for the accepted job, which notes it.

        Args:
            attempt: the request.
            is_free: nothing can be lost by a request whose answer never comes.
        """
        if not self.remember:
            yield _pass_over
            return
        name = None if is_free else self.begin(attempt)
        try:
            yield functools.partial(self._accept, replaces=name)
        except BaseException as error:
            job = getattr(error, "job", None)
            if isinstance(job, Job):
                self.accepted(job, replaces=name)
            elif name is not None and getattr(error, "billed", None) == "no":
                self.forget(name)
            elif name is not None and isinstance(error, Exception):
                self.lost(name, str(error), getattr(error, "attempt", None))
            raise

    def _accept(self, job: Job, *, replaces: str | None) -> None:
        try:
            self.accepted(job, replaces=replaces)
        except BaseException as error:  # an interrupt must not take the job along
            error.job = job  # type: ignore[attr-defined]
            raise

    def begin(self, attempt: Attempt) -> str:
        """Note that a submission is under way; return under which id, which needs `forget()`."""
        name = name_of_attempt(attempt)
        self._tidy()
        begun = {"state": "unknown", "begun_at": attempt.sent_at.isoformat()}
        noted = {"provider": attempt.provider, "attempt": attempt.to_plain()}
        self._create(name, {"format": _FORMAT, **begun, **noted})
        return name

    def lost(self, name: str, message: str, attempt: Attempt | None = None) -> None:
        """Note why it is not known what became of a submission that was begun.

        Args:
            name: what `begin()` gave.
            message: why.
            attempt: the request, when its end is known.
        """
        ended = {} if attempt is None else {"attempt": attempt.to_plain()}
        self._append(name, {"message": message, **ended})

    def accepted(self, job: Job, *, replaces: str | None = None) -> None:
        """Note an accepted job.

        Args:
            job: the job.
            replaces: id of what was noted before it was sent.
        """
        name = _name_of(job)
        with self._warning_of_errors(name):
            facts = {
                "state": "accepted",
                "begun_at": job.submitted_at.isoformat(),
                "token": job.to_token(),
                "message": "",
            }
            if replaces is not None:
                replaces = self._name_now(replaces)
            if replaces is not None and self._append(replaces, facts, is_synced=True):
                self._rename(replaces, name)
            elif not self._append(name, facts, is_synced=True) and self.remember:
                self._create(name, {"format": _FORMAT, "provider": job.provider, **facts})

    def note(
        self,
        job: Job,
        state: RememberedState,
        *,
        paths: Sequence[Path] = (),
        message: str = "",
    ) -> None:
        """Note what became of a job that is remembered; another one is passed over.

        This is not synced: after a power failure the job is still known, as accepted.
        """
        absolute = [str(path.absolute()) for path in paths]
        self._append(_name_of(job), {"state": state, "paths": absolute, "message": message})

    def saved(self, job: Job, paths: Sequence[Path]) -> None:
        """Note where the images of a job are."""
        self.note(job, "saved", paths=paths)

    def followed(self, job: Job, then: Mapping[str, str]) -> None:
        """Note what is put on the image of a remembered job, as `RememberedJob.then`."""
        self._append(_name_of(job), {"then": dict(then)})

    def of_work(
        self,
        fingerprint: str,
        states: Collection[RememberedState],
        *,
        account: str,
        base_url: str | None,
    ) -> RememberedJob | None:
        """Return the latest submission of this work within a day that stands so, None without one.

        Args:
            fingerprint: identifies the work.
            states: how it may stand.
            account: who sent it, as in `Job.account`.
            base_url: where to, as in `Job.base_url`.
        """
        wanted = fingerprint, account, base_url
        since = self._clock.now() - _SAME_WORK
        for known in self.jobs():
            of: Job | Attempt | None = known.job or known.attempt
            is_same = of and (of.fingerprint, of.account, of.base_url) == wanted
            if is_same and known.begun_at > since and known.state in states:
                return known
        return None

    def of_job(self, job: Job) -> RememberedJob | None:
        """Return what is remembered of a job, None when it is not remembered."""
        return self._read(_name_of(job))

    def jobs(self) -> list[RememberedJob]:
        """Return what is remembered, the latest first."""
        read = [found for name in self._names() if (found := self._read(name))]
        return sorted(map(self._named, read), key=lambda found: found.begun_at, reverse=True)

    def _named(self, known: RememberedJob) -> RememberedJob:
        """Finish what a process left that was killed between noting a job and naming its file."""
        name = known.id if known.job is None else _name_of(known.job)
        if name != known.id:
            self._rename(known.id, name)
        return attrs.evolve(known, id=name)

    def _name_now(self, name: str) -> str:
        """Return the id under which a request is noted: another process may have found its job."""
        if self._path(name).exists():
            return name
        known = [(one.id, one.attempt) for one in self.jobs()]
        return next((now for now, of in known if of and name_of_attempt(of) == name), name)

    def find(self, name: str) -> RememberedJob | None:
        """Return the job of a short id or of its beginning; None when there is none.

        Raises:
            InputError: several ids begin like that.
        """
        found = [known for known in self._names() if name and known.startswith(name)]
        if len(found) > 1:
            raise InputError(
                f"{name!r} is the beginning of {len(found)} ids of jobs.",
                remedy=f"Give more of it: {', '.join(sorted(found)[:5])}.",
            )
        return self._read(found[0]) if found else None

    def last(self) -> RememberedJob | None:
        """Return what was submitted last; its outcome may be unknown."""
        return next(iter(self.jobs()), None)

    def forget(self, name: str) -> None:
        """Remove what is remembered under an id; its job goes on at the vendor."""
        if self._folder is not None:
            self._remove(self._path(name))

    def _tidy(self) -> None:
        """Now and then, remove what is old, and what was settled long ago when there is much."""
        self._begun += 1
        if self._folder is None or self._begun % _TIDY_EVERY != 1:
            return
        now = self._clock.now()
        changed = sorted(((self._changed_at(name), name) for name in self._names()), reverse=True)
        for number, (at, name) in enumerate(changed):
            if number < _MOST_SETTLED and now.timestamp() - at < _KEPT.total_seconds():
                continue
            known = self._read(name)
            is_settled = known is not None and known.state not in {"unknown", "accepted"}
            if known and (_is_old(known, now) or (is_settled and number >= _MOST_SETTLED)):
                self.forget(name)

    def _changed_at(self, name: str) -> float:
        try:
            return self._path(name).stat().st_mtime
        except OSError:
            return math.inf  # another process has just removed it

    def _names(self) -> list[str]:
        if self._folder is None:
            return []
        try:
            files = os.listdir(self._folder)  # noqa: PTH208  (names are enough, and far cheaper)
        except OSError:
            return []
        return [file.removesuffix(_SUFFIX) for file in files if _FILE.fullmatch(file)]

    def _path(self, name: str) -> Path:
        return (self._folder or Path()) / f"{name}{_SUFFIX}"

    def _read(self, name: str) -> RememberedJob | None:
        if self._folder is None:
            return None
        try:
            known = _known(name, _facts(self._path(name).read_bytes()))
        # What is damaged is worth nothing; a program of a later version reads its own files.
        except (OSError, ValueError, TypeError, KeyError, AttributeError, TryOnError):
            return None
        is_late = known.expires_at is not None and known.expires_at < self._clock.now()
        return attrs.evolve(known, state="expired") if is_late and _may_come(known) else known

    def _create(self, name: str, facts: Mapping[str, Any]) -> None:
        if self._folder is None:
            self._warn_once("this user has no home folder.")
            return
        with self._warning_of_errors(name):
            line = _line(facts)
            path = self._path(name)
            try:
                write_new(path, line, mode=0o600)
            except FileNotFoundError:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_new(path, line, mode=0o600)
            sync_folder(self._folder)

    def _append(self, name: str, facts: Mapping[str, Any], *, is_synced: bool = False) -> bool:
        """Add what is new to a file; return whether there is one."""
        if self._folder is None:
            return False
        with self._warning_of_errors(name):
            line = _line(facts)
            try:
                flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
                number = os.open(self._path(name), flags)
            except FileNotFoundError:
                return False
            with os.fdopen(number, "r+b", buffering=0) as file:
                known = file.read()
                if not known.endswith(line):
                    # After a line that a full disk cut off, a new one begins.
                    file.write(line if known.endswith(b"\n") else b"\n" + line)
                if is_synced:
                    os.fsync(number)
        return True

    def _rename(self, old: str, new: str) -> None:
        # Not synced: `_named` does it again where a power failure undoes it.
        with self._warning_of_errors(new), contextlib.suppress(FileNotFoundError):
            self._path(old).replace(self._path(new))

    @contextmanager
    def _warning_of_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        # Whatever this is, it is no reason to lose work that is paid for.
        except Exception as error:  # noqa: BLE001
            reason = output_error(self._path(name), error) if isinstance(error, OSError) else error
            self._warn_once(reason.message if isinstance(reason, TryOnError) else f"{reason}.")

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._warn_once(f"cannot remove {str(path)!r}: {error.strerror}.")

    def _warn_once(self, why: str) -> None:
        if not self._has_logged:
            self._has_logged = True
            _LOGGER.warning(
                "jobs are not remembered on this machine: %s Keep their tokens, or name another "
                "folder in %s.",
                why,
                FOLDER_ENV,
            )


def remembered_jobs() -> tuple[RememberedJob, ...]:
    """Return the jobs that this user submitted one by one on this machine, the latest first.

    The rows of a run are in its journal instead.
    """
    return tuple(JobStore.of_user().jobs())


def job_of(given: "Job | str", store: JobStore) -> Job | RememberedJob:
    """Return the job that somebody names; of one whose id is not known, what is remembered.

    Raises:
        InputError: it names no job, or several.
    """
    if isinstance(given, Job):
        return given
    if not isinstance(given, str):
        raise InputError(
            f"a job, its token or its short id is expected, not {type(given).__name__}.",
            remedy="Give what submit() returned.",
        )
    if _TOKEN.match(given):
        return _without_foreign_files(Job.from_token(given))
    known = store.find(given.strip())
    if known is None:
        raise InputError(
            f"token: {given[:20]!r} is neither the token of a job nor the short id of one that is "
            "remembered here.",
            remedy="Copy the whole token, from 'tryon1.' on; remembered_jobs() lists the ids.",
        )
    return known.job or known


def _without_foreign_files(job: Job) -> Job:
    """Return a job that leads to no file but a kept answer: a token may be by anybody.

    Such a job is polled, as if its token had no images. Nobody guesses the name of a kept answer.
    """
    sources = [image.source for image in job.result.images] if job.result else []
    paths = [source.path for source in sources if isinstance(source, PathSource)]
    are_kept = all(
        path.parent.name == ANSWERS_FOLDER and ANSWER_NAME.fullmatch(path.name) for path in paths
    )
    return job if are_kept else attrs.evolve(job, result=None)


def _is_old(known: RememberedJob, now: datetime) -> bool:
    if known.expires_at is not None:
        return now > known.expires_at + _KEPT
    return now > known.begun_at + _KEPT_WITHOUT_EXPIRY


def _may_come(known: RememberedJob) -> bool:
    return known.state in {"accepted", "fetched"}


def name_of_attempt(attempt: Attempt) -> str:
    """Return the short id under which a request is noted until its job is known."""
    return _short_id(attempt.key)


def _name_of(job: Job) -> str:
    return _short_id(f"{job.provider}\n{job.id}\n{job.submitted_at.isoformat()}")


def _short_id(text: str) -> str:
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return f"j{''.join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:8])}"


def _pass_over(job: Job) -> None:
    """Do nothing: no job is noted."""


def _line(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts).encode() + b"\n"


def _facts(data: bytes) -> dict[str, Any]:
    """Return what the lines of a file say together; a later one overrides those before it."""
    first, *later = data.splitlines()
    facts: dict[str, Any] = json.loads(first)
    for line in later:
        with contextlib.suppress(ValueError):  # cut off by a full disk
            change = json.loads(line)
            # What is saved stays so when it is fetched again.
            if (facts["state"], change.get("state")) != ("saved", "fetched"):
                facts.update(change)
    return facts


def _known(name: str, facts: Mapping[str, Any]) -> RememberedJob:
    if facts["format"] != _FORMAT:
        raise ValueError(facts["format"])
    begun_at = datetime.fromisoformat(facts["begun_at"])
    return RememberedJob(
        id=name,
        provider=facts["provider"],
        state=facts["state"],
        begun_at=begun_at if begun_at.tzinfo else begun_at.replace(tzinfo=timezone.utc),
        job=Job.from_token(facts["token"]) if facts.get("token") else None,
        attempt=Attempt.from_plain(facts["attempt"]) if facts.get("attempt") else None,
        paths=tuple(map(Path, facts.get("paths", ()))),
        message=facts.get("message", ""),
        then=facts.get("then", {}),
    )
