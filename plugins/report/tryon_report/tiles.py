"""A contact sheet: one image of tiles in rows, with lines of text below each."""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
from PIL import Image, ImageDraw, ImageFont

from tryon_core import PathSource
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright

TITLE_PX, NAME_PX, TEXT_PX = 26, 19, 15
"""Sizes of text."""
INK, SOFT = "#1c1c1e", "#56565c"
"""Colours of text, on white and on the colour of a tile without an image."""
_PAPER, _BOX, _WORDS = "#ffffff", "#f1f1f4", "#fbeceb"
BOX_PX = (360, 480)
"""Width and height of the box of an image."""
_GAP_PX, _MARGIN_PX = 24, 32
_LEADING = 1.4


@attrs.frozen
class Line:
    """A line of text, which is broken where it is too long.

    Attributes:
        text: what it says.
        size_px: its height, in pixels.
        colour: its colour.
    """

    text: str
    size_px: int = TEXT_PX
    colour: str = SOFT


@attrs.frozen(kw_only=True)
class Tile:
    """An image, and the lines below it.

    Attributes:
        image: its file, None when there is none.
        instead: what is said where there is none; without it the place stays empty.
        lines: what is said below it.
    """

    image: Path | None
    instead: Sequence[Line] = ()
    lines: Sequence[Line] = ()


def draw_tiles(
    rows: Sequence[Sequence[Tile]],
    *,
    head: Sequence[Line] = (),
    foot: Sequence[Line] = (),
    box_px: tuple[int, int] = BOX_PX,
    group: int = 0,
) -> Image.Image:
    """Return a sheet of tiles.

    An image that cannot be opened is replaced by words that say so.

    Args:
        rows: at least one tile in each; the longest row decides how wide the sheet is.
        head: what is said above them.
        foot: what is said below them.
        box_px: width and height of the box of an image.
        group: so many tiles of a row belong together, with more room before the next ones; 0 for
            tiles that are all alike.
    """
    width_px, height_px = box_px
    lefts = [
        _MARGIN_PX + nth * (width_px + _GAP_PX) + (nth // group * 2 * _GAP_PX if group else 0)
        for nth in range(max(map(len, rows)))
    ]
    width = lefts[-1] + width_px - _MARGIN_PX
    above, below = _wrapped(head, width), _wrapped(foot, width)
    wrapped = [[_wrapped(tile.lines, width_px) for tile in row] for row in rows]
    heights = [height_px + max(map(_height, row)) + 2 * _GAP_PX for row in wrapped]
    total = 2 * _MARGIN_PX + _height(above) + _GAP_PX + sum(heights) + _height(below)
    sheet = Image.new("RGB", (width + 2 * _MARGIN_PX, total), _PAPER)
    y = _write(sheet, above, (_MARGIN_PX, _MARGIN_PX)) + _GAP_PX
    for row, texts, height in zip(rows, wrapped, heights, strict=True):
        for x, tile, lines in zip(lefts, row, texts, strict=False):
            _show(sheet, tile, (x, y, x + width_px, y + height_px))
            _write(sheet, lines, (x, y + height_px + _GAP_PX // 2))
        y += height
    _write(sheet, below, (_MARGIN_PX, y))
    return sheet


def _show(sheet: Image.Image, tile: Tile, box: tuple[int, int, int, int]) -> None:
    """Put an image into its box, or the words instead of it."""
    x, y, right, bottom = box
    words = tile.instead
    if tile.image is not None:
        try:
            image = _small(tile.image, right - x, bottom - y)
        except UnusableImage as error:
            words = [Line("cannot be shown", NAME_PX, INK), Line(error.reason)]
        else:
            sheet.paste(_BOX, box)
            at = (x + right - image.width) // 2, (y + bottom - image.height) // 2
            sheet.paste(image, at, image if image.mode == "RGBA" else None)
            return
    if not words:
        return
    sheet.paste(_WORDS, box)
    lines = _wrapped(words, right - x - _GAP_PX)
    while lines and _height(lines) > bottom - y - _GAP_PX:
        lines = [*lines[:-2], Line("…")] if lines[1:] else []
    _write(sheet, lines, (x + _GAP_PX // 2, y + _GAP_PX // 2))


def _small(path: Path, width_px: int, height_px: int) -> Image.Image:
    most_px = 2 * max(width_px, height_px)
    image = load_upright(PathSource(path), field="image", max_side_px=most_px)
    factor = min(width_px / image.width, height_px / image.height)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


@functools.cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _wrapped(lines: Sequence[Line], width_px: int) -> list[Line]:
    return [attrs.evolve(line, text=part) for line in lines for part in _parts(line, width_px)]


def _parts(line: Line, width_px: int) -> Iterator[str]:
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
        while taken[1:] and font.getlength(taken) > width_px:
            fits = next(
                (n for n in range(len(taken), 1, -1) if font.getlength(taken[:n]) <= width_px), 1
            )
            yield taken[:fits]
            taken = taken[fits:]
    yield taken


def _height(lines: Sequence[Line]) -> int:
    return sum(round(line.size_px * _LEADING) for line in lines)


def _write(sheet: Image.Image, lines: Sequence[Line], place: tuple[int, int]) -> int:
    """Write lines below one another; return where the next one would be."""
    draw = ImageDraw.Draw(sheet)
    x, y = place
    for line in lines:
        draw.text((x, y), line.text, fill=line.colour, font=_font(line.size_px))
        y += round(line.size_px * _LEADING)
    return y
