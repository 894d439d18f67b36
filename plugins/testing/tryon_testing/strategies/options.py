"""Options derived from a provider's options class: its types, choices and validators."""

import math
import operator
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType, NoneType
from typing import Any, Literal, TypeAlias, get_args, get_origin

import attrs
from hypothesis import strategies as st

from tryon_core.codec.converter import UNIONS
from tryon_core.models import SOURCES, ImageRules, ImageSource
from tryon_testing.strategies.images import broken_pictures, pictures

_NO_SUCH = "no such choice"
_LARGEST = 2**31 - 1
_MOST_PICTURES = 2
_STEP = MappingProxyType({"<": -1, "<=": 0, ">=": 0, ">": 1})

Strategies: TypeAlias = Mapping[str, st.SearchStrategy[Any]]
"""Values of options by name, for those that types and validators do not tell."""


@attrs.frozen(kw_only=True)
class Option:
    """One option as its class declares it.

    Attributes:
        name: its name.
        kind: its type, without `None`.
        optional: whether it may be None.
        required: whether it has no default.
        validator: of attrs, None when it has none.
    """

    name: str
    kind: Any
    optional: bool
    required: bool
    validator: Any

    @property
    def field(self) -> str:
        """The name by which problems call it."""
        return f"options.{self.name}"

    @property
    def is_image(self) -> bool:
        """Whether it takes an image."""
        return _is_image(self.kind)

    @property
    def is_images(self) -> bool:
        """Whether it takes several images."""
        return get_origin(self.kind) is tuple and _is_image(get_args(self.kind)[0])


def _is_image(kind: Any) -> bool:
    members = get_args(kind) if get_origin(kind) in UNIONS else (kind,)
    return any(member in SOURCES for member in members)


def options_of(cls: type) -> tuple[Option, ...]:
    """Return the options of a provider's options class.

    Args:
        cls: `info.options`.
    """
    kinds = typing.get_type_hints(cls)
    return tuple(_option(field, kinds[field.name]) for field in attrs.fields(cls) if field.init)


def _option(field: "attrs.Attribute[Any]", kind: Any) -> Option:
    members = get_args(kind) if get_origin(kind) in UNIONS else (kind,)
    rest = tuple(member for member in members if member is not NoneType)
    return Option(
        name=field.name,
        kind=typing.Union[rest],  # noqa: UP007  (a tuple of members, and one alone stays itself)
        optional=NoneType in members,
        required=field.default is attrs.NOTHING,
        validator=field.validator,
    )


def _validators(validator: Any) -> Iterator[Any]:
    """Yield the simple validators within `and_` and `optional`; attrs has no interface for them."""
    inner = getattr(validator, "_validators", None) or getattr(validator, "validator", None)
    if inner is None:
        yield from () if validator is None else (validator,)
        return
    for entry in inner if isinstance(inner, (tuple, list)) else (inner,):
        yield from _validators(entry)


def choices(option: Option) -> tuple[Any, ...]:
    """Return the values between which an option chooses, empty when it is not a choice."""
    if get_origin(option.kind) is Literal:
        return get_args(option.kind)
    for validator in _validators(option.validator):
        if hasattr(validator, "options"):
            return tuple(validator.options)
    return ()


def limits(option: Option) -> tuple[float, float]:
    """Return the least and the greatest value of a number, infinite when it has none."""
    low, high = -math.inf, math.inf
    for validator in _validators(option.validator):
        compare = getattr(validator, "compare_op", None)
        if compare in {">", ">="}:
            low = max(low, validator.bound + _step(option, compare))
        elif compare in {"<", "<="}:
            high = min(high, validator.bound + _step(option, compare))
    return low, high


def _step(option: Option, compare: str) -> float:
    return _STEP[compare] * (1 if option.kind is int else 1e-6)


def lengths(option: Option, *, most: int) -> tuple[int, int]:
    """Return the least and the greatest length of a text or tuple."""
    low, high = 0, most
    for validator in _validators(option.validator):
        low = max(low, getattr(validator, "min_length", low))
        high = min(high, getattr(validator, "max_length", high))
    return low, max(low, high)


def valid_options(
    cls: type, *, rules: ImageRules, given: Strategies = MappingProxyType({})
) -> st.SearchStrategy[dict[str, Any]]:
    """Options as a mapping of names to values that the class takes.

    Args:
        cls: `info.options`.
        rules: limits for the images among the options.
        given: strategies by name, for the options whose values the class does not tell.
    """
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for option in options_of(cls):
        values = given[option.name] if option.name in given else valid_values(option, rules)
        (required if option.required else optional)[option.name] = values
    return st.fixed_dictionaries(required, optional=optional)


