"""The command `costs`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example


@click.command(short_help="Say what a run has cost.", epilog=example("tryon costs results"))
@click.argument("run", metavar="RUN")
@common_options
@click.pass_obj
def costs(invocation: Invocation, run: str, *, config: Path | None) -> None:
    """Say what a run has cost, by provider, model and currency, and what it may have cost besides.

    RUN is the folder of a run, its journal, or its short id in `tryon jobs`. An unknown price is
    named, and never counted as nothing.
    """
    del config

    from tryon_batch.cli.costs_listing import print_costs  # noqa: PLC0415  (keeps --help fast)

    print_costs(invocation, run)
