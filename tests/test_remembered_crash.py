"""However a process with a single job is killed, what was billed is known and can be resumed.

What no file can save is an answer that came, or was under way, when the process died: such a
submission is of unknown outcome, and stands there as that.
"""

import itertools
import random
import signal
from pathlib import Path

import attrs
import pytest
from hypothesis import settings

from batch_vendor import FLASH, KINDS as WITH_JOBS, Vendor, make_pictures
from batch_world import Worker
from quota_world import FastClock
from single_job import SingleJob
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
KINDS = {**WITH_JOBS, "image in the answer": FLASH}
NOTHING_SENT, UNKNOWN, LOST, KEPT, SAVED = "nothing sent", "unknown", "lost", "kept", "saved"
MOMENTS = {
    "before begin": NOTHING_SENT,
    "after begin": UNKNOWN,
    "before submit": UNKNOWN,
    "after submit": LOST,
    "before accepted": LOST,
    "after accepted": KEPT,
    "before _rename": KEPT,
    "after _rename": KEPT,
    "before fetch_result": KEPT,
    "after fetch_result": KEPT,
    "before note fetched": KEPT,
    "after note fetched": KEPT,
    "before note saved": KEPT,
    "after note saved": SAVED,
}
"""What a death at a moment means for the job."""
LEAST_KILLS = 30
"""Deaths at any moment in all; the profile `thorough` has more."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), 1)


class Trial:
    """One single job that is killed, and what must be true of it and of its vendor afterwards."""

    def __init__(self, folder, vendor, pictures):
        self.vendor = vendor
        self._person, self._garment = pictures
        self.job = SingleJob(
            provider=vendor.running.emulator.provider,
            settings=vendor.settings,
            clock=vendor.clock.facts,
            person=str(self._person),
            garment=str(self._garment),
            out=str(folder / f"one{vendor.kind.suffix}"),
            data=str(folder / "data"),
        )
        self._store = JobStore(folder / "data" / "jobs", clock=FastClock(*vendor.clock.facts))

    def outcome(self):
        """Return what is known of the job now; what was billed can be fetched unless it is lost."""
        self.vendor.settle()
        billed = self.vendor.billed().total()
        known = self._store.jobs()
        assert len(known) <= 1, known
        if not known:
            assert billed == 0
            return NOTHING_SENT
        (one,) = known
        if one.job is None:
            assert one.state == "unknown"
            assert billed in {0, 1}
            return LOST if billed else UNKNOWN
        assert billed == 1
        with self.job.open() as client:
            assert client.resume(one.id).images[0].data == self._picture()
        if one.state == "saved":
            assert Path(self.job.out).read_bytes() == self._picture()
            return SAVED
        return KEPT

    def _picture(self):
        files = self._person.read_bytes(), self._garment.read_bytes()
        return self.vendor.kind.draw(self.vendor.running.ctx, *files)


@pytest.fixture(scope="module")
def worker(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("worker")
    worker = Worker(folder)
    for number, kind in enumerate(KINDS.values()):
        with Vendor(kind) as vendor:
            trial = Trial(folder / f"single-{number}", vendor, pictures)
            (folder / f"single-{number}").mkdir()
            worker._order(job=attrs.asdict(trial.job), is_rehearsal=True)
    yield worker
    worker.close()


@pytest.fixture
def trial(tmp_path, pictures, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path))  # put back what opening a client changes
    monkeypatch.setenv(REMEMBER_ENV, "1")
    numbers = itertools.count()

    def make(vendor):
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return Trial(folder, vendor, pictures)

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_noted_is_kept_and_only_what_was_in_the_air_is_unknown(worker, trial, kind):
    for moment, meaning in MOMENTS.items():
        with Vendor(KINDS[kind]) as vendor:
            one = trial(vendor)
            code, report = worker.run(one.job, kill_at=moment)
            assert code == -signal.SIGKILL, (moment, report)
            assert one.outcome() == meaning, moment


@pytest.mark.parametrize("kind", KINDS)
def test_a_death_at_any_moment_loses_nothing_that_is_billed(worker, trial, kind):
    chance = random.Random(kind)  # noqa: S311  (moments)
    with Vendor(KINDS[kind]) as vendor:
        code, usual = worker.run(trial(vendor).job)
        assert code == 0, usual
    found = set()
    for number in range(max(LEAST_KILLS, settings().max_examples) // len(KINDS)):
        if number % 2:
            order = {"kill_at": chance.randint(1, usual["points"])}
        else:
            order = {"kill_after_s": chance.uniform(0, usual["took_s"])}
        with Vendor(KINDS[kind]) as vendor:
            one = trial(vendor)
            code, report = worker.run(one.job, **order)
            assert code in {0, -signal.SIGKILL}, report
            found.add(one.outcome())
    assert KEPT in found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_while_the_vendor_works_loses_nothing_but_the_answer(worker, trial, kind, when):
    moments = {"submit": {UNKNOWN, LOST}, "result": {KEPT}}
    for operation, meanings in moments.items():
        if operation == "result" and kind not in WITH_JOBS:
            continue  # it came with the answer
        with Vendor(KINDS[kind]) as vendor:
            one = trial(vendor)

            def kill(*moment, wanted=(when, operation), vendor=vendor):
                if moment == wanted:
                    vendor.watch = None
                    worker.kill()

            vendor.watch = kill
            code, report = worker.run(one.job)
            assert code == -signal.SIGKILL, report
            assert one.outcome() in meanings
