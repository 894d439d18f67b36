"""From a status reply to our update: state, images, what is missing, why it failed."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from tryon_aidge.error_table import TABLE
from tryon_aidge.gateway import CONVERTER, Reply, refusal, word
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
    decode,
    errors,
    rename_keys,
)

EXPECTED = "expected_images"
"""Where a job keeps how many images it should give."""

STATES: Mapping[str, JobState] = MappingProxyType(
    {
        "submitted": JobState.PENDING,
        "running": JobState.RUNNING,
        "finished": JobState.SUCCEEDED,
        "failed": JobState.FAILED,
    }
)
# Verdicts on what a task is made of; the others refuse the poll and say nothing of the task.
_CODES_OF_TASKS = frozenset({"701", "703", "707", "801", "1000", "1002"})
PARTS_TIMEOUT_S = 600.0
"""Seconds after its submission for which a task that is called finished is polled again while one
of its sub-tasks is not; after that it gives what it has."""
_NO_CODE = "failed"
_NO_WORDS = "the service gave no reason"
_FAILED = "failed"
_UNDER_WAY = ("submitted", "running")
# Where the list of images is: shape A, shape B, and both without what is around them.
_LISTS: tuple[tuple[str, ...], ...] = (
    ("result", "imageList"),
    ("data", "structData", "data"),
    ("imageList",),
    ("structData", "data"),
    ("result",),
    ("data",),
    (),
)
_SCHEMES = ("https://", "http://")
_VERDICTS: tuple[tuple[str, ...], ...] = (("data", "structData"), ("structData",))


@attrs.frozen(kw_only=True)
class Reason:
    """Why a sub-task gave no images: a code and words, each empty when it is not said."""

    code: str = ""
    words: str = ""


@attrs.frozen(kw_only=True)
class SubTask:
    """One part of a task: what is odd in it spoils no other part.

    Attributes:
        status: the vendor's word for its state, in lower case.
        urls: addresses of its images.
        without_address: entries among its images that hold no address.
        reason: why it has no images, None when it does not say.
    """

    status: str
    urls: Sequence[str] = ()
    without_address: int = 0
    reason: Reason | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether its images are still to come."""
        return self.status in _UNDER_WAY and not self.urls


@attrs.frozen(kw_only=True)
class Task:
    """The `data` of a status reply.

    Attributes:
        task_status: the vendor's word for its state.
        task_id: the task that it speaks of.
        task_result: the sub-tasks, a list by the documents.
        usage: what was charged, in a unit that is documented nowhere.
    """

    task_status: str
    task_id: Any = None
    task_result: Any = None
    usage: Any = None

    @property
    def sub_tasks(self) -> Sequence[SubTask]:
        """Its parts, none when the reply has no such list."""
        given = self.task_result
        entries = given if isinstance(given, list) else [] if given is None else [given]
        return [_sub_task(entry, self.task_status) for entry in entries]


rename_keys(CONVERTER, Task, task_status="taskStatus", task_id="taskId", task_result="taskResult")


def _sub_task(entry: Any, task_status: str) -> SubTask:
    given = entry if isinstance(entry, dict) else {"taskResult": entry}
    status = (word(given.get("taskStatus")) or task_status).lower()
    result = given.get("taskResult", given)
    listed = [] if status == _FAILED else list(_addresses(result))
    return SubTask(
        status=status,
        urls=[url for url in listed if url],
        without_address=listed.count(""),
        reason=_reason(result),
    )


def _addresses(result: Any) -> Iterator[str]:
    """Yield the address of each image, empty for an entry that holds none."""
    lists = (_as_list(_at(result, place)) for place in _LISTS)
    listed = [[*map(_address, found)] for found in lists if found is not None]
    yield from next((found for found in listed if any(found)), next(iter(listed), ()))


def _address(entry: Any) -> str:
    return word(entry.get("imageUrl") if isinstance(entry, dict) else entry, kinds=(str,))


def _as_list(found: Any) -> Sequence[Any] | None:
    is_one = isinstance(found, dict) and "imageUrl" in found
    if is_one or (isinstance(found, str) and found.startswith(_SCHEMES)):
        return [found]
    return found if isinstance(found, list) else None


def _reason(result: Any) -> Reason | None:
    if isinstance(result, str):
        return Reason(words=result)
    verdicts = (_at(result, place) for place in _VERDICTS)
    verdict = next((found for found in verdicts if isinstance(found, dict)), {})
    code = word(verdict.get("code"))
    if not verdict or code == "200":
        return None
    return Reason(code=code, words=word(verdict.get("message"), kinds=(str,)))


