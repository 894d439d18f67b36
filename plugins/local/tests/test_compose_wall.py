"""The wall between an arm and the body is no part of either."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose.limbs import Limbs
from tryon_local.compose.wall import armpits, touching_arms, with_slits
from tryon_local.imaging import capsule_mask, disc_mask
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, stretched_hand
from wearers import wearer_in

SKIN, WALL, JEANS = (198, 150, 124), (211, 219, 223), (40, 60, 110)


def wearer_with_slit(colour):
    """A hand beside trousers; of the slit between them the labels know every other row."""
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image).copy()
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    wrist, knuckle, tips = stretched_hand(body, 0)
    hand = capsule_mask(wearer.shape, wrist, tips, 12.0)
    columns = np.arange(wearer.shape[1])[None, :] - int(knuckle[0])
    labels = wearer.parse.labels.copy()
    labels[hand], photo[hand] = Label.SKIN, SKIN
    slit = hand & (columns > 4) & (columns <= 7)
    photo[slit] = colour
    known = slit & (np.arange(wearer.shape[0])[:, None] % 2 == 0)
    labels[known] = Label.BACKGROUND
    trousers = hand & (columns > 7)
    labels[trousers], photo[trousers] = Label.LOWER, JEANS
    parse = attrs.evolve(wearer.parse, labels=labels)
    return attrs.evolve(wearer, rgb=photo, parse=parse), hand & (columns <= 4), slit


def test_a_slit_that_the_labels_interrupt_is_wall_all_along():
    wearer, hand, slit = wearer_with_slit(WALL)
    found = with_slits(wearer)
    assert found.labelled(Label.BACKGROUND)[slit].all()
    assert found.labelled(Label.SKIN)[hand].all()


def test_a_wall_that_looks_like_skin_takes_nothing_from_an_arm():
    wearer, hand, slit = wearer_with_slit(SKIN)
    found, before = with_slits(wearer).parse.labels, wearer.parse.labels
    assert np.array_equal(found[hand | slit], before[hand | slit])


@pytest.mark.parametrize(("spot", "expected"), [("wall", True), ("nail", False)])
def test_wall_between_fingers_is_no_part_of_the_hand_and_a_pale_nail_is(spot, expected):
    wearer = wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image))
    _wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    x, y = np.rint((knuckle + tips) / 2).astype(int)
    hand = disc_mask(wearer.shape, np.array((x, y)), 8)
    photo, labels = wearer.rgb.copy(), wearer.parse.labels.copy()
    photo[disc_mask(wearer.shape, np.array((x, y)), 30)] = WALL
    labels[disc_mask(wearer.shape, np.array((x, y)), 30)] = Label.BACKGROUND
    photo[hand], labels[hand] = SKIN, Label.SKIN
    inside = np.s_[y - 2 : y + 3, x - 2 : x + 3]
    photo[inside] = WALL if spot == "wall" else (228, 208, 200)
    parse = attrs.evolve(wearer.parse, labels=labels)
    found = with_slits(attrs.evolve(wearer, rgb=photo, parse=parse)).labelled(Label.BACKGROUND)
    assert (found[inside] == expected).all()
    assert not found[hand & ~disc_mask(wearer.shape, np.array((x, y)), 5)].any()


def beside_an_arm(width_px, size=(384, 512)):
    """Return a person, their arm, the garment so far from it, and what lies between these."""
    wearer = wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], size).image))
    height, columns = wearer.height, np.arange(size[0])
    arm = (wearer.lateral > 0.55) & (wearer.lateral < 0.75) & (height > 0)
    inner = np.where(arm, columns, size[0]).min(axis=1)[:, None]
    width_px = width_px(height, wearer.frame.shoulders_px)
    cover = (columns < inner - width_px) & (wearer.lateral > 0) & (height > 0)
    between = (columns < inner) & (columns >= inner - width_px) & (height > 0)
    limbs = Limbs(
        depth=np.where(arm, 1, -1).astype(np.float32),
        outwards=np.zeros(wearer.shape, np.float32),
        along=np.zeros(wearer.shape, np.float32),
    )
    return wearer, limbs, cover.astype(np.float32), between


def test_where_arm_and_garment_have_parted_the_wall_is_seen_all_along():
    """They touch down to the height 0.3; the slit below that narrows now and then."""
    wearer, limbs, cover, between = beside_an_arm(
        lambda height, unit: np.where(
            height < 0.3, 1, np.where(height % 0.1 < 0.07, 0.08 * unit, 2)
        )
    )
    slits, height = touching_arms(wearer, limbs, cover, between), wearer.height
    assert slits[between & (height > 0.12) & (height < 0.3)].all()
    below = between & (height > 0.34) & (height < 0.5)
    assert below.sum() > 50
    assert not slits[below].any()
    sleeved = touching_arms(wearer, limbs, cover, between, (0.3, 0.3))
    assert not sleeved.any()


def test_an_arm_parts_from_a_garment_without_a_flap_of_skin_between_both():
    wearer, limbs, cover, between = beside_an_arm(
        lambda height, unit: np.where(height < 0.2, 1, 0.028 * unit + 1)
    )
    slits, height = touching_arms(wearer, limbs, cover, between), wearer.height
    parted = between & (height > 0.24) & (height < 0.45)
    assert parted.sum() > 50
    assert slits[parted].mean() < 0.1


def test_the_wall_between_an_arm_and_a_garment_that_part_begins_in_a_point():
    wearer, limbs, cover, between = beside_an_arm(
        lambda height, unit: np.clip((height - 0.2) / 0.3, 0, 1) * 0.1 * unit
    )
    slits = touching_arms(wearer, limbs, cover, between)
    row = int(wearer.frame.point(0.3, 0.0)[1])
    assert 2 <= between[row].sum() <= 4
    assert not slits[row].any()


def test_no_flap_with_a_flat_end_hangs_where_arm_and_garment_part():
    wearer, limbs, cover, between = beside_an_arm(
        lambda height, unit: np.clip((height - 0.3) / 0.3, 0, 1) * 0.3 * unit, (960, 1280)
    )
    slits = touching_arms(wearer, limbs, cover, between)
    rows = np.flatnonzero((slits & between).any(axis=1))
    assert rows.size
    assert between[rows[-1]].sum() <= 3


def test_a_slit_that_stays_narrow_is_closed_all_along():
    wearer, limbs, cover, between = beside_an_arm(lambda height, _unit: np.full_like(height, 2))
    slits = touching_arms(wearer, limbs, cover, between)
    assert slits[between & (wearer.height > 0.12) & (wearer.height < 0.62)].all()


def raised_arm():
    """A bare arm that leaves the trunk aslant, and a garment whose armhole ends in a corner."""
    wearer = wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image))
    unit, (height, lateral) = wearer.frame.shoulders_px, (wearer.height, wearer.lateral)
    axis = lateral - 0.42 - 0.9 * np.maximum(height, 0)
    depth = np.where(lateral > 0, (0.12 - np.abs(axis)) * unit, -1e3).astype(np.float32)
    limbs = Limbs(depth=depth, outwards=np.zeros_like(depth), along=np.zeros_like(depth))
    cover = (np.abs(lateral) < np.where(height < 0.24, 0.3, 0.5)) & (height > -0.1)
    free = (lateral > np.where(height < 0.12, 0.55, 0.47)) & (depth < 0)
    return wearer, limbs, cover.astype(np.float32), free


def test_skin_below_an_armhole_ends_round_between_arm_and_garment():
    wearer, limbs, cover, free = raised_arm()
    hollow = armpits(wearer, limbs, cover, free) & (cover < 0.5)
    rows = np.flatnonzero(hollow.any(axis=1))
    widths = hollow.sum(axis=1)[rows]
    assert widths.max() >= 3
    assert np.abs(np.diff(widths)).max() <= 2
    assert widths[-1] <= 2


def test_a_sleeve_of_the_new_garment_leaves_no_skin_in_the_armpit():
    wearer, limbs, cover, free = raised_arm()
    assert not armpits(wearer, limbs, cover, free, (0.3, 0.3)).any()


def test_below_the_armpit_an_arm_that_hangs_does_not_grow_together_with_the_side():
    wearer, limbs, cover, between = beside_an_arm(
        lambda height, unit: np.full_like(height, 0.05 * unit)
    )
    across = np.abs(wearer.lateral - 0.65)
    limbs = attrs.evolve(limbs, depth=(0.1 - across) * wearer.frame.shoulders_px)
    hollow = armpits(wearer, limbs, cover, between)
    assert hollow[between & (wearer.height > 0.02) & (wearer.height < 0.12)].all()
    assert not hollow[wearer.height > 0.3].any()
