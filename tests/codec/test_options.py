from typing import Literal, Optional

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from tryon_core.codec import make_options, option_specs
from tryon_core.errors import UnknownOption
from tryon_core.models import ImageSource

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@attrs.frozen
class Options:
    resolution: int = 512
    guidance: float = 2.5
    mode: Literal["fast", "good"] = "fast"
    tiles: Literal[1, 2, 4] = 1
    seed: int | None = None
    upscale: bool = False
    prompt: str = ""
    note: Optional[str] = None  # noqa: UP045  (plugins may use it)
    strength: "float | None" = None
    size: Literal["auto"] | int = "auto"
    steps: int = attrs.field(
        default=20, validator=[attrs.validators.ge(1), attrs.validators.in_(range(51))]
    )
    derived: int = attrs.field(init=False, default=1)


def _options(given):
    return make_options(Options, given, provider="acme")


def _refusal(given) -> UnknownOption:
    with pytest.raises(UnknownOption) as caught:
        _options(given)
    assert caught.value.provider == "acme"
    return caught.value


def test_options_may_be_absent_an_instance_or_a_mapping():
    ready = Options(seed=3)
    assert _options(None) == Options()
    assert _options({}) == Options()
    assert _options(ready) is ready
    assert _options({"seed": 3, "guidance": 2, "upscale": True}) == Options(
        seed=3, guidance=2.0, upscale=True
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("resolution", "768", 768),
        ("guidance", "2", 2.0),
        ("guidance", "2.5e-1", 0.25),
        ("mode", "good", "good"),
        ("tiles", "4", 4),
        ("seed", "-1", -1),
        ("upscale", "Yes", True),
        ("upscale", "1", True),
        ("upscale", "off", False),
        ("upscale", "FALSE", False),
        ("prompt", "12", "12"),
        ("prompt", "true", "true"),
        ("note", "5", "5"),
        ("strength", "0.5", 0.5),
        ("size", "auto", "auto"),
        ("size", "512", 512),
    ],
)
def test_text_is_read_as_the_type_of_the_option(name, text, expected):
    found = getattr(_options({name: text}), name)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"resolution": "big"}, ["expected int, got str", "resolution=", "'big'"]),
        ({"resolution": 1.5}, ["expected int, got float", "resolution=", "1.5"]),
        ({"resolution": True}, ["expected int, got bool"]),
        ({"guidance": "nan"}, ["expected finite number, got nan", "guidance="]),
        ({"upscale": "maybe"}, ["expected bool, got str", "upscale=", "'maybe'"]),
        ({"upscale": 1}, ["expected bool, got int"]),
        ({"mode": "slow"}, ["expected one of 'fast', 'good', got 'slow'", "mode="]),
        ({"tiles": "3"}, ["expected one of 1, 2, 4, got '3'", "tiles="]),
        ({"size": "huge"}, ["size='huge'"]),
        ({"prompt": 5}, ["expected str, got int", "prompt=", "prompt=5"]),
        ({"seed": "x", "mode": 1}, ["seed=", "mode="]),
        ({"steps": "0"}, ["'steps' must be >= 1: 0"]),
        ({"steps": 51}, ["'steps' must be in range(0, 51) (got 51)"]),
    ],
    ids=str,
)
def test_a_wrong_value_is_named_with_its_option_and_rule(given, faults):
    message = _refusal(given).message
    for fault in faults:
        assert fault in message
    assert "Attribute(" not in message


@pytest.mark.parametrize("wrong", [{"mode": "slow"}, {"resolution": "512"}, {"tiles": True}])
def test_an_instance_with_values_of_wrong_types_is_refused_as_a_mapping_is(wrong):
    (name,) = wrong
    assert name in str(_refusal(Options(**wrong)))


def test_an_unknown_option_is_answered_with_the_nearest_one_and_the_list():
    error = _refusal({"resoluton": 5, "zzz": 1})
    assert "unknown option 'resoluton' (did you mean 'resolution'?), 'zzz'." in error.message
    assert "resolution, guidance" in error.remedy


def test_what_the_class_derives_itself_is_not_an_option():
    error = _refusal({"derived": 5})
    assert "unknown option 'derived'" in error.message
    assert "derived" not in error.remedy


