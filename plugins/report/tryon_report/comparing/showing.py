"""A comparison to look at: the contact sheet, which is one image, and the table in a notebook."""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
from PIL import Image, ImageDraw, ImageFont

from tryon_core import PathSource
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright
from tryon_report.comparing.values import Compared, Comparison
from tryon_report.html import render
from tryon_report.thumbnails import Thumbnail, make_thumbnail

_WIDTH_PX, _HEIGHT_PX = 360, 480
"""The box of an image."""
_GAP_PX, _MARGIN_PX = 24, 32
_MOST_COLUMNS = 4
_PAPER, _INK, _SOFT, _BOX, _FAILED = "#ffffff", "#1c1c1e", "#56565c", "#f1f1f4", "#fbeceb"
_LEADING = 1.4


@attrs.frozen
class _Line:
    """A line of text."""

    text: str
    size_px: int = 15
    colour: str = _SOFT


@attrs.frozen(kw_only=True)
class _Tile:
    """An image, or the words instead of it, and the lines below it."""

    image: Path | None
    instead: Sequence[_Line] = ()
    lines: Sequence[_Line] = ()


def draw_sheet(comparison: Comparison) -> Image.Image:
    """Return the person, the garments, and below them what each vendor gave, or why nothing.

    An image that cannot be opened is replaced by words that say so.
    """
    given = [_input("person", comparison.person)]
    given += [_input(category, path) for category, path in comparison.garments.items()]
    results = [_result(vendor) for vendor in comparison.vendors]
    columns = max(2, min(_MOST_COLUMNS, max(len(given), len(results))))
    width = columns * (_WIDTH_PX + _GAP_PX) - _GAP_PX
    rows = [given, *(results[at : at + columns] for at in range(0, len(results), columns))]
    head = _wrapped([_Line(_title(comparison), 26, _INK)], width)
    foot = _wrapped([_Line(sentence) for sentence in comparison.footnotes], width)
    wrapped = [[_wrapped(tile.lines, _WIDTH_PX) for tile in row] for row in rows]
    heights = [_HEIGHT_PX + max(map(_height, row)) + 2 * _GAP_PX for row in wrapped]
    total = 2 * _MARGIN_PX + _height(head) + _GAP_PX + sum(heights) + _height(foot)
    sheet = Image.new("RGB", (width + 2 * _MARGIN_PX, total), _PAPER)
    y = _write(sheet, head, (_MARGIN_PX, _MARGIN_PX)) + _GAP_PX
    for row, texts, height in zip(rows, wrapped, heights, strict=True):
        for column, (tile, lines) in enumerate(zip(row, texts, strict=True)):
            x = _MARGIN_PX + column * (_WIDTH_PX + _GAP_PX)
            _show(sheet, tile, (x, y))
            _write(sheet, lines, (x, y + _HEIGHT_PX + _GAP_PX // 2))
        y += height
    _write(sheet, foot, (_MARGIN_PX, y))
    return sheet


def _title(comparison: Comparison) -> str:
    count = len(comparison.vendors)
    vendors = "1 vendor" if count == 1 else f"{count} vendors"
    garments = " and ".join(comparison.garments)
    return f"The same {garments} at {vendors}, {comparison.created_at:%Y-%m-%d}"


def _input(field: str, path: Path) -> _Tile:
    return _Tile(image=path, lines=[_Line(field, 19, _INK), _Line("as all vendors got it")])


def _result(vendor: Compared) -> _Tile:
    lines = [_Line(vendor.name, 19, _INK), _Line(_facts(vendor), colour=_INK)]
    for one in vendor.indicators:
        lines.append(_Line(f"{one.label}: {one}"))
        if one.reason:
            lines.append(_Line(one.reason))
    lines += [_Line(remark) for remark in vendor.remarks]
    return _Tile(image=vendor.image, instead=list(_why_not(vendor)), lines=lines)


def _facts(vendor: Compared) -> str:
    parts = [vendor.state_word, *filter(None, [vendor.verdict])]
    if vendor.total_s is not None:
        parts.append(f"{vendor.total_s:.1f} s")
    money = "cost nothing" if vendor.money == "nothing" else vendor.money
    steps = [] if vendor.first_step is None else ["two requests"]
    return ", ".join([*parts, money, *steps])


def _why_not(vendor: Compared) -> Iterator[_Line]:
    reason = vendor.reason
    if reason is None:
        yield _Line(vendor.state_word, 19, _INK)
        return
    yield _Line(reason.kind, 19, _INK)
    yield _Line(f"fault: {reason.fault}; retry: {reason.retry}; billed: {reason.billed}", 15, _INK)
    yield _Line(reason.message)
    if reason.remedy:
        yield _Line(reason.remedy, colour=_INK)


def _show(sheet: Image.Image, tile: _Tile, place: tuple[int, int]) -> None:
    """Put an image into its box, or the words instead of it."""
    x, y = place
    box = (x, y, x + _WIDTH_PX, y + _HEIGHT_PX)
    words = tile.instead
    if tile.image is not None:
        try:
            image = _small(tile.image)
        except UnusableImage as error:
            words = [_Line("cannot be shown", 19, _INK), _Line(error.reason)]
        else:
            sheet.paste(_BOX, box)
            at = x + (_WIDTH_PX - image.width) // 2, y + (_HEIGHT_PX - image.height) // 2
            sheet.paste(image, at, image if image.mode == "RGBA" else None)
            return
    sheet.paste(_FAILED, box)
    room = _WIDTH_PX - _GAP_PX
    lines = _wrapped(words, room)
    while _height(lines) > _HEIGHT_PX - _GAP_PX:
        lines = [*lines[:-2], _Line("…")]
    _write(sheet, lines, (x + _GAP_PX // 2, y + _GAP_PX // 2))


def _small(path: Path) -> Image.Image:
    image = load_upright(PathSource(path), field="image", max_side_px=2 * _HEIGHT_PX)
    factor = min(_WIDTH_PX / image.width, _HEIGHT_PX / image.height)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


@functools.cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _wrapped(lines: Sequence[_Line], width_px: int) -> list[_Line]:
    return [attrs.evolve(line, text=part) for line in lines for part in _parts(line, width_px)]


def _parts(line: _Line, width_px: int) -> Iterator[str]:
    """Yield what fits into one line each; a word that is too long is cut."""
    font, taken = _font(line.size_px), ""
    for word in line.text.split():
        longer = f"{taken} {word}" if taken else word
        if font.getlength(longer) <= width_px:
            taken = longer
            continue
        if taken:
            yield taken
        taken = word
        while font.getlength(taken) > width_px:
            fits = next(
                n for n in range(len(taken), 0, -1) if font.getlength(taken[:n]) <= width_px
            )
            yield taken[:fits]
            taken = taken[fits:]
    yield taken


def _height(lines: Sequence[_Line]) -> int:
    return sum(round(line.size_px * _LEADING) for line in lines)


def _write(sheet: Image.Image, lines: Sequence[_Line], place: tuple[int, int]) -> int:
    """Write lines below one another; return where the next one would be."""
    draw = ImageDraw.Draw(sheet)
    x, y = place
    for line in lines:
        draw.text((x, y), line.text, fill=line.colour, font=_font(line.size_px))
        y += round(line.size_px * _LEADING)
    return y


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
