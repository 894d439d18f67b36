"""Batches that are killed, and what must be true of them and of their vendor afterwards."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import attrs

from batch_job import BatchJob
from batch_vendor import KINDS, Vendor, make_pictures
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_batch.output import LINES, TABLE
from tryon_core.errors import InputError
from tryon_testing.emulation import read_parts

WORKER = Path(__file__).parents[1] / "scripts" / "batch_worker.py"
_PATIENCE_S = 20.0


class Worker:
    """A process that does batches in children, which it kills as told."""

    def __init__(self, folder):
        self._report = folder / "report.json"
        self._errors = (folder / "errors.txt").open("wb")
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            text=True,
        )
        self._pid = None
        self._changed = threading.Condition()
        self._rehearse(folder)

    def _rehearse(self, folder):
        pictures = make_pictures(folder, 1)
        for number, kind in enumerate(KINDS.values()):
            with Vendor(kind) as vendor:
                trial = Trial(folder / str(number), vendor, pictures, rows=1)
                self._order(job=attrs.asdict(trial.job), is_rehearsal=True)

    def close(self):
        self._process.stdin.close()
        self._process.wait(_PATIENCE_S)
        self._process.stdout.close()
        self._errors.close()

    def run(self, job, **order):
        """Have a child do a batch; return how it ended, and what it says of it when it lived."""
        code = self._order(job=attrs.asdict(job), report=str(self._report), **order)
        assert code in {0, 2, -signal.SIGKILL}, Path(self._errors.name).read_text()
        return code, {} if code < 0 else json.loads(self._report.read_text())

    def _order(self, **order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._know(self._heard()["pid"])
        code = self._heard()["code"]
        self._know(None)
        return code

    def kill(self):
        """Kill the child that is at work; for threads of the vendor that it waits for."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._pid is not None, _PATIENCE_S)
            os.kill(self._pid, signal.SIGKILL)

    def _know(self, pid):
        with self._changed:
            self._pid = pid
            self._changed.notify_all()

    def _heard(self):
        line = self._process.stdout.readline()
        assert line, Path(self._errors.name).read_text()
        return json.loads(line)


class Trial:
    """One batch that is killed again and again; its vendor is asked what it billed.

    Attributes:
        kills: how often a process did not come to its end.
        lost: units that were billed and whose answer nobody noted, by garment.
        unknown: units that the journal cannot account for, whether they were billed or not.
    """

    def __init__(self, folder, vendor, pictures, *, rows, data=None):
        self.vendor = vendor
        self.out, self.data = folder / "out", data or folder / "data"
        person, *garments = pictures
        # The last row is the same work as the first one: it is bought once for both.
        self.garment_of = {f"row-{n}": garments[n % max(1, rows - 1)] for n in range(rows)}
        self.job = BatchJob(
            provider=vendor.running.emulator.provider,
            settings=vendor.settings,
            clock=vendor.clock.facts,
            rows={row: [str(person), str(path)] for row, path in self.garment_of.items()},
            out=str(self.out),
            data=str(self.data),
        )
        self._person = person
        self._pictures = {}
        self.kills = 0
        self.lost = Counter()
        self.unknown = Counter()

    def after_early_end(self):
        """Check what a process left that did not come to the end of the batch."""
        self.kills += 1
        self.vendor.settle()
        billed, states = self.vendor.billed(), self._states()
        for garment, now in states.items():
            late = billed[garment] - self.lost[garment]
            if "intent" in now:
                assert late in {0, 1}, (now, late)
                self.lost[garment] += late
                self.unknown[garment] += 1
            elif now & {"accepted", "finished", "saved"}:
                assert late == 1, (now, late)
            else:
                assert now <= {"planned", "outcome_unknown"}, now
                assert late == 0, (now, late)
        assert set(billed) <= set(states), "billed and not even planned"
        self._check_files()

    def after_end(self, *, is_complete):
        """Check what is there when a process came to the end of the batch."""
        self.vendor.settle()
        # First: whoever reads a journal makes files beside it.
        pictures = self._check_files(is_clean=True)
        billed, states = self.vendor.billed(), self._states()
        saved = {garment for garment, now in states.items() if now == {"saved"}}
        for garment in saved:
            assert billed[garment] == self.lost[garment] + 1
        for garment in set(states) - saved:
            # Equal work that was not sent itself waits for who looks what became of the other.
            assert "outcome_unknown" in states[garment] <= {"outcome_unknown", "planned"}
            assert billed[garment] == self.lost[garment]
        assert not is_complete or saved == set(states)
        rows = {row for row in self.garment_of if self.digest(row) in saved}
        names = {f"{row}{self.vendor.kind.suffix}" for row in rows}
        assert pictures == names
        return set(states) - saved

    @property
    def open_share(self):
        """Part of the rows that have no picture yet."""
        return 1 - len(self._check_files()) / len(self.garment_of)

    def digest(self, row):
        return hashlib.sha256(self.garment_of[row].read_bytes()).hexdigest()

    def picture(self, row):
        """Return what the vendor makes of a row."""
        path = self.garment_of[row]
        if path not in self._pictures:
            person, garment = self._person.read_bytes(), path.read_bytes()
            drawn = self.vendor.kind.draw(self.vendor.running.ctx, person, garment)
            self._pictures[path] = drawn
        return self._pictures[path]

    def _states(self):
        """Return the states of all rows by what they ask for."""
        found = {}
        with contextlib.ExitStack() as stack:
            try:
                journal = stack.enter_context(JournalReader(self.out / JOURNAL_NAME))
            except InputError as error:
                if not re.search("there is no journal|nothing was planned", error.message):
                    raise
                return {}
            for entry in journal.entries():
                found.setdefault(self.digest(entry.id), set()).add(entry.state)
                for file in entry.files:
                    path = self.out / file.path
                    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
                assert bool(entry.files) == (entry.state == "saved")
        return found

    def _check_files(self, *, is_clean=False):
        """Return the pictures; each is whole, and there is nothing strange beside them."""
        pictures = {f"{row}{self.vendor.kind.suffix}": row for row in self.garment_of}
        found = []
        for path in self.out.iterdir() if self.out.exists() else ():
            if path.name in pictures:
                assert path.read_bytes() == self.picture(pictures[path.name])
                found.append(path.name)
            elif is_clean:
                assert path.name in {JOURNAL_NAME, f"{JOURNAL_NAME}.lock", TABLE, LINES}, path.name
            else:
                assert path.name.startswith((JOURNAL_NAME, ".tryon-", TABLE, LINES)), path.name
        return set(found)

    def row_of(self, body, content_type):
        """Return the first row for which a request may be."""
        parts = {part.name: part.data for part in read_parts(body, content_type)}
        digest = hashlib.sha256(parts[self.vendor.kind.part]).hexdigest()
        return next(row for row in self.garment_of if self.digest(row) == digest)

    def order(self, **changes):
        """Return what a process is told to do."""
        return attrs.evolve(self.job, **changes)
