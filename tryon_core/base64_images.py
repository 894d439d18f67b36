"""Images inside JSON: what is sent, and what comes in answers."""

import re
from datetime import datetime
from typing import Any

import attrs

from tryon_core.base64_text import decode_base64
from tryon_core.errors import UnexpectedResponse
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
