"""The saved images of runs, what is looked for in them, and what became of that."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_batch import Entry, RunFolder
from tryon_batch.ids import is_first_step
from tryon_core import Category, Hotspot, ProviderInfo
from tryon_core.engine import CATEGORIES
from tryon_core.errors import InputError

State: TypeAlias = Literal["found", "refused", "failed", "outcome_unknown", "left"]
"""`refused` the image cannot be parsed; `failed` it was paid for and gave nothing;
`outcome_unknown` the answer was lost; `left` a later call can go on with it."""
STATES: tuple[State, ...] = get_args(State)
Found: TypeAlias = Mapping[Category, Hotspot | None]
"""Where garments are, by category; None for what is not worn."""
Key: TypeAlias = tuple[str, str]
"""The content of an image, and who parses it."""


@attrs.frozen(kw_only=True)
class Image:
    """One saved image of an item, and what is looked for in it.

    Attributes:
        run: its run.
        entry: its item.
        path: the file.
        sha256: of the file, None when it cannot be read.
        provider: id of the provider that parses it.
        categories: what to look for.
    """

    run: RunFolder
    entry: Entry
    path: Path
    sha256: str | None
    provider: str
    categories: tuple[Category, ...]

    @property
    def key(self) -> Key:
        """Equal for equal content at the same provider: that is parsed once."""
        return self.sha256 or str(self.path), self.provider


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of the parsing of one image.

    Attributes:
        state: what is known.
        found: where its garments are, by category; None for what is not worn.
        error: why some of it is not known.
    """

    state: State
    found: Found = attrs.field(factory=dict)
    error: Mapping[str, Any] | None = None


@attrs.frozen(kw_only=True)
class Task:
    """One image to be parsed, for all items that have it.

    Attributes:
        images: the items' images, all of the same content.
        categories: what is not known of it yet.
        found: what is.
    """

    images: Sequence[Image]
    categories: tuple[Category, ...]
    found: Found


def find_images(
    runs: Sequence[RunFolder], *, parser: str | None, categories: Sequence[Category]
) -> list[Image]:
    """Return the saved images of all items; of an outfit in two steps those of the last one.

    Args:
        runs: of which.
        parser: id of the provider that parses; None for the one that made the image.
        categories: what to look for, empty for the categories of each item's garments.
    """
    images = []
    for run in runs:
        for entry in run.entries("saved"):
            if is_first_step(entry.id):
                continue
            asked = tuple(one for one in CATEGORIES if one in (categories or entry.given))
            images += [
                Image(
                    run=run,
                    entry=entry,
                    path=path,
                    sha256=_digest(path),
                    provider=parser or entry.provider,
                    categories=tuple(one for one in asked if categories or entry.given[one]),
                )
                for path in run.paths(entry)
            ]
    return images


def check_parsers(images: Iterable[Image], infos: Mapping[str, ProviderInfo]) -> None:
    """Make sure that each image is looked at by a provider that can find what is looked for.

    Raises:
        InputError: names each provider that cannot.
    """
    missing: dict[str, dict[Category, None]] = {}
    for image in images:
        able = infos[image.provider].capabilities.parse_categories
        for category in image.categories:
            if category not in able:
                missing.setdefault(image.provider, {})[category] = None
    if missing:
        names = "; ".join(f"{name} finds no {' or '.join(what)}" for name, what in missing.items())
        raise InputError(
            f"not every image can be parsed: {names}.",
            remedy="Name a provider that can with -p; `tryon providers --check` lists what each "
            "can parse, and `-p local` is free.",
        )


def count_calls(task: Task, info: ProviderInfo) -> int:
    """Return the calls that a task takes: vendors look for some categories together only."""
    groups = info.capabilities.parse_together or (task.categories,)
    return sum(any(one in task.categories for one in group) for group in groups)


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
