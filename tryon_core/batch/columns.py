"""The columns of a manifest, and what stands below them."""

from collections.abc import Mapping
from typing import Any

import attrs

from tryon_core.models import CATEGORIES

COLUMNS: tuple[str, ...] = ("id", "person", "person_model", *CATEGORIES, "provider")
"""The columns of every manifest, beside those of options."""
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
    """

    number: int
    values: Mapping[str, Any]


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
