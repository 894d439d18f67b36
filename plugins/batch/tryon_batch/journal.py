"""The journal of a run: one SQLite file that knows more than any process that may be killed."""

import contextlib
import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs

from tryon_batch.ids import FIRST_STEP
from tryon_batch.items import (
    BatchItem,
    Entry,
    Plain,
    State,
    plain_request,
    request_digest,
    shown_inputs,
)
from tryon_batch.journal_file import (
    FIXED,
    ITEM_COLUMNS,
    STATEMENTS,
    VERSION,
    changing_values_of,
    connect,
    connect_to_read,
    entry_of,
    is_journal,
    only_writer,
    selected,
    sqlite_errors,
    steps_of,
    this_writer,
    values_of,
)
from tryon_core import Clock
from tryon_core.errors import InputError

_Known: TypeAlias = tuple[str, str, int | None, str | None, str | None, str | None]
"""What is known of an item that was planned before: digest of the request, state, and what may
change although the work is the same: row, what was given, own columns, what was asked."""
Record: TypeAlias = Callable[[Sequence[Entry]], None]
"""Writes items into the journal of a run, see `Journal.record`."""
JOURNAL_NAME = "run.tryon"
"""Name of the journal in the folder of a run."""
# Work of which nothing is running, saved or in doubt may be replaced by other work.
_REPLACEABLE = ("planned", "refused", "failed")
_NAMES = ", ".join(ITEM_COLUMNS)
_CHANGING = ", ".join(f"{name} = :{name}" for name in ITEM_COLUMNS if name not in FIXED)
_UPDATE = f"UPDATE items SET {_CHANGING} WHERE id = :id"  # noqa: S608  (our own names)
# What was paid to find what an item keeps was paid, whatever it asks for later.
_SETTING_NEW = ", ".join(f"{name} = :{name}" for name in ITEM_COLUMNS if name != "parsings")
_REPLACE = (
    f"UPDATE items SET request = :request, asked = :asked, {_SETTING_NEW} "  # noqa: S608  (as above)
    "WHERE id = :id"
)
_RENEW = "UPDATE items SET row = :row, given = :given, own = :own, asked = :asked WHERE id = :id"
_INSERT = (
    f"INSERT INTO items (request, asked, {_NAMES}) "  # noqa: S608  (our own names)
    f"VALUES (:request, :asked, {', '.join(f':{name}' for name in ITEM_COLUMNS)})"
)


