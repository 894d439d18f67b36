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
_WIDTH_PX, _HEIGHT_PX = 360, 480
"""The box of an image."""
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
        instead: what is said where there is none.
        lines: what is said below it.
    """

    image: Path | None
    instead: Sequence[Line] = ()
    lines: Sequence[Line] = ()


def draw_tiles(
    rows: Sequence[Sequence[Tile]], *, head: Sequence[Line] = (), foot: Sequence[Line] = ()
) -> Image.Image:
    """Return a sheet of tiles.

    An image that cannot be opened is replaced by words that say so.

    Args:
        rows: at least one tile in each; the longest row decides how wide the sheet is.
        head: what is said above them.
        foot: what is said below them.
    """
    columns = max(map(len, rows))
    width = columns * (_WIDTH_PX + _GAP_PX) - _GAP_PX
    above, below = _wrapped(head, width), _wrapped(foot, width)
    wrapped = [[_wrapped(tile.lines, _WIDTH_PX) for tile in row] for row in rows]
    heights = [_HEIGHT_PX + max(map(_height, row)) + 2 * _GAP_PX for row in wrapped]
    total = 2 * _MARGIN_PX + _height(above) + _GAP_PX + sum(heights) + _height(below)
    sheet = Image.new("RGB", (width + 2 * _MARGIN_PX, total), _PAPER)
    y = _write(sheet, above, (_MARGIN_PX, _MARGIN_PX)) + _GAP_PX
    for row, texts, height in zip(rows, wrapped, heights, strict=True):
        for column, (tile, lines) in enumerate(zip(row, texts, strict=True)):
            x = _MARGIN_PX + column * (_WIDTH_PX + _GAP_PX)
            _show(sheet, tile, (x, y))
            _write(sheet, lines, (x, y + _HEIGHT_PX + _GAP_PX // 2))
        y += height
    _write(sheet, below, (_MARGIN_PX, y))
    return sheet


def _show(sheet: Image.Image, tile: Tile, place: tuple[int, int]) -> None:
    """Put an image into its box, or the words instead of it."""
    x, y = place
    box = (x, y, x + _WIDTH_PX, y + _HEIGHT_PX)
    words = tile.instead
    if tile.image is not None:
        try:
            image = _small(tile.image)
        except UnusableImage as error:
            words = [Line("cannot be shown", NAME_PX, INK), Line(error.reason)]
        else:
            sheet.paste(_BOX, box)
            at = x + (_WIDTH_PX - image.width) // 2, y + (_HEIGHT_PX - image.height) // 2
            sheet.paste(image, at, image if image.mode == "RGBA" else None)
            return
    sheet.paste(_WORDS, box)
    room = _WIDTH_PX - _GAP_PX
    lines = _wrapped(words, room)
    while _height(lines) > _HEIGHT_PX - _GAP_PX:
        lines = [*lines[:-2], Line("…")]
    _write(sheet, lines, (x + _GAP_PX // 2, y + _GAP_PX // 2))


def _small(path: Path) -> Image.Image:
    image = load_upright(PathSource(path), field="image", max_side_px=2 * _HEIGHT_PX)
    factor = min(_WIDTH_PX / image.width, _HEIGHT_PX / image.height)
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
        while font.getlength(taken) > width_px:
            fits = next(
                n for n in range(len(taken), 0, -1) if font.getlength(taken[:n]) <= width_px
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
