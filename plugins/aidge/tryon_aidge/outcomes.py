"""From a status reply to our update: state, images, what is missing, why it failed."""

from collections.abc import Sequence
from typing import Any

import attrs

import tryon_core as core
from tryon_aidge.error_table import TABLE, code_of, words_of
from tryon_aidge.gateway import at, speaks_of_task, word
from tryon_core import JobState

EXPECTED = "expected_images"
"""Where a job keeps how many images it should give."""
_STATES = {
    "submitted": JobState.PENDING,
    "running": JobState.RUNNING,
    "finished": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}
# Verdicts on what a task is made of; the others refuse the poll and say nothing of the task.
_CODES_OF_TASKS = frozenset({"701", "703", "707", "801", "1000", "1002"})
PARTS_TIMEOUT_S = 600.0
"""Seconds after its submission for which a task that is called finished is polled again while one
of its sub-tasks is not; after that it gives what it has."""
_NO_WORDS = "the service gave no reason"
_FAILED, _FINE = "failed", "200"  # a state, and our code where there is none; the code of success
_UNDER_WAY = ("submitted", "running")
# Where the list of images is: shape A, shape B, and both without what is around them.
_LISTS: Sequence[Sequence[str]] = (
    ("result", "imageList"),
    ("data", "structData", "data"),
    ("imageList",),
    ("structData", "data"),
    ("result",),
    ("data",),
    (),
)
_CONVERTER = core.make_converter()


@attrs.frozen
class _Part:
    """A sub-task, its images, and why it has none; what is odd in it spoils no other part."""

    status: str
    listed: Sequence[str]  # addresses, one that is missing as an empty text
    code: str
    words: str

    @property
    def urls(self) -> Sequence[str]:
        return [url for url in self.listed if url]


def _part(entry: Any, task_status: str) -> _Part:
    entry = at(entry)
    given = entry if isinstance(entry, dict) else {"taskResult": entry}
    status = (word(given.get("taskStatus")) or task_status).lower()
    result = at(given.get("taskResult", given))
    verdict = at(result, "data", "structData") or at(result, "structData")
    if isinstance(result, str):
        verdict = {"message": result}
    code, words = word(at(verdict, "code")), at(verdict, "message")
    if code == _FINE:
        code, words = "", ""
    listed = () if status == _FAILED else _addresses(result)
    return _Part(status, listed, code, words.strip() if isinstance(words, str) else "")


def _addresses(result: Any) -> Sequence[str]:
    """Return the address of each image, empty for an entry that holds none."""
    lists = (_as_list(at(result, *place)) for place in _LISTS)
    listed = [[*map(_address, found)] for found in lists if found is not None]
    return next((found for found in listed if any(found)), next(iter(listed), ()))


def _as_list(found: Any) -> Sequence[Any] | None:
    is_one = isinstance(found, dict) and "imageUrl" in found
    is_one = is_one or (isinstance(found, str) and found.startswith(("https://", "http://")))
    return [found] if is_one else found if isinstance(found, list) else None


def _address(entry: Any) -> str:
    entry = at(entry)
    url = at(entry, "imageUrl") if isinstance(entry, dict) else entry
    return url.strip() if isinstance(url, str) else ""


def update_of(job: core.Job, answer: core.HttpResponse, *, age_s: float) -> core.JobUpdate:
    """Return the state of a job that is some seconds old; raise what refuses the poll."""
    code = code_of(answer)
    if not answer.is_success or (code is not None and not speaks_of_task(answer)):
        return _without_task(answer, code)
    data = at(answer.json(), "data")
    status = core.decode(_CONVERTER, data, str, path="response.data", at="taskStatus")
    update = core.JobUpdate(
        state=_STATES.get(status.lower(), JobState.UNKNOWN),
        vendor_status=status,
        request_id=TABLE.request_id_in(answer),
        job_id=word(data.get("taskId")) or None,
    )
    if not update.state.is_final:
        return update
    given = at(data, "taskResult")
    entries = given if isinstance(given, list) else [] if given is None else [given]
    parts = [_part(entry, status) for entry in entries]
    is_under_way = any(part.status in _UNDER_WAY and not part.urls for part in parts)
    if is_under_way and age_s < PARTS_TIMEOUT_S:
        shown = f"{status}, a sub-task is running"
        return attrs.evolve(update, state=JobState.RUNNING, vendor_status=shown)
    urls = [url for part in parts for url in part.urls]
    if not urls:
        failure = _failure(answer, status, parts)
        return attrs.evolve(update, state=JobState.FAILED, failure=failure)
    usage = word(data.get("usage"))  # in a unit that is documented nowhere
    result = core.JobResult(
        images=[core.Artifact(source=core.UrlSource(url)) for url in urls],
        notices=_notices(job, parts, len(urls)),
        usage={"usage": usage} if usage else {},
    )
    return attrs.evolve(update, state=JobState.SUCCEEDED, result=result)


def _without_task(answer: core.HttpResponse, code: str | None) -> core.JobUpdate:
    if not answer.is_success or code is None or code not in _CODES_OF_TASKS:
        raise TABLE.refusal(answer)
    return core.JobUpdate(
        state=JobState.FAILED,
        vendor_status=code,
        failure=TABLE.failure(code=code, message=words_of(answer) or _NO_WORDS),
        request_id=TABLE.request_id_in(answer),
    )


def _notices(job: core.Job, parts: Sequence[_Part], got: int) -> Sequence[core.Notice]:
    expected = job.data.get(EXPECTED, "")
    without = [part for part in parts if not part.urls]
    unnamed = sum(len(part.listed) - len(part.urls) for part in parts)
    # A part that says nothing of its images owed at least one.
    silent = sum(not part.listed for part in without)
    missing = max((int(expected) if expected.isdecimal() else 0) - got, silent + unnamed)
    if missing <= 0:
        return ()
    why = [f"{len(without)} of {len(parts)} sub-tasks gave none"] if without else []
    why += [f"{unnamed} have no address"] if unnamed else []
    message = (
        f"{missing} of {got + missing} images are missing: "
        f"{' and '.join(why) or 'the service does not say why'}. "
        "Submit again for the rest, which may cost again."
    )
    return [core.Notice("images_missing", message)]


def _failure(answer: core.HttpResponse, status: str, parts: Sequence[_Part]) -> core.Failure:
    words = "" if words_of(answer) == "success" else words_of(answer)
    code = code_of(answer) or next((part.code for part in parts if part.code), "")
    message = words or next((part.words for part in parts if part.words), "")
    if not code and _FAILED not in (status.lower(), *(part.status for part in parts)):
        fault = "the task is finished, and there is no image @ response.data.taskResult"
        raise TABLE.broken(answer, fault)
    return TABLE.failure(code=code or _FAILED, message=message or _NO_WORDS)
