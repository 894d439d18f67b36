"""The vendor's answers as values; what breaks the contract is refused with its JSON path."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NewType, TypeVar
from urllib.parse import urlsplit

import attrs

from tryon_core import HttpResponse, TryOnError, decode, make_converter
from tryon_pixelcut.error_codes import TABLE

T = TypeVar("T")
Name = NewType("Name", str)
"""A text that is not empty."""
Address = NewType("Address", str)
"""An address of http or https."""
_REQUEST_ID = "x-request-id"
_OK = 200


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
    if not isinstance(value, str) or not value:
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


def read_submission(answer: HttpResponse) -> Accepted | Finished:
    """Return what became of a submission; either may come in either mode.

    Raises:
        UnexpectedResponse: there is neither a job nor a picture in the answer.
    """
    body = answer.json_object()
    if body.get("result_url") is not None:
        return read(answer, Finished)
    if body.get("job_id") is not None or answer.status != _OK:
        return read(answer, Accepted)
    return read(answer, Finished)


def refusal(answer: HttpResponse) -> TryOnError:
    """Return the error that an answer stands for, however its body is built."""
    code, message = error_in(answer.json_object())
    return TABLE.refusal(answer, code=code, message=message, request_id=request_id(answer))


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
