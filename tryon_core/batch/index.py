"""All runs of this user: where their journals are, and which work they have done."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import attrs
import platformdirs

from tryon_core.batch.items import Entry
from tryon_core.clock import Clock

FOLDER_ENV = "TRYON_DATA_DIR"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (journal TEXT PRIMARY KEY, started_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS work (
    fingerprint TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL,
    PRIMARY KEY (fingerprint, number)
);
"""


@attrs.frozen
class Run:
    """One run that was begun on this machine.

    Attributes:
        journal: its journal, which may be gone.
        started_at: when it was begun or resumed last (UTC).
    """

    journal: Path
    started_at: datetime


def data_folder() -> Path:
    """Return where the index lies: `TRYON_DATA_DIR`, or the user's data folder."""
    named = os.environ.get(FOLDER_ENV)
    return Path(named) if named else platformdirs.user_data_path("tryon")


class RunIndex:
    """A small database of this user; losing it loses no picture, only the knowledge of them.

    Args:
        folder: where it lies, made when it is missing.
        clock: source of time.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "runs.sqlite", isolation_level=None, timeout=30)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def add_run(self, journal: Path) -> None:
        """Note that a run was begun or resumed."""
        values = (str(journal.absolute()), self._clock.now().isoformat())
        self._db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", values)

    def runs(self) -> list[Run]:
        """Return all runs, the latest first."""
        rows = self._db.execute("SELECT journal, started_at FROM runs ORDER BY started_at DESC")
        return [Run(Path(journal), datetime.fromisoformat(at)) for journal, at in rows]

    def remember(self, entries: Sequence[Entry], folder: Path) -> None:
        """Note finished work.

        Args:
            entries: saved items.
            folder: what their paths are relative to.
        """
        rows = [
            (entry.fingerprint, number, str((folder / file.path).absolute()))
            for entry in entries
            for number, file in enumerate(entry.files)
            if entry.fingerprint
        ]
        if rows:
            self._db.execute("BEGIN")
            with self._or_rollback():
                self._db.executemany("INSERT OR REPLACE INTO work VALUES (?, ?, ?)", rows)

    def find(self, fingerprint: str) -> tuple[Path, ...]:
        """Return the pictures of equal work, empty when there is none or one of them is gone."""
        query = "SELECT path FROM work WHERE fingerprint = ? ORDER BY number"
        paths = tuple(Path(path) for (path,) in self._db.execute(query, (fingerprint,)))
        return paths if all(path.is_file() for path in paths) else ()

    @contextlib.contextmanager
    def _or_rollback(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
