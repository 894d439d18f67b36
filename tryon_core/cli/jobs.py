"""The command `jobs`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example


@click.command(
    short_help="List the single jobs and the runs, or the items of one.",
    epilog=example("tryon jobs --unknown"),
)
@click.argument("run", required=False, metavar="[RUN|ID]")
@click.option("--unknown", "is_unknown", is_flag=True, help="Only what may have been charged.")
@click.option("--all", "is_all", is_flag=True, help="Name the saved items of a run, too.")
@click.option(
    "--forget",
    "forgotten",
    multiple=True,
    metavar="ID",
    help="Remove a job or a run from the list; may be repeated. The job itself goes on.",
)
@common_options
@click.pass_obj
def jobs(
    invocation: Invocation,
    run: str | None,
    *,
    is_unknown: bool,
    is_all: bool,
    forgotten: tuple[str, ...],
    config: Path | None,
) -> None:
    """List what this user submitted on this machine: single jobs and runs, the latest first.

    ID is the short id of a single job, or its beginning. RUN is the folder of a run, its journal,
    or its short id, for what became of its items. With --unknown it lists the single jobs
    and the items of all runs, or of that one, of which nobody knows whether they were charged.
    Runs are listed by tryon-batch.
    """
    del config
    from tryon_core.cli import jobs_listing  # noqa: PLC0415  (keeps --help fast)

    job = None if run is None else jobs_listing.find(run)
    if forgotten:
        jobs_listing.forget(forgotten)
    elif job is not None:
        jobs_listing.print_job(invocation, job)
    elif is_unknown:
        jobs_listing.print_unknown(invocation, run)
    elif run is None:
        jobs_listing.print_all(invocation)
    else:
        jobs_listing.print_run(invocation, run, is_all=is_all)
