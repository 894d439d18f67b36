"""Hands and forearms before old clothes: whole, with a soft edge that no old cloth tints."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose.base import old_garments
from tryon_local.compose.rim import arms_over, find_rims
from tryon_local.imaging import capsule_mask, dilate, erode, gaussian
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, stretched_hand

BOTTOM = frozenset({"bottom"})
SKIN, JEANS = (198, 150, 124), (40, 60, 110)


@pytest.fixture(scope="module")
def wearer():
    """A left hand before wide trousers, with a blurred edge and torn labels."""
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    unit, labels = wearer.frame.shoulders_px, wearer.parse.labels.copy()
    hand = hand_of(wearer)
    labels[dilate(hand, 0.3 * unit)] = Label.LOWER
    torn = hand ^ (dilate(hand, 1) & ~erode(hand, 1) & TEETH[: hand.shape[0], : hand.shape[1]])
    labels[torn] = Label.SKIN
    share = gaussian(hand.astype(np.float32), 1.0)[..., None]
    drawn = np.rint(share * SKIN + (1 - share) * JEANS).astype(np.uint8)
    around = dilate(hand, 0.3 * unit)[..., None]
    parse = attrs.evolve(wearer.parse, labels=labels)
    return attrs.evolve(wearer, rgb=np.where(around, drawn, photo), parse=parse)


TEETH = np.indices((2048, 2048)).sum(axis=0) % 6 < 3


def hand_of(wearer):
    wrist, _knuckle, tips = stretched_hand(wearer.body, 0)
    return capsule_mask(wearer.shape, wrist, tips, 0.1 * wearer.frame.shoulders_px)


def below_wrist(wearer):
    wrist = stretched_hand(wearer.body, 0)[0]
    return np.arange(wearer.shape[0])[:, None] > wrist[1] + 0.05 * wearer.frame.shoulders_px


def test_the_edge_of_a_hand_has_the_colour_of_skin_and_not_of_the_old_cloth(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    edge = rims.zone & (rims.alpha > 0.1) & below_wrist(wearer)
    assert edge.sum() > 50
    tinted = np.abs(wearer.rgb[edge].astype(float) - SKIN).max(axis=1)
    cleaned = np.abs(rims.photo[edge] - SKIN).max(axis=1)
    assert np.percentile(tinted, 90) > 60
    assert np.percentile(cleaned, 90) < 40


def test_fingers_before_a_dress_have_an_edge_too_which_is_all_one_garment(wearer):
    clothes = wearer.labelled(Label.LOWER) | wearer.labelled(Label.UPPER)
    labels = np.where(clothes, Label.UPPER, wearer.parse.labels).astype(np.uint8)
    parse = attrs.evolve(wearer.parse, labels=labels, is_dress=True)
    rims = find_rims(attrs.evolve(wearer, parse=parse), clothes)
    _wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    fingers = capsule_mask(wearer.shape, knuckle, tips, 0.12 * wearer.frame.shoulders_px)
    edge = rims.zone & (rims.alpha > 0.1) & fingers
    assert edge.sum() > 30
    assert np.percentile(np.abs(rims.photo[edge] - SKIN).max(axis=1), 90) < 40


def test_the_edge_of_a_hand_is_that_of_its_colour_where_labels_are_torn(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    true = gaussian(hand_of(wearer).astype(np.float32), 1.0)
    edge = rims.zone & below_wrist(wearer)
    assert np.abs(rims.alpha - true)[edge].mean() < 0.1
    labelled = wearer.labelled(Label.SKIN)
    assert np.abs(rims.alpha - true)[edge].mean() < np.abs(labelled - true)[edge].mean()


def test_a_new_garment_is_seen_through_the_soft_edge_of_a_hand(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    everywhere = np.ones(wearer.shape, np.float32)
    arms = arms_over(wearer, rims, wearer.labelled(Label.SKIN) & hand_of(wearer), everywhere)
    edge = rims.zone & below_wrist(wearer) & dilate(hand_of(wearer), 1)
    assert np.abs(arms - rims.alpha)[edge].max() < 0.01
    assert (arms[erode(hand_of(wearer), 6) & below_wrist(wearer)] > 0.95).all()


def test_a_thumb_that_is_spread_further_than_a_hand_is_not_cut_off(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    wrist, _knuckle, tips = stretched_hand(wearer.body, 0)
    narrow = capsule_mask(wearer.shape, wrist, tips, 0.05 * wearer.frame.shoulders_px)
    arms = arms_over(wearer, rims, narrow, np.ones(wearer.shape, np.float32))
    edge = rims.zone & below_wrist(wearer) & dilate(hand_of(wearer), 1)
    assert np.abs(arms - rims.alpha)[edge].max() < 0.01


def test_the_pattern_of_a_skirt_does_not_change_the_edge_of_a_hand_before_it(wearer):
    share = gaussian(hand_of(wearer).astype(np.float32), 1.0)[..., None]
    around = dilate(hand_of(wearer), 0.3 * wearer.frame.shoulders_px)[..., None]
    edges = []
    for period in (8, 14):
        flecks = np.indices(wearer.shape).sum(axis=0) % period < 0.45 * period
        cloth = np.where(flecks[..., None], (235, 190, 170), (15, 15, 20))
        drawn = np.rint(share * SKIN + (1 - share) * cloth).astype(np.uint8)
        patterned = attrs.evolve(wearer, rgb=np.where(around, drawn, wearer.rgb))
        rims = find_rims(patterned, old_garments(patterned, BOTTOM))
        edges.append(rims.alpha[rims.zone & below_wrist(wearer)])
    assert np.abs(edges[0] - edges[1]).max() < 0.01


def test_wider_new_clothes_cover_the_outline_of_a_hand_that_the_wall_tints(wearer):
    labels = np.where(hand_of(wearer), Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    free = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    rims = find_rims(free, np.zeros(free.shape, bool))
    arms = arms_over(free, rims, hand_of(free), np.ones(free.shape, np.float32))
    outline = hand_of(free) & ~erode(hand_of(free), 1)
    assert arms[outline].mean() < 0.35
    assert arms[erode(hand_of(free), 4)].min() > 0.95
    beside = arms_over(free, rims, hand_of(free), np.zeros(free.shape, np.float32))
    assert beside[outline].mean() > 0.5


def test_beside_new_garments_the_edge_of_a_hand_is_drawn_once(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    nowhere = np.zeros(wearer.shape, np.float32)
    arms = arms_over(wearer, rims, hand_of(wearer), nowhere)
    assert not arms[rims.zone & (rims.alpha < 0.9)].any()


def test_the_shadow_of_new_garments_falls_on_no_part_of_a_hand_beside_them(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    nowhere = np.zeros(wearer.shape, np.float32)
    arms = arms_over(wearer, rims, hand_of(wearer), nowhere)
    inner = erode(hand_of(wearer), 3) & below_wrist(wearer)
    assert (rims.zone & inner).sum() > 10
    assert arms[inner].min() > 0.9


def test_no_arm_is_painted_over_the_clothes_beside_a_bare_one(wearer):
    rims = find_rims(wearer, old_garments(wearer, BOTTOM))
    assert rims.beside[rims.zone].all()
    hidden = dilate(hand_of(wearer), 4) & ~dilate(hand_of(wearer), 2)
    hidden &= wearer.labelled(Label.LOWER) & below_wrist(wearer)
    assert rims.beside[hidden].mean() > 0.9


def test_a_hanging_arm_beside_a_top_keeps_the_edge_that_is_found_there(wearer):
    labels = wearer.parse.labels.copy()
    labels[labels == Label.LOWER] = Label.UPPER
    beside_top = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    old = beside_top.labelled(Label.UPPER)
    assert not find_rims(beside_top, old).zone.any()


def test_forearms_keep_their_edges_where_a_new_top_lies_beside_them(wearer):
    old = old_garments(wearer, BOTTOM)
    wrist = wearer.arm(0)[2]
    above = np.arange(wearer.shape[0])[:, None] < wrist[1] - 0.2 * wearer.frame.shoulders_px
    labels = wearer.parse.labels.copy()
    labels[above & (labels == Label.UPPER) & (wearer.height > 0.6)] = Label.LOWER
    wearer = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    old = old_garments(wearer, BOTTOM)
    assert not find_rims(wearer, old, forearms=False).zone[above[:, 0]].any()
    assert find_rims(wearer, old, forearms=False).zone.any()
