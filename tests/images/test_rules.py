from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tryon_core.errors import UnusableImage
from tryon_core.images import (
    PORTABLE,
    ImageProbe,
    check_image,
    check_request_images,
    fit,
    probe,
)
from tryon_core.installed import PROVIDER_GROUP as GROUP
from tryon_core.models import BytesSource, ImageRules, TryOnRequest, UrlSource
from tryon_core.registry import REGISTRY

ROOT = Path(__file__).parents[2]
Draw = Callable[..., Image.Image]
Encode = Callable[..., bytes]

RULES = ImageRules(
    formats={"JPEG", "PNG"},
    min_bytes=1_000,
    max_bytes=2_000,
    min_side_px=100,
    max_side_px=400,
    source="Acme API reference",
)


def _found(**facts: Any) -> ImageProbe:
    usual = {
        "format": "JPEG",
        "size_bytes": 1_500,
        "width_px": 200,
        "height_px": 300,
        "mode": "RGB",
    }
    return ImageProbe(**{**usual, **facts})


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"size_bytes": 1_000},
        {"size_bytes": 2_000},
        {"width_px": 100, "height_px": 400},
        {"format": "PNG"},
        {"width_px": None, "height_px": None},
    ],
)
def test_limits_are_inclusive(facts: dict[str, Any]) -> None:
    assert check_image(_found(**facts), RULES, field="person") == ()


@pytest.mark.parametrize(
    ("facts", "code", "value", "limit", "remedy"),
    [
        ({"format": "BMP"}, "image_format", "BMP", "JPEG and PNG", "converts it"),
        ({"format": "GIF", "frames": 1}, "image_format", "GIF", "JPEG and PNG", "converts it"),
        ({"size_bytes": 999}, "image_too_few_bytes", "999", "1,000", "compresses it less"),
        ({"size_bytes": 2_001}, "image_too_many_bytes", "2,001", "2,000", "compresses it more"),
        ({"width_px": 99}, "image_too_small", "99x300", "100 px", "adds no detail"),
        ({"width_px": 9, "height_px": 9}, "image_too_small", "9x9", "100", "does not help"),
        ({"height_px": 401}, "image_too_large", "200x401", "400 px", "scales it down"),
        ({"frames": 3}, "image_animated", "3 frames", "still", "does not help"),
    ],
)
def test_a_breach_says_value_limit_source_and_remedy(
    facts: dict[str, Any], code: str, value: str, limit: str, remedy: str
) -> None:
    (problem,) = check_image(_found(**facts), RULES, field="top")
    assert (problem.field, problem.code, problem.severity) == ("top", code, "error")
    for part in (value, limit, remedy, "(Acme API reference)", "fit=True"):
        assert part in problem.message


def test_every_breach_is_reported_at_once() -> None:
    found = _found(format="GIF", size_bytes=9_999, width_px=20, height_px=9_000, frames=8)
    problems = check_image(found, RULES, field="top")
    assert [problem.code for problem in problems] == [
        "image_format",
        "image_too_many_bytes",
        "image_too_small",
        "image_too_large",
        "image_animated",
    ]
    sides = [problem.message for problem in problems if "side" in problem.message]
    assert all("does not help" in message for message in sides)


def test_a_format_that_cannot_be_opened_is_not_promised_a_fit() -> None:
    found = ImageProbe(format="HEIC", size_bytes=9_999)
    for problem in check_image(found, RULES, field="person"):
        assert "does not help here. Convert it to JPEG first" in problem.message


def test_rules_that_say_nothing_allow_everything_still() -> None:
    assert check_image(_found(format="TIFF", width_px=1), ImageRules(), field="top") == ()


def test_the_source_is_left_out_when_there_is_none() -> None:
    (problem,) = check_image(_found(), ImageRules(min_bytes=9_999), field="top")
    assert "()" not in problem.message


def test_an_error_becomes_a_problem_with_its_code_and_remedy() -> None:
    error = UnusableImage("is empty.", field="image", code="empty", remedy="Do it again.")
    (problem,) = check_image(error, RULES, field="top")
    assert (problem.field, problem.message) == ("top", "is empty. Do it again.")
    assert problem.code == "empty"


def _declared() -> list[ImageRules]:
    """Return the rules of every provider of this repository, of each model and for each role."""
    parts = [path for path in ROOT.glob("plugins/*/pyproject.toml") if GROUP in path.read_text()]
    infos = [REGISTRY.load(path.parent.name).provider.info for path in parts]
    cans = [can for info in infos for can in (info.capabilities, *info.models.values())]
    return [rules for can in cans for rules in (can.person_rules, can.garment_rules)]