def _at(value: Any, place: Sequence[str]) -> Any:
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def update_of(job: Job, answer: HttpResponse, reply: Reply, *, age_s: float) -> JobUpdate:
    """Return the state of a job.

    Args:
        job: the job that was asked for.
        answer: the whole answer.
        reply: its envelope.
        age_s: seconds since the job was submitted.

    Raises:
        UnexpectedResponse: names the path of what is missing or has a wrong type.
        TryOnError: the poll itself was refused.
    """
    data = reply.data
    # Where the task is spoken of, a code beside it decides nothing.
    speaks_of_task = isinstance(data, Mapping) and "taskStatus" in data
    if reply.error_code is not None and not speaks_of_task:
        return _without_task(answer, reply, reply.error_code)
    task = decode(CONVERTER, data, Task, path="response.data")
    about: dict[str, Any] = {
        "vendor_status": task.task_status,
        "request_id": reply.request_id,
        "job_id": word(task.task_id, kinds=(str, int)) or None,
    }
    state = STATES.get(task.task_status.lower(), JobState.UNKNOWN)
    if not state.is_final:
        return JobUpdate(state=state, **about)
    parts = task.sub_tasks
    if any(part.is_under_way for part in parts) and age_s < PARTS_TIMEOUT_S:
        about["vendor_status"] += ", a sub-task is running"
        return JobUpdate(state=JobState.RUNNING, **about)
    return _concluded(job, reply, task, parts, about)


def _without_task(answer: HttpResponse, reply: Reply, code: str) -> JobUpdate:
    if code not in _CODES_OF_TASKS:
        raise refusal(answer)
    failure = TABLE.failure(code=code, message=reply.words or _NO_WORDS)
    return JobUpdate(
        state=JobState.FAILED, vendor_status=code, failure=failure, request_id=reply.request_id
    )


def _concluded(
    job: Job, reply: Reply, task: Task, parts: Sequence[SubTask], about: Mapping[str, Any]
) -> JobUpdate:
    urls = [url for part in parts for url in part.urls]
    if not urls:
        return JobUpdate(state=JobState.FAILED, failure=_failure(reply, task, parts), **about)
    result = JobResult(
        images=[Artifact(source=UrlSource(url)) for url in urls],
        notices=_notices(job, parts, len(urls)),
        usage=_usage(task),
    )
    return JobUpdate(state=JobState.SUCCEEDED, result=result, **about)


def _notices(job: Job, parts: Sequence[SubTask], got: int) -> Sequence[Notice]:
    without = [part for part in parts if not part.urls]
    unnamed = sum(part.without_address for part in parts)
    # A part that says nothing of its images owed at least one.
    silent = sum(1 for part in without if not part.without_address)
    missing = max(_expected(job) - got, silent + unnamed)
    if missing <= 0:
        return ()
    why = [f"{len(without)} of {len(parts)} sub-tasks gave none"] if without else []
    why += [f"{unnamed} have no address"] if unnamed else []
    message = (
        f"{missing} of {got + missing} images are missing: "
        f"{' and '.join(why) or 'the service does not say why'}. "
        "Submit again for the rest, which may cost again."
    )
    return [Notice("images_missing", message)]


def _expected(job: Job) -> int:
    text = job.data.get(EXPECTED, "")
    return int(text) if text.isdecimal() else 0


def _failure(reply: Reply, task: Task, parts: Sequence[SubTask]) -> Failure:
    reasons = [part.reason for part in parts if part.reason]
    words = "" if reply.words == "success" else reply.words
    code = reply.error_code or next((reason.code for reason in reasons if reason.code), "")
    message = words or next((reason.words for reason in reasons if reason.words), "")
    statuses = (task.task_status.lower(), *(part.status for part in parts))
    if not code and "failed" not in statuses:
        raise errors.UnexpectedResponse(
            "the answer breaks its contract: the task is finished, and there is no image @ "
            "response.data.taskResult.",
            request_id=reply.request_id,
            billed="unknown",
        )
    return TABLE.failure(code=code or _NO_CODE, message=message or _NO_WORDS)


def _usage(task: Task) -> Mapping[str, str]:
    usage = word(task.usage)
    return {"usage": usage} if usage else {}
