"""JSON bodies, in which images are encoded while they are sent."""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import attrs

from tryon_core.base64_images import Base64Part
from tryon_core.base64_text import GROUP_BYTES, base64_chars
from tryon_core.images.files import file_name
from tryon_core.models import SOURCES, UrlSource
from tryon_core.transport.streaming import OpenFile, StreamedBody, media_type_of


def json_body(value: Any) -> "bytes | JsonBody":
    """Return a value as JSON; one that holds images as a body that is streamed.

    Raises:
        UnusableImage: the file of an image cannot be opened or is empty.
        TypeError: a `Base64Part` holds an address, or a value is none that JSON has.
    """
    # No text of a caller can hold it.
    mark = uuid.uuid4().hex
    parts: list[Base64Part] = []

    def marked(part: object) -> str:
        if not isinstance(part, Base64Part):
            hint = "; give image_in_json(image)" if isinstance(part, SOURCES) else ""
            raise TypeError(f"{type(part).__name__} cannot be sent as JSON{hint}")
        parts.append(part)
        return mark

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=marked)
    return JsonBody(text.split(mark), parts) if parts else text.encode()


@attrs.frozen
class _Base64Text:
    """A file as base64."""

    origin: OpenFile

    def __len__(self) -> int:
        return base64_chars(len(self.origin))

    def blocks(self) -> Iterator[bytes]:
        left = b""
        for block in self.origin.blocks():
            data = left + block
            end = len(data) - len(data) % GROUP_BYTES
            left = data[end:]
            yield base64.b64encode(data[:end])
        yield base64.b64encode(left)


class JsonBody(StreamedBody):
    """A body of JSON with images in it.

    Args:
        texts: the JSON around the images.
        parts: the images, each between two texts.

    Raises:
        UnusableImage: a file cannot be opened or is empty.
        TypeError: a part holds an address instead of a local image.
    """

    def __init__(self, texts: list[str], parts: list[Base64Part]) -> None:
        super().__init__()
        self._pieces.append(texts[0].encode())
        with ExitStack() as undo:
            undo.callback(self.close)
            for part, text in zip(parts, texts[1:], strict=True):
                self._add(part)
                self._pieces.append(text.encode())
            undo.pop_all()

    def _add(self, part: Base64Part) -> None:
        if isinstance(part.source, UrlSource):
            raise TypeError(
                f"{part.source!r} cannot be sent as base64: give image_in_json(source), or a "
                "Base64Part with a path or bytes"
            )
        opened = self._open(part.source, field=file_name(part.source))
        if part.data_uri:
            media_type = part.media_type or media_type_of(opened.format())
            self._pieces.append(f"data:{media_type};base64,".encode())
        self._pieces.append(_Base64Text(opened))
