"""Where the crotch of new trousers hangs, and the line at which two legs meet."""

import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.body import Label
from tryon_local.garment import read_garment
from tryon_local.warp import warp_garment
from tryon_local.warp.crotch import Crotch, find_crotch, meeting_legs, with_closed_tip
from tryon_local.warp.legs import trouser_pins
from wearers import wearer_in

SIZE = (384, 512)


@pytest.fixture(scope="module")
def wearer():
    return wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], SIZE).image))


@pytest.fixture(scope="module")
def trousers():
    image = draw_garment(GARMENT_STYLES["navy trousers"], SIZE, background=None).image
    return read_garment(np.asarray(image), "bottom")


def with_gap(wearer, height):
    """Return a person whose worn trousers have their gap below a height, in T."""
    middle = np.abs(wearer.lateral) < 0.12
    trunk = wearer.trunk | (middle & (wearer.height > 0.8) & (wearer.height <= height))
    trunk &= ~((np.abs(wearer.lateral) < 0.06) & (wearer.height > height))
    return attrs.evolve(wearer, trunk=trunk)


@pytest.mark.parametrize("gap", [1.34, 1.38, 1.5])
@pytest.mark.parametrize("usual", [1.0, 1.6])
def test_a_crotch_hangs_a_little_above_the_gap_that_worn_trousers_show(wearer, gap, usual):
    place = find_crotch(with_gap(wearer, gap), usual, parts_legs=True)
    assert 0.04 < min(gap, 1.4) - place.height < 0.13
    assert abs(place.lateral) < 0.05


def test_where_no_gap_is_seen_a_crotch_hangs_as_low_as_trousers_are_cut(wearer):
    heights = [find_crotch(wearer, usual, parts_legs=False).height for usual in (1.0, 1.25, 1.6)]
    assert heights == pytest.approx([1.2, 1.25, 1.3])


def test_both_legs_meet_in_one_point_at_the_crotch_so_that_a_fly_stays_whole(wearer, trousers):
    crotch = trousers.landmarks.crotch
    legs, place = trouser_pins(trousers, trousers.landmarks, crotch, wearer)
    ends = [leg.person[(leg.garment == crotch).all(axis=1)] for leg in legs]
    assert ends[0] == pytest.approx(ends[1])
    heights = wearer.frame.coordinates(ends[0][0])[0]
    assert heights == pytest.approx(place.height, abs=1e-3)


def test_legs_that_touch_are_parted_by_a_dark_line_in_the_middle(wearer, trousers):
    touching = attrs.evolve(wearer, trunk=wearer.trunk | (np.abs(wearer.lateral) < 0.3))
    left, right = warp_garment(trousers, touching)
    image = left.rgb * (1 - right.alpha[..., None]) + right.rgb * right.alpha[..., None]
    rows = (touching.height > 1.32) & (touching.height < 1.36)
    across = np.abs(touching.lateral)
    line, beside = (across < 0.012) & rows, (across > 0.1) & (across < 0.2) & rows
    # In dark cloth a faint line is not seen.
    assert image[line].mean() < 0.8 * image[beside].mean()
    assert ((left.alpha > 0.1) & (right.alpha > 0.1) & rows).sum(axis=1).max() <= 4


def test_no_slit_is_left_between_legs_that_all_but_touch(wearer, trousers):
    touching = attrs.evolve(wearer, trunk=wearer.trunk | (np.abs(wearer.lateral) < 0.3))
    legs = warp_garment(trousers, touching)
    low = (touching.height > 1.32) & (touching.height < 1.9)
    place = Crotch(height=1.2, lateral=0.0, closed_to=2.0)
    bare = touching.lateral > 0
    left, right = (
        attrs.evolve(leg, alpha=np.where(side, low, 0).astype(np.float32))
        for leg, side in zip(legs, (touching.lateral < -0.004, bare), strict=True)
    )
    met = meeting_legs(left, right, touching, place)
    cover = np.max([leg.alpha for leg in met], axis=0)
    inner = (touching.height > 1.5) & (touching.height < 1.7) & (np.abs(touching.lateral) < 0.1)
    assert cover[inner].min() > 0.9
    apart = attrs.evolve(left, alpha=left.alpha * (touching.lateral < -0.05))
    met = meeting_legs(apart, right, touching, place)
    gap = inner & (touching.lateral > -0.04) & (touching.lateral < -0.01)
    assert np.max([leg.alpha for leg in met], axis=0)[gap].max() < 0.1


def test_a_leg_is_as_wide_at_the_lower_edge_of_the_photo_as_the_worn_one(wearer, trousers):
    height, across = wearer.height, np.abs(wearer.lateral)
    stout = (height > 0.75) & (height < 1.9) & (across < 0.6)
    stout &= (across > 0.06) | (height < 1.2)
    last = int(wearer.frame.point(1.5, 0.0)[1])
    labels = np.where(stout, np.uint8(Label.LOWER), wearer.parse.labels)
    labels = np.where((height > 1.2) & (across < 0.06), np.uint8(Label.BACKGROUND), labels)
    cut = attrs.evolve(
        wearer,
        rgb=wearer.rgb[:last],
        parse=attrs.evolve(wearer.parse, labels=labels[:last]),
        person=(wearer.person | stout)[:last],
        trunk=(wearer.trunk | stout)[:last],
        height=height[:last],
        lateral=wearer.lateral[:last],
    )
    new = np.any([leg.mask for leg in warp_garment(trousers, cut)], axis=0)
    ends = np.flatnonzero(new[last - 2])
    assert np.ptp(ends) > 0.93 * np.ptp(np.flatnonzero(stout[last - 2]))


def test_cloth_between_legs_is_mirrored_and_no_smear(trousers):
    stripes = (np.arange(trousers.rgb.shape[1]) // 3 % 2 * 200).astype(np.uint8)
    striped = np.broadcast_to(stripes[:, None], trousers.rgb.shape).copy()
    x, y = (round(float(value)) for value in trousers.landmarks.crotch)
    gap = np.s_[y + 20 : y + 200, x - 5 : x + 6]
    striped[gap] = 90
    garment = attrs.evolve(trousers, rgb=striped)
    rgb, alpha = with_closed_tip(garment, garment.landmarks, garment.landmarks.crotch)
    assert (np.ptp(rgb[gap], axis=1) > 150).mean() > 0.9
    assert alpha[y + 4 : y + 12, x].min() > 0.9
    assert (rgb[:y] == striped[:y]).all()
