"""Requests and answers in the form in which a cassette stores and compares them."""

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from email.message import Message
from email.parser import HeaderParser
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote_plus

from vcr.request import Request  # type: ignore[import-untyped]  # it has no types

from tryon_core.base64_text import decode_base64, without_base64
from tryon_core.image_formats import HEAD_BYTES, image_format
from tryon_testing.cassettes.masking import Masker, changed

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
        shade: 0 to 255; images of different shades are different files.
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
    """Return the image of a name such as `person`, of 300 x 400 px; other names, other files."""
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
"""Tiny images that take the place of the vendor's in a cassette, by format."""


def stand_in(image_format: str) -> bytes:
    """Return the image that is stored in place of one of that format."""
    return STAND_INS.get(image_format, STAND_INS["PNG"])


MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
_DIGEST = "binary, "
_READABLE = "/:{}[]\",*'"  # left as they are in forms, so that JSON in them can be read


def _header(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = content_type
    return message


def shown_content_type(content_type: str) -> str:
    """Return a content type without the boundary, which is random."""
    return MULTIPART if content_type.lower().startswith(MULTIPART) else content_type


def request_body(data: bytes, content_type: str, masker: Masker) -> str:
    """Return the body of a request as it is stored.

    JSON is indented, forms stay forms, a multipart form becomes a JSON list of its parts with the
    digests of the files, and anything that is no text becomes its digest, as do images that a text
    holds as base64. Doing it again changes nothing.

    Args:
        data: the body as it was sent, or as it is stored.
        content_type: with the boundary of a multipart form; without one it is stored already.
        masker: hides secrets.
    """
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _header(content_type).get_param("boundary") if kind == MULTIPART else None
    if boundary is not None:
        parts = [_part(part, masker) for part in _split(data, str(boundary))]
        return _dumped(parts)
    if kind == FORM:
        sent = parse_qsl(data.decode(errors="replace"), keep_blank_values=True)
        pairs = masker.pairs((name, _with_digests(value)) for name, value in sent)
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    text = _text(data)
    return f"{_DIGEST}{_digest(data)}" if text is None else _pretty(text, masker, _with_digests)


def response_body(data: bytes, masker: Masker) -> bytes:
    """Return the body of an answer as it is stored.

    An image, alone or as base64 in a text, is replaced by a tiny one of the same format: a cassette
    holds no photo of a person, and stays small enough to be read.
    """
    found = image_format(data[:HEAD_BYTES])
    if found is not None:
        return stand_in(found)
    text = _text(data)
    return data if text is None else _pretty(text, masker, _with_stand_ins).encode()


def _with_digests(text: str) -> str:
    return without_base64(text, lambda said: f"<{_digest(decode_base64(said) or said.encode())}>")


def _with_stand_ins(text: str) -> str:
    return without_base64(text, _stand_in_for)


def _stand_in_for(said: str) -> str:
    found = image_format((decode_base64(said) or b"")[:HEAD_BYTES])
    return said if found is None else base64.b64encode(stand_in(found)).decode()


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _pretty(text: str, masker: Masker, without_images: Callable[[str], str]) -> str:
    if text.lstrip()[:1] not in {"{", "["}:
        return masker.text(without_images(text))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return masker.text(without_images(text))
    return _dumped(masker.json(changed(value, without_images)))


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only JSON can spell
        return json.dumps(value, indent=2)
    return text


def _quoted(text: str) -> str:
    return quote_plus(text, safe=_READABLE)


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}"


def _split(data: bytes, boundary: str) -> list[bytes]:
    """Return the parts between the boundaries, each with its head."""
    pieces = (b"\r\n" + data).split(b"\r\n--" + boundary.encode())
    return [piece.removeprefix(b"\r\n") for piece in pieces[1:] if not piece.startswith(b"--")]


def _part(part: bytes, masker: Masker) -> dict[str, str]:
    head, _, content = part.partition(b"\r\n\r\n")
    message = HeaderParser().parsestr(head.decode(errors="replace"))
    name = str(message.get_param("name", "", "content-disposition"))
    filename = message.get_filename()
    if filename is None:
        text = _with_digests(content.decode(errors="replace"))
        [(_, value)] = masker.pairs([(name, text)])
        return {"name": name, "value": value}
    media_type = message.get_content_type() if message["content-type"] else ""
    return {"name": name, "file": filename, "type": media_type, "content": _digest(content)}


def request_filter(masker: Masker) -> Callable[[Request], Request]:
    """Return what brings a request of vcrpy into the stored form; a second time changes nothing."""

    def stored(request: Request) -> Request:
        sent = {name.lower(): _line(value) for name, value in request.headers.items()}
        content_type = sent.get("content-type", "")
        body = request_body(_bytes(request), content_type, masker)
        headers = masker.headers(sent.items())
        if content_type:
            headers["content-type"] = shown_content_type(content_type)
        return Request(request.method, masker.request_url(request.uri), body, headers)

    return stored


def response_filter(masker: Masker) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what brings an answer of vcrpy into the stored form; a second time changes nothing."""

    def stored(response: dict[str, Any]) -> dict[str, Any]:
        lines = [(name, line) for name, lines in response["headers"].items() for line in lines]
        body = response["body"]["string"] or b""
        data = body.encode() if isinstance(body, str) else body
        return {
            # The words beside the code differ from one version of a server to the next.
            "status": {"code": response["status"]["code"], "message": ""},
            "headers": {name: [line] for name, line in masker.headers(lines).items()},
            "body": {"string": response_body(data, masker)},
        }

    return stored


_Matcher: TypeAlias = Callable[[Request, Request], None]


def _same(name: str, part: Callable[[Request], Any]) -> _Matcher:
    """Return a matcher of vcrpy; both requests are in the stored form when it is called."""

    def match(asked: Request, stored: Request) -> None:
        ours, theirs = part(asked), part(stored)
        if ours != theirs:
            raise AssertionError(f"{ours} is not {theirs}")  # vcrpy expects this

    match.__name__ = name  # vcrpy shows it when requests differ
    return match


MATCHERS: tuple[_Matcher, ...] = (
    _same("method", lambda request: request.method),
    _same("address", lambda request: request.uri),
    _same("headers", lambda request: dict(request.headers)),
    _same("body", lambda request: _bytes(request).decode()),
)
"""What makes two requests the same: boundaries, times and signatures are gone from both."""


def _bytes(request: Request) -> bytes:
    body = request.body
    if body is None:
        return b""
    if isinstance(body, (bytes, str)):
        return body.encode() if isinstance(body, str) else body
    pieces = [body.read()] if hasattr(body, "read") else list(body)
    return b"".join(pieces)


def _line(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
