"""Checks that no answer of the vendor becomes more than an error, or loses a job."""

import functools
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tryon_core.errors import JobError, TryOnError
from tryon_core.models import Job, JobState, JobUpdate
from tryon_testing.checks.base import ContractMembers, breach, refuse_bug, require, since
from tryon_testing.harness import SHORT_PAUSE_S, Bench, Question, questions, samples, vendor_bench
from tryon_testing.twists import (
    UNHEARD_OF,
    UNHEARD_OF_NUMBER,
    Place,
    Spoiling,
    at,
    body_spoilings,
    json_spoilings,
    places,
    removed,
    replaced,
    replacing,
    shown,
    wrong_values,
)
from tryon_testing.twists import (
    at as value_at,
)
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


_SUBMIT, _POLL = "submit", "poll"
_ANOTHER = "3f1d0000-0000-4000-8000-000000000000"


class IdentityChecks(ContractMembers):
    """What the vendor accepted is kept, and only what it says of that job counts."""

    @since("0.1")
    def test_a_job_is_never_lost_for_the_rest_of_the_answer(self) -> None:
        """A field beside the id of an accepted job may have any type, or be missing."""
        with vendor_bench(self) as bench:
            made: list[Job] = []
            answers = bench.answers_to(lambda: made.append(bench.client().submit(bench.request())))
            named = [answer for answer in answers if _own_places(answer, made[0])]
            if made[0].result is not None:
                pytest.skip("the vendor answers with the finished pictures at once")
            if not named:
                pytest.skip("no answer to a submission names its job in JSON")
            own = _own_places(named[-1], made[0])
            for place in places(named[-1].json):
                if not any(mine[: len(place)] == place for mine in own):
                    _check_kept(bench, named[-1], place, own[0])

    @since("0.1")
    def test_a_status_of_another_job_is_not_taken(self) -> None:
        """Caches and gateways mix answers up; the image of somebody else is not delivered."""
        with vendor_bench(self) as bench:
            job = bench.finished_job()
            if job.result is not None:
                pytest.skip("the vendor answers with the finished pictures at once")
            client = bench.client(pause_s=SHORT_PAUSE_S)
            answers = bench.answers_to(lambda: client.poll(job))
            named = {
                place
                for answer in answers
                for place in places(answer.json)
                if at(answer.json, place) == job.id
            }
            if not named:
                pytest.skip("no answer to a poll names its job")
            for place in sorted(named, key=str):
                _check_not_taken(bench, job, place)


def _own_places(answer: Answer, job: Job) -> list[Place]:
    """Return where the id of a job stands, alone or in a text."""
    found = ((place, at(answer.json, place)) for place in places(answer.json))
    return [place for place, value in found if isinstance(value, (str, int)) and _holds(value, job)]


def _holds(value: object, job: Job) -> bool:
    return job.id in str(value)


def _check_kept(bench: Bench, sample: Answer, place: Place, own: Place) -> None:
    for label, changed in _spoilt(sample, place):
        given: list[Answer] = []
        job: Job | None
        with bench.spoilt(_SUBMIT, functools.partial(_noting, given, changed)):
            try:
                job = bench.client().submit(bench.request())
            except TryOnError as error:
                refuse_bug(error, f"submit: {label}")
                job = error.job
        named = str(at(given[-1].json, own))
        require(
            job is not None and job.id in named,
            f"submit: {label}, and the job whose id stands at {shown(own)} was lost. It was "
            f"accepted and may cost money: look for the id first, with `answer.id_at(...)`.",
        )


def _spoilt(sample: Answer, place: Place) -> Iterator[tuple[str, functools.partial[Answer]]]:
    for wrong in wrong_values(at(sample.json, place)):
        yield f"{shown(place)} is {wrong!r}", functools.partial(_replaced, place, wrong)
    yield f"{shown(place)} is missing", functools.partial(_removed, place)


def _replaced(place: Place, wrong: object, answer: Answer) -> Answer:
    return answer.with_json(replaced(answer.json, place, wrong))


def _removed(place: Place, answer: Answer) -> Answer:
    return answer.with_json(removed(answer.json, place))


def _noting(given: list[Answer], change: functools.partial[Answer], answer: Answer) -> Answer:
    given.append(answer)
    return change(answer)


def _check_not_taken(bench: Bench, job: Job, place: Place) -> None:
    with bench.spoilt(_POLL, functools.partial(_replaced, place, _ANOTHER)):
        try:
            update = bench.client(pause_s=SHORT_PAUSE_S).poll(job)
        except TryOnError as error:
            refuse_bug(error, f"poll: {shown(place)} names another job")
            return
    require(
        not update.state.is_final,
        f"poll: {shown(place)} names the job {_ANOTHER}, the job {job.id} was asked for, and "
        f"poll() said {update.state.name}. Give `JobUpdate(job_id=...)`: the core refuses the "
        "answer.",
    )