def valid_values(option: Option, rules: ImageRules) -> st.SearchStrategy[Any]:
    """Values of one option; those on its limits come often.

    Raises:
        TypeError: nobody can tell from the type which values there are.
    """
    values = _values_of(option, rules)
    if option.validator is not None:
        values = values.filter(lambda value: _passes(option, value))
    return st.none() | values if option.optional else values


def _passes(option: Option, value: Any) -> bool:
    try:
        option.validator(None, _Named(option.name), value)
    except Exception:  # noqa: BLE001  (whatever a validator raises is its refusal)
        return False
    return True


@attrs.frozen
class _Named:
    """Stands in for the attribute that a validator is told of."""

    name: str


def _values_of(option: Option, rules: ImageRules) -> st.SearchStrategy[Any]:
    if choices(option):
        return st.sampled_from(choices(option))
    if option.is_image:
        return pictures(rules)
    if option.is_images:
        low, high = lengths(option, most=_MOST_PICTURES)
        return st.lists(pictures(rules), min_size=low, max_size=high).map(tuple)
    if option.kind in {int, float}:
        return _numbers(option)
    if option.kind is str:
        low, high = lengths(option, most=40)
        return st.text(st.characters(codec="utf-8"), min_size=low, max_size=high)
    if option.kind is bool:
        return st.booleans()
    raise TypeError(
        f"{option.field}: nothing is known about values of {option.kind}. Give a strategy: "
        f"options={{{option.name!r}: ...}}."
    )


def _numbers(option: Option) -> st.SearchStrategy[Any]:
    low, high = limits(option)
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    if option.kind is int:
        return st.sampled_from((int(low), int(high))) | st.integers(int(low), int(high))
    return st.sampled_from((low, high)) | st.floats(low, high)


@attrs.frozen(kw_only=True)
class WrongOption:
    """A value that an option must refuse.

    Attributes:
        name: name of the option.
        field: the input that must be named.
        value: makes the value.
        why: what is wrong with it.
    """

    name: str
    field: str
    value: Callable[[], Any]
    why: str


def wrong_options(cls: type, *, rules: ImageRules) -> tuple[WrongOption, ...]:
    """Return one wrong value for each way in which an option can be wrong.

    Args:
        cls: `info.options`.
        rules: limits for the images among the options.
    """
    unknown = WrongOption(
        name="no_such_option",
        field="no_such_option",
        value=lambda: 1,
        why="there is no such option",
    )
    wrong = [entry for option in options_of(cls) for entry in _wrong_values(option, rules)]
    return (unknown, *wrong)


def _wrong_values(option: Option, rules: ImageRules) -> Iterator[WrongOption]:
    if option.is_image or option.is_images:
        yield from _wrong_images(option, rules)
        return
    for value, why in _wrong_plain(option):
        yield WrongOption(
            name=option.name,
            field=option.field,
            value=partial(_itself, value),
            why=f"{value!r} {why}",
        )


def _wrong_images(option: Option, rules: ImageRules) -> Iterator[WrongOption]:
    for broken in broken_pictures(rules):
        yield WrongOption(
            name=option.name,
            field=f"{option.field}[0]" if option.is_images else option.field,
            value=partial(_alone, broken.make) if option.is_images else broken.make,
            why=broken.why,
        )


def _itself(value: Any) -> Any:
    return value


def _alone(make: Callable[[], ImageSource]) -> tuple[ImageSource, ...]:
    return (make(),)


def _wrong_plain(option: Option) -> Iterator[tuple[Any, str]]:
    if not option.optional:
        yield None, "is not optional"
    if choices(option):
        yield _NO_SUCH, "is no choice"
        yield from _beyond_choices(option)
    elif option.kind is bool:
        yield "perhaps", "is neither true nor false"
    elif option.kind in {int, float}:
        yield "many", "is no number"
        yield from _beyond_limits(option)
    elif option.kind is str:
        yield 5, "is no text"


def _beyond_choices(option: Option) -> Iterator[tuple[Any, str]]:
    numbers = [entry for entry in choices(option) if type(entry) is int]
    if numbers:
        yield max(numbers) + 1, "is no choice"


def _beyond_limits(option: Option) -> Iterator[tuple[Any, str]]:
    low, high = limits(option)
    for limit, step in ((low, operator.sub), (high, operator.add)):
        if math.isfinite(limit):
            beyond = step(limit, 1)
            yield (int(beyond) if option.kind is int else beyond), "is beyond the limit"
