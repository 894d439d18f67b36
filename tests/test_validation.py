from typing import Literal

import attrs
import pytest

from providers import fake_info, picture
from tryon_core.cli.printing import in_shell
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageRules,
    LibraryModel,
    ParseRequest,
    TryOnRequest,
    UrlSource,
)
from tryon_core.validation import base64_share, check_declared, check_options, rules_for

CAPABILITIES = fake_info().capabilities
PICTURE = picture()


def _found(request, **changes):
    return check_declared(request, attrs.evolve(CAPABILITIES, **changes))


def _codes(request, **changes):
    return [(problem.field, problem.code) for problem in _found(request, **changes)]


@pytest.mark.parametrize("garments", [["top"], ["bottom"], ["dress"], ["top", "bottom"]])
def test_a_declared_combination_within_the_limits_has_no_problem(garments):
    assert _found(TryOnRequest(person=PICTURE, **dict.fromkeys(garments, PICTURE))) == ()


def test_without_a_garment_the_possible_ones_are_listed():
    (problem,) = _found(TryOnRequest(person=PICTURE))
    assert (problem.field, problem.code) == ("garments", "garment_missing")
    assert problem.message == "no garment was given. Give one of: top; bottom; dress; top + bottom."


def test_a_dress_stands_alone():
    (problem,) = _found(TryOnRequest(person=PICTURE, top=PICTURE, dress=PICTURE))
    assert (problem.field, problem.code) == ("dress", "garment_combination")
    assert "top + dress cannot be combined here (a dress replaces top and bottom" in problem.message
    assert "Give one of:" in problem.message


def test_a_combination_that_is_not_offered_is_named():
    request = TryOnRequest(person=PICTURE, top=PICTURE, bottom=PICTURE)
    (problem,) = _found(request, garments=[["top"]])
    assert (problem.field, problem.code) == ("bottom", "garment_combination")
    assert (
        "top + bottom cannot be combined here (not offered). Give one of: top." in problem.message
    )


def test_garments_that_are_taken_one_by_one_are_two_calls():
    request = TryOnRequest(person=PICTURE, top=PICTURE, bottom=PICTURE)
    (problem,) = _found(request, garments=[["top"], ["bottom"], ["dress"]])
    assert "chain=True does it in two steps, which cost twice" in problem.message
    (problem,) = _found(
        TryOnRequest(person=PICTURE, dress=PICTURE, bottom=PICTURE),
        garments=[["bottom"], ["dress"]],
    )
    assert "chain" not in problem.message


def test_another_model_that_takes_the_combination_is_named():
    request = TryOnRequest(person=picture(), top=picture(), bottom=picture())
    pro = fake_info().capabilities
    (problem,) = check_declared(request, attrs.evolve(pro, garments=[{"top"}]), {"pro": pro})
    assert "(not offered). With the option model=pro it can. Give one of" in problem.message
    assert in_shell(problem.message).count("With -o model=pro it can.") == 1


def test_a_library_model_needs_a_library():
    request = TryOnRequest(person=LibraryModel(name="m"), top=PICTURE)
    (problem,) = _found(request)
    assert (problem.field, problem.code) == ("person", "person_library")
    assert _found(request, person_library=True) == ()


def test_every_breach_is_reported_at_once():
    request = TryOnRequest(
        person=picture(size=(8, 8)), top=b"no image", bottom="/nowhere/b.png", dress=PICTURE
    )
    assert {field for field, _ in _codes(request)} == {"person", "top", "bottom", "dress"}


def test_a_person_and_a_garment_have_their_own_limits():
    strict = ImageRules(min_side_px=65)
    request = TryOnRequest(person=PICTURE, top=PICTURE)
    assert _codes(request, person_rules=strict) == [("person", "image_too_small")]
    assert _codes(request, garment_rules=strict) == [("top", "image_too_small")]
    assert rules_for("image", CAPABILITIES) is CAPABILITIES.person_rules


def test_an_address_is_not_fetched_to_be_checked():
    request = TryOnRequest(person=UrlSource("https://nowhere.invalid/p.png"), top=PICTURE)
    assert _found(request) == ()


def test_a_parsing_within_what_is_offered_has_no_problem():
    assert _found(ParseRequest(image=PICTURE, categories=["bottom", "top"])) == ()


def test_a_provider_that_cannot_parse_says_so_once():
    request = ParseRequest(image=PICTURE, categories=["top", "hat"])
    assert _codes(request, parse_categories=()) == [("categories", "parse_not_offered")]


def test_a_parsing_for_nothing_is_a_mistake():
    (problem,) = _found(ParseRequest(image=PICTURE, categories=[]))
    assert problem.field == "categories"
    assert "Give any of: top, bottom." in problem.message


def test_every_unknown_category_is_named_with_the_nearest():
    problems = _found(ParseRequest(image=PICTURE, categories=["tops", "top", "hat"]))
    assert [problem.code for problem in problems] == ["unknown_category"] * 2
    assert "unknown category 'tops'. Did you mean 'top'?" in problems[0].message
    assert "'hat'. Give any of: top, bottom." in problems[1].message


def test_the_picture_to_parse_is_checked_as_a_person():
    request = ParseRequest(image=picture(size=(8, 8)), categories=["top"])
    assert _codes(request) == [("image", "image_too_small")]


def test_a_provider_without_any_garment_is_described_without_a_fault():
    request = TryOnRequest(person=PICTURE, top=PICTURE)
    (problem,) = check_declared(request, Capabilities(garments=[]))
    assert problem.code == "garment_combination"


