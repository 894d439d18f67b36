"""Placeholders of documented exchanges: `$person`, `$id`, ... in texts at any depth."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GARMENTS = ("top", "bottom", "dress")
GARMENT, ALL_GARMENTS, PERSON = "garment", "garments", "person"
IMAGE = "image"
ROLES = frozenset({PERSON, GARMENT, ALL_GARMENTS, IMAGE, *GARMENTS})
"""What stands for an image in a request: `garment` the only one, `garments` a list, `image` any."""
CATEGORY, MODEL, OUTPUTS, ANY, ID = "category", "model", "outputs", "any", "id"
OF_REQUESTS = ROLES | {CATEGORY, MODEL, OUTPUTS, ANY, ID}
IMAGES = frozenset({IMAGE, "image_base64", "image_bytes", "mask"})
STATE, CODE = "state", "code"
OF_ANSWERS = IMAGES | {ID, STATE, CODE}
NAME = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
"""`$seed`, or `${seed}` where a letter follows."""


def placeholders(value: Any) -> tuple[str, ...]:
    """Return the names after `$` anywhere in a value, in their order, each once."""
    return tuple(dict.fromkeys(_names(value)))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from NAME.findall(value)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _names(key)
            yield from _names(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _names(entry)


def only_name(value: Any) -> str:
    """Return the name of a text that is nothing but a placeholder, else an empty text."""
    found = NAME.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else ""


def table_of(value: Any) -> tuple[str, Mapping[Any, Any]] | None:
    """Return name and words of `{$NAME: {our value: the vendor's word}}`, None when it is none."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((key, words),) = value.items()
    name = only_name(key)
    return (name, words) if name and isinstance(words, Mapping) else None


def filled(value: Any, value_of: Callable[[str], Any], *, outputs: int = 1) -> Any:
    """Return a value with something in place of each placeholder.

    Args:
        value: of an answer.
        value_of: what a name stands for; a text that is nothing but the name becomes the value.
        outputs: how often the only entry of a list is repeated when it has an image.
    """
    if isinstance(value, str):
        name = only_name(value)
        return value_of(name) if name else NAME.sub(lambda it: str(value_of(it[1])), value)
    if isinstance(value, Mapping):
        return {key: filled(entry, value_of, outputs=outputs) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        is_repeated = len(value) == 1 and not IMAGES.isdisjoint(placeholders(value))
        return [
            filled(entry, value_of) for entry in value for _ in range(outputs * is_repeated or 1)
        ]
    return value


def image_count(value: Any) -> int:
    """Return how many images a value gives."""
    if isinstance(value, str):
        return not IMAGES.isdisjoint(placeholders(value))
    entries = value.values() if isinstance(value, Mapping) else value
    return sum(map(image_count, entries)) if isinstance(value, (Mapping, list)) else 0
