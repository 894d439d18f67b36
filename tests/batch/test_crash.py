"""However a run is killed, nothing is paid twice, and nothing that was noted is lost.

What no journal can save is an answer that came, or was under way, when the process died: such an
item is of unknown outcome. That is so for a vendor that answers with a job, which then runs and is
billed without us, and for one that answers with the finished picture, which is lost with the
answer. From the moment in which the answer is noted on, neither is lost.
"""

import functools
import itertools
import os
import random
import signal
import sys
import threading

import pytest
from hypothesis import settings
from werkzeug.exceptions import ServiceUnavailable

from batch_vendor import KINDS, Vendor, make_pictures
from batch_world import Trial, Worker
from tryon_batch.journal import JOURNAL_NAME

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
ROWS, MOST_KILLS = 7, 12
LEAST_KILLS = 64
"""Deaths in all; the profile `thorough` has more."""
WAYS = ("at any time", "around each write", "while the vendor works", "as the power fails")
NOTHING_SENT, UNKNOWN, LOST, KEPT = "nothing sent", "unknown", "lost", "kept"
MOMENTS = {
    "before plan": NOTHING_SENT,
    "before record intent": NOTHING_SENT,
    "after record intent": UNKNOWN,
    "before submit_prepared": UNKNOWN,
    "after submit_prepared": LOST,
    "before record accepted": LOST,
    "after record accepted": KEPT,
    "before record finished": KEPT,
    "after record finished": KEPT,
    "before fetch_result": KEPT,
    "before link": KEPT,
    "after link": KEPT,
    "before unlink": KEPT,
    "before record saved": KEPT,
    "after record saved": KEPT,
    "before settle": KEPT,
}
"""What a death at a moment means for the item that was worked on."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), ROWS)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    worker = Worker(tmp_path_factory.mktemp("worker"))
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def usual(tmp_path_factory, worker, pictures):
    """Return how long a run takes, and how many moments it has at which it can be killed."""

    @functools.cache
    def measure(kind):
        with Vendor(KINDS[kind]) as vendor:
            trial = Trial(tmp_path_factory.mktemp("usual"), vendor, pictures, rows=ROWS)
            code, report = worker.run(trial.order())
            assert code == 0, report
            assert set(report["states"].values()) == {"saved"}
            trial.after_end(is_complete=True)
        return report

    return measure


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_noted_is_kept_and_only_what_was_in_the_air_is_unknown(
    tmp_path, worker, pictures, kind, moment
):
    meaning = MOMENTS[moment]
    with Vendor(KINDS[kind]) as vendor:
        trial = Trial(tmp_path, vendor, pictures, rows=1)
        code, report = worker.run(trial.order(), kill_at=moment)
        assert code < 0, report
        trial.after_early_end()
        assert trial.unknown.total() == (meaning in {UNKNOWN, LOST})
        assert trial.lost.total() == (meaning == LOST)
        assert worker.run(trial.order())[0] == 0
        unknown = trial.after_end(is_complete=False)
        assert len(unknown) == (meaning in {UNKNOWN, LOST})
        assert worker.run(trial.order(retry_unknown=True))[0] == 0
        assert not trial.after_end(is_complete=True)
        assert vendor.billed().total() == 1 + (meaning == LOST)


@pytest.mark.parametrize("case", [*itertools.product(KINDS, WAYS)], ids=", ".join)
def test_every_row_is_saved_once_and_billed_once(tmp_path, worker, pictures, usual, case):
    kind, way = case
    wanted = max(LEAST_KILLS, settings().max_examples) / (len(WAYS) * len(KINDS))
    executioner = _Executioner(way, usual(kind), random.Random(f"{kind} {way}"))  # noqa: S311  (moments)
    kills = unknown = lost = 0
    for number in itertools.count():
        with Vendor(KINDS[kind]) as vendor:
            trial = Trial(tmp_path / str(number), vendor, pictures, rows=ROWS)
            _kill_until_it_ends(trial, worker, executioner)
            assert trial.after_end(is_complete=False) == set(trial.unknown)
            if trial.unknown:
                _kill_until_it_ends(trial, worker, executioner, retry_unknown=True)
                assert not trial.after_end(is_complete=True)
        kills += trial.kills
        unknown += trial.unknown.total()
        lost += trial.lost.total()
        if kills >= wanted:
            break
    sys.stdout.write(f"{kills} kills of {number + 1} batches: {unknown} unknown, {lost} billed\n")


def _kill_until_it_ends(trial, worker, executioner, **changes):
    """Run a batch to its end, through as many deaths as come."""
    for kills in itertools.count():
        trial.vendor.watch = None
        order = executioner.order(trial, worker, kills) if kills < MOST_KILLS else {}
        code, report = worker.run(trial.order(**changes), **order)
        if code == 0:
            return
        assert code < 0, report
        executioner.spoil()
        trial.after_early_end()


class _Executioner:
    """Chooses how the next child is killed."""

    def __init__(self, way, usual, chance):
        self._way, self._usual, self._chance = way, usual, chance
        points = list(range(1, usual["points"] + 1))
        chance.shuffle(points)
        self._points = itertools.cycle(points)
        self._assassin = None

    def order(self, trial, worker, kills):
        # The more has been done, the shorter is what is left.
        share = 0.2 + 0.8 * trial.open_share
        if self._way == WAYS[0]:
            return {"kill_after_s": self._chance.uniform(0, share * self._usual["took_s"])}
        if self._way == WAYS[1]:
            most = int(share * self._usual["points"])
            return {"kill_at": self._chance.randint(1, most) if kills else next(self._points)}
        fails = self._way == WAYS[3]
        when = "before" if fails else self._chance.choice(("before", "after"))
        operation = self._chance.choice(("submit", "poll", "result"))
        count = self._chance.randint(1, 1 + int(share * (ROWS - 3)))
        wal = trial.out / f"{JOURNAL_NAME}-wal" if fails else None
        self._assassin = trial.vendor.watch = _Assassin(worker, (when, operation), count, wal)
        return {}

    def spoil(self):
        """Have the disk forget what nobody waited for, or hold rubbish in its place."""
        if self._assassin and self._assassin.durable_bytes:
            with self._assassin.wal.open("r+b") as file:
                file.truncate(self._assassin.durable_bytes)
                file.seek(0, os.SEEK_END)
                file.write(self._chance.randbytes(self._chance.choice((0, 50, 5000))))


class _Assassin:
    """Kills the child while the vendor works on one of its requests.

    What the journal held when that request came must be on disk by then. The child may go on for a
    moment after the journal was measured; what it still sends does not arrive.
    """

    def __init__(self, worker, wanted, left, wal):
        self._worker, self._wanted, self._left, self.wal = worker, wanted, left, wal
        self.durable_bytes = 0
        self._lock = threading.Lock()

    def __call__(self, *moment):
        with self._lock:
            if self._left <= 0 and moment[0] == "before":
                raise ServiceUnavailable("the child is dead")
            if moment == self._wanted:
                self._left -= 1
                if not self._left:
                    self.durable_bytes = self.wal.stat().st_size if self.wal else 0
                    self._worker.kill()
