"""Manifests from files (CSV and JSON lines) and from two folders, read whole, with all problems."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from tryon_batch.costs import counted
from tryon_batch.manifest.columns import (
    OPTION,
    OPTIONS,
    FileRow,
    FileRows,
    RowProblem,
    column_of,
    is_column,
    kind_of,
    misspelt,
    unknown_column,
)
from tryon_batch.manifest.rows import Manifest, Row, RowReader, with_ids
from tryon_core import Category, PathSource
from tryon_core.engine import SUFFIXES, Keepable

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotText(Exception):
    """The bytes are not text in an encoding that is read.

    Attributes:
        line: line of the first wrong byte, counted from 1.
        reason: what is wrong, as a sentence.
    """

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


def decode_text(data: bytes) -> str:
    """Return the text of UTF-8, with a byte order mark or without, or of UTF-16.

    Raises:
        NotText: it is neither.
    """
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise NotText(1, "the file begins like UTF-16 and is not.") from None
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02X}"
        raise NotText(line, f"the file is not UTF-8: the byte {byte} fits nowhere.") from None


def _encoding(data: bytes) -> str:
    if data.startswith(_UTF_16):
        return "utf-16"
    # A manifest begins with a letter, a quote or a brace; a zero byte next to it means UTF-16.
    if data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-8-sig"


_DELIMITERS = (",", ";", "\t")
# Excel takes this line as the delimiter of the file, and does not show it as a row.
_DECLARED = re.compile(r'\A"?sep=(.)"?(?:\r\n|\r|\n|\Z)')


def read_csv(text: str) -> FileRows:
    """Return the rows below the header, and what is wrong with them."""
    declared = _DECLARED.match(text)
    if declared is not None:
        delimiter, text = declared[1], text[declared.end() :]
    else:
        delimiter = _delimiter(text)
    problems: list[RowProblem] = []
    rows = _rows(text, delimiter, problems)
    number, names = next(rows, (1, []))
    header = [column_of(name) for name in names]
    problems += _header_problems(number, header)
    own = _own_names(header)
    found: list[FileRow] = []
    for number, cells in rows:
        problems += _surplus(number, cells, header)
        pairs = [(place, cell) for place, cell in enumerate(cells[: len(header)]) if cell]
        found.append(
            FileRow(
                number,
                {header[place]: cell for place, cell in pairs if is_column(header[place])},
                {own[place]: cell for place, cell in pairs if place in own},
            )
        )
    problems.sort(key=lambda problem: problem.row or 0)
    return FileRows(tuple(found), tuple(problems), delimiter=delimiter)


def _own_names(header: Sequence[str]) -> Mapping[int, str]:
    """Return the names of the caller's own columns by their places; each is there once."""
    names: dict[int, str] = {}
    for place, column in enumerate(header):
        if column and not is_column(column):
            name, count = column, 1
            while name in names.values():
                count += 1
                name = f"{column} {count}"
            names[place] = name
    return names


