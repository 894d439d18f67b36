"""Where the masks and crops of a parsing go, and how its outcome is printed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tryon_core.cli.pictures import as_png
from tryon_core.cli.printing import Document
from tryon_core.images import read_bytes
from tryon_core.models import Artifact, Category, GarmentRegion, UrlSource
from tryon_core.saving import check_replaceable, check_target, make_folder, write_atomically

Found: TypeAlias = Sequence[GarmentRegion | None]
Files: TypeAlias = Mapping[Category, tuple[Path, Path]]
"""Mask file and crop file by category."""


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
