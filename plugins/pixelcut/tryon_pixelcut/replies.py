"""The vendor's answers as values; what breaks the contract is refused with its JSON path."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NewType, TypeVar
from urllib.parse import urlsplit

import attrs

from tryon_core import HttpResponse, Job, TryOnError, decode, make_converter
from tryon_core.errors import UnexpectedResponse
from tryon_pixelcut.error_codes import TABLE

T = TypeVar("T")
Name = NewType("Name", str)
"""A text that is not empty."""
Address = NewType("Address", str)
"""An address of http or https."""
_REQUEST_ID = "x-request-id"
_OK = 200
_GOOD = (200, 202)


@attrs.frozen(kw_only=True)
class Accepted:
    """A job that was accepted."""

    job_id: Name


@attrs.frozen(kw_only=True)
class Finished:
    """A finished picture."""

    result_url: Address

    @property
    def name(self) -> str:
        """The last part of the address, by which a support desk may find it."""
        parts = urlsplit(self.result_url)
        return parts.path.rpartition("/")[2] or str(parts.hostname)


@attrs.frozen(kw_only=True)
class Status:
    """Where a job stands."""

    status: str


@attrs.frozen(kw_only=True)
class Credits:
    """What is left on the account; the page declares a text and shows a number."""

    credits_remaining: Decimal


def _name(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"expected a text that is not empty, got {value!r:.40}")
    return value


def _address(value: Any, _: Any) -> str:
    parts = urlsplit(_name(value, _))  # raises ValueError on some that are none
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address of http or https")
    return str(value)


def _amount(value: Any, _: Any) -> Decimal:
    is_number = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if not is_number or not _NUMBER.fullmatch(str(value)):
        raise ValueError(f"expected a number, got {value!r:.40}")
    return Decimal(str(value))


_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
_CONVERTER = make_converter()
_CONVERTER.register_structure_hook(Name, _name)
_CONVERTER.register_structure_hook(Address, _address)
_CONVERTER.register_structure_hook(Decimal, _amount)


def read(answer: HttpResponse, kind: type[T]) -> T:
    """Return the value in an answer.

    Raises:
        UnexpectedResponse: it is no JSON, or breaks the contract.
    """
    return decode(_CONVERTER, answer.json(), kind)


def job_id_in(answer: HttpResponse) -> str | None:
    """Return the job that an answer to a submission names, None when it names none."""
    return answer.id_at("job_id")


def finished_in(answer: HttpResponse) -> Finished | None:
    """Return the finished picture in an answer to a submission, None when there is none."""
    if answer.status not in _GOOD or answer.json_object().get("result_url") is None:
        return None
    try:
        return read(answer, Finished)
    except UnexpectedResponse:
        return None


def unreadable(answer: HttpResponse) -> TryOnError:
    """Return the error for an accepted submission that names neither a job nor a picture."""
    kind = Accepted if answer.status != _OK or "job_id" in answer.json_object() else Finished
    try:
        read(answer, kind)
    except UnexpectedResponse as error:
        error.request_id = request_id(answer)
        return error
    raise AssertionError("unreachable: what can be read was read before")


def tells_of(answer: HttpResponse, job: Job) -> bool:
    """Say whether an answer is the status of a job, and not of another one."""
    body = answer.json_object()
    is_status = isinstance(body.get("status"), str)
    return answer.status in _GOOD and is_status and named_in(body) in {None, job.id}


def named_in(body: Mapping[str, Any]) -> str | None:
    """Return the job that a status speaks of, None when it does not say."""
    name = body.get("job_id")
    return name if isinstance(name, str) and name else None


def refusal(answer: HttpResponse) -> TryOnError:
    """Return the error that a refused submission is, however the body is built."""
    code, message = error_in(answer.json_object())
    return TABLE.refusal(answer, code=code, message=message, request_id=request_id(answer))


def question_error(answer: HttpResponse) -> TryOnError:
    """Return the error that a refused question is, which says nothing about the job."""
    code, message = error_in(answer.json_object())
    return TABLE.question(answer, code=code, message=message, request_id=request_id(answer))


def error_in(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and text of an error; both stand beside each other, or inside `error`."""
    error = body.get("error")
    inner = error if isinstance(error, Mapping) else {}
    codes = (inner.get("error_code"), body.get("error_code"))
    texts = (inner.get("message"), error, body.get("message"))
    return _first_text(*codes), _first_text(*texts)


def request_id(answer: HttpResponse) -> str | None:
    """Return the vendor's id of a call; none is documented, so the usual header is looked at."""
    return answer.headers.get(_REQUEST_ID)


def _first_text(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")
