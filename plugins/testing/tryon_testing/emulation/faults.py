"""Faults that are given to an emulator, and how it has them."""

import io
import random
import re
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Request, Response

from tryon_core.clock import Clock
from tryon_core.errors import InputError
from tryon_testing.emulation.log import LoggedRequest, RequestLog

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


ANY = "*"
DROP, DROP_BEFORE, CUT, SLOW, DRIP, LAG = "drop", "drop-before", "cut", "slow", "drip", "lag"
PAGE, HTML, FOREIGN, EMPTY, TRUNCATED = "page", "html", "foreign", "empty", "truncated"
JOB, POLL = "job", "poll"
"""What makes the next job fail, and the operation that tells so."""
DRAW, BLANK, UNCHANGED = "draw", "blank", "unchanged"
"""The operation of making a result, which is no request, and what can go wrong with it."""
KINDS = (
    CUT,
    f"{DRIP}=SECONDS",
    DROP,
    DROP_BEFORE,
    EMPTY,
    FOREIGN,
    HTML,
    f"{JOB}=CODE",
    f"{LAG}=SECONDS",
    f"{PAGE}=STATUS",
    f"{SLOW}=SECONDS",
    TRUNCATED,
)
"""What every emulator can do, as it is written."""
_STATUS = "[1-5][0-9][0-9]"
_NUMBER = r"[0-9]*\.?[0-9]+"
_SPEC = re.compile(
    r"(?P<operation>[a-z_]+|\*):(?P<kind>[^*%=]+)(=(?P<value>[^*%=]+))?"
    rf"(\*(?P<count>[0-9]+)|%(?P<percent>{_NUMBER}))?"
)
_VALUES = {
    **dict.fromkeys((SLOW, DRIP, LAG), re.compile(_NUMBER)),
    PAGE: re.compile(_STATUS),
    JOB: re.compile(".+"),
}
Check: TypeAlias = Callable[["Fault"], None]


@attrs.frozen(kw_only=True)
class Fault:
    """One way in which an emulator misbehaves.

    Attributes:
        operation: which operation has it, such as `submit`, `poll` or `result`; `*` for all
            requests; `draw` for making the image of a result.
        kind: `drop` (the work is done and the answer lost), `drop-before` (nothing is done), `cut`
            (the connection ends within the answer), `slow`, `drip` (the answer comes byte by byte),
            `lag` (tasks that are too young are not listed yet), `page` (a page instead of JSON, as
            of a gateway; nothing is done), `html` (a page with status 502), `foreign` (JSON of
            another service with status 200; nothing is done), `empty` (the work is done, and the
            answer has no body), `truncated` (half the answer), an HTTP status, or one of the
            vendor's codes; of `poll` `job` (the next job fails with a code); of `draw` `blank` (the
            image is black) or `unchanged` (it is the photo of the person).
        seconds: how long the answer is held back, for `slow`; how long it takes, for `drip`; how
            old a task is before a list shows it, for `lag`.
        status: HTTP status, for `page`.
        code: the vendor's code, or any other text, for `job`.
        count: how many requests, jobs or results have it, None for all.
        percent: how likely one of them has it, 0 to 100.
    """

    operation: str
    kind: str
    seconds: float = 0.0
    status: int = 502
    code: str = ""
    count: int | None = None
    percent: float = 100.0

    @property
    def is_status(self) -> bool:
        """Whether the kind is an HTTP status."""
        return re.fullmatch(_STATUS, self.kind) is not None


def parse_fault(spec: str) -> Fault:
    """Read `OPERATION:KIND`, with `*N` behind it for the first N requests or `%P` for P percent.

    Raises:
        InputError: the text is no such thing.
    """
    found = _SPEC.fullmatch(spec)
    if found is None or not _has_its_value(found["kind"], found["value"]):
        raise InputError(
            f"the fault {spec!r} cannot be read.",
            remedy="Write OPERATION:KIND, such as submit:429*2, submit:drop%5, poll:slow=3, "
            "poll:page=200, poll:job=CODE or result:403.",
        )
    value = found["value"] or "0"
    return Fault(
        operation=found["operation"],
        kind=found["kind"],
        seconds=float(value) if found["kind"] in {SLOW, DRIP, LAG} else 0.0,
        status=int(value) if found["kind"] == PAGE else 502,
        code=value if found["kind"] == JOB else "",
        count=int(found["count"]) if found["count"] else None,
        percent=float(found["percent"] or 100),
    )


def _has_its_value(kind: str, value: str | None) -> bool:
    expected = _VALUES.get(kind)
    if expected is None or value is None:
        return expected is None and value is None
    return expected.fullmatch(value) is not None


