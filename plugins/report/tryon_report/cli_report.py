"""The command `report`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import NamedPath, common_options, example

_PATH = NamedPath(path_type=Path)
_PORT = 8765


@click.command(epilog=example("tryon report results", "tryon report results --serve"))
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--out", type=_PATH, metavar="FILE", help="The page, instead of RUN/report.html.")
@click.option("--serve", "is_served", is_flag=True, help="Show it as it changes, until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    metavar="N",
    help="Where --serve listens on this machine; 0 for any free port.",
)
@common_options
@click.pass_obj
def report(
    invocation: Invocation,
    runs: tuple[str, ...],
    *,
    out: Path | None,
    is_served: bool,
    port: int,
    config: Path | None,
) -> None:
    """Write a page of a run: its images, what became of each row, and what is left to do.

    RUN is the folder of a run, its journal, or its short id in `tryon jobs`; several are shown as
    one. The page is one file, which any browser shows without a network.
    """
    del config
    if is_served and out is not None:
        raise click.UsageError("--out writes a file, and --serve writes none; give one of them.")

    from tryon_report.run_page.command import serve, write  # noqa: PLC0415  (keeps --help fast)

    if is_served:
        serve(invocation, runs, port=port)
    else:
        write(invocation, runs, out=out)
