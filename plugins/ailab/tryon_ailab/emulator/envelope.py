"""The public fields that all answers have, in three generations."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import attrs
from flask import Response, current_app, jsonify, request

from tryon_ailab.emulator.codes import COARSE, CODES, CODES_BY_STATUS
from tryon_ailab.emulator.knobs import Knobs

_NOT_OURS = "result"


@attrs.frozen
class Refusal(Exception):
    """Something that the vendor refuses.

    Attributes:
        code: its code.
        message: its free text.
        upstream: code of the service behind it, which the old texts name.
    """

    code: str
    message: str = ""
    upstream: str = ""

    def status(self, knobs: Knobs) -> int:
        """Return the HTTP status that it comes with."""
        known = CODES.get(self.code)
        if known is None:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        return known.status if knobs.statuses == "current" else known.old_status


@attrs.frozen
class Envelope:
    """Wraps answers; `knobs` say in which generation, `new_id` gives the ids of calls."""

    knobs: Knobs
    new_id: Callable[[], str]

    def success(self, *, with_ids: bool = True, **fields: Any) -> Response:
        """Return a 200 with the fields of the route.

        Args:
            with_ids: whether it carries the ids of the call.
            fields: what the route says.
        """
        body = {**self._public(HTTPStatus.OK, Refusal("")), **fields}
        hidden = () if with_ids else ("request_id", "log_id")
        return jsonify({name: value for name, value in body.items() if name not in hidden})

    def failure(self, refusal: Refusal, *, status: int | None = None) -> Response:
        """Return an error.

        Args:
            refusal: what is wrong.
            status: the HTTP status, None for that of the code; the body tells that one always.
        """
        own = refusal.status(self.knobs)
        answer = jsonify(self._public(own, refusal))
        answer.status_code = own if status is None else status
        if own == HTTPStatus.TOO_MANY_REQUESTS and self.knobs.retry_after_s is not None:
            answer.headers["Retry-After"] = f"{self.knobs.retry_after_s:g}"
        return answer

    def _public(self, status: int, refusal: Refusal) -> dict[str, Any]:
        call = self.new_id()
        text = CODES[refusal.code].text if refusal.code in CODES else ""
        detail: dict[str, Any] = {
            "code": refusal.code,
            "code_message": text,
            "message": refusal.message,
        }
        body: dict[str, Any] = {"request_id": call, "log_id": call, "error_detail": detail}
        if self.knobs.envelope == "E3":
            return body
        detail["status_code"] = status
        body["error_code"] = 0 if status == HTTPStatus.OK else status
        if self.knobs.envelope == "E1":
            coarse = COARSE.get(refusal.code, refusal.code)
            body |= {"error_code_str": coarse, "error_msg": _old_text(coarse, refusal)}
        return body


def _old_text(coarse: str, refusal: Refusal) -> str:
    text = CODES[coarse].text if coarse in CODES else ""
    if not refusal.message or refusal.message.startswith(text):
        return refusal.message or text
    return " - ".join(part for part in (text, refusal.upstream, refusal.message) if part)


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for an HTTP status or one of its codes.

    The store of results is not the vendor's service and answers in its own way. With the knob
    `work_behind_5xx` a submission is worked on nevertheless.
    """
    name = CODES_BY_STATUS.get(int(code), "") if code.isdecimal() else code
    if name not in CODES or request.endpoint == _NOT_OURS:
        return None
    envelope = cast("Envelope", current_app.config["ENVELOPE"])
    refusal = Refusal(name)
    is_outage = refusal.status(envelope.knobs) >= HTTPStatus.INTERNAL_SERVER_ERROR
    if is_outage and request.endpoint == "submit" and envelope.knobs.work_behind_5xx:
        views: Mapping[str, Callable[[], Any]] = current_app.view_functions
        views["submit"]()
    return envelope.failure(refusal)
