"""The commands `run` and `submit`."""

from pathlib import Path

import click

from tryon_core.cli.documents import job_document, print_document
from tryon_core.cli.inputs import Inputs
from tryon_core.cli.invocation import Invocation, ResumePlan
from tryon_core.cli.options import (
    OUT_HELP,
    common_options,
    example,
    input_options,
    out_options,
    provider_option,
    timeout_option,
)
from tryon_core.cli.progress import show_progress
from tryon_core.cli.streams import dropping_unread


@click.command(
    short_help="Put garments on a person.",
    epilog=example("tryon run -p local --person person.jpg --top tee.png --out result.png"),
)
@provider_option
@input_options
@out_options(OUT_HELP)
@timeout_option
@common_options
@click.pass_obj
def run(
    invocation: Invocation,
    *,
    provider: str,
    inputs: Inputs,
    out: str,
    force: bool,
    timeout_s: float,
    config: Path | None,
) -> None:
    """Put garments on a person: submit, wait, and write the result.

    Prints the path of each picture that was written. Everything that can be wrong is checked
    before anything is sent.
    """
    from tryon_core.cli.requesting import after_parsing, prepare  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.cli.results import (  # noqa: PLC0415  (keeps --help fast)
        await_result,
        deliver,
        tell_accepted,
    )
    from tryon_core.cli.session import open_client  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.saving import check_target  # noqa: PLC0415  (keeps --help fast)

    check_target(out, overwrite=force)
    invocation.resume = ResumePlan(
        out=out,
        force=force,
        config=config,
        provider=provider,
        allows_private=invocation.allows_private,
    )
    with (
        open_client(invocation, provider, config=config) as client,
        show_progress(quiet=invocation.quiet) as say,
    ):
        invocation.say = say
        say("preparing")
        request = prepare(client, inputs, out=out, force=force)
        invocation.is_free = client.info.is_free(request)
        say("checking")
        with after_parsing(client, inputs):
            job = client.submit(request, fit=inputs.fit)
        tell_accepted(invocation.resume, job, say)
        result = await_result(client, job, timeout_s=timeout_s, say=say)
    deliver(invocation, result, out=out, force=force)


@click.command(
    short_help="Only submit, and print the job's token.",
    epilog=example(
        "token=$(tryon submit -p local --person person.jpg --top tee.png)",
        'tryon resume "$token" --out result.png',
    ),
)
@provider_option
@input_options
@common_options
@click.pass_obj
def submit(invocation: Invocation, *, provider: str, inputs: Inputs, config: Path | None) -> None:
    """Submit and print the job's token, with which any machine can go on."""
    from tryon_core.cli.requesting import after_parsing, prepare  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.cli.session import open_client  # noqa: PLC0415  (keeps --help fast)

    invocation.resume = ResumePlan(
        config=config, provider=provider, allows_private=invocation.allows_private
    )
    with (
        open_client(invocation, provider, config=config) as client,
        show_progress(quiet=invocation.quiet) as say,
    ):
        invocation.say = say
        say("preparing")
        request = prepare(client, inputs)
        invocation.is_free = client.info.is_free(request)
        say("checking")
        with after_parsing(client, inputs):
            job = client.submit(request, fit=inputs.fit)
    with dropping_unread():
        if invocation.as_json:
            print_document({"job": job_document(job)})
        else:
            click.echo(job.to_token())