def test_the_portable_rules_are_the_narrowest_of_all_that_providers_declare() -> None:
    """When this fails for a new vendor, `PORTABLE` and the pages that quote it have to change."""
    declared = _declared()
    formats = [rules.formats for rules in declared if rules.formats]
    assert PORTABLE.formats == frozenset.intersection(*formats)
    assert PORTABLE.min_bytes == max(rules.min_bytes for rules in declared)
    assert PORTABLE.max_bytes == min(rules.max_bytes for rules in declared if rules.max_bytes)
    assert PORTABLE.min_side_px == max(rules.min_side_px for rules in declared)
    assert PORTABLE.max_side_px == min(rules.max_side_px for rules in declared if rules.max_side_px)


def _as_function(rules: Mapping[str, ImageRules]) -> Callable[[str], ImageRules]:
    return lambda field: rules[field]


@pytest.mark.parametrize("wrap", [dict, _as_function])
def test_each_image_of_a_request_is_checked_by_the_rules_of_its_field(
    wrap: Callable[[Mapping[str, ImageRules]], Any], samples: dict[str, bytes]
) -> None:
    request = TryOnRequest(person=samples["JPEG"], top=samples["BMP"], bottom="nowhere.jpg")
    strict, lax = ImageRules(formats={"PNG"}, min_side_px=30), ImageRules()
    rules = wrap({"person": strict, "top": lax, "bottom": lax})
    problems = check_request_images(request.images, rules)
    assert [(problem.field, problem.code) for problem in problems] == [
        ("person", "image_format"),
        ("person", "image_too_small"),
        ("bottom", "missing"),
    ]


@pytest.mark.parametrize(
    "address", ["http://a.test/b.jpg", "HTTPS://a.test/b", "oss://bucket/key.png"]
)
def test_addresses_are_not_fetched(address: str) -> None:
    schemes = {"http", "https", "oss"}
    assert check_request_images({"top": UrlSource(address)}, lambda _: RULES, schemes=schemes) == ()


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("file:///home/me/a.jpg", "Pass the path itself"),
        ("ftp://a.test/b.jpg", "an https address"),
        ("oss://bucket/key.png", "reads only http and https. Pass a file"),
        ("https://", "an https address"),
        ("https://[broken/b.jpg", "cannot be parsed"),
        ("https://a.test:99999/b.jpg", "cannot be parsed"),
        ("https://a.test/a.png, https://a.test/b.png", "another one"),
        ("https://a.test/a.png|https://a.test/b.png", "another one"),
        ("https://a.test/a b.png", "%20"),
        ("https://a.test/a.png\nresume with: x", "blank"),
        ("https://me:secret@a.test/a.png", "user name or password"),
    ],
)
def test_addresses_that_no_vendor_reads_are_problems(address: str, remedy: str) -> None:
    (problem,) = check_request_images({"top": UrlSource(address)}, lambda _: RULES)
    assert (problem.field, problem.code) == ("top", "wrong_address")
    assert remedy in problem.message


@pytest.mark.parametrize(
    "address",
    [
        "https://archive.test/2020/https://a.test/b.png",
        "https://resize.test/?url=https://a.test/b.png&w=3",
        "https://a.test/@me/b.png",
        "https://a.test:8443/b,c.png",
    ],
)
def test_an_address_within_an_address_is_no_second_one(address: str) -> None:
    assert check_request_images({"top": UrlSource(address)}, lambda _: RULES) == ()


def test_no_password_is_repeated_in_a_problem() -> None:
    source = UrlSource("https://me:secret@a.test/a.png")
    (problem,) = check_request_images({"top": source}, lambda _: RULES)
    assert "secret" not in problem.message


def test_a_real_picture_satisfies_the_portable_rules(photo: Draw, encode: Encode) -> None:
    source = BytesSource(encode(photo(600, 800), "JPEG"))
    assert check_image(probe(source, field="top"), PORTABLE, field="top") == ()


@pytest.mark.parametrize(
    ("orientation", "mode", "codes"),
    [
        (1, "RGB", []),
        (6, "RGB", ["image_turned"]),
        (1, "CMYK", ["image_colours"]),
        (3, "CMYK", ["image_turned", "image_colours"]),
    ],
)
def test_what_may_come_out_wrong_is_warned_of(
    photo: Draw, encode: Encode, orientation: int, mode: str, codes: list[str]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = BytesSource(encode(photo(64, 48).convert(mode), "JPEG", exif=exif))
    found = check_request_images({"top": source}, lambda _: ImageRules())
    assert [(problem.severity, problem.code) for problem in found] == [
        ("warning", code) for code in codes
    ]
    assert all("fit=True" in problem.message for problem in found)
    fine = ImageRules(is_any_pixel_fine=True)
    assert check_request_images({"top": source}, lambda _: fine) == ()
    fitted = fit(source, ImageRules(), field="top").source
    assert check_request_images({"top": fitted}, lambda _: ImageRules()) == ()
