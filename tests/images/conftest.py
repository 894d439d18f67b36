"""Pictures for the tests, drawn from a seed, and the ways to write them to files."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tryon_core.models import BytesSource

Encode = Callable[..., bytes]


def _photo(width_px: int, height_px: int, seed: int = 7, *, detail: int = 24) -> Image.Image:
    noise = random.Random(seed).randbytes(3 * detail * detail)  # noqa: S311  (no secret)
    small = Image.frombytes("RGB", (detail, detail), noise)
    return small.resize((width_px, height_px), Image.Resampling.BICUBIC)


def _noise(width_px: int, height_px: int, mode: str = "RGB") -> Image.Image:
    size_bytes = width_px * height_px * len(Image.new(mode, (1, 1)).getbands())
    content = random.Random(5).randbytes(size_bytes)  # noqa: S311  (no secret)
    return Image.frombytes(mode, (width_px, height_px), content)


def _encode(image: Image.Image, format_name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


@pytest.fixture(scope="session")
def photo() -> Callable[..., Image.Image]:
    """Draw something with the smooth shapes of a photo: `photo(width_px, height_px, seed)`."""
    return _photo


@pytest.fixture(scope="session")
def noise() -> Callable[..., Image.Image]:
    """Draw a picture that hardly compresses: `noise(width_px, height_px, mode)`."""
    return _noise


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Write a picture to bytes: `encode(image, format, **options)`."""
    return _encode


@pytest.fixture(scope="session")
def corners() -> Image.Image:
    """A picture of which every turn and mirroring looks different."""
    image = Image.new("RGB", (48, 32), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 23, 15), fill="red")
    draw.rectangle((24, 0, 47, 15), fill="green")
    draw.rectangle((0, 16, 23, 31), fill="blue")
    return image


@pytest.fixture(scope="session")
def chunk() -> Callable[[bytes, bytes], bytes]:
    """Make one chunk of a PNG file: `chunk(name, content)`."""
    return png_chunk


@pytest.fixture(scope="session")
def png_of(chunk: Callable[[bytes, bytes], bytes]) -> Callable[..., bytes]:
    """Put a PNG file together by hand: `png_of(width, height, bits, colour_type, *chunks)`."""

    def build(width_px: int, height_px: int, bits: int, colour_type: int, *chunks: bytes) -> bytes:
        header = struct.pack(">IIBBBBB", width_px, height_px, bits, colour_type, 0, 0, 0)
        parts = (chunk(b"IHDR", header), *chunks, chunk(b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    return build


@pytest.fixture(scope="session")
def samples(photo: Callable[..., Image.Image]) -> dict[str, bytes]:
    """The same small picture in every format that can be written."""
    image = photo(24, 16)
    formats = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
    return {name: _encode(image, name) for name in formats}


@pytest.fixture(scope="session")
def sample_of(samples: dict[str, bytes]) -> Callable[[str], bytes]:
    """Return the sample in one format; reports of failures show this and not all the bytes."""
    return samples.__getitem__


@pytest.fixture(scope="session")
def animations(photo: Callable[..., Image.Image]) -> dict[str, BytesSource]:
    """Three frames or pages, in every format that holds more than one."""
    first, *others = (photo(24, 16, seed) for seed in (1, 2, 3))
    options: dict[str, Any] = {"save_all": True, "append_images": others}
    formats = ("GIF", "WEBP", "PNG", "TIFF")
    return {name: BytesSource(_encode(first, name, **options)) for name in formats}
