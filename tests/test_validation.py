import attrs
import pytest

from providers import fake_info, picture
from tryon_core.cli.printing import in_shell
from tryon_core.models import (
    Capabilities,
    ImageRules,
    LibraryModel,
    ParseRequest,
    TryOnRequest,
    UrlSource,
)
from tryon_core.validation import check_declared, rules_for

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
    assert problem.message == "no garment was given. Give one of: bottom; dress; top; top + bottom."


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
