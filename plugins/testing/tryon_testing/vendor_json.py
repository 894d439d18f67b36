"""Documented replies with faults: what a vendor, a gateway or a proxy may send instead."""

import copy
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from hypothesis import strategies as st

Json: TypeAlias = Any
"""A value of JSON: `None`, a bool, a number, text, a list or a dict."""
Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from a whole reply to a part of it."""

_HUGE = 10**400
_DEEP = 200
_BEYOND_RECURSION = 100_000
_MANY_DIGITS = 5_000
_MOST_FAULTS = 3

STRANGE: tuple[Json, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    _HUGE,
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
"""Values that stand where a vendor's document promises something else."""


def paths(value: Json) -> Iterator[Path]:
    """Yield the way to every part of a reply, the whole first.

    Args:
        value: a reply, parsed.
    """
    yield ()
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, entry in entries:
        yield from ((key, *rest) for rest in paths(entry))


def replaced(value: Json, path: Path, new: Json) -> Json:
    """Return a copy of a reply in which one part is another.

    Args:
        value: a reply, parsed.
        path: leads to the part.
        new: stands there instead.
    """
    if not path:
        return new
    whole = copy.deepcopy(value)
    parent = _part(whole, path[:-1])
    parent[path[-1]] = new
    return whole


def _part(value: Json, path: Path) -> Json:
    for key in path:
        value = value[key]
    return value


def _without(value: Json, path: Path) -> Json:
    if not path:
        return {}
    whole = copy.deepcopy(value)
    del _part(whole, path[:-1])[path[-1]]
    return whole


def _nested(value: Json, path: Path) -> Json:
    deep = _part(value, path)
    for _ in range(_DEEP):
        deep = [deep]
    return replaced(value, path, deep)


def _doubled(value: Json, path: Path) -> Json:
    part = _part(value, path)
    return replaced(value, path, part * 2 if isinstance(part, (list, str)) else [part, part])


def _as_text(value: Json, path: Path) -> Json:
    return replaced(value, path, json.dumps(_part(value, path)))


def _with_extra(value: Json, path: Path) -> Json:
    part = _part(value, path)
    return (
        replaced(value, path, {**part, "x_new": {"since": [2027]}}) if _is_object(part) else value
    )


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


_CHANGES: tuple[Callable[[Json, Path], Json], ...] = (
    _without,
    _nested,
    _doubled,
    _as_text,
    _with_extra,
)


_CHOICE = st.none() | st.sampled_from(_CHANGES)
_ANYTHING = st.sampled_from(STRANGE) | st.text(max_size=20) | st.integers()


@st.composite
def vendor_json(draw: st.DrawFn, sample: Json, *, extra: Sequence[Json] = ()) -> Json:
    """Documented replies with one to three faults.

    A part is null, of another type, missing, doubled, nested 200 levels deep, a number beyond
    every float, `NaN`, text with half a surrogate; or there is a field that nobody knows.

    Args:
        draw: given by Hypothesis.
        sample: the documented reply, parsed.
        extra: further values that may stand anywhere, such as a key that is quoted.
    """
    value = sample
    anything = _ANYTHING | st.sampled_from(extra) if extra else _ANYTHING
    for _ in range(draw(st.integers(1, _MOST_FAULTS))):
        path = draw(st.sampled_from(list(paths(value))))
        change = draw(_CHOICE)
        value = change(value, path) if change else replaced(value, path, draw(anything))
    return value


PAGES = MappingProxyType(
    {
        "nothing": b"",
        "white space": b" \r\n",
        "page of a gateway": b"<html><head><title>502 Bad Gateway</title></head></html>",
        "text": b"upstream connect error or disconnect/reset before headers",
        "half an object": b'{"job_id": "6ba7b8',
        "two objects": b"{}{}",
        "byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": '{"status": "completed"}'.encode("utf-16"),
        "broken UTF-8": b'{"status": "\xff\xfe"}',
        "compressed": gzip.compress(b"{}", mtime=0),
        "damaged compression": b"\x1f\x8b\x08\x00garbage",
        "null": b"null",
        "NaN": b"NaN",
        "deep beyond recursion": b"[" * _BEYOND_RECURSION,
        "number of 5000 digits": b"9" * _MANY_DIGITS,
        "same key twice": b'{"status": "completed", "status": null}',
    }
)
"""Bodies that are no reply of the vendor at all, by what they are."""


def vendor_bodies(sample: Json, *, extra: Sequence[Json] = ()) -> st.SearchStrategy[bytes]:
    """Bodies of answers: faulty JSON, cut JSON, pages, and any bytes.

    Args:
        sample: the documented reply, parsed.
        extra: as for `vendor_json`.
    """
    whole = _encoded(sample)
    cut = st.integers(0, len(whole)).map(lambda end: whole[:end])
    # Faulty JSON finds the most, so five bodies of eight are that; examples shrink to it.
    # Each is an object of its own: `one_of` takes equal ones for one.
    faulty = [vendor_json(sample, extra=extra).map(_encoded) for _ in range(5)]
    return st.one_of(*faulty, cut, st.sampled_from(list(PAGES.values())), st.binary(max_size=64))


def _encoded(value: Json) -> bytes:
    return json.dumps(value).encode()
