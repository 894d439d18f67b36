"""Ways to spoil JSON: every place of a real answer, one at a time."""

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias

import attrs

from tryon_testing.wire import Answer, Twist

Place: TypeAlias = tuple[str | int, ...]
UNHEARD_OF = "TRYON_KIT_UNHEARD_OF"
UNHEARD_OF_NUMBER = 86753
_MOST_ENTRIES = 3
_MOST_DEPTH = 12


@attrs.frozen
class Spoiling:
    """One way to spoil an answer.

    Attributes:
        label: what is wrong with the answer then, for messages.
        twist: does it.
    """

    label: str
    twist: Twist


def places(value: Any, *, _at: Place = ()) -> Iterator[Place]:
    """Yield the place of everything inside a JSON value; of lists only the first entries."""
    entries: list[tuple[str | int, Any]] = []
    if len(_at) < _MOST_DEPTH and isinstance(value, dict):
        entries = list(value.items())
    elif len(_at) < _MOST_DEPTH and isinstance(value, list):
        entries = list(enumerate(value[:_MOST_ENTRIES]))
    for key, inner in entries:
        yield (*_at, key)
        yield from places(inner, _at=(*_at, key))


def at(value: Any, place: Place) -> Any:
    """Return what stands at a place.

    Raises:
        LookupError: nothing does.
    """
    found = value
    for key in place:
        fits = isinstance(found, dict if isinstance(key, str) else list)
        if not fits:
            raise LookupError(place)
        found = found[key]
    return found


def replaced(value: Any, place: Place, new: Any) -> Any:
    """Return a copy with something else at a place; the value itself when there is none."""
    changed = copy.deepcopy(value)
    try:
        at(changed, place)
        at(changed, place[:-1])[place[-1]] = new
    except LookupError:
        return value
    return changed


def removed(value: Any, place: Place) -> Any:
    """Return a copy without a place."""
    changed = copy.deepcopy(value)
    try:
        del at(changed, place[:-1])[place[-1]]
    except LookupError:
        return value
    return changed


def shown(place: Place) -> str:
    """Return a place as messages name it, such as `response.output.task_id`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return "response" + "".join(parts)


def wrong_values(value: Any) -> Iterator[Any]:
    """Yield values that cannot stand where this one stands."""
    yield None
    yield {"kit": [1]} if not isinstance(value, dict) else "text"
    yield ["kit"] if not isinstance(value, list) else UNHEARD_OF_NUMBER
    if isinstance(value, str):
        yield True
        yield UNHEARD_OF
    elif isinstance(value, (int, float)):
        yield "text"
        yield -1.5e300


def json_spoilings(sample: Any) -> Iterator[Spoiling]:
    """Yield ways to spoil answers that look like the sample."""
    for place in places(sample):
        where = shown(place)
        for wrong in wrong_values(at(sample, place)):
            yield Spoiling(f"{where} is {wrong!r}", replacing(place, wrong))
        yield Spoiling(f"{where} is missing", _removing(place))


def body_spoilings() -> Iterator[Spoiling]:
    """Yield ways to spoil any answer."""
    html = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"
    bodies = {
        "nothing": b"",
        "null": b"null",
        "a JSON list": b"[]",
        "a JSON text": b'"done"',
        "a JSON number": b"0",
        "an empty object": b"{}",
        "lists a hundred thousand deep": b"[" * 100_000,
        "bytes that are no text": b"\xff\xfe\x00{",
        "NaN": b'{"status": NaN}',
        "a megabyte of blanks": b" " * 2**20,
    }
    for label, body in bodies.items():
        yield Spoiling(f"the body is {label}", with_body(body))
    for status in (200, 202, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504):
        yield Spoiling(f"a page of HTML with status {status}", with_body(html, status, "text/html"))
    yield Spoiling("the JSON ends in the middle", _halved)


def replacing(place: Place, new: Any) -> Twist:
    """Return a twist that puts something else at a place."""
    return lambda answer: answer.with_json(replaced(answer.json, place, new))


def _removing(place: Place) -> Twist:
    return lambda answer: answer.with_json(removed(answer.json, place))


def with_body(body: bytes, status: int | None = None, kind: str = "") -> Twist:
    """Return a twist that gives another body, status and content type."""
    return lambda answer: answer.with_body(body, status=status, kind=kind)


def _halved(answer: Answer) -> Answer:
    return answer.with_body(answer.body[: len(answer.body) // 2])
