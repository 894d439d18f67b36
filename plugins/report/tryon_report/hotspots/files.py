"""What `tryon hotspots` writes: boxes by the caller's keys as JSON, and the catalogue as a page."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import attrs

from tryon_batch.costs import counted
from tryon_core import Category
from tryon_core.cli.hotspots import by_key, hotspot_document, is_web_address
from tryon_core.cli.printing import Document
from tryon_core.engine import CATEGORIES, json_text, write_atomically
from tryon_core.errors import InputError, OutputError
from tryon_report.hotspots.images import Image, Outcome
from tryon_report.hotspots.page import Photo, Remark, Spot, hotspots_page, not_worn

Result: TypeAlias = tuple[Image, Outcome]
DOCUMENT, PAGE = "hotspots.json", "hotspots.html"
_SIGN = "tryon-report"
"""Is at the beginning of each file that we write, and may write again."""
_SIGN_WITHIN = 2000
_SHOWN = 5


@attrs.frozen(kw_only=True)
class Columns:
    """The caller's own columns that say something of a garment.

    Attributes:
        every: of the garments of all other categories, None for no column.
        own: by category.
    """

    every: str | None = None
    own: Mapping[Category, str] = attrs.field(factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str], *, option: str) -> "Columns":
        """Read `COLUMN` or `CATEGORY=COLUMN`, as an option gets them.

        Raises:
            InputError: one category is named twice.
        """
        every: list[str] = []
        own: dict[Category, str] = {}
        for text in texts:
            name, equals, column = text.partition("=")
            category = next((one for one in CATEGORIES if equals and one == name), None)
            if category is None:
                every.append(text)
            elif category in own:
                raise InputError(f"{option} names {category} twice.")
            else:
                own[category] = column
        if len(every) > 1:
            raise InputError(
                f"{option} names two columns for every garment: {every[0]!r} and {every[1]!r}.",
                remedy="Name a category with each: top=COLUMN.",
            )
        return cls(every=every[0] if every else None, own=own)

    def of_garment(self, image: Image, category: Category) -> str | None:
        """Return what the row says of a garment, None when it says nothing."""
        column = self.own.get(category, self.every)
        entry = image.entry
        value = None if column is None else entry.own.get(column, entry.given.get(column))
        return None if value is None or not str(value).strip() else str(value)

    def check(self, images: Sequence[Image], *, option: str) -> None:
        """Make sure that the columns are there.

        Raises:
            InputError: one is in no row.
        """
        there = {name for one in images for name in (*one.entry.own, *one.entry.given)}
        for column in filter(None, (self.every, *self.own.values())):
            if images and column not in there:
                raise InputError(
                    f"{option}: no row has a column {column!r}.",
                    remedy=f"There is: {', '.join(sorted(there))}.",
                )


@attrs.frozen(kw_only=True)
class Names:
    """What the caller calls the garments, and where clicks on them lead.

    Attributes:
        skus: columns with the caller's names.
        links: columns with addresses.
    """

    skus: Columns = attrs.field(factory=Columns)
    links: Columns = attrs.field(factory=Columns)

    def check(self, images: Sequence[Image]) -> None:
        """Make sure that all of it can be used.

        Raises:
            InputError: a column is not there, or an address is none of a page.
        """
        self.skus.check(images, option="--sku-column")
        self.links.check(images, option="--link-column")
        wrong = [
            f"{image.entry.id} ({link!r})"
            for image in images
            for category in image.categories
            if (link := self.links.of_garment(image, category)) and not is_web_address(link)
        ]
        if wrong:
            more = f" and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
            raise InputError(
                f"--link-column: not an address that begins with http or https: "
                f"{', '.join(wrong[:_SHOWN])}{more}.",
                remedy="Correct the column, and run the catalogue with --resume: nothing is sent.",
            )

    def unnamed(self, images: Iterable[Image]) -> list[str]:
        """Return the ids of rows in whose column a garment has no name, where there is a column."""
        if self.skus == Columns():
            return []
        return list(
            dict.fromkeys(
                image.entry.id
                for image in images
                for category in image.categories
                if self.skus.of_garment(image, category) is None
            )
        )


@attrs.frozen(kw_only=True)
class Output:
    """The two files of a catalogue, in one folder.

    Attributes:
        folder: where they are.
        names: what the caller calls the garments.
    """

    folder: Path
    names: Names

    @property
    def document(self) -> Path:
        """The JSON."""
        return self.folder / DOCUMENT

    @property
    def page(self) -> Path:
        """The page."""
        return self.folder / PAGE

    def check(self) -> None:
        """Make sure, before anything is paid, that no other file will be replaced.

        Raises:
            OutputError: a file has such a name and is none of ours.
        """
        for path in (self.document, self.page):
            if path.exists() and _SIGN not in _beginning(path):
                raise OutputError(
                    f"{str(path)!r} exists already, and tryon did not write it.",
                    remedy="Move it away, or choose another output folder.",
                )

    def write(self, results: Sequence[Result]) -> None:
        """Write both files, each whole or not at all.

        Raises:
            OutputError: one cannot be written.
        """
        document = {
            "made_with": _SIGN,
            "hotspots": by_key(entry for result in results for entry in self._entries(*result)),
            "missing": [self._missing(*one) for one in results if one[1].state != "found"],
        }
        text = json_text(document, indent=2) + "\n"
        write_atomically(self.document, text.encode(), overwrite=True)
        found = sum(spot is not None for _, one in results for spot in one.found.values())
        page = hotspots_page(
            f"Hotspots of {self.folder.resolve().name}",
            [self._photo(*result) for result in results],
            summary=f"{counted(len(results), 'image')}, {counted(found, 'garment')}",
        )
        write_atomically(self.page, page.encode(), overwrite=True)

    def _entries(self, image: Image, outcome: Outcome) -> Iterator[tuple[str, Document | None]]:
        place = {"row": image.entry.id, "file": self._way(image)}
        for category, spot in outcome.found.items():
            sku = self.names.skus.of_garment(image, category)
            link = self.names.links.of_garment(image, category)
            key = image.entry.id if sku is None else sku
            found = {} if spot is None else hotspot_document(spot, sku=sku, link=link)
            yield key, {**place, **found} if found else None

    def _missing(self, image: Image, outcome: Outcome) -> Document:
        return {
            "row": image.entry.id,
            "file": self._way(image),
            "state": outcome.state,
            "categories": [one for one in image.categories if one not in outcome.found],
            "error": outcome.error,
        }

    def _photo(self, image: Image, outcome: Outcome) -> Photo:
        spots, remarks = [], []
        for category, spot in outcome.found.items():
            sku = self.names.skus.of_garment(image, category)
            if spot is None:
                remarks.append(not_worn(category, sku))
            else:
                link = self.names.links.of_garment(image, category)
                spots.append(Spot(hotspot=spot, sku=sku, link=link))
        if outcome.state != "found":
            why = (outcome.error or {}).get("message", "not looked at yet.")
            remarks.append(Remark(text=f"{outcome.state.replace('_', ' ')}: {why}", tone="bad"))
        # What cannot be parsed is mostly gone, or no image.
        uri = None if outcome.state == "refused" else quote(self._way(image))
        return Photo(name=image.entry.id, uri=uri, spots=spots, remarks=remarks)

    def _way(self, image: Image) -> str:
        try:
            way = os.path.relpath(image.path.resolve(), self.folder.resolve())
        except ValueError:  # another drive of Windows
            way = str(image.path.resolve())
        return Path(way).as_posix()


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_SIGN_WITHIN)
