"""Indicators put known results into the right order; without a number they say why."""

import attrs
import numpy as np
import pytest
from PIL import Image

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_nobody, draw_person
from tryon_report.comparing.indicators import Reference
from tryon_report.comparing.values import MEANING, Compared, Comparison, Indicator

SIZE = (300, 400)
PERSON = PERSON_STYLES["ivan"]
RIGHT, OTHER = GARMENT_STYLES["emblem tee"], GARMENT_STYLES["coral tee"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A person, a garment, and results of which is known what is right and wrong."""
    folder = tmp_path_factory.mktemp("drawn")
    before = draw_person(PERSON, SIZE)
    right = draw_person(attrs.evolve(PERSON, top=RIGHT), SIZE)
    wrong = draw_person(attrs.evolve(PERSON, top=OTHER), SIZE)
    noise = Image.effect_noise(SIZE, 120).convert("RGB")
    images = {
        "person": before.image,
        "garment": draw_garment(RIGHT, SIZE).image,
        "unchanged": before.image,
        "right": right.image,
        "wrong colour": wrong.image,
        "other room": Image.composite(right.image, noise, right.masks["person"]),
        "nobody": draw_nobody(SIZE),
        "cut": right.image.crop((0, 0, 300, 300)),
    }
    for name, image in images.items():
        image.convert("RGB").save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in images}


@pytest.fixture(scope="module")
def found(drawn):
    """The indicators of all these results, as numbers or reasons."""
    reference = Reference(drawn["person"], {"top": drawn["garment"]})
    names = ("unchanged", "right", "wrong colour", "other room", "nobody", "cut")
    return {name: reference.indicators(drawn[name]) for name in names}


def test_the_similarity_outside_the_garment_falls_when_the_room_is_repainted(found):
    outside = {name: one.value for name, (one, _) in found.items()}
    assert outside["unchanged"] == pytest.approx(1.0, abs=0.001)
    assert outside["right"] > 0.97
    assert outside["wrong colour"] > 0.97
    assert outside["other room"] < 0.6


def test_the_colour_distance_tells_the_right_garment_from_others(found):
    distance = {name: one.value for name, (_, one) in found.items()}
    assert distance["right"] < 5
    assert distance["other room"] < 5
    assert distance["wrong colour"] > 15
    assert distance["unchanged"] > 15


def test_where_nobody_is_found_a_reason_stands_for_both_numbers(found):
    assert [one.value for one in found["nobody"]] == [None, None]
    assert all("local parser" in one.reason for one in found["nobody"])


def test_a_result_of_another_shape_has_no_similarity_but_a_colour(found):
    outside, colour = found["cut"]
    assert outside.value is None
    assert "another shape" in outside.reason
    assert colour.value < 5


def test_a_result_that_cannot_be_opened_has_reasons(drawn, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    reference = Reference(drawn["person"], {"top": drawn["garment"]})
    assert all("cannot be opened" in one.reason for one in reference.indicators(broken))


def test_each_number_is_labelled_as_an_indicator_and_explained_wherever_it_is_shown(drawn):
    numbers = (
        Indicator(kind="outside_similarity", value=0.98),
        Indicator(kind="colour_distance", category="top", reason="The parser finds no top."),
    )
    vendor = Compared(provider="alpha", state="saved", images=(drawn["right"],), indicators=numbers)
    folder = drawn["person"].parent
    comparison = Comparison(
        folder=folder,
        created_at=np.datetime64("2026-01-02").astype(object),
        person=drawn["person"],
        garments={"top": drawn["garment"]},
        vendors=(vendor,),
    )
    assert all(label.startswith("indicator: ") for label in comparison.labels)
    (first, second) = comparison.document()["vendors"][0]["indicators"]
    assert first["label"] == "indicator: similarity outside the garment"
    assert second["reason"] == "The parser finds no top."
    table = comparison._repr_html_()
    for text in MEANING.values():
        assert "indicator" in text
        assert text in table
