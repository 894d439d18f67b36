"""The size of HEIC and AVIF pictures from their boxes: no decoder is needed.

The boxes are those of ISO/IEC 14496-12 (files) and 23008-12 (pictures): the item that `pitm` names
has the properties that `ipma` lists: `ispe` its size, `clap` what is shown of it, `irot` its turn.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_MAX_META_BYTES = 4 * 1024 * 1024
_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_FULL_BOX_BYTES = 4
_TO_THE_END, _LARGE = 0, 1


def heif_size(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return width and height in pixels as shown upright.

    Args:
        file: the open file.
        size: its length in bytes.

    Raises:
        EOFError: the file ends before what it declares.
        ValueError: its main picture has no size.
    """
    meta = _meta(file, size)
    properties = dict(_boxes(meta, _FULL_BOX_BYTES))
    inside = dict(_boxes(properties[b"iprp"], 0))
    kept = list(_boxes(inside[b"ipco"], 0))
    own = [kept[index - 1] for index in _indices(inside[b"ipma"], _main_item(properties[b"pitm"]))]
    found = dict(own)
    if b"ispe" not in found:
        raise ValueError("the main picture has no size")
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
                raise ValueError("the list of pictures is too long")
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
