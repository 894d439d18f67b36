"""The columns of a manifest and its problems: one table says what each column is and fills.

To add a column, add a line to `_TABLE`, and describe it in `docs/reference/manifest.md`.
"""

import base64
import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, get_args
from urllib.parse import unquote_to_bytes

import attrs

from tryon_batch.ids import row_id_problem
from tryon_core import BytesSource, ImageSource, PathSource, as_source
from tryon_core.engine import CATEGORIES, Keepable, as_library_model, one_line
from tryon_core.errors import InputError

MAX_LINES = 100
"""A report shows this many different problems; `ManifestProblems.problems` has all of them."""
_SHOWN_ROWS = 3


@attrs.frozen
class RowProblem:
    """One thing that keeps a manifest from being run.

    Attributes:
        row: as a spreadsheet counts, or the line of a JSONL file; None when it is not of one row.
        column: the column concerned, empty when it is not of one. Without a row it may be a file.
        message: the culprit and the offending value, as a sentence.
        remedy: what to do, as a sentence; empty when the message says it.
    """

    row: int | None
    column: str
    message: str = attrs.field(kw_only=True)
    remedy: str = attrs.field(default="", kw_only=True)


class ManifestProblems(InputError):
    """A manifest cannot be run as it is; nothing was sent.

    The message has a line for each different problem, with the rows that have it.

    Attributes:
        problems: all of them, in the order of their rows; first those of no row.
    """

    def __init__(self, problems: Sequence[RowProblem], *, source: str, **answers: Any) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.row or 0))
        lines = list(report_lines(self.problems))
        shown, more = lines[:MAX_LINES], len(lines) - MAX_LINES
        count = "1 problem" if len(lines) == 1 else f"{len(lines):,} problems"
        rest = [f"and {more:,} more problems."] if more > 0 else []
        report = [f"{count} in {source}; nothing was sent.", *shown, *rest]
        super().__init__(report[0], **answers)
        self.reword("\n".join(map(one_line, report)))


def report_lines(problems: Iterable[RowProblem]) -> Iterator[str]:
    """Yield a line for each different problem, in the order of the first row that has it."""
    rows_by_text: dict[tuple[str, str], list[int]] = {}
    for problem in problems:
        text = f"{problem.message} {problem.remedy}".strip()
        rows = rows_by_text.setdefault((problem.column, text), [])
        if problem.row is not None and problem.row not in rows[-1:]:
            rows.append(problem.row)
    for (column, text), rows in sorted(rows_by_text.items(), key=lambda pair: min(pair[1] or [0])):
        place = ", ".join(filter(None, (named_rows(rows), column)))
        yield f"{place}: {text}" if place else text


def named_rows(rows: Sequence[int]) -> str:
    """Return `row 2`, `rows 2, 3 and 5`, or `rows 2, 3, 5 and 117 more`; empty for no row."""
    if len(rows) <= 1:
        return "".join(f"row {row}" for row in rows)
    ordered = [f"{row}" for row in sorted(rows)]
    if len(ordered) > _SHOWN_ROWS + 1:
        ordered[_SHOWN_ROWS:] = [f"{len(ordered) - _SHOWN_ROWS:,} more"]
    return f"rows {', '.join(ordered[:-1])} and {ordered[-1]}"


# A name that is this similar to a missing column is taken for a misspelt one.
_SIMILAR = 0.8
_LIKE_OPTION = re.compile(r"options?(\W|_|\Z)", re.IGNORECASE)
_DATA = "data:"

OPTION = "option."
"""The columns of options begin with this."""
OPTIONS = "options"
"""The member of a JSONL line that holds options by name."""


class UnreadableCell(ValueError):
    """A cell does not hold what its column needs.

    Attributes:
        message: what is wrong, as a sentence.
        remedy: what to do, as a sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


class ImageCells:
    """Reads cells that name images. Rows that name the same image share one object.

    Args:
        folder: what paths are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images: dict[str, ImageSource] = {}

    def read(self, text: str) -> ImageSource:
        """Return the image of a path relative to the folder, of a URL, or of a data URL.

        Raises:
            UnreadableCell: the data URL cannot be decoded.
        """
        if text not in self._images:
            self._images[text] = self._source(text)
        return self._images[text]

    def _source(self, text: str) -> ImageSource:
        if text.startswith(_DATA):
            try:
                return BytesSource(_decode_data(text))
            except ValueError as error:
                raise UnreadableCell(
                    f"the data address cannot be read: {error}.",
                    "Write data:image/jpeg;base64,… or name a file.",
                ) from error
        source = as_source(text)
        return PathSource(self._folder / source.path) if isinstance(source, PathSource) else source


def _decode_data(address: str) -> bytes:
    kind, comma, body = address.removeprefix(_DATA).partition(",")
    if not comma:
        raise ValueError("it has no comma")
    data = unquote_to_bytes(body)
    # The text may have been broken into lines.
    is_base64 = kind.lower().endswith(";base64")
    return base64.b64decode(b"".join(data.split()), validate=True) if is_base64 else data


