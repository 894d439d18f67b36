"""Rows whose answer was lost: found again, or certainly not accepted and sent again."""

import tempfile
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from acme import AcmeProvider
from acme_emulator import emulator as acme
from acme_look_up import ByReference, ByTime
from mortal_runs import DIES_AFTER, DIES_BEFORE, ENDS, LOST, NEVER_CAME, detailed, plain, world
from tryon_batch.output import TABLE
from tryon_core import Found, LookUp, hookimpl
from tryon_core.remembered import FOLDER_ENV
from tryon_dashscope.emulator import emulator as dashscope_emulator
from tryon_dashscope.provider import provider as dashscope
from tryon_kling.emulator import emulator as kling_emulator
from tryon_kling.provider import provider as kling
from tryon_replicate import provider as replicate
from tryon_replicate.emulator import emulator as replicate_emulator
from tryon_testing.emulation import Fault


@pytest.fixture(autouse=True)
def _own_history(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "data"))


def _garment(job):
    return job.data["images"][1]


@pytest.fixture
def make(tmp_path):
    def make(provider=None, rows=2, **how):
        return world(provider or ByReference(), acme, tmp_path, rows=rows, **how)

    return make


@pytest.mark.parametrize("end", [LOST, "cut", "empty"])
def test_what_was_accepted_is_found_in_the_same_run(make, end):
    with make() as there:
        assert there.call([end, end])
        assert set(there.states().values()) == {"saved"}
        assert there.jobs(_garment) == {"row-0": 1, "row-1": 1}
        assert there.running.log.count("submit") == 2


def test_what_was_not_accepted_is_sent_again_and_costs_once(make):
    with make() as there:
        assert there.call([NEVER_CAME, NEVER_CAME, NEVER_CAME])
        assert set(there.states().values()) == {"saved"}
        assert there.jobs(_garment) == {"row-0": 1, "row-1": 1}
        assert there.possible() == {"row-0": 1, "row-1": 1}, "no request that cost nothing is kept"


@pytest.mark.parametrize("end", [DIES_BEFORE, DIES_AFTER])
def test_what_a_killed_process_was_sending_is_looked_up_by_the_next_one(make, end):
    with make() as there:
        assert not there.call([end])
        assert "intent" in there.states().values()
        assert there.call([])
        assert set(there.states().values()) == {"saved"}
        assert there.jobs(_garment) == {"row-0": 1, "row-1": 1}


def test_a_vendor_that_stays_away_leaves_it_unknown_until_it_is_back(make):
    with make(faults=["list:503"]) as there:
        assert there.call([LOST, NEVER_CAME])
        assert set(there.states().values()) == {"outcome_unknown"}
        there.running.faults.clear()
        assert there.call([])
        assert set(there.states().values()) == {"saved"}
        assert there.jobs(_garment) == {"row-0": 1, "row-1": 1}


def test_equal_rows_wait_for_one_that_is_looked_up(make):
    with make() as there:
        there.rows["row-1"] = there.rows["row-0"]
        assert not there.call([DIES_AFTER])
        assert there.call([])
        assert set(there.states().values()) == {"saved"}
        assert len(there.running.ctx.jobs.all()) == 1


def test_a_candidate_is_named_and_not_taken(make):
    with make(ByTime(), rows=1) as there:
        assert there.call([LOST])
        assert there.states() == {"row-0": "outcome_unknown"}
        (job,) = there.running.ctx.jobs.all()
        assert job.id in (there.out / TABLE).read_text("utf-8")


def test_jobs_of_other_rows_are_no_candidates(make):
    with make(ByTime(), rows=3) as there:
        assert there.call([NEVER_CAME])
        assert set(there.states().values()) == {"saved"}
        assert set(there.jobs(_garment).values()) == {1}


