"""A comparison to look at: the contact sheet, which is one image, and the table in a notebook."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tryon_core import PathSource
from tryon_core.errors import UnusableImage
from tryon_report.comparing.values import Compared, Comparison
from tryon_report.html import render
from tryon_report.thumbnails import Thumbnail, make_thumbnail
from tryon_report.tiles import INK, NAME_PX, TITLE_PX, Line, Tile, draw_tiles

_MOST_COLUMNS = 4


def draw_sheet(comparison: Comparison) -> Image.Image:
    """Return the person, the garments, and below them what each vendor gave, or why nothing.

    An image that cannot be opened is replaced by words that say so.
    """
    given = [_input("person", comparison.person)]
    given += [_input(category, path) for category, path in comparison.garments.items()]
    results = [_result(vendor) for vendor in comparison.vendors]
    columns = min(_MOST_COLUMNS, max(len(given), len(results)))
    return draw_tiles(
        [given, *(results[at : at + columns] for at in range(0, len(results), columns))],
        head=[Line(_title(comparison), TITLE_PX, INK)],
        foot=[Line(sentence) for sentence in comparison.footnotes],
    )


def _title(comparison: Comparison) -> str:
    count = len(comparison.vendors)
    vendors = "1 vendor" if count == 1 else f"{count} vendors"
    garments = " and ".join(comparison.garments)
    return f"The same {garments} at {vendors}, {comparison.created_at:%Y-%m-%d}"


def _input(field: str, path: Path) -> Tile:
    return Tile(image=path, lines=[Line(field, NAME_PX, INK), Line("as all vendors got it")])


def _result(vendor: Compared) -> Tile:
    lines = [Line(vendor.name, NAME_PX, INK), Line(_facts(vendor), colour=INK)]
    for one in vendor.indicators:
        lines.append(Line(f"{one.label}: {one}"))
        if one.reason:
            lines.append(Line(one.reason))
    lines += [Line(remark) for remark in vendor.remarks]
    return Tile(image=vendor.image, instead=list(_why_not(vendor)), lines=lines)


def _facts(vendor: Compared) -> str:
    parts = [vendor.state_word, *filter(None, [vendor.verdict])]
    if vendor.total_s is not None:
        parts.append(f"{vendor.total_s:.1f} s")
    money = "cost nothing" if vendor.money == "nothing" else vendor.money
    steps = [] if vendor.first_step is None else ["two requests"]
    return ", ".join([*parts, money, *steps])


def _why_not(vendor: Compared) -> Iterator[Line]:
    reason = vendor.reason
    if reason is None:
        yield Line(vendor.state_word, NAME_PX, INK)
        return
    yield Line(reason.kind, NAME_PX, INK)
    yield Line(f"fault: {reason.fault}; retry: {reason.retry}; billed: {reason.billed}", colour=INK)
    yield Line(reason.message)
    if reason.remedy:
        yield Line(reason.remedy, colour=INK)


def table_of(comparison: Comparison) -> str:
    """Return a table of HTML; an image that cannot be opened is left out."""
    given = [("person", comparison.person), *comparison.garments.items()]
    return render(
        "comparison_cell.html",
        labels=comparison.labels,
        given=[(name, _thumbnail(path)) for name, path in given],
        vendors=[(vendor, _thumbnail(vendor.image)) for vendor in comparison.vendors],
        about=comparison.footnotes,
    )


def _thumbnail(path: Path | None) -> Thumbnail | None:
    if path is None:
        return None
    try:
        return make_thumbnail(PathSource(path))
    except UnusableImage:
        return None