_Read: TypeAlias = Callable[[Any, ImageCells], Any]


def _text(value: Any, images: ImageCells) -> str:
    del images
    if not isinstance(value, str):
        raise UnreadableCell(f"it is {kind_of(value)}, not text.", "Give text.")
    return value


def _id(value: Any, images: ImageCells) -> str:
    text = unicodedata.normalize("NFC", str(value) if type(value) is int else _text(value, images))
    problem = row_id_problem(text)
    if problem is not None:
        raise UnreadableCell(f"{text[:100]!r} {problem}.", "Give the row another id.")
    return text


_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _flag(value: Any, images: ImageCells) -> bool:
    del images
    found = _FLAGS.get(str(value).strip().casefold())
    if found is None:
        raise UnreadableCell(f"{str(value)[:50]!r} is neither yes nor no.", "Write yes or no.")
    return found


def _image(value: Any, images: ImageCells) -> ImageSource:
    return images.read(_text(value, images))


def _keepable(value: Any, images: ImageCells) -> Any:
    text = _text(value, images).lower()
    if text not in get_args(Keepable):
        remedy = f"Write {' or '.join(get_args(Keepable))}."
        raise UnreadableCell(f"{text[:100]!r} cannot be kept.", remedy)
    return text


def _library_model(value: Any, images: ImageCells) -> Any:
    del images
    try:
        return as_library_model(value)
    except InputError as error:
        remedy = "Write it as gender=female,age=youngadult."
        raise UnreadableCell(error.message, remedy) from error


@attrs.frozen
class Column:
    """One column that every manifest may have.

    Attributes:
        name: what the header calls it.
        read: returns what a cell means; raises `UnreadableCell`.
        field: the field of `TryOnRequest` that it fills, empty when it fills none. The lists of a
            run repeat the cells of columns that fill one.
    """

    name: str
    read: _Read
    field: str = ""


KEEP = "keep"
"""The field of a request that says what is kept."""
_TABLE = (
    Column("id", _id),
    Column("person", _image, field="person"),
    Column("person_model", _library_model, field="person"),
    *(Column(category, _image, field=category) for category in CATEGORIES),
    Column("keep", _keepable, field=KEEP),
    Column("parser", _text),
    Column("provider", _text),
    Column("chain", _flag),
)
COLUMNS: Mapping[str, Column] = {column.name: column for column in _TABLE}
"""The columns of every manifest by name, besides those of options."""
LISTED: tuple[str, ...] = tuple(column.name for column in _TABLE if column.field)
"""The columns that the lists of a run repeat."""


@attrs.frozen
class FileRow:
    """A row as it is in the file.

    Attributes:
        number: of the row.
        values: what is not empty, by column.
        own: likewise, for columns of the caller's own, which only the lists repeat.
    """

    number: int
    values: Mapping[str, Any]
    own: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class FileRows:
    """What a file holds.

    Attributes:
        rows: in their order.
        problems: what is wrong with them.
        delimiter: between the cells of a table.
    """

    rows: tuple[FileRow, ...]
    problems: tuple[RowProblem, ...]
    delimiter: str = attrs.field(default=",", kw_only=True)


def column_of(name: str) -> str:
    """Return the column of a name; capitals and the blanks around it make no difference."""
    text = name.strip()
    small = text.casefold()
    if small.startswith(OPTION):
        return OPTION + text[len(OPTION) :]
    return small if small in COLUMNS or small == OPTIONS else text


def is_column(name: str) -> bool:
    """Return whether a table may have such a column."""
    return name in COLUMNS or (name.startswith(OPTION) and name.removeprefix(OPTION).isidentifier())


def misspelt(number: int, names: Iterable[str], present: Collection[str]) -> Iterator[RowProblem]:
    """Yield the problems of unknown names that look like a column that is missing.

    Args:
        number: of the row in which they are.
        names: those that are no columns.
        present: the columns that are there.
    """
    missing = [name for name in COLUMNS if name not in present]
    for name in names:
        similar = difflib.get_close_matches(name.casefold(), missing, n=1, cutoff=_SIMILAR)
        if similar or _LIKE_OPTION.match(name):
            yield unknown_column(number, name, similar)


def unknown_column(number: int, name: str, similar: Collection[str] = ()) -> RowProblem:
    """Return the problem of a column that does not exist."""
    hint = "".join(f" Did you mean {column!r}?" for column in similar)
    return RowProblem(
        number,
        "",
        message=f"unknown column {name[:50]!r}.{hint}",
        remedy=f"Columns are {', '.join(COLUMNS)}, and {OPTION}NAME for each option. Rename a "
        "column of your own that looks like one of them.",
    )


def listed(value: Any) -> Any:
    """Return a cell as lists repeat it: of an image in the cell only its kind and its length."""
    if not isinstance(value, str) or not value.startswith(_DATA):
        return value
    return f"{value.partition(',')[0]},… ({len(value):,} characters)"


def kind_of(value: Any) -> str:
    """Return what a JSON value is, for messages."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "null" if value is None else "a list" if isinstance(value, list) else "an object"
