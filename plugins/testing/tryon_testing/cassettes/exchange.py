"""Requests and answers as a cassette stores and compares them."""

from collections.abc import Callable
from typing import Any, TypeAlias

from vcr.request import Request  # type: ignore[import-untyped]  # it has no types

from tryon_testing.cassettes.bodies import request_body, response_body, shown_content_type
from tryon_testing.cassettes.masking import Masker


def request_filter(masker: Masker) -> Callable[[Request], Request]:
    """Return what brings a request of vcrpy into the stored form; twice is once."""

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
    """Return what brings an answer of vcrpy into the stored form; twice is once."""

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
        assert ours == theirs, f"{ours} is not {theirs}"  # noqa: S101  (vcrpy expects this)

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
