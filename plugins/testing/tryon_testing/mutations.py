"""Mutations of a vendor's answers: every part of real JSON, and bodies that are no answer at all.

The contract tries them one by one; `tryon_testing.strategies.answers` draws and combines them.
"""

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from tryon_testing.wire import Answer, AnswerChange

Json: TypeAlias = Any
"""A value of JSON: `None`, a bool, a number, text, a list or a dict."""
Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from a whole answer to a part of it."""

UNDOCUMENTED_WORD = "TRYON_KIT_UNHEARD_OF"
UNDOCUMENTED_NUMBER = 86753
_MOST_ENTRIES = 3
_MOST_DEPTH = 12
_NESTED_LEVELS = 200
_BEYOND_RECURSION = 100_000
_MANY_DIGITS = 5_000
_STATUSES = (200, 202, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504)
_PAGE = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"

STRANGE_VALUES: tuple[Json, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "null",
    "NaN",
    "0",
    "\ud800",
    "\x00",
    "\udfff tail",
    "\u202egnp.exe",
    "\x1b]0;title\x07\x1b[2K",
    "\r\nerror: forged",
    "=HYPERLINK(0)",
    "x" * 10_000,
    "http://[",
    "file:///etc/passwd",
    "../../..",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"": None},
)
"""Values to put where a vendor's document promises something else."""

BODIES = MappingProxyType(
    {
        "nothing": b"",
        "white space": b" \r\n",
        "a megabyte of blanks": b" " * 2**20,
        "a page of a gateway": b"<html><head><title>502 Bad Gateway</title></head></html>",
        "text": b"upstream connect error or disconnect/reset before headers",
        "null": b"null",
        "a JSON list": b"[]",
        "a JSON text": b'"done"',
        "a JSON number": b"0",
        "an empty object": b"{}",
        "half an object": b'{"job_id": "6ba7b8',
        "two objects": b"{}{}",
        "an object with the same key twice": b'{"status": "completed", "status": null}',
        "an object with NaN": b'{"status": NaN}',
        "NaN": b"NaN",
        "a number of 5000 digits": b"9" * _MANY_DIGITS,
        "lists a hundred thousand deep": b"[" * _BEYOND_RECURSION,
        "JSON behind a byte order mark": b"\xef\xbb\xbf{}",
        "JSON in UTF-16": '{"status": "completed"}'.encode("utf-16"),
        "JSON in broken UTF-8": b'{"status": "\xff\xfe"}',
        "bytes that are no text": b"\xff\xfe\x00{",
        "compressed JSON": gzip.compress(b"{}", mtime=0),
        "damaged compression": b"\x1f\x8b\x08\x00garbage",
    }
)
"""Bodies that are no answer of the vendor, by what they are."""


def paths(
    value: Json, *, most_entries: int | None = None, most_depth: int | None = None
) -> Iterator[Path]:
    """Yield the path of every part of a JSON value, the whole first.

    Args:
        value: the JSON value.
        most_entries: so many entries of each list at most, the first ones; None for all.
        most_depth: so many levels at most; None for all.
    """
    left: list[tuple[Path, Json]] = [((), value)]
    while left:
        path, part = left.pop()
        yield path
        entries: list[tuple[str | int, Json]] = []
        if isinstance(part, dict):
            entries = list(part.items())
        elif isinstance(part, list):
            entries = list(enumerate(part[:most_entries]))
        if most_depth is None or len(path) < most_depth:
            left += [((*path, key), entry) for key, entry in reversed(entries)]


def inner_paths(value: Json) -> Iterator[Path]:
    """Yield the paths below the whole: the first three entries of lists, and twelve levels deep."""
    found = paths(value, most_entries=_MOST_ENTRIES, most_depth=_MOST_DEPTH)
    return (path for path in found if path)


def value_at(value: Json, path: Path) -> Json:
    """Return the part at a path.

    Raises:
        LookupError: there is none.
    """
    found: Any = value
    for key in path:
        fits = isinstance(found, dict if isinstance(key, str) else list)
        if not fits:
            raise LookupError(path)
        found = found[key]
    return found


