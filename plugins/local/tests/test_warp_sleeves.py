import attrs
import cv2
import numpy as np
import pytest

from drawings import PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local.body import Joint, Label
from tryon_local.garment import read_garment
from tryon_local.imaging import chain_mask, closed, dilate
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, sleeve_reach, warp_garment
from tryon_local.warp.armpit import armpit, raised
from tryon_local.warp.fit import fit_torso
from tryon_local.warp.sleeve import sleeve_pins
from wearers import wearer_in


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    photo = np.asarray(person.image)
    return wearer_in(photo)


def shirt_of(**style):
    drawn = draw_garment(GarmentStyle("top", (60, 90, 150), **style), (384, 512))
    return read_garment(np.asarray(drawn.image), "top")


def with_sleeves(shirt, left, right):
    return attrs.evolve(shirt, landmarks=attrs.evolve(shirt.landmarks, sleeves=(left, right)))


def pins_of(shirt, wearer, side=0):
    marks = shirt.landmarks
    return sleeve_pins(marks.sleeves[side], marks, wearer, fit_torso(shirt, marks, wearer), side)


def farthest_from_arm(pins, wearer):
    """Return how far the outer edge lies off the axis of the left arm, in S."""
    axis = chain_mask(wearer.shape, wearer.arm(0), 1.0)
    off = cv2.distanceTransform((~axis).astype(np.uint8), cv2.DIST_L2, 5)
    outer = np.rint(pins.person[3::3]).astype(int)
    return off[outer[:, 1], outer[:, 0]] / wearer.frame.shoulders_px


def test_a_balloon_sleeve_stands_off_the_arm_below_the_shoulder(wearer):
    shirt = shirt_of(sleeves="long", fit=0.2)
    bulge = np.sin(np.pi * shirt.landmarks.sleeves[0].fractions)[:, None]
    balloons = [
        attrs.evolve(
            each, outer=(each.outer + 2 * bulge * (each.outer - each.inner)).astype(np.float32)
        )
        for each in shirt.landmarks.sleeves
    ]
    slim = farthest_from_arm(pins_of(shirt, wearer), wearer)
    wide = farthest_from_arm(pins_of(with_sleeves(shirt, *balloons), wearer), wearer)
    assert wide[2:4].min() > slim[2:4].max() + 0.05
    assert wide[-1] == pytest.approx(slim[-1], abs=0.01)


def test_a_cuff_under_which_hardly_any_seam_lies_is_not_stretched(wearer):
    shirt = shirt_of(sleeves="short")
    steps = np.linspace(1, 3, len(shirt.landmarks.sleeves[0].inner))[:, None]
    seamless = [
        attrs.evolve(sleeve, inner=(armpit + outwards * steps).astype(np.float32))
        for sleeve, armpit, outwards in zip(
            shirt.landmarks.sleeves, shirt.landmarks.armpits, (-1, 1), strict=True
        )
    ]
    pins = pins_of(with_sleeves(shirt, *seamless), wearer)
    inner = pins.only([1, *range(4, len(pins.person), 3)])
    on_garment, on_person = (
        np.hypot(*np.diff(points, axis=0).T) for points in (inner.garment, inner.person)
    )
    scale = fit_torso(shirt, shirt.landmarks, wearer).scale
    assert (on_person / on_garment).max() < 2 * scale


def test_both_sleeves_end_alike_where_one_lies_shorter(wearer):
    shirt = shirt_of(sleeves="short")
    left, right = shirt.landmarks.sleeves
    shorter = attrs.evolve(left, length_px=0.8 * left.length_px)
    reach = sleeve_reach(with_sleeves(shirt, shorter, right), wearer)
    assert reach[0] == reach[1]
    assert reach[0] < sleeve_reach(shirt, wearer)[0]


def test_shoulders_keep_the_shape_of_the_body(wearer):
    layers = warp_garment(shirt_of(sleeves="short", fit=1.0, flare=1.0), wearer)
    covered = np.any([layer.mask for layer in layers], axis=0)
    shoulders = (wearer.height < 0) & (np.abs(wearer.lateral) > 0.36)
    allowed = dilate(wearer.person, 0.025 * wearer.frame.shoulders_px)
    assert (covered & shoulders).any()
    assert not (covered & shoulders & ~allowed).any()


