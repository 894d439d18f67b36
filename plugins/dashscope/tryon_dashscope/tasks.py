"""From the state of a task to ours."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import attrs

from tryon_core import Failure, JobResult, JobState, JobUpdate, Notice, errors
from tryon_dashscope.codes import TABLE
from tryon_dashscope.replies import Task
from tryon_dashscope.results import artifact
from tryon_dashscope.wire import text

STATES: Mapping[str, JobState] = MappingProxyType(
    {
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
)
"""Every status that the vendor documents, by its own word."""

_AGAIN = "Submit again; if it fails once more, use other images."


def update_of(task: Task, request_id: str | None) -> JobUpdate:
    """Return what the answer to a status question says.

    Raises:
        UnexpectedResponse: the task succeeded, but there is no image.
    """
    status = task.output.task_status
    state = STATES.get(status, JobState.UNKNOWN)
    return JobUpdate(
        state=state,
        vendor_status=status,
        result=_result(task, request_id) if state is JobState.SUCCEEDED else None,
        failure=_failure(task) if state is JobState.FAILED else None,
        request_id=request_id,
        job_id=text(task.output.task_id) or None,
    )


def _result(task: Task, request_id: str | None) -> JobResult:
    given = task.output.image_url
    listed = given if isinstance(given, list) else [given]
    urls = [url for url in listed if isinstance(url, str) and url]
    if not urls:
        raise errors.UnexpectedResponse(
            "the answer breaks its contract: the task succeeded, and there is no address of an "
            "image @ response.output.image_url",
            request_id=request_id,
            billed="unknown",
        )
    ended_at = task.output.end_time
    return JobResult(
        images=[artifact(url, ended_at=ended_at) for url in urls],
        notices=_missing(len(listed) - len(urls), len(listed)),
        usage=task.usage if isinstance(task.usage, dict) else {},
    )


def _missing(missing: int, of: int) -> Sequence[Notice]:
    if not missing:
        return ()
    message = f"{missing} of {of} images are missing: the service gave no address for them."
    return [Notice("images_missing", message)]


def _failure(task: Task) -> Failure:
    # "Failed calls cost nothing" stands on the vendor's pages about image models in general.
    failure = TABLE.failure(
        code=text(task.output.code) or "unknown",
        message=text(task.output.message) or "the service gave no reason",
        billed="no",
    )
    if failure.fault != "vendor" or TABLE.find(failure.code) is None:
        return failure
    return attrs.evolve(failure, retry="later", remedy=_AGAIN)
