"""A converter for vendor JSON that never coerces.

A default cattrs converter is lenient: it turns None into the text `'None'` and `'false'` into
True. A job id that was null would then be polled as `None`. The converter made here refuses such
values, and reports every fault of an answer at once, each with its JSON path.
"""

import collections.abc
import contextlib
import re
import reprlib
import sys
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, NewType, TypeAlias, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, override
from cattrs.v import format_exception

from tryon_core.errors import TryOnError, UnexpectedResponse

T = TypeVar("T")
Structure: TypeAlias = Callable[[Any, Any], Any]
_MAKERS: Mapping[Any, Callable[[list[Any]], Any]] = MappingProxyType(
    {
        list: list,
        collections.abc.MutableSequence: list,
        tuple: tuple,
        collections.abc.Sequence: tuple,
        set: set,
        frozenset: frozenset,
        collections.abc.Set: frozenset,
    }
)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
UNIONS = (typing.Union, UnionType)


NonEmpty = NewType("NonEmpty", str)
"""A printable text that is not blank, such as an id."""
WebAddress = NewType("WebAddress", str)
"""An address of http or https."""
Amount = NewType("Amount", Decimal)
"""A number without rounding: a number, or a text that holds one, as vendors write amounts."""
_AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?")
_LATEST_S = 253_402_300_799  # the end of the year 9999


def make_converter(*, zone: tzinfo | None = None) -> cattrs.Converter:
    """Return a new converter that never coerces.

    Text, finite numbers, booleans, sequences and mappings must be what they are declared to be; a
    `float` also takes a whole number. `NonEmpty`, `WebAddress`, `Amount` and `datetime` are known
    (see `read_time`). Extra keys are ignored, since vendors add them at will.

    Args:
        zone: where times without a zone are of; None refuses them.
    """
    converter = strict_converter()
    converter.register_structure_hook(NonEmpty, _non_empty)
    converter.register_structure_hook(WebAddress, _web_address)
    converter.register_structure_hook(Amount, _amount)
    converter.register_structure_hook(datetime, lambda value, _: read_time(value, zone=zone))
    return converter


def read_time(value: Any, *, zone: tzinfo | None = None) -> datetime:
    """Return a vendor's time in UTC.

    Args:
        value: a text such as `2026-01-31 08:15:00.5` or `2026-01-31T08:15:00Z`, or a number of
            seconds since 1970.
        zone: where a text without a zone is of; None refuses it.

    Raises:
        ValueError: it is no time.
    """
    if type(value) in {int, float} and 0 <= value <= _LATEST_S:
        return datetime.fromtimestamp(value, timezone.utc)
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[4] is None and zone is None):
        raise ValueError(f"expected a time, got {value!r:.40}")
    day, time, fraction, offset = found.groups()
    micros = int((fraction or ".0")[1:7].ljust(6, "0"))
    try:
        read = datetime.fromisoformat(f"{day}T{time}").replace(microsecond=micros)
        return read.replace(tzinfo=_zone(offset) or zone).astimezone(timezone.utc)
    except (OverflowError, ValueError):
        raise ValueError(f"expected a time, got {value!r:.40}") from None


def _zone(offset: str | None) -> tzinfo | None:
    if offset is None:
        return None
    if offset == "Z":
        return timezone.utc
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-ahead if offset[0] == "-" else ahead)


def _non_empty(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"expected a text that is not empty, got {value!r:.40}")
    return value


def _web_address(value: Any, _: Any) -> str:
    parts = urlsplit(_non_empty(value, _))  # raises ValueError itself on some that are none
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected an address of http or https, got {value!r:.40}")
    return str(value)


def _amount(value: Any, _: Any) -> Decimal:
    is_number = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if not is_number or not _AMOUNT.fullmatch(str(value)):
        raise ValueError(f"expected a number, got {value!r:.40}")
    return Decimal(str(value))


