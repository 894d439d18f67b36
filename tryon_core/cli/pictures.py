"""PNG files, and pictures side by side on one sheet."""

import io
from collections.abc import Sequence

from PIL import Image, ImageOps

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEIGHT_PX = 768
_GAP_PX = 24
_PAPER = (255, 255, 255)


def encode_png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    """Return the picture of an image file that is known to be sound."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture


def as_png(data: bytes) -> bytes:
    """Return an image file as PNG: the same bytes, metadata included, when it is one."""
    return data if data.startswith(_PNG_SIGNATURE) else encode_png(decode(data))


def side_by_side(columns: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return one picture with a column for each entry; pictures in a column stand on each other.

    Args:
        columns: at least one column, each with at least one picture.
    """
    drawn = [_column(pictures) for pictures in columns]
    width_px = sum(column.width for column in drawn) + _GAP_PX * (len(drawn) + 1)
    sheet = Image.new("RGB", (width_px, _HEIGHT_PX + 2 * _GAP_PX), _PAPER)
    left_px = _GAP_PX
    for column in drawn:
        sheet.paste(column, (left_px, _GAP_PX))
        left_px += column.width + _GAP_PX
    return sheet


def _column(pictures: Sequence[Image.Image]) -> Image.Image:
    height_px = (_HEIGHT_PX - _GAP_PX * (len(pictures) - 1)) // len(pictures)
    cells = [_cell(picture, height_px) for picture in pictures]
    width_px = max(cell.width for cell in cells)
    column = Image.new("RGB", (width_px, _HEIGHT_PX), _PAPER)
    for index, cell in enumerate(cells):
        left_px = (width_px - cell.width) // 2
        column.paste(cell, (left_px, index * (height_px + _GAP_PX)))
    return column


def _cell(picture: Image.Image, height_px: int) -> Image.Image:
    """Scale to the height, and put transparent parts on paper."""
    scaled = ImageOps.contain(picture.convert("RGBA"), (_HEIGHT_PX, height_px))
    cell = Image.new("RGB", scaled.size, _PAPER)
    cell.paste(scaled, mask=scaled.getchannel("A"))
    return cell
