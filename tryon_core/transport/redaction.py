"""Mask secrets in text that people will see."""

import base64
import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

from tryon_core.models import strip_query

MASK = "********"
_MIN_SECRET_CHARS = 4
_MARK_DIGITS = 12


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


def redact(text: str, secrets: Sequence[str]) -> str:
    """Return the text with every secret masked, also where it is URL-, JSON- or base64-encoded.

    Secrets shorter than four characters are left alone: masking them would garble the text and
    thereby show them.
    """
    for spelling in _longest_first(secrets):
        text = text.replace(spelling, MASK)
    return text


def hide(text: str, secrets: Sequence[str]) -> str:
    """Return the text with every secret masked such that `reveal` finds it again.

    For what the vendor made of the key and needs back as it was, such as an address.
    """
    for spelling in _longest_first(secrets):
        text = text.replace(spelling, _mark(spelling))
    return text


def reveal(text: str, secrets: Sequence[str]) -> str:
    """Return the text that `hide` was given. Nobody can ask for a secret who does not know it."""
    if MASK in text:
        for spelling in _longest_first(secrets):
            text = text.replace(_mark(spelling), spelling)
    return text


def _longest_first(secrets: Sequence[str]) -> Sequence[str]:
    """Return all spellings; in another order a part is masked, and the rest stays readable."""
    return _all_spellings(tuple(secrets))


@functools.lru_cache(maxsize=64)  # every text of every answer is searched for the same few keys
def _all_spellings(secrets: tuple[str, ...]) -> Sequence[str]:
    long_enough = [secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS]
    spellings = {spelling for secret in long_enough for spelling in _spellings(secret)}
    return sorted(spellings, key=len, reverse=True)


def _mark(spelling: str) -> str:
    return MASK + hashlib.sha256(spelling.encode()).hexdigest()[:_MARK_DIGITS]


def shown_url(url: str, secrets: Sequence[str] = ()) -> str:
    """Return a URL as messages show it: without user, query, fragment and secrets."""
    return redact(strip_query(url), secrets)
