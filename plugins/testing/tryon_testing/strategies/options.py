"""Options derived from a provider's options class: its types, choices and validators."""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from hypothesis import strategies as st

from tryon_core.codec import OptionSpec, option_specs
from tryon_core.codec.converter import is_literal
from tryon_core.models import ImageRules, ImageSource
from tryon_testing.strategies.images import broken_images, valid_images

_NO_SUCH = "no such choice"
_LARGEST = 2**31 - 1
_MOST_IMAGES = 2
_STEP = MappingProxyType({"<": -1, "<=": 0, ">=": 0, ">": 1})

Strategies: TypeAlias = Mapping[str, st.SearchStrategy[Any]]
"""Values of options by name, for those that types and validators do not tell."""


def _validators(validator: Any) -> Iterator[Any]:
    """Yield the simple validators within `and_` and `optional`; attrs has no interface for them."""
    inner = getattr(validator, "_validators", None) or getattr(validator, "validator", None)
    if inner is None:
        yield from () if validator is None else (validator,)
        return
    for entry in inner if isinstance(inner, (tuple, list)) else (inner,):
        yield from _validators(entry)


def choices(option: OptionSpec) -> tuple[Any, ...]:
    """Return the values between which an option chooses, empty when it is not a choice."""
    if is_literal(option.kind):
        return option.choices
    for validator in _validators(option.validator):
        if hasattr(validator, "options"):
            return tuple(validator.options)
    return ()


def limits(option: OptionSpec) -> tuple[float, float]:
    """Return the least and the greatest value of a number, infinite when it has none."""
    low, high = -math.inf, math.inf
    for validator in _validators(option.validator):
        compare = getattr(validator, "compare_op", None)
        if compare in {">", ">="}:
            low = max(low, validator.bound + _step(option, compare))
        elif compare in {"<", "<="}:
            high = min(high, validator.bound + _step(option, compare))
    return low, high


def _step(option: OptionSpec, compare: str) -> float:
    return _STEP[compare] * (1 if option.kind is int else 1e-6)


def lengths(option: OptionSpec, *, most: int) -> tuple[int, int]:
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
    for option in option_specs(cls):
        values = given[option.name] if option.name in given else valid_values(option, rules)
        (required if option.default is attrs.NOTHING else optional)[option.name] = values
    return st.fixed_dictionaries(required, optional=optional)


def valid_values(option: OptionSpec, rules: ImageRules) -> st.SearchStrategy[Any]:
    """Values of one option; those on its limits come often.

    Raises:
        TypeError: the type does not tell which values there are.
    """
    values = _values_of(option, rules).filter(lambda value: passes(option, value))
    return st.none() | values if option.is_optional else values


def passes(option: OptionSpec, value: Any) -> bool:
    """Return whether the validator of an option lets a value pass."""
    if option.validator is None:
        return True
    try:
        option.validator(None, _Named(option.name), value)
    except Exception:  # noqa: BLE001  (whatever a validator raises is its refusal)
        return False
    return True


@attrs.frozen
class _Named:
    """Replaces the attribute that a validator is given."""

    name: str


def _values_of(option: OptionSpec, rules: ImageRules) -> st.SearchStrategy[Any]:
    if choices(option):
        return st.sampled_from(choices(option))
    if option.is_image:
        return valid_images(rules)
    if option.is_images:
        low, high = lengths(option, most=_MOST_IMAGES)
        return st.lists(valid_images(rules), min_size=low, max_size=high).map(tuple)
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


def _numbers(option: OptionSpec) -> st.SearchStrategy[Any]:
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
    wrong = [entry for option in option_specs(cls) for entry in _wrong_values(option, rules)]
    return (unknown, *wrong)


def _wrong_values(option: OptionSpec, rules: ImageRules) -> Iterator[WrongOption]:
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


def _wrong_images(option: OptionSpec, rules: ImageRules) -> Iterator[WrongOption]:
    for broken in broken_images(rules):
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


def _wrong_plain(option: OptionSpec) -> Iterator[tuple[Any, str]]:
    if not option.is_optional:
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


def _beyond_choices(option: OptionSpec) -> Iterator[tuple[Any, str]]:
    numbers = [entry for entry in choices(option) if type(entry) is int]
    if numbers:
        yield max(numbers) + 1, "is no choice"


def _beyond_limits(option: OptionSpec) -> Iterator[tuple[Any, str]]:
    low, high = limits(option)
    for limit, step in ((low, operator.sub), (high, operator.add)):
        if math.isfinite(limit):
            beyond = step(limit, 1)
            yield (int(beyond) if option.kind is int else beyond), "is beyond the limit"
