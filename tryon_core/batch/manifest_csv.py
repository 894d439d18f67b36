"""Records of a CSV file, as spreadsheets write it."""

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tryon_core.batch.columns import COLUMNS, OPTION, Record, is_column
from tryon_core.batch.row_problems import RowProblem

_DELIMITERS = (",", ";", "\t")
# What Excel reads as the delimiter of the file, and shows as no row.
_DECLARED = re.compile(r'\A"?sep=(.)"?(?:\r\n|\r|\n|\Z)')


def read_csv(text: str) -> tuple[list[Record], list[RowProblem]]:
    """Return the rows below the header, and what is wrong with them."""
    declared = _DECLARED.match(text)
    delimiter = None
    if declared is not None:
        delimiter, text = declared[1], text[declared.end() :]
    records: list[Record] = []
    problems: list[RowProblem] = []
    rows = _rows(text, delimiter or _delimiter(text), problems)
    number, header = next(rows, (1, []))
    problems += _header_problems(number, header)
    for number, cells in rows:
        problems += _surplus(number, cells, header)
        values = {
            column: cell
            for column, cell in zip(header, cells, strict=False)
            if cell and is_column(column)
        }
        records.append(Record(number, values))
    return records, sorted(problems, key=lambda problem: problem.row or 0)


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
    """Return the delimiter by which the header has most columns that we know."""

    def known(delimiter: str) -> int:
        _, header = next(_rows(text, delimiter, []), (1, []))
        return sum(map(is_column, header))

    return max(_DELIMITERS, key=known)


def _header_problems(number: int, header: Sequence[str]) -> Iterator[RowProblem]:
    for column, count in Counter(filter(None, header)).items():
        if not is_column(column):
            yield unknown_column(number, column)
        elif count > 1:
            yield RowProblem(
                number,
                column,
                message=f"there are {count} columns of this name.",
                remedy="Keep one; an option with several values needs JSONL.",
            )


def unknown_column(number: int, column: str) -> RowProblem:
    """Return the problem of a column that does not exist."""
    near = difflib.get_close_matches(column.lower(), COLUMNS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return RowProblem(
        number,
        "",
        message=f"unknown column {column[:50]!r}.{hint}",
        remedy=f"There is {', '.join(COLUMNS)}, and {OPTION}NAME for each option.",
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
