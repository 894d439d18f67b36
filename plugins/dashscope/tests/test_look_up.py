"""Lost answers: the list of tasks says when nothing was accepted, and names strangers."""

from datetime import timedelta

import attrs
import pytest

from servers import json_answer, serving
from tryon_core import NotAccepted, Undecided
from tryon_core.lost_answers import look_up
from tryon_core.models import Attempt
from tryon_testing.clocks import START
from tryon_testing.emulation import Fault

SETTLED_S = 301


def _attempt(client, **changes):
    settings = client.session.settings
    made = Attempt(
        provider="dashscope",
        key="0" * 32,
        sent_at=START,
        ended_at=START,
        account=settings.account,
        base_url=settings.address,
    )
    return attrs.evolve(made, **changes)


def _submit(client, person, top):
    return client.submit(person, top=top)


@pytest.mark.parametrize("zone", ["beijing", "utc"])
class TestTheList:
    """Whatever zone the times of the query have: no document says it."""

    def test_without_a_stranger_nothing_was_accepted(self, open_emulator, clock, person, top, zone):
        _, client = open_emulator(list_zone=zone)
        job = _submit(client, person, top)
        clock.advance(SETTLED_S)
        found = look_up(client.session, _attempt(client), known_jobs=frozenset({job.id}))
        assert found == NotAccepted()

    def test_a_stranger_is_a_candidate_and_nothing_more(
        self, open_emulator, clock, person, top, zone
    ):
        _, client = open_emulator(list_zone=zone)
        job = _submit(client, person, top)
        clock.advance(SETTLED_S)
        assert look_up(client.session, _attempt(client)) == Undecided(candidates=[job.id])

    def test_tasks_of_other_times_are_no_strangers(self, open_emulator, clock, person, top, zone):
        _, client = open_emulator(list_zone=zone)
        _submit(client, person, top)
        later = START + timedelta(minutes=30)
        clock.advance(1800 + SETTLED_S)
        attempt = _attempt(client, sent_at=later, ended_at=later)
        assert look_up(client.session, attempt) == NotAccepted()

    def test_all_pages_are_read(self, open_emulator, clock, person, top, zone):
        _, client = open_emulator(list_zone=zone)
        jobs = [_submit(client, person, top).id for _ in range(12)]
        clock.advance(SETTLED_S)
        for known, expected in [
            (jobs, NotAccepted()),
            (jobs[:-1], Undecided(candidates=jobs[-1:])),
        ]:
            found = look_up(client.session, _attempt(client), known_jobs=frozenset(known))
            assert found == expected


def test_an_absence_is_no_proof_while_the_list_may_lag(open_emulator, clock, person, top):
    _, client = open_emulator("list:lag=290")
    job = _submit(client, person, top)
    clock.advance(280)
    assert "proves nothing yet" in look_up(client.session, _attempt(client)).reason
    clock.advance(21)
    assert look_up(client.session, _attempt(client)).candidates == (job.id,)


def test_a_task_of_another_family_of_models_is_no_stranger(scripted, clock):
    row = {"task_id": "t-1", "gmt_create": int(START.timestamp() * 1000), "model_name": "wan2.2"}
    clock.advance(SETTLED_S)
    with serving(json_answer({"total": 1, "total_page": 1, "data": [row]})) as server:
        client = scripted(server)
        assert look_up(client.session, _attempt(client)) == NotAccepted()


@pytest.mark.parametrize(
    "page",
    [
        {"total": 3, "total_page": 1, "data": []},
        {"total": 2, "total_page": 9, "data": [{"task_id": "t-1", "gmt_create": 1}]},
        {"total": 1, "data": [{"task_id": "", "gmt_create": 1}]},
        {"total": 1, "data": [{"task_id": "t-1"}]},
        {"data": []},
        {},
    ],
)
def test_a_list_that_is_odd_or_not_whole_proves_nothing(scripted, clock, page):
    clock.advance(SETTLED_S)
    with serving(json_answer(page)) as server:
        client = scripted(server)
        assert isinstance(look_up(client.session, _attempt(client)), Undecided)


def test_after_a_day_nothing_is_concluded(open_emulator, clock):
    running, client = open_emulator()
    clock.advance(24 * 3600)
    assert "24 hours" in look_up(client.session, _attempt(client)).reason
    assert running.log.count("list") == 0


def test_a_row_that_was_not_accepted_is_sent_again_by_itself(open_emulator, person, top, tmp_path):
    running, client = open_emulator("submit:drop-before*1")
    (outcome,) = client.run_batch([client.request(person, top=top)], out=tmp_path)
    assert outcome.state == "saved"
    assert sum(running.ctx.billed.values()) == 1


def test_a_row_that_may_be_accepted_stays_unknown_with_the_task_that_may_be_its(
    open_emulator, person, top, tmp_path
):
    running, client = open_emulator()
    running.faults.add(Fault(operation="submit", kind="drop", count=1))
    (outcome,) = client.run_batch([client.request(person, top=top)], out=tmp_path)
    (job,) = running.ctx.jobs.all()
    assert outcome.state == "outcome_unknown"
    assert job.id in outcome.error.message


@pytest.mark.parametrize(
    "query", ["start_time=today", "start_time=20260101000000&end_time=20260103000000"]
)
def test_the_emulator_refuses_times_that_are_none_or_too_long(call, query):
    assert call().get(f"/tasks?{query}").status_code == 400
