"""Pictures for cassettes: drawn here to the byte, so that every machine makes the same."""

import base64
import struct
import zlib
from types import MappingProxyType

_BLOCK_BYTES = 65_535


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _stored(data: bytes) -> bytes:
    """Return a zlib stream that holds its data as they are: compressors differ in their output."""
    blocks = [data[start : start + _BLOCK_BYTES] for start in range(0, len(data), _BLOCK_BYTES)]
    last = len(blocks) - 1
    stream = b"".join(
        struct.pack("<BHH", number == last, len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks)
    )
    return b"\x78\x01" + stream + struct.pack(">I", zlib.adler32(data))


def draw_png(width_px: int, height_px: int, *, shade: int = 128) -> bytes:
    """Return a PNG in RGB: stripes whose brightness begins at `shade`.

    Its bytes are the same on every machine, so a cassette can tell it by its digest.

    Args:
        width_px: its width.
        height_px: its height.
        shade: 0 to 255; pictures of different shades are different files.
    """
    row = b"\0" + b"".join(
        bytes([(shade + x) % 256, (shade + 2 * x) % 256, shade % 256]) for x in range(width_px)
    )
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", _stored(row * height_px))
        + _chunk(b"IEND", b"")
    )


def draw(name: str) -> bytes:
    """Return the picture of a name such as `person`, of 300 x 400 px; other names, other files."""
    return draw_png(300, 400, shade=zlib.crc32(name.encode()) % 256)


STAND_INS = MappingProxyType(
    {
        "PNG": draw_png(2, 3, shade=200),
        "JPEG": base64.b64decode(
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZ"
            "lo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/wAALCAADAAIBAREA/8QAFAAB"
            "AAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8Ac//Z"
        ),
        "WEBP": base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAYAAAAdQ5CIXuf+BiOh/AAA="),
    }
)
"""Tiny pictures that take the place of the vendor's in a cassette, by format."""


def stand_in(image_format: str) -> bytes:
    """Return the picture that is stored in place of one of that format."""
    return STAND_INS.get(image_format, STAND_INS["PNG"])