class JournalReader:
    """Reads a journal, also while another process writes it.

    Args:
        path: the file.

    Raises:
        InputError: it is no journal, a damaged one, or one of another version.
        OutputError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"there is no journal {str(path)!r}.")
        self._path: Path | None = path
        with contextlib.ExitStack() as opening, sqlite_errors(path, "open"):
            self._db = connect_to_read(path)
            opening.callback(self._db.close)
            if not is_journal(self._db, path):
                raise InputError(
                    f"{str(path)!r} is empty: nothing was planned in it yet.",
                    remedy="Begin the run again with its manifest.",
                )
            self._selected = selected(self._db)
            opening.pop_all()

    def __enter__(self) -> "JournalReader":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def meta(self) -> Mapping[str, str]:
        """What was noted of the run: `run`, `created_at`, `version` and what the caller gave."""
        with sqlite_errors(self._path, "read"):
            return dict(self._db.execute("SELECT name, value FROM meta"))

    @property
    def counts(self) -> Mapping[State, int]:
        """How many items are in each state, without the first steps of outfits."""
        query = "SELECT state, COUNT(*) FROM items WHERE NOT id GLOB ? GROUP BY state"
        with sqlite_errors(self._path, "read"):
            return Counter(dict(self._db.execute(query, (f"*{FIRST_STEP}",))))

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the items in the order of planning; all when no state is named."""
        places = ", ".join("?" * len(states))
        return self._found(f"state IN ({places})" if states else "TRUE", states)

    def get(self, item_id: str) -> Entry | None:
        """Return one item, None when there is none of that id."""
        return next(self._found("id = ?", (item_id,)), None)

    def under_way(self, fingerprint: str) -> Entry | None:
        """Return an item that is the same work, and may have been paid for without any image."""
        states = "'intent', 'accepted', 'finished', 'outcome_unknown'"
        return next(self._found(f"fingerprint = ? AND state IN ({states})", (fingerprint,)), None)

    def asked(self) -> Mapping[str, Plain]:
        """Return what items ask for, as `plain_request` gave it, where it could be kept; by id."""
        with sqlite_errors(self._path, "read"):
            there = {name for _, name, *_ in self._db.execute("PRAGMA table_info(items)")}
            if "asked" not in there:
                return {}
            rows = self._db.execute("SELECT id, asked FROM items WHERE asked IS NOT NULL")
            return {item_id: json.loads(text) for item_id, text in rows}

    def requests(self) -> Mapping[str, str]:
        """Return the digests of what items ask for, by id; see `request_digest`."""
        with sqlite_errors(self._path, "read"):
            return dict(self._db.execute("SELECT id, request FROM items"))

    def as_planned(self, items: Iterable[BatchItem]) -> list[Entry]:
        """Return what is there as `Journal.plan()` would leave it; nothing is written.

        Raises:
            InputError: as there.
        """
        known = self.requests()
        other = {
            item.id: item
            for item in items
            if known.get(item.id) not in {None, request_digest(item)}
        }
        changed: list[tuple[BatchItem, str]] = []
        found: list[Entry] = []
        for entry in self.entries():
            if entry.id not in other:
                found.append(entry)
            elif entry.state in _REPLACEABLE:
                before = (*entry.earlier, attrs.evolve(entry, earlier=()))
                found.append(attrs.evolve(entry, state="planned", cost=None, earlier=before))
            else:
                changed.append((other[entry.id], entry.state))
        if changed:
            raise _changed(changed)
        return found

    def _found(self, condition: str, values: Sequence[str]) -> Iterator[Entry]:
        # One query, so that an item that is being sent once more is seen either before or after.
        query = (
            f"WITH found AS (SELECT * FROM items WHERE {condition}) "  # noqa: S608  (as above)
            f"SELECT number, nth, {self._selected} FROM earlier "
            "WHERE number IN (SELECT number FROM found) "
            f"UNION ALL SELECT number, NULL, {self._selected} FROM found "
            "ORDER BY number, nth NULLS LAST"
        )
        with sqlite_errors(self._path, "read"):
            earlier: list[Entry] = []
            for _, nth, *row in self._db.execute(query, values):
                if nth is not None:
                    earlier.append(entry_of(row))
                    continue
                yield attrs.evolve(entry_of(row), earlier=tuple(earlier))
                earlier = []


