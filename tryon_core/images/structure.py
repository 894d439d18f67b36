"""Walk over the parts of PNG, WebP, HEIC and AVIF files; no pixel is decoded.

The boxes of HEIC and AVIF are those of ISO/IEC 14496-12 (files) and 23008-12 (images). The item
that `pitm` names has the properties that `ipma` lists: `ispe` is its size, `clap` what is shown of
it, `irot` its turn.
"""

import contextlib
import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

_MAX_EXIF_BYTES = 1024 * 1024
_PNG_SIGNATURE_BYTES = 8
# Deflate makes at most 1032 bytes of one.
_SHORT_TEXT_BYTES = 1000
_MOST_PROFILE_BYTES = 1024 * 1024
_PNG_CHECKSUM_BYTES = 4
_JPEG_MARK = 0xFF
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
# Within pixels, 0xFF is followed by 0, or by the number of a restart.
_JPEG_SEGMENT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_RIFF_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_VP8_START_CODE = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = 0x2F
_FLAG_ALPHA = 0x10


_Canvas: TypeAlias = tuple[tuple[int, int], bool]
"""Width and height in pixels, and whether it has transparency."""


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _png_chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and length of the content of each chunk; the file is at that start."""
    position, name = _PNG_SIGNATURE_BYTES, b""
    while name != b"IEND":
        file.seek(position)
        length, name = struct.unpack(">I4s", _exactly(file, _CHUNK_HEADER_BYTES))
        start = position + _CHUNK_HEADER_BYTES
        position = start + length + _PNG_CHECKSUM_BYTES
        if position > size:
            raise EOFError
        yield name, start, length


def png_exif(file: BinaryIO, size: int) -> bytes:
    """Return the EXIF block of a PNG file, wherever it is; empty when there is none.

    Raises:
        EOFError: the file ends before its last chunk.
    """
    exif = b""
    for name, _, length in _png_chunks(file, size):
        if name == b"eXIf" and length <= _MAX_EXIF_BYTES:
            exif = exif or _exactly(file, length)
    return exif


def without_long_text(file: BinaryIO) -> BinaryIO:
    """Return a PNG file without text or profile of which Pillow would refuse the whole image.

    Pillow takes a file for an attack when one text or colour profile is larger than 1 MiB after
    decompression; editors write such texts, and every other program shows the image. The file
    itself, at its beginning, is returned when it has none.
    """
    size = file.seek(0, os.SEEK_END)
    dropped: list[tuple[int, int]] = []
    with contextlib.suppress(EOFError):  # a file that is cut off is reported as such by its reader
        for name, start, length in _png_chunks(file, size):
            if _is_too_long(file, name, length):
                dropped.append((start, length))
    file.seek(0)
    if not dropped:
        return file
    kept = bytearray(file.read())
    for start, length in reversed(dropped):
        del kept[start - _CHUNK_HEADER_BYTES : start + length + _PNG_CHECKSUM_BYTES]
    return io.BytesIO(kept)


def _is_too_long(file: BinaryIO, name: bytes, length: int) -> bool:
    if name in {b"tEXt", b"zTXt", b"iTXt"}:
        # Nothing here reads them. Short ones cannot grow beyond Pillow's limit.
        return length > _SHORT_TEXT_BYTES
    if name != b"iCCP":
        return False
    _, _, packed = _exactly(file, length).partition(b"\0")
    reader = zlib.decompressobj()
    try:
        return len(reader.decompress(packed[1:], _MOST_PROFILE_BYTES + 1)) > _MOST_PROFILE_BYTES
    except zlib.error:
        return True


def is_sound_png(file: BinaryIO, size: int) -> bool:
    """Whether all checksums of a PNG file hold, up to its last chunk; no pixel is decompressed."""
    held = 0
    try:
        for name, _, length in _png_chunks(file, size):
            found = zlib.crc32(_exactly(file, length), zlib.crc32(name))
            held += name == b"IDAT"
            if _exactly(file, _PNG_CHECKSUM_BYTES) != found.to_bytes(4, "big"):
                return False
    except EOFError:
        return False
    return held > 0


def jpeg_of_one_row(data: bytes) -> bytes | None:
    """Return a JPEG file that declares one row of pixels and is the same in all else.

    A decoder reads its header, its tables and its first row. None where its end is not found, or
    its header is not as usual: then only decoding tells whether it is whole.
    """
    height_at, position = 0, 2
    try:
        while data[position] == _JPEG_MARK:
            kind = data[position + 1]
            if kind == _JPEG_END:
                break
            if kind == _JPEG_MARK:  # a fill byte
                position += 1
                continue
            if kind in _JPEG_FRAMES and not height_at:
                height_at = position + 5
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
            if kind == _JPEG_SCAN:
                following = _JPEG_SEGMENT.search(data, position)
                position = following.start() if following else len(data)
    except (IndexError, struct.error):
        return None
    if not height_at or data[position] != _JPEG_MARK:
        return None
    return data[:height_at] + b"\0\1" + data[height_at + 2 :]


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


def _canvas(data: bytes) -> _Canvas:
    width, height = (int.from_bytes(side, "little") + 1 for side in (data[4:7], data[7:10]))
    return (width, height), bool(data[0] & _FLAG_ALPHA)


def _lossy(data: bytes) -> _Canvas:
    if data[3:6] != _VP8_START_CODE:
        raise ValueError("no VP8 key frame")
    # The two upper bits of each are a scaling hint.
    width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
    if not width or not height:
        raise ValueError("no pixels")
    return (width, height), False


def _lossless(data: bytes) -> _Canvas:
    if data[0] != _VP8L_SIGNATURE:
        raise ValueError("no VP8L signature")
    bits = int.from_bytes(data[1:5], "little")
    return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), bool(bits >> 28 & 1)


_READERS = {b"VP8X": (_canvas, 10), b"VP8 ": (_lossy, 10), b"VP8L": (_lossless, 5)}


def webp_header(file: BinaryIO, size: int) -> tuple[tuple[int, int], bool, int, bytes]:
    """Read what a WebP file declares, without reading its pixels.

    Returns:
        Width and height of the canvas as stored, whether it has transparency, the number of images,
        and the EXIF block, empty when there is none.

    Raises:
        EOFError: the file is shorter than it declares.
        ValueError: there is no image in it.
    """
    canvas: _Canvas | None = None
    frames, exif = 0, b""
    for name, length in _webp_chunks(file, size):
        if name in _READERS and canvas is None:
            reader, needed = _READERS[name]
            canvas = reader(_exactly(file, needed))
        elif name == b"ANMF":
            frames += 1
        elif name == b"EXIF" and length <= _MAX_EXIF_BYTES:
            exif = exif or _exactly(file, length)
    if canvas is None:
        raise ValueError("no image")
    return *canvas, max(1, frames), exif


_MAX_META_BYTES = 4 * 1024 * 1024
_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_FULL_BOX_BYTES = 4
_TO_THE_END, _LARGE = 0, 1


def heif_size(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return width and height in pixels as shown upright.

    Raises:
        EOFError: the file ends before what it declares.
        ValueError: its main image has no size.
    """
    meta = _meta(file, size)
    properties = dict(_boxes(meta, _FULL_BOX_BYTES))
    inside = dict(_boxes(properties[b"iprp"], 0))
    kept = list(_boxes(inside[b"ipco"], 0))
    own = [kept[index - 1] for index in _indices(inside[b"ipma"], _main_item(properties[b"pitm"]))]
    found = dict(own)
    if b"ispe" not in found:
        raise ValueError("the main image has no size")
    width_px, height_px = struct.unpack_from(">II", found[b"ispe"], _FULL_BOX_BYTES)
    if b"clap" in found:  # what is shown of it, as fractions
        wide, wide_by, high, high_by = struct.unpack_from(">IIII", found[b"clap"])
        width_px, height_px = wide // wide_by, high // high_by
    quarter_turns = found.get(b"irot", b"\0")[0] & 3
    return (height_px, width_px) if quarter_turns % 2 else (width_px, height_px)


