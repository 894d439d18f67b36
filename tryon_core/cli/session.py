"""A client for one command: its remarks go to standard error, its submission is watched."""

import logging
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.words import in_shell
from tryon_core.client import Client
from tryon_core.hookspecs import hookimpl
from tryon_core.models import Job
from tryon_core.registry import REGISTRY
from tryon_core.remembered import JobStore, job_of
from tryon_core.session import RUN_LOGGER
from tryon_core.settings import find_config
from tryon_core.submitting import SubmitPolicy


@contextmanager
def open_client(
    invocation: Invocation, provider: str, *, config: Path | None = None
) -> Iterator[Client]:
    """Give a client, and print as notes what the library logs meanwhile.

    Raises:
        ConfigurationError: the provider or its settings cannot be used.
    """
    with (
        show_notes(),
        Client(
            provider,
            config=config,
            extensions=[_SubmissionWatch(invocation)],
            submitting=SubmitPolicy(on_wait=invocation.tell_wait),
        ) as client,
    ):
        invocation.is_free = client.info.is_free()
        note_unknown_tables(config)
        yield client


@contextmanager
def open_job(
    invocation: Invocation, token: str, *, provider: str | None, config: Path | None
) -> Iterator[tuple[Client, Job]]:
    """Give the job of a token, or of a short id, and a client for its provider.

    Raises:
        InputError: it names no job, or the job is of another provider.
        ConfigurationError: the provider or its settings cannot be used.
    """
    job = job_of(token, JobStore.of_user())
    with open_client(invocation, provider or job.provider, config=config) as client:
        yield client, job


@contextmanager
def show_notes(*, most: int | None = None) -> Iterator[None]:
    """Print as notes what the library logs meanwhile.

    Args:
        most: how many different ones to print, each once, None for all as they come; at the end it
            says how many were left out. What concerns a whole run is always printed.
    """
    logger = logging.getLogger("tryon")
    handler = _Notes(most)
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


def note_unknown_tables(config: Path | None) -> None:
    """Name the tables of the configuration file that no installed provider reads."""
    known = {entry.id for entry in REGISTRY.installed()}
    for name in sorted(set(find_config(config)) - known):
        note(f"the table [{name}] of the configuration file is not used: no such provider.")


class _SubmissionWatch:
    """An extension that notes what becomes of the paid request, for the report of an interruption.

    Args:
        invocation: what to keep up to date.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    @hookimpl(wrapper=True)
    def submit(self) -> Generator[None, Job, Job]:
        """Note the job. Ctrl-C leaves the submission open, every other end closes it."""
        self._invocation.tell_submission()
        try:
            job = yield
        except Exception:
            self._invocation.is_submitting = False
            raise
        self._invocation.job = job
        self._invocation.is_submitting = False
        return job


class _Notes(logging.Handler):
    def __init__(self, most: int | None) -> None:
        super().__init__(logging.WARNING)
        self._most = most
        self._printed: set[str] = set()
        self.left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if self._most is not None and record.name != RUN_LOGGER:
            if sentence in self._printed or len(self._printed) >= self._most:
                self.left_out += 1
                return
            self._printed.add(sentence)
        note(sentence)
