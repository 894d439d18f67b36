"""What the answer to a status question means for the job."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NewType
from urllib.parse import urlsplit

import attrs

from tryon_ailab.error_codes import ABOUT_QUESTION, AGAIN, FAILED_STATUS, MAY_PASS, TABLE
from tryon_ailab.models import DAY_S
from tryon_ailab.reply import Reply
from tryon_core import (
    Artifact,
    JobResult,
    JobState,
    JobUpdate,
    TryOnError,
    UrlSource,
    decode,
    errors,
    make_converter,
)

_STATES: Mapping[int, JobState] = MappingProxyType(
    {0: JobState.PENDING, 1: JobState.RUNNING, 2: JobState.SUCCEEDED, 3: JobState.FAILED}
)
_QUESTION_STATUSES = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_ACCEPTABLE)
_ENDED = (errors.JobFailed, errors.InputRefused)
_DIGITS = re.compile("[0-9]{1,9}")
_Address = NewType("_Address", str)
_CONVERTER = make_converter()


def _address(value: Any, _: Any) -> str:
    # Raises ValueError itself on some that are none.
    parts = urlsplit(value if isinstance(value, str) else "")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected an address of http or https, got {value!r:.40}")
    return str(value)


_CONVERTER.register_structure_hook(_Address, _address)


@attrs.frozen
class _Status:
    task_status: int


@attrs.frozen
class _Image:
    image: _Address


@attrs.frozen
class _ImageUrl:
    image_url: _Address


@attrs.frozen
class _Data:
    data: _Image


@attrs.frozen
class _Output:
    output: _ImageUrl


def update_of(reply: Reply, *, model: str, since: datetime) -> JobUpdate:
    """Return where a job stands.

    Args:
        reply: the answer to the question.
        model: the model that works on the job; the base model tells its result elsewhere.
        since: when the job was submitted; its result lives for a day from some time after that.

    Raises:
        TryOnError: the question was refused or not answered; the job goes on.
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
        result=_result(reply, model, since) if state is JobState.SUCCEEDED else None,
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
    return decode(_CONVERTER, reply.answer.json(), _Status).task_status


def question_error(reply: Reply) -> TryOnError:
    """Return the error for a refused question, which never costs and never starts anything."""
    return TABLE.poll_refusal(
        reply.answer, code=reply.code, message=reply.message, request_id=reply.request_id
    )


def _refused(reply: Reply) -> JobUpdate:
    """Tell a failed job from a refused question: the vendor answers both alike.

    A page, a key that is not accepted, a limit of calls, a parameter and an outage concern the
    question. What else has a code is the end of the job. 422 was seen to pass, and the vendor asks
    to try once more after "Processing failed": only when they stay, the job has failed.
    """
    entry = TABLE.find(reply.code, reply.status)
    kind = entry.error if entry else reply.answer.usual_error
    is_listed = entry is not None and bool(entry.code)
    is_vague = not is_listed and reply.status in _QUESTION_STATUSES
    if not reply.code or reply.code in ABOUT_QUESTION or is_vague:
        raise question_error(reply)
    if issubclass(kind, errors.JobExpired) or reply.status == HTTPStatus.NOT_FOUND:
        return _update(reply, JobState.NOT_FOUND)
    is_end = issubclass(kind, _ENDED)
    if not is_end and reply.code not in MAY_PASS:
        raise question_error(reply)
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


def _result(reply: Reply, model: str, since: datetime) -> JobResult:
    usual = "data" if model == "base" else "output"
    place = next((name for name in ("output", "data") if reply.body.get(name)), usual)
    body = reply.answer.json()
    address = (
        decode(_CONVERTER, body, _Data).data.image
        if place == "data"
        else decode(_CONVERTER, body, _Output).output.image_url
    )
    usage = reply.body.get("usage")
    known: Mapping[str, Any] = usage if isinstance(usage, Mapping) else {}
    image = Artifact(source=UrlSource(address), expires_at=since + timedelta(seconds=DAY_S))
    return JobResult(images=[image], usage=known)
