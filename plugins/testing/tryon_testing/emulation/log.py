"""What an emulator received, without secrets."""

import hashlib
import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import attrs
from werkzeug.wrappers import Request

from tryon_core.settings import MASK
from tryon_core.transport import redact
from tryon_testing.emulation.forms import Part, read_parts

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
        status: what was answered, None when the connection was dropped.
        fault: the fault that it was spoiled by.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fields: Sequence[tuple[str, Any]] = ()
    json: Any = None
    status: int | None = None
    fault: str | None = None


class RequestLog(Sequence[LoggedRequest]):
    """All requests in the order of their arrival.

    Args:
        secrets: values that are masked wherever they stand.
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
        return redact(text, self._secrets)

    def _json(self, body: bytes) -> Any:
        try:
            return self._cleaned("", json.loads(body))
        except (ValueError, RecursionError):
            return self._masked(body[:_MOST_CHARS].decode("utf-8", "replace"))

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
