"""The command `parse`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    FILE,
    common_options,
    example,
    fit_option,
    out_options,
    provider_option,
)
from tryon_core.cli.printing import print_document
from tryon_core.cli.terminal import show_progress
from tryon_core.errors import TryOnError
from tryon_core.models.request import CATEGORIES, Category


@click.command(
    short_help="Find the garments that a person wears.",
    epilog=example("tryon parse -p local person.jpg --category top --category bottom --out parts"),
)
@provider_option
@click.argument("image", type=FILE, metavar="IMG")
@click.option(
    "--category",
    "categories",
    type=click.Choice(CATEGORIES),
    multiple=True,
    required=True,
    help="What to look for; may be repeated.",
)
@fit_option
@out_options("Folder for the masks and crops; made when missing.")
@common_options
@click.pass_obj
def parse(
    invocation: Invocation,
    image: str,
    *,
    provider: str,
    categories: tuple[Category, ...],
    fit: bool,
    out: str,
    force: bool,
    config: Path | None,
) -> None:
    """Find garments on the photo IMG, and write a mask and a crop of each.

    Prints a line for each category: its box (x1 y1 x2 y2, in pixels of the upright photo), or
    `not worn`.
    """
    from tryon_core.cli import regions  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.cli.opening import open_client  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.cli.printing import note  # noqa: PLC0415  (keeps --help fast)

    asked = tuple(dict.fromkeys(categories))
    files = regions.plan_files(image, asked, folder=Path(out), force=force)
    with (
        open_client(invocation, provider, config=config) as client,
        show_progress(quiet=invocation.quiet) as say,
    ):
        # Its price is not that of a try-on; the errors of the call say themselves what it cost.
        invocation.is_free = False
        say("parsing")
        try:
            found = client.parse_garment(image, asked, fit=fit)
        except TryOnError as error:
            regions.write_regions(error.regions.values(), files)
            for path in regions.written(error.regions, files):
                note(f"found before this went wrong: {path}")
            raise
    regions.write_regions(found, files)
    if invocation.as_json:
        documents = regions.region_documents(asked, found, files)
        print_document({"provider": client.info.id, "regions": documents})
    else:
        click.echo("\n".join(regions.region_lines(asked, found)))
