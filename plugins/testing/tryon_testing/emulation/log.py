"""What an emulator received, without secrets; multipart forms part by part."""

import contextlib
import hashlib
import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import attrs
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from werkzeug.wrappers import Request

from tryon_core.base64_text import without_base64
from tryon_core.image_formats import HEAD_BYTES, image_format
from tryon_core.masking import redact
from tryon_core.models import MASK
from tryon_core.transport.streaming import media_type_of


@attrs.frozen(kw_only=True)
class Part:
    """One part of a form.

    Attributes:
        name: the field.
        data: what it holds.
        filename: the announced name of a file, None for text.
        media_type: the announced type, empty when there is none.
    """

    name: str
    data: bytes = attrs.field(repr=False)
    filename: str | None = None
    media_type: str = ""


def read_parts(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a multipart body.

    Args:
        body: the whole body.
        content_type: the header, with its boundary.

    Raises:
        ValueError: it is no multipart form.
    """
    kind, parameters = parse_options_header(content_type)
    if kind != "multipart/form-data" or not parameters.get("boundary"):
        raise ValueError(f"{content_type!r} is no multipart form")
    decoder = MultipartDecoder(parameters["boundary"].encode("latin-1"))
    parts: list[Part] = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                parts.append(_part(event.name, event.headers, getattr(event, "filename", None)))
            elif isinstance(event, Data):
                parts[-1] = attrs.evolve(parts[-1], data=parts[-1].data + event.data)
    except (HTTPException, ValueError, KeyError) as error:
        raise ValueError(f"broken multipart form: {error}") from error
    return parts


def _part(name: str, headers: Headers, filename: str | None) -> Part:
    media_type = headers.get("content-type", "")
    return Part(name=name, data=b"", filename=filename, media_type=media_type)


_EMBEDDED = re.compile(rb"data:(image/[a-z+.-]+);base64,([A-Za-z0-9+/]{44})")


def mislabelled_images(body: bytes, content_type: str) -> list[str]:
    """Return what is announced of images in a request and is not so, as parts of a sentence.

    Args:
        body: the whole body: a form, JSON with data URIs, or an image.
        content_type: the header of the request.
    """
    kind = parse_options_header(content_type)[0]
    announced = [(found[1].decode(), b64decode(found[2])) for found in _EMBEDDED.finditer(body)]
    if kind == "multipart/form-data":
        with contextlib.suppress(ValueError):
            announced = [(part.media_type, part.data) for part in read_parts(body, content_type)]
    elif kind.startswith("image/"):
        announced = [(kind, body)]
    found = [(said.lower(), image_format(data[:HEAD_BYTES])) for said, data in announced]
    named = [(said.replace("jpg", "jpeg"), real) for said, real in found if real]
    return [
        f"a {real} was announced as {said}"
        for said, real in named
        if said.startswith("image/") and said != media_type_of(real)
    ]


_MOST_CHARS = 2000
_SECRET_NAME = re.compile(r"(?i)(^|[-_ .])?(auth|key|token|sign|secret|cookie|credential|policy)")


@attrs.define(kw_only=True)
class LoggedRequest:
    """One request as it arrived, secrets masked.

    Attributes:
        operation: name of the endpoint that it was for, empty when there is none.
        method: the HTTP method.
        path: the path, without query.
        query: the parameters of the query.
        headers: values by lower-case name.
        fields: parts of a form in their order: text, or what a file is (name, type, size, digest).
        json: the body, when it is JSON.
        mislabelled: images that are not of the type that was announced, as parts of a sentence.
        status: what was answered, None when the connection was dropped.
        fault: the fault that it had.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fields: Sequence[tuple[str, Any]] = ()
    json: Any = None
    mislabelled: Sequence[str] = ()
    status: int | None = None
    fault: str | None = None


class RequestLog(Sequence[LoggedRequest]):
    """All requests in the order of their arrival.

    Args:
        secrets: values that are masked everywhere.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._entries: list[LoggedRequest] = []
        self._lock = threading.Lock()

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def count(self, operation: Any) -> int:
        """Return how many requests were for an operation."""
        return sum(entry.operation == operation for entry in list(self._entries))

    def add(self, request: Request, operation: str, body: bytes) -> LoggedRequest:
        """Keep a request."""
        entry = LoggedRequest(
            operation=operation,
            method=request.method,
            path=self._masked(request.path),
            query=self._pairs(request.args.items(multi=True)),
            headers=self._pairs((name.lower(), value) for name, value in request.headers),
            mislabelled=mislabelled_images(body, request.content_type or ""),
        )
        if request.mimetype == "application/json":
            entry.json = self._json(body)
        elif body:
            entry.fields = self._form(request, body)
        with self._lock:
            self._entries.append(entry)
        return entry

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        return {name: self._value(name, value) for name, value in pairs}

    def _value(self, name: str, value: str) -> str:
        return MASK if _SECRET_NAME.search(name) else self._masked(value)[:_MOST_CHARS]

    def _masked(self, text: str) -> str:
        return redact(without_base64(text), self._secrets)

    def _json(self, body: bytes) -> Any:
        try:
            return self._cleaned("", json.loads(body))
        except (ValueError, RecursionError):
            return self._masked(body.decode("utf-8", "replace"))[:_MOST_CHARS]

    def _cleaned(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._cleaned(key, entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._cleaned(name, entry) for entry in value]
        return self._value(name, value) if isinstance(value, str) else value

    def _form(self, request: Request, body: bytes) -> list[tuple[str, Any]]:
        if request.mimetype == "application/x-www-form-urlencoded":
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            return [(name, self._value(name, value)) for name, value in pairs]
        try:
            parts = read_parts(body, request.content_type or "")
        except ValueError:
            return [("", f"{len(body)} bytes of {request.mimetype or 'no type'}")]
        return [(part.name, self._content(part)) for part in parts]

    def _content(self, part: Part) -> Any:
        if part.filename is None:
            return self._value(part.name, part.data.decode("utf-8", "replace"))
        return {
            "filename": part.filename,
            "media_type": part.media_type,
            "bytes": len(part.data),
            "sha256": hashlib.sha256(part.data).hexdigest(),
        }
