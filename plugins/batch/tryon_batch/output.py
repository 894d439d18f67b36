"""The folder of a run: images under stable names, and the two lists of its items."""

import csv
import hashlib
import io
import itertools
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from tryon_batch.ids import file_name, is_first_step
from tryon_batch.items import Cost, Entry, ParsingCost, SavedFile, State
from tryon_batch.manifest.columns import LISTED
from tryon_core import TryOnResult
from tryon_core.engine import (
    DELIVERED_FORMATS,
    UNCHECKED,
    guard_cell,
    image_name,
    json_text,
    make_folder,
    one_line,
    remove,
    remove_parts,
    suffix_for,
    takes_letters,
    write_atomically,
)
from tryon_core.errors import InputError, OutputError

_SUFFIXES = tuple(suffix_for(name) for name in DELIVERED_FORMATS)


FIRST_STEPS = "first-steps"
"""Folder of the images of first steps, in that of the run."""


class OutputFolder:
    """Where a run saves its images.

    The first image of an item is `<name>.<suffix>`, further ones `<name>+2.<suffix>` and so on;
    the name is what `file_name` makes of the id, and no other item's can be the same. The bytes are
    those of the vendor. Images of the first steps of outfits lie in a folder of their own in it.

    Args:
        path: the folder, which is made when it is missing.

    Raises:
        OutputError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path)
        self._is_ascii = not takes_letters(path)

    def save(
        self, item_id: str, result: TryOnResult, *, replaced: Iterable[SavedFile] = ()
    ) -> tuple[SavedFile, ...]:
        """Write all images of an item.

        Args:
            item_id: the item.
            result: its images.
            replaced: its earlier files. They go when all new ones are there, and stay where
                they were changed since.

        Raises:
            OutputError: one cannot be written, or another file has its name.
        """
        old = {file.path: file for file in replaced if self.has(file)}
        numbered = zip(result.numbers, result.images, strict=True)
        images = ((number, image.data, image.suffix) for number, image in numbered)
        saved = self._write_all(item_id, images, replaceable=frozenset(old))
        for path in old.keys() - {file.path for file in saved}:
            remove(self.path / path)
        return saved

    def copy(self, item_id: str, files: Iterable[Path]) -> tuple[SavedFile, ...]:
        """Write the images of equal work under this item's name.

        Raises:
            InputError: one cannot be read.
            OutputError: one cannot be written.
        """
        found = ((number, _read(path), _suffix_of(path)) for number, path in enumerate(files, 1))
        return self._write_all(item_id, found)

    def _write_all(
        self,
        item_id: str,
        images: Iterable[tuple[int, bytes, str]],
        *,
        replaceable: Collection[str] = (),
    ) -> tuple[SavedFile, ...]:
        stem = self._name(item_id)
        if is_first_step(item_id):
            make_folder(self.path / FIRST_STEPS)
        saved = []
        for number, data, suffix in images:
            name = image_name(stem, number, suffix)
            saved.append(self._write(name, data, overwrite=name in replaceable))
        return tuple(saved)

    def _write(self, name: str, data: bytes, *, overwrite: bool) -> SavedFile:
        saved = SavedFile(path=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        if self.has(saved):
            return saved
        try:
            write_atomically(self.path / name, data, overwrite=overwrite)
        except OutputError as error:
            if (self.path / name).exists():
                error.remedy = "Move it away, then resume the run."
            raise
        return saved

    def remove_parts(self) -> None:
        """Remove what processes left that were killed while they wrote an image."""
        for folder in (self.path, self.path / FIRST_STEPS):
            remove_parts(folder)

    def size_of(self, file: SavedFile) -> int | None:
        """Return how large a file is now in bytes, None when it is not there."""
        try:
            return (self.path / file.path).stat().st_size
        except OSError:
            return None

    def has(self, file: SavedFile) -> bool:
        """Return whether a file is there and holds what it should.

        A process may have ended between writing it and saying so.
        """
        return holds(self.path / file.path, file.sha256)

    def is_taken(self, item_id: str, *, own: Iterable[SavedFile] = ()) -> bool:
        """Return whether there is a file where an image of the item would be written.

        Args:
            item_id: the item.
            own: its earlier files, which count only where they were changed since.
        """
        name = self._name(item_id)
        replaceable = {file.path for file in own if self.has(file)}
        names = {image_name(name, 1, suffix) for suffix in _SUFFIXES} - replaceable
        # Asked before each paid request: a `Path` for each name would take longer than the look.
        return any(os.path.exists(f"{self.path}{os.sep}{one}") for one in names)  # noqa: PTH110

    def _name(self, item_id: str) -> str:
        name = file_name(item_id, is_ascii=self._is_ascii)
        return f"{FIRST_STEPS}/{name}" if is_first_step(item_id) else name


def holds(path: Path, sha256: str) -> bool:
    """Return whether a file is there and has that checksum, in hex digits."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


