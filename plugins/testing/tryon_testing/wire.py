"""What goes over the network in a check: the vendor's answers, and another server."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import attrs
import flask
from werkzeug.exceptions import HTTPException

from tryon_core.client import Client
from tryon_core.http import HttpResponse
from tryon_core.image_formats import HEAD_BYTES, image_format
from tryon_core.masking import shown_url
from tryon_core.transport.connections import Exchange
from tryon_core.transport.retries import Outcome
from tryon_testing.emulation import Emulator, EmulatorContext


@attrs.frozen(kw_only=True)
class Answer:
    """An answer of the vendor.

    Attributes:
        operation: name of the emulator's endpoint, such as `submit`.
        method: method of the request.
        status: the HTTP status.
        headers: header values by name.
        body: the body.
    """

    operation: str
    method: str
    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON, None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def with_json(self, value: Any) -> "Answer":
        """Return the answer with another JSON body."""
        return attrs.evolve(self, body=json.dumps(value).encode())

    def with_body(self, body: bytes, *, status: int | None = None, kind: str = "") -> "Answer":
        """Return the answer with another body, status and content type."""
        headers = {**self.headers, "Content-Type": kind} if kind else self.headers
        return attrs.evolve(self, body=body, status=status or self.status, headers=headers)

    def with_header(self, name: str, value: str) -> "Answer":
        """Return the answer with one more header."""
        return attrs.evolve(self, headers={**self.headers, name: value})


AnswerChange: TypeAlias = Callable[[Answer], Answer]
"""Changes an answer before it is sent."""


def always(answer: Answer) -> AnswerChange:
    """Return a change that gives the same answer to everything."""
    return lambda _: answer


class Wire:
    """Every answer of one emulator, as it was and as it is sent.

    Attributes:
        answers: the answers as the vendor gave them, oldest first.
        app: the emulator's application, once it was built.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.app = flask.Flask(__name__)
        self._operation = ""
        self._change: AnswerChange | None = None

    def change_answers(self, operation: str, change: AnswerChange) -> None:
        """Change every answer of one operation from now on."""
        self._operation, self._change = operation, change

    def restore(self) -> None:
        """Send answers as they are again."""
        self._change = None

    def count(self, prefix: str) -> int:
        """Return how many answers belong to requests that post to operations of a name."""
        return sum(
            answer.method == "POST" and answer.operation.startswith(prefix)
            for answer in list(self.answers)
        )

    def tap(self, emulator: Emulator) -> Emulator:
        """Return the same emulator, tapped."""

        def build(ctx: EmulatorContext, knobs: Any) -> flask.Flask:
            self.app = app = emulator.build(ctx, knobs)
            # Flask calls the first one last: what the emulator adds itself is there by then.
            app.after_request_funcs.setdefault(None, []).insert(0, self._pass_on)
            return app

        return attrs.evolve(emulator, build=build)

    def _pass_on(self, response: flask.Response) -> flask.Response:
        response.direct_passthrough = False
        answer = Answer(
            operation=flask.request.endpoint or "",
            method=flask.request.method,
            status=response.status_code,
            headers=dict(response.headers),
            body=response.get_data(),
        )
        self.answers.append(answer)
        if self._change is None or answer.operation != self._operation:
            return response
        return _as_response(self._change(answer))


def _as_response(answer: Answer) -> flask.Response:
    response = flask.Response(answer.body, status=answer.status)
    for name, value in answer.headers.items():
        if name.lower() != "content-length":
            response.headers[name] = value
    # Location stays as it is given, also when it is odd.
    response.autocorrect_location_header = False
    return response


PAID = ("submit", "parse")
"""How the names of the endpoints of paid requests begin."""


class InProcess:
    """Answers one client instead of the network.

    Args:
        wire: knows which operation an address belongs to.
        address: where the vendor's emulator listens; all other addresses are asked for real.
        usual: answers by operation.
        network: the client's own way to other addresses.

    Attributes:
        script: what is answered to their operation instead of the usual; the last one repeats.
        sent: the requests that came, such as `POST submit`.
    """

    def __init__(
        self,
        wire: Wire,
        address: str,
        usual: Mapping[str, Answer],
        network: Callable[[Exchange], Outcome],
    ) -> None:
        self._routes = wire.app.url_map.bind(urlsplit(address).netloc)
        self._address = f"{address}/"
        self._usual = usual
        self._network = network
        self.script: list[Answer] = []
        self.sent: list[str] = []

    def exchange_once(self, exchange: Exchange) -> Outcome:
        """Answer a request at once."""
        operation = self._operation(exchange)
        answer = self._scripted(operation) or self._usual.get(operation)
        if answer is None:
            return self._network(exchange)
        self.sent.append(f"{exchange.method} {operation}")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(
            status=answer.status,
            headers=headers,
            body=answer.body,
            url=shown_url(exchange.url, exchange.secrets),
        )

    @property
    def paid(self) -> int:
        """How many of the requests may cost money."""
        names = (entry.removeprefix("POST ") for entry in self.sent if entry.startswith("POST "))
        return sum(name.startswith(PAID) for name in names)

    def _scripted(self, operation: str) -> Answer | None:
        if not self.script or self.script[0].operation != operation:
            return None
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def _operation(self, exchange: Exchange) -> str:
        if not exchange.url.startswith(self._address):
            return ""
        path = urlsplit(exchange.url).path
        try:
            endpoint, _ = self._routes.match(path, method=exchange.method)
        except HTTPException:
            return ""
        return str(endpoint)


def in_process(client: Client, wire: Wire, address: str, usual: Mapping[str, Answer]) -> InProcess:
    """Take a client off the network, but for addresses that are not the vendor's.

    Args:
        client: whose vendor is answered for from now on.
        wire: the one of its harness.
        address: where the emulator listens.
        usual: answers by operation.
    """
    exchanger: Any = client.session.transport.exchanger()  # a seam for tests alone
    stand_in = InProcess(wire, address, usual, exchanger.exchange_once)
    exchanger.exchange_once = stand_in.exchange_once
    return stand_in


@attrs.frozen(kw_only=True)
class Visit:
    """One request that came to the other origin, whole.

    Attributes:
        line: method and target.
        text: line, headers and body as text.
    """

    line: str
    text: str = attrs.field(repr=False)


class OtherOrigin:
    """Another origin than the vendor's.

    Attributes:
        visits: everything that came.
        images: files that it serves, by path.
    """

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.images: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def show(self, name: str, data: bytes) -> str:
        """Serve a file and return its address."""
        self.images[f"/{name}"] = data
        return f"{self.url}/{name}"

    @contextlib.contextmanager
    def running(self) -> Iterator["OtherOrigin"]:
        """Serve for the length of a `with` block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler(origin: OtherOrigin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            """Keep what came, and serve an image when the path names one."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            text = f"{self.requestline}\n{self.headers}\n{body.decode('latin-1')}"
            line = f"{self.command} {self.path.partition('?')[0]}"
            origin.visits.append(Visit(line=line, text=text))
            image = origin.images.get(self.path.partition("?")[0])
            kind = image_format((image or b"")[:HEAD_BYTES])
            headers = {"Content-Type": f"image/{kind.lower()}"} if kind else {}
            self._reply(200 if image else 404, image or b"{}", headers)

        def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name)
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.take)
    return Handler
