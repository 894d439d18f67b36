"""Options of a provider, from an instance, a mapping, or the text of a command line."""

import difflib
import functools
import re
import reprlib
import typing
import weakref
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs

from tryon_core.codec.converter import UNIONS, explain, is_literal, strict_converter
from tryon_core.errors import UnknownOption
from tryon_core.models import SOURCES, Secret
from tryon_core.text import as_flag

T = TypeVar("T")
_SPECS: "weakref.WeakKeyDictionary[type, tuple[OptionSpec, ...]]" = weakref.WeakKeyDictionary()


@attrs.frozen(kw_only=True)
class OptionSpec:
    """One option, as a provider's options class declares it.

    Attributes:
        name: its name.
        declared: its type, as it is written.
        default: its default, `attrs.NOTHING` without one.
        validator: of attrs, None when it has none.
    """

    name: str
    declared: Any
    default: Any
    validator: Any

    @property
    def field(self) -> str:
        """The name by which problems call it, such as `options.seed`."""
        return f"options.{self.name}"

    @property
    def members(self) -> tuple[Any, ...]:
        """The types that its values may have, without `None`."""
        return tuple(member for member in members_of(self.declared) if member is not NoneType)

    @property
    def kind(self) -> Any:
        """Its type without `None`."""
        return typing.Union[self.members]  # noqa: UP007  (one member alone stays itself)

    @property
    def is_optional(self) -> bool:
        """Whether it may be None."""
        return NoneType in members_of(self.declared)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that its type names, empty when it names none."""
        return tuple(
            value for member in self.members if is_literal(member) for value in get_args(member)
        )

    @property
    def made_default(self) -> Any:
        """The value that an instance has when none is given."""
        is_factory = isinstance(self.default, type(attrs.Factory(list)))
        return self.default.factory() if is_factory else self.default

    @property
    def is_image(self) -> bool:
        """Whether it takes an image."""
        return any(member in SOURCES for member in self.members)

    @property
    def is_images(self) -> bool:
        """Whether it takes several images."""
        first = get_args(self.kind)[:1] if get_origin(self.kind) is tuple else ()
        return any(member in SOURCES for kind in first for member in members_of(kind))


def members_of(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union; a type that is none is its own only member."""
    return get_args(kind) if get_origin(kind) in UNIONS else (kind,)


def option_specs(cls: type) -> tuple[OptionSpec, ...]:
    """Return the options of a provider's options class, in the order of its fields.

    Args:
        cls: `info.options`.
    """
    if cls not in _SPECS:
        kinds = typing.get_type_hints(cls)
        _SPECS[cls] = tuple(
            OptionSpec(
                name=field.name,
                declared=kinds.get(field.name, Any),
                default=field.default,
                validator=field.validator,
            )
            for field in attrs.fields(cls)
            if field.init
        )
    return _SPECS[cls]


def make_options(cls: type[T], given: Any, *, provider: str) -> T:
    """Return an instance of a provider's options class.

    Args:
        cls: the options class.
        given: an instance, a mapping of option names to values (text is read according to the
            option's type, as the command line gives it), or None for the defaults.
        provider: id, for messages.

    Raises:
        UnknownOption: names every unknown option with the nearest existing one, and every value
            that cannot be meant.
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
    specs = {spec.name: spec for spec in option_specs(cls)}
    given = {n: _hidden(value, specs.get(n)) for n, value in given.items()}
    values = {n: _from_text(value, specs[n]) for n, value in given.items() if n in specs}
    if len(values) < len(given):
        faults = "; ".join([_unknown(given, [*specs]), *_each_fault(cls, values, given)])
        raise UnknownOption(
            f"{provider}: {faults.rstrip('.')}.",
            provider=provider,
            remedy=f"It has: {', '.join(specs) or 'no options'}.",
        )
    return _structured(cls, values, given, provider)


def _check_types(cls: type, given: Any, provider: str) -> None:
    """Refuse an instance that a program without a type checker made of values of wrong types."""
    values = {spec.name: getattr(given, spec.name) for spec in option_specs(cls)}
    _structured(cls, values, values, provider)


def _structured(
    cls: type[T], values: Mapping[str, Any], given: Mapping[str, Any], provider: str
) -> T:
    try:
        return _converter().structure(values, cls)
    except Exception as error:
        found = _each_fault(cls, values, given) or _faults(error, given)
        text = "; ".join(found).rstrip(".")
        raise UnknownOption(f"{provider}: {text}.", provider=provider) from error


def _each_fault(cls: type, values: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with each value; together, a class says the first only."""
    needed = {spec.name for spec in option_specs(cls) if spec.default is attrs.NOTHING}
    found: dict[str, None] = {}
    for name in values:
        alone = {other: values[other] for other in values if other in {name, *needed}}
        try:
            _converter().structure(alone, cls)
        except Exception as error:  # noqa: BLE001  (cattrs raises groups)
            found |= dict.fromkeys(_faults(error, given))
    return [*found]


def _faults(error: Exception, given: Mapping[str, Any]) -> list[str]:
    return [_described(line, given).rstrip(".") for line in explain(error, "options")]


def _described(line: str, given: Mapping[str, Any]) -> str:
    """Return a fault as `seed='x': expected int, got str`."""
    fault, _, place = line.rpartition(" @ options")
    name = re.split(r"[.\[]", place.lstrip("."))[0]
    value = f"={reprlib.repr(given[name])}" if name in given else ""
    return f"{name}{value}: {fault}" if name else fault


@functools.cache
def _converter() -> cattrs.Converter:
    # A converter compiles each class that it meets once, which takes longer than the conversion.
    converter = strict_converter(attrs_converters=True)
    converter.register_structure_hook(Secret, _secret)
    return converter


def _secret(value: Any, _: Any) -> Secret:
    if not isinstance(value, Secret):
        raise TypeError(f"expected a text, got {type(value).__name__}")
    return value


def _hidden(value: Any, spec: OptionSpec | None) -> Any:
    """Return a value that no fault shows, where its option is secret."""
    is_secret = spec is not None and Secret in spec.members
    return Secret(value) if is_secret and isinstance(value, str) else value


def _unknown(given: Mapping[str, Any], known: Sequence[str]) -> str:
    hints = []
    for name in (str(name) for name in given if name not in known):
        near = difflib.get_close_matches(name, known, n=1)
        hints.append(f"{name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    return f"unknown option {', '.join(hints)}"


def _from_text(value: Any, spec: OptionSpec) -> Any:
    """Read a text as the option's type, where that is unambiguous; keep everything else."""
    if not isinstance(value, str):
        return value
    for item in spec.choices:
        if str(item) == value:
            return item
    if str in spec.members:
        return value
    if bool in spec.members and (flag := as_flag(value)) is not None:
        return flag
    for number in (int, float):
        if number in spec.members:
            try:
                return number(value)
            except ValueError:
                continue
    return value
