"""Walk over the chunks of PNG and WebP files without reading what is in them."""

import contextlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import attrs

_MAX_EXIF_BYTES = 1024 * 1024
_PNG_SIGNATURE_BYTES = 8
# Deflate makes at most 1032 bytes of one.
_SHORT_TEXT_BYTES = 1000
_MOST_PROFILE_BYTES = 1024 * 1024
_PNG_CHECKSUM_BYTES = 4
_RIFF_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_VP8_START_CODE = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = 0x2F
_FLAG_ALPHA = 0x10


@attrs.frozen(kw_only=True)
class WebpHeader:
    """What the chunks of a WebP file declare.

    Attributes:
        width_px: width of the canvas as stored.
        height_px: height of the canvas as stored.
        has_alpha: whether it has transparency.
        frames: number of pictures.
        exif: the EXIF block, empty when there is none.
    """

    width_px: int
    height_px: int
    has_alpha: bool
    frames: int = 1
    exif: bytes = b""


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _png_chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    position = _PNG_SIGNATURE_BYTES
    name = b""
    while name != b"IEND":
        file.seek(position)
        length, name = struct.unpack(">I4s", _exactly(file, _CHUNK_HEADER_BYTES))
        position += _CHUNK_HEADER_BYTES + length + _PNG_CHECKSUM_BYTES
        if position > size:
            raise EOFError
        yield name, length


def png_exif(file: BinaryIO, size: int) -> bytes:
    """Return the EXIF block of a PNG file, wherever it stands; empty when there is none.

    Args:
        file: the open file.
        size: its length in bytes.

    Raises:
        EOFError: the file ends before its last chunk.
    """
    exif = b""
    for name, length in _png_chunks(file, size):
        if name == b"eXIf" and length <= _MAX_EXIF_BYTES:
            exif = exif or _exactly(file, length)
    return exif


def without_long_text(file: BinaryIO) -> BinaryIO:
    """Return a PNG file without text or profile of which Pillow would refuse the whole picture.

    Pillow takes a file for an attack when one text or colour profile is larger than 1 MiB after
    decompression; editors write such texts, and every other program shows the picture. The file
    itself is returned when it has none.

    Args:
        file: the open file; it is at its beginning afterwards.
    """
    size = file.seek(0, os.SEEK_END)
    dropped: list[tuple[int, int]] = []
    with contextlib.suppress(EOFError):  # a file that is cut off is told as such by its reader
        for name, start, length in _png_places(file, size):
            if _is_too_long(file, name, start, length):
                dropped.append((start, length))
    file.seek(0)
    if not dropped:
        return file
    kept = bytearray(file.read())
    for start, length in reversed(dropped):
        del kept[start - _CHUNK_HEADER_BYTES : start + length + _PNG_CHECKSUM_BYTES]
    return io.BytesIO(kept)


def _png_places(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and length of the content of each chunk."""
    start = _PNG_SIGNATURE_BYTES + _CHUNK_HEADER_BYTES
    for name, length in _png_chunks(file, size):
        yield name, start, length
        start += length + _PNG_CHECKSUM_BYTES + _CHUNK_HEADER_BYTES


def _is_too_long(file: BinaryIO, name: bytes, start: int, length: int) -> bool:
    if name in {b"tEXt", b"zTXt", b"iTXt"}:
        # Nothing here reads them. Short ones cannot grow beyond Pillow's limit.
        return length > _SHORT_TEXT_BYTES
    if name != b"iCCP":
        return False
    file.seek(start)
    _, _, packed = _exactly(file, length).partition(b"\0")
    reader = zlib.decompressobj()
    try:
        return len(reader.decompress(packed[1:], _MOST_PROFILE_BYTES + 1)) > _MOST_PROFILE_BYTES
    except zlib.error:
        return True


def _webp_chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    file.seek(4)
    end = _CHUNK_HEADER_BYTES + int(struct.unpack("<I", _exactly(file, 4))[0])
    if end > size:
        raise EOFError
    position = _RIFF_HEADER_BYTES
    while position + _CHUNK_HEADER_BYTES <= end:
        file.seek(position)
        name, length = struct.unpack("<4sI", _exactly(file, _CHUNK_HEADER_BYTES))
        yield name, length
        position += _CHUNK_HEADER_BYTES + length + length % 2


def _canvas(data: bytes) -> WebpHeader:
    return WebpHeader(
        width_px=int.from_bytes(data[4:7], "little") + 1,
        height_px=int.from_bytes(data[7:10], "little") + 1,
        has_alpha=bool(data[0] & _FLAG_ALPHA),
    )


def _lossy(data: bytes) -> WebpHeader:
    if data[3:6] != _VP8_START_CODE:
        raise ValueError("no VP8 key frame")
    # The two upper bits of each are a scaling hint.
    width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
    if not width or not height:
        raise ValueError("no pixels")
    return WebpHeader(width_px=width, height_px=height, has_alpha=False)


def _lossless(data: bytes) -> WebpHeader:
    if data[0] != _VP8L_SIGNATURE:
        raise ValueError("no VP8L signature")
    bits = int.from_bytes(data[1:5], "little")
    return WebpHeader(
        width_px=(bits & 0x3FFF) + 1,
        height_px=(bits >> 14 & 0x3FFF) + 1,
        has_alpha=bool(bits >> 28 & 1),
    )


_READERS = {b"VP8X": (_canvas, 10), b"VP8 ": (_lossy, 10), b"VP8L": (_lossless, 5)}


def webp_header(file: BinaryIO, size: int) -> WebpHeader:
    """Read what a WebP file declares, without reading its pixels.

    Args:
        file: the open file.
        size: its length in bytes.

    Raises:
        EOFError: the file is shorter than it declares.
        ValueError: there is no picture in it.
    """
    header: WebpHeader | None = None
    frames, exif = 0, b""
    for name, length in _webp_chunks(file, size):
        if name in _READERS and header is None:
            reader, needed = _READERS[name]
            header = reader(_exactly(file, needed))
        elif name == b"ANMF":
            frames += 1
        elif name == b"EXIF" and length <= _MAX_EXIF_BYTES:
            exif = exif or _exactly(file, length)
    if header is None:
        raise ValueError("no picture")
    return attrs.evolve(header, frames=max(1, frames), exif=exif)
