"""Base64 in texts: how long it is, what it stands for, and how it is kept out of what is shown."""

import base64
import re
from collections.abc import Callable

_LETTERS = r"[A-Za-z0-9+/_\\\r\n-]"
_BASE64 = ";base64,"
_LEAST_CHARS = 256  # shorter runs of such letters are ids, keys and addresses
_TEXT = re.compile(
    rf"(?P<head>\bdata:[\w.+/;=-]{{0,200}}?{_BASE64})(?P<said>{_LETTERS}+={{0,2}})"
    rf"|(?P<bare>{_LETTERS}{{{_LEAST_CHARS},}}={{0,2}})",
    re.ASCII,
)
_WEB_SAFE = str.maketrans("-_", "+/")
GROUP_BYTES, _GROUP_CHARS = 3, 4


def decode_base64(text: str) -> bytes | None:
    """Return what base64 stands for, plain or web-safe, padded or not; None where it is none."""
    joined = "".join(text.replace("\\/", "/").split()).rstrip("=").translate(_WEB_SAFE)
    try:
        return base64.b64decode(joined + "=" * (-len(joined) % _GROUP_CHARS), validate=True)
    except ValueError:
        return None


def base64_chars(size_bytes: int) -> int:
    """Return how many characters so many bytes have as base64."""
    return -(-size_bytes // GROUP_BYTES) * _GROUP_CHARS


def base64_bytes(chars: int) -> int:
    """Return how many bytes fit into so many characters of base64."""
    return chars // _GROUP_CHARS * GROUP_BYTES


def without_base64(
    text: str, shown: Callable[[str], str] = lambda said: f"<{len(said)} base64 characters>"
) -> str:
    """Return a text without the images in it: data URIs, and long runs of base64 letters."""
    if len(text) < _LEAST_CHARS and _BASE64 not in text:
        return text

    def replaced(found: "re.Match[str]") -> str:
        return f"{found['head'] or ''}{shown(found['said'] or found['bare'] or '')}"

    return _TEXT.sub(replaced, text)
