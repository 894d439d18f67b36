"""Previews of drawn people against the exact truth; the benchmark has the finer numbers."""

import attrs
import cv2
import numpy as np
import pytest

import preview_truth as truth
from drawings import PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local.body import Refused
from tryon_local.engine import dress_person

SIZE = (384, 512)
FEMI = PERSON_STYLES["femi"]
TEE = GarmentStyle("top", truth.NEW)
OLD_TEE = GarmentStyle("top", truth.OLD)
WIDE_SLEEVES = GarmentStyle("top", truth.OLD, sleeves="long", fit=0.8, flare=1.0)


@pytest.fixture(scope="module")
def over_wide_sleeves():
    """A tee on someone who wore sleeves like bells."""
    return truth.tried(FEMI, old=WIDE_SLEEVES, new=TEE, size=SIZE)


@pytest.fixture(scope="module")
def shirt():
    """A shirt with a collar and long sleeves on someone who wore a tee."""
    style = attrs.evolve(TEE, neck="shirt", sleeves="long")
    return truth.tried(FEMI, old=OLD_TEE, new=style, size=SIZE)


def test_hardly_anything_is_left_of_wide_sleeves(over_wide_sleeves):
    whole, largest = truth.left_over(over_wide_sleeves)
    assert whole < 2
    assert largest < 1.5
    assert truth.filled_wrong(over_wide_sleeves) < 8


def test_a_photo_that_was_not_changed_is_all_left_over(over_wide_sleeves):
    photo = np.asarray(over_wide_sleeves.before.image)
    preview = attrs.evolve(over_wide_sleeves.preview, image=photo)
    unchanged = attrs.evolve(over_wide_sleeves, preview=preview)
    assert truth.left_over(unchanged)[0] > 60
    assert truth.sleeve_error(unchanged) > 30
    assert truth.outline_overlap(unchanged) < 0.1


def test_the_truth_itself_is_right_in_every_number(shirt):
    preview = attrs.evolve(shirt.preview, image=np.asarray(shirt.truth.image))
    right = attrs.evolve(shirt, preview=preview)
    assert truth.left_over(right) == (0, 0)
    assert truth.filled_wrong(right) == 0
    assert truth.sleeve_error(right) <= 1
    assert truth.neckline_error(right) < 0.5
    assert truth.outline_overlap(right) > 0.98
    assert truth.halo(right, right.worn) <= 1


def test_a_pale_rim_around_a_garment_is_a_halo(shirt):
    image = np.asarray(shirt.truth.image).copy()
    image[cv2.dilate(shirt.worn.astype(np.uint8), np.ones((5, 5))).astype(bool) & ~shirt.worn] = 255
    edit_mask = np.ones_like(shirt.worn)
    shining = attrs.evolve(
        shirt, preview=attrs.evolve(shirt.preview, image=image, edit_mask=edit_mask)
    )
    assert truth.halo(shining, shirt.worn) > 10


def test_sleeves_and_outline_are_about_where_they_are_drawn(shirt, over_wide_sleeves):
    for trial in (shirt, over_wide_sleeves):
        assert truth.sleeve_error(trial) < 5
        assert truth.outline_overlap(trial) > 0.75


def test_the_collar_is_about_where_it_is_drawn(shirt):
    assert truth.neckline_error(shirt) < 4


def test_level_stripes_stay_straight_on_the_chest():
    style = GarmentStyle("top", (243, 236, 222), pattern="stripes", accent=(44, 66, 106))
    trial = truth.tried(FEMI, old=OLD_TEE, new=style, size=SIZE)
    assert truth.bend_of_stripes(trial) < 1
    drawn = attrs.evolve(trial.preview, image=np.asarray(trial.truth.image))
    assert truth.bend_of_stripes(attrs.evolve(trial, preview=drawn)) < 0.2


def test_a_seated_person_is_refused():
    seated = draw_person(attrs.evolve(FEMI, stance="seated"), SIZE).image
    flat = draw_garment(TEE, SIZE).image.convert("RGB")
    with pytest.raises(Refused) as refused:
        dress_person(np.asarray(seated), {"top": np.asarray(flat)})
    assert refused.value.code == "pose_unsuited"


def test_an_upper_arm_that_was_covered_is_as_stout_as_the_bare_forearm():
    tank = GarmentStyle("top", truth.NEW, sleeves="none", neck="scoop", fit=0.2)
    trial = truth.tried(FEMI, old=OLD_TEE, new=tank, size=SIZE)
    assert truth.filled_wrong(trial) < 3


def test_legs_are_bare_below_shorts_and_the_top_goes_on_above_them():
    old = GarmentStyle("bottom", truth.OLD)
    new = GarmentStyle("bottom", truth.NEW, cut="shorts")
    trial = truth.tried(PERSON_STYLES["ada"], old=old, new=new, size=SIZE)
    assert truth.filled_wrong(trial) < 12


def test_a_high_collar_stands_up_around_the_neck():
    style = attrs.evolve(TEE, neck="high", sleeves="long")
    assert truth.neckline_error(truth.tried(FEMI, old=OLD_TEE, new=style, size=SIZE)) < 4


def test_the_hem_of_a_worn_top_keeps_no_rim_of_the_old_garment():
    old = GarmentStyle("bottom", truth.WHITE, cut="shorts")
    new = GarmentStyle("bottom", truth.NEW, cut="shorts")
    dark = attrs.evolve(FEMI, top=GarmentStyle("top", (30, 40, 60)))
    trial = truth.tried(dark, old=old, new=new, size=SIZE)
    hem = np.asarray(trial.before.masks["top"]).nonzero()[0].max()
    waist = trial.image[hem - 3 : hem + 3, SIZE[0] // 2 - 20 : SIZE[0] // 2 + 20]
    assert waist.min(axis=2).max() < 50
