"""Reads the fields that all answers of the vendor have in common."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import attrs

from tryon_core import HttpResponse

_NO_ERROR = (None, 0, "0", "")
_ERROR_STATUSES = range(400, 600)


@attrs.frozen(kw_only=True)
class Reply:
    """An answer with its public fields, whichever of the three generations it is of.

    Attributes:
        answer: what came. When the body of a 200 says that it failed, the status is the body's.
        body: the JSON object in it, empty when it is none.
        request_id: the id to quote to the vendor's support.
        code: the precise error code, else the coarse one, empty when there is none.
        message: the vendor's words, empty when there are none.
        is_refusal: whether it says that something failed.
    """

    answer: HttpResponse
    body: Mapping[str, Any] = attrs.field(repr=False)
    request_id: str | None
    code: str
    message: str
    is_refusal: bool

    @property
    def status(self) -> int:
        """The HTTP status, or the one that the body tells instead of it."""
        return self.answer.status


def read_reply(answer: HttpResponse) -> Reply:
    """Read the public fields; what has a wrong type counts as absent, and nothing raises.

    Success is a 200 whose `error_code` is 0, or absent together with the precise code: the current
    edition of the documents has no `error_code` any more.
    """
    body = answer.json_object()
    detail = _object(body.get("error_detail"))
    code = _text(detail.get("code")) or _text(body.get("error_code_str"))
    number = body.get("error_code")
    is_fine = number in _NO_ERROR and (number is not None or not code)
    is_refusal = answer.status != HTTPStatus.OK or not is_fine
    return Reply(
        answer=_with_status_of_body(answer, number) if is_refusal else answer,
        body=body,
        request_id=_text(body.get("request_id")) or _text(body.get("log_id")) or None,
        code=(code or _number(number)) if is_refusal else "",
        message=_message(body, detail),
        is_refusal=is_refusal,
    )


def _with_status_of_body(answer: HttpResponse, number: Any) -> HttpResponse:
    is_status = type(number) is int and number in _ERROR_STATUSES
    says_fine = answer.status == HTTPStatus.OK
    return attrs.evolve(answer, status=number) if says_fine and is_status else answer


def _message(body: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    fixed, free = _text(detail.get("code_message")), _text(detail.get("message"))
    if not free:
        return _text(body.get("error_msg")) or fixed
    return free if free.startswith(fixed) else f"{fixed} {free}"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> str:
    return str(value) if type(value) is int and value else ""