def test_a_short_sleeve_ends_below_the_armhole_that_hangs_low(wearer):
    shirt = shirt_of(sleeves="short")
    low = attrs.evolve(
        fit_torso(shirt, shirt.landmarks, wearer),
        armpits=np.stack([wearer.frame.point(0.48, lateral) for lateral in (-0.5, 0.5)]),
    )
    marks = shirt.landmarks
    pins = sleeve_pins(marks.sleeves[0], marks, wearer, low, 0)
    down_arm = wearer.arm(0)[1] - wearer.arm(0)[0]
    along = np.vstack([low.armpits[0], pins.person[4::3]]) @ down_arm
    assert (np.diff(along) > 0).all()


def test_the_body_of_a_top_takes_no_cloth_from_a_sleeve_that_lies_on_its_side(wearer):
    shirt = shirt_of(sleeves="long", fit=0.8)
    armpits = shirt.landmarks.armpits
    top, reach = round(float(armpits[:, 1].max())), round(0.5 * shirt.landmarks.chest_px)
    mask = shirt.shape.mask.copy()
    mask[top : top + reach] = closed(mask[top : top + reach], 40)
    gap = mask & ~shirt.shape.mask
    columns = np.arange(mask.shape[1])
    sleeves = [
        attrs.evolve(sleeve, region=sleeve.region | (gap & half))
        for sleeve, half in zip(
            shirt.landmarks.sleeves,
            (columns < shirt.shape.axis_x, columns > shirt.shape.axis_x),
            strict=True,
        )
    ]
    leaning = attrs.evolve(
        with_sleeves(shirt, *sleeves),
        alpha=np.maximum(shirt.alpha, gap),
        shape=attrs.evolve(shirt.shape, mask=mask),
    )
    free, leant = (warp_garment(each, wearer)[0].mask for each in (shirt, leaning))
    below = wearer.height > 0.45
    assert (leant & below & ~dilate(free, 0.03 * wearer.frame.shoulders_px)).sum() == 0


def test_a_sleeve_that_leans_on_a_side_is_not_blurred_there(wearer):
    shirt = shirt_of(sleeves="long")
    left, right = shirt.landmarks.sleeves
    below = np.arange(len(left.region))[:, None] > shirt.landmarks.armpits[:, 1].max() + 30
    leaning = attrs.evolve(shirt, alpha=np.maximum(shirt.alpha, below).astype(np.float32))
    alpha = warp_garment(with_sleeves(leaning, left, right), wearer)[1].alpha
    low = wearer.height > 0.6
    blurred = ((alpha > 0.05) & (alpha < 0.95) & low).sum()
    assert blurred < 4 * (low & (alpha > 0.5)).any(axis=1).sum()


@pytest.fixture(scope="module")
def on_hip():
    """A drawn person with one hand on the hip, as the warp sees them."""
    photo = np.asarray(draw_person(PERSON_STYLES["ada"], (384, 512)).image)
    return wearer_in(photo)


def test_the_armpit_under_a_raised_arm_lies_towards_the_corner_between_arm_and_side(on_hip):
    share = raised(on_hip.arm(0), on_hip)
    assert share > 0.4
    usual = on_hip.frame.point(0.4, -np.clip(on_hip.half_width(0.4, 0), 0.41, 0.5))
    corner = usual + (armpit(on_hip, 0.4, 0) - usual) / share
    x, y = np.rint(corner).astype(int)
    above = np.rint(corner - 0.06 * on_hip.frame.shoulders_px * on_hip.frame.down).astype(int)
    assert not on_hip.person[y, x]
    assert on_hip.person[above[1], above[0]]
    assert on_hip.frame.coordinates(corner)[0] < 0.38


def test_the_armpit_beside_an_arm_that_hangs_is_where_the_garment_has_it(on_hip):
    assert raised(on_hip.arm(1), on_hip) == 0
    assert on_hip.frame.coordinates(armpit(on_hip, 0.4, 1))[0] == pytest.approx(0.4, abs=1e-3)


def test_a_short_sleeve_covers_the_lower_side_of_a_raised_arm(on_hip):
    joints = on_hip.body.joints.copy()
    shoulder = joints[Joint.LEFT_SHOULDER]
    unit = on_hip.frame.shoulders_px
    joints[Joint.LEFT_ELBOW] = shoulder + np.array([-0.65, 0.25]) * unit
    joints[Joint.LEFT_WRIST] = shoulder + np.array([-0.35, 0.7]) * unit
    body = attrs.evolve(on_hip.body, joints=joints)
    arm = chain_mask(on_hip.shape, np.stack([shoulder, joints[Joint.LEFT_ELBOW]]), 0.2 * unit)
    lifted = attrs.evolve(on_hip, body=body, person=on_hip.person | arm)
    assert raised(lifted.arm(0), lifted) == 1
    inner = pins_of(shirt_of(), lifted).person[-2]
    along = joints[Joint.LEFT_ELBOW] - shoulder
    across = np.array([-along[1], along[0]]) / np.hypot(*along)
    assert abs(float((inner - shoulder) @ across)) == pytest.approx(0.2 * unit, abs=0.03 * unit)


