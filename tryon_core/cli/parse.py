"""The command `parse`: its masks and crops as files, its outcome as lines."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import click
from PIL import Image

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import (
    FILE,
    common_options,
    example,
    fit_option,
    out_options,
    provider_option,
)
from tryon_core.cli.printing import Document, note, print_document
from tryon_core.cli.terminal import show_progress
from tryon_core.errors import TryOnError
from tryon_core.images import read_bytes
from tryon_core.models import CATEGORIES, Artifact, Category, GarmentRegion, UrlSource
from tryon_core.saving import check_replaceable, check_target, make_folder, write_atomically

Found: TypeAlias = Sequence[GarmentRegion | None]
Files: TypeAlias = Mapping[Category, tuple[Path, Path]]
"""Mask file and crop file by category."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@click.command(
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
    asked = tuple(dict.fromkeys(categories))
    files = plan_files(image, asked, folder=Path(out), force=force)
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
            write_regions(error.regions.values(), files)
            for path in written(error.regions, files):
                note(f"found before this went wrong: {path}")
            raise
    write_regions(found, files)
    if invocation.as_json:
        documents = region_documents(asked, found, files)
        print_document({"provider": client.info.id, "regions": documents})
    else:
        click.echo("\n".join(region_lines(asked, found)))


def plan_files(image: str, categories: Sequence[Category], *, folder: Path, force: bool) -> Files:
    """Return the files to write, named after the photo, and refuse those that exist.

    Raises:
        OutputError: a file exists and may not be replaced, or the folder cannot be used.
    """
    stem = Path(image.partition("?")[0]).stem or "image"
    files: dict[Category, tuple[Path, Path]] = {
        category: (folder / f"{stem}-{category}-mask.png", folder / f"{stem}-{category}-crop.png")
        for category in categories
    }
    check_target(f"{folder}/")
    for path in (path for pair in files.values() for path in pair):
        check_replaceable(path, overwrite=force)
    return files


def write_regions(found: Iterable[GarmentRegion | None], files: Files) -> None:
    """Write masks and crops as PNG, over files that are there; those that could be fetched.

    Raises:
        OutputError: a file cannot be written.
    """
    for path, image in _images(found, files):
        make_folder(path.parent)
        write_atomically(path, _png(image), overwrite=True)


def written(found: Mapping[Category, GarmentRegion | None], files: Files) -> list[Path]:
    """Return the files that `write_regions` writes."""
    return [path for path, _ in _images(found.values(), files)]


def _images(found: Iterable[GarmentRegion | None], files: Files) -> Iterator[tuple[Path, Artifact]]:
    for region in filter(None, found):
        for path, image in zip(files[region.category], (region.mask, region.crop), strict=True):
            if not isinstance(image.source, UrlSource):
                yield path, image


def region_lines(categories: Sequence[Category], found: Found) -> list[str]:
    """Return a line for each category: its box, or that it is not worn."""
    return [
        f"{category}: {' '.join(map(str, region.bbox)) if region else 'not worn'}"
        for category, region in zip(categories, found, strict=True)
    ]


def region_documents(categories: Sequence[Category], found: Found, files: Files) -> list[Document]:
    """Return the same for a program, with the files."""
    return [
        {
            "category": category,
            "worn": region is not None,
            "bbox": list(region.bbox) if region else None,
            "mask": str(files[category][0]) if region else None,
            "crop": str(files[category][1]) if region else None,
        }
        for category, region in zip(categories, found, strict=True)
    ]


def _png(artifact: Artifact) -> bytes:
    return as_png(read_bytes(artifact.source, field="image"))


def encode_png(image: Image.Image) -> bytes:
    """Return an image as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    """Return the image of an image file that is known to be sound."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


def as_png(data: bytes) -> bytes:
    """Return an image file as PNG: the same bytes, metadata included, when it is one."""
    return data if data.startswith(_PNG_SIGNATURE) else encode_png(decode(data))