def replaced(value: Json, path: Path, new: Json) -> Json:
    """Return a copy with another part at a path; the value itself where there is no such part."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    try:
        value_at(changed, path)
    except LookupError:
        return value
    value_at(changed, path[:-1])[path[-1]] = new
    return changed


def removed(value: Json, path: Path) -> Json:
    """Return a copy without the part at a path: `{}` without the whole."""
    if not path:
        return {}
    changed = copy.deepcopy(value)
    try:
        del value_at(changed, path[:-1])[path[-1]]
    except LookupError:
        return value
    return changed


def nested(value: Json, path: Path) -> Json:
    """Return a copy in which a part is 200 lists deep."""
    deep = value_at(value, path)
    for _ in range(_NESTED_LEVELS):
        deep = [deep]
    return replaced(value, path, deep)


def doubled(value: Json, path: Path) -> Json:
    """Return a copy in which a part comes twice."""
    part = value_at(value, path)
    return replaced(value, path, part * 2 if isinstance(part, (list, str)) else [part, part])


def as_text(value: Json, path: Path) -> Json:
    """Return a copy in which a part is JSON inside a text."""
    return replaced(value, path, json.dumps(value_at(value, path)))


def with_new_field(value: Json, path: Path) -> Json:
    """Return a copy in which an object has a field without documentation."""
    part = value_at(value, path)
    if not isinstance(part, dict):
        return value
    return replaced(value, path, {**part, "x_new": {"since": [2027]}})


STRUCTURAL: tuple[Callable[[Json, Path], Json], ...] = (
    removed,
    nested,
    doubled,
    as_text,
    with_new_field,
)
"""Ways to change a part that depend on what it is."""


def wrong_values(value: Json) -> Iterator[Json]:
    """Yield values that cannot be right in place of this one."""
    yield None
    yield {"kit": [1]} if not isinstance(value, dict) else "text"
    yield ["kit"] if not isinstance(value, list) else UNDOCUMENTED_NUMBER
    if isinstance(value, str):
        yield True
        yield UNDOCUMENTED_WORD
    elif isinstance(value, (int, float)):
        yield "text"
        yield -1.5e300


def shown(path: Path) -> str:
    """Return a path as messages name it, such as `response.output.task_id`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "response" + "".join(parts)


@attrs.frozen
class Mutation:
    """One way to change an answer.

    Attributes:
        label: what is wrong with the answer then, for messages.
        change: makes the changed answer.
    """

    label: str
    change: AnswerChange


def json_mutations(sample: Json) -> Iterator[Mutation]:
    """Yield mutations of answers that have the same parts as the sample."""
    for path in inner_paths(sample):
        yield from part_mutations(sample, path)


def part_mutations(sample: Json, path: Path) -> Iterator[Mutation]:
    """Yield mutations of one part: each wrong value, and no value."""
    for wrong in wrong_values(value_at(sample, path)):
        yield Mutation(f"{shown(path)} is {wrong!r}", replacing(path, wrong))
    yield Mutation(f"{shown(path)} is missing", _removing(path))


def body_mutations() -> Iterator[Mutation]:
    """Yield mutations of any answer."""
    for label, body in BODIES.items():
        yield Mutation(f"the body is {label}", with_body(body))
    for status in _STATUSES:
        yield Mutation(
            f"a page of HTML with status {status}", with_body(_PAGE, status, "text/html")
        )
    yield Mutation("the JSON ends in the middle", _halved)


def replacing(path: Path, new: Json) -> AnswerChange:
    """Return a change that puts something else at a path."""
    return lambda answer: answer.with_json(replaced(answer.json, path, new))


def with_body(body: bytes, status: int | None = None, kind: str = "") -> AnswerChange:
    """Return a change that gives another body, status and content type."""
    return lambda answer: answer.with_body(body, status=status, kind=kind)


def _removing(path: Path) -> AnswerChange:
    return lambda answer: answer.with_json(removed(answer.json, path))


def _halved(answer: Answer) -> Answer:
    return answer.with_body(answer.body[: len(answer.body) // 2])
