"""The file of a journal: its columns, its versions, who may write it, and what its errors mean."""

import contextlib
import json
import os
import socket
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
from filelock import FileLock, Timeout

from tryon_batch.items import NOTHING, Cost, Entry, ParsingCost, SavedFile
from tryon_core import Attempt, Job, Notice, Problem
from tryon_core.engine import check_replaceable, check_target, one_line, output_error
from tryon_core.errors import InputError, JournalBusy, OutputError, TryOnError

ITEM_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "TEXT NOT NULL UNIQUE",
        "provider": "TEXT NOT NULL",
        "model": "TEXT NOT NULL",
        "row": "INTEGER",
        "state": "TEXT NOT NULL",
        "fingerprint": "TEXT",
        "job": "TEXT",
        "attempts": "INTEGER NOT NULL",
        "error": "TEXT",
        "files": "TEXT",
        "cost": "TEXT",
        "times": "TEXT NOT NULL",
        "notices": "TEXT",
        "problems": "TEXT",
        "given": "TEXT",
        "own": "TEXT",
        "attempt": "TEXT",
        "after": "TEXT",
        "parsings": "TEXT",
    }
)
"""The columns of the table of items, each a field of `Entry`."""
FIXED: frozenset[str] = frozenset({"id", "provider", "model", "row", "given", "own", "after"})
"""Those that say what an item is; a run writes only the others."""


def values_of(entry: Entry) -> dict[str, Any]:
    """Return an item as values that SQLite takes."""
    return {
        "provider": entry.provider,
        "model": entry.model,
        "row": entry.row,
        "given": _json(entry.given),
        "own": _json(entry.own),
        "after": entry.after,
        **changing_values_of(entry),
    }


def changing_values_of(entry: Entry) -> dict[str, Any]:
    """Return the values of an item that a run changes, and its id."""
    return {
        "id": entry.id,
        "state": entry.state,
        "fingerprint": entry.fingerprint,
        "job": None if entry.job is None else entry.job.to_token(),
        "attempts": entry.attempts,
        "error": None if entry.error is None else json.dumps(entry.error),
        "files": _json([_plain(file) for file in entry.files]),
        "cost": None if entry.cost is None else json.dumps(_plain(entry.cost), default=str),
        "times": json.dumps({state: at.isoformat() for state, at in entry.times.items()}),
        "notices": _json([attrs.asdict(notice) for notice in entry.notices]),
        "problems": problems_text(entry.problems),
        "attempt": None if entry.attempt is None else json.dumps(entry.attempt.to_plain()),
        "parsings": json.dumps([_plain(one) for one in entry.parsings], default=str)
        if entry.parsings
        else None,
    }


def _plain(value: SavedFile | Cost | ParsingCost) -> dict[str, Any]:
    """Return a value of plain fields as a mapping; `attrs.asdict` takes ten times as long."""
    return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}


def entry_of(row: Sequence[Any]) -> Entry:
    """Return an item from the values of its row, in the order of `ITEM_COLUMNS`."""
    values = dict(zip(ITEM_COLUMNS, row, strict=True))
    for name in ("provider", "model", "state"):
        values[name] = sys.intern(values[name])
    files = json.loads(values["files"] or "[]")
    times = json.loads(values["times"])
    return Entry(
        **{name: values[name] for name in ("id", "provider", "model", "row", "state", "attempts")},
        fingerprint=values["fingerprint"],
        job=None if values["job"] is None else Job.from_token(values["job"]),
        error=None if values["error"] is None else _error(values["error"]),
        files=tuple(SavedFile(**file) for file in files),
        cost=_cost(values["cost"]),
        times={state: datetime.fromisoformat(at) for state, at in times.items()} or NOTHING,
        notices=tuple(Notice(**notice) for notice in json.loads(values["notices"] or "[]")),
        problems=problems_of(values["problems"]),
        given=json.loads(values["given"] or "{}") or NOTHING,
        own=json.loads(values["own"] or "{}") or NOTHING,
        attempt=None if values["attempt"] is None else _attempt(values["attempt"]),
        after=values["after"],
        parsings=tuple(map(_parsing, json.loads(values["parsings"] or "[]"))),
    )


