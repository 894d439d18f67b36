"""The command `check`."""

from pathlib import Path

import click

from tryon_core.cli.documents import print_document, problem_document
from tryon_core.cli.inputs import Inputs
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    common_options,
    example,
    input_options,
    option_of,
    provider_option,
)


@click.command(
    short_help="Only validate the inputs.",
    epilog=example("tryon check -p local --person person.jpg --top tee.png"),
)
@provider_option
@input_options
@common_options
@click.pass_obj
def check(invocation: Invocation, *, provider: str, inputs: Inputs, config: Path | None) -> None:
    """Say everything that is wrong with the inputs; nothing is sent, fetched or paid.

    Prints `ok` when they can be submitted, and ends with 2 otherwise. No key is needed.
    """
    from tryon_core.cli.requesting import check_inputs  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.cli.session import note, open_client  # noqa: PLC0415  (keeps --help fast)

    with open_client(invocation, provider, config=config) as client:
        warnings = check_inputs(client, inputs)
    for warning in warnings:
        note(f"{option_of(warning.field)}: {warning.message}")
    if invocation.as_json:
        problems = [problem_document(warning) for warning in warnings]
        print_document({"provider": client.info.id, "problems": problems})
    else:
        click.echo("ok")
