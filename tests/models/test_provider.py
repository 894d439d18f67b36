from datetime import date
from decimal import Decimal

import attrs
import pytest

from tryon_core import ErrorCode, errors
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageRules,
    NoOptions,
    ParseRequest,
    Price,
    ProviderInfo,
    SettingSpec,
    TryOnRequest,
)


def test_a_single_name_is_not_taken_for_its_letters():
    assert SettingSpec(name="api_key", env="ACME_API_KEY").env == ("ACME_API_KEY",)
    assert ImageRules(formats="JPEG").formats == {"JPEG"}
    capabilities = Capabilities(
        garments=["top", ["bottom"]], delivery="url", parse_categories="top"
    )
    assert capabilities.garments == {frozenset({"top"}), frozenset({"bottom"})}
    assert capabilities.delivery == {"url"}
    assert capabilities.parse_categories == ("top",)


@pytest.mark.parametrize(
    ("declaration", "fault"),
    [
        ({"garments": [["tops"]]}, "garments: unknown 'tops'; there is top, bottom, dress"),
        ({"garments": [], "delivery": ["email"]}, "delivery: unknown 'email'"),
        ({"garments": [], "delivery": []}, "delivery"),
        ({"garments": [], "parse_categories": ["hat"]}, "parse_categories: unknown 'hat'"),
    ],
)
def test_a_declaration_that_could_never_match_is_refused(declaration, fault):
    with pytest.raises(ValueError, match=fault):
        Capabilities(**declaration)


def test_a_format_that_no_image_has_is_refused():
    with pytest.raises(ValueError, match="formats: unknown 'JPG'; there is JPEG"):
        ImageRules(formats={"JPG"})


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ({"options": dict}, "options: <class 'dict'> is not an attrs class"),
        ({"options": NoOptions()}, "is not an attrs class"),
        ({"settings": ["api_key"]}, "SettingSpec"),
    ],
)
def test_a_declaration_that_would_fail_at_its_first_use_is_refused(declared, fault):
    with pytest.raises(TypeError, match=fault):
        ProviderInfo(
            id="acme", name="Acme", capabilities=Capabilities(garments=["top"]), **declared
        )


def test_a_header_that_would_always_be_left_out_is_refused():
    with pytest.raises(ValueError, match="'X-Key' names the setting 'api_kye', which is none"):
        ProviderInfo(
            id="acme",
            name="Acme",
            capabilities=Capabilities(garments=["top"]),
            settings=[SettingSpec(name="api_key", secret=True)],
            headers={"X-Key": "{api_kye}"},
        )


def test_declarations_are_values():
    made = [
        ProviderInfo(
            id="acme",
            name="Acme",
            capabilities=Capabilities(garments=[["top"], ["top", "bottom"]]),
            settings=[SettingSpec(name="api_key", secret=True)],
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made)) == 1
    assert frozenset({"bottom", "top"}) in made[0].capabilities.garments


@attrs.frozen
class _Options:
    model: str = "base"


def _with_models(options=_Options):
    base, pro = Capabilities(garments=["top"]), Capabilities(garments=["dress"])
    return ProviderInfo(
        id="acme", name="Acme", capabilities=base, options=options, models={"pro": pro}
    )


def test_the_model_among_the_options_decides_what_can_be_done():
    info = _with_models()
    request = TryOnRequest(person=b"p", options=_Options())
    assert info.capabilities_for(request) is info.capabilities
    pro = attrs.evolve(request, options=_Options("pro"))
    assert info.capabilities_for(pro) is info.models["pro"]


def test_parsing_is_the_same_whatever_the_model():
    info = _with_models()
    request = ParseRequest(image=b"p", categories="top", options=_Options("pro"))
    assert info.capabilities_for(request) is info.capabilities


def test_models_that_nobody_can_choose_are_refused():
    with pytest.raises(ValueError, match="models: NoOptions has no option 'model'"):
        _with_models(options=NoOptions)


def test_a_declaration_with_models_can_be_a_key():
    assert len({_with_models(), _with_models()}) == 1


def test_a_submission_gives_one_picture_unless_the_provider_says_otherwise():
    info = ProviderInfo(id="acme", name="Acme", capabilities=Capabilities(garments=["top"]))
    assert info.count_outputs(TryOnRequest(person=b"p")) == 1
    with pytest.raises(TypeError, match="count_outputs"):
        attrs.evolve(info, count_outputs=4)


@attrs.frozen
class _WithModel:
    model: str = "free"


def _priced(amount):
    price = Price(amount=Decimal(amount), currency="USD", as_of=date(2026, 1, 1), source="x")
    return Capabilities(garments=["top"], price=price, parse_price=price)


def test_what_is_free_depends_on_the_model_asked_for():
    info = ProviderInfo(
        id="x",
        name="X",
        options=_WithModel,
        capabilities=_priced(0),
        models={"free": _priced(0), "pro": _priced(1)},
    )
    image = BytesSource(b"x")
    requests = {
        model: TryOnRequest(person=image, top=image, options=_WithModel(model))
        for model in ("free", "pro")
    }
    assert [info.is_free(requests[model]) for model in ("free", "pro")] == [True, False]
    assert info.is_free(ParseRequest(image=image, categories=["top"]))
    assert not info.is_free()
    assert attrs.evolve(info, models={}).is_free()


def test_nothing_is_free_without_a_declared_price():
    info = ProviderInfo(id="x", name="X", capabilities=Capabilities(garments=["top"]))
    image = BytesSource(b"x")
    for request in (
        None,
        TryOnRequest(person=image, top=image),
        ParseRequest(image=image, categories=["top"]),
    ):
        assert not info.is_free(request)


def _entry(code, **answers):
    return ErrorCode(code=code, error=errors.InputRefused, meaning="It is so.", **answers)


@pytest.mark.parametrize(
    ("code", "status", "given", "given_status", "fits"),
    [
        ("Throttling", None, "Throttling", 429, True),
        ("Throttling", None, "Throttling.RateQuota", 429, False),
        ("Throttling*", None, "Throttling.RateQuota", 429, True),
        ("Throttling*", None, "Throttling", None, True),
        ("Throttling", 429, "Throttling", 400, False),
        ("", 429, "Whatever", 429, True),
        ("", 429, "", 429, True),
        ("", None, "", 429, False),
    ],
)
def test_an_entry_fits_its_code_its_family_or_its_status(code, status, given, given_status, fits):
    assert _entry(code, http_status=status).fits(given, given_status) is fits


def test_what_the_entry_does_not_say_is_said_by_the_class():
    error = _entry("BadPose", retry="no").to_error("Acme: no person.", request_id="r-1")
    assert isinstance(error, errors.InputRefused)
    assert (error.fault, error.retry, error.billed) == ("input", "no", "no")
    assert error.request_id == "r-1"


def test_the_remedy_of_the_entry_beats_that_of_the_class():
    entry = ErrorCode(
        code="Arrearage", error=errors.CreditsExhausted, meaning="Debt.", remedy="Pay the bill."
    )
    assert str(entry.to_error("No credits.")) == "No credits. Pay the bill."


@pytest.mark.parametrize("wrong", ["InputRefused", ValueError, errors.InputRefused("text")])
def test_only_classes_of_our_errors_are_taken(wrong):
    with pytest.raises(TypeError, match=r"error: expected a class of tryon_core\.errors"):
        ErrorCode(code="x", error=wrong, meaning="")
