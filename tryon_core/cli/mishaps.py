"""Ends of a command that are no errors of the library, put in the same form."""

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.errors import InputError, OutcomeUnknown, TryOnError


class Interrupted(TryOnError):
    """The user, or the system, stopped the command."""


class UsageError(InputError):
    """The command line itself cannot be understood."""


class InternalError(TryOnError):
    """The program failed in a way that nobody foresaw."""

    remedy = "This is a fault in tryon: run it again with --debug and report what it prints."


def as_tryon_error(error: BaseException, invocation: Invocation) -> TryOnError:
    """Return an error that has answers to all the questions, whatever ended the command."""
    if isinstance(error, TryOnError):
        error.job = error.job or invocation.submission.job
        return error
    if isinstance(error, KeyboardInterrupt):
        return _interrupted(error, invocation)
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message(), remedy="")
    words = f"{type(error).__name__}: {error}".rstrip(": ")
    return InternalError(f"unexpected {words}.", job=invocation.submission.job)


def _interrupted(error: KeyboardInterrupt, invocation: Invocation) -> Interrupted:
    job = getattr(error, "job", None) or invocation.submission.job
    if job is not None:
        return Interrupted(
            f"interrupted; the job {job.id} goes on at {job.provider}.",
            job=job,
            provider=job.provider,
            retry="later",
            billed="unknown",
            remedy="Nothing is lost: resume it.",
        )
    if invocation.submission.is_open:
        return Interrupted(
            "interrupted while submitting: whether the work was accepted is not known.",
            retry="never_automatically",
            billed="unknown",
            remedy=OutcomeUnknown.remedy,
        )
    return Interrupted("interrupted.", retry="later")
