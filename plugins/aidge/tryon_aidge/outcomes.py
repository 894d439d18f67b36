"""From a status reply to our update: state, pictures, what is missing, why it failed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import attrs

from tryon_aidge.error_table import TABLE
from tryon_aidge.gateway import Reply, refusal
from tryon_aidge.replies import SubTask, Task, read_pictures, read_reason, read_task
from tryon_aidge.unpacking import unpacked
from tryon_core import (
    Artifact,
    Failure,
    HttpResponse,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    UrlSource,
)
from tryon_core.errors import UnexpectedResponse

EXPECTED = "expected_images"
"""Where a job keeps how many pictures it should give."""

STATES: Mapping[str, JobState] = MappingProxyType(
    {
        "submitted": JobState.PENDING,
        "running": JobState.RUNNING,
        "finished": JobState.SUCCEEDED,
        "failed": JobState.FAILED,
    }
)
# Verdicts on what a task is made of; of the others, nobody knows what becomes of the task.
_CODES_OF_TASKS = frozenset({"701", "703", "707", "801", "1000", "1001", "1002"})
_UNKNOWN_TASK = "700"
_NO_CODE = "failed"
_NO_WORDS = "the service gave no reason"


@attrs.frozen
class _Parts:
    """The sub-tasks of a task that has come to its end.

    Attributes:
        urls: addresses of the pictures.
        done: how many sub-tasks gave some.
        failed: those that gave none.
    """

    urls: Sequence[str]
    done: int
    failed: Sequence[SubTask]


def update_of(job: Job, answer: HttpResponse, reply: Reply) -> JobUpdate:
    """Return where a job stands.

    Args:
        job: the job that was asked for.
        answer: the whole answer.
        reply: its envelope.

    Raises:
        UnexpectedResponse: names the path of what is missing or has a wrong type.
        TryOnError: the question itself was refused.
    """
    data = unpacked(reply.data)
    speaks_of_task = isinstance(data, Mapping) and "taskStatus" in data
    if reply.error_code is not None and not (reply.was_delivered and speaks_of_task):
        return _without_task(answer, reply, reply.error_code)
    task = read_task(data)
    state = STATES.get(task.task_status.lower(), JobState.UNKNOWN)
    if not state.is_final:
        return _update(state, task.task_status, reply)
    return _concluded(job, reply, task)


def _without_task(answer: HttpResponse, reply: Reply, code: str) -> JobUpdate:
    if code == _UNKNOWN_TASK:
        return _update(JobState.NOT_FOUND, f"{code} {reply.words}".strip(), reply)
    if code not in _CODES_OF_TASKS:
        raise refusal(answer, reply)
    failure = TABLE.failure(code=code, message=reply.words or _NO_WORDS)
    return _update(JobState.FAILED, code, reply, failure=failure)


def _concluded(job: Job, reply: Reply, task: Task) -> JobUpdate:
    parts = _parts_of(task)
    if parts.urls:
        result = JobResult(
            images=[Artifact(source=UrlSource(url)) for url in parts.urls],
            notices=_notices(job, parts),
            usage=_usage(task),
        )
        return _update(JobState.SUCCEEDED, task.task_status, reply, result=result)
    failure = _failure(reply, task, parts)
    return _update(JobState.FAILED, task.task_status, reply, failure=failure)


def _parts_of(task: Task) -> _Parts:
    urls: list[str] = []
    failed = []
    for index, sub_task in enumerate(task.task_result or ()):
        is_finished = (sub_task.task_status or task.task_status).lower() == "finished"
        own = read_pictures(sub_task, index).urls if is_finished else ()
        urls.extend(own)
        if not own:
            failed.append(sub_task)
    return _Parts(urls, len(task.task_result or ()) - len(failed), failed)


def _notices(job: Job, parts: _Parts) -> Sequence[Notice]:
    got, failed, expected = len(parts.urls), len(parts.failed), _expected(job)
    missing = max(expected - got, failed)
    if missing <= 0:
        return ()
    why = "the service does not say why"
    if failed:
        why = f"{failed} of {parts.done + failed} sub-tasks failed"
    message = (
        f"{missing} of {got + missing} pictures are missing: {why}. "
        "Submit again for the rest, which may cost again."
    )
    return [Notice("images_missing", message)]


def _expected(job: Job) -> int:
    text = job.data.get(EXPECTED, "")
    return int(text) if text.isdecimal() else 0


def _failure(reply: Reply, task: Task, parts: _Parts) -> Failure:
    told = [reason for sub_task in parts.failed if (reason := read_reason(sub_task))]
    words = "" if reply.words == "success" else reply.words
    code = reply.error_code or next((reason.code for reason in told if reason.code), "")
    message = words or next((reason.words for reason in told if reason.words), "")
    statuses = (task.task_status, *(part.task_status or "" for part in parts.failed))
    if not (code or message) and "failed" not in map(str.lower, statuses):
        raise UnexpectedResponse(
            "the answer breaks its contract: the task is finished, and there is no picture @ "
            "response.data.taskResult.",
            request_id=reply.request_id,
            billed="unknown",
        )
    return TABLE.failure(code=code or _NO_CODE, message=message or _NO_WORDS)


def _usage(task: Task) -> Mapping[str, str]:
    return {"usage": str(task.usage)} if isinstance(task.usage, (str, int)) else {}


def _update(
    state: JobState,
    status: str,
    reply: Reply,
    *,
    result: JobResult | None = None,
    failure: Failure | None = None,
) -> JobUpdate:
    return JobUpdate(
        state=state,
        vendor_status=status,
        result=result,
        failure=failure,
        request_id=reply.request_id,
    )
