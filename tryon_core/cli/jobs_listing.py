"""Single jobs that are remembered, as a table and as documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import click

from tryon_batch.cli.run_names import find_run, forget_run
from tryon_core.cli.documents import Document, job_document, print_document, time_text
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.tables import print_table
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError
from tryon_core.remembered import JobStore, RememberedJob

_HEADINGS = ("ID", "STATE", "PROVIDER", "AGE", "EXPIRES", "JOB", "WHERE")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))
_UNKNOWN = "a submission was under way: look at the vendor's dashboard"


def known_jobs() -> list[RememberedJob]:
    """Return what is remembered of single jobs, the latest first."""
    return JobStore.of_user().jobs()


def find(name: str) -> RememberedJob | None:
    """Return the job of a short id, None when it is none.

    Raises:
        InputError: several ids begin like that.
    """
    return JobStore.of_user().find(name)


def forget(names: Iterable[str]) -> None:
    """Remove jobs and runs from the list.

    Raises:
        InputError: a name is no short id; those before it are forgotten.
    """
    store = JobStore.of_user()
    for name in names:
        known, run = store.find(name), find_run(name)
        if known is not None:
            store.forget(known.id)
        elif run is not None:
            forget_run(run)
        else:
            raise InputError(f"there is no job or run {name!r}.", remedy="Look at `tryon jobs`.")


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
    told = known.message or (_UNKNOWN if known.state == "unknown" else "-")
    return [
        known.id,
        known.state,
        known.provider,
        _span(now - known.begun_at),
        known.state if known.state == "expired" else _expiry(known.expires_at, now),
        known.job.id if known.job else "-",
        " ".join(map(str, known.paths)) or told,
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
