"""Find secrets in whatever people may see."""

import base64
import binascii
import itertools
from collections.abc import Iterator, Sequence

from tryon_core.transport import redact

_LONG = 8


def leaked(text: str, secrets: Sequence[str]) -> bool:
    """Return whether a secret stands in a text, plain or encoded for a URL, JSON or base64."""
    return redact(text, secrets) != text


def leaked_anywhere(data: bytes, secrets: Sequence[str]) -> bool:
    """Return whether a secret stands in bytes, also inside base64, at whatever offset.

    Args:
        data: such as a whole request: `Basic` authentication has the key in the middle of base64.
        secrets: the values to look for.
    """
    text = data.decode("latin-1")
    return leaked(text, secrets) or any(
        core in text for secret in secrets if len(secret) >= _LONG for core in _cores(secret)
    )


def unpacked(token: str) -> str:
    """Return the text inside a job's token."""
    body = token.partition(".")[2]
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return token


def _cores(secret: str) -> Iterator[str]:
    """Yield the part of each base64 spelling that its neighbours do not change."""
    for offset, encode in itertools.product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        text = encode(b"\0" * offset + secret.encode()).decode().rstrip("=")
        yield text[(0, 2, 3)[offset] : -1]
