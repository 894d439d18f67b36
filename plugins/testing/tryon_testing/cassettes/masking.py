"""What must not be in a cassette: secrets, and what is random."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import attrs

from tryon_core.masking import folded, is_secret_name, redact
from tryon_core.models import MASK, ProviderInfo

IGNORED = "ignored"
"""Replaces a value of a request that differs each time, such as the time."""

KEPT_HEADERS = frozenset(
    {
        "accept",
        "content-type",
        "location",
        "retry-after",
        "x-request-id",
    }
)
"""The headers of every vendor that are stored with their values."""

_CHANGING_NAMES = frozenset({"endtime", "nonce", "signaturenonce", "starttime", "timestamp"})
_QUERY_VALUE = re.compile(r"(?<=[?&;])([\w.%-]+)=([^&;#\s\"'<>\\]*)")
_HOST_ALONE = re.compile(r"^([a-z]+://[^/?#]+)(?=[?#]|$)")
_USER_INFO = re.compile(r"(?<=://)[^/?#@\s\"'<>]+@")
_MIN_FOUND_CHARS = 8  # shorter values, such as "true", are also found where they are no secret


def _is_changing_name(name: str) -> bool:
    return folded(name) in _CHANGING_NAMES


@attrs.define(kw_only=True)
class Masker:
    """Masks what is secret, and remembers it, so that it can be masked elsewhere too.

    Masking twice changes nothing: what is asked while a cassette is played is masked the same way
    before it is compared.

    Attributes:
        secrets: values that are known to be secret, such as the key.
        info: the provider's declaration, with its `recorded_headers` and `secret_fields`.
        found: further values, which had a secret name.
    """

    secrets: Sequence[str] = attrs.field(default=(), repr=False)
    info: ProviderInfo | None = None
    found: set[str] = attrs.field(factory=set, init=False, repr=False)

    def is_secret(self, name: str) -> bool:
        """Whether the values of a name are secret, for every vendor or for this one."""
        own = self.info.secret_fields if self.info else ()
        return is_secret_name(name, own)

    def headers(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the headers to store: a few with their values, of secret ones the names."""
        own = {name.lower() for name in self.info.recorded_headers} if self.info else set()
        kept: dict[str, str] = {}
        for name, value in pairs:
            if name.lower() in KEPT_HEADERS | own:
                kept[name.lower()] = self.text(value)
            elif self.is_secret(name):
                kept[name.lower()] = self._secret(value.removeprefix("Bearer "))
        return dict(sorted(kept.items()))

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the fields of a form of a request; values that change each time are ignored."""
        return [(name, self._field(name, value)) for name, value in pairs]

    def json(self, value: Any, *, name: str = "") -> Any:
        """Return a JSON value; JSON inside its strings is masked too.

        Args:
            value: what was decoded.
            name: the field that holds it.
        """
        if self.is_secret(name):
            return self._hidden(value)
        if isinstance(value, dict):
            return {key: self.json(inner, name=str(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def request_url(self, url: str) -> str:
        """Return the address of a request; values that change each time are ignored."""
        return self._query(self._plain(_HOST_ALONE.sub(r"\1/", url)), changing=True)

    def text(self, text: str) -> str:
        """Return any text: known secrets, JSON in it, and the queries of its URLs are masked."""
        if text.lstrip()[:1] in {"{", "["}:
            try:
                value = json.loads(text)
            except ValueError:
                pass
            else:
                masked = self.json(value)
                return text if masked == value else json.dumps(masked, ensure_ascii=False)
        return self._query(self._plain(text), changing=False)

    def everywhere(self, text: str) -> str:
        """Return a text without any value that was found secret anywhere in the cassette."""
        return redact(text, [*self.secrets, *self.found])

    def _plain(self, text: str) -> str:
        return redact(_USER_INFO.sub(f"{MASK}@", text), self.secrets)

    def _query(self, text: str, *, changing: bool) -> str:
        def masked(match: re.Match[str]) -> str:
            name, value = match.groups()
            if self.is_secret(name):
                return f"{name}={self._secret(value)}"
            return f"{name}={IGNORED}" if changing and _is_changing_name(name) else match[0]

        return _QUERY_VALUE.sub(masked, text)

    def _field(self, name: str, value: str) -> str:
        if self.is_secret(name):
            return self._secret(value)
        return IGNORED if _is_changing_name(name) else self.text(value)

    def _hidden(self, value: Any) -> Any:
        """Return the value of a secret name, of any type, with all of it masked."""
        if isinstance(value, dict):
            return {key: self._hidden(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._hidden(inner) for inner in value]
        return value if value is None or isinstance(value, bool) else self._secret(str(value))

    def _secret(self, value: str) -> str:
        if len(value) >= _MIN_FOUND_CHARS and set(value) != {"*"}:
            self.found.add(value)
        return MASK if value else value


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
