"""The JSON forms of what the commands print; `docs/reference/cli.md` shows each of them."""

from datetime import datetime
from typing import Any, TypeAlias

import attrs
import click

from tryon_core.cli.options import option_of
from tryon_core.cli.words import in_shell
from tryon_core.models import Job, JobUpdate, Notice, Problem
from tryon_core.text import json_text

Document: TypeAlias = dict[str, Any]


def print_document(document: Document) -> None:
    """Print a JSON document on standard output."""
    click.echo(json_text(document, indent=2))


def job_document(job: Job) -> Document:
    """Return what identifies a job, its token included."""
    return {
        "provider": job.provider,
        "id": job.id,
        "token": job.to_token(),
        "submitted_at": job.submitted_at.isoformat(),
        "expires_at": time_text(job.expires_at),
    }


def update_document(job: Job, update: JobUpdate) -> Document:
    """Return the answer to one status question."""
    return {
        "job": job_document(job),
        "state": update.state.value,
        "vendor_status": update.vendor_status,
        "failure": attrs.asdict(update.failure) if update.failure else None,
        "retry_after_s": update.retry_after_s,
        "request_id": update.request_id,
    }


def notice_document(notice: Notice) -> Document:
    """Return a remark about a result."""
    return {"code": notice.code, "message": notice.message}


def problem_document(problem: Problem) -> Document:
    """Return a problem that validation found."""
    return {
        "field": problem.field,
        "option": option_of(problem.field),
        "message": in_shell(problem.message),
        "severity": problem.severity,
        "code": problem.code,
    }


def time_text(moment: datetime | None) -> str | None:
    """Return a time in ISO 8601, with its zone."""
    return None if moment is None else moment.isoformat()