def strict_converter(*, attrs_converters: bool = False) -> cattrs.Converter:
    """Return a new converter; fields with a converter of their own may go through that instead."""
    converter = cattrs.Converter(
        detailed_validation=True, prefer_attrib_converters=attrs_converters
    )
    for kind in (str, bool, int, bytes):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook_factory(is_literal, _strict_literal)
    converter.register_structure_hook_factory(_is_sequence, _strict_sequence)
    converter.register_structure_hook_factory(_is_mapping, _strict_mapping)
    converter.register_structure_hook_factory(_is_mixed_union, _strict_union)
    converter.register_structure_hook_factory(attrs.has, _strict_class)
    return converter


def rename_keys(converter: cattrs.Converter, cls: type, **keys: str) -> None:
    """Read fields of a class from keys that are named otherwise.

    A plain cattrs override would make a class of defaults out of a text or a list.

    Args:
        converter: made by `make_converter()`.
        cls: attrs class.
        **keys: the vendor's key by field name, such as `id="task_id"`.

    Raises:
        ValueError: the class has no such field.
    """
    unknown = sorted(set(keys) - set(attrs.fields_dict(cls)))
    if unknown:
        raise ValueError(f"{cls.__name__} has no field {', '.join(unknown)}")

    def make(kind: Any, converter: cattrs.Converter) -> Structure:
        overrides = {field: override(rename=key) for field, key in keys.items()}
        generated = make_dict_structure_fn(kind, converter, **overrides)  # type: ignore[arg-type]
        return _object(_naming_keys(generated, keys))

    converter.register_structure_hook_factory(lambda kind: kind is cls, make)


def _naming_keys(generated: Structure, keys: Mapping[str, str]) -> Structure:
    """Have faults name the vendor's key, not our field: the path is looked up in the answer."""

    def structure(value: Any, kind: Any) -> Any:
        try:
            return generated(value, kind)
        except cattrs.ClassValidationError as error:
            for fault in error.exceptions:
                for note in getattr(fault, "__notes__", ()):
                    if isinstance(note, cattrs.AttributeValidationNote):
                        note.name = keys.get(note.name, note.name)
            raise

    return structure


def decode(
    converter: cattrs.Converter, data: Any, cls: type[T], *, path: str = "response", at: str = ""
) -> T:
    """Turn vendor JSON, or one value in it, into an instance.

    Args:
        converter: made by `make_converter()`, with the plugin's renames.
        data: parsed JSON.
        cls: attrs class, or any type that the converter knows.
        path: name of the whole in messages.
        at: keys to the value in the whole, such as `output.image_url`; empty for the whole.

    Raises:
        UnexpectedResponse: names every fault with its path.
    """
    for key in at.split(".") if at else ():
        fault = "" if isinstance(data, Mapping) else f"expected object, got {_shown(data)}"
        if not fault and key not in data:
            fault, path = "required field missing", f"{path}.{key}"
        if fault:
            raise UnexpectedResponse(f"the answer breaks its contract: {fault} @ {path}.")
        data, path = data[key], f"{path}.{key}"
    try:
        return converter.structure(data, cls)
    except Exception as error:
        faults = "; ".join(explain(error, path))
        raise UnexpectedResponse(f"the answer breaks its contract: {faults}.") from error


def explain(error: BaseException, path: str) -> list[str]:
    """Return one line per fault, each ending in `@ <path>`."""
    return cattrs.transform_error(error, path=path, format_exception=_describe)


def _describe(error: BaseException, kind: type | None) -> str:
    if isinstance(error, TryOnError):  # from a converter of an option
        return str(error)
    if type(error) in {TypeError, ValueError} and error.args:
        # attrs validators put the field, the rule and the value behind the message.
        return str(error.args[0])
    return str(format_exception(error, kind))


def _exactly(kind: type) -> Structure:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {_shown(value)}")
        return value

    return structure


def _number(value: Any, _: Any) -> float:
    if type(value) not in {int, float}:
        raise TypeError(f"expected number, got {_shown(value)}")
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError(f"expected finite number, got {reprlib.repr(value)}")
    return float(value)


