"""Wait for a job, write its images and print where they are."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
import click

import tryon_core
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation, ResumePlan
from tryon_core.cli.options import DEFAULT_TIMEOUT_S
from tryon_core.cli.printing import (
    Document,
    dropping_unread,
    job_document,
    note,
    notice_document,
    print_document,
    time_text,
)
from tryon_core.cli.terminal import Say
from tryon_core.models import Job, JobUpdate, Notice, Problem, TryOnRequest
from tryon_core.remembered import JobStore
from tryon_core.saving import is_file_target


def tell_accepted(plan: ResumePlan, job: Job, say: Say) -> None:
    """Say how to go on with a job when this process ends early."""
    store = JobStore.of_user()
    if store.remember and store.of_job(job) is None:
        note(f"the job is not remembered here; if this process ends early: {plan.command(job)}")
    # A log outlives the process, and the folders of its container.
    say(f"accepted: {plan.command(job, for_any_machine=not sys.stderr.isatty())}")


def stage_of(update: JobUpdate) -> str:
    """Return the state of a job: our word, and the vendor's in brackets where that is another."""
    ours, theirs = update.state.value.replace("_", " "), update.vendor_status
    return ours if theirs.casefold() in {"", ours} else f"{ours} ({theirs})"


def await_result(
    client: "tryon_core.Client",
    job: Job,
    *,
    say: Say,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    request: TryOnRequest | None = None,
) -> "tryon_core.TryOnResult":
    """Wait for a job and tell `say` the vendor's status; arguments as those of `Client.wait()`."""

    def on_update(update: JobUpdate) -> None:
        say(stage_of(update))

    say("waiting")
    return client.wait(job, timeout_s=timeout_s, on_update=on_update, request=request)


def takes_two_steps(client: "tryon_core.Client", request: TryOnRequest) -> bool:
    """Return whether a request is an outfit that the vendor does not take whole."""
    from tryon_core.outfits import outfit_steps  # noqa: PLC0415  (the client has loaded it)

    return len(outfit_steps(client.info, request)) > 1


def try_on_outfit(
    invocation: Invocation,
    client: "tryon_core.Client",
    request: TryOnRequest,
    *,
    fit: bool,
    timeout_s: float,
) -> "tryon_core.TryOnResult":
    """Put on an outfit in two steps, and say how each goes."""
    told: list[Job] = []

    def on_update(update: JobUpdate) -> None:
        job = invocation.job
        if job is not None and job not in told and invocation.resume is not None:
            told.append(job)
            tell_accepted(invocation.resume, job, invocation.say)
        invocation.say(stage_of(update))

    return client.try_on(request, chain=True, fit=fit, timeout_s=timeout_s, on_update=on_update)


def note_second_step(client: "tryon_core.Client", job: Job, path: Path) -> None:
    """Say what comes next where a job, whose image is here, is the first step of an outfit."""
    known = JobStore.of_user().of_job(job)
    if known is None or not known.then:
        return
    from tryon_core.codec import option_specs  # noqa: PLC0415  (needs cattrs)

    usual = {spec.name: spec.made_default for spec in option_specs(client.info.options)}
    given = {} if known.attempt is None else known.attempt.options
    words = ["tryon", "run", "--provider", client.info.id, "--person", str(path)]
    for category, place in known.then.items():
        words += [f"--{category}", place]
    for name, value in given.items():
        if value is not None and value != usual.get(name):
            words += ["-o", f"{name}={value}"]
    note(
        f"it is the first step of an outfit; the {' and '.join(known.then)} comes next: give the "
        f"same command again, or put it on this image with:\n  {shlex.join(words)} --out PATH"
    )


def deliver(
    invocation: Invocation, result: "tryon_core.TryOnResult", *, out: str, force: bool
) -> tuple[Path, ...]:
    """Write the images and print the paths; the job needs no resuming from here on.

    Ends the command with a code of its own when an image could not be fetched or checked.

    Raises:
        OutputError: they cannot be written.
    """
    target = _place_of(result, out)
    paths = result.save(target, overwrite=force)
    invocation.job = None
    if not invocation.as_json:  # at once: judges take their time, and may be interrupted
        with dropping_unread():
            click.echo("\n".join(map(str, paths)))
    print_notices(result)
    if (
        target == out
        and is_file_target(out)
        and result.images[0].is_checked
        and paths[0] != Path(out)
    ):
        note(f"the image is {result.images[0].format}, so {out!r} became {str(paths[0])!r}.")
    if invocation.as_json:
        with dropping_unread():
            print_document(result_document(result, paths))
    if result.missing or not result.is_checked:
        if invocation.resume is not None:
            command = attrs.evolve(invocation.resume, again=()).command(result.job)
            click.echo(f"fetch it again, which is free, with:\n  {command}", err=True)
        click.get_current_context().exit(ExitCode.UNCHECKED)
    return paths


def _place_of(result: "tryon_core.TryOnResult", out: str) -> str:
    """Return where the images go: all that came are kept, since they are paid for."""
    if len(result.images) == 1 or not is_file_target(out):
        return out
    folder = str(Path(out).parent)
    note(
        f"{len(result.images)} images do not fit into the one file {out!r}; "
        f"they are in the folder {folder!r}."
    )
    return f"{folder}/"


def print_notices(result: "tryon_core.TryOnResult") -> None:
    """Print the remarks about a result, and what judges find wrong, on standard error."""
    remarks: Iterable[Notice | Problem] = (*result.notices, *(result.problems or ()))
    for remark in remarks:
        note(f"{remark.code}: {remark.message}")


def result_document(result: "tryon_core.TryOnResult", paths: Sequence[Path]) -> Document:
    """Return the images of a finished job, with the files that they were written to."""
    images = [
        {
            "path": str(path),
            "format": image.format,
            "media_type": image.media_type,
            "width_px": image.width_px,
            "height_px": image.height_px,
            "bytes": len(image.data),
            "sha256": image.sha256,
            "expires_at": time_text(image.expires_at),
            "is_checked": image.is_checked,
        }
        for image, path in zip(result.images, paths, strict=True)
    ]
    notices = [notice_document(notice) for notice in result.notices]
    problems = result.problems
    return {
        "job": job_document(result.job),
        "images": images,
        "missing": list(result.missing),
        "notices": notices,
        "verdict": result.verdict or None,
        "problems": None if problems is None else [attrs.asdict(one) for one in problems],
        "usage": dict(result.usage),
    }
