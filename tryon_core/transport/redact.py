"""Mask secrets in text that people will see."""

import base64
import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

from tryon_core.models.sources import strip_query

MASK = "********"
_MIN_SECRET_CHARS = 4


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
    long_enough = [secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS]
    spellings = {spelling for secret in long_enough for spelling in _spellings(secret)}
    # The longest first, lest a part is masked and the rest stays readable.
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def shown_url(url: str, secrets: Sequence[str] = ()) -> str:
    """Return a URL as messages show it: without user, query, fragment and secrets."""
    return redact(strip_query(url), secrets)
