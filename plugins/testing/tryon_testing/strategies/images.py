"""Images at the limits of image rules and just beyond them, each drawn once."""

import functools
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
from hypothesis import strategies as st
from PIL import Image

from tryon_core.image_formats import FORMATS
from tryon_core.models import BytesSource, ImageRules, ImageSource, PathSource, UrlSource

DRAWABLE = tuple(sorted(name for name, entry in FORMATS.items() if entry.is_basic))
"""Formats in which an image can be drawn; HEIC and AVIF depend on how Pillow was built."""
LARGEST_BYTES = 64 * 1000 * 1000
"""Limits on bytes beyond this are not tried: the images would fill the memory."""

_UNNAMED_FORMATS = frozenset({"JPEG", "PNG"})
_FREE_SIDE_PX = 1024
_USUAL_SIDE_PX = 96
_LARGEST_PX = 4_000_000
_WEBP_SIDE_PX = 16_383
_CHUNK_BYTES = 12
_SEGMENT_BYTES = 65_000


@attrs.frozen
class ImageSpec:
    """An image to draw; `size_bytes` is None when its length does not matter."""

    format: str
    width_px: int
    height_px: int
    size_bytes: int | None = None

    def draw(self) -> BytesSource:
        """Return the image, of one colour and padded to its length within its format."""
        name = f"{self.width_px}x{self.height_px}.{self.format.lower()}"
        return BytesSource(_padded(self), name=name)


@attrs.frozen
class BrokenImage:
    """An image that breaks one rule; `why` says which, `make` makes it when it is needed."""

    why: str
    make: Callable[[], ImageSource]


@functools.lru_cache(maxsize=256)
def _drawn(format_name: str, width_px: int, height_px: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width_px, height_px), (200, 120, 60)).save(buffer, format_name)
    return buffer.getvalue()


@functools.lru_cache(maxsize=4)
def _padded(spec: ImageSpec) -> bytes:
    data = _drawn(spec.format, spec.width_px, spec.height_px)
    gap = (spec.size_bytes or len(data)) - len(data)
    if spec.format == "PNG" and gap >= _CHUNK_BYTES:
        return _with_chunk(data, gap)
    if spec.format == "JPEG" and gap >= _SEGMENT_BYTES:
        return _with_comments(data, gap)
    return data + bytes(max(0, gap))


def _with_chunk(png: bytes, gap: int) -> bytes:
    """Add a private chunk, which every reader skips, before the last one."""
    content = b"paDd" + bytes(gap - _CHUNK_BYTES)
    size, checksum = struct.pack(">I", len(content) - 4), struct.pack(">I", zlib.crc32(content))
    return png[:-_CHUNK_BYTES] + size + content + checksum + png[-_CHUNK_BYTES:]


def _with_comments(jpeg: bytes, gap: int) -> bytes:
    """Add comments behind the first marker; a single one cannot hold more than 64 kB."""
    whole, rest = divmod(gap, _SEGMENT_BYTES)
    sizes = [_SEGMENT_BYTES] * (whole - 1) + [_SEGMENT_BYTES - 4, rest + 4]
    comments = b"".join(b"\xff\xfe" + struct.pack(">H", n - 2) + bytes(n - 4) for n in sizes)
    return jpeg[:2] + comments + jpeg[2:]


def _formats(rules: ImageRules) -> list[str]:
    allowed = (rules.formats or _UNNAMED_FORMATS) & set(DRAWABLE)
    return sorted(allowed, key=lambda name: (name not in _UNNAMED_FORMATS, name))


def _sides(rules: ImageRules) -> tuple[int, int]:
    least = max(1, rules.min_side_px)
    return least, rules.max_side_px or max(least, _FREE_SIDE_PX)


