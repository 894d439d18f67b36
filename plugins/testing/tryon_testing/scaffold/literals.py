"""Values as Python source, in the form that formatters leave alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

WIDTH = 88
"""The usual length of a line, in characters."""
_STEP = 4


class Code(str):
    """Text that is Python source already."""

    __slots__ = ()


@attrs.frozen
class Call:
    """A call.

    Attributes:
        name: what is called.
        arguments: by position.
        named: by name.
    """

    name: str
    arguments: Sequence[Any] = ()
    named: Mapping[str, Any] = attrs.field(factory=dict)


def literal(value: Any, indent: int = 0, around: int = 0) -> str:
    """Return a value as source: on one line when it fits, else an entry on each line.

    Args:
        value: text, number, flag, None, list, mapping, `Code` or `Call`.
        indent: spaces at the beginning of the line.
        around: characters before and behind it on its line, beside the indent.
    """
    flat, inner = _flat(value), _entries(value)
    if not inner or indent + around + len(flat) <= WIDTH:
        return flat
    opening = f"{value.name}(" if isinstance(value, Call) else flat[0]
    below = indent + _STEP
    lines = [f"{key}{literal(entry, below, len(key) + 1)}," for key, entry in inner]
    return "\n".join([opening, *(" " * below + line for line in lines), " " * indent + flat[-1]])


def _flat(value: Any) -> str:
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    inner = ", ".join(f"{key}{_flat(entry)}" for key, entry in _entries(value))
    if isinstance(value, Call):
        return f"{value.name}({inner})"
    if isinstance(value, Mapping):
        return f"{{{inner}}}"
    return f"[{inner}]" if isinstance(value, Sequence) else repr(value)


def _entries(value: Any) -> list[tuple[str, Any]]:
    """Return the entries of a container or a call, each with what is before it."""
    if isinstance(value, Call):
        by_name = [(f"{name}=", entry) for name, entry in value.named.items()]
        return [*(("", entry) for entry in value.arguments), *by_name]
    if isinstance(value, Mapping):
        return [(f"{_flat(key)}: ", entry) for key, entry in value.items()]
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return [("", entry) for entry in value] if is_list else []


def quoted(text: str) -> str:
    """Return text in double quotes, or in single ones where these need fewer escapes."""
    shown = repr(text)
    if shown.startswith("'") and text.count('"') <= text.count("'"):
        inner = shown[1:-1].replace("\\'", "'").replace('"', '\\"')
        return f'"{inner}"'
    return shown
