"""How a command reports what went wrong: sentences, a JSON document and an exit code."""

import contextlib
import errno
import traceback
from collections.abc import Sequence
from typing import Any

import attrs
import click

from tryon_core.cli.exit_codes import InternalError, Interrupted, UsageError, exit_code
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import (
    Document,
    in_shell,
    job_document,
    option_of,
    print_document,
    problem_document,
)
from tryon_core.errors import (
    JobCancelled,
    JobExpired,
    JobFailed,
    MissingExtra,
    OutcomeUnknown,
    OutputError,
    TryOnError,
    UnusableImage,
    ValidationFailed,
    VendorError,
    describe_error,
)
from tryon_core.kept_answers import is_in_memory_only
from tryon_core.models import Problem, problem_of
from tryon_core.text import json_text

# To ask for these jobs again would give the same answer.
_SETTLED = (JobFailed, JobCancelled, JobExpired)
# Errors of files name the file where they are written: these come from standard output.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def report(error: BaseException, invocation: Invocation) -> int:
    """Print what went wrong, and how to go on; return the exit code.

    Sentences go to standard error; with `--json` a document goes to standard output as well.
    """
    answers = _as_tryon_error(error, invocation)
    if answers.job and answers.billed == "no" and isinstance(answers, (OutputError, InternalError)):
        answers.billed = "unknown"  # what went wrong cost nothing, but the job may
    if invocation.is_free:
        answers.billed = "no"
    if answers.billed == "no":
        answers.billed = invocation.parsing_billed
    if invocation.debug:
        traceback.print_exception(error)
        if isinstance(error, VendorError) and error.body is not None:
            click.echo(f"the answer that was not understood begins:\n{error.body!r}", err=True)
    usage = usage_lines(error) if isinstance(error, click.UsageError) else []
    click.echo("\n".join([*usage, *failure_lines(answers, invocation)]), err=True)
    # Standard output may be what failed; the sentences above have been said.
    if invocation.as_json:
        with contextlib.suppress(OSError):
            _print_failure(failure_document(answers), invocation)
    return exit_code(answers)


def _print_failure(document: Document, invocation: Invocation) -> None:
    if invocation.as_lines:
        facts = {"event": "stopped", "resume": invocation.go_on, "error": document}
        click.echo(json_text(facts))
    else:
        print_document({"error": document})


def usage_lines(error: click.UsageError) -> list[str]:
    """Return how the command is called, before what is wrong with this call."""
    if error.ctx is None:
        return []
    hint = f"Try '{error.ctx.command_path} --help' for help."
    return [error.ctx.get_usage(), hint, ""]


def failure_lines(error: TryOnError, invocation: Invocation) -> list[str]:
    """Return what a person needs to know, one line for each problem."""
    problems = [found for found in _problems(error) if found.severity == "error"]
    remarks = [found for found in _problems(error) if found.severity != "error"]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"error: {count} found; nothing was submitted."]
        lines += [
            f"{option_of(problem.field)}: {in_shell(problem.message)}" for problem in problems
        ]
        lines += [
            f"note: {option_of(remark.field)}: {in_shell(remark.message)}" for remark in remarks
        ]
    else:
        lines = [f"error: {in_shell(str(error))}"]
    if error.billed != "no":
        lines.append(f"billed: {error.billed}")
    if request_id := _request_id(error):
        lines.append(f"request id: {request_id}")
    leads_nowhere = isinstance(error, _SETTLED) or (error.job and is_in_memory_only(error.job))
    if invocation.resume and error.job and not leads_nowhere:
        plan = invocation.resume
        if isinstance(error, OutputError):
            plan = attrs.evolve(plan, out=None)  # with the same place it would fail again
        lines += ["resume with:", f"  {plan.command(error.job)}"]
    if invocation.go_on:
        lines += ["resume with:", f"  {invocation.go_on}"]
    return lines


def _request_id(error: TryOnError) -> str | None:
    """Return what the vendor's support desk asks for: the call that failed, else the submission."""
    return error.request_id or (error.job.request_id if error.job else None)


def failure_document(error: TryOnError) -> Document:
    """Return the same facts for a program."""
    facts = describe_error(error)
    facts.pop("body", None)  # what a vendor answered is shown with --debug only
    return {
        **facts,
        "message": in_shell(error.message),
        "remedy": in_shell(error.remedy),
        "request_id": _request_id(error),
        "provider": error.provider,
        "job": job_document(error.job) if error.job else None,
        "problems": [
            *(problem_document(problem) for problem in _problems(error)),
            *(attrs.asdict(problem) for problem in _row_problems(error)),
        ],
    }


def _problems(error: TryOnError) -> Sequence[Problem]:
    if isinstance(error, ValidationFailed):
        return error.problems
    if isinstance(error, UnusableImage):
        return (problem_of(error),)
    return ()


def _row_problems(error: TryOnError) -> Sequence[Any]:
    """Return the problems of a manifest, whose module few commands need."""
    return () if isinstance(error, ValidationFailed) else getattr(error, "problems", ())


def _as_tryon_error(error: BaseException, invocation: Invocation) -> TryOnError:
    """Return what ended the command as an error that has all answers."""
    if isinstance(error, TryOnError):
        error.job = error.job or invocation.job
        return error
    if isinstance(error, KeyboardInterrupt):
        return _interrupted(error, invocation)
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message(), remedy="")
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return OutputError(
            "cannot write to standard output: the disk is full.",
            job=invocation.job,
            remedy="Free some space.",
        )
    if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("tryon_"):
        return MissingExtra(
            f"this needs the library {error.name}, which is not installed.",
            job=invocation.job,
            remedy=f"Install it with: pip install {error.name}",
        )
    words = f"{type(error).__name__}: {error}".rstrip(": ")
    return InternalError(
        f"unexpected {words}.",
        job=invocation.job,
        remedy=f"This is a fault in {invocation.owner}: run it again with --debug and report what "
        "it prints.",
    )


def _interrupted(error: KeyboardInterrupt, invocation: Invocation) -> Interrupted:
    if invocation.go_on:
        return Interrupted(
            "interrupted; what was being sent was waited for, and its answers are noted.",
            retry="later",
            remedy="Nothing is lost: resume it.",
        )
    job = getattr(error, "job", None) or invocation.job
    if job is not None:
        return Interrupted(
            f"interrupted; the job {job.id} goes on at {job.provider}.",
            job=job,
            provider=job.provider,
            retry="later",
            billed="unknown",
            remedy="Nothing is lost: resume it.",
        )
    if invocation.is_waiting:
        return Interrupted(
            "interrupted while waiting for the vendor's rate limit; nothing was submitted.",
            retry="later",
        )
    if getattr(error, "billed", None) == "no":
        return Interrupted("interrupted before anything was submitted.", retry="later")
    is_open = invocation.is_submitting or getattr(error, "billed", None) == "unknown"
    if is_open and not invocation.is_free:
        return Interrupted(
            "interrupted while submitting: whether the work was accepted is not known.",
            retry="never_automatically",
            billed="unknown",
            remedy=OutcomeUnknown.remedy,
        )
    return Interrupted("interrupted.", retry="later")