def test_options_that_are_no_mapping_are_refused():
    assert "expected a mapping or Options, got list" in _refusal(["seed=3"]).message


def test_a_provider_without_options_says_so():
    some = attrs.make_class("Some", ["text"])
    with pytest.raises(UnknownOption) as caught:
        make_options(some, {"prompt": "x"}, provider="acme")
    assert caught.value.remedy == "It has: text."
    empty = attrs.make_class("Empty", [])
    with pytest.raises(UnknownOption, match="It has: no options"):
        make_options(empty, {"text": "x"}, provider="acme")


def test_a_required_option_that_is_missing_is_named():
    @attrs.frozen
    class Needs:
        prompt: str

    with pytest.raises(UnknownOption, match=r"prompt: required field missing"):
        make_options(Needs, {}, provider="acme")


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in attrs.fields(Options)]) | st.text(max_size=5),
        JSON,
        max_size=4,
    )
)
@settings(deadline=None, max_examples=100)
def test_any_mapping_gives_options_or_the_one_error(given_options):
    try:
        assert isinstance(_options(given_options), Options)
    except UnknownOption as error:
        assert error.fault == "input"  # noqa: PT017  (either outcome is allowed)


def _short(value):
    if len(value) > 3:
        raise UnknownOption(f"{len(value)} letters are too many.")
    return value.upper()


@attrs.frozen
class _Converted:
    word: str = attrs.field(default="", converter=_short)


def test_an_option_is_converted_as_its_class_says():
    assert make_options(_Converted, {"word": "abc"}, provider="acme") == _Converted("abc")
    with pytest.raises(UnknownOption, match=r"^acme: .*4 letters are too many\.$"):
        make_options(_Converted, {"word": "abcd"}, provider="acme")


def test_a_wrong_option_is_not_shown_at_full_length():
    with pytest.raises(UnknownOption) as caught:
        make_options(_Converted, {"word": b"x" * 10_000}, provider="acme")
    assert len(str(caught.value)) < 300


@attrs.frozen(kw_only=True)
class PhotoOptions:
    photo: ImageSource | None = None
    photos: tuple[ImageSource, ...] = attrs.field(factory=tuple)
    words: tuple[str, ...] = ()
    count: int


def _specs(cls):
    return {spec.name: spec for spec in option_specs(cls)}


def test_what_a_class_declares_of_its_options_is_told_in_their_order():
    specs = _specs(Options)
    assert [*specs] == [field.name for field in attrs.fields(Options) if field.init]
    assert specs["seed"].field == "options.seed"
    assert specs["size"].choices == ("auto",)
    assert specs["size"].members == (Literal["auto"], int)
    assert specs["tiles"].choices == (1, 2, 4)
    assert specs["steps"].validator is not None
    assert specs["steps"].default == 20
    assert specs["steps"].made_default == 20


@pytest.mark.parametrize("name", ["seed", "note", "strength"])
def test_an_option_that_may_be_none_is_optional_however_that_is_written(name):
    spec = _specs(Options)[name]
    assert spec.is_optional
    assert spec.kind in {int, str, float}


def test_options_that_are_images_are_known_alone_and_in_tuples():
    specs = _specs(PhotoOptions)
    assert [name for name, spec in specs.items() if spec.is_image] == ["photo"]
    assert [name for name, spec in specs.items() if spec.is_images] == ["photos"]
    assert specs["photos"].made_default == ()
    assert [name for name, spec in specs.items() if spec.default is attrs.NOTHING] == ["count"]


def test_every_value_that_cannot_be_meant_is_named_at_once_beside_unknown_options():
    wrong = {"steps": "99", "tiles": "3", "seed": "x"}
    with pytest.raises(UnknownOption) as caught:
        make_options(Options, wrong, provider="acme")
    told = str(caught.value)
    assert all(name in told for name in wrong)
    with pytest.raises(UnknownOption) as caught:
        make_options(Options, {**wrong, "sed": 1}, provider="acme")
    told = str(caught.value)
    assert all(name in told for name in (*wrong, "unknown option 'sed' (did you mean 'seed'?)"))
    with pytest.raises(UnknownOption, match="steps") as caught:
        make_options(Options, {"steps": 99, "tiles": 4}, provider="acme")
    assert "tiles" not in str(caught.value)
