"""Checks that no answer of the vendor, however odd, becomes more than an error."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tryon_core.errors import JobError, TryOnError
from tryon_core.models import Job, JobState, JobUpdate
from tryon_testing.bench import SHORT_PAUSE_S, Bench, vendor_bench
from tryon_testing.breach import breach, refuse_bug, require
from tryon_testing.members import ContractMembers
from tryon_testing.questions import Question, questions, samples
from tryon_testing.twists import (
    UNHEARD_OF,
    UNHEARD_OF_NUMBER,
    Spoiling,
    body_spoilings,
    json_spoilings,
    places,
    replacing,
    shown,
)
from tryon_testing.twists import (
    at as value_at,
)
from tryon_testing.versions import since
from tryon_testing.wire import Answer

_MOST_S = 20.0
_PAGES = (200, 400, 403, 404, 408, 410, 422, 500, 502, 503)
_PAGE = b"<html><title>maintenance</title></html>"
_ENDS = ("SUCCEEDED", "FAILED", "CANCELLED", "JobFailed", "JobCancelled", "JobExpired")
_MADE_UP_IDS = ("None", "null", "True", "False", "{", "[", "nan")


class HostileChecks(ContractMembers):
    """Every reply gives a value or a TryOnError, soon, and never a second paid request."""

    @since("0.1")
    def test_any_body_gives_a_value_or_an_error(self) -> None:
        """HTML, nothing, null, a list, half of the JSON, a megabyte, bytes that are no text."""
        with vendor_bench(self) as at:
            for question in questions(at):
                for operation in question.operations:
                    for spoiling in body_spoilings():
                        _check_case(at, question, operation, spoiling)

    @since("0.1")
    def test_any_wrong_value_gives_a_value_or_an_error(self) -> None:
        """Every place of every answer: null, missing, another type, another word."""
        with vendor_bench(self) as at:
            for question in questions(at):
                for answer in question.answers:
                    for spoiling in json_spoilings(answer.json):
                        _check_case(at, question, answer.operation, spoiling)

    @since("0.1")
    def test_an_unknown_state_is_unknown(self) -> None:
        """A status that nobody documented is `JobState.UNKNOWN`, never RUNNING."""
        with vendor_bench(self, job_s=600) as at:
            job = at.client().submit(at.request())
            if job.result is not None:
                pytest.skip("the vendor answers with the finished pictures at once")
            at.pass_time(300)
            asked = at.answers_to(lambda: at.client(pause_s=SHORT_PAUSE_S).poll(job))
            found = [pair for answer in samples(asked) for pair in _reworded(at, job, answer)]
        _check_states(found)

    @since("0.1")
    def test_a_page_does_not_end_a_job(self) -> None:
        """Pages of gateways, with any status, in answer to a poll say nothing about the job."""
        with vendor_bench(self, job_s=600) as at:
            job = at.client().submit(at.request())
            if job.result is not None:
                pytest.skip("the vendor answers with the finished images at once")
            for status in _PAGES:
                for body in (_PAGE, b""):
                    with at.spoilt("poll", partial(_paged, status=status, body=body)):
                        _check_page(at, job, status)


def _paged(answer: Answer, *, status: int, body: bytes) -> Answer:
    return answer.with_body(body, status=status, kind="text/html")


def _check_page(at: Bench, job: Job, status: int) -> None:
    said = "no answer"
    try:
        said = at.client(pause_s=SHORT_PAUSE_S).poll(job).state.name
    except JobError as error:
        said = type(error).__name__
    except TryOnError as error:
        refuse_bug(error, f"a page with HTTP {status} came in answer to poll()")
    require(
        said not in _ENDS,
        f"a page with HTTP {status}, without any code of the vendor, came in answer to poll(), and "
        f"poll() said {said}. It says nothing about the job, which runs and was paid for: raise "
        "`UnexpectedResponse`, or return JobState.NOT_FOUND for a 404; the core judges.",
    )


def _check_case(at: Bench, question: Question, operation: str, spoiling: Spoiling) -> None:
    situation = f"{question.name}: in the answer of {operation}, {spoiling.label}"
    paid, started_s = at.paid_requests(), time.monotonic()
    with at.spoilt(operation, spoiling.twist):
        value = _asked(question, situation)
    took_s, sent = time.monotonic() - started_s, at.paid_requests() - paid
    require(took_s < _MOST_S, f"{situation}: it took {took_s:.0f} s. Hooks never wait.")
    require(
        sent <= max(1, question.paid),
        f"{situation}: {sent} paid requests were sent. An answer that nobody understands may have "
        "been billed: raise, and never submit again.",
    )
    if isinstance(value, Job):
        _check_id(value, situation)


def _asked(question: Question, situation: str) -> Any:
    try:
        return question.ask()
    except TryOnError as error:
        refuse_bug(error, situation)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is a breach)
        breach(
            f"{situation}: {type(error).__name__} ({error}) came out. Only a TryOnError may: "
            "read answers through decode()."
        )
    return None


def _check_id(job: Job, situation: str) -> None:
    require(
        job.id.strip() and not job.id.startswith(_MADE_UP_IDS),
        f"{situation}: submit() returned a job with the id {job.id!r}, which nobody can find "
        "again. Decode the id as text instead of making text of it.",
    )


def _reworded(at: Bench, job: Job, answer: Answer) -> Iterator[tuple[str, JobUpdate]]:
    """Yield what `poll` makes of the answer with an unknown word in each place."""
    for place in places(answer.json):
        before = value_at(answer.json, place)
        if isinstance(before, bool) or not isinstance(before, (str, int)):
            continue
        word = UNHEARD_OF if isinstance(before, str) else UNHEARD_OF_NUMBER
        try:
            with at.spoilt(answer.operation, replacing(place, word)):
                update = at.client(pause_s=SHORT_PAUSE_S).poll(job)
        except TryOnError as error:
            refuse_bug(error, f"with {shown(place)} = {word!r}")
            continue
        yield f"{shown(place)} = {word!r}", update


def _check_states(found: list[tuple[str, JobUpdate]]) -> None:
    for where, update in found:
        is_state = str(UNHEARD_OF) in update.vendor_status or update.vendor_status == str(
            UNHEARD_OF_NUMBER
        )
        require(
            not is_state or update.state is JobState.UNKNOWN,
            f"with {where}, poll() said {update.state.name}. A status that the plugin does not "
            "know is JobState.UNKNOWN, never RUNNING: a new word for 'failed' would be waited for "
            "until the time is up.",
        )
    require(
        any(update.state is JobState.UNKNOWN for _, update in found),
        "poll() never said UNKNOWN, whichever value of its answer was replaced by a word that "
        "nobody documented. Look states up with a default: "
        "`STATES.get(word, JobState.UNKNOWN)`.",
    )
