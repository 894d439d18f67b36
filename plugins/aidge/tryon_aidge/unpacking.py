"""JSON that holds JSON as text at any level, and words of any type."""

import json
from typing import Any

# The deepest documented picture lies eight levels down.
_DEEPEST = 16


def unpacked(value: Any, levels: int = _DEEPEST) -> Any:
    """Return JSON in which texts that hold JSON are opened, and blank texts are absent.

    The vendor's documents show objects and lists as such in some places and as text in others, at
    every level. A text that only looks like JSON stays as it is.

    Args:
        value: parsed JSON.
        levels: how deep to look.
    """
    if isinstance(value, str):
        value = _opened(value)
    if levels > 0 and isinstance(value, dict):
        return {name: unpacked(entry, levels - 1) for name, entry in value.items()}
    if levels > 0 and isinstance(value, list):
        return [unpacked(entry, levels - 1) for entry in value]
    return value


def _opened(text: str) -> Any:
    if not text.strip():
        return None
    if text[0] not in "{[":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def word(value: Any, *, kinds: tuple[type, ...] = (str, bool, int, float)) -> str:
    """Return a text, number or verdict as text, empty for all else.

    Args:
        value: a part of an answer.
        kinds: types that count.
    """
    if type(value) not in kinds:
        return ""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return str(whole).strip()
