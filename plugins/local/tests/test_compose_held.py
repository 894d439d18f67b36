"""A bag in a hand stays in front of new clothes."""

import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.body import Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.held import held_in_hands
from tryon_local.garment import read_garment
from tryon_local.imaging import dilate
from tryon_local.warp import stretched_hand, warp_garment
from wearers import wearer_in

SIZE = (768, 1024)
LEATHER = (40, 110, 60)


@pytest.fixture(scope="module")
def plain():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], SIZE).image)
    return wearer_in(photo)


@pytest.fixture(scope="module")
def with_bag(plain):
    """A wearer with a bag behind the left hand, and where it is seen."""
    unit, (_wrist, knuckle, _tips) = plain.frame.shoulders_px, stretched_hand(plain.body, 0)
    rows, columns = np.mgrid[: plain.shape[0], : plain.shape[1]]
    bag = (np.abs(rows - knuckle[1]) < 0.25 * unit) & (np.abs(columns - knuckle[0]) < 0.5 * unit)
    bag &= ~plain.labelled(Label.SKIN)
    rgb, labels = plain.rgb.copy(), plain.parse.labels.copy()
    rgb[bag] = LEATHER
    labels[bag & (labels == Label.BACKGROUND)] = Label.SKIN
    parse = attrs.evolve(plain.parse, labels=labels)
    return attrs.evolve(plain, rgb=rgb, parse=parse, person=plain.person | bag), bag


def test_a_bag_is_found_beside_and_before_the_clothes(plain, with_bag):
    wearer, bag = with_bag
    held = held_in_hands(wearer)
    lower = bag & wearer.labelled(Label.LOWER)
    assert lower.sum() > 500
    assert held[lower].mean() > 0.9
    hand = plain.labelled(Label.SKIN)
    assert not held[~dilate(bag | hand, 6)].any()


def test_a_bag_that_the_hand_parts_is_held_on_both_sides(with_bag):
    wearer, bag = with_bag
    knuckle = stretched_hand(wearer.body, 0)[1]
    columns = np.arange(wearer.shape[1]) - knuckle[0]
    strip = np.abs(columns) < 0.12 * wearer.frame.shoulders_px
    rgb, labels = wearer.rgb.copy(), wearer.parse.labels.copy()
    arm = bag & strip & (wearer.height > 0)
    rgb[arm] = np.median(rgb[wearer.labelled(Label.SKIN) & wearer.arms & ~bag], axis=0)
    labels[arm] = Label.SKIN
    parted = attrs.evolve(wearer, rgb=rgb, parse=attrs.evolve(wearer.parse, labels=labels))
    inner = bag & ~strip & (columns > 0) & wearer.labelled(Label.LOWER)
    assert inner.sum() > 300
    assert held_in_hands(parted)[inner].mean() > 0.8


def test_empty_hands_hold_nothing(plain):
    assert not held_in_hands(plain).any()


def test_new_trousers_go_behind_a_bag(with_bag):
    wearer, bag = with_bag
    flat = draw_garment(GARMENT_STYLES["navy trousers"], SIZE, background=None).image
    layers = warp_garment(read_garment(np.asarray(flat), "bottom"), wearer)
    outfit = Outfit(category="bottom", layers=layers, sleeve_reach=(0.0, 0.0))
    image, _edited = compose(wearer, (outfit,))
    cover = np.max([layer.alpha for layer in layers], axis=0)
    before = bag & (cover > 0.9) & wearer.labelled(Label.LOWER)
    assert before.sum() > 300
    assert (np.abs(image[before].astype(int) - LEATHER).max(axis=1) <= 2).mean() > 0.9
