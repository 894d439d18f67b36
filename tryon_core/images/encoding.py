"""Write a picture as JPEG or PNG, without metadata."""

import io
from collections.abc import Iterator
from typing import Any

import attrs
from PIL import Image

_FULL_COLOUR_QUALITY = 90


@attrs.frozen(kw_only=True)
class Coding:
    """One way to write a picture.

    Attributes:
        format: `JPEG` or `PNG`.
        label: how sentences call it.
        options: what Pillow's writer is told.
        wasteful: only good for making a file larger.
    """

    format: str
    label: str
    options: dict[str, Any]
    wasteful: bool = False


def _jpeg(quality: int, *, wasteful: bool = False) -> Coding:
    # Print and thin stripes need colour at full resolution; low qualities save it.
    subsampling = 0 if quality >= _FULL_COLOUR_QUALITY else 2
    # Not "optimize": Pillow then fails on noisy pictures, whose files outgrow its buffer.
    return Coding(
        format="JPEG",
        label=f"JPEG (quality {quality})",
        options={"quality": quality, "subsampling": subsampling},
        wasteful=wasteful,
    )


_JPEGS = tuple(_jpeg(quality) for quality in (95, 90, 85, 80, 75))
_BEST_JPEG = _jpeg(100, wasteful=True)
_PNG = Coding(format="PNG", label="PNG", options={"compress_level": 4})
_RAW_PNG = Coding(
    format="PNG", label="uncompressed PNG", options={"compress_level": 0}, wasteful=True
)


def codings(mode: str, formats: frozenset[str], *, lossless: bool) -> Iterator[Coding]:
    """Yield the ways to write a picture, the preferred ones first, the wasteful ones last.

    Args:
        mode: `RGB`, or `RGBA` which only PNG can hold.
        formats: which of `JPEG` and `PNG` may be used.
        lossless: the original is without loss, so that PNG keeps all of it.
    """
    jpeg = "JPEG" in formats and mode == "RGB"
    png = "PNG" in formats
    if png and (lossless or not jpeg):
        yield _PNG
    if jpeg:
        yield from _JPEGS
        yield _BEST_JPEG
    if png:
        yield _RAW_PNG


def encode(picture: Image.Image, coding: Coding) -> bytes:
    """Write an RGB or RGBA picture; the same picture gives the same bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, coding.format, **coding.options)
    return buffer.getvalue()


def is_opaque(picture: Image.Image) -> bool:
    """Whether no part of the picture is transparent."""
    return picture.mode != "RGBA" or picture.getchannel("A").getextrema() == (255, 255)


def on_white(picture: Image.Image) -> Image.Image:
    """Return the picture in RGB, with white where it is transparent."""
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")
