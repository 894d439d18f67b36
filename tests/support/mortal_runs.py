"""Runs whose process dies at chosen requests, and whose vendor loses answers at others."""

import contextlib
import io
import random
import sqlite3
import threading
from collections import Counter
from pathlib import Path

import attrs
from PIL import Image

from providers import picture
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import Client, errors, hookimpl
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Fault, start

SIZE = (320, 400)
LOST, NEVER_CAME, DIES_BEFORE, DIES_AFTER = "drop", "drop-before", "dies before", "dies after"
ENDS = (LOST, NEVER_CAME, DIES_BEFORE, DIES_AFTER, "cut", "ok")
"""What can become of a submission."""


class Killed(BaseException):
    """The process is gone: nothing of what it still does counts."""


@attrs.define(kw_only=True, eq=False)
class Mortal:
    """An extension that lets its process die, with what is on disk in that moment.

    Attributes:
        journal: of the run.
        ends: what becomes of the next submissions, the first one first; then all is well.
        faults: of the emulator.
        saved: the journal as it was when the process died, None while it lives.
    """

    journal: Path
    ends: list[str]
    faults: object
    saved: Path | None = None
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    @hookimpl(wrapper=True)
    def submit(self):
        with self._lock:
            # One after the other, so that a fault meets the submission that it is for.
            self._live()
            end = self.ends.pop(0) if self.ends else "ok"
            if end == DIES_BEFORE:
                self._die()
            if end in {LOST, NEVER_CAME, "cut"}:
                self.faults.add(Fault(operation="submit", kind=end, count=1))
            job = yield
            if end == DIES_AFTER:
                self._die()
            return job

    @hookimpl(wrapper=True)
    def poll(self):
        self._live()
        return (yield)

    @hookimpl(wrapper=True)
    def find_submission(self):
        self._live()
        return (yield)

    def _live(self):
        if self.saved is not None:
            raise Killed

    def _die(self):
        self.saved = self.journal.with_name("as it was")
        source, target = sqlite3.connect(self.journal), sqlite3.connect(self.saved)
        with contextlib.closing(source), contextlib.closing(target):
            source.backup(target)
        raise Killed


@attrs.frozen(kw_only=True, eq=False)
class World:
    """A vendor, and a run that is gone on with until it has come to its end.

    Attributes:
        running: the emulator.
        clock: of all.
        provider: whose plugin.
        out: folder of the run.
        person: photo of all rows.
        rows: garments by the name of the row.
    """

    running: object
    clock: FakeClock
    provider: object
    out: Path
    person: bytes
    rows: dict[str, bytes]

    def call(self, ends):
        """Begin or go on with the run in a new process; return whether that came to its end."""
        journal = self.out / JOURNAL_NAME
        mortal = Mortal(journal=journal, ends=ends, faults=self.running.faults)
        client = Client(
            self.provider,
            clock=self.clock,
            config={},
            extensions=[mortal],
            **self.running.settings,
        )
        requests = {
            name: client.request(self.person, top=garment) for name, garment in self.rows.items()
        }
        policy = BatchPolicy(stop_after=100, max_in_flight=3)
        try:
            for _ in client.run_batch(requests, out=self.out, policy=policy):
                pass
        except Killed:
            for name in ("", "-wal", "-shm"):
                journal.with_name(f"{JOURNAL_NAME}{name}").unlink(missing_ok=True)
            mortal.saved.rename(journal)
            return False
        except errors.BatchStopped:
            return False
        return mortal.saved is None

    def states(self):
        """Return in which state each row is."""
        with JournalReader(self.out / JOURNAL_NAME) as journal:
            return {entry.id: entry.state for entry in journal.entries()}

    def possible(self):
        """Return how many requests of each row the ledger has, that may have cost something."""
        with JournalReader(self.out / JOURNAL_NAME) as journal:
            return {
                entry.id: sum(one.cost is not None for one in (entry, *entry.earlier))
                for entry in journal.entries()
            }

    def jobs(self, garment_of):
        """Return how many jobs the vendor made of each row."""
        names = {garment: name for name, garment in self.rows.items()}
        return Counter(names[garment_of(job)] for job in self.running.ctx.jobs.all())


def plain(number):
    """Return an image of one colour."""
    return picture(SIZE, (40 * number, 90, 200))


def detailed(number):
    """Return an image so full of detail that it has some kilobytes."""
    buffer = io.BytesIO()
    pixels = random.Random(number).randbytes(SIZE[0] * SIZE[1])  # noqa: S311  (an image)
    Image.frombytes("L", SIZE, pixels).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


@contextlib.contextmanager
def world(provider, emulator, folder, *, rows, faults=(), draw=plain):
    """Give a vendor and a run of so many rows with it; `draw` makes images, each another one."""
    clock = FakeClock(most_sleeps=10**6)
    garments = {f"row-{n}": draw(n) for n in range(rows)}
    with start(emulator, clock=clock, job_s=5.0, faults=faults) as running:
        yield World(
            running=running,
            clock=clock,
            provider=provider,
            out=folder / "out",
            person=draw(rows),
            rows=garments,
        )
