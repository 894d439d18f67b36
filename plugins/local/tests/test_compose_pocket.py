"""Garments reach a hand in a pocket, which else is cut off beside them."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Joint, Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.cuffs import remains_of_cuffs
from tryon_local.compose.limbs import Hand, Limbs
from tryon_local.compose.pocket import ending_at_hips, reaching_pockets
from tryon_local.imaging import chain_mask, disc_mask
from tryon_local.warp import Layer, make_wearer, stretched_hand
from wearers import edges, skirt, wearer_in


@pytest.fixture(scope="module")
def wearer():
    """The fingers of the left hand are hidden by cloth."""
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    wearer = wearer_in(photo)
    _wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    labels = wearer.parse.labels.copy()
    reach_px = float(np.hypot(*(tips - knuckle)))
    labels[disc_mask(labels.shape, knuckle, 0.75 * reach_px)] = Label.LOWER
    labels[disc_mask(labels.shape, tips, 0.75 * reach_px)] = Label.LOWER
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))


def end_of_hand(wearer):
    wrist, knuckle, _tips = stretched_hand(wearer.body, 0)
    near = disc_mask(wearer.shape, wrist, float(np.hypot(*(knuckle - wrist))))
    hand = near & wearer.labelled(Label.SKIN)
    row = int(np.flatnonzero(hand.any(axis=1))[-1]) - 2
    return float(wearer.lateral[row, np.flatnonzero(hand[row])[0]]), row


def test_a_narrower_skirt_reaches_a_hand_in_a_pocket_and_stays_elsewhere(wearer):
    hand, row = end_of_hand(wearer)
    half = -hand - 0.2
    layer = skirt(wearer, half)
    (stretched,) = reaching_pockets(wearer, (layer,), (0.0, 0.0))
    left, right = edges(wearer, stretched, row)
    assert left == pytest.approx(hand, abs=0.06)
    assert right == pytest.approx(half, abs=0.02)
    further = row + round(1.3 * wearer.frame.shoulders_px)
    assert edges(wearer, stretched, further)[0] == pytest.approx(-half, abs=0.02)
    inner = np.abs(wearer.lateral) < 0.1
    assert np.array_equal(stretched.rgb[inner], layer.rgb[inner])


@pytest.mark.parametrize("case", ["wide", "far", "hung over", "free"])
def test_a_skirt_stays_as_it_is_where_no_hand_ends_beside_it(wearer, case):
    hand, row = end_of_hand(wearer)
    half = -hand + {"wide": 0.1, "far": -0.5}.get(case, -0.2)
    hems = (3.0, 3.0) if case == "hung over" else (0.0, 0.0)
    if case == "free":
        labels = np.where(wearer.labelled(Label.LOWER), Label.SKIN, wearer.parse.labels)
        parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8))
        wearer = attrs.evolve(wearer, parse=parse)
    (kept,) = reaching_pockets(wearer, (skirt(wearer, half),), hems)
    assert edges(wearer, kept, row)[0] == pytest.approx(-half, abs=0.02)


def test_a_hem_that_is_wide_already_is_not_widened_below_a_hand(wearer):
    hand, row = end_of_hand(wearer)
    layer = skirt(wearer, -hand - 0.1)
    low = row + round(0.4 * wearer.frame.shoulders_px)
    wide = (np.abs(wearer.lateral) < -hand + 0.1) & (np.arange(wearer.shape[0])[:, None] > low)
    layer = attrs.evolve(layer, alpha=np.maximum(layer.alpha, wide).astype(np.float32))
    (stretched,) = reaching_pockets(wearer, (layer,), (0.0, 0.0))
    assert edges(wearer, stretched, row)[0] == pytest.approx(hand, abs=0.06)
    hem = low + round(0.15 * wearer.frame.shoulders_px)
    assert edges(wearer, stretched, hem)[0] == pytest.approx(edges(wearer, layer, hem)[0], abs=0.03)


def test_the_side_of_a_stretched_skirt_has_no_step(wearer):
    hand, row = end_of_hand(wearer)
    (stretched,) = reaching_pockets(wearer, (skirt(wearer, -hand - 0.2),), (0.0, 0.0))
    reach = round(0.6 * wearer.frame.shoulders_px)
    rows = range(max(row - reach, int(wearer.frame.point(0.85, 0.0)[1])), row + 2 * reach)
    sides = [edges(wearer, stretched, one)[0] * wearer.frame.shoulders_px for one in rows]
    assert np.abs(np.diff(sides)).max() < 2.5


def test_a_sliver_of_a_finger_below_a_pocket_is_not_the_end_of_the_hand(wearer):
    hand, row = end_of_hand(wearer)
    column = int(wearer.frame.point(1.0, hand)[0])
    labels = wearer.parse.labels.copy()
    labels[row : row + round(0.3 * wearer.frame.shoulders_px), column : column + 2] = Label.SKIN
    worn = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    layers = (skirt(wearer, -hand - 0.2),)
    with_sliver, without = (reaching_pockets(one, layers, (0.0, 0.0)) for one in (worn, wearer))
    assert np.array_equal(with_sliver[0].alpha, without[0].alpha)


def test_a_top_that_hangs_below_a_hand_in_a_pocket_reaches_it(wearer):
    hand, row = end_of_hand(wearer)
    half = -hand - 0.15
    alpha = (np.abs(wearer.lateral) < half) & (wearer.height > 0) & (wearer.height < 1.5)
    red = np.broadcast_to(np.array((200, 20, 20), np.float32), (*wearer.shape, 3)).copy()
    layer = Layer(name="body", rgb=red, alpha=alpha.astype(np.float32))
    top = Outfit(category="top", layers=(layer,), sleeve_reach=(0.0, 0.0))
    image, _edit_mask = compose(wearer, (top,))
    below = row + round(0.1 * wearer.frame.shoulders_px)
    column = int(wearer.frame.point(1.0, hand + 0.06)[0])
    red_px, green_px = (int(value) for value in image[below, column, :2])
    assert red_px - green_px > 80


def test_a_top_that_reaches_a_hand_is_as_wide_as_ever_at_its_hem(wearer):
    hand, row = end_of_hand(wearer)
    half, hem = -hand - 0.15, row + round(0.4 * wearer.frame.shoulders_px)
    layer = skirt(wearer, half)
    ends = np.arange(wearer.shape[0])[:, None] <= hem
    (top,) = reaching_pockets(wearer, (attrs.evolve(layer, alpha=layer.alpha * ends),), (0.0, 0.0))
    assert edges(wearer, top, row)[0] == pytest.approx(hand, abs=0.06)
    assert edges(wearer, top, hem)[0] == pytest.approx(-half, abs=0.03)


@pytest.mark.parametrize(("low", "stays"), [(0.78, False), (1.3, True)])
def test_a_top_does_not_stand_out_beyond_a_hand_on_the_hip_above_its_hem(wearer, low, stays):
    joints = wearer.body.joints.copy()
    joints[Joint.LEFT_ELBOW] = wearer.frame.point(0.45, -1.0)
    joints[Joint.LEFT_WRIST] = wearer.frame.point(0.68, -0.55)
    hand = wearer.frame.point(0.82, -0.52)
    joints[Joint.LEFT_INDEX] = hand
    body = attrs.evolve(wearer.body, joints=joints)
    labels = np.where(wearer.lateral < -0.4, Label.BACKGROUND, wearer.parse.labels)
    chain = np.stack([joints[Joint.LEFT_ELBOW], joints[Joint.LEFT_WRIST], hand])
    labels[chain_mask(labels.shape, chain, 6.0)] = Label.SKIN
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8))
    akimbo = make_wearer(wearer.rgb, body, parse)
    alpha = (np.abs(akimbo.lateral) < 0.7) & (akimbo.height > 0) & (akimbo.height < low)
    layer = Layer(name="body", rgb=wearer.rgb.astype(np.float32), alpha=alpha.astype(np.float32))
    (kept,) = ending_at_hips(akimbo, (layer,))
    x, y = np.rint(akimbo.frame.point(0.75, -0.66)).astype(int)
    assert bool(kept.alpha[y, x]) == stays
    inner = np.rint(akimbo.frame.point(0.7, -0.3)).astype(int)
    assert kept.alpha[inner[1], inner[0]] == 1


@pytest.mark.parametrize("free", [True, False])
def test_the_edge_of_a_hand_in_a_pocket_is_not_taken_for_the_corner_that_a_cuff_left(wearer, free):
    wrist, knuckle, _tips = stretched_hand(wearer.body, 0)
    back = disc_mask(wearer.shape, (wrist + knuckle) / 2, 5)
    labels = np.where(back, Label.SKIN, wearer.parse.labels)
    if free:
        labels[labels == Label.LOWER] = Label.BACKGROUND
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8))
    worn = attrs.evolve(wearer, parse=parse)
    nothing = np.zeros(worn.shape, np.float32)
    arms = Limbs(depth=nothing - 1, outwards=nothing, along=nothing)
    hands = (Hand(middle=knuckle, half_px=5.0), None)
    tone = np.median(worn.rgb[back], axis=0).astype(np.float32)
    assert (remains_of_cuffs(worn, hands, arms, tone) & back).any() == free


def test_a_hem_that_ends_beside_a_hand_is_not_stretched_to_it(wearer):
    hand, row = end_of_hand(wearer)
    alpha = (np.abs(wearer.lateral) < -hand - 0.15) & (wearer.height > 0)
    alpha &= np.arange(wearer.shape[0])[:, None] < row + 2
    rgb = np.zeros((*wearer.shape, 3), np.float32)
    layer = Layer(name="body", rgb=rgb, alpha=alpha.astype(np.float32))
    (kept,) = reaching_pockets(wearer, (layer,), (0.0, 0.0))
    assert np.array_equal(kept.alpha, layer.alpha)