def _meta(file: BinaryIO, size: int) -> bytes:
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(_LARGE_HEADER_BYTES)
        length, name, start = _header(header, size - position)
        if position + length > size:
            raise EOFError
        if name == b"meta":
            if length > _MAX_META_BYTES:
                raise ValueError("the list of images is too long")
            file.seek(position + start)
            return file.read(length - start)
        position += length
    raise EOFError


def _boxes(data: bytes, position: int) -> Iterator[tuple[bytes, bytes]]:
    while position + _HEADER_BYTES <= len(data):
        header = data[position : position + _LARGE_HEADER_BYTES]
        length, name, start = _header(header, len(data) - position)
        yield name, data[position + start : position + length]
        position += length


def _header(header: bytes, left: int) -> tuple[int, bytes, int]:
    """Return the length of a box, its name, and how long its header is."""
    if len(header) < _HEADER_BYTES:
        raise EOFError
    length, name = struct.unpack_from(">I4s", header)
    start = _HEADER_BYTES
    if length == _LARGE and len(header) == _LARGE_HEADER_BYTES:
        (length,), start = struct.unpack_from(">Q", header, _HEADER_BYTES), _LARGE_HEADER_BYTES
    elif length == _TO_THE_END:
        length = left
    if length < start:
        raise ValueError("a box is shorter than its header")
    return length, name, start


def _main_item(pitm: bytes) -> int:
    form = ">H" if pitm[0] == 0 else ">I"
    return int(struct.unpack_from(form, pitm, _FULL_BOX_BYTES)[0])


def _indices(ipma: bytes, item: int) -> list[int]:
    """Return the numbers of an item's properties, counted from 1."""
    has_long_ids, has_long_indices = ipma[0] > 0, bool(ipma[3] & 1)
    (entries,) = struct.unpack_from(">I", ipma, _FULL_BOX_BYTES)
    position = _FULL_BOX_BYTES + 4
    for _ in range(entries):
        form = ">IB" if has_long_ids else ">HB"
        owner, count = struct.unpack_from(form, ipma, position)
        position += struct.calcsize(form)
        # The highest bit says whether a reader must know the property.
        form, mask = (f">{count}H", 0x7FFF) if has_long_indices else (f">{count}B", 0x7F)
        numbers = [number & mask for number in struct.unpack_from(form, ipma, position)]
        position += struct.calcsize(form)
        if owner == item:
            return [number for number in numbers if number]
    return []
