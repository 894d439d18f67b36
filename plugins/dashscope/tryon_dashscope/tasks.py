"""What an answer says: a refusal, or a task with its state, its images and its failure."""

import contextlib
import re
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qs

import attrs

import tryon_core as core
from tryon_core import JobState
from tryon_dashscope.codes import TABLE

T = TypeVar("T")
STATES = {
    "PENDING": JobState.PENDING,
    "PRE-PROCESSING": JobState.RUNNING,
    "RUNNING": JobState.RUNNING,
    "POST-PROCESSING": JobState.RUNNING,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "CANCELED": JobState.CANCELLED,
    # The service's word for a task that it does not know, or has forgotten after a day.
    "UNKNOWN": JobState.NOT_FOUND,
}
"""Every status that the vendor documents, by its own word."""
_AGAIN = "Submit again; if it fails once more, use other images."
_PLAIN_STORE = re.compile(r"^http(?=://[\w.-]+\.aliyuncs\.com([/?]|$))")


def refuse(answer: core.HttpResponse) -> None:
    """Raise what an answer refuses.

    Where `output` says more than a code and a message, it is what was asked for: the code of a
    failed task is there too, and one beside it decides nothing.
    """
    output = answer.json_object().get("output")
    is_bare = not isinstance(output, dict) or set(output) <= {"code", "message"}
    if not answer.is_success or (is_bare and TABLE.code_in(answer)):
        raise TABLE.refusal(answer)


def read(answer: core.HttpResponse, kind: type[T], *, at: str = "") -> T:
    """Return what an answer says, as a whole or at a place of it; raise what it refuses."""
    refuse(answer)
    return TABLE.read(answer, kind, at=at)


def update_of(answer: core.HttpResponse) -> core.JobUpdate:
    """Return what the answer to a poll says; fields that decide nothing may be of any type."""
    status = read(answer, str, at="output.task_status")
    state = STATES.get(status, JobState.UNKNOWN)
    return core.JobUpdate(
        state=state,
        vendor_status=status,
        result=_result(answer) if state is JobState.SUCCEEDED else None,
        failure=_failure(answer) if state is JobState.FAILED else None,
        request_id=TABLE.request_id_in(answer),
        job_id=answer.text_at("output.task_id", or_number=True) or None,
    )


def _result(answer: core.HttpResponse) -> core.JobResult:
    given, usage = answer.json()["output"].get("image_url"), answer.json().get("usage")
    # One page of the vendor calls it a list, all samples show a text.
    listed = given if isinstance(given, list) else [given]
    urls = [url for url in listed if isinstance(url, str) and url]
    if not urls:
        fault = "the task succeeded, and there is no address of an image"
        raise TABLE.broken(answer, f"{fault} @ response.output.image_url")
    missing = f"{len(listed) - len(urls)} of {len(listed)} images are missing"
    notice = core.Notice("images_missing", f"{missing}: the service gave no address for them.")
    return core.JobResult(
        images=[artifact(url) for url in urls],
        notices=[notice] if len(urls) < len(listed) else (),
        usage=usage if isinstance(usage, dict) else {},
    )


def _failure(answer: core.HttpResponse) -> core.Failure:
    code = answer.text_at("output.code", or_number=True) or "unknown"
    message = answer.text_at("output.message", or_number=True) or "the service gave no reason"
    # "Failed calls cost nothing" is on the vendor's pages about image models in general.
    failure = TABLE.failure(code=code, message=message, billed="no")
    may_pass = failure.fault == "vendor" and TABLE.find(code) is not None
    return attrs.evolve(failure, retry="later", remedy=_AGAIN) if may_pass else failure


def artifact(url: str) -> core.Artifact:
    """Return an output image: its address is signed until the time in `Expires`.

    It is asked for with TLS, which the vendor's store offers for all that it holds.
    """
    expires_at: datetime | None = None
    with contextlib.suppress(KeyError, ValueError):
        expires_at = core.read_time(float(parse_qs(url.partition("?")[2])["Expires"][0]))
    return core.Artifact(
        source=core.UrlSource(_PLAIN_STORE.sub("https", url)), expires_at=expires_at
    )
