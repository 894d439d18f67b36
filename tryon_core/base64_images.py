"""Images as base64 text: what goes into JSON, what comes in answers, and what is never shown."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs

from tryon_core.errors import UnexpectedResponse
from tryon_core.models import Artifact, BytesSource, ImageSource, UrlSource

_LETTERS = r"[A-Za-z0-9+/_\\\r\n-]"
_BASE64 = ";base64,"
_LEAST_CHARS = 256  # shorter runs of such letters are ids, keys and addresses
_TEXT = re.compile(
    rf"(?P<head>\bdata:[\w.+/;=-]{{0,200}}?{_BASE64})(?P<said>{_LETTERS}+={{0,2}})"
    rf"|(?P<bare>{_LETTERS}{{{_LEAST_CHARS},}}={{0,2}})",
    re.ASCII,
)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HEAD = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_WEB_SAFE = str.maketrans("-_", "+/")
_GROUP_BYTES, _GROUP_CHARS = 3, 4


@attrs.frozen
class Base64Part:
    """A local image anywhere in the JSON of `ctx.http.post(json=...)`; `FilePart` is for forms.

    It is encoded while it is sent, never whole in memory.

    Attributes:
        source: local image (`PathSource` or `BytesSource`); paths are streamed from disk.
        data_uri: whether `data:image/jpeg;base64,` stands before the text; else it is bare base64.
        media_type: such as `image/jpeg`, None to tell it from the content.
    """

    source: ImageSource
    data_uri: bool = attrs.field(default=True, kw_only=True)
    media_type: str | None = attrs.field(default=None, kw_only=True)


def image_in_json(
    source: ImageSource, *, data_uri: bool = True, media_type: str | None = None
) -> str | Base64Part:
    """Return an image as JSON has it: the address of one that has an address, else a `Base64Part`.

    Args:
        source: the image.
        data_uri: as in `Base64Part`.
        media_type: as in `Base64Part`.
    """
    if isinstance(source, UrlSource):
        return source.url
    return Base64Part(source, data_uri=data_uri, media_type=media_type)


def as_artifact(text: Any, *, place: str, expires_at: datetime | None = None) -> Artifact:
    """Return the image that a text of an answer is: an address, a data URI, or bare base64.

    Args:
        text: the value, as it came.
        place: where it is in the answer, such as `output[0]`, for the error.
        expires_at: when an address dies (UTC), None when the vendor does not say.

    Raises:
        UnexpectedResponse: it is none of these. Its message has the size, and never the text.
    """
    if isinstance(text, str) and _ADDRESS.match(text):
        return Artifact(source=UrlSource(text), expires_at=expires_at)
    data = decode_base64(_HEAD.sub("", text, count=1)) if isinstance(text, str) else None
    if not data:
        is_text = isinstance(text, str)
        found = f"a text of {len(text)} characters" if is_text else type(text).__name__
        raise UnexpectedResponse(
            "the answer breaks its contract: expected an image as address or base64, "
            f"got {found} @ response.{place}."
        )
    return Artifact(source=BytesSource(data))


def decode_base64(text: str) -> bytes | None:
    """Return what base64 stands for, plain or web-safe, padded or not; None where it is none."""
    joined = "".join(text.replace("\\/", "/").split()).rstrip("=").translate(_WEB_SAFE)
    try:
        return base64.b64decode(joined + "=" * (-len(joined) % _GROUP_CHARS), validate=True)
    except ValueError:
        return None


def base64_chars(size_bytes: int) -> int:
    """Return how many characters so many bytes have as base64."""
    return -(-size_bytes // _GROUP_BYTES) * _GROUP_CHARS


def base64_bytes(chars: int) -> int:
    """Return how many bytes fit into so many characters of base64."""
    return chars // _GROUP_CHARS * _GROUP_BYTES


def without_base64(
    text: str, shown: Callable[[str], str] = lambda said: f"<{len(said)} base64 characters>"
) -> str:
    """Return a text without the images in it: data URIs, and long runs of base64 letters.

    Args:
        text: such as a vendor's message, which may quote what it was sent.
        shown: what to write in place of one.
    """
    if len(text) < _LEAST_CHARS and _BASE64 not in text:
        return text

    def replaced(found: "re.Match[str]") -> str:
        return f"{found['head'] or ''}{shown(found['said'] or found['bare'] or '')}"

    return _TEXT.sub(replaced, text)
