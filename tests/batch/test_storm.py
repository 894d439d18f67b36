"""A vendor that fails in every way at once: nothing is paid twice, and nothing is lost."""

from collections import Counter

import pytest
from hypothesis import settings

from batch_vendor import KINDS, Vendor, make_pictures
from batch_world import Trial
from quota_world import FastClock
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.remembered import FOLDER_ENV
from tryon_testing.profiles import THOROUGH_EXAMPLES

FACTOR = 1000.0
STORM = [
    f"{operation}:{kind}%5"
    for operation in ("submit", "poll", "result")
    for kind in ("drop", "429", "500", "slow=20")
]
LOST = ("drop", "500")
"""After these nobody knows whether a submission was taken; a 500 may mean either."""


IS_THOROUGH = settings.default.max_examples >= THOROUGH_EXAMPLES


@pytest.mark.parametrize(
    ("kind", "jobs", "side_px"),
    [
        ("job and questions", 1000 if IS_THOROUGH else 300, 32),
        ("result in the answer", 300 if IS_THOROUGH else 150, 256),
    ],
)
def test_many_jobs_survive_a_storm(tmp_path, monkeypatch, kind, jobs, side_px):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "data"))
    pictures = make_pictures(tmp_path, jobs - 1, side_px=side_px)
    with Vendor(KINDS[kind], faults=STORM, clock=FastClock(FACTOR)) as vendor:
        trial = Trial(tmp_path, vendor, pictures, rows=jobs)
        states = {outcome.item.id: outcome.state for outcome in trial.order().run()}
        faults = Counter(
            (entry.operation, entry.fault) for entry in vendor.running.log if entry.fault
        )
        assert {operation for operation, _ in faults} >= {"submit", "result"}
        assert min(faults.values()) >= jobs // 150, faults
        assert set(states) == set(trial.garment_of)
        unknown = _unknown(trial)
        assert Counter(states.values())["outcome_unknown"] == len(unknown)
        assert trial.after_end(is_complete=False) == unknown
        assert _named(trial) == unknown

        vendor.running.faults.clear()
        assert {outcome.state for outcome in trial.order(retry_unknown=True).run()} == {"saved"}
        assert not trial.after_end(is_complete=True)
        assert vendor.billed().total() == jobs - 1 + trial.lost.total()


def _unknown(trial):
    """Return the garments whose answer was lost, and note those that were billed."""
    unknown = set()
    for entry in trial.vendor.running.log:
        if entry.operation == "submit" and entry.fault in LOST:
            digest = dict(entry.fields)[trial.vendor.kind.part]["sha256"]
            unknown.add(digest)
            trial.lost[digest] += entry.fault == "drop"
    return unknown


def _named(trial):
    """Return the garments of which the journal says that nobody knows what became of them."""
    with JournalReader(trial.out / JOURNAL_NAME) as journal:
        found = list(journal.entries("outcome_unknown"))
    assert {entry.error["billed"] for entry in found} == {"unknown"}
    assert all(entry.error["remedy"] for entry in found)
    return {trial.digest(entry.id) for entry in found}
