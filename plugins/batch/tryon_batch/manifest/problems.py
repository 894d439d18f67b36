"""The problems of a manifest, and the report of all of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from tryon_core.engine import one_line
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