def _parsing(values: Mapping[str, Any]) -> ParsingCost:
    amount = values["amount"]
    return ParsingCost(**{**values, "amount": None if amount is None else Decimal(amount)})


def problems_text(problems: Iterable[Problem] | None) -> str | None:
    """Return problems as JSON; an empty list says that judges found none."""
    found = None if problems is None else [attrs.asdict(problem) for problem in problems]
    return None if found is None else json.dumps(found)


def problems_of(text: str | None) -> tuple[Problem, ...] | None:
    """Return what `problems_text` was given."""
    return None if text is None else tuple(Problem(**values) for values in json.loads(text))


def _attempt(text: str) -> Attempt:
    return Attempt.from_plain(json.loads(text))


def _error(text: str) -> Mapping[str, Any]:
    """Read an error; versions before this one wrote a vendor's words as they came."""
    found = json.loads(text).items()
    return {name: one_line(value) if isinstance(value, str) else value for name, value in found}


def _json(value: Any) -> str | None:
    """Return a value as text, None when it holds nothing."""
    return json.dumps(value) if value else None


def _cost(text: str | None) -> Cost | None:
    if text is None:
        return None
    values = json.loads(text)
    amount = values["amount"]
    return Cost(
        amount=None if amount is None else Decimal(amount),
        currency=values["currency"],
        units=Decimal(values["units"]),
        basis=values["basis"],
    )


VERSION = 4
"""What is written; journals of all versions from 1 on are read, and brought up to it to be written.
"""
_MARK = 0x74727931
"""What SQLite notes as the owner of the file ("try1"), so that no other database is taken for one.
"""
_NAMES = ", ".join(ITEM_COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in ITEM_COLUMNS.items())
# A journal is a ledger: an item that is sent once more must not take with it what the request
# before may have cost. A trigger keeps it, whatever writes the journal. A request that certainly
# cost nothing leaves `intent` with an error that says so, or uncounted when it never began.
_KEEP_PAID = f"""
    CREATE TRIGGER keep_paid BEFORE UPDATE ON items
    WHEN OLD.state <> 'planned' AND NEW.state = 'planned' AND OLD.cost IS NOT NULL AND NOT (
        OLD.state = 'intent' AND (
            NEW.attempts < OLD.attempts OR json_extract(NEW.error, '$.billed') IS 'no'
        )
    )
    BEGIN
        INSERT INTO earlier (number, {_NAMES})
        VALUES (OLD.number, {", ".join(f"OLD.{name}" for name in ITEM_COLUMNS)});
    END
    """  # noqa: S608  (only our own names are put in)
STATEMENTS = (
    f"PRAGMA application_id = {_MARK}",
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"CREATE TABLE items (number INTEGER PRIMARY KEY, request TEXT NOT NULL, asked TEXT, {_TYPED})",
    "CREATE INDEX by_state ON items (state)",
    f"CREATE TABLE earlier (nth INTEGER PRIMARY KEY, number INTEGER NOT NULL, {_TYPED})".replace(
        " UNIQUE", ""
    ),
    _KEEP_PAID,
)
"""What makes an empty database a journal."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open a database for writing, in memory without a path."""
    return _connect(":memory:" if path is None else str(path))


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a database that another process may be writing."""
    log = path.with_name(f"{path.name}-wal")
    # Beside a database in WAL mode SQLite writes even to read it, which it cannot in an archive.
    may_write = os.access(path.parent, os.W_OK)
    is_archived = not log.exists() and not may_write
    # A connection that may write takes the files away that SQLite makes beside the database, and
    # undoes what a process left that died while it made the database.
    is_ours = may_write and os.access(path, os.W_OK)
    mode = "immutable=1" if is_archived else "mode=rw" if is_ours else "mode=ro"
    quoted = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    db = _connect(f"file:{quoted}?{mode}", uri=True)
    db.execute("PRAGMA query_only = ON")
    return db


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(database, uri=uri, isolation_level=None, check_same_thread=False)


def is_journal(db: sqlite3.Connection, path: Path | None) -> bool:
    """Return whether a database is a journal; False when it is empty and may become one.

    Raises:
        InputError: it is something else, or a journal of another version.
        sqlite3.Error: it cannot be read.
    """
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    if mark == _MARK:
        _check_version(db, path)
        return True
    if mark or db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise InputError(
            f"{str(path)!r} is a database, and no journal of tryon.",
            remedy="Name the journal, or choose another output folder.",
        )
    return False


def steps_of(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the statements that bring a journal up to the present version.

    A column that was added since may be empty; so a new one needs no more than its line in
    `ITEM_COLUMNS` and the next `VERSION`.
    """
    if _version(db) == str(VERSION):
        return ()
    tables = {"items": {"asked": "TEXT", **ITEM_COLUMNS}, "earlier": ITEM_COLUMNS}
    return (
        "DROP TRIGGER keep_paid",
        *(
            f"ALTER TABLE {table} ADD COLUMN {name} {kind}"
            for table, columns in tables.items()
            for name, kind in columns.items()
            if name not in _columns_of(db, table)
        ),
        _KEEP_PAID,
    )


