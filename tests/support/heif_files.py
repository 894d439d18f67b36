"""Write HEIC files that declare a size and hold no pixel, as far as a header reader looks."""

import struct


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _full_box(name: bytes, content: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags) + content)


def heic_header(
    width_px: int, height_px: int, *, quarter_turns: int = 0, is_long: bool = False
) -> bytes:
    """Return a HEIC file that ends behind its header.

    Args:
        width_px: width of the stored picture.
        height_px: height of the stored picture.
        quarter_turns: turns to the left that a decoder makes, 0 to 3.
        is_long: whether ids and indices have the longer of the two forms that there are.
    """
    thumbnail = _full_box(b"ispe", struct.pack(">II", 320, 240))
    size = _full_box(b"ispe", struct.pack(">II", width_px, height_px))
    turn = _box(b"irot", bytes([quarter_turns]))
    number = ">H" if is_long else ">B"
    essential = 0x8000 if is_long else 0x80
    own = [struct.pack(number, index) for index in (2, essential | 3)]
    others = [struct.pack(number, 1)]
    item = ">IB" if is_long else ">HB"
    listed = struct.pack(">I", 2)
    listed += struct.pack(item, 7, 1) + b"".join(others)
    listed += struct.pack(item, 9, 2) + b"".join(own)
    associations = _full_box(b"ipma", listed, version=int(is_long), flags=int(is_long))
    pitm = _full_box(b"pitm", struct.pack(">I" if is_long else ">H", 9), version=int(is_long))
    properties = _box(b"iprp", _box(b"ipco", thumbnail + size + turn) + associations)
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _full_box(b"meta", pitm + properties)