def _rows(text: str, delimiter: str, problems: list[RowProblem]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, counted as a spreadsheet does."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield number, stripped
    except csv.Error as error:
        problems.append(
            RowProblem(
                number + 1,
                "",
                message=f"the row cannot be read ({error}), and so none of those below it.",
                remedy='Close every quote, and double those within a quoted cell (""). '
                f"A cell holds at most {csv.field_size_limit():,} characters.",
            )
        )


def _delimiter(text: str) -> str:
    """Return the delimiter that gives the header the most known columns, or else the most."""

    def found(delimiter: str) -> tuple[int, int]:
        _, header = next(_rows(text, delimiter, []), (1, []))
        return sum(is_column(column_of(name)) for name in header), len(header)

    return max(_DELIMITERS, key=found)


def _header_problems(number: int, header: Sequence[str]) -> Iterator[RowProblem]:
    counts = Counter(filter(None, header))
    yield from misspelt(number, [name for name in counts if not is_column(name)], counts)
    for column, count in counts.items():
        if is_column(column) and count > 1:
            yield RowProblem(
                number,
                column,
                message=f"there are {count} columns of this name.",
                remedy="Keep one; an option with several values needs JSONL.",
            )


def _surplus(number: int, cells: Sequence[str], header: Sequence[str]) -> Iterator[RowProblem]:
    """Find cells without a column. Empty ones do no harm: some programs end rows with them."""
    named = len(header)
    for place, cell in enumerate(cells):
        if cell and (place >= named or not header[place]):
            yield RowProblem(
                number,
                "",
                message=f"the cell {cell[:50]!r} is below no column: the header names {named}.",
                remedy="Put quotes around cells that contain the delimiter.",
            )
            return


_MOST_LEVELS = 20


def read_jsonl(text: str) -> FileRows:
    """Return the rows, and what is wrong with them."""
    found: list[FileRow] = []
    problems: list[RowProblem] = []
    # JSON texts may hold the other characters that `splitlines` takes for ends of lines.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            members = _named(_members(line))
        except (ValueError, RecursionError) as error:
            problems.append(_not_an_object(number, error))
            continue
        own = {name: value for name, value in members.items() if not _is_member(name)}
        problems += misspelt(number, own, members)
        kept = {name: value for name, value in own.items() if value not in (None, "")}
        found.append(FileRow(number, _given(number, members, problems), kept))
    return FileRows(tuple(found), tuple(problems))


def _members(line: str) -> dict[str, Any]:
    found = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant)
    if not isinstance(found, dict):
        raise ValueError(f"it is {kind_of(found)}")  # noqa: TRY004  (as json says it)
    if _is_deep(found):
        raise ValueError("it is nested too deeply")
    if "\\ud" in line.lower():
        # Half a pair of surrogates is no character: it could not even be printed.
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _named(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members by the names of their columns."""
    return _unique([(column_of(name), value) for name, value in members.items()])


def _is_deep(value: Any, levels: int = _MOST_LEVELS) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and (
        levels == 0 or any(_is_deep(inner, levels - 1) for inner in value)
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:50]!r} is given twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _not_an_object(number: int, error: Exception) -> RowProblem:
    why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return RowProblem(
        number,
        "",
        message=f"the line is not a JSON object: {why}.",
        remedy='Write one object a line, such as {"person": "a.jpg", "top": "b.jpg"}.',
    )


def _is_member(name: str) -> bool:
    return name == OPTIONS or is_column(name)


def _given(number: int, members: dict[str, Any], problems: list[RowProblem]) -> dict[str, Any]:
    """Return the members that hold something, options under the names of their columns."""
    values = {name: value for name, value in members.items() if is_column(name)}
    options = members.get(OPTIONS)
    for name, value in _options(options):
        if not is_column(name):
            problems.append(unknown_column(number, name))
            continue
        if name in values:
            message = f"it is given inside of {OPTIONS} and outside of it."
            problems.append(RowProblem(number, name, message=message, remedy="Keep one."))
        values[name] = value
    if options is not None and not isinstance(options, dict):
        message = f"it is {kind_of(options)}, not an object."
        remedy = 'Give the options by name, such as {"seed": 7}.'
        problems.append(RowProblem(number, OPTIONS, message=message, remedy=remedy))
    return {name: value for name, value in values.items() if value not in (None, "")}


def _options(options: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(options, dict):
        for name, value in options.items():
            yield f"{OPTION}{name}", value


_Reader: TypeAlias = Callable[[str], FileRows]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}
)

_SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
# The first bytes of such files, whatever their names are.
_SHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_AS_CSV = "Save it as CSV in UTF-8: in Excel as `CSV UTF-8`, in LibreOffice by the character set."


def read_manifest(
    path: Path,
    *,
    provider: str | None,
    options: Mapping[str, str | list[str]],
    chain: bool = False,
    keep: Keepable | None = None,
    parser: str | None = None,
) -> Manifest:
    """Read a manifest; nothing that it names is looked at.

    Args:
        path: the file; its suffix says what it is: .csv (or .tsv), .jsonl (or .ndjson).
        provider: id of the provider for rows that name none.
        options: options for all rows of that provider; those of a row win over them.
        chain: for rows that do not say: whether two requests, each of which costs, put on a top
            and a bottom where the vendor takes one garment at a time.
        keep: what the persons of rows that name nothing go on wearing, unless it is replaced.
        parser: id of the provider that finds it for rows that name none.

    Returns:
        What could be read, with all problems, those of the file itself among them.
    """
    table = _read(path)
    reader = RowReader(folder=path.parent, provider=provider, chain=chain)
    rows = [reader.read(row) for row in table.rows]
    problems = [*table.problems, *reader.problems]
    if not rows and not problems:
        problems.append(_empty())
    return Manifest(
        with_ids(rows, problems, folders=[path.parent]),
        tuple(problems),
        source=f"the manifest {str(path)!r}",
        folder=path.parent,
        provider=provider,
        options=options,
        keep=keep,
        parser=parser,
        delimiter=table.delimiter,
    )


def _read(path: Path) -> FileRows:
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if suffix in _SHEETS:
        return _unread(f"{path.name!r} is a file of a spreadsheet program.", _AS_CSV)
    if reader is None:
        message = f"its kind is not known by its name {path.name!r}."
        return _unread(message, f"End it in {', '.join(_READERS)}.")
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _unread(f"the file cannot be read: {why}.", "Check its path.")
    if data.startswith(_SHEET_STARTS):
        message = (
            f"{path.name!r} is a file of a spreadsheet program, although its name says otherwise."
        )
        return _unread(message, _AS_CSV)
    try:
        return reader(decode_text(data))
    except NotText as error:
        return _unread(error.reason, _AS_CSV, line=error.line)


def _unread(message: str, remedy: str, *, line: int | None = None) -> FileRows:
    return FileRows((), (RowProblem(line, "", message=message, remedy=remedy),))


def _empty() -> RowProblem:
    message = "it has no row."
    return RowProblem(None, "", message=message, remedy="Write one below the header.")


_KNOWN = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_NUMBER = re.compile("([0-9]+)")
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
_SHOWN = 3


def pair_folders(
    persons: Path,
    garments: Path,
    *,
    category: Category,
    provider: str | None,
    options: Mapping[str, str | list[str]],
    keep: Keepable | None = None,
    parser: str | None = None,
) -> Manifest:
    """Ask for each garment on each person.

    Used are the files directly in each folder that have the suffix of an image and are not hidden,
    in natural order: `2.jpg` before `10.jpg`.

    Args:
        persons: folder of photos, of one person each.
        garments: folder of garments.
        category: what the garments are.
        provider: id of the provider.
        options: its options.
        keep: what the persons go on wearing, unless the garments replace it.
        parser: id of the provider that finds it.
    """
    problems: list[RowProblem] = []
    notes: list[str] = []
    people = _images(persons, "persons", problems, notes)
    clothes = _images(garments, "garments", problems, notes)
    if provider is None:
        message = "no provider is named."
        problems.append(RowProblem(None, "provider", message=message, remedy="Name one."))
    rows = [
        Row(
            number=None,
            id="",
            inputs={"person": person, category: garment},
            provider=provider,
            options={},
        )
        for person in people
        for garment in clothes
    ]
    return Manifest(
        with_ids(rows, problems, folders=[persons, garments]),
        tuple(problems),
        source=f"the folders {str(persons)!r} and {str(garments)!r}",
        provider=provider,
        options=options,
        keep=keep,
        parser=parser,
        notes=tuple(notes),
    )


def _images(
    folder: Path, column: str, problems: list[RowProblem], notes: list[str]
) -> list[PathSource]:
    try:
        paths = sorted(_visible(folder), key=_natural)
        found = [PathSource(path) for path in paths if _is_image(path)]
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"the folder {str(folder)!r} cannot be read: {why}."
        problems.append(RowProblem(None, column, message=message, remedy="Check its path."))
        return []
    if not found:
        message = f"the folder {str(folder)!r} holds no image."
        remedy = f"Put files that end in {', '.join(sorted(_KNOWN))} directly into it."
        problems.append(RowProblem(None, column, message=message, remedy=remedy))
    notes += _left_out(folder, [path for path in paths if not _is_image(path)])
    return found


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if not path.name.startswith(".") and path.name.casefold() not in _OF_SYSTEMS:
            yield path


def _is_image(path: Path) -> bool:
    # A broken link is reported as a problem when rows are checked; leaving it out would hide it.
    return path.suffix.lower() in _KNOWN and not path.is_dir()


def _left_out(folder: Path, paths: Sequence[Path]) -> Iterator[str]:
    """Yield sentences about files and folders that are not used."""
    folders = [f"{path.name}/" for path in paths if path.is_dir()]
    files = [path.name for path in paths if not path.is_dir()]
    for names, thing, one, several in (
        (files, "file", "is no image by its name", "are no images by their names"),
        (folders, "folder", "is not looked into", "are not looked into"),
    ):
        if names:
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            what = one if len(names) == 1 else several
            shown = ", ".join(names[:_SHOWN])
            yield f"{counted(len(names), thing)} of {str(folder)!r} {what}: {shown}{more}."


def _natural(path: Path) -> tuple[list[str | int], str]:
    parts = _NUMBER.split(path.name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], path.name
