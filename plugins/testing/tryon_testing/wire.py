"""Stand between an emulator and its client: see what was exchanged, and spoil answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import flask

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


Twist: TypeAlias = Callable[[Answer], Answer]
"""Changes an answer before it is sent."""


def always(answer: Answer) -> Twist:
    """Return a twist that gives the same answer to everything."""
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
        self._twist: Twist | None = None

    def spoil(self, operation: str, twist: Twist) -> None:
        """Change every answer of one operation from now on."""
        self._operation, self._twist = operation, twist

    def restore(self) -> None:
        """Send answers as they are again."""
        self._twist = None

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
        if self._twist is None or answer.operation != self._operation:
            return response
        return _as_response(self._twist(answer))


def _as_response(answer: Answer) -> flask.Response:
    response = flask.Response(answer.body, status=answer.status)
    for name, value in answer.headers.items():
        if name.lower() != "content-length":
            response.headers[name] = value
    # Location stays as it is given, also when it is odd.
    response.autocorrect_location_header = False
    return response
