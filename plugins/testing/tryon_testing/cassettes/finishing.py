"""The last pass over a cassette, when all that is secret or random in it is known."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import attrs

from tryon_testing.cassettes.masking import Masker

_RANDOM = re.compile(r"\b([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,40})\b")


def _quote_all(text: str) -> str:
    return quote(text, safe="")


def texts(value: Any) -> Iterator[str]:
    """Yield every text in nested lists and mappings, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return nested lists and mappings with every text changed."""
    if isinstance(value, dict):
        return {key: changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def swapped(text: str, swaps: Mapping[str, str]) -> str:
    """Return a text with parts of it replaced, also where they are encoded; the longest first."""
    for ours in sorted(swaps, key=len, reverse=True):
        for spelt in (str, quote, _quote_all, quote_plus):
            text = text.replace(spelt(ours), spelt(swaps[ours]))
    return text


@attrs.frozen(kw_only=True, eq=False)
class Finisher:
    """Puts the vendor's hosts, masks and numbers into what was recorded.

    Attributes:
        masker: knows every secret by now.
        swaps: what to write in place of a text; the longest that fits counts.
        asked: the same for the addresses of requests alone, before the others.
        numbered: whether ids that the service made are numbered in the order in which they
            appear, so that a new recording differs only where the service does.
    """

    masker: Masker
    swaps: Mapping[str, str]
    asked: Mapping[str, str]
    numbered: bool

    def __call__(self, interactions: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the interactions as they are written."""
        moved = [changed(self._as_asked(pair), self._vendors_words) for pair in interactions]
        numbers = _numbers(moved) if self.numbered else {}
        return [changed(pair, lambda text: _renumbered(text, numbers)) for pair in moved]

    def _as_asked(self, pair: Mapping[str, Any]) -> dict[str, Any]:
        uri = swapped(pair["request"]["uri"], self.asked)
        return {**pair, "request": {**pair["request"], "uri": uri}}

    def _vendors_words(self, text: str) -> str:
        return self.masker.everywhere(swapped(text, self.swaps))


def _numbers(interactions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a number for each id that came with an answer before any request held it."""
    ours: set[str] = set()
    numbers: dict[str, str] = {}
    for pair in interactions:
        ours |= _ids(pair["request"]) - numbers.keys()
        for text in texts(pair["response"]):
            for match in _RANDOM.finditer(text):
                if match[0] not in ours:
                    numbers.setdefault(match[0], _like(match[0], len(numbers) + 1))
    return numbers


def _ids(value: Any) -> set[str]:
    return {match[0] for text in texts(value) for match in _RANDOM.finditer(text)}


def _like(name: str, number: int) -> str:
    """Return a number in the shape of an id."""
    if "-" in name:
        return f"00000000-0000-4000-8000-{number:012}"
    return f"{number:0{len(name)}}"


def _renumbered(text: str, numbers: Mapping[str, str]) -> str:
    return _RANDOM.sub(lambda match: numbers.get(match[0], match[0]), text)