def _shown(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def is_literal(kind: Any) -> bool:
    """Whether a type is a choice between values."""
    return get_origin(kind) is Literal


def _strict_literal(kind: Any, _: cattrs.Converter) -> Structure:
    allowed = get_args(kind)
    names = ", ".join(map(repr, allowed))

    def structure(value: Any, _: Any) -> Any:
        for item in allowed:
            # 1 == True, and JSON knows the difference.
            if type(item) is type(value) and item == value:
                return item
        raise ValueError(f"expected one of {names}, got {reprlib.repr(value)}")

    return structure


def _is_mixed_union(kind: Any) -> bool:
    """Say whether at most one member is a class; cattrs itself tells several classes apart."""
    return get_origin(kind) in UNIONS and sum(map(attrs.has, get_args(kind))) <= 1


def _strict_union(kind: Any, converter: cattrs.Converter) -> Structure:
    members = get_args(kind)
    # An int would be taken as a float.
    ordered = sorted((m for m in members if m is not NoneType), key=lambda member: member is float)

    def structure(value: Any, _: Any) -> Any:
        if value is None and NoneType in members:
            return None
        if len(ordered) == 1:
            return converter.structure(value, ordered[0])
        for member in ordered:
            with contextlib.suppress(Exception):
                return converter.structure(value, member)
        names = " or ".join(map(_named, ordered))
        raise TypeError(f"expected {names}, got {reprlib.repr(value)}")

    return structure


def _named(kind: Any) -> str:
    if is_literal(kind):
        return " or ".join(map(repr, get_args(kind)))
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _plain(kind: Any) -> Any:
    return get_origin(kind) or kind


def _is_sequence(kind: Any) -> bool:
    return any(_plain(kind) is known for known in _MAKERS)


def _is_mapping(kind: Any) -> bool:
    return any(_plain(kind) is known for known in _MAPPINGS)


def _strict_sequence(kind: Any, converter: cattrs.Converter) -> Structure:
    make = _MAKERS[_plain(kind)]
    arguments = get_args(kind) or (Any, ...)
    fixed = make is tuple and arguments[-1] is not Ellipsis and get_origin(kind) is tuple

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"expected list, got {_shown(value)}")
        if fixed and len(value) != len(arguments):
            raise ValueError(f"expected {len(arguments)} items, got {len(value)}")
        kinds = arguments if fixed else (arguments[0],) * len(value)
        return make(_items(converter, dict(enumerate(value)), kinds, kind))

    return structure


def _items(
    converter: cattrs.Converter, value: Mapping[Any, Any], kinds: Any, whole: Any
) -> list[Any]:
    items, faults = [], []
    for (index, item), kind in zip(value.items(), kinds, strict=True):
        try:
            items.append(converter.structure(item, kind))
        except Exception as error:  # noqa: BLE001  (collected, then raised together)
            note = cattrs.IterableValidationNote(f"at {index!r}", index, kind)
            error.__notes__ = [*getattr(error, "__notes__", []), note]
            faults.append(error)
    if faults:
        raise cattrs.IterableValidationError("list", faults, whole)
    return items


def _strict_mapping(kind: Any, converter: cattrs.Converter) -> Structure:
    key_kind, item_kind = get_args(kind) or (Any, Any)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected object, got {_shown(value)}")
        keys = _items(converter, {key: key for key in value}, (key_kind,) * len(value), kind)
        items = _items(converter, value, (item_kind,) * len(value), kind)
        return dict(zip(keys, items, strict=True))

    return structure


def _strict_class(cls: Any, converter: cattrs.Converter) -> Structure:
    return _object(converter.gen_structure_attrs_fromdict(cls))


def _object(generated: Structure) -> Structure:
    def structure(value: Any, kind: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected object, got {_shown(value)}")
        return generated(value, kind)

    return structure
