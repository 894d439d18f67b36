"""The commands that go on with a submitted job: `poll`, `resume`, `cancel`."""

from pathlib import Path

import click

import tryon_core
from tryon_core.cli.invocation import Invocation, ResumePlan
from tryon_core.cli.opening import open_job
from tryon_core.cli.options import (
    OUT_HELP,
    common_options,
    example,
    job_argument,
    job_provider_option,
    out_options,
    timeout_option,
)
from tryon_core.cli.printing import note, print_document, update_document
from tryon_core.cli.results import await_result, deliver, note_second_step
from tryon_core.cli.terminal import show_progress
from tryon_core.models import Job, JobUpdate
from tryon_core.saving import check_target
from tryon_core.waiting import elsewhere


@click.command(epilog=example('tryon poll "$token"'))
@job_argument
@job_provider_option
@common_options
@click.pass_obj
def poll(invocation: Invocation, token: str, *, provider: str | None, config: Path | None) -> None:
    """Ask the vendor once for the state of a job, and print it.

    It is one of pending, running, succeeded, failed, cancelled, not_found, unknown. The exit code
    is 0 whatever the state is: the poll was answered.
    """
    with open_job(invocation, token, provider=provider, config=config) as (client, job):
        _note_elsewhere(client, job)
        _print_update(invocation, job, client.poll(job))


@click.command(
    epilog=example(
        'tryon resume "$token" --out result.png', "tryon resume --last --out result.png"
    ),
)
@job_argument
@out_options(OUT_HELP)
@timeout_option
@job_provider_option
@common_options
@click.pass_obj
def resume(
    invocation: Invocation,
    token: str,
    *,
    out: str,
    force: bool,
    timeout_s: float,
    provider: str | None,
    config: Path | None,
) -> None:
    """Wait for a job of another process, or fetch its result again. Nothing is paid.

    Prints the path of each image that was written, or that holds the result already.
    """
    # A file that is there may be this result, which shows when it is fetched.
    check_target(out, overwrite=True)
    invocation.resume = ResumePlan(
        out=out,
        force=force,
        config=config,
        provider=provider or "",
        allows_private=invocation.allows_private,
        extensions=invocation.extensions,
    )
    with (
        open_job(invocation, token, provider=provider, config=config) as (client, job),
        show_progress(quiet=invocation.quiet) as say,
    ):
        invocation.job = job
        result = await_result(client, job, timeout_s=timeout_s, say=say)
    (path, *_) = deliver(invocation, result, out=out, force=force)
    note_second_step(client, job, path)


@click.command(epilog=example('tryon cancel "$token"'))
@job_argument
@job_provider_option
@common_options
@click.pass_obj
def cancel(
    invocation: Invocation, token: str, *, provider: str | None, config: Path | None
) -> None:
    """Ask the vendor to stop a job, and print its state afterwards.

    Ends with 1 when the vendor does not offer it, or the job is past that point.
    """
    with open_job(invocation, token, provider=provider, config=config) as (client, job):
        _note_elsewhere(client, job)
        _print_update(invocation, job, client.cancel(job))


def _note_elsewhere(client: "tryon_core.Client", job: Job) -> None:
    """Say that another server or account is asked than the one that knows the job."""
    if remark := elsewhere(job, client.session.settings):
        note(remark)


def _print_update(invocation: Invocation, job: Job, update: JobUpdate) -> None:
    if invocation.as_json:
        print_document(update_document(job, update))
    else:
        click.echo(update.state.value)