def check_fault(fault: Fault, *, operations: Iterable[str], is_code: Callable[[str], bool]) -> None:
    """Refuse a fault that no request can have.

    Args:
        fault: what was asked for.
        operations: what the emulator can be asked.
        is_code: whether the vendor has an answer with that code.

    Raises:
        InputError: the operation or the kind does not exist; the message lists those that do.
    """
    if fault.operation == DRAW and fault.kind in {BLANK, UNCHANGED}:
        return
    known = sorted(operations)
    if fault.operation not in {ANY, *known}:
        raise InputError(
            f"the fault {fault.operation}:{fault.kind} names the operation {fault.operation!r}, "
            "which the emulator does not have.",
            remedy=f"It has: {', '.join(known)}, and {ANY} for all of them; and "
            f"{DRAW}:{BLANK} and {DRAW}:{UNCHANGED}.",
        )
    if fault.kind == JOB and (fault.operation != POLL or not fault.code):
        raise InputError(
            f"the fault {fault.operation}:{JOB} makes no job fail.",
            remedy=f"Write {POLL}:{JOB}=CODE.",
        )
    words = {kind.partition("=")[0] for kind in KINDS}
    if fault.kind not in words and not fault.is_status and not is_code(fault.kind):
        raise InputError(
            f"the fault {fault.operation}:{fault.kind} names {fault.kind!r}, which is no fault "
            "and no code of this vendor.",
            remedy=f"There are: {', '.join(KINDS)}, an HTTP status such as 429, and the vendor's "
            "error codes.",
        )


def _accept_any(_: Fault) -> None:
    """Check nothing."""


class FaultPlan:
    """Decides which request has which fault; safe to use from many threads.

    Args:
        faults: the first that fits and is not used up counts.
        seed: makes the choice of those with a percentage repeatable.
        check: raises an error for a fault that cannot happen.

    Raises:
        InputError: `check` refused a fault.
    """

    def __init__(
        self, faults: Iterable[Fault] = (), *, seed: int = 0, check: Check = _accept_any
    ) -> None:
        self._check = check
        self._faults = list(faults)
        for fault in self._faults:
            check(fault)
        self._used = [0] * len(self._faults)
        self._random = random.Random(seed)  # noqa: S311  (chooses faults, not secrets)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Have one more.

        Raises:
            InputError: there is no such operation, fault or code.
        """
        self._check(fault)
        with self._lock:
            self._faults.append(fault)
            self._used.append(0)

    def clear(self) -> None:
        """Have no more faults."""
        with self._lock:
            self._faults, self._used = [], []

    def take(self, operation: str) -> Fault | None:
        """Return the fault that this request has, None when it has none."""
        any_of = {operation} if operation == DRAW else {operation, ANY}
        return self._take(lambda fault: fault.kind != JOB and fault.operation in any_of)

    def take_failure(self) -> str | None:
        """Return the code with which the next job fails, None when it is to succeed."""
        fault = self._take(lambda fault: fault.kind == JOB)
        return fault.code if fault else None

    def _take(self, is_meant: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._faults):
                is_left = fault.count is None or self._used[index] < fault.count
                if is_meant(fault) and is_left and 100 * self._random.random() < fault.percent:
                    self._used[index] += 1
                    return fault
        return None


Refuse: TypeAlias = Callable[[str], Response | None]
"""Gives the vendor's own answer for a status or one of its codes, None when there is none."""
LAG_KEY = "tryon.lag_s"
"""Under which a request has the seconds by which lists lag behind."""
PAGE_PATH = "/_tryon/page"
"""Where a page with a redirecting status leads: to a page with status 200."""
_REDIRECTS = range(300, 400)
_SERVED = {
    "",
    SLOW,
    DRIP,
    LAG,
    DROP,
    CUT,
    TRUNCATED,
    EMPTY,
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
        if fault and fault.kind == DROP_BEFORE:
            self._entry(environ, operation, b"", fault)
            return _hang_up(environ, start)
        body = _read_body(environ)
        entry = self._entry(environ, operation, body, fault)
        return self._faulty(fault, entry, environ, start)

    def _faulty(
        self,
        fault: Fault | None,
        entry: LoggedRequest,
        environ: "WSGIEnvironment",
        start: "StartResponse",
    ) -> Iterable[bytes]:
        kind = fault.kind if fault else ""
        if fault and kind == SLOW:
            self._clock.sleep(fault.seconds)
        environ[LAG_KEY] = fault.seconds if fault and kind == LAG else 0.0
        if fault and kind in {PAGE, HTML}:
            answer = page(fault.status)
        elif kind == FOREIGN:
            answer = Response('{"status": "ok"}', mimetype="application/json")
        elif kind in _SERVED:
            answer = Response.from_app(self._app.wsgi_app, environ)
        else:
            answer = self._refusal(environ, kind)
        if kind == DROP:
            return _hang_up(environ, start)
        answer.date = self._clock.now()
        entry.status = answer.status_code
        if kind == CUT:
            return _cut(answer, environ, start)
        if fault and kind == DRIP:
            return self._drip(answer, fault.seconds, start)
        if kind == TRUNCATED:
            answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
        if kind == EMPTY:
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
