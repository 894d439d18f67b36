"""Records of a CSV file, as spreadsheets write it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tryon_batch.columns import Record, Records, column_of, is_column, slips
from tryon_batch.row_problems import RowProblem

_DELIMITERS = (",", ";", "\t")
# What Excel reads as the delimiter of the file, and shows as no row.
_DECLARED = re.compile(r'\A"?sep=(.)"?(?:\r\n|\r|\n|\Z)')


def read_csv(text: str) -> Records:
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
    records: list[Record] = []
    for number, cells in rows:
        problems += _surplus(number, cells, header)
        pairs = [(place, cell) for place, cell in enumerate(cells[: len(header)]) if cell]
        records.append(
            Record(
                number,
                {header[place]: cell for place, cell in pairs if is_column(header[place])},
                {own[place]: cell for place, cell in pairs if place in own},
            )
        )
    problems.sort(key=lambda problem: problem.row or 0)
    return Records(tuple(records), tuple(problems), delimiter=delimiter)


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
    """Return the delimiter by which the header has most columns that we know, or else most."""

    def found(delimiter: str) -> tuple[int, int]:
        _, header = next(_rows(text, delimiter, []), (1, []))
        return sum(is_column(column_of(name)) for name in header), len(header)

    return max(_DELIMITERS, key=found)


def _header_problems(number: int, header: Sequence[str]) -> Iterator[RowProblem]:
    counts = Counter(filter(None, header))
    yield from slips(number, [name for name in counts if not is_column(name)], counts)
    for column, count in counts.items():
        if is_column(column) and count > 1:
            yield RowProblem(
                number,
                column,
                message=f"there are {count} columns of this name.",
                remedy="Keep one; an option with several values needs JSONL.",
            )


def _surplus(number: int, cells: Sequence[str], header: Sequence[str]) -> Iterator[RowProblem]:
    """Find cells without a column; empty ones are how some programs end a row."""
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
