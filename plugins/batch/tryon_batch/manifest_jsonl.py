"""Records of a JSONL file: one object a line."""

import json
from collections.abc import Iterator
from typing import Any

from tryon_batch.columns import (
    OPTION,
    OPTIONS,
    Record,
    Records,
    column_of,
    is_column,
    kind_of,
    slips,
    unknown_column,
)
from tryon_batch.row_problems import RowProblem

_MOST_LEVELS = 20


def read_jsonl(text: str) -> Records:
    """Return the rows, and what is wrong with them."""
    records: list[Record] = []
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
        problems += slips(number, own, members)
        kept = {name: value for name, value in own.items() if value not in (None, "")}
        records.append(Record(number, _given(number, members, problems), kept))
    return Records(tuple(records), tuple(problems))


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
            message = f"it stands in {OPTIONS} and beside it."
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
