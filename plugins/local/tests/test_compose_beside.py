"""What is worn below a narrower top, and hands in pockets that it hangs over."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Joint, Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.base import beside_top, old_garments, uncovered_base
from tryon_local.compose.beside import side_hems, under_top
from tryon_local.compose.cuffs import beyond_silhouette, straps
from tryon_local.compose.front import tucked_hands
from tryon_local.imaging import disc_mask
from tryon_local.warp import Layer, make_wearer, sample, stretched_hand
from wearers import wearer_in

TOP = frozenset({"top"})


@pytest.fixture(scope="module")
def wearer():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    return wearer_in(photo)


def labelled(wearer, label, place):
    labels = wearer.parse.labels.copy()
    labels[place] = label
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))


def narrow_top(wearer, *, rise=0.0):
    """A top that ends at height 1.1, at its sides higher by the rise."""
    across = np.abs(wearer.lateral)
    hem = 1.1 - rise * np.clip((across - 0.1) / 0.25, 0, 1) ** 2
    return ((wearer.height < hem) & (across < 0.35)).astype(np.float32)


@pytest.mark.parametrize("is_dress", [False, True])
def test_what_is_worn_below_stands_out_beside_a_narrower_top_below_its_hem_only(wearer, is_dress):
    worn = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, is_dress=is_dress))
    gone = beside_top(worn, TOP, narrow_top(worn))
    hips = worn.labelled(Label.LOWER) & (np.abs(worn.lateral) > 0.4)
    above = hips & (worn.height < 1.05)
    assert above.sum() > 50
    assert gone[above].all()
    assert not gone[worn.height > 1.1].any()


def test_what_lies_under_the_round_corner_of_a_hem_does_not_stand_out_beside_it(wearer):
    across = np.abs(wearer.lateral)
    hem = 1.1 - 0.06 * np.clip((across - 0.29) / 0.06, 0, 1)
    top = ((wearer.height < hem) & (across < 0.35)).astype(np.float32)
    under = (wearer.height > hem) & (wearer.height < hem + 0.02) & (across > 0.3) & (across < 0.345)
    assert under.sum() > 5
    assert not beside_top(wearer, TOP, top)[under].any()


def test_trousers_widen_from_the_ends_of_a_narrower_hem_without_a_corner(wearer):
    shown = under_top(wearer, narrow_top(wearer))
    right = (wearer.lateral > 0) & shown
    ends = [
        float(wearer.lateral[right & (np.abs(wearer.height - height) < 0.006)].max())
        for height in (1.11, 1.14, 1.17)
    ]
    assert ends[0] < 0.41
    assert 0.02 < ends[1] - ends[0] < 0.06
    assert 0.02 < ends[2] - ends[1] < 0.06
    assert shown[wearer.height > 1.3].all()


def test_a_crumb_of_the_labels_on_an_arm_does_not_stand_out_beside_a_top(wearer):
    cover = narrow_top(wearer)
    x, y = np.rint(wearer.frame.point(0.7, 0.62)).astype(int)
    crumb = disc_mask(wearer.shape, np.array((x, y)), 1)
    gone = beside_top(labelled(wearer, Label.UPPER, crumb), TOP, cover)
    assert not gone[crumb].any()


def test_the_wall_is_seen_beside_a_narrower_top(wearer):
    cover = narrow_top(wearer)
    beside = beside_top(wearer, TOP, cover)
    old = old_garments(wearer, TOP) | beside
    _base, replaced, _arms, wall = uncovered_base(wearer, TOP, old, cover, beside=beside)
    hips = wearer.labelled(Label.LOWER) & (np.abs(wearer.lateral) > 0.4) & (wearer.height < 1.04)
    hips &= replaced > 0.99
    assert hips.sum() > 50
    assert wall[hips].mean() > 0.95


def test_hips_are_seen_below_the_rising_sides_of_a_hem(wearer):
    straight, rising = (side_hems(wearer, narrow_top(wearer, rise=rise)) for rise in (0.0, 0.12))
    assert straight == pytest.approx((1.09, 1.09), abs=0.015)
    assert max(rising) < 1.03


def test_a_hem_is_found_on_a_torso_that_leans(wearer):
    frame = wearer.frame
    lean = 0.3
    down = np.array([np.sin(lean), np.cos(lean)], np.float32)
    across = np.array([np.cos(lean), -np.sin(lean)], np.float32)
    leaning = attrs.evolve(frame, down=down, across=across)
    height, lateral = leaning.grid(wearer.shape)
    leant = attrs.evolve(wearer, frame=leaning, height=height, lateral=lateral)
    assert side_hems(leant, narrow_top(leant)) == pytest.approx((1.05, 1.05), abs=0.06)


def test_a_top_hangs_over_a_hand_in_a_pocket_but_not_over_fingers_that_look_out(wearer):
    wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    reach_px = 0.75 * float(np.hypot(*(tips - knuckle)))
    around = disc_mask(wearer.shape, knuckle, reach_px) & (wearer.height > 0.85)
    pocket = labelled(wearer, Label.LOWER, around | disc_mask(wearer.shape, tips, 0.6 * reach_px))
    assert sample(tucked_hands(pocket, narrow_top(pocket)), wrist[None]).all()
    before = np.ones(pocket.shape, np.float32)
    assert not tucked_hands(pocket, before).any()
    fingers = labelled(pocket, Label.SKIN, disc_mask(wearer.shape, tips, 2.0))
    assert not tucked_hands(fingers, narrow_top(fingers)).any()


def test_a_sleeve_that_covers_the_wrist_leaves_the_hand_in_the_pocket_under_the_top(wearer):
    wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    reach_px = 0.75 * float(np.hypot(*(tips - knuckle)))
    around = disc_mask(wearer.shape, knuckle, reach_px) & (wearer.height > 0.85)
    pocket = labelled(wearer, Label.LOWER, around | disc_mask(wearer.shape, tips, 0.6 * reach_px))
    cuff = disc_mask(wearer.shape, wrist, 4.0)
    body = (wearer.height > 0.3) & (wearer.height < 1.25) & ~cuff
    green = np.full((*wearer.shape, 3), (0, 160, 0), np.float32)
    layers = tuple(
        Layer(name=name, rgb=green, alpha=mask.astype(np.float32))
        for name, mask in (("torso", body), ("left_sleeve", cuff))
    )
    top = Outfit(category="top", layers=layers, sleeve_reach=(1.0, 1.0))
    image, _edit_mask = compose(pocket, (top,))
    hand = disc_mask(wearer.shape, wrist, 10.0) & wearer.labelled(Label.SKIN) & ~cuff
    assert (image[hand][:, 1] > image[hand][:, 0]).all()


def test_a_top_that_ends_above_the_end_of_a_hand_in_a_pocket_stays_behind_it(wearer):
    wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    reach_px = 0.75 * float(np.hypot(*(tips - knuckle)))
    around = disc_mask(wearer.shape, knuckle, reach_px) & (wearer.height > 0.85)
    pocket = labelled(wearer, Label.LOWER, around | disc_mask(wearer.shape, tips, 0.6 * reach_px))
    hem = float(wearer.frame.coordinates(wrist)[0]) - 0.02
    shorter = narrow_top(pocket) * (wearer.height < hem)
    assert not tucked_hands(pocket, shorter).any()


def test_a_hand_beside_the_hips_is_in_no_pocket(wearer):
    assert not tucked_hands(wearer, narrow_top(wearer)).any()


def test_a_cuff_that_the_silhouette_leaves_out_is_a_part_of_the_sleeve(wearer):
    unit, wrist = wearer.frame.shoulders_px, wearer.arm(0)[2]
    outwards = np.array([-0.12 * unit, 0.0])
    cuff = disc_mask(wearer.shape, wrist, 0.12 * unit)
    notch = disc_mask(wearer.shape, wrist + outwards, 0.06 * unit)
    sleeved = labelled(labelled(wearer, Label.UPPER, cuff), Label.BACKGROUND, notch)
    rgb = wearer.rgb.copy()
    rgb[cuff | notch | wearer.labelled(Label.UPPER)] = 20, 20, 20
    sleeved = attrs.evolve(sleeved, rgb=rgb)
    old = old_garments(sleeved, TOP)
    found = beyond_silhouette(sleeved, old)
    outside = notch & (np.abs(wearer.lateral) > 0.5)
    assert outside.sum() > 20
    assert found[outside].mean() > 0.9
    assert not found[~notch & ~cuff].any()
    pale = attrs.evolve(sleeved, rgb=np.full_like(rgb, 230))
    assert not beyond_silhouette(pale, old).any()


def test_the_dark_edge_of_a_bare_arm_beside_a_sleeve_is_no_part_of_it(wearer):
    wrist = wearer.arm(0)[2]
    sleeve = disc_mask(wearer.shape, wrist, 4.0)
    arm = disc_mask(wearer.shape, wrist, 9.0) & ~sleeve
    edge = disc_mask(wearer.shape, wrist, 10.5) & ~arm & ~sleeve
    worn = labelled(labelled(wearer, Label.UPPER, sleeve), Label.SKIN, arm)
    worn = labelled(worn, Label.BACKGROUND, edge)
    rgb = wearer.rgb.copy()
    rgb[sleeve | edge | wearer.labelled(Label.UPPER)] = 20, 20, 20
    worn = attrs.evolve(worn, rgb=rgb)
    assert not beyond_silhouette(worn, worn.labelled(Label.UPPER))[edge].any()


@pytest.mark.parametrize("hangs", [True, False])
def test_black_cloth_taken_for_the_skin_of_a_hanging_arm_is_a_strap(wearer, hangs):
    away = np.zeros(wearer.shape, np.float32)
    rows, columns = np.indices(wearer.shape)
    x, y = np.rint(wearer.frame.point(0.6, -0.55)).astype(int)
    strap = (np.abs(columns - x) < 2) & (np.abs(rows - y) < 8)
    worn = labelled(wearer, Label.SKIN, (np.abs(columns - x) < 8) & (np.abs(rows - y) < 12))
    rgb = worn.rgb.copy()
    rgb[worn.labelled(Label.SKIN)], rgb[strap] = (198, 150, 124), (12, 12, 14)
    joints = worn.body.joints.copy()
    if not hangs:
        joints[Joint.LEFT_ELBOW] = worn.frame.point(0.6, -1.2)
    body = attrs.evolve(worn.body, joints=joints)
    worn = make_wearer(rgb, body, worn.parse)
    found = straps(worn, away, np.array((198, 150, 124), np.float32))
    assert found[strap].all() == hangs
    assert not found[worn.labelled(Label.SKIN) & ~strap].any()
