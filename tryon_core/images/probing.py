"""What an image is, from its header: format, size, orientation, frames."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

import attrs

from tryon_core.errors import UnusableImage
from tryon_core.image_formats import HEAD_BYTES, has_pillow, image_format, seems_to_be
from tryon_core.images.files import describe, open_binary, opened_once, stream_size
from tryon_core.images.structure import heif_size
from tryon_core.models import ImageSource, PathSource

MAX_PIXELS = 178_956_970
"""Images that declare more pixels are not opened: the number at which Pillow itself refuses.

An image of this size takes 0.7 GB when decoded; 13,377 x 13,377 px is just within it.
"""
_SCREEN_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX"})
_REMEMBERED: ContextVar["dict[Path, ImageProbe] | None"] = ContextVar("probes", default=None)


@attrs.frozen(kw_only=True)
class ImageProbe:
    """What the header of an image file says.

    Without Pillow only `format` and `size_bytes` are known, and the sides of HEIC and AVIF. Where
    nothing that is installed decodes the format, `mode` is empty.

    Attributes:
        format: `JPEG`, `PNG`, `WEBP`, `BMP`, `GIF`, `TIFF`, `HEIC` or `AVIF`, by content.
        size_bytes: length of the file.
        width_px: width of the image as shown upright, None when unknown.
        height_px: height of the image as shown upright, None when unknown.
        orientation: EXIF orientation 1..8 of the stored image; 1 is upright, as HEIC always is:
            its turn is part of how it is decoded.
        mode: Pillow's name of the pixel format, such as `RGB` or `CMYK`, empty when the image
            cannot be decoded here.
        frames: number of frames or pages.
        has_alpha: whether it may have transparent parts.
    """

    format: str
    size_bytes: int
    width_px: int | None = None
    height_px: int | None = None
    orientation: int = 1
    mode: str = ""
    frames: int = 1
    has_alpha: bool = False


def is_odd(found: ImageProbe) -> bool:
    """Whether the pixels are of a kind that few services show properly, such as CMYK."""
    return bool(found.mode) and found.mode not in _SCREEN_MODES


def _check_pixels(width_px: int, height_px: int, field: str) -> None:
    """Refuse an image that is too large to be decoded safely."""
    if width_px * height_px > MAX_PIXELS:
        raise UnusableImage(
            f"the image declares {width_px}x{height_px} px; "
            f"more than {MAX_PIXELS:,} pixels are not opened, because they may exhaust the memory.",
            field=field,
            code="bomb",
            remedy="Scale it down with another program.",
        )


def _not_an_image(source: ImageSource, head: bytes, field: str) -> UnusableImage:
    return UnusableImage(
        f"{describe(source)} cannot be used: it seems to be {seems_to_be(head)}.",
        field=field,
        code="not_an_image",
        remedy="Pass a JPEG or PNG image.",
    )


def broken(source: ImageSource, format_name: str, *, field: str, cut: bool) -> UnusableImage:
    """Return the error for a file that is cut off, or else wrong inside."""
    what = "is cut off: the end is missing" if cut else "is damaged and cannot be decoded"
    return UnusableImage(
        f"{describe(source)} begins like {format_name} but {what}.",
        field=field,
        code="truncated" if cut else "damaged",
        remedy="Download, copy or export it again.",
    )


def _with_header(found: ImageProbe, file: BinaryIO, source: ImageSource, field: str) -> ImageProbe:
    try:
        known = _read(found, file)
    except Exception as error:  # Pillow raises nearly anything on damaged files.
        cut = isinstance(error, EOFError) or file.tell() >= found.size_bytes
        raise broken(source, found.format, field=field, cut=cut) from error
    if known.width_px is not None and known.height_px is not None:
        _check_pixels(known.width_px, known.height_px, field)
    return known


def _read(found: ImageProbe, file: BinaryIO) -> ImageProbe:
    is_readable = _readable(found.format)
    if found.format == "HEIC" or (found.format == "AVIF" and not is_readable):
        width_px, height_px = heif_size(file, found.size_bytes)
        mode = "RGB" if is_readable else ""
        return attrs.evolve(found, width_px=width_px, height_px=height_px, mode=mode)
    if not is_readable:
        return found
    from tryon_core.images.decoding import read_header  # noqa: PLC0415  (needs Pillow)

    return read_header(file, found)


def _readable(format_name: str) -> bool:
    if not has_pillow():
        return False
    from tryon_core.images.decoding import can_open  # noqa: PLC0415  (needs Pillow)

    return can_open(format_name)


@contextmanager
def remember_probes() -> Iterator[dict[Path, ImageProbe]]:
    """Look at each sound file once only within the `with` block, in this thread.

    For thousands of requests that share their images; a file that changes meanwhile is not seen.
    Gives what is remembered; what is put there is believed.
    """
    remembered: dict[Path, ImageProbe] = {}
    token = _REMEMBERED.set(remembered)
    try:
        yield remembered
    finally:
        _REMEMBERED.reset(token)


@contextmanager
def looked_at_once() -> Iterator[None]:
    """Open each local file once, and read its header once, within the `with` block, in this thread.

    A file that changes meanwhile is not seen.
    """
    with opened_once(), nullcontext() if _REMEMBERED.get() is not None else remember_probes():
        yield


def probe(source: ImageSource, *, field: str) -> ImageProbe:
    """Find out what an image is; reads its header only and decodes no pixel.

    Args:
        source: a path or bytes.
        field: the input that errors name, such as `person`.

    Raises:
        UnusableImage: with code `missing`, `unreadable`, `is_folder`, `empty`, `not_local`,
            `not_an_image`, `truncated`, `damaged`, or `bomb` above `MAX_PIXELS`.
    """
    remembered = _REMEMBERED.get()
    if remembered is None or not isinstance(source, PathSource):
        return _probe(source, field)
    if source.path not in remembered:
        remembered[source.path] = _probe(source, field)
    return remembered[source.path]


def _probe(source: ImageSource, field: str) -> ImageProbe:
    with open_binary(source, field=field) as file:
        size_bytes = stream_size(file)
        head = file.read(HEAD_BYTES)
        file.seek(0)
        format_name = image_format(head)
        if format_name is None:
            raise _not_an_image(source, head, field)
        found = ImageProbe(format=format_name, size_bytes=size_bytes)
        return _with_header(found, file, source, field)