def _suffix_of(path: Path) -> str:
    return Path(path.stem).suffix + UNCHECKED if path.suffix == UNCHECKED else path.suffix


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}.") from error


TABLE, LINES = "manifest.out.csv", "results.jsonl"
DELIMITER = "delimiter"
"""Name under which the journal keeps what is between the cells of the table."""
Record: TypeAlias = dict[str, Any]


def record_of(entry: Entry, first: Entry | None = None) -> Record:
    """Return an item as plain values; this is a line of `results.jsonl`.

    Args:
        entry: the item.
        first: its first step.
    """
    job = entry.job
    return {
        "id": entry.id,
        "row": entry.row,
        "provider": entry.provider,
        "model": entry.model or None,
        "state": entry.state,
        **{name: entry.given.get(name) for name in LISTED},
        "files": [
            _file(file, expires_at)
            for file, expires_at in itertools.zip_longest(entry.files, _expiries(entry))
            if file is not None
        ],
        "notices": [attrs.asdict(notice) for notice in entry.notices],
        "verdict": entry.verdict or None,
        "problems": None
        if entry.problems is None
        else [attrs.asdict(problem) for problem in entry.problems],
        "job": None if job is None else one_line(job.id),
        "request_id": (job and job.request_id) or (entry.error or {}).get("request_id"),
        "fingerprint": entry.fingerprint,
        "attempts": entry.attempts,
        "cost": None if entry.cost is None else cost_record(entry.cost),
        "parsings": [parsing_record(one) for one in entry.parsings],
        "expires_at": _text(None if job is None else job.expires_at),
        "times": {state: at.isoformat() for state, at in entry.times.items()},
        "job_s": _seconds(entry, "accepted", "finished"),
        "fetch_s": _seconds(entry, "finished", "saved"),
        "error": None if entry.error is None else dict(entry.error),
        "columns": dict(entry.own),
        "earlier": [record_of(one) for one in entry.earlier],
        "first_step": None if first is None else record_of(first),
    }


def cost_record(cost: Cost) -> Record:
    """Return a cost as plain values; numbers are text, so that no digit is lost."""
    amount = None if cost.amount is None else str(cost.amount)
    return {**attrs.asdict(cost), "amount": amount, "units": str(cost.units)}


def parsing_record(cost: ParsingCost) -> Record:
    """Return the cost of a parsing as plain values; numbers are text."""
    return {**attrs.asdict(cost), "amount": None if cost.amount is None else str(cost.amount)}


def check_lists(folder: Path) -> None:
    """Make sure, before anything is sent, that the lists will replace no other files.

    Raises:
        OutputError: a file has the name of a list and is none.
    """
    for name, is_ours in _SIGNS.items():
        path = folder / name
        if path.exists() and not is_ours(_first_line(path)):
            raise OutputError(
                f"{str(path)!r} exists already, and tryon did not write it.",
                remedy="Move it away, or choose another output folder.",
            )


def write_lists(
    folder: Path, entries: Iterable[Entry], *, delimiter: str = ","
) -> tuple[Path, Path]:
    """Write both lists, each whole or not at all, over those of an earlier time.

    The table is UTF-8 with a byte order mark, without which Excel takes it for another encoding.

    Args:
        folder: where the images are.
        entries: all items, in the order of the manifest.
        delimiter: between the cells of the table. With `;` numbers have a decimal comma: so do
            they in the countries whose spreadsheets write it.

    Returns:
        The table and the JSON lines.

    Raises:
        OutputError: one cannot be written, or would replace a file that is no list.
    """
    check_lists(folder)
    table, lines = io.StringIO(newline=""), io.StringIO()
    records = _records(entries)
    own = list(dict.fromkeys(name for record in records for name in record["columns"]))
    writer = csv.writer(table, delimiter=delimiter, lineterminator="\n")
    heads = [f"manifest.{name}" if name in _TABLE_CELLS else name for name in own]
    writer.writerow([*_TABLE_CELLS, *map(guard_cell, heads)])
    for record in records:
        cells = {name: take(record) for name, take in _TABLE_CELLS.items()}
        if delimiter == ";":
            cells |= {name: _with_comma(cells[name]) for name in _NUMBERS}
        values = [*cells.values(), *(record["columns"].get(name) for name in own)]
        writer.writerow([_cell(value) for value in values])
        lines.write(json_text(record) + "\n")
    return (
        write_atomically(folder / TABLE, table.getvalue().encode("utf-8-sig"), overwrite=True),
        write_atomically(folder / LINES, lines.getvalue().encode(), overwrite=True),
    )


