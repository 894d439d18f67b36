"""Fingers, and the wall between an arm and the hips, parted by the colours around them."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.frame import SIDES, body_frame, hand
from tryon_local.imaging import chain_mask, dilate, disc_mask
from tryon_local.parsing import parse_person
from tryon_local.parsing.beside_arms import labels_beside_arms
from tryon_local.parsing.labels import label_pixels
from tryon_local.parsing.models import colour_costs
from tryon_local.parsing.outfit import Outfit
from tryon_local.parsing.scene import find_seeds, make_scene
from tryon_local.perception import perceive


@pytest.fixture(scope="module")
def seen():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (768, 1024)).image)
    body = perceive(photo)
    return photo, body, parse_person(photo, body).labels


def around_hands(body, radius):
    unit = body_frame(body).shoulders_px
    near = np.zeros(body.mask.shape, bool)
    for side in SIDES:
        near |= chain_mask(near.shape, hand(body, side), radius * unit)
    return near


def test_fingers_taken_for_trousers_are_skin_again(seen):
    photo, body, labels = seen
    fingers = (labels == Label.SKIN) & around_hands(body, 0.05)
    wrong = np.where(fingers, np.uint8(Label.LOWER), labels)
    mended = labels_beside_arms(photo, body, wrong)
    assert (mended[fingers] == Label.SKIN).mean() > 0.9


def test_the_shaded_edge_of_an_arm_before_dark_trousers_is_skin(seen):
    photo, body, labels = seen
    dark = photo.copy()
    dark[labels == Label.LOWER] = (38, 38, 40)
    fingers = (labels == Label.SKIN) & around_hands(body, 0.1)
    edge = fingers & dilate(labels == Label.LOWER, 7)
    assert edge.sum() > 50
    dark[edge] = (0.4 * photo[edge]).astype(np.uint8)
    mended = labels_beside_arms(dark, body, np.where(edge, np.uint8(Label.LOWER), labels))
    assert (mended[edge] == Label.SKIN).mean() > 0.7


def test_a_pale_nail_is_skin(seen):
    photo, body, labels = seen
    unit, (wrist, knuckle) = body_frame(body).shoulders_px, hand(body, 0)
    nail = disc_mask(labels.shape, (wrist + knuckle) / 2, 0.025 * unit)
    assert (labels[dilate(nail, 2)] == Label.SKIN).all()
    pale = photo.copy()
    pale[nail] = np.median(photo[labels == Label.LOWER], axis=0)
    mended = labels_beside_arms(pale, body, np.where(nail, np.uint8(Label.LOWER), labels))
    assert (mended[nail] == Label.SKIN).all()


def test_shaded_sides_of_pale_trousers_are_not_the_wall(seen):
    photo, body, labels = seen
    trousers = labels == Label.LOWER
    side = trousers & dilate(labels == Label.BACKGROUND, 10) & around_hands(body, 0.19)
    pale = photo.copy()
    pale[labels == Label.BACKGROUND] = (150, 148, 144)
    pale[trousers] = (240, 240, 244)
    pale[side] = (150, 152, 158)
    assert side.sum() > 100
    assert (labels_beside_arms(pale, body, labels)[side] == Label.LOWER).mean() > 0.9


def test_wall_taken_for_skin_or_cloth_is_wall_again(seen):
    photo, body, labels = seen
    person = labels != Label.BACKGROUND
    beside = dilate(person, 8) & ~person & around_hands(body, 0.15)
    for label in (Label.SKIN, Label.LOWER):
        mended = labels_beside_arms(photo, body, np.where(beside, np.uint8(label), labels))
        assert (mended[beside] == Label.BACKGROUND).mean() > 0.9


def test_a_wide_strip_of_wall_taken_for_trousers_is_wall_again(seen):
    photo, body, labels = seen
    person = labels != Label.BACKGROUND
    strip = dilate(person, 0.16 * body_frame(body).shoulders_px) & ~person
    strip &= around_hands(body, 0.3)
    mended = labels_beside_arms(photo, body, np.where(strip, np.uint8(Label.LOWER), labels))
    assert (mended[strip] == Label.BACKGROUND).mean() > 0.75


def test_labels_that_colours_cannot_tell_apart_stay(seen):
    photo, body, labels = seen
    grey = np.full_like(photo, 200)
    assert np.array_equal(labels_beside_arms(grey, body, labels), labels)


def test_labels_far_from_the_arms_stay(seen):
    photo, body, labels = seen
    middle = np.abs(body_frame(body).grid(labels.shape)[1]) < 0.1
    wrong = np.where(middle, np.uint8(Label.SKIN), labels)
    assert np.array_equal(labels_beside_arms(photo, body, wrong)[middle], wrong[middle])


def test_cloth_between_thumb_and_fingers_is_no_hand(seen):
    photo, body, _labels = seen
    scene = make_scene(photo, body)
    seeds = find_seeds(scene)
    costs = colour_costs(scene, seeds)
    knuckle = hand(scene.body, 0)[1]
    cloth = disc_mask(scene.shape, knuckle, 0.05 * scene.frame.shoulders_px) & scene.mask
    assert seeds.hands[cloth].mean() > 0.4
    near = dilate(cloth, 8)
    costs = attrs.evolve(
        costs,
        skin=np.where(cloth, np.float32(12), costs.skin),
        lower=np.where(near, np.float32(6), costs.lower),
        skin_like=costs.skin_like & ~cloth,
    )
    labels = label_pixels(scene, seeds, costs, Outfit(False, hem_height=0.9))
    assert (labels[cloth] == Label.LOWER).mean() > 0.6
    bare = seeds.hands & ~dilate(cloth, 3)
    assert (labels[bare] == Label.SKIN).mean() > 0.9