class Journal(JournalReader):
    """Writes a journal; only one process may.

    What `record()` was given is on disk when it returns, whatever happens to the machine then.

    Args:
        path: the file, which is made when it is missing; None for one in memory only.
        clock: source of time.
        meta: what to note of the run when the file is new.

    Raises:
        JournalBusy: another process writes it.
        InputError: it is no journal, a damaged one, or one of another version.
        OutputError: it cannot be written.
    """

    def __init__(
        self, path: Path | None, *, clock: Clock, meta: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._users = 0
        self._is_unwanted = False
        self._planned: dict[str, BatchItem] = {}
        self._read: list[Entry] | None = None
        self._writings = 0
        with contextlib.ExitStack() as opening:
            if path is not None:
                opening.enter_context(only_writer(path))
            with sqlite_errors(path, "open"):
                self._db = connect(path)
                opening.callback(self._db.close)
                self._prepare({"created_at": clock.now().isoformat(), **(meta or {})})
            self._open = opening.pop_all()

    def __enter__(self) -> "Journal":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def close(self) -> None:
        """Close the file, and let other processes write it, once no thread needs it any more."""
        self._is_unwanted = True
        if not self._users:
            self._open.close()

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep it open, for another thread than the one that may close it."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._is_unwanted and not self._users:
                self._open.close()

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the items in the order of planning; all when no state is named.

        They are read once, until something is written: no other process writes this journal.
        """
        found, writings = self._read, self._writings
        if found is None:
            found = list(super().entries())
            # Another thread may have written meanwhile.
            self._read = found if writings == self._writings else None
        return iter([entry for entry in found if not states or entry.state in states])

    def plan(self, items: Iterable[BatchItem]) -> None:
        """Note what is to be done; items that are there already stay as they are.

        An item that asks for something else than before replaces the earlier one, unless
        that was sent and is running, saved or in doubt.

        Raises:
            InputError: such an item asks for something else now, or an id is there twice.
        """
        query = "SELECT id, request, state, row, given, own, asked FROM items"
        changed: list[tuple[BatchItem, str]] = []
        by_id: dict[str, BatchItem] = {}
        for item in items:
            if item.id in by_id:
                raise _twice(item)
            by_id[item.id] = item
        new = [item for item in by_id.values() if self._planned.get(item.id) is not item]
        if not new:
            return
        with self._writing_items():
            known: dict[str, _Known] = {found[0]: found[1:] for found in self._db.execute(query)}
            for item in new:
                state = self._plan(item, known.get(item.id))
                if state is not None:
                    changed.append((item, state))
            if changed:
                raise _changed(changed)
        self._planned |= by_id

    def note(self, notes: Mapping[str, str]) -> None:
        """Note something of the run, instead of what was noted under the same names."""
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", notes.items())

    def record(self, entries: Sequence[Entry]) -> None:
        """Write how items stand now, all or none; what they are stays as it was planned.

        Raises:
            OutputError: they cannot be written.
        """
        if not entries:
            return
        with self._writing_items():
            written = self._db.executemany(
                _UPDATE, [changing_values_of(entry) for entry in entries]
            )
            if written.rowcount != len(entries):
                raise AssertionError(f"of {len(entries)} items, some were never planned")

    def _plan(self, item: BatchItem, known: _Known | None) -> str | None:
        """Note one item; return its state instead when that forbids it."""
        if known is not None and item.digest == known[0]:
            return None
        digest = request_digest(item)
        values = _fresh(item, digest)
        if known is None:
            self._db.execute(_INSERT, values)
            return None
        before, state, *rest = known
        if before != digest and state not in _REPLACEABLE:
            return state
        if before != digest:
            self._db.execute(_REPLACE, values)
        elif rest != [values[name] for name in ("row", "given", "own", "asked")]:
            self._db.execute(_RENEW, values)
        return None

    def _prepare(self, meta: Mapping[str, str]) -> None:
        is_new = not is_journal(self._db, self._path)
        # A journal that may lie about what was paid is worth nothing: every commit is synced, on
        # macOS through the cache of the drive, too.
        for setting in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"):
            self._db.execute(f"PRAGMA {setting}")
        (health,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise sqlite3.DatabaseError(health)
        with self._writing():
            notes = {"writer": this_writer()}
            if is_new:
                for statement in STATEMENTS:
                    self._db.execute(statement)
                notes |= {"run": uuid.uuid4().hex, **meta}
            else:
                for statement in steps_of(self._db):
                    self._db.execute(statement)
            notes["version"] = str(VERSION)
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", notes.items())
        self._selected = selected(self._db)

    @contextlib.contextmanager
    def _writing_items(self) -> Iterator[None]:
        with self._writing():
            self._forget_entries()
            yield
        self._forget_entries()

    def _forget_entries(self) -> None:
        self._writings += 1
        self._read = None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with sqlite_errors(self._path, "write"):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has taken it back by itself when the disk is full.
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise


def _fresh(item: BatchItem, digest: str) -> dict[str, object]:
    model = getattr(item.request.options, "model", None)
    entry = Entry(
        id=item.id,
        provider=item.provider,
        model=str(model or ""),
        row=item.row,
        given=item.given or shown_inputs(item.request),
        own=item.own,
        after=item.after,
    )
    asked = plain_request(item.request)
    by = {"parser": item.parser} if item.parser else {}
    kept = None if asked is None else json.dumps({**asked, **by})
    return {"request": digest, "asked": kept, **values_of(entry)}


def _changed(changed: Sequence[tuple[BatchItem, str]]) -> InputError:
    item, state = changed[0]
    more = f" The same holds for {len(changed) - 1:,} more." if len(changed) > 1 else ""
    return InputError(
        f"{_place(item)}{item.id!r} asks for something else than before, and is already {state}."
        f"{more}",
        remedy="Give the new work another id, or use another output folder.",
    )


def _twice(item: BatchItem) -> InputError:
    return InputError(
        f"{_place(item)}the id {item.id!r} is there twice.", remedy="Give each item its own id."
    )


def _place(item: BatchItem) -> str:
    return f"row {item.row}: " if item.row else ""