def _sizes(rules: ImageRules) -> Iterator[tuple[int, int]]:
    least, most = _sides(rules)
    usual = min(most, max(least, _USUAL_SIDE_PX))
    yield usual, min(most, usual * 3 // 2)
    yield from ((least, least), (least, most), (most, least))


def _is_drawable(format_name: str, width_px: int, height_px: int) -> bool:
    is_too_wide = format_name == "WEBP" and max(width_px, height_px) > _WEBP_SIDE_PX
    return not is_too_wide and width_px * height_px <= _LARGEST_PX


def _within_bytes(
    rules: ImageRules, format_name: str, width_px: int, height_px: int
) -> ImageSpec | None:
    """Return an image of at least the least length, None when it is longer than allowed."""
    natural = len(_drawn(format_name, width_px, height_px))
    if rules.max_bytes is not None and natural > rules.max_bytes:
        return None
    padded = rules.min_bytes if natural < rules.min_bytes else None
    return ImageSpec(format_name, width_px, height_px, padded)


@functools.lru_cache(maxsize=32)
def images_within(rules: ImageRules) -> tuple[ImageSpec, ...]:
    """Return images within the rules, the exact limits among them.

    Raises:
        ValueError: no drawable image satisfies the rules.
    """
    found = [
        _within_bytes(rules, format_name, width_px, height_px)
        for format_name in _formats(rules)
        for width_px, height_px in _sizes(rules)
        if _is_drawable(format_name, width_px, height_px)
    ]
    within = [image for image in found if image is not None]
    if not within:
        raise ValueError(f"no image that Pillow can draw satisfies {rules}")
    limits = (rules.min_bytes, rules.max_bytes)
    return tuple(within) + tuple(
        attrs.evolve(within[0], size_bytes=limit)
        for limit in limits
        if _is_triable(within[0], limit)
    )


def _is_triable(spec: ImageSpec, limit: int | None) -> bool:
    natural = len(_drawn(spec.format, spec.width_px, spec.height_px))
    return limit is not None and natural <= limit <= LARGEST_BYTES


def valid_images(rules: ImageRules) -> st.SearchStrategy[BytesSource]:
    """Images that satisfy the rules; sides and lengths lie on the limits whenever possible.

    Args:
        rules: the limits, such as `info.capabilities.person_rules`.
    """
    return st.sampled_from(images_within(rules)).map(ImageSpec.draw)


@functools.lru_cache(maxsize=32)
def broken_images(rules: ImageRules) -> tuple[BrokenImage, ...]:
    """Return images that break one rule each, and things that are no image at all.

    Args:
        rules: the limits.
    """
    return (*_wrong_sides(rules), *_wrong_formats(rules), *_wrong_bytes(rules), *_NOT_IMAGES)


def _broken(why: str, spec: ImageSpec, rules: ImageRules) -> BrokenImage:
    natural = len(_drawn(spec.format, spec.width_px, spec.height_px))
    padded = rules.min_bytes if natural < rules.min_bytes else None
    return BrokenImage(why, attrs.evolve(spec, size_bytes=padded).draw)


def _wrong_sides(rules: ImageRules) -> Iterator[BrokenImage]:
    (least, most), format_name = _sides(rules), _formats(rules)[0]
    if least > 1:
        yield _broken("one pixel too low", ImageSpec(format_name, least, least - 1), rules)
        yield _broken("one pixel too narrow", ImageSpec(format_name, least - 1, least), rules)
    if rules.max_side_px is not None and (most + 1) * least <= _LARGEST_PX:
        yield _broken("one pixel too wide", ImageSpec(format_name, most + 1, least), rules)
        yield _broken("one pixel too high", ImageSpec(format_name, least, most + 1), rules)


def _wrong_formats(rules: ImageRules) -> Iterator[BrokenImage]:
    for format_name in DRAWABLE if rules.formats else ():
        if format_name not in rules.formats:
            width_px, height_px = next(_sizes(rules))
            yield _broken(f"{format_name} file", ImageSpec(format_name, width_px, height_px), rules)


def _wrong_bytes(rules: ImageRules) -> Iterator[BrokenImage]:
    within = images_within(rules)[0]
    if _is_triable(within, rules.min_bytes - 1):
        short = attrs.evolve(within, size_bytes=rules.min_bytes - 1)
        yield BrokenImage("one byte too short", short.draw)
    if rules.max_bytes is not None and rules.max_bytes < LARGEST_BYTES:
        long = attrs.evolve(within, size_bytes=rules.max_bytes + 1)
        yield BrokenImage("one byte too long", long.draw)


_NOT_IMAGES = (
    BrokenImage("empty file", lambda: BytesSource(b"")),
    BrokenImage("web page", lambda: BytesSource(b"<html><body>not here</body></html>")),
    BrokenImage("cut within its header", lambda: BytesSource(_drawn("PNG", 8, 8)[:20])),
    BrokenImage("missing file", lambda: PathSource(Path("no-such-folder/no-such-file.png"))),
    BrokenImage("address of FTP", lambda: UrlSource("ftp://images.example/1.png")),
)
