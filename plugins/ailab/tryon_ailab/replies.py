"""What the vendor's answers say: the state of a job, and what credits are left."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import attrs

from tryon_ailab.error_codes import ABOUT_POLL, AGAIN, FAILED_STATUS, MAY_PASS, TABLE, is_refusal
from tryon_core import (
    Artifact,
    Balance,
    HttpResponse,
    JobResult,
    JobState,
    JobUpdate,
    UrlSource,
    WebAddress,
    errors,
)

_STATES = {0: JobState.PENDING, 1: JobState.RUNNING, 2: JobState.SUCCEEDED, 3: JobState.FAILED}
_POLL_STATUSES = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_ACCEPTABLE)
_ENDED = (errors.JobFailed, errors.InputRefused)
_DIGITS = re.compile("[0-9]{1,9}")
_ERROR_STATUSES = range(400, 600)
_UNIVERSAL = "common"
# The vendor's documents and its programs disagree on the rest of the Premium pool's name.
_TRY_ON = "try_on_clothes"


def with_own_status(answer: HttpResponse) -> HttpResponse:
    """Return an answer that refuses with the status in its body, where HTTP says 200."""
    number = answer.json_object().get("error_code")
    if answer.status == HTTPStatus.OK and isinstance(number, int) and number in _ERROR_STATUSES:
        return attrs.evolve(answer, status=number)
    return answer


def update_of(answer: HttpResponse, *, model: str) -> JobUpdate:
    """Return the state of a job.

    Args:
        answer: to the poll, with the status of its own.
        model: the model that works on the job; the base model tells its result elsewhere.

    Raises:
        TryOnError: the poll was refused or not answered; the job goes on.
    """
    if is_refusal(answer):
        return _refused(answer)
    number = _status_of(answer)
    state = _STATES.get(number, JobState.UNKNOWN)
    message = TABLE.message_in(answer) or "no reason given"
    failure = TABLE.failure(code=FAILED_STATUS, message=message, billed="no")
    return JobUpdate(
        state=state,
        vendor_status=str(number),
        request_id=TABLE.request_id_in(answer),
        retry_after_s=answer.retry_after_s,
        failure=failure if state is JobState.FAILED else None,
        result=_result(answer, model) if state is JobState.SUCCEEDED else None,
    )


def _status_of(answer: HttpResponse) -> int:
    """Return the status; the vendor's programs look for it inside `data` too.

    Raises:
        UnexpectedResponse: it is neither a whole number nor the text of one.
    """
    for place in ("task_status", "data.task_status", "data.taskStatus"):
        text = answer.text_at(place, or_number=True)
        if _DIGITS.fullmatch(text):
            return int(text)
    return TABLE.read(answer, int, at="task_status")


def _refused(answer: HttpResponse) -> JobUpdate:
    """Tell a failed job from a refused poll: the vendor answers both alike.

    A page, a key that is not accepted, a limit of calls, a parameter and an outage concern the
    poll. What else has a code is the end of the job. 422 was seen to pass, and the vendor asks
    to try once more after "Processing failed": only when they stay, the job has failed.
    """
    code, status = TABLE.code_in(answer), answer.status
    entry = TABLE.find(code, status)
    kind = entry.error if entry else answer.usual_error
    is_listed = entry is not None and bool(entry.code)
    is_vague = not is_listed and status in _POLL_STATUSES
    if not code or code in ABOUT_POLL or is_vague:
        raise TABLE.poll_refusal(answer)
    update = JobUpdate(
        state=JobState.NOT_FOUND,
        vendor_status=f"{status} {code}",
        request_id=TABLE.request_id_in(answer),
    )
    if issubclass(kind, errors.JobExpired) or status == HTTPStatus.NOT_FOUND:
        return update
    is_end = issubclass(kind, _ENDED)
    if not is_end and code not in MAY_PASS:
        raise TABLE.poll_refusal(answer)
    message = TABLE.message_in(answer)
    failure = TABLE.failure(code=code, message=message, http_status=status, billed="no")
    if not is_end:  # as an answer to a submission it may have been charged, as a failure it is not
        failure = attrs.evolve(failure, remedy=AGAIN)
    is_certain = is_end and is_listed and status != HTTPStatus.UNPROCESSABLE_ENTITY
    state = JobState.FAILED if is_certain else JobState.UNKNOWN
    return attrs.evolve(update, state=state, failure=failure)


def _result(answer: HttpResponse, model: str) -> JobResult:
    usual = "data.image" if model == "base" else "output.image_url"
    at = next(filter(answer.text_at, ("output.image_url", "data.image")), usual)
    address = TABLE.read(answer, WebAddress, at=at)
    usage: Any = answer.json_object().get("usage")
    known = usage if isinstance(usage, Mapping) else {}
    return JobResult(images=[Artifact(source=UrlSource(address))], usage=known)


@attrs.frozen
class _Pool:
    unique_sign: str
    balance: float


def balance_of(answer: HttpResponse, now: datetime) -> Balance:
    """Return the universal credits, and apart from them those bought for one try-on model.

    Args:
        answer: to the query of credits.
        now: when it was asked.

    Raises:
        TryOnError: the query was refused.
        UnexpectedResponse: a pool lacks its name or its balance.
    """
    if is_refusal(answer):
        raise TABLE.poll_refusal(answer)
    universal, reserved = Decimal(0), dict[str, Decimal]()
    for pool in TABLE.read(answer, list[_Pool], at="data"):
        amount = Decimal(str(pool.balance))
        if pool.unique_sign == _UNIVERSAL:
            universal += amount
        elif _TRY_ON in pool.unique_sign and amount:
            reserved[pool.unique_sign] = reserved.get(pool.unique_sign, Decimal(0)) + amount
    return Balance(amount=universal, unit="credits", as_of=now, reserved=reserved)
