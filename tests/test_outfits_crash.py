"""However a process is killed that puts outfits on, no step is paid twice, and none is lost.

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
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
JOBS, ANSWER = KINDS["job and questions, slowly"], FLASH
CASES = {
    "one call": (JOBS, False),
    "one call, image in the answer": (ANSWER, False),
    "two rows of one bottom": (JOBS, True),
}
LEAST_KILLS = 30
"""Deaths in all; the profile `thorough` has more."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), 3, side_px=300)


class Trial:
    """Outfits whose process is killed, and what must be true of them and of their vendor.

    Attributes:
        steps: how many requests they take; of a run, two outfits share their first one.
    """

    def __init__(self, folder, vendor, pictures, *, is_run):
        folder.mkdir(parents=True)
        self.vendor = vendor
        self._person, self._top, self._bottom, other = pictures
        self.steps = 3 if is_run else 2
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
            others={"other": [str(other), str(self._bottom)]} if is_run else {},
        )

    @property
    def billed(self):
        """How many try-ons the vendor billed."""
        self.vendor.settle()
        return self.vendor.billed().total()

    def is_done(self):
        """Return whether all images are there; each is of a top on the image of the bottom."""
        kind, ctx, out = self.vendor.kind, self.vendor.running.ctx, Path(self.job.out)
        first = kind.draw(ctx, self._person.read_bytes(), self._bottom.read_bytes())
        found = []
        for name, (top, _) in self.job.rows.items():
            image = out / f"{name}{kind.suffix}" if self.job.is_run else out
            if image.exists():
                assert image.read_bytes() == kind.draw(ctx, first, Path(top).read_bytes())
                found.append(name)
        return found == list(self.job.rows)

    def let_go(self):
        """Say that what is unknown was not charged; return how many requests that are."""
        if self.job.is_run:
            with JournalReader(Path(self.job.out) / JOURNAL_NAME) as journal:
                settle = {entry.id: "not-charged" for entry in journal.entries("outcome_unknown")}
            with self.job.open() as client:
                tuple(self.job.run_rows(client, settle=settle))
            return len(settle)
        store = JobStore(Path(self.job.data) / "jobs", clock=FastClock(*self.vendor.clock.facts))
        (unknown,) = [known for known in store.jobs() if known.state == "unknown"]
        store.forget(unknown.id)
        return 1


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
        assert (code, trial.billed, trial.is_done()) == (0, trial.steps, True), usual
    wanted = max(LEAST_KILLS, settings().max_examples) // len(CASES)
    # Each moment counts once before any of them counts twice.
    points = chance.sample(range(1, usual["points"] + 1), k=min(wanted, usual["points"]))
    for number, point in enumerate(points):
        with Vendor(kind) as vendor:
            trial = Trial(tmp_path / str(number), vendor, pictures, is_run=is_run)
            code, report = worker.run(trial.job, kill_at=point)
            if code == 0:
                continue  # threads came to their end in fewer moments this time
            assert code == -signal.SIGKILL, (point, report)
            was_billed = trial.billed
            if trial.is_done() and not is_run:  # an equal call would be a new one
                assert was_billed == trial.steps
                continue
            code, report = worker.run(trial.job)
            if trial.is_done():
                assert code == 0, report
                assert trial.billed == trial.steps, point
                continue
            # An answer was in the air: what needs it was not sent.
            assert is_run or trial.billed == was_billed, (point, report)
            assert trial.billed <= trial.steps, (point, report)
            assert is_run or report["error"] == "OutcomeUnknown", (point, report)
            released = trial.let_go()
            code, report = worker.run(trial.job)
            assert (code, trial.is_done()) == (0, True), (point, report)
            assert trial.billed <= trial.steps + released, "it may have been charged"