@pytest.mark.parametrize(("schemes", "found"), [({"http", "https"}, 1), ({"https", "oss"}, 0)])
def test_an_address_has_a_scheme_that_the_vendor_reads(schemes, found):
    request = TryOnRequest(person=UrlSource("oss://bucket/a.png"), top=PICTURE)
    problems = _found(request, url_schemes=schemes)
    assert [(entry.field, entry.code) for entry in problems] == [
        ("person", "wrong_address")
    ] * found


@attrs.frozen
class _Options:
    model: str = "base"
    size_px: int = 512
    gender: Literal["woman", "man"] | None = None
    tags: list[str] = attrs.field(factory=list)


_BY_MODEL = fake_info(
    options=_Options,
    option_models={"size_px": {"pro"}, "gender": {"refiner", "pro"}, "tags": {"pro"}},
    required_options={"refiner": ["gender"]},
)


@pytest.mark.parametrize(
    ("options", "strange"),
    [
        ({}, []),
        ({"size_px": 512, "tags": []}, []),
        ({"size_px": 1024, "gender": "man"}, ["options.size_px", "options.gender"]),
        ({"model": "refiner", "gender": "man", "tags": ["a"]}, ["options.tags"]),
        ({"model": "pro", "size_px": 1024, "gender": "man", "tags": ["a"]}, []),
    ],
)
def test_an_option_of_other_models_is_refused_unless_it_has_its_default(options, strange):
    request = TryOnRequest(person=PICTURE, top=PICTURE, options=_Options(**options))
    problems = check_options(request, _BY_MODEL)
    assert [problem.field for problem in problems] == strange
    assert all(problem.code == "option_not_offered" for problem in problems)
    if strange == ["options.size_px", "options.gender"]:
        assert "the model 'base' does not take it" in problems[1].message
        assert "choose the model pro or refiner." in problems[1].message


def test_an_option_that_a_model_needs_is_asked_for_with_its_values():
    request = TryOnRequest(person=PICTURE, top=PICTURE, options=_Options(model="refiner"))
    (problem,) = check_options(request, _BY_MODEL)
    assert (problem.field, problem.code) == ("options.gender", "option_missing")
    assert problem.message == "the model 'refiner' needs it. Give woman or man."


def test_a_parsing_has_no_options_of_models():
    request = ParseRequest(image=PICTURE, categories=["top"], options=_Options(size_px=1))
    assert check_options(request, _BY_MODEL) == ()


@pytest.mark.parametrize("field", ["option_models", "required_options"])
def test_only_options_that_exist_belong_to_models(field):
    wrong = {"colour": ["pro"]} if field == "option_models" else {"pro": ["colour"]}
    with pytest.raises(ValueError, match=f"{field}: _Options has no colour"):
        fake_info(options=_Options, **{field: wrong})


def _sized(size_bytes):
    return BytesSource(PICTURE + bytes(size_bytes - len(PICTURE)), name="large.png")


@pytest.mark.parametrize(("limit", "codes"), [(4_000, []), (3_999, ["image_too_many_bytes"])])
def test_a_limit_of_base64_counts_the_image_as_it_is_sent(limit, codes):
    rules = ImageRules(max_base64_bytes=limit)
    request = TryOnRequest(person=PICTURE, top=_sized(3_000))
    assert [code for _, code in _codes(request, garment_rules=rules)] == codes
    assert all("as base64" not in p.message for p in _found(request, garment_rules=ImageRules()))


@pytest.mark.parametrize(
    ("given", "most"),
    [({}, 7_500_000), ({"max_bytes": 10}, 10), ({"max_bytes": 9_000_000}, 7_500_000)],
)
def test_a_limit_of_base64_is_one_of_the_file(given, most):
    rules = ImageRules(max_base64_bytes=10_000_000, **given)
    assert rules.max_bytes == most
    assert attrs.evolve(rules, min_side_px=9).max_bytes == most


@pytest.mark.parametrize(
    ("limit", "codes"), [(12_000, []), (11_999, [("top", "images_too_many_bytes")])]
)
def test_local_images_count_together_where_the_whole_body_has_a_limit(limit, codes):
    request = TryOnRequest(
        person=_sized(3_000), top=_sized(6_000), bottom=UrlSource("https://shop.example/1.png")
    )
    assert _codes(request, max_base64_bytes=limit) == codes


def test_the_sizes_of_images_that_count_together_are_said():
    request = TryOnRequest(person=_sized(3_000), top=_sized(6_000))
    (problem,) = _found(request, max_base64_bytes=9_000)
    assert "12,000 bytes together as base64; at most 9,000 can be sent" in problem.message
    assert "--fit" in in_shell(problem.message)


@pytest.mark.parametrize(
    ("sizes", "limit", "share"),
    [
        ((), 10, None),
        ((3, 3), 8, None),
        ((300, 6_000), 8_000, 7_600),  # what the small one leaves is for the large one
        ((6_000, 6_000), 8_000, 4_000),
        ((3, 3, 3), 0, 0),
    ],
)
def test_what_small_images_leave_of_a_limit_is_for_the_others(sizes, limit, share):
    images = {str(number): BytesSource(bytes(size)) for number, size in enumerate(sizes)}
    found = base64_share(images, attrs.evolve(CAPABILITIES, max_base64_bytes=limit))
    assert found == share
