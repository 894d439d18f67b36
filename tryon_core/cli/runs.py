"""The command `jobs`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example


@click.command(
    short_help="List the runs, or the items of one.", epilog=example("tryon jobs --unknown")
)
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--unknown", "is_unknown", is_flag=True, help="Only what may have been charged.")
@click.option("--all", "is_all", is_flag=True, help="Name the saved items of a run, too.")
@common_options
@click.pass_obj
def jobs(
    invocation: Invocation,
    run: str | None,
    *,
    is_unknown: bool,
    is_all: bool,
    config: Path | None,
) -> None:
    """List the runs of this user, the latest first, or what became of the items of one.

    RUN is the folder of a run, its journal, or its number in the list. With --unknown it lists the
    items of all runs, or of that one, of which nobody knows whether they were charged.
    """
    del config
    from tryon_core.batch import require_batch  # noqa: PLC0415  (keeps --help fast)

    require_batch()
    from tryon_core.cli import runs_listing  # noqa: PLC0415  (keeps --help fast)

    if is_unknown:
        runs_listing.print_unknown(invocation, run)
    elif run is None:
        runs_listing.print_runs(invocation)
    else:
        runs_listing.print_items(invocation, run, is_all=is_all)