def _records(entries: Iterable[Entry]) -> list[Record]:
    """Return the rows, each with its first step, which has no line of its own."""
    found = list(entries)
    firsts = {entry.id: entry for entry in found if is_first_step(entry.id)}
    used = {entry.after for entry in found}
    records = []
    for entry in found:
        if is_first_step(entry.id):
            # Of several runs with a row of that id, it is the one of this run.
            firsts[entry.id] = entry
        if entry.id not in used:
            records.append(record_of(entry, firsts.get(entry.after or "")))
    return records


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        value = json_text(value)
    return guard_cell(value) if isinstance(value, str) else value


def _with_comma(value: Any) -> str | None:
    return None if value is None else str(value).replace(".", ",")


def _file(file: SavedFile, expires_at: datetime | None) -> Record:
    return {**attrs.asdict(file), "expires_at": _text(expires_at)}


def _expiries(entry: Entry) -> list[datetime | None]:
    """Return when the vendor deletes its own copies; images of equal work have none."""
    result = None if entry.job is None else entry.job.result
    return [] if result is None else [image.expires_at for image in result.images]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _seconds(entry: Entry, begin: State, end: State) -> float | None:
    times = entry.times
    if begin not in times or end not in times:
        return None
    return round((times[end] - times[begin]).total_seconds(), 3)


def _plain(name: str) -> Callable[[Record], Any]:
    return lambda record: record[name]


def _each(name: str) -> Callable[[Record], str]:
    return lambda record: ";".join(str(file[name]) for file in record["files"])


def _within(part: str, name: str) -> Callable[[Record], Any]:
    return lambda record: (record[part] or {}).get(name)


def _parsings(record: Record) -> tuple[str | None, str | None]:
    """Return what all parsings of an item cost in their currency; nothing when that is unknown."""
    amounts = [one["amount"] for one in record["parsings"]]
    currencies = {one["currency"] for one in record["parsings"]}
    if not amounts or None in amounts or len(currencies) > 1:
        return None, None
    return str(sum(map(Decimal, amounts))), currencies.pop()


# A semicolon can separate file names: they are made of ids, and hold none.
_TABLE_CELLS: Mapping[str, Callable[[Record], Any]] = {
    "id": _plain("id"),
    "row": _plain("row"),
    "provider": _plain("provider"),
    "model": _plain("model"),
    "state": _plain("state"),
    **{name: _plain(name) for name in LISTED},
    "files": _each("path"),
    "notices": lambda record: "\n".join(notice["message"] for notice in record["notices"]),
    "verdict": _plain("verdict"),
    "problems": lambda record: "\n".join(one["message"] for one in record["problems"] or ()),
    "sha256": _each("sha256"),
    "amount": _within("cost", "amount"),
    "currency": _within("cost", "currency"),
    "units": _within("cost", "units"),
    "basis": _within("cost", "basis"),
    "parsing_amount": lambda record: _parsings(record)[0],
    "parsing_currency": lambda record: _parsings(record)[1],
    "job": _plain("job"),
    "request_id": _plain("request_id"),
    "attempts": _plain("attempts"),
    "sent_at": _within("times", "intent"),
    "saved_at": _within("times", "saved"),
    "job_s": _plain("job_s"),
    "fetch_s": _plain("fetch_s"),
    "expires_at": _plain("expires_at"),
    "error": _within("error", "message"),
    "remedy": _within("error", "remedy"),
    "billed": _within("error", "billed"),
    "first_step": _within("first_step", "state"),
    "first_step_files": lambda record: _each("path")(record["first_step"] or {"files": ()}),
    "first_step_amount": lambda record: _within("cost", "amount")(
        record["first_step"] or {"cost": None}
    ),
}


_NUMBERS = ("amount", "units", "parsing_amount", "job_s", "fetch_s", "first_step_amount")
_SIGN = ("id", "row", "provider", "model", "state")
"""How our tables have begun in every version."""


def _is_table(first_line: str) -> bool:
    names = first_line.removeprefix("\ufeff")
    return any(names.startswith(f"{mark.join(_SIGN)}{mark}") for mark in (",", ";", "\t"))


def _is_lines(first_line: str) -> bool:
    try:
        found = json.loads(first_line or "{}")
    except ValueError:
        return False
    return not first_line or (isinstance(found, dict) and {"id", "state", "times"} <= set(found))


_SIGNS: Mapping[str, Callable[[str], bool]] = {TABLE: _is_table, LINES: _is_lines}


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\r\n")
    except OSError as error:
        raise OutputError(f"cannot read {str(path)!r}: {error.strerror}.") from error