def test_a_sleeve_over_an_old_one_is_as_wide_as_a_stout_arm_below_it(wearer):
    unit = wearer.frame.shoulders_px
    chain = wearer.arm(0)
    stout = chain_mask(wearer.shape, chain, 0.2 * unit)
    elbow, shoulder = wearer.body.at(Joint.LEFT_ELBOW), wearer.body.at(Joint.LEFT_SHOULDER)
    below = (np.indices(wearer.shape)[0] - shoulder[1]) > 0.4 * (elbow[1] - shoulder[1])
    labels = wearer.parse.labels.copy()
    labels[stout] = Label.UPPER
    labels[stout & below] = Label.SKIN
    parse = attrs.evolve(wearer.parse, labels=labels)
    broad = attrs.evolve(wearer, person=wearer.person | stout, parse=parse)
    slim = shirt_of(sleeves="short", fit=0.0)
    cuff = pins_of(slim, broad).person[-3]
    off = np.hypot(*(cuff - _on_axis(chain, cuff)))
    assert off > 0.18 * unit


def _on_axis(chain, point):
    """Return the point of the upper arm's axis that is nearest to a point."""
    along = chain[1] - chain[0]
    share = float((point - chain[0]) @ along) / float(along @ along)
    return chain[0] + share * along


def test_cloth_lies_a_little_above_the_tips_of_bare_shoulders(wearer):
    unit = wearer.frame.shoulders_px
    rows, columns = np.indices(wearer.shape)
    body = wearer.height > 0
    joints = [wearer.body.at(joint) for joint in (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)]
    for x, y in joints:
        body |= np.hypot(columns - x, rows - y) < 0.15 * unit
    bare = attrs.evolve(wearer, person=body)
    shirt = shirt_of()
    for tip, joint in zip(fit_torso(shirt, shirt.landmarks, bare).tips, joints, strict=True):
        assert np.hypot(*(tip - joint)) > 0.155 * unit


def test_the_sleeves_of_a_crop_top_are_as_long_as_those_of_a_longer_one():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    body = perceive(photo)
    ben = make_wearer(photo, body, parse_person(photo, body))
    crop, longer = (max(sleeve_reach(shirt_of(length=length), ben)) for length in (0.1, 0.5))
    assert crop == pytest.approx(longer, abs=0.02)


@pytest.mark.parametrize("side", [0, 1])
def test_a_sleeve_that_lies_steeper_than_its_armhole_is_worn_is_not_folded_there(wearer, side):
    shirt = shirt_of(sleeves="short")
    marks = shirt.landmarks
    sleeves = [
        attrs.evolve(
            sleeve,
            inner=(armpit + np.linspace(2, 25, len(sleeve.inner))[:, None] * [0, 1]),
            outer=(tip + np.linspace(0.1, 1.0, len(sleeve.outer))[:, None] * [sign * 30, 90]),
        )
        for sleeve, armpit, tip, sign in zip(
            marks.sleeves, marks.armpits, marks.tips, (-1, 1), strict=True
        )
    ]
    loose = with_sleeves(shirt, *sleeves)
    pins = pins_of(loose, wearer, side)
    sign = (-1, 1)[side]
    lying, worn = (
        (points[5:] - points[2]) @ (sign * np.array([-hole[1], hole[0]]))
        for points, hole in ((each, each[0] - each[1]) for each in (pins.garment, pins.person))
    )
    assert (worn[lying > 0] > 0).all()


@pytest.mark.parametrize("side", [0, 1])
def test_the_body_of_a_top_ends_at_the_armpit_and_hangs_below_no_cuff(wearer, side):
    shirt = shirt_of(sleeves="short")
    fit = fit_torso(shirt, shirt.landmarks, wearer)
    outwards = wearer.lateral * (-1, 1)[side]
    beside = np.abs(wearer.height - fit.armpit_height + 0.03) < 0.02
    body = warp_garment(shirt, wearer)[0].mask & beside & (outwards > 0)
    armpit_at = abs(float(wearer.frame.coordinates(fit.armpits[side])[1]))
    assert armpit_at - 0.02 < outwards[body].max() < armpit_at + 0.12
