"""How the commands print: words of the shell, JSON documents, and notes beside the work."""

import errno
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
import click

from tryon_core.models import Job, JobUpdate, Notice, Problem
from tryon_core.text import json_text

Document: TypeAlias = dict[str, Any]

# The reader of the pipe went away, the terminal is gone, the stream is closed.
_NOBODY_READS = frozenset({errno.EPIPE, errno.EIO, errno.EBADF})
# Messages of the library and of plugins name arguments as Python does, such as `fit=True`.
_SHELL: Mapping[str, str] = MappingProxyType(
    {
        r"fit=True": "--fit",
        r"chain=True": "--chain",
        r"try_on\(\) and runs have it": "`tryon run` and `tryon batch` have it",
        r"allow_private_addresses=True": "--allow-private-addresses",
        r"overwrite=True": "--force",
        r"again=True": "--again",
        r"allow_unpriced=True": "--allow-unpriced",
        r"retry_failed=True": "--retry-failed",
        r"skip_unfit=True": "--skip-unfit",
        r"retry_unknown=True": "--retry-unknown",
        r"redo=\['([^']*)'\]": r"--redo \g<1>",
        r"settle=\{ID: TOKEN\}": "--settle ID=TOKEN",
        r"the option (\w+=\w+)": r"-o \g<1>",
        r"Client\('([^']*)'\)": r"-p \g<1>",
        r"parser='([^']*)'": r"--parser \g<1>",
        r"expected \w+, got list": "give it once",
        r"expected bool, got \w+": "expected true or false",
        r"remembered_jobs\(\)": "`tryon jobs`",
        r"Client\.resume\('?(\w+)'?\)": r"tryon resume \g<1> --out FILE",
    }
)


def in_shell(text: str) -> str:
    """Return a message as it is said to somebody who works in a shell."""
    for python, shell in _SHELL.items():
        text = re.sub(rf"\b{python}", shell, text)
    return text


# Where the name of an option is not that of the library's field.
_SPELLINGS = {
    "garments": "--top/--bottom/--dress",
    "categories": "--category",
    "image": "IMG",
    "options": "-o",
}


def option_of(field: str) -> str:
    """Return the option that sets a field of the library: such as `-o seed` for `options.seed`."""
    head, _, rest = field.partition(".")
    option = _SPELLINGS.get(head, f"--{head}")
    return f"{option} {rest}" if rest else option


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
    """Return the answer to one poll."""
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


@contextmanager
def dropping_unread() -> Iterator[None]:
    """Print what says that the work is done: it is, whether somebody reads of it or not."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOBODY_READS:
            raise


@contextmanager
def show_notes(*, most: int | None = None, always: str = "") -> Iterator[None]:
    """Print as notes what the library logs meanwhile.

    Args:
        most: how many different ones to print, each once, None for all as they come; at the end it
            says how many were left out.
        always: name of a logger whose notes are all printed.
    """
    logger = logging.getLogger("tryon")
    handler = _Notes(most, always)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        if handler.left_out:
            what = "notes" if handler.left_out > 1 else "note"
            note(f"{handler.left_out:,} further {what} of this kind left out.")


def note(sentence: str) -> None:
    """Print a remark."""
    # Looked up at each call: a live progress line replaces the stream, so as to stay below.
    sys.stderr.write(f"note: {in_shell(sentence)}\n")
    sys.stderr.flush()


class _Notes(logging.Handler):
    def __init__(self, most: int | None, always: str) -> None:
        super().__init__(logging.WARNING)
        self._most = most
        self._always = always
        self._printed: set[str] = set()
        self.left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if self._most is not None and record.name != self._always:
            if sentence in self._printed or len(self._printed) >= self._most:
                self.left_out += 1
                return
            self._printed.add(sentence)
        note(sentence)
