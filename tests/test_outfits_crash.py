"""However a process is killed that puts an outfit on, no more than two jobs are paid, none is lost.

What no file can save is an answer that came, or was under way, when the process died: then nothing
more is sent until somebody says what became of it.
"""

import random
import signal
from pathlib import Path

import attrs
import pytest
from hypothesis import settings

from batch_vendor import FLASH, KINDS, Vendor, make_pictures
from batch_world import Worker
from outfit_job import OutfitJob
from quota_world import FastClock
from tryon_batch.items import BatchPolicy
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
JOBS, ANSWER = KINDS["job and questions, slowly"], FLASH
CASES = {
    "one call": (JOBS, False),
    "one call, image in the answer": (ANSWER, False),
    "a row": (JOBS, True),
}
LEAST_KILLS = 36
"""Deaths in all; the profile `thorough` has more."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), 2, side_px=300)


class Trial:
    """One outfit whose process is killed, and what must be true of it and of its vendor."""

    def __init__(self, folder, vendor, pictures, *, is_run):
        folder.mkdir(parents=True)
        self.vendor = vendor
        self._person, self._top, self._bottom = pictures
        self.job = OutfitJob(
            provider=vendor.running.emulator.provider,
            settings=vendor.settings,
            clock=vendor.clock.facts,
            person=str(self._person),
            top=str(self._top),
            bottom=str(self._bottom),
            out=str(folder / ("run" if is_run else f"one{vendor.kind.suffix}")),
            data=str(folder / "data"),
            is_run=is_run,
        )

    @property
    def image(self):
        """Where the image of the outfit is when all is done."""
        out = Path(self.job.out)
        return out / f"row{self.vendor.kind.suffix}" if self.job.is_run else out

    @property
    def billed(self):
        """How many try-ons the vendor billed."""
        self.vendor.settle()
        return self.vendor.billed().total()

    def is_done(self):
        """Return whether the image is there; it is that of the top on that of the bottom."""
        if not self.image.exists():
            return False
        draw, ctx = self.vendor.kind.draw, self.vendor.running.ctx
        first = draw(ctx, self._person.read_bytes(), self._bottom.read_bytes())
        assert self.image.read_bytes() == draw(ctx, first, self._top.read_bytes())
        return True

    def let_go(self):
        """Say that what is unknown was not charged; return how often the vendor says it was."""
        if self.job.is_run:
            with self.job.open() as client:
                images = {"top": self._top, "bottom": self._bottom}
                rows = {"row": client.request(self._person, **images)}
                policy = BatchPolicy(chain=True, settle={"row": "not-charged"}, stop_after=1000)
                tuple(client.run_batch(rows, out=self.job.out, policy=policy))
            return
        store = JobStore(Path(self.job.data) / "jobs", clock=FastClock(*self.vendor.clock.facts))
        (unknown,) = [known for known in store.jobs() if known.state == "unknown"]
        store.forget(unknown.id)


@pytest.fixture(scope="module")
def worker(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("worker")
    worker = Worker(folder)
    for name, (kind, is_run) in CASES.items():
        with Vendor(kind) as vendor:
            trial = Trial(folder / name, vendor, pictures, is_run=is_run)
            worker._order(job=attrs.asdict(trial.job), is_rehearsal=True)
    yield worker
    worker.close()


@pytest.fixture(autouse=True)
def _variables(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path))  # put back what opening a client changes
    monkeypatch.setenv(REMEMBER_ENV, "1")


@pytest.mark.parametrize("case", CASES)
def test_a_death_at_any_moment_between_and_inside_the_steps(tmp_path, worker, pictures, case):
    kind, is_run = CASES[case]
    chance = random.Random(case)  # noqa: S311  (moments)
    with Vendor(kind) as vendor:
        trial = Trial(tmp_path / "usual", vendor, pictures, is_run=is_run)
        code, usual = worker.run(trial.job)
        assert (code, trial.billed, trial.is_done()) == (0, 2, True), usual
    wanted = max(LEAST_KILLS, settings().max_examples) // len(CASES)
    # Each moment counts once before any of them counts twice.
    points = chance.sample(range(1, usual["points"] + 1), k=min(wanted, usual["points"]))
    for number, point in enumerate(points):
        with Vendor(kind) as vendor:
            trial = Trial(tmp_path / str(number), vendor, pictures, is_run=is_run)
            code, report = worker.run(trial.job, kill_at=point)
            assert code == -signal.SIGKILL, (point, report)
            was_billed = trial.billed
            if trial.is_done() and not is_run:  # an equal call would be a new one
                assert was_billed == 2
                continue
            code, report = worker.run(trial.job)
            if trial.is_done():
                assert code == 0, report
                assert trial.billed == 2, point
                continue
            # An answer was in the air: nothing more was sent.
            assert trial.billed == was_billed <= 2, (point, report)
            assert is_run or report["error"] == "OutcomeUnknown", (point, report)
            trial.let_go()
            code, report = worker.run(trial.job)
            assert (code, trial.is_done()) == (0, True), (point, report)
            assert trial.billed <= 3, "what is unknown may have been charged, and was let go"
