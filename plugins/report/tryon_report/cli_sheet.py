"""The command `sheet`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import NamedPath, common_options, example
from tryon_core.cli.printing import print_document

_PATH = NamedPath(path_type=Path)


@click.command(
    epilog=example("tryon sheet results", "tryon sheet first.png second.png --out sheet.jpg")
)
@click.argument("sources", nargs=-1, required=True, metavar="RUN|IMG...")
@click.option("--out", type=_PATH, metavar="FILE", help="The sheet; needed for image files.")
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@common_options
@click.pass_obj
def sheet(
    invocation: Invocation,
    sources: tuple[str, ...],
    *,
    out: Path | None,
    force: bool,
    config: Path | None,
) -> None:
    """Draw a contact sheet as one image: person, garments and result of each row of runs.

    RUN is the folder of a run, its journal, or its short id in `tryon jobs`. Of image files it
    shows each with its name.
    """
    del config

    from tryon_report.sheet import write_sheet  # noqa: PLC0415  (keeps --help fast)

    path = write_sheet(sources, out=out, overwrite=force)
    if invocation.as_json:
        print_document({"sheet": str(path)})
    else:
        click.echo(path)