def test_a_job_is_never_taken_for_two_rows(make):
    class Mistaken(ByReference):
        @hookimpl
        def find_submission(self, attempt, ctx):
            (job, *_) = there.running.ctx.jobs.all()
            return Found(ctx.new_job(job.id))

    with make(Mistaken()) as there:
        there.call([LOST, LOST])
        assert sorted(there.states().values()) == ["outcome_unknown", "saved"]


def test_an_absence_is_a_proof_soon_after_a_process_died(make):
    with make(rows=1) as there:
        assert not there.call([DIES_BEFORE])
        before = there.clock.now()
        assert there.call([])
        assert (there.clock.now() - before).total_seconds() < 120


def test_without_a_look_up_it_stays_unknown(make):
    with make(AcmeProvider(), rows=1) as there:
        assert there.call([NEVER_CAME])
        assert there.states() == {"row-0": "outcome_unknown"}
        assert there.call([])
        assert there.running.log.count("list") == 0


@attrs.frozen(kw_only=True)
class Vendor:
    """Whose submissions are lost.

    Attributes:
        provider: its plugin.
        emulator: what stands in for it.
        garment_of: gives the garment of an emulated job.
        asked: the operation that serves the look-up.
        is_certain: whether it always says what became of a request.
        draw: makes images that it takes.
        examples: how many cases are tried.
    """

    provider: object
    emulator: object
    garment_of: object
    asked: str = "list"
    is_certain: bool = True
    draw: object = plain
    examples: int = 12


VENDORS = {
    "by reference": Vendor(provider=ByReference(), emulator=acme, garment_of=_garment),
    "by time": Vendor(provider=ByTime(), emulator=acme, garment_of=_garment, is_certain=False),
    "kling": Vendor(
        provider=kling,
        emulator=kling_emulator,
        garment_of=_garment,
        asked="poll",
        examples=6,
    ),
    "replicate": Vendor(
        provider=replicate,
        emulator=replicate_emulator,
        garment_of=lambda job: job.data["images"][1][0],
        examples=6,
    ),
    "dashscope": Vendor(
        provider=dashscope,
        emulator=dashscope_emulator,
        garment_of=lambda job: job.data["images"]["top_garment_url"].data,
        is_certain=False,
        draw=detailed,
        examples=6,
    ),
}


@pytest.mark.parametrize("name", VENDORS)
def test_whatever_is_lost_no_row_is_paid_twice_and_none_stays_unknown(name):
    vendor = VENDORS[name]

    @settings(deadline=None, max_examples=vendor.examples)
    @given(
        ends=st.lists(st.lists(st.sampled_from(ENDS), max_size=4), max_size=3),
        lag_s=st.sampled_from([0, 20, 55]),
        is_away=st.booleans(),
    )
    def check(ends, lag_s, is_away):
        lag = Fault(operation=vendor.asked, kind="lag", seconds=lag_s)
        away = Fault(operation=vendor.asked, kind="503")
        with (
            tempfile.TemporaryDirectory() as folder,
            world(
                vendor.provider,
                vendor.emulator,
                Path(folder),
                rows=2,
                faults=[away] if is_away else [lag],
                draw=vendor.draw,
            ) as there,
        ):
            for of_one_process in ends:
                there.call(list(of_one_process))
                assert max(there.jobs(vendor.garment_of).values(), default=0) <= 1
            there.running.faults.clear()
            there.running.faults.add(lag)
            assert there.call([]), "once all is well, a run comes to its end"
            counts, states = there.jobs(vendor.garment_of), there.states()
            assert max(counts.values()) == 1
            assert set(states.values()) <= {"saved", "outcome_unknown"}
            assert all(counts[row] for row, state in states.items() if state == "saved")
            assert not vendor.is_certain or set(states.values()) == {"saved"}

    check()


def test_a_vendor_that_declares_too_short_a_time_is_noticed_here(make):
    class Hasty(ByReference):
        info = attrs.evolve(ByReference.info, look_up=LookUp(settles_s=5))

    with make(Hasty(), rows=1, faults=["list:lag=55"]) as there:
        assert there.call([LOST])
        assert there.jobs(_garment) == {"row-0": 2}
