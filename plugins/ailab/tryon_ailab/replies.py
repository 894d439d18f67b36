"""What the vendor's answers say: common fields, the state of a job, what credits are left."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import attrs

from tryon_ailab.error_codes import ABOUT_POLL, AGAIN, FAILED_STATUS, MAY_PASS, TABLE
from tryon_core import (
    Artifact,
    Balance,
    HttpResponse,
    JobResult,
    JobState,
    JobUpdate,
    TryOnError,
    UrlSource,
    WebAddress,
    decode,
    errors,
    make_converter,
)

_STATES: Mapping[int, JobState] = MappingProxyType(
    {0: JobState.PENDING, 1: JobState.RUNNING, 2: JobState.SUCCEEDED, 3: JobState.FAILED}
)
_POLL_STATUSES = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_ACCEPTABLE)
_ENDED = (errors.JobFailed, errors.InputRefused)
_DIGITS = re.compile("[0-9]{1,9}")
_CONVERTER = make_converter()
_NO_ERROR = (None, 0, "0", "")
_ERROR_STATUSES = range(400, 600)
_UNIVERSAL = "common"
# The vendor's documents and its programs disagree on the rest of the Premium pool's name.
_TRY_ON = "try_on_clothes"


@attrs.frozen
class _Pool:
    unique_sign: str
    balance: float


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
    code = answer.text_at("error_detail.code", "error_code_str")
    number = body.get("error_code")
    is_fine = number in _NO_ERROR and (number is not None or not code)
    is_refusal = answer.status != HTTPStatus.OK or not is_fine
    return Reply(
        answer=_with_status_of_body(answer, number) if is_refusal else answer,
        body=body,
        request_id=answer.text_at("request_id", "log_id") or None,
        code=(code or _number(number)) if is_refusal else "",
        message=_message(answer),
        is_refusal=is_refusal,
    )


def _with_status_of_body(answer: HttpResponse, number: Any) -> HttpResponse:
    is_status = type(number) is int and number in _ERROR_STATUSES
    says_fine = answer.status == HTTPStatus.OK
    return attrs.evolve(answer, status=number) if says_fine and is_status else answer


def _message(answer: HttpResponse) -> str:
    fixed, free = (answer.text_at(f"error_detail.{key}") for key in ("code_message", "message"))
    if not free:
        return answer.text_at("error_msg") or fixed
    return free if free.startswith(fixed) else f"{fixed} {free}"


def _number(value: Any) -> str:
    return str(value) if type(value) is int and value else ""


def update_of(reply: Reply, *, model: str) -> JobUpdate:
    """Return the state of a job.

    Args:
        reply: the answer to the poll.
        model: the model that works on the job; the base model tells its result elsewhere.

    Raises:
        TryOnError: the poll was refused or not answered; the job goes on.
    """
    if reply.is_refusal:
        return _refused(reply)
    number = _status_of(reply)
    state = _STATES.get(number, JobState.UNKNOWN)
    failure = TABLE.failure(
        code=FAILED_STATUS, message=reply.message or "no reason given", billed="no"
    )
    return JobUpdate(
        state=state,
        vendor_status=str(number),
        request_id=reply.request_id,
        retry_after_s=reply.answer.retry_after_s,
        failure=failure if state is JobState.FAILED else None,
        result=_result(reply, model) if state is JobState.SUCCEEDED else None,
    )


def _status_of(reply: Reply) -> int:
    """Return the status; the vendor's programs look for it inside `data` too.

    Raises:
        UnexpectedResponse: it is neither a whole number nor the text of one.
    """
    data = reply.body.get("data")
    inner = data if isinstance(data, Mapping) else {}
    for value in (reply.body.get("task_status"), inner.get("task_status"), inner.get("taskStatus")):
        if type(value) is int or (isinstance(value, str) and _DIGITS.fullmatch(value)):
            return int(value)
    return decode(_CONVERTER, reply.answer.json(), int, at="task_status")


def poll_error(reply: Reply) -> TryOnError:
    """Return the error for a refused poll, which never costs and never starts anything."""
    return TABLE.poll_refusal(
        reply.answer, code=reply.code, message=reply.message, request_id=reply.request_id
    )


def _refused(reply: Reply) -> JobUpdate:
    """Tell a failed job from a refused poll: the vendor answers both alike.

    A page, a key that is not accepted, a limit of calls, a parameter and an outage concern the
    poll. What else has a code is the end of the job. 422 was seen to pass, and the vendor asks
    to try once more after "Processing failed": only when they stay, the job has failed.
    """
    entry = TABLE.find(reply.code, reply.status)
    kind = entry.error if entry else reply.answer.usual_error
    is_listed = entry is not None and bool(entry.code)
    is_vague = not is_listed and reply.status in _POLL_STATUSES
    if not reply.code or reply.code in ABOUT_POLL or is_vague:
        raise poll_error(reply)
    if issubclass(kind, errors.JobExpired) or reply.status == HTTPStatus.NOT_FOUND:
        return _update(reply, JobState.NOT_FOUND)
    is_end = issubclass(kind, _ENDED)
    if not is_end and reply.code not in MAY_PASS:
        raise poll_error(reply)
    is_certain = is_end and is_listed and reply.status != HTTPStatus.UNPROCESSABLE_ENTITY
    failure = TABLE.failure(
        code=reply.code, message=reply.message, http_status=reply.status, billed="no"
    )
    if not is_end:  # as an answer to a submission it may have been charged, as a failure it is not
        failure = attrs.evolve(failure, remedy=AGAIN)
    state = JobState.FAILED if is_certain else JobState.UNKNOWN
    return attrs.evolve(_update(reply, state), failure=failure)


def _update(reply: Reply, state: JobState) -> JobUpdate:
    status = f"{reply.status} {reply.code}"
    return JobUpdate(state=state, vendor_status=status, request_id=reply.request_id)


def _result(reply: Reply, model: str) -> JobResult:
    usual = "data.image" if model == "base" else "output.image_url"
    places = ("output.image_url", "data.image")
    at = next((place for place in places if reply.answer.text_at(place)), usual)
    address = decode(_CONVERTER, reply.answer.json(), WebAddress, at=at)
    usage = reply.body.get("usage")
    known: Mapping[str, Any] = usage if isinstance(usage, Mapping) else {}
    return JobResult(images=[Artifact(source=UrlSource(address))], usage=known)


def balance_of(body: Any, now: datetime) -> Balance:
    """Return the universal credits, and apart from them those bought for one try-on model.

    Args:
        body: the parsed answer of the vendor's credits query.
        now: when it was asked.

    Raises:
        UnexpectedResponse: a pool lacks its name or its balance.
    """
    universal, reserved = Decimal(0), dict[str, Decimal]()
    for pool in decode(_CONVERTER, body, list[_Pool], at="data"):
        amount = Decimal(str(pool.balance))
        if pool.unique_sign == _UNIVERSAL:
            universal += amount
        elif _TRY_ON in pool.unique_sign and amount:
            reserved[pool.unique_sign] = reserved.get(pool.unique_sign, Decimal(0)) + amount
    return Balance(amount=universal, unit="credits", as_of=now, reserved=reserved)
