"""From a status reply to our update: state, pictures, what is missing, why it failed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from tryon_aidge.error_table import TABLE
from tryon_aidge.gateway import Reply, refusal
from tryon_aidge.replies import Pictures, SubTask, Task, read_pictures, read_task, unpacked
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
    """The sub-tasks of a task that has come to its end."""

    pictures: tuple[Pictures, ...]
    failed: tuple[SubTask, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(url for pictures in self.pictures for url in pictures.urls)


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
    pictures, failed = [], []
    for index, sub_task in enumerate(task.task_result or ()):
        if (sub_task.task_status or task.task_status).lower() == "finished":
            pictures.append(read_pictures(sub_task, index))
        else:
            failed.append(sub_task)
    return _Parts(tuple(pictures), tuple(failed))


def _notices(job: Job, parts: _Parts) -> Sequence[Notice]:
    got, expected = len(parts.urls), _expected(job)
    empty = sum(1 for pictures in parts.pictures if not pictures.urls)
    failed = len(parts.failed) + empty
    if got >= expected and not failed:
        return ()
    missing = f"{max(expected - got, failed)} of {max(expected, got + failed)} pictures are missing"
    message = f"{missing}: {failed} of {failed + len(parts.pictures) - empty} sub-tasks failed."
    if not failed:
        message = f"{missing}, and the service does not say why."
    return [Notice("images_missing", f"{message} Submit again for the rest, which may cost again.")]


def _expected(job: Job) -> int:
    text = job.data.get(EXPECTED, "")
    return int(text) if text.isdecimal() else 0


def _failure(reply: Reply, task: Task, parts: _Parts) -> Failure:
    code, message = _reason(reply, parts)
    if code == _NO_CODE and task.task_status.lower() == "finished" and not parts.failed:
        raise UnexpectedResponse(
            "the answer breaks its contract: the task is finished, and "
            "response.data.taskResult holds no picture.",
            request_id=reply.request_id,
            billed="unknown",
        )
    return TABLE.failure(code=code, message=message)


def _reason(reply: Reply, parts: _Parts) -> tuple[str, str]:
    """Return code and words of a failure, from wherever the vendor put them."""
    structs = [pictures.struct for pictures in parts.pictures if pictures.struct]
    for struct in structs:
        if struct.code is not None and str(struct.code) != "200":
            return str(struct.code), _text(struct.message) or _NO_WORDS
    told = [_text(sub_task.task_result) for sub_task in parts.failed]
    words = "" if reply.words == "success" else reply.words
    words = words or next((text for text in told if text), _NO_WORDS)
    return reply.error_code or _NO_CODE, words


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
