"""A journal that a power failure cuts off anywhere is an earlier state of itself."""

import shutil
import signal
import tempfile
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from flask import request
from hypothesis import example, given, settings, strategies as st

from batch_vendor import KINDS, Vendor, make_pictures
from batch_world import Trial, Worker
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
ROWS = 8
WAL = f"{JOURNAL_NAME}-wal"
_ORDER = ("intent", "accepted", "finished", "saved")


@attrs.frozen(kw_only=True)
class Life:
    """The files of a run as they were whenever the vendor was asked for something.

    Attributes:
        database: the main file, which a short run leaves as it was made.
        wal: what was written to the other one in all.
        sent_at: by row, the length of that at the moment in which its request came.
        seen: by row, its state in a copy of that moment.
    """

    database: bytes
    wal: bytes
    sent_at: dict
    seen: dict


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    folder = tmp_path_factory.mktemp("life")
    sent_at, seen, database, wal = {}, {}, [], []
    # Not in this process: whoever opens and closes a database by other means loses its locks.
    worker = Worker(folder)
    with Vendor(KINDS["job and questions"]) as vendor, closing(worker):
        trial = Trial(folder / "trial", vendor, make_pictures(folder, ROWS), rows=ROWS)

        def watch(when, operation):
            if (when, operation) == ("before", "submit"):
                row = trial.row_of(request.get_data(), request.content_type)
                sent_at[row] = (trial.out / WAL).stat().st_size
                seen[row] = _state_in_copy(trial.out, folder / f"copy-{row}", row)
            database.append((trial.out / JOURNAL_NAME).read_bytes())
            wal.append((trial.out / WAL).read_bytes())

        vendor.watch = watch
        code, report = worker.run(trial.order(), slow_s=0.05)
        vendor.watch = None
        assert code == 0, report
        trial.after_end(is_complete=True)
    assert len(set(database)) == 1
    return Life(database=database[0], wal=wal[-1], sent_at=sent_at, seen=seen)


def _state_in_copy(out, folder, row):
    folder.mkdir()
    for name in (JOURNAL_NAME, WAL):
        shutil.copy(out / name, folder / name)
    with JournalReader(folder / JOURNAL_NAME) as journal:
        return journal.get(row).state


def test_a_copy_of_a_live_journal_knows_of_every_request_that_has_come(life):
    assert len(life.seen) == ROWS - 1, "the last row is the same work as the first"
    assert set(life.seen.values()) == {"intent"}


@settings(deadline=None)
@example(share=1.0, rubbish=b"")
@given(share=st.floats(0, 1), rubbish=st.binary(max_size=200))
def test_a_journal_cut_off_anywhere_opens_and_knows_what_was_sent(life, share, rubbish):
    cut = round(share * len(life.wal))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / JOURNAL_NAME
        path.write_bytes(life.database)
        path.with_name(WAL).write_bytes(life.wal[:cut] + rubbish)
        with Journal(path, clock=SystemClock()) as journal:
            entries = {entry.id: entry for entry in journal.entries()}
    for entry in entries.values():
        _check_order(entry)
    if cut == len(life.wal):
        assert {"saved"} <= {entry.state for entry in entries.values()}
    for row, written in life.sent_at.items():
        if written <= cut:
            assert entries[row].state != "planned"
            assert "intent" in entries[row].times


def test_a_journal_that_lost_its_very_beginning_is_told_from_a_damaged_one(life, tmp_path):
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(life.database)
    with pytest.raises(InputError, match="nothing was planned in it yet"):
        JournalReader(path)


def _check_order(entry):
    """No item got anywhere without what comes before."""
    reached = [entry.times[state] for state in _ORDER if state in entry.times]
    assert reached == sorted(reached)
    if entry.state in _ORDER and not (entry.state == "saved" and entry.job is None):
        assert set(_ORDER[: _ORDER.index(entry.state) + 1]) <= set(entry.times)
        assert (entry.job is not None) == (entry.state != "intent")
    if entry.state == "saved":
        assert entry.files
