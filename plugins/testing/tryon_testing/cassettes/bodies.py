"""The form in which bodies are stored and compared: readable, without secrets, without pictures."""

import hashlib
import json
from email.message import Message
from email.parser import HeaderParser
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from tryon_core.images.formats import HEAD_BYTES, image_format
from tryon_testing.cassettes.masking import Masker
from tryon_testing.cassettes.pictures import stand_in

MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
_DIGEST = "binary, "
_READABLE = "/:{}[]\",*'"  # left as they are in forms, so that JSON in them can be read
_TEXT_TYPES = ("text/", "application/json", "application/xml", FORM)


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
    digests of the files, and anything that is no text becomes its digest. Doing it again changes
    nothing.

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
        pairs = masker.pairs(parse_qsl(data.decode(errors="replace"), keep_blank_values=True))
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    text = _text(data)
    return f"{_DIGEST}{_digest(data)}" if text is None else _pretty(text, masker)


def response_body(data: bytes, masker: Masker) -> bytes:
    """Return the body of an answer as it is stored.

    A picture is replaced by a tiny one of the same format: a cassette holds nobody's pictures, and
    stays small enough to be read.
    """
    found = image_format(data[:HEAD_BYTES])
    if found is not None:
        return stand_in(found)
    text = _text(data)
    return data if text is None else _pretty(text, masker).encode()


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _pretty(text: str, masker: Masker) -> str:
    if text.lstrip()[:1] not in {"{", "["}:
        return masker.text(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return masker.text(text)
    return _dumped(masker.json(value))


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
        [(_, value)] = masker.pairs([(name, content.decode(errors="replace"))])
        return {"name": name, "value": value}
    media_type = message.get_content_type() if message["content-type"] else ""
    return {"name": name, "file": filename, "type": media_type, "content": _digest(content)}