def _columns_of(db: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(name for _, name, *_ in db.execute(f"PRAGMA table_info({table})"))


def selected(db: sqlite3.Connection) -> str:
    """Return what to select of an item, in the order of `ITEM_COLUMNS`, whatever the version."""
    there = _columns_of(db, "items")
    return ", ".join(name if name in there else f"NULL AS {name}" for name in ITEM_COLUMNS)


def _version(db: sqlite3.Connection) -> str:
    row = db.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
    return str(row[0]) if row else "no version"


def _check_version(db: sqlite3.Connection, path: Path | None) -> None:
    version = _version(db)
    if version not in map(str, range(1, VERSION + 1)):
        raise InputError(
            f"{str(path)!r} is a journal of version {version}, and this tryon knows 1 to "
            f"{VERSION}.",
            remedy="Use the version of tryon that wrote it, or a newer one.",
        )


@contextlib.contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file of a journal; the system releases it when the process dies.

    Raises:
        JournalBusy: another process holds it.
        OutputError: nothing can be written there.
    """
    check_replaceable(path, overwrite=True)
    check_target(path, overwrite=True)
    # Not of one thread: a run that is collected as garbage may end in any.
    holder = FileLock(path.with_name(f"{path.name}.lock"), thread_local=False)
    try:
        holder.acquire(timeout=0)
    except Timeout as error:
        raise JournalBusy(
            f"{_writer(path)} is working on {str(path)!r}.",
            remedy="Wait for it, or stop it first; two at once would pay twice.",
        ) from error
    except OSError as error:
        raise output_error(path, error) from error
    try:
        yield
    finally:
        holder.release()


def is_being_written(path: Path) -> bool:
    """Return whether a process holds a journal; nothing is made where there is none."""
    lock = path.with_name(f"{path.name}.lock")
    if not path.is_file() or not lock.is_file():
        return False
    holder = FileLock(lock)
    try:
        holder.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    holder.release()
    return False


def this_writer() -> str:
    """Return how this process is named to others that want to write."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _writer(path: Path) -> str:
    query = "SELECT value FROM meta WHERE name = 'writer'"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect_to_read(path)) as db:
        row = db.execute(query).fetchone()
        if row:
            return str(row[0])
    return "another process"


@contextlib.contextmanager
def sqlite_errors(path: Path | None, doing: str) -> Iterator[None]:
    """Turn what SQLite says into an error that says what to do.

    Args:
        path: the file, None for one in memory.
        doing: what is being done with it, such as `write`.

    Raises:
        OutputError: the system does not let us, such as when the disk is full.
        InputError: the file is damaged, or no database.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _explained(path, doing, error) from OSError(str(error))


def _explained(path: Path | None, doing: str, error: sqlite3.Error) -> TryOnError:
    if isinstance(error, sqlite3.OperationalError):
        return OutputError(
            f"cannot {doing} the journal {str(path)!r}: {error}.",
            remedy="Free some space or repair the file system, then resume.",
        )
    return InputError(
        f"{str(path)!r} is no journal of tryon, or is damaged: {error}.",
        remedy="Name the journal; a damaged one must be replaced by a copy from before.",
    )
