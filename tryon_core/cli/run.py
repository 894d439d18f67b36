"""The commands that begin with inputs: `run`, `check`, `submit`."""

from pathlib import Path

import attrs
import click

from tryon_core.cli.invocation import Invocation, ResumePlan
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import (
    OUT_HELP,
    Inputs,
    chain_option,
    common_options,
    example,
    input_options,
    out_options,
    provider_option,
    timeout_option,
)
from tryon_core.cli.printing import (
    dropping_unread,
    job_document,
    note,
    option_of,
    print_document,
    problem_document,
)
from tryon_core.cli.requesting import (
    check_inputs,
    not_looked_at,
    prepare,
    telling_of_parsing,
)
from tryon_core.cli.results import (
    await_result,
    deliver,
    takes_two_steps,
    tell_accepted,
    try_on_outfit,
)
from tryon_core.cli.terminal import show_progress
from tryon_core.kept_answers import is_in_memory_only
from tryon_core.saving import check_target


@click.command(
    epilog=example("tryon run -p local --person person.jpg --top tee.png --out result.png"),
)
@provider_option
@input_options
@chain_option
@out_options(OUT_HELP)
@timeout_option
@common_options
@click.pass_obj
def run(
    invocation: Invocation,
    *,
    provider: str,
    inputs: Inputs,
    chain: bool,
    out: str,
    force: bool,
    timeout_s: float,
    config: Path | None,
) -> None:
    """Put garments on a person: submit, wait, and write the result.

    Prints the path of each image that was written. Everything that can be wrong is checked
    before anything is sent.
    """
    check_target(out, overwrite=force)
    inputs = attrs.evolve(inputs, chain=chain)
    invocation.resume = plan = ResumePlan(
        out=out,
        force=force,
        config=config,
        provider=provider,
        allows_private=invocation.allows_private,
        extensions=invocation.extensions,
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
        if chain and takes_two_steps(client, request):
            again = ("run", "--provider", provider, *inputs.words)
            invocation.resume = attrs.evolve(plan, again=again)
            result = try_on_outfit(invocation, client, request, fit=inputs.fit, timeout_s=timeout_s)
        else:
            with telling_of_parsing(invocation, inputs):
                job = client.submit(request, parser=inputs.parser, fit=inputs.fit)
            if not is_in_memory_only(job):
                tell_accepted(plan, job, say)
            result = await_result(client, job, timeout_s=timeout_s, say=say, request=request)
    deliver(invocation, result, out=out, force=force)


@click.command(
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
    invocation.resume = ResumePlan(
        config=config,
        provider=provider,
        allows_private=invocation.allows_private,
        extensions=invocation.extensions,
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
        with telling_of_parsing(invocation, inputs):
            job = client.submit(request, parser=inputs.parser, fit=inputs.fit)
        if is_in_memory_only(job):
            invocation.job = job
            paths = client.wait(job).save(Path.cwd())
            note(f"its token leads to no image; it is here: {', '.join(map(str, paths))}")
    with dropping_unread():
        if invocation.as_json:
            print_document({"job": job_document(job)})
        else:
            click.echo(job.to_token())


@click.command(
    epilog=example("tryon check -p local --person person.jpg --top tee.png"),
)
@provider_option
@input_options
@chain_option
@common_options
@click.pass_obj
def check(
    invocation: Invocation, *, provider: str, inputs: Inputs, chain: bool, config: Path | None
) -> None:
    """Say everything that is wrong with the inputs; nothing is sent, fetched or paid.

    Prints `ok` when they can be submitted, and ends with 2 otherwise. No key is needed.
    """
    inputs = attrs.evolve(inputs, chain=chain)
    with open_client(invocation, provider, config=config) as client:
        warnings = check_inputs(client, inputs)
        unknown = not_looked_at(client, inputs)
    if unknown is not None:
        note(unknown)
    for warning in warnings:
        note(f"{option_of(warning.field)}: {warning.message}")
    if invocation.as_json:
        problems = [problem_document(warning) for warning in warnings]
        print_document({"provider": client.info.id, "problems": problems})
    else:
        click.echo("ok")
