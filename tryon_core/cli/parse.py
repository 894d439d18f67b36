"""The command `parse`: its masks and crops as files, its outcome as lines."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import click
from PIL import Image

# Its names are imported on first use: the client makes `--help` slow.
import tryon_core
from tryon_core.cli.hotspots import (
    by_category,
    by_key,
    hotspot_document,
    links_by_category,
)
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
from tryon_core.errors import InputError, TryOnError
from tryon_core.images import probe, read_bytes
from tryon_core.installed import optional_package
from tryon_core.models import (
    CATEGORIES,
    Artifact,
    Category,
    GarmentRegion,
    Hotspot,
    ImageSource,
    UrlSource,
    as_source,
)
from tryon_core.saving import check_replaceable, check_target, make_folder, write_atomically

Found: TypeAlias = Sequence[GarmentRegion | None]
Files: TypeAlias = Mapping[Category, tuple[Path, Path]]
"""Mask file and crop file by category."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@click.command(
    epilog=example(
        "tryon parse -p local person.jpg --category top --category bottom --out parts",
        "tryon parse -p local person.jpg --category top --sku top=ABC-1 --html --out parts",
    ),
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
@click.option(
    "--sku",
    "skus",
    multiple=True,
    callback=by_category,
    metavar="CATEGORY=SKU",
    help="Your name for this garment, the key of its box in JSON; may be repeated.",
)
@click.option(
    "--link",
    "links",
    multiple=True,
    callback=links_by_category,
    metavar="CATEGORY=URL",
    help="Where a click on this garment leads; may be repeated.",
)
@click.option(
    "--html", "is_html", is_flag=True, help="Write a page of the photo, its garments as links."
)
@fit_option
@out_options("Folder for masks, crops and page; made when missing.")
@common_options
@click.pass_obj
def parse(
    invocation: Invocation,
    image: str,
    *,
    provider: str,
    categories: tuple[Category, ...],
    skus: Mapping[Category, str],
    links: Mapping[Category, str],
    is_html: bool,
    fit: bool,
    out: str,
    force: bool,
    config: Path | None,
) -> None:
    """Find garments on the photo IMG, and write a mask and a crop of each.

    Prints a line for each category: its box (x1 y1 x2 y2, in pixels of the upright photo), or
    `not worn`. With --json it says where each lies in percent and for CSS as well, by your SKU.
    With --html it also writes a page whose boxes are links, and prints its path.
    """
    asked = tuple(dict.fromkeys(categories))
    _check_named([*skus, *links], asked)
    page = _page_path(image, Path(out), force=force) if is_html else None
    report = optional_package("tryon_report", "pages") if is_html else None
    files = plan_files(image, asked, folder=Path(out), force=force)
    with (
        open_client(invocation, provider, config=config) as client,
        show_progress(quiet=invocation.quiet) as say,
    ):
        # Its price is not that of a try-on; the errors of the call say themselves what it cost.
        invocation.is_free = False
        photo = _photo(client, image) if is_html or skus or links else None
        shown = report.page_image(photo) if report else ""
        say("parsing")
        try:
            found = client.parse_garment(image, asked, fit=fit)
        except TryOnError as error:
            write_regions(error.regions.values(), files)
            for path in written(error.regions, files):
                note(f"found before this went wrong: {path}")
            raise
    write_regions(found, files)
    try:
        spots = _hotspots(asked, found, photo)
    except InputError as error:
        from tryon_core.parsing import billed_for_parsing  # noqa: PLC0415  (slow)

        error.billed = billed_for_parsing(client.info)
        raise
    if report and page and spots is not None:
        text = report.parsed_page(_stem(image), shown, spots, skus=skus, links=links)
        write_atomically(page, text.encode(), overwrite=True)
    if invocation.as_json:
        print_document(
            {
                "provider": client.info.id,
                "regions": region_documents(asked, found, files),
                "hotspots": None if spots is None else _keyed(spots, skus, links),
                "page": None if page is None else str(page),
            }
        )
    else:
        pages = [] if page is None else [f"page: {page}"]
        click.echo("\n".join([*region_lines(asked, found), *pages]))


def _check_named(named: Iterable[Category], asked: Sequence[Category]) -> None:
    for category in named:
        if category not in asked:
            raise click.UsageError(
                f"--sku or --link names {category}: look for it too (--category {category})."
            )


def _stem(image: str) -> str:
    return Path(image.partition("?")[0]).stem or "image"


def _page_path(image: str, folder: Path, *, force: bool) -> Path:
    path = folder / f"{_stem(image)}-hotspots.html"
    check_replaceable(path, overwrite=force)
    return path


def _photo(client: tryon_core.Client, image: str) -> ImageSource:
    """Return the photo as a file or as bytes, fetched where it is an address.

    Raises:
        DownloadFailed: it cannot be fetched.
    """
    from tryon_core.fetching import fetch_artifact  # noqa: PLC0415  (slow)

    session = client.session
    photo = Artifact(source=as_source(image))
    return fetch_artifact(
        photo, session.transport, deadline_s=session.download_deadline_s(), trust=session.trust
    ).source


def _hotspots(
    categories: Sequence[Category], found: Found, photo: ImageSource | None
) -> dict[Category, Hotspot | None] | None:
    """Return where the garments are; None when nobody has opened the photo."""
    size = None
    if photo is not None:
        opened = probe(photo, field="image")
        size = (opened.width_px or 0, opened.height_px or 0)
    if size is None and any(region and region.photo_size_px is None for region in found):
        return None
    return {
        category: region.hotspot(region.photo_size_px or size) if region else None
        for category, region in zip(categories, found, strict=True)
    }


def _keyed(
    spots: Mapping[Category, Hotspot | None],
    skus: Mapping[Category, str],
    links: Mapping[Category, str],
) -> Document:
    return by_key(
        (
            skus.get(category, category),
            hotspot_document(spot, sku=skus.get(category), link=links.get(category))
            if spot
            else None,
        )
        for category, spot in spots.items()
    )


def plan_files(image: str, categories: Sequence[Category], *, folder: Path, force: bool) -> Files:
    """Return the files to write, named after the photo, and refuse those that exist.

    Raises:
        OutputError: a file exists and may not be replaced, or the folder cannot be used.
    """
    stem = _stem(image)
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
