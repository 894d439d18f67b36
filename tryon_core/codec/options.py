"""Options of a provider, from an instance, a mapping, or the text of a command line."""

import difflib
import functools
import re
import reprlib
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs

from tryon_core.codec.converter import UNIONS, explain, is_literal, strict_converter
from tryon_core.errors import UnknownOption

T = TypeVar("T")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def make_options(cls: type[T], given: Any, *, provider: str) -> T:
    """Return an instance of a provider's options class.

    Args:
        cls: the options class.
        given: an instance, a mapping of option names to values (text is read according to the
            option's type, as the command line gives it), or None for the defaults.
        provider: id, for messages.

    Raises:
        UnknownOption: names every unknown option with the nearest existing one, and every value
            of a wrong type.
    """
    if isinstance(given, cls):
        _check_types(cls, given, provider)
        return given
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise UnknownOption(
            f"options: expected a mapping or {cls.__name__}, got {type(given).__name__}.",
            provider=provider,
        )
    _refuse_unknown_options(cls, given, provider)
    kinds = typing.get_type_hints(cls)
    values = {name: _from_text(value, kinds[name]) for name, value in given.items()}
    return _structured(cls, values, given, provider)


def _check_types(cls: type, given: Any, provider: str) -> None:
    """Refuse an instance that a program without a type checker made of values of wrong types."""
    fields = [field.name for field in attrs.fields(cls) if field.init]
    values = {name: getattr(given, name) for name in fields}
    _structured(cls, values, values, provider)


def _structured(
    cls: type[T], values: Mapping[str, Any], given: Mapping[str, Any], provider: str
) -> T:
    try:
        return _converter().structure(values, cls)
    except Exception as error:
        faults = "; ".join(_told(line, given) for line in explain(error, "options"))
        raise UnknownOption(f"{provider}: {faults.rstrip('.')}.", provider=provider) from error


def _told(line: str, given: Mapping[str, Any]) -> str:
    """Return a fault as `seed='x': expected int, got str`."""
    fault, _, place = line.rpartition(" @ options")
    name = re.split(r"[.\[]", place.lstrip("."))[0]
    value = f"={reprlib.repr(given[name])}" if name in given else ""
    return f"{name}{value}: {fault}" if name else fault


@functools.cache
def _converter() -> cattrs.Converter:
    # A converter compiles each class that it meets once, which takes longer than the conversion.
    return strict_converter(attrs_converters=True)


def _refuse_unknown_options(cls: type, given: Mapping[str, Any], provider: str) -> None:
    known = [field.name for field in attrs.fields(cls) if field.init]
    unknown = [str(name) for name in given if name not in known]
    if not unknown:
        return
    hints = []
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1)
        hints.append(f"{name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    raise UnknownOption(
        f"{provider}: unknown option {', '.join(hints)}.",
        provider=provider,
        remedy=f"It has: {', '.join(known) or 'no options'}.",
    )


def _from_text(value: Any, kind: Any) -> Any:
    """Read a text as the option's type, where that is unambiguous; keep everything else."""
    if not isinstance(value, str):
        return value
    kinds = get_args(kind) if get_origin(kind) in UNIONS else (kind,)
    for item in (item for entry in kinds if is_literal(entry) for item in get_args(entry)):
        if str(item) == value:
            return item
    if str in kinds:
        return value
    if bool in kinds and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    for number in (int, float):
        if number in kinds:
            try:
                return number(value)
            except ValueError:
                continue
    return value
