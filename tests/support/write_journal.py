"""Write a journal of the present version as SQL, to be read by all later versions.

python tests/support/write_journal.py > tests/batch/journals/version_4.sql
"""

import sqlite3
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import attrs

from batch_entries import USD, item, told
from tryon_batch.items import ParsingCost, SavedFile
from tryon_batch.journal import Journal
from tryon_core import Artifact, Job, JobResult, Notice, UrlSource
from tryon_testing.clocks import FakeClock

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
JOB = Job(provider="fake", id="job-1", submitted_at=AT)
RESULT = JobResult(images=[Artifact(source=UrlSource("https://vendor.example/1.png"))])
FILE = SavedFile(path="d.png", sha256="0" * 64, bytes=7)
PARSING = ParsingCost(
    id="0" * 16, provider="fake", amount=Decimal("0.004"), currency="CNY", billed="yes"
)
STANDS = {
    "planned": {},
    "intent": {"attempts": 1, "cost": USD},
    "accepted": {"attempts": 1, "cost": USD, "job": JOB},
    "saved": {
        "attempts": 1,
        "cost": USD,
        "job": attrs.evolve(JOB, result=RESULT),
        "files": (FILE,),
        "notices": (Notice(code="sleeve_uncertain", message="may be wrong"),),
    },
    "outcome_unknown": {"attempts": 1, "cost": USD, "error": told()},
}
"""How items of a journal may stand, by state; they are called after it."""


def write(path):
    """Write a journal with one item of each kind, and one that was sent twice."""
    with Journal(path, clock=FakeClock()) as journal:
        items = [item(state, row=row) for row, state in enumerate(STANDS, 1)]
        journal.plan([*items, item("twice", row=9)])
        twice = {"attempts": 1, "cost": USD, "error": told(), "parsings": (PARSING,)}
        stands = {**STANDS, "twice": twice}
        entries = {entry.id: entry for entry in journal.entries()}
        journal.record(
            [
                attrs.evolve(
                    entries[name],
                    state="failed" if name == "twice" else name,
                    fingerprint=f"work-{name}",
                    times={"intent": AT, "accepted": AT + timedelta(seconds=1)},
                    **facts,
                )
                for name, facts in stands.items()
            ]
        )
        sent_again = attrs.evolve(journal.get("twice"), state="planned", cost=None, error=None)
        journal.record([sent_again])
        journal.note({"run": "0" * 32, "writer": "process 1 on a machine"})


def main():
    """Print it as SQL; a connection says what its dump leaves out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.tryon"
        write(path)
        db = sqlite3.connect(path)
        (mark,) = db.execute("PRAGMA application_id").fetchone()
        lines = [f"PRAGMA application_id = {mark};", *db.iterdump()]
        db.close()
    # Where it is written says nothing about the journal.
    sys.stdout.write("\n".join(lines).replace(str(Path.cwd()), "/shop") + "\n")


if __name__ == "__main__":
    main()
