"""Answers in the vendor's form, errors above all."""

import uuid
from typing import Any

from flask import Response, jsonify

from tryon_dashscope.emulator.texts import TEXTS, USUAL


class Refused(Exception):
    """A call, or a task, that is refused.

    Args:
        code: the vendor's code.
        message: the vendor's text, None for the usual one of that code.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status, usual = TEXTS.get(code, (400, code))
        self.message = usual if message is None else message


def accepted(body: dict[str, Any], request_id: str) -> Response:
    """Return an answer of success."""
    answer = jsonify({**body, "request_id": request_id})
    answer.headers["x-request-id"] = request_id
    return answer


def refused(error: Refused, request_id: str, *, retry_after_s: int | None = None) -> Response:
    """Return an answer that refuses a call.

    Args:
        error: why.
        request_id: the service's id of the call.
        retry_after_s: for 429, seconds to ask for.
    """
    told = {"code": error.code, "message": error.message, "request_id": request_id}
    answer = jsonify(told)
    answer.status_code = error.status
    answer.headers["x-request-id"] = request_id
    if error.status == 429 and retry_after_s is not None:  # noqa: PLR2004  (an HTTP status)
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def refuse(code: str) -> Response | None:
    """Return the vendor's answer for an HTTP status or one of its codes, for faults."""
    named = USUAL.get(code, code)
    if named not in TEXTS:
        return None
    return refused(Refused(named), str(uuid.uuid5(uuid.NAMESPACE_URL, named)))
