"""All runs of this user: where their journals are, and which work they have done."""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import attrs

from tryon_batch.items import Entry, EqualWork, SavedFile
from tryon_batch.journal_file import problems_of, problems_text
from tryon_batch.output import holds
from tryon_core import Clock, Notice
from tryon_core.engine import FOLDER_ENV, UNCHECKED, make_folder
from tryon_core.errors import OutputError

HISTORY_NAME = "runs.sqlite"
_ID_CHARS = 6
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (journal TEXT PRIMARY KEY, started_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS work (
    fingerprint TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (fingerprint, number)
);
CREATE TABLE IF NOT EXISTS claims (fingerprint TEXT PRIMARY KEY, journal TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS remarks (fingerprint TEXT PRIMARY KEY, notices TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (fingerprint TEXT PRIMARY KEY, problems TEXT);
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

    @property
    def id(self) -> str:
        """A short name that stays the same for as long as the run stays in its place."""
        return f"r{hashlib.sha256(str(self.journal).encode()).hexdigest()[:_ID_CHARS]}"


class RunHistory:
    """A small database of this user; losing it loses no image, only the knowledge of them.

    Args:
        folder: where it lies, made when it is missing.
        clock: source of time.

    Raises:
        OutputError: it cannot be opened.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._clock = clock
        self._own: str | None = None
        self._path = folder / HISTORY_NAME
        make_folder(folder)
        with self._sqlite_errors(), contextlib.ExitStack() as stack:
            self._db = sqlite3.connect(
                self._path, isolation_level=None, timeout=30, check_same_thread=False
            )
            stack.callback(self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            # What a power failure takes from it is found again in the journals when they go on.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
            stack.pop_all()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def add_run(self, journal: Path) -> None:
        """Note that a run was begun or resumed; it is the one that claims work from now on.

        Raises:
            OutputError: it cannot be written.
        """
        # One run has one claim, by whatever way its folder is named.
        self._own = os.path.realpath(journal)
        values = (os.path.abspath(journal), self._clock.now().isoformat())  # noqa: PTH100  (no `..`)
        with self._sqlite_errors():
            self._db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", values)

    def claim(self, fingerprint: str, *, instead_of: Path | None = None) -> Path | None:
        """Claim work for this run, so that no other one buys it at the same time.

        Args:
            fingerprint: identifies the work.
            instead_of: the run whose claim holds no more.

        Returns:
            The journal of another run that has claimed it, None when this run has it now.

        Raises:
            OutputError: it cannot be written.
        """
        if self._own is None:
            return None
        values = fingerprint, self._own
        with self._sqlite_errors(), self._whole():
            if instead_of is not None:
                self._db.execute(
                    "DELETE FROM claims WHERE fingerprint = ? AND journal = ?",
                    (fingerprint, str(instead_of)),
                )
            self._db.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", values)
            (holder,) = self._db.execute(
                "SELECT journal FROM claims WHERE fingerprint = ?", (fingerprint,)
            ).fetchone()
        return None if holder == self._own else Path(holder)

    def forget_run(self, journal: Path) -> None:
        """Remove a run from the list; its files stay.

        Raises:
            OutputError: it cannot be written.
        """
        with self._sqlite_errors():
            self._db.execute("DELETE FROM runs WHERE journal = ?", (str(journal),))

    def runs(self) -> list[Run]:
        """Return all runs, the latest first."""
        rows = self._db.execute("SELECT journal, started_at FROM runs ORDER BY started_at DESC")
        return [Run(Path(journal), datetime.fromisoformat(at)) for journal, at in rows]

    def settle(self, entries: Sequence[Entry], folder: Path) -> None:
        """Note work that came to its end: what was saved is found from now on, no claim is left.

        Args:
            entries: items; images that are not sound are no work to be copied.
            folder: what their paths are relative to.

        Raises:
            OutputError: it cannot be written.
        """
        files: list[tuple[str, int, str, str]] = []
        remarks: list[tuple[str, str]] = []
        verdicts: list[tuple[str, str | None]] = []
        ended: list[tuple[str]] = []
        root = folder.absolute()
        for entry in entries:
            if entry.fingerprint is None:
                continue
            ended.append((entry.fingerprint,))
            if entry.state == "saved" and entry.files and _are_sound(entry.files):
                notices = json.dumps([attrs.asdict(notice) for notice in entry.notices])
                remarks.append((entry.fingerprint, notices))
                verdicts.append((entry.fingerprint, problems_text(entry.problems)))
                files += [
                    (entry.fingerprint, number, str(root / file.path), file.sha256)
                    for number, file in enumerate(entry.files)
                ]
        with self._sqlite_errors(), self._whole():
            # Equal work may have given fewer images than before.
            replaced = [(fingerprint,) for fingerprint, _ in remarks]
            self._db.executemany("DELETE FROM work WHERE fingerprint = ?", replaced)
            self._db.executemany("INSERT OR REPLACE INTO work VALUES (?, ?, ?, ?)", files)
            self._db.executemany("INSERT OR REPLACE INTO remarks VALUES (?, ?)", remarks)
            self._db.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", verdicts)
            if self._own is not None:
                own = [(fingerprint, self._own) for (fingerprint,) in ended]
                self._db.executemany(
                    "DELETE FROM claims WHERE fingerprint = ? AND journal = ?", own
                )

    def find(self, fingerprint: str) -> EqualWork | None:
        """Return what equal work gave; None when an image of it is gone or was changed.

        Raises:
            OutputError: the index cannot be read.
        """
        query = "SELECT path, sha256 FROM work WHERE fingerprint = ? ORDER BY number"
        with self._sqlite_errors():
            rows = self._db.execute(query, (fingerprint,)).fetchall()
            if not rows:
                return None
            remark = self._db.execute(
                "SELECT notices, problems FROM remarks LEFT JOIN verdicts USING (fingerprint) "
                "WHERE fingerprint = ?",
                (fingerprint,),
            ).fetchone()
        if not all(holds(Path(path), sha256) for path, sha256 in rows):
            return None
        notices, problems = remark or ("[]", None)
        paths = tuple(Path(path) for path, _ in rows)
        said = tuple(Notice(**notice) for notice in json.loads(notices))
        return EqualWork(paths, said, problems_of(problems))

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _sqlite_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputError(
                f"cannot use the list of runs {str(self._path)!r}: {error}.",
                remedy=f"Name another folder in {FOLDER_ENV}, or remove that file.",
            ) from error


def _are_sound(files: Iterable[SavedFile]) -> bool:
    return not any(file.path.endswith(UNCHECKED) for file in files)
