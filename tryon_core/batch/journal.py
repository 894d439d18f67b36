"""The journal of a run: one SQLite file that knows more than any process that may be killed."""

import contextlib
import os
import socket
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from tryon_core.batch.items import BatchItem, Entry, State
from tryon_core.batch.records import COLUMNS, entry_of, request_digest, values_of
from tryon_core.clock import Clock
from tryon_core.errors import InputError, JournalBusy, OutputError, TryOnError

VERSION = 1
JOURNAL_NAME = "run.tryon"
"""Name of the journal in the folder of a run."""
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    number INTEGER PRIMARY KEY, request TEXT NOT NULL,
    {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())}
);
CREATE INDEX IF NOT EXISTS by_state ON items (state);
CREATE INDEX IF NOT EXISTS by_fingerprint ON items (fingerprint);
"""
_UNSENT = ("planned", "refused", "failed")
_UPDATE = (
    f"UPDATE items SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} "  # noqa: S608
    "WHERE id = :id"
)
_INSERT = (
    f"INSERT INTO items (request, {', '.join(COLUMNS)}) "  # noqa: S608
    f"VALUES (:request, {', '.join(f':{name}' for name in COLUMNS)})"
)


class JournalReader:
    """Reads a journal, also while another process writes it.

    Args:
        path: the file.

    Raises:
        InputError: it is no journal, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"there is no journal {str(path)!r}.")
        try:
            self._db = _connect(f"file:{_quoted(path)}?mode=ro", uri=True)
            _check_version(self._db, path)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error

    def __enter__(self) -> "JournalReader":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def meta(self) -> Mapping[str, str]:
        """What was noted of the run: `run`, `created_at`, `version` and what the caller gave."""
        return dict(self._db.execute("SELECT name, value FROM meta"))

    @property
    def counts(self) -> Mapping[State, int]:
        """How many items are in each state."""
        return Counter(dict(self._db.execute("SELECT state, COUNT(*) FROM items GROUP BY state")))

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the items in the order of planning; all when no state is named."""
        places = ", ".join("?" * len(states))
        where = f"WHERE state IN ({places})" if states else ""
        query = f"SELECT {', '.join(COLUMNS)} FROM items {where} ORDER BY number"  # noqa: S608
        return (entry_of(row) for row in self._db.execute(query, states))

    def get(self, item_id: str) -> Entry | None:
        """Return one item, None when there is none of that id."""
        query = f"SELECT {', '.join(COLUMNS)} FROM items WHERE id = ?"  # noqa: S608
        row = self._db.execute(query, (item_id,)).fetchone()
        return None if row is None else entry_of(row)


class Journal(JournalReader):
    """Writes a journal; only one process may.

    What `record()` was given is on disk when it returns, whatever happens to the machine then.

    Args:
        path: the file, which is made when it is missing; None for one in memory only.
        clock: source of time.
        meta: what to note of the run when the file is new.

    Raises:
        JournalBusy: another process writes it.
        InputError: it is no journal, or one of a newer version.
        OutputError: it cannot be written.
    """

    def __init__(
        self, path: Path | None, *, clock: Clock, meta: Mapping[str, str] | None = None
    ) -> None:
        self._lock = contextlib.ExitStack()
        if path is not None:
            self._lock.enter_context(_only_writer(path))
        try:
            self._db = _connect(":memory:" if path is None else str(path))
            self._begin(path, {"created_at": clock.now().isoformat(), **(meta or {})})
        except sqlite3.Error as error:
            self._lock.close()
            raise _unusable(path, error) from error
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> "Journal":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._lock.close()

    def plan(self, items: Iterable[BatchItem]) -> None:
        """Note what shall be done; items that are there already stay as they are.

        Raises:
            InputError: an item that was sent already asks for something else now.
        """
        known = dict(self._db.execute("SELECT id, request || ' ' || state FROM items"))
        with self._writing():
            for item in items:
                digest = request_digest(item)
                before, _, state = known.get(item.id, "").partition(" ")
                if not before:
                    self._insert(item, digest)
                elif before != digest and state not in _UNSENT:
                    raise _changed(item, state)
                elif before != digest:
                    self._db.execute("DELETE FROM items WHERE id = ?", (item.id,))
                    self._insert(item, digest)

    def record(self, entries: Sequence[Entry]) -> None:
        """Write items as they stand now, all or none."""
        if not entries:
            return
        with self._writing():
            self._db.executemany(_UPDATE, [values_of(entry) for entry in entries])

    def _insert(self, item: BatchItem, digest: str) -> None:
        model = getattr(item.request.options, "model", None)
        entry = Entry(id=item.id, provider=item.provider, model=str(model or ""), row=item.row)
        self._db.execute(_INSERT, {"request": digest, **values_of(entry)})

    def _begin(self, path: Path | None, meta: Mapping[str, str]) -> None:
        # A journal that may lie about what was paid is worth nothing: every commit is synced.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing():
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            known = self.meta
            notes = {} if known else {"version": str(VERSION), "run": uuid.uuid4().hex, **meta}
            notes["writer"] = f"process {os.getpid()} on {socket.gethostname()}"
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", notes.items())
        _check_version(self._db, path)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise OutputError(
                f"the journal cannot be written: {error}.",
                remedy="Free some space or mend the file system, then resume; nothing is lost.",
            ) from OSError(str(error))


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(database, uri=uri, isolation_level=None, check_same_thread=False)


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _check_version(db: sqlite3.Connection, path: Path | None) -> None:
    row = db.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
    if row is None or int(row[0]) > VERSION:
        raise InputError(
            f"{str(path)!r} is of version {row and row[0]}, and this tryon knows {VERSION}.",
            remedy="Use the version of tryon that wrote it, or a newer one.",
        )


@contextlib.contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    """Hold the file that says who writes; the system lets go of it when the process dies."""
    lock = path.with_name(f"{path.name}.lock")
    holder = FileLock(lock)
    try:
        holder.acquire(timeout=0)
    except Timeout as error:
        raise JournalBusy(
            f"{_writer(path)} is working on {str(path)!r}.",
            remedy="Wait for it, or stop it first; two at once would pay twice.",
        ) from error
    except OSError as error:
        raise OutputError(f"cannot write beside {str(path)!r}: {error.strerror}.") from error
    try:
        yield
    finally:
        holder.release()


def _writer(path: Path) -> str:
    with contextlib.suppress(TryOnError, sqlite3.Error), JournalReader(path) as reader:
        return reader.meta["writer"]
    return "another process"


def _unusable(path: Path | None, error: sqlite3.Error) -> TryOnError:
    if isinstance(error, sqlite3.OperationalError):
        return OutputError(f"cannot open the journal {str(path)!r}: {error}.")
    return InputError(f"{str(path)!r} is no journal of tryon: {error}.")


def _changed(item: BatchItem, state: str) -> InputError:
    where = f"row {item.row}: " if item.row else ""
    return InputError(
        f"{where}{item.id!r} asks for something else than before, and is already {state}.",
        remedy="Give the new work another id, or use another output folder.",
    )
