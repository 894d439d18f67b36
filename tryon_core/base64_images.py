"""Images inside JSON: what is sent, and what comes in answers."""

import re
from datetime import datetime
from typing import Any

import attrs

from tryon_core.base64_text import decode_base64
from tryon_core.errors import UnexpectedResponse
from tryon_core.image_formats import HEAD_BYTES, is_document
from tryon_core.models import Artifact, BytesSource, ImageSource, UrlSource

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HEAD = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)


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


def as_artifact(value: Any, *, place: str, expires_at: datetime | None = None) -> Artifact:
    """Return the image that a part of an answer is: an address, base64, or the image itself.

    Args:
        value: as it came: a text that is an address, a data URI or bare base64; or the bytes of an
            answer that is the image.
        place: where it is in the answer, such as `output[0]`, for the error.
        expires_at: when an address dies (UTC), None when the vendor does not say.

    Raises:
        UnexpectedResponse: it is none of these, or text instead of an image. The message has its
            size, and never its content.
    """
    if isinstance(value, str) and _ADDRESS.match(value):
        return Artifact(source=UrlSource(value), expires_at=expires_at)
    data = decode_base64(_HEAD.sub("", value, count=1)) if isinstance(value, str) else value
    if isinstance(data, bytes) and not is_document(data[:HEAD_BYTES]):
        return Artifact(source=BytesSource(data))
    size = f" of {len(value):,} letters or bytes" if isinstance(value, (str, bytes)) else ""
    raise UnexpectedResponse(
        "the answer breaks its contract: expected an image, its address or its base64, got "
        f"{type(value).__name__}{size} @ response.{place}."
    )
