"""Every person with every garment, from two folders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tryon_batch.costs import counted
from tryon_batch.manifest.problems import RowProblem
from tryon_batch.manifest.rows import Manifest, Row, with_ids
from tryon_core import Category, PathSource
from tryon_core.engine import SUFFIXES

_KNOWN = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_NUMBER = re.compile("([0-9]+)")
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
_SHOWN = 3


def pair_folders(
    persons: Path,
    garments: Path,
    *,
    category: Category,
    provider: str | None,
    options: Mapping[str, str | list[str]],
) -> Manifest:
    """Ask for each garment on each person.

    Used are the files directly in each folder that have the suffix of an image and are not hidden,
    in natural order: `2.jpg` before `10.jpg`.

    Args:
        persons: folder of photos, of one person each.
        garments: folder of garments.
        category: what the garments are.
        provider: id of the provider.
        options: its options.
    """
    problems: list[RowProblem] = []
    notes: list[str] = []
    people = _images(persons, "persons", problems, notes)
    clothes = _images(garments, "garments", problems, notes)
    if provider is None:
        message = "no provider is named."
        problems.append(RowProblem(None, "provider", message=message, remedy="Name one."))
    rows = [
        Row(
            number=None,
            id="",
            inputs={"person": person, category: garment},
            provider=provider,
            options={},
        )
        for person in people
        for garment in clothes
    ]
    return Manifest(
        with_ids(rows, problems, folders=[persons, garments]),
        tuple(problems),
        source=f"the folders {str(persons)!r} and {str(garments)!r}",
        provider=provider,
        options=options,
        notes=tuple(notes),
    )


def _images(
    folder: Path, column: str, problems: list[RowProblem], notes: list[str]
) -> list[PathSource]:
    try:
        paths = sorted(_visible(folder), key=_natural)
        found = [PathSource(path) for path in paths if _is_image(path)]
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"the folder {str(folder)!r} cannot be read: {why}."
        problems.append(RowProblem(None, column, message=message, remedy="Check its path."))
        return []
    if not found:
        message = f"the folder {str(folder)!r} holds no image."
        remedy = f"Put files that end in {', '.join(sorted(_KNOWN))} directly into it."
        problems.append(RowProblem(None, column, message=message, remedy=remedy))
    notes += _left_out(folder, [path for path in paths if not _is_image(path)])
    return found


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if not path.name.startswith(".") and path.name.casefold() not in _OF_SYSTEMS:
            yield path


def _is_image(path: Path) -> bool:
    # A broken link is reported as a problem when rows are checked; leaving it out would hide it.
    return path.suffix.lower() in _KNOWN and not path.is_dir()


def _left_out(folder: Path, paths: Sequence[Path]) -> Iterator[str]:
    """Yield sentences about files and folders that are not used."""
    folders = [f"{path.name}/" for path in paths if path.is_dir()]
    files = [path.name for path in paths if not path.is_dir()]
    for names, thing, one, several in (
        (files, "file", "is no image by its name", "are no images by their names"),
        (folders, "folder", "is not looked into", "are not looked into"),
    ):
        if names:
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            what = one if len(names) == 1 else several
            shown = ", ".join(names[:_SHOWN])
            yield f"{counted(len(names), thing)} of {str(folder)!r} {what}: {shown}{more}."


def _natural(path: Path) -> tuple[list[str | int], str]:
    parts = _NUMBER.split(path.name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], path.name
