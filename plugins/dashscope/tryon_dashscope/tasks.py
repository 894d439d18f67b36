"""From the state of a task to ours: addresses of results, and how long they live."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

import attrs

from tryon_core import (
    Artifact,
    Failure,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    UrlSource,
    errors,
    read_time,
)
from tryon_dashscope.codes import TABLE
from tryon_dashscope.wire import Task, text

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
BEIJING = timezone(timedelta(hours=8))
"""Times of the service have no zone; they are Beijing's."""
_LATEST_S = 253_402_300_799  # the end of the year 9999
_STORE = ".aliyuncs.com"


def update_of(task: Task, request_id: str | None) -> JobUpdate:
    """Return what the answer to a poll says.

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
    return JobResult(
        images=[artifact(url) for url in urls],
        notices=_missing(len(listed) - len(urls), len(listed)),
        usage=task.usage if isinstance(task.usage, dict) else {},
    )


def _missing(missing: int, of: int) -> Sequence[Notice]:
    if not missing:
        return ()
    message = f"{missing} of {of} images are missing: the service gave no address for them."
    return [Notice("images_missing", message)]


def _failure(task: Task) -> Failure:
    # "Failed calls cost nothing" is on the vendor's pages about image models in general.
    failure = TABLE.failure(
        code=text(task.output.code) or "unknown",
        message=text(task.output.message) or "the service gave no reason",
        billed="no",
    )
    if failure.fault != "vendor" or TABLE.find(failure.code) is None:
        return failure
    return attrs.evolve(failure, retry="later", remedy=_AGAIN)


def artifact(url: str) -> Artifact:
    """Return an output image.

    Args:
        url: its address, signed until the time in `Expires`.
    """
    return Artifact(source=UrlSource(_safer(url)), expires_at=_expires_at(url))


def _safer(url: str) -> str:
    """Return the address with TLS, which the vendor's store offers for all that it holds."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    insecure = "http://"
    if url.startswith(insecure) and host.endswith(_STORE) and port is None:
        return f"https://{url.removeprefix(insecure)}"
    return url


def _expires_at(url: str) -> datetime | None:
    query = parse_qs(url.partition("?")[2])
    try:
        seconds = float(query["Expires"][0])
    except (KeyError, ValueError):
        return None
    if math.isfinite(seconds) and 0 <= seconds <= _LATEST_S:
        return datetime.fromtimestamp(seconds, timezone.utc)
    return None


def beijing_time(text: object) -> datetime | None:
    """Return a time of the service in UTC, None for what is not one, such as `2025-06-30 14:38`."""
    try:
        return read_time(text, zone=BEIJING) if isinstance(text, str) else None
    except ValueError:
        return None
