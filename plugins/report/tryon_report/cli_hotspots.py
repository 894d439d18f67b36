"""The command `hotspots`."""

from pathlib import Path
from typing import Any, get_args

import click

from tryon_core import Category
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    NamedPath,
    common_options,
    complete_provider,
    example,
    fit_option,
)


@click.command(
    epilog=example(
        "tryon hotspots results -p local",
        "tryon hotspots results -p local --sku-column top=top_sku --sku-column bottom=bottom_sku",
    ),
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "-p",
    "--provider",
    metavar="ID",
    shell_complete=complete_provider,
    help="Provider that parses; by default the one that made the image.",
)
@click.option(
    "--category",
    "categories",
    type=click.Choice(get_args(Category)),
    multiple=True,
    help="What to look for, instead of the garments of each row; may be repeated.",
)
@click.option(
    "--sku-column",
    "sku_columns",
    multiple=True,
    metavar="[CATEGORY=]COLUMN",
    help="Column of the manifest with your name for a garment, the key of its box.",
)
@click.option(
    "--link-column",
    "link_columns",
    multiple=True,
    metavar="[CATEGORY=]COLUMN",
    help="Column of the manifest with the address to which a click leads.",
)
@click.option(
    "--out",
    type=NamedPath(path_type=Path),
    metavar="DIR",
    help="Folder for the files; by default that of the run.",
)
@click.option("--estimate", "is_estimate", is_flag=True, help="Print what it would cost.")
@click.option(
    "--max-cost",
    multiple=True,
    metavar="AMOUNT",
    help="Refuse to begin when it may cost more, such as 2CNY; one for each currency.",
)
@click.option("--allow-unpriced", is_flag=True, help="Allow unknown prices in spite of it.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    metavar="N",
    help="Images at once; by default at most four.",
)
@click.option(
    "--again", is_flag=True, help="Ask again where a call was, or may have been, paid for nothing."
)
@fit_option
@common_options
@click.pass_context
def hotspots(ctx: click.Context, /, **values: Any) -> None:
    """Find the garments on all results of a run, as boxes for the pages of a shop.

    RUN is the folder of a run, its journal, or its short id in `tryon jobs`. Prints the paths of a
    JSON document and of a page. The command can be killed at any moment: called again, it goes on
    where it stopped, and pays for no image twice.
    """
    from tryon_report.hotspots.run import (  # noqa: PLC0415  (keeps --help fast)
        HotspotsCall,
        find_hotspots,
    )

    invocation = ctx.ensure_object(Invocation)
    call = HotspotsCall(
        **values,
        extensions=invocation.extensions,
        allows_private=invocation.allows_private,
    )
    ctx.exit(find_hotspots(invocation, call))
