"""Checks that a job is neither lost nor taken for another one."""

import functools
from collections.abc import Iterator

import pytest

from tryon_core.errors import TryOnError
from tryon_core.models import Job
from tryon_testing.bench import SHORT_PAUSE_S, Bench, vendor_bench
from tryon_testing.breach import refuse_bug, require
from tryon_testing.members import ContractMembers
from tryon_testing.twists import Place, at, places, removed, replaced, shown, wrong_values
from tryon_testing.versions import since
from tryon_testing.wire import Answer

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
