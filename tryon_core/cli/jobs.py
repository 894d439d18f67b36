"""The command `jobs`: single jobs that were submitted here, and the runs that plugins know of."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import common_options, example
from tryon_core.cli.printing import (
    Document,
    in_shell,
    job_document,
    note,
    print_document,
    time_text,
)
from tryon_core.cli.terminal import print_table
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError, NotSent, OutputError, TryOnError
from tryon_core.installed import entry_points, fact, install_command
from tryon_core.remembered import JobStore, RememberedJob
from tryon_core.settings import require_settings

RUNS_GROUP = "tryon_core.runs"
"""Each entry point names what has the functions that `docs/how-to/add-a-command.md` shows."""
_HEADINGS = ("ID", "STATE", "PROVIDER", "AGE", "EXPIRES", "JOB", "WHERE")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))
_UNKNOWN = "a submission was under way: look at the vendor's dashboard"
_RUNS_MISSING = "Runs are read by tryon-batch, which is not installed."
T = TypeVar("T")


def _known_runs() -> tuple[EntryPoint, ...]:
    return entry_points(RUNS_GROUP)


def _ask(point: EntryPoint, function: str, otherwise: T, *args: Any, **options: Any) -> T:
    """Call a function for runs. What goes wrong in its code is a note, and harms no other."""
    try:
        found: T = getattr(point.load(), function)(*args, **options)
    except TryOnError:
        raise
    # SystemExit: a plugin that exits at import must not hide the single jobs.
    except (Exception, SystemExit) as error:  # noqa: BLE001  (it harms no other)
        owner = fact(point.dist, "Name") if point.dist else point.value
        note(f"the runs of {owner} are left out: {type(error).__name__}: {error}")
        return otherwise
    return found


@click.command(epilog=example("tryon jobs --unknown"))
@click.argument("run", required=False, metavar="[RUN|ID]")
@click.option("--unknown", "is_unknown", is_flag=True, help="Only what may have been charged.")
@click.option(
    "--look-up",
    "is_looked_up",
    is_flag=True,
    help="With --unknown: ask the vendors that can say what became of it. This is free.",
)
@click.option("--all", "is_all", is_flag=True, help="Name the saved items of a run, too.")
@click.option(
    "--forget",
    "forgotten",
    multiple=True,
    metavar="ID",
    help="Remove a job or a run from the list; may be repeated. The job itself goes on.",
)
@common_options
@click.pass_obj
def jobs(
    invocation: Invocation,
    run: str | None,
    *,
    is_unknown: bool,
    is_looked_up: bool,
    is_all: bool,
    forgotten: tuple[str, ...],
    config: Path | None,
) -> None:
    """List what this user submitted on this machine: single jobs and runs, the latest first.

    ID is the short id of a single job, or its beginning. RUN is the folder of a run, its journal,
    or its short id, for what became of its items. With --unknown it lists the single jobs
    and the items of all runs, or of that one, of which it is not known whether they were charged;
    with --look-up the vendors are asked first. Runs are listed by tryon-batch.
    """
    if is_looked_up and not is_unknown:
        raise click.UsageError("--look-up goes with --unknown.")
    job = None if run is None else JobStore.of_user().find(run)
    if forgotten:
        forget(forgotten)
    elif job is not None:
        print_job(invocation, job)
    elif is_unknown:
        found = look_up(invocation, run, config) if is_looked_up else None
        print_unknown(invocation, run, found)
    elif run is None:
        print_all(invocation)
    elif not any(
        _ask(runs, "print_run", False, invocation, run, is_all=is_all) for runs in _known_runs()
    ):
        raise _no_such_run(run)


def known_jobs() -> list[RememberedJob]:
    """Return what is remembered of single jobs, the latest first."""
    return JobStore.of_user().jobs()


def forget(names: Iterable[str]) -> None:
    """Remove jobs and runs from the list.

    Raises:
        InputError: a name is no short id; those before it are forgotten.
    """
    store = JobStore.of_user()
    for name in names:
        known = store.find(name)
        if known is not None:
            store.forget(known.id)
        elif not any(_ask(runs, "forget", False, name) for runs in _known_runs()):
            raise InputError(f"there is no job or run {name!r}.", remedy="Look at `tryon jobs`.")


def print_all(invocation: Invocation) -> None:
    """Print a row for each single job and for each run of this user."""
    jobs = known_jobs()
    found = [(runs, _listed(runs, is_alone=not jobs)) for runs in _known_runs()]
    if invocation.as_json:
        documents = [document for _, listed in found for document in listed]
        print_document({"jobs": [*map(job_listed, jobs)], "runs": documents})
        return
    is_empty = not jobs
    if jobs:
        print_jobs(jobs)
    for runs, listed in found:
        if listed and not is_empty:
            click.echo()
        if listed:
            _ask(runs, "print_table", None, listed)
            is_empty = False
    if is_empty:
        click.echo("Nothing was submitted yet. Begin with: tryon run", err=True)


def _listed(runs: EntryPoint, *, is_alone: bool) -> list[Document]:
    nothing: list[Document] = []
    try:
        return _ask(runs, "documents", nothing)
    except OutputError as error:
        if is_alone:
            raise
        note(f"the runs are not listed: {error}")
        return nothing


def _no_such_run(name: str) -> InputError:
    remedy = "Name its folder, its journal, or its short id in `tryon jobs`."
    if not entry_points(RUNS_GROUP):
        remedy = f"{_RUNS_MISSING} Install it with: {install_command('tryon-batch')}"
    return InputError(f"there is no job or run {name!r}.", remedy=remedy)


def look_up(invocation: Invocation, name: str | None, config: Path | None) -> list[Document]:
    """Ask the vendors what became of what is unknown, of all or of one run."""
    unknown = [] if name is not None else [job for job in known_jobs() if job.state == "unknown"]
    found = [_look_up(invocation, job, config) for job in unknown]
    for runs in _known_runs():
        found += _ask(runs, "look_up", [], name, config)
    if not invocation.as_json:
        for document in found:
            click.echo(f"{document['id']}: {document['message']}", err=True)
    return found


def _look_up(invocation: Invocation, known: RememberedJob, config: Path | None) -> Document:
    from tryon_core.lost_answers import find_remembered  # noqa: PLC0415  (slow)

    store = JobStore.of_user()
    try:
        with open_client(invocation, known.provider, config=config) as client:
            require_settings(client.info, client.session.settings)
            job = find_remembered(client.session, known, jobs=store)
    except NotSent as error:
        return looked_up(known.id, "not_accepted", str(error))
    except TryOnError as error:
        return looked_up(known.id, "unknown", str(error))
    remembered = store.of_job(job)
    command = f"tryon resume {remembered.id if remembered else job.to_token()} --out PATH"
    message = f"found, it is the job {job.id}; fetch its images with: {command}"
    return looked_up(known.id, "found", message, job=job.id)


def looked_up(
    name: str,
    outcome: Literal["found", "not_accepted", "unknown"],
    message: str,
    *,
    job: str | None = None,
    folder: Path | None = None,
) -> Document:
    """Return what a look-up of one submission gave, for a program.

    Args:
        name: short id of a single job, or id of an item.
        outcome: what is known now.
        message: the same in words, and what to do.
        job: the vendor's id of the job.
        folder: of the item's run.
    """
    return {
        "id": name,
        "folder": None if folder is None else str(folder),
        "outcome": outcome,
        "job": job,
        "message": in_shell(message),
    }


def print_unknown(
    invocation: Invocation, name: str | None, looked_up: Sequence[Document] | None = None
) -> None:
    """Print the items of which it is not known whether they were charged, and what to do.

    Raises:
        InputError: there is no such run.
    """
    jobs = [] if name is not None else [job for job in known_jobs() if job.state == "unknown"]
    nothing: list[Document] | None = None
    asked = [(runs, _ask(runs, "unknown", nothing, name)) for runs in _known_runs()]
    found = [(runs, items) for runs, items in asked if items is not None]
    if name is not None and not found:
        raise _no_such_run(name)
    documents = [document for _, items in found for document in items]
    if invocation.as_json:
        answers = {} if looked_up is None else {"looked_up": [*looked_up]}
        print_document({"unknown": documents, "jobs": [*map(job_listed, jobs)], **answers})
        return
    if jobs:
        print_jobs(jobs)
        click.echo(
            "Look at the vendor's dashboard whether these were accepted, then forget them: "
            "tryon jobs --forget ID",
            err=True,
        )
    for runs, items in found:
        if items:
            _ask(runs, "print_unknown", None, items)
    if not jobs and not documents:
        looked_at = "" if entry_points(RUNS_GROUP) else f" among single jobs. {_RUNS_MISSING[:-1]}"
        click.echo(f"Nothing is unknown{looked_at}.", err=True)


def print_jobs(jobs: Sequence[RememberedJob]) -> None:
    """Print a row for each job."""
    now = SystemClock().now()
    print_table(_HEADINGS, [_row(job, now) for job in jobs])


def print_job(invocation: Invocation, job: RememberedJob) -> None:
    """Print one job, and its token for another machine."""
    if invocation.as_json:
        print_document({"jobs": [job_listed(job)]})
        return
    print_jobs([job])
    if job.job is not None:
        click.echo(f"token: {job.job.to_token()}")


def job_listed(known: RememberedJob) -> Document:
    """Return one job for a program."""
    return {
        "id": known.id,
        "state": known.state,
        "provider": known.provider,
        "begun_at": known.begun_at.isoformat(),
        "expires_at": time_text(known.expires_at),
        "job": job_document(known.job) if known.job else None,
        "paths": [str(path) for path in known.paths],
        "message": known.message,
    }


def _row(known: RememberedJob, now: datetime) -> list[str]:
    step = "first step of an outfit" if known.then else "-"
    remark = known.message or (_UNKNOWN if known.state == "unknown" else step)
    return [
        known.id,
        known.state,
        known.provider,
        _span(now - known.begun_at),
        known.state if known.state == "expired" else _expiry(known.expires_at, now),
        known.job.id if known.job else "-",
        " ".join(map(str, known.paths)) or remark,
    ]


def _expiry(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return "-"
    return f"in {_span(expires_at - now)}" if expires_at > now else "expired"


def _span(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
