"""What the answer to a status question means for the job."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import attrs

from tryon_ailab.error_codes import FAILED_STATUS, TABLE
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
_REFUSALS = range(400, 500)
_ABOUT_QUESTION = (errors.AccountError, errors.LimitError, errors.VendorUnavailable)
_CONVERTER = make_converter()


@attrs.frozen
class _Status:
    task_status: int


@attrs.frozen
class _Image:
    image: str = attrs.field(validator=attrs.validators.min_len(1))


@attrs.frozen
class _ImageUrl:
    image_url: str = attrs.field(validator=attrs.validators.min_len(1))


@attrs.frozen
class _Data:
    data: _Image


@attrs.frozen
class _Output:
    output: _ImageUrl


def update_of(reply: Reply, *, model: str) -> JobUpdate:
    """Return where a job stands.

    Args:
        reply: the answer to the question.
        model: the model that works on the job; the base model tells its result elsewhere.

    Raises:
        TryOnError: the question was refused or not answered; the job goes on.
    """
    if reply.is_refusal:
        return _refused(reply)
    number = decode(_CONVERTER, reply.answer.json(), _Status).task_status
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


def question_error(reply: Reply) -> TryOnError:
    """Return the error for a refused question, which never costs and never starts anything."""
    refusal = TABLE.refusal(
        reply.answer, code=reply.code, message=reply.message, request_id=reply.request_id
    )
    is_page = not reply.code and reply.status >= HTTPStatus.MULTIPLE_CHOICES
    if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR and not is_page:
        return refusal
    return errors.VendorUnavailable(
        refusal.message,
        vendor_code=refusal.vendor_code,
        http_status=refusal.http_status,
        retry_after_s=refusal.retry_after_s,
        request_id=refusal.request_id,
    )


def _refused(reply: Reply) -> JobUpdate:
    """Tell a failed job from a refused question: the vendor answers both alike.

    A key that is not accepted, a limit of calls and an outage concern the question. Every other
    refusal with a code is the end of the job.
    """
    error = question_error(reply)
    is_unknown = bool(reply.code) and reply.status == HTTPStatus.NOT_FOUND
    if is_unknown or isinstance(error, errors.JobExpired):
        return _update(reply, JobState.NOT_FOUND)
    is_known = reply.status in _REFUSALS or not isinstance(error, errors.UnexpectedResponse)
    if isinstance(error, _ABOUT_QUESTION) or not is_known:
        raise error
    failure = TABLE.failure(
        code=reply.code, message=reply.message, http_status=reply.status, billed="no"
    )
    return attrs.evolve(_update(reply, JobState.FAILED), failure=failure)


def _update(reply: Reply, state: JobState) -> JobUpdate:
    status = f"{reply.status} {reply.code}"
    return JobUpdate(state=state, vendor_status=status, request_id=reply.request_id)


def _result(reply: Reply, model: str) -> JobResult:
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
    return JobResult(images=[Artifact(source=UrlSource(address))], usage=known)
