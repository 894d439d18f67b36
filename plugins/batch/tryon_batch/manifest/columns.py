"""The columns of a manifest, and what stands below them."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from tryon_batch.manifest.problems import RowProblem
from tryon_core.models import CATEGORIES

# Nearer than this to a column that is missing, a name is rather a slip than a column of one's own.
_NEAR = 0.8
_LIKE_OPTION = re.compile(r"options?(\W|_|\Z)", re.IGNORECASE)
COLUMNS: tuple[str, ...] = ("id", "person", "person_model", *CATEGORIES, "provider")
"""The columns of every manifest, beside those of options."""
GIVEN: tuple[str, ...] = ("person", "person_model", *CATEGORIES)
"""Those that the lists repeat."""
OPTION = "option."
"""What the columns of options begin with."""
OPTIONS = "options"
"""The member of a JSONL line that holds options by name."""


@attrs.frozen
class Record:
    """A row as it stands in the file.

    Attributes:
        number: of the row.
        values: what is not empty, by column.
        own: likewise of the columns that are the caller's own, and which only the lists repeat.
    """

    number: int
    values: Mapping[str, Any]
    own: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Records:
    """What a file holds.

    Attributes:
        rows: in their order.
        problems: what is wrong with them.
        delimiter: between the cells of a table.
    """

    rows: tuple[Record, ...]
    problems: tuple[RowProblem, ...]
    delimiter: str = attrs.field(default=",", kw_only=True)


def column_of(name: str) -> str:
    """Return the column that a name stands for, whatever its capitals and the blanks around it."""
    text = name.strip()
    small = text.casefold()
    if small.startswith(OPTION):
        return OPTION + text[len(OPTION) :]
    return small if small in COLUMNS or small == OPTIONS else text


def slips(number: int, names: Iterable[str], present: Collection[str]) -> Iterator[RowProblem]:
    """Yield the problems of names that are no columns of ours, and look as if they should be.

    Args:
        number: of the row that they stand in.
        names: those that are no columns of ours.
        present: the columns of ours that are there.
    """
    missing = [column for column in COLUMNS if column not in present]
    for name in names:
        near = difflib.get_close_matches(name.casefold(), missing, n=1, cutoff=_NEAR)
        if near or _LIKE_OPTION.match(name):
            yield unknown_column(number, name, near)


def unknown_column(number: int, name: str, near: Collection[str] = ()) -> RowProblem:
    """Return the problem of a column that does not exist."""
    hint = "".join(f" Did you mean {column!r}?" for column in near)
    return RowProblem(
        number,
        "",
        message=f"unknown column {name[:50]!r}.{hint}",
        remedy=f"There is {', '.join(COLUMNS)}, and {OPTION}NAME for each option. Rename a column "
        "of your own that looks like one of them.",
    )


def is_column(name: str) -> bool:
    """Return whether a table may have such a column."""
    return name in COLUMNS or (name.startswith(OPTION) and name.removeprefix(OPTION).isidentifier())


def kind_of(value: Any) -> str:
    """Return what a JSON value is, for messages."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "null" if value is None else "a list" if isinstance(value, list) else "an object"
