"""Stands between the socket and an emulator: keeps the log, and spoils answers as told."""

import io
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Request, Response

from tryon_core.clock import Clock
from tryon_testing.emulation import faults
from tryon_testing.emulation.faults import Fault, FaultPlan
from tryon_testing.emulation.log import LoggedRequest, RequestLog

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Refuse: TypeAlias = Callable[[str], Response | None]
"""Gives the vendor's own answer for a status or one of its codes, None when there is none."""
PAGE_PATH = "/_tryon/page"
"""Where a page with a redirecting status leads: to a page with status 200."""
_REDIRECTS = range(300, 400)
_SERVED = {
    "",
    faults.SLOW,
    faults.DRIP,
    faults.DROP,
    faults.CUT,
    faults.TRUNCATED,
    faults.EMPTY,
}


def page(status: int) -> Response:
    """Return what a gateway, a proxy or a login page answers instead of the vendor."""
    title = f"{status} {HTTP_STATUS_CODES.get(status, '')}".strip()
    text = f"<html><head><title>{title}</title></head><body>{title}</body></html>"
    answer = Response(text, status, mimetype="text/html")
    if status in _REDIRECTS:
        answer.headers["Location"] = PAGE_PATH
    return answer


class Middleware:
    """Wraps the application of an emulator.

    Args:
        app: the emulator.
        refuse: the vendor's own error answers.
        plan: what goes wrong.
        log: what was received.
        clock: how slow answers wait.
    """

    def __init__(
        self, app: Flask, refuse: Refuse, *, plan: FaultPlan, log: RequestLog, clock: Clock
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._plan = plan
        self._log = log
        self._clock = clock

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        operation = self._operation(environ)
        if operation.startswith("tryon_"):
            return self._app.wsgi_app(environ, start)
        fault = self._plan.take(operation)
        if fault and fault.kind == faults.DROP_BEFORE:
            self._entry(environ, operation, b"", fault)
            return _hang_up(environ, start)
        body = _read_body(environ)
        entry = self._entry(environ, operation, body, fault)
        return self._spoil(fault, entry, environ, start)

    def _spoil(
        self,
        fault: Fault | None,
        entry: LoggedRequest,
        environ: "WSGIEnvironment",
        start: "StartResponse",
    ) -> Iterable[bytes]:
        kind = fault.kind if fault else ""
        if fault and kind == faults.SLOW:
            self._clock.sleep(fault.seconds)
        if fault and kind in {faults.PAGE, faults.HTML}:
            answer = page(fault.status)
        elif kind == faults.FOREIGN:
            answer = Response('{"status": "ok"}', mimetype="application/json")
        elif kind in _SERVED:
            answer = Response.from_app(self._app.wsgi_app, environ)
        else:
            answer = self._refusal(environ, kind)
        if kind == faults.DROP:
            return _hang_up(environ, start)
        entry.status = answer.status_code
        if kind == faults.CUT:
            return _cut(answer, environ, start)
        if fault and kind == faults.DRIP:
            return self._drip(answer, fault.seconds, start)
        if kind == faults.TRUNCATED:
            answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
        if kind == faults.EMPTY:
            answer.set_data(b"")
        return answer(environ, start)

    def _drip(self, answer: Response, seconds: float, start: "StartResponse") -> Iterable[bytes]:
        """Send the answer byte by byte, so that no single wait is long."""
        data = answer.get_data()
        start(answer.status, [*answer.headers.items()])
        for place in range(len(data)):
            self._clock.sleep(seconds / len(data))
            yield data[place : place + 1]

    def _refusal(self, environ: "WSGIEnvironment", code: str) -> Response:
        with self._app.request_context(environ):
            answer = self._refuse(code)
        if answer is not None:
            return answer
        status = int(code) if code.isdecimal() else 500
        return Response(f"{code} as told", status, mimetype="text/plain")

    def _operation(self, environ: "WSGIEnvironment") -> str:
        try:
            endpoint, _ = self._app.create_url_adapter(Request(environ)).match()  # type: ignore[arg-type, union-attr]
        except HTTPException:
            return ""
        return str(endpoint)

    def _entry(
        self, environ: "WSGIEnvironment", operation: str, body: bytes, fault: Fault | None
    ) -> LoggedRequest:
        entry = self._log.add(Request(environ), operation, body)
        entry.fault = fault.kind if fault else None
        return entry


def _read_body(environ: "WSGIEnvironment") -> bytes:
    body = Request(environ).stream.read()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)
    return body


def _hang_up(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
    """Close the connection; what is written afterwards meets a closed socket."""
    _socket(environ).shutdown(socket.SHUT_RDWR)
    start("200 OK", [])
    return [b""]


def _cut(answer: Response, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """Announce the whole answer, send half of it and close."""
    data = answer.get_data()
    start(answer.status, [*answer.headers.items()])
    yield data[: len(data) // 2]
    _socket(environ).shutdown(socket.SHUT_RDWR)


def _socket(environ: "WSGIEnvironment") -> socket.socket:
    found: Any = environ["werkzeug.socket"]
    return found  # type: ignore[no-any-return]
