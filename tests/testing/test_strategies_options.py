import math
from typing import Any, Literal

import attrs
import pytest
from hypothesis import find, given, settings, strategies as st

from tryon_core import ImageSource, as_source, errors
from tryon_core.codec import make_options, option_specs
from tryon_core.models import ImageRules
from tryon_testing.strategies.options import (
    limits,
    valid_options,
    wrong_options,
)

RULES = ImageRules(formats={"PNG"}, min_side_px=8, max_side_px=64)
V = attrs.validators


def _images(value: Any) -> tuple[ImageSource, ...]:
    return tuple(as_source(entry) for entry in value)


@attrs.frozen(kw_only=True)
class Options:
    steps: int = attrs.field(validator=[V.ge(10), V.le(50)])
    mode: Literal["a", "b"] = "a"
    size: Literal[512, 1024] = 512
    sharp: bool = True
    seed: int | None = attrs.field(default=None, validator=V.optional(V.ge(0)))
    style: str = attrs.field(default="x", validator=V.in_(["x", "y"]))
    strength: float = attrs.field(default=0.5, validator=[V.gt(0), V.lt(1)])
    words: str = attrs.field(default="w", validator=[V.min_len(1), V.max_len(3)])
    coarse: ImageSource | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_source)
    )
    more: tuple[ImageSource, ...] = attrs.field(
        default=(), converter=_images, validator=V.max_len(2)
    )


@given(valid_options(Options, rules=RULES))
@settings(max_examples=200)
def test_every_drawn_mapping_is_taken(values):
    options = make_options(Options, values, provider="acme")
    assert {name: getattr(options, name) for name in values} == values


def test_the_limits_and_all_choices_are_drawn():
    seen = set()

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(valid_options(Options, rules=RULES))
    def collect(values):
        seen.update((name, value) for name, value in values.items() if name != "more")

    collect()
    assert {("steps", 10), ("steps", 50), ("seed", 0), ("seed", None)} <= seen
    assert {("mode", "b"), ("size", 1024), ("style", "y"), ("sharp", False)} <= seen


def test_images_among_the_options_are_drawn_within_the_rules():
    drawn = find(
        valid_options(Options, rules=RULES), lambda values: len(values.get("more", ())) == 2
    )
    assert all(image.name.endswith(".png") for image in drawn["more"])


def test_required_options_are_always_there():
    assert set(find(valid_options(Options, rules=RULES), lambda _: True)) == {"steps"}


def test_a_given_strategy_wins():
    values = valid_options(Options, rules=RULES, given={"steps": st.just(33)})
    assert find(values, lambda _: True)["steps"] == 33


@attrs.frozen
class Opaque:
    when: complex | None = None


def test_a_type_that_says_nothing_asks_for_a_strategy():
    with pytest.raises(TypeError, match=r"options.when: nothing is known .* options=\{'when'"):
        valid_options(Opaque, rules=RULES)
    assert valid_options(Opaque, rules=RULES, given={"when": st.none()}).example is not None


@pytest.mark.parametrize("wrong", wrong_options(Options, rules=RULES), ids=lambda w: w.why[:40])
def test_every_wrong_plain_value_is_refused_by_name(wrong):
    if wrong.name in {"coarse", "more"}:
        made = make_options(Options, {"steps": 10, wrong.name: wrong.value()}, provider="acme")
        assert isinstance(made, Options)  # what is wrong with it is for validation to find
        return
    with pytest.raises(errors.UnknownOption) as caught:
        make_options(Options, {"steps": 10, wrong.name: wrong.value()}, provider="acme")
    reason = str(caught.value)
    assert any(told in reason for told in (wrong.field, f"'{wrong.name}'", f" {wrong.name}="))


def test_each_way_to_be_wrong_is_there():
    plain = [(w.name, w.value()) for w in wrong_options(Options, rules=RULES) if w.name != "more"]
    assert {("steps", 9), ("steps", 51), ("steps", "many"), ("seed", -1), ("size", 1025)} < {
        entry for entry in plain if isinstance(entry[1], (int, str))
    }
    assert ("seed", None) not in plain
    assert ("steps", None) in plain


def test_images_are_named_with_their_place():
    fields = {wrong.field for wrong in wrong_options(Options, rules=RULES)}
    assert {"options.coarse", "options.more[0]", "no_such_option"} < fields


def test_limits_are_read_through_all_validators():
    found = {option.name: limits(option) for option in option_specs(Options)}
    assert found["steps"] == (10, 50)
    assert found["seed"] == (0, math.inf)
    assert found["strength"] == (1e-6, 1 - 1e-6)
