import attrs
import cv2
import numpy as np
import pytest

from drawings import (
    GARMENT_STYLES,
    PERSON_STYLES,
    GarmentStyle,
    draw_garment,
    draw_person,
)
from tryon_local.body import Joint, Label
from tryon_local.garment import read_garment
from tryon_local.garment.neckline import curve_of
from tryon_local.garment.outline import silhouette_of
from tryon_local.imaging import chain_mask, dilate, largest_components
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import Layer, make_wearer, sleeve_reach, waist_of, warp_garment
from tryon_local.warp.fit import fit_torso
from tryon_local.warp.layer import meeting
from tryon_local.warp.legs import trouser_pins
from tryon_local.warp.neck import neck_base
from tryon_local.warp.neckline import end_of_neckline
from tryon_local.warp.sleeve import not_hollow, sleeve_pins
from tryon_local.warp.spline import fit_spline
from tryon_local.warp.torso import torso_pins
from wearers import wearer_in

SIZE = (384, 512)


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    photo = np.asarray(person.image)
    return wearer_in(photo)


def garment_of(category="top", **style):
    drawn = draw_garment(GarmentStyle(category, (60, 90, 150), **style), SIZE)
    return read_garment(np.asarray(drawn.image), category)


def names(layers):
    return [layer.name for layer in layers]


def test_a_sleeved_top_comes_in_three_pieces(wearer):
    layers = warp_garment(garment_of(sleeves="long"), wearer)
    assert names(layers) == ["torso", "left_sleeve", "right_sleeve"]


def test_a_sleeveless_top_comes_in_one_piece(wearer):
    assert names(warp_garment(garment_of(sleeves="none", neck="scoop"), wearer)) == ["torso"]


def test_trousers_come_leg_by_leg(wearer):
    assert names(warp_garment(garment_of("bottom"), wearer)) == ["left_leg", "right_leg"]


def test_a_skirt_comes_in_one_piece(wearer):
    assert names(warp_garment(garment_of("bottom", cut="skirt"), wearer)) == ["skirt"]


def test_long_sleeves_reach_the_wrists_and_short_ones_do_not(wearer):
    long = sleeve_reach(garment_of(sleeves="long"), wearer)
    short = sleeve_reach(garment_of(sleeves="short"), wearer)
    assert min(long) > 0.8
    assert max(long) <= 1
    assert 0.2 <= max(short) < 0.6
    assert sleeve_reach(garment_of("bottom"), wearer) == (0, 0)


def test_a_top_covers_the_chest_and_not_the_knees(wearer):
    torso = warp_garment(garment_of(), wearer)[0]
    for height, is_covered in ((0.4, True), (0.7, True), (1.8, False)):
        x, y = np.rint(wearer.frame.point(height, 0.0)).astype(int)
        assert torso.mask[y, x] == is_covered


def test_trousers_cover_both_thighs_from_the_waist(wearer):
    layers = warp_garment(garment_of("bottom"), wearer)
    for side, layer in enumerate(layers):
        hip, knee, _ankle = wearer.leg(side)
        x, y = np.rint((hip + knee) / 2).astype(int)
        assert layer.mask[y, x]
    top_row = min(np.flatnonzero(layer.mask.any(axis=1))[0] for layer in layers)
    height, _lateral = wearer.frame.coordinates(np.array([wearer.frame.neck[0], float(top_row)]))
    assert height == pytest.approx(waist_of(wearer), abs=0.12)


def _dress_of(half):
    """Return a dress, given the right half of its outline from its middle, in pixels."""
    image = np.full((512, 384, 3), 250, np.uint8)
    right = [(192 + x, y) for x, y in half]
    left = [(192 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(image, [np.array(right + left, np.int32)], (40, 60, 110))
    return read_garment(image, "dress")


def _width_at(layers, wearer, height):
    """Return how wide the layers are at a height, in shoulder widths."""
    near = np.abs(wearer.height - height) < 0.02
    covered = np.any([layer.mask for layer in layers], axis=0) & near
    return float(np.ptp(wearer.lateral[covered]))


def _in_trousers(name):
    """Return a drawn person as the warp sees them, and trousers on them."""
    photo = np.asarray(draw_person(PERSON_STYLES[name]).image)
    body = perceive(photo)
    trousers = read_garment(
        np.asarray(draw_garment(GARMENT_STYLES["navy trousers"]).image), "bottom"
    )
    wearer = make_wearer(photo, body, parse_person(photo, body))
    return wearer, warp_garment(trousers, wearer)


def test_trousers_follow_the_hips_and_do_not_stand_off():
    slim, layers = _in_trousers("femi")
    hips = sum(slim.half_width(1.1, side) for side in (0, 1))
    assert _width_at(layers, slim, 1.25) < 1.15 * hips


def test_a_waistband_does_not_stand_out_beside_the_top_that_hangs_over_it():
    wearer, layers = _in_trousers("femi")
    top = wearer.parse.garment_mask("top") & (np.abs(wearer.lateral) < 0.5)
    hem = float(wearer.height[top].max())
    covered = np.any([layer.mask for layer in layers], axis=0)
    above_hem = (wearer.height > hem - 0.04) & (wearer.height < hem - 0.025)
    widest = [np.abs(wearer.lateral[mask & above_hem]).max() for mask in (covered, top)]
    assert widest[0] < widest[1]


def test_a_waistband_goes_on_behind_an_arm_that_hides_its_end():
    wearer, _layers = _in_trousers("femi")
    arm = (wearer.lateral < -0.36) & (wearer.height > 0.2) & (wearer.height < 1.3)
    hidden = attrs.evolve(wearer, person=wearer.person | arm, trunk=wearer.trunk & ~arm)
    trousers = read_garment(
        np.asarray(draw_garment(GARMENT_STYLES["navy trousers"]).image), "bottom"
    )
    marks = trousers.landmarks
    (pins, _right), _crotch = trouser_pins(trousers, marks, marks.crotch, hidden)
    left, right = (float(hidden.frame.coordinates(end)[1]) for end in pins.person[:2])
    assert -left > 0.89 * right


def test_long_trousers_cover_the_hem_of_worn_ones_that_hang_over_the_shoes():
    wearer, layers = _in_trousers("ivan")
    old = wearer.parse.garment_mask("bottom") & (wearer.height > 2.0)
    new = np.any([layer.mask for layer in layers], axis=0)
    assert (old & ~new).sum() < 0.03 * old.sum()


def test_a_longer_top_hangs_lower(wearer):
    short, long = (
        np.flatnonzero(warp_garment(garment_of(length=length), wearer)[0].mask.any(axis=1))[-1]
        for length in (0.0, 1.0)
    )
    assert long > short


def test_a_top_is_as_long_as_it_lies_and_as_wide_as_what_was_worn():
    """Drawn tops are as long as those in the drawings of people who wear them."""
    style = GarmentStyle("top", (60, 90, 150))
    photo = np.asarray(draw_person(attrs.evolve(PERSON_STYLES["femi"], top=style)).image)
    worn = wearer_in(photo)
    for length, lowest in ((0.3, 0.885), (0.5, 0.983)):
        torso = warp_garment(garment_of(length=length), worn)[0]
        spine = torso.mask & (np.abs(worn.lateral) < 0.05)
        assert float(worn.height[spine].max()) == pytest.approx(lowest, abs=0.06)
        for height in (0.5, 0.7):
            seen = sum(worn.half_width(height, side) for side in (0, 1))
            assert _width_at([torso], worn, height) == pytest.approx(seen, rel=0.03)


def test_a_top_hangs_over_a_narrow_waist(wearer):
    hollow = (wearer.height > 0.5) & (wearer.height < 0.68) & (np.abs(wearer.lateral) > 0.3)
    waisted = attrs.evolve(wearer, trunk=wearer.trunk & ~hollow)
    usual, hanging = (warp_garment(garment_of(), each)[:1] for each in (wearer, waisted))
    assert waisted.half_width(0.6, 0) < 0.9 * wearer.half_width(0.6, 0)
    assert _width_at(hanging, wearer, 0.6) > 0.93 * _width_at(usual, wearer, 0.6)


def test_a_narrow_sheath_dress_three_times_as_long_as_wide_ends_at_the_knees(wearer):
    half = [(8, 58), (20, 40), (42, 44), (38, 80), (43, 112), (36, 155), (46, 205), (42, 290)]
    dress = _dress_of(half)
    fit = fit_torso(dress, dress.landmarks, wearer)
    knees = [wearer.frame.coordinates(wearer.leg(side))[0][1] for side in (0, 1)]
    assert fit.hem_height == pytest.approx(np.mean(knees), abs=0.2)


def test_a_full_skirt_keeps_most_of_the_width_that_it_has_laid_flat(wearer):
    half = [(8, 58), (20, 40), (42, 44), (38, 80), (38, 150), (56, 190), (68, 240), (80, 330)]
    dress = _dress_of(half)
    layers = warp_garment(dress, wearer)
    hem = fit_torso(dress, dress.landmarks, wearer).hem_height - 0.1
    waist = min(_width_at(layers, wearer, height) for height in np.linspace(0.5, 0.9, 9))
    assert _width_at(layers, wearer, hem) > 0.75 * (78 / 38) * waist


@pytest.mark.parametrize(("first", "last"), [(1.2, 1.34), (1.36, 1.5)])
def test_a_hand_or_a_bag_beside_the_hips_does_not_bulge_a_skirt(wearer, first, last):
    beside = (wearer.height > first) & (wearer.height < last)
    beside &= (wearer.lateral > 0) & (wearer.lateral < 0.78)
    wide = attrs.evolve(wearer, person=wearer.person | beside, trunk=wearer.trunk | beside)
    dress = garment_of("dress", sleeves="none", length=1.0, fit=0.2)
    usual, bulged = (warp_garment(dress, each)[0] for each in (wearer, wide))
    for height in (1.1, 1.25, 1.4):
        widths = [_width_at([layer], wearer, height) for layer in (usual, bulged)]
        assert widths[1] < 1.06 * widths[0]


def test_a_skirt_spreads_evenly_over_legs_that_stand_apart(wearer):
    joints = wearer.body.joints.copy()
    for joint, apart in ((Joint.LEFT_KNEE, 0.3), (Joint.LEFT_ANKLE, 0.5)):
        joints[joint, :2] += apart * wearer.frame.shoulders_px * -wearer.frame.across
    astride = attrs.evolve(wearer, body=attrs.evolve(wearer.body, joints=joints))
    dress = garment_of("dress", sleeves="none", length=1.0, fit=0.2)
    closed, spread = (warp_garment(dress, each)[0].mask for each in (wearer, astride))
    outside = []
    for height in (1.1, 1.25, 1.4):
        near = np.abs(wearer.height - height) < 0.02
        ends = [float(-wearer.lateral[mask & near].min()) for mask in (closed, spread)]
        outside.append(ends[1] - ends[0])
    assert outside[2] > 0.05
    assert 0 < outside[0] < outside[1] < outside[2]


def test_a_garment_without_landmarks_is_scaled_onto_the_chest(wearer):
    image = np.full((300, 300, 3), 250, np.uint8)
    image[140:160, 20:280] = (40, 80, 120)
    (layer,) = warp_garment(read_garment(image, "top"), wearer)
    x, y = np.rint(wearer.frame.point(0.4, 0.0)).astype(int)
    assert layer.mask[y, x]


def test_the_half_width_of_the_trunk_stays_human(wearer):
    widths = [wearer.half_width(height, side) for height in (0.3, 0.6, 0.9) for side in (0, 1)]
    assert all(0.37 <= width <= 0.80 for width in widths)


def test_straight_lines_of_the_chest_stay_straight(wearer):
    garment = garment_of(sleeves="long", fit=0.8)
    marks = garment.landmarks
    pins = torso_pins(garment, marks, wearer, fit_torso(garment, marks, wearer))
    to_garment = fit_spline(pins.person, pins.garment, ridge=1e-3)
    heights, laterals = np.linspace(0.35, 0.85, 9), np.linspace(-0.3, 0.3, 9)
    grid = np.array([[wearer.frame.point(y, x) for x in laterals] for y in heights])
    found = to_garment.at(grid.reshape(-1, 2)).reshape(9, 9, 2)
    assert np.ptp(found[..., 1], axis=1).max() < 0.01 * marks.chest_px
    columns = found[..., 0]
    ends = columns[0] + (columns[-1] - columns[0]) * np.linspace(0, 1, 9)[:, None]
    assert np.abs(columns - ends).max() < 0.02 * marks.chest_px


@pytest.mark.parametrize("fit", [0.2, 0.8])
def test_the_upper_chest_is_drawn_as_wide_as_the_lower_one(wearer, fit):
    # Even where the hips are wide and the waist is slim.
    slim = attrs.evolve(
        wearer, trunk=wearer.trunk & (np.abs(wearer.lateral) < 0.3 + wearer.height / 4)
    )
    garment = garment_of(sleeves="long", fit=fit)
    marks = garment.landmarks
    pins = torso_pins(garment, marks, slim, fit_torso(garment, marks, slim))
    to_garment = fit_spline(pins.person, pins.garment, ridge=1e-3)
    ends = [[slim.frame.point(y, x) for x in (-0.2, 0.2)] for y in (0.1, 0.3, 0.5, 0.7)]
    found = to_garment.at(np.reshape(ends, (-1, 2))).reshape(-1, 2, 2)
    widths = np.ptp(found[..., 0], axis=1)
    assert widths.max() < 1.2 * widths.min()


def _seen(wearer, *, lean=0.0, hair=None, mask=None):
    """Return the wearer with the head moved, in S, and with hair or a silhouette of its own."""
    joints = wearer.body.joints.copy()
    for joint in (Joint.NOSE, Joint.LEFT_EAR, Joint.RIGHT_EAR, Joint.LEFT_MOUTH, Joint.RIGHT_MOUTH):
        joints[joint, 0] += lean * wearer.frame.shoulders_px
    labels = wearer.parse.labels.copy()
    if hair is not None:
        labels[hair] = Label.HAIR
    if mask is not None:
        labels = np.where(mask, np.uint8(Label.SKIN), np.uint8(Label.BACKGROUND))
    silhouette = wearer.body.mask if mask is None else mask.astype(np.float32)
    body = attrs.evolve(wearer.body, joints=joints, mask=silhouette)
    return make_wearer(wearer.rgb, body, attrs.evolve(wearer.parse, labels=labels))


def test_the_neckline_follows_a_head_that_leans_where_hair_hides_the_neck(wearer):
    hair = wearer.person & (wearer.height < -0.1)
    before, after = (neck_base(_seen(wearer, lean=lean, hair=hair)) for lean in (0, 0.15))
    moved = (after - before)[:, 0] / wearer.frame.shoulders_px
    assert moved == pytest.approx([0.09, 0.09], abs=0.02)


def test_the_neckline_stays_at_the_neck_that_is_seen(wearer):
    upright, leaning = (neck_base(_seen(wearer, lean=lean)) for lean in (0, 0.15))
    assert np.abs(leaning - upright).max() < 0.04 * wearer.frame.shoulders_px


def test_a_boat_neck_ends_on_the_shoulders_near_the_neck_and_hangs_in_the_middle(wearer):
    garment = garment_of(sleeves="long", neck="crew")
    marks = garment.landmarks
    half = 0.8 * float(np.ptp(marks.tips[:, 0])) / 2
    columns = (marks.axis_x - half, marks.axis_x + half)
    necks = np.array([[x, garment.shape.top_at(x)] for x in columns], np.float32)
    depth = float(necks[:, 1].mean()) + 0.12 * marks.chest_px
    boat = attrs.evolve(marks, necks=necks, opening=necks, collar_y=depth)
    fit = fit_torso(garment, boat, wearer)
    pins = torso_pins(garment, boat, wearer, fit)
    ends = pins.person[[int(np.abs(pins.garment - neck).sum(axis=1).argmin()) for neck in necks]]
    shares = np.linalg.norm(ends - fit.base, axis=1) / np.linalg.norm(fit.tips - fit.base, axis=1)
    assert shares.max() < 0.55
    middle = pins.person[int(np.abs(pins.garment - (marks.axis_x, depth)).sum(axis=1).argmin())]
    assert middle[1] - ends[:, 1].mean() > 0.06 * wearer.frame.shoulders_px


def test_a_neckline_does_not_rise_with_the_rim_of_an_old_hood(wearer):
    frame, unit = wearer.frame, wearer.frame.shoulders_px
    up, across = -wearer.height * frame.torso_px / unit, np.abs(wearer.lateral)
    neck, shoulders = across < 0.12, (up < 0.24 - 0.2 * (across - 0.12)) & (across < 0.6)
    rim = (up < 0.32 - 0.4 * (across - 0.12)) & (across < 0.27)
    bare, hooded = (
        neck_base(_seen(wearer, mask=body)) for body in (neck | shoulders, neck | shoulders | rim)
    )
    assert np.abs(hooded - bare)[:, 1].max() < 0.04 * unit


def test_a_garment_does_not_rise_outwards_over_worn_shoulders_that_are_puffed(wearer):
    across, unit = np.abs(wearer.lateral), wearer.frame.shoulders_px
    up = -wearer.height * wearer.frame.torso_px / unit
    slope = 0.28 - 0.3 * np.maximum(across - 0.14, 0) + np.where(across > 0.28, 0.07, 0)
    body = (up < slope) & (across < 0.6) | (up < 0.5) & (across < 0.14)
    seen = _seen(wearer, mask=body)
    garment = garment_of(sleeves="long", neck="crew")
    fit = fit_torso(garment, garment.landmarks, seen)
    pins = torso_pins(garment, garment.landmarks, seen, fit)
    laterals = np.abs(wearer.frame.coordinates(pins.person)[1])
    on_shoulder = pins.person[(laterals > 0.28) & (laterals < 0.5), 1]
    assert on_shoulder.min() > fit.base[:, 1].min() - 0.02 * unit


def test_no_shoulder_shows_where_a_garment_dips_beside_its_neckline(wearer):
    garment = garment_of(sleeves="long", neck="crew")
    necks, tips = garment.landmarks.necks, garment.landmarks.tips
    alpha = garment.alpha.copy()
    for neck, tip in zip(necks, tips, strict=True):
        for share in np.linspace(0.03, 0.28, 100):
            x = round(float(neck[0] + share * (tip[0] - neck[0])))
            depth = 8 * np.sin(np.pi * (share - 0.03) / 0.25)
            alpha[: round(garment.shape.top_at(x) + depth), x] = 0
    dipped = attrs.evolve(garment, alpha=alpha, shape=silhouette_of(alpha > 0.5))
    across = np.abs(wearer.lateral)
    up = -wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    body = (up < 0.28 - 0.3 * np.maximum(across - 0.14, 0)) & (across < 0.6)
    seen = _seen(wearer, mask=body | (up < 0.5) & (across < 0.14))
    cover = np.max([layer.alpha for layer in warp_garment(dipped, seen)], axis=0)
    bare = body & (across > 0.27) & (across < 0.5) & (up > 0) & (cover < 0.5)
    assert bare.sum() < 8


def test_the_outer_end_of_a_sleeveless_shoulder_lies_on_the_outline(wearer):
    across, garment = np.abs(wearer.lateral), garment_of(sleeves="none", neck="crew")
    up = -wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    # Round shoulders bulge above the straight line from the neck to their tips.
    round_slope = 0.28 - 0.9 * np.maximum(across - 0.14, 0) ** 2
    body = (up < round_slope) & (across < 0.62) | (up < 0.5) & (across < 0.14)
    seen = _seen(wearer, mask=body)
    pins = torso_pins(garment, garment.landmarks, seen, fit_torso(garment, garment.landmarks, seen))
    for tip in garment.landmarks.tips:
        end = pins.person[np.argmin(np.hypot(*(pins.garment - tip).T))]
        height, lateral = (float(each) for each in wearer.frame.coordinates(end))
        above = -height * wearer.frame.torso_px / wearer.frame.shoulders_px
        assert above > 0.28 - 0.9 * (abs(lateral) - 0.14) ** 2 - 0.01


def test_both_ends_of_a_neckline_lie_on_the_outline_of_shoulders_that_are_askew(wearer):
    frame, unit = wearer.frame, wearer.frame.shoulders_px
    up, across = -wearer.height * frame.torso_px / unit, wearer.lateral
    slopes = np.where(across > 0, 0.42 - 0.6 * (across - 0.16), 0.32 - 0.4 * (-across - 0.16))
    body = (up < slopes) & (np.abs(across) < 0.6) | (np.abs(across) < 0.16)
    heights, laterals = frame.coordinates(neck_base(_seen(wearer, mask=body)))
    lifts = -heights * frame.torso_px / unit
    assert lifts[1] == pytest.approx(0.42 - 0.6 * (laterals[1] - 0.16), abs=0.03)
    assert abs(lifts[1] - lifts[0]) < 0.06
    assert np.ptp(laterals) == pytest.approx(2 * 0.16 + 0.1, abs=0.03)
    assert laterals.mean() > 0.02


@pytest.mark.parametrize("moved", [-0.05, -0.02, -0.01, 0.0, 0.02, 0.05])
def test_a_standing_collar_ends_at_the_neck_that_is_seen(wearer, moved):
    frame = wearer.frame
    neck = (wearer.height < -0.1) & (np.abs(wearer.lateral - moved) < 0.13)
    seen = _seen(wearer, mask=neck | (wearer.person & (wearer.height > -0.1)))
    garment = garment_of(sleeves="long", neck="shirt")
    marks = garment.landmarks
    pins = torso_pins(garment, marks, seen, fit_torso(garment, marks, seen))
    ends = [pins.person[np.argmin(np.hypot(*(pins.garment - end).T))] for end in marks.opening]
    heights, laterals = frame.coordinates(np.stack(ends))
    assert laterals == pytest.approx([moved - 0.105, moved + 0.105], abs=0.025)
    assert (np.abs(laterals - moved) <= 0.13).all()  # no wall is seen between both
    assert np.ptp(heights) < 0.02


def test_cloth_lies_on_the_shoulders(wearer):
    layers = warp_garment(garment_of(sleeves="long", fit=1.0, flare=1.0), wearer)
    covered = np.any([layer.mask for layer in layers], axis=0)
    shoulders = (wearer.height < 0.15) & (np.abs(wearer.lateral) > 0.35)
    allowed = dilate(wearer.person, 0.04 * wearer.frame.shoulders_px)
    assert (covered & shoulders).any()
    assert not (covered & shoulders & ~allowed).any()


@pytest.mark.parametrize(
    ("below", "above", "together"), [(0.3, 0.4, 0.7), (0.6, 0.9, 1), (1, 0, 1)]
)
def test_two_pieces_that_fade_out_cover_as_much_as_both(below, above, together):
    torso, sleeve = (
        Layer(
            name=name,
            rgb=np.zeros((2, 2, 3), np.float32),
            alpha=np.full((2, 2), alpha, np.float32),
        )
        for name, alpha in (("torso", below), ("left_sleeve", above))
    )
    covered = 1 - (1 - meeting(torso, [sleeve]).alpha) * (1 - sleeve.alpha)
    assert covered == pytest.approx(together)


@pytest.mark.parametrize("sleeves", ["short", "long"])
def test_a_sleeve_stretches_evenly_from_the_shoulder_to_the_cuff(wearer, sleeves):
    shirt = garment_of(sleeves=sleeves)
    marks = shirt.landmarks
    fit = fit_torso(shirt, marks, wearer)
    for side in (0, 1):
        pins = sleeve_pins(marks.sleeves[side], marks, wearer, fit, side)
        outer = pins.only([0, *range(3, len(pins.person), 3)])
        on_garment, on_person = (
            np.hypot(*np.diff(points, axis=0).T) for points in (outer.garment, outer.person)
        )
        stretch = on_person / on_garment
        assert stretch.max() < 1.3 * stretch.min()


def test_the_body_of_a_top_takes_nothing_from_a_sleeve_beyond_the_gap_under_it(wearer):
    torso = warp_garment(garment_of(sleeves="long", fit=0.8), wearer)[0]
    below = torso.mask & (wearer.height > 0.45)
    assert (below & ~largest_components(below, 1.0)).sum() == 0


@pytest.mark.parametrize("name", ["emil", "ivan"])
def test_no_shoulder_is_seen_beside_a_short_sleeve(name):
    photo = np.asarray(draw_person(PERSON_STYLES[name], SIZE).image)
    body = perceive(photo)
    worn = make_wearer(photo, body, parse_person(photo, body))
    layers = warp_garment(garment_of(sleeves="short", fit=0.8), worn)
    covered = np.max([layer.alpha for layer in layers], axis=0) >= 0.5
    shoulders = worn.person & (np.abs(worn.lateral) > 0.5) & (np.abs(worn.lateral) < 0.8)
    shoulders &= (worn.height > -0.1) & (worn.height < 0.12)
    assert covered[shoulders].all()


def test_a_slim_sleeve_is_not_as_wide_as_the_old_one(wearer):
    unit = wearer.frame.shoulders_px
    wide = chain_mask(wearer.shape, wearer.arm(0), 0.22 * unit)
    labels = np.where(wide, Label.UPPER, wearer.parse.labels).astype(np.uint8)
    parse = attrs.evolve(wearer.parse, labels=labels)
    worn = attrs.evolve(wearer, person=wearer.person | wide, parse=parse)
    shirt = garment_of(sleeves="long", fit=0.0)
    fit = fit_torso(shirt, shirt.landmarks, worn)
    slim = shirt.landmarks.sleeves[0]
    slim = attrs.evolve(slim, inner=(slim.inner + 2 * slim.outer) / 3)
    pins = sleeve_pins(slim, shirt.landmarks, worn, fit, 0)
    axis = chain_mask(wearer.shape, wearer.arm(0), 1.0)
    off = cv2.distanceTransform((~axis).astype(np.uint8), cv2.DIST_L2, 5)
    outer = np.rint(pins.person[6:-3:3]).astype(int)
    assert off[outer[:, 1], outer[:, 0]].max() < 0.13 * unit


def _seamless_cuff(wearer):
    """Return the ends of the left cuff, outer and inner, of a sleeve with no seam below."""
    shirt = garment_of(sleeves="short")
    marks = shirt.landmarks
    fit = fit_torso(shirt, marks, wearer)
    steps = np.linspace(1, 3, len(marks.sleeves[0].inner))
    seamless = attrs.evolve(marks.sleeves[0], inner=marks.armpits[0] - steps[:, None])
    pins = sleeve_pins(seamless, marks, wearer, fit, 0)
    return pins.person[-3], pins.person[-2], fit.armpits[0]


def _with_elbow(wearer, across, down):
    """Return the person with the left elbow beside and below the shoulder, in S."""
    joints = wearer.body.joints.copy()
    away = np.array([-across, down]) * wearer.frame.shoulders_px
    joints[Joint.LEFT_ELBOW] = joints[Joint.LEFT_SHOULDER] + away
    return attrs.evolve(wearer, body=attrs.evolve(wearer.body, joints=joints))


def test_a_sleeve_without_a_seam_under_a_raised_arm_ends_beside_the_armpit(wearer):
    _outer, inner, armpit = _seamless_cuff(_with_elbow(wearer, 0.7, 0.5))
    assert np.hypot(*(inner - armpit)) < 0.15 * wearer.frame.shoulders_px


def test_the_cuff_of_such_a_sleeve_runs_across_an_arm_that_hangs(wearer):
    outer, inner, _armpit = _seamless_cuff(_with_elbow(wearer, 0.1, 0.8))
    assert abs(float(inner[1] - outer[1])) < 0.08 * wearer.frame.shoulders_px


def test_cloth_below_a_raised_arm_hangs_straight_or_lower():
    armpit, inside = np.array([100.0, 100.0]), np.array([70.0, 60.0])
    edge = [np.array(point, np.float32) for point in ((90, 80), (70, 130), (40, 100))]
    straight = not_hollow(edge, armpit, inside)
    assert np.allclose(straight, [(90, 100), (70, 130), (40, 100)])


def _with_thin_straps():
    """Return a top with thin straps, whose fronts and backs lie side by side, and their columns."""
    garment = garment_of(sleeves="none", neck="scoop")
    marks = garment.landmarks
    mask = garment.shape.mask.copy()
    armpit_y = round(float(marks.armpits[:, 1].mean()))
    mask[:armpit_y] = False
    sides = []
    for side, x in enumerate(np.rint(marks.tips[:, 0]).astype(int)):
        top = round(float(marks.tips[side, 1]))
        mask[top:armpit_y, x - 9 : x + 10] = True
        mask[top + 6 : armpit_y, x - 3 : x + 4] = False
        sides.append(x)
    ends = np.array([[x, marks.tips[0, 1]] for x in sides], np.float32)
    shape = attrs.evolve(garment.shape, mask=mask)
    worn = attrs.evolve(garment, shape=shape)
    return worn, attrs.evolve(marks, tips=ends, necks=ends), sides


def test_a_strap_whose_front_and_back_lie_side_by_side_hangs_by_its_middle(wearer):
    worn, strapped, sides = _with_thin_straps()
    pins = torso_pins(worn, strapped, wearer, fit_torso(worn, strapped, wearer))
    armpit_y = strapped.armpits[:, 1].mean()
    for x in sides:
        near = pins.garment[(np.abs(pins.garment[:, 0] - x) < 12) & (pins.garment[:, 1] < armpit_y)]
        assert len(near) >= 3
        assert np.abs(near[:, 0] - x).max() < 1.5


def test_thin_straps_lie_on_the_middle_of_the_shoulders_above_the_chest_they_hold(wearer):
    worn, strapped, sides = _with_thin_straps()
    fit = fit_torso(worn, strapped, wearer)
    pins = torso_pins(worn, strapped, wearer, fit)
    ends = np.stack([pins.person[pins.garment[:, 0] == x][0] for x in sides])
    held = np.abs(np.array(sides) - strapped.axis_x) / (strapped.chest_px / 2)
    chest, laterals = (
        np.abs(wearer.frame.coordinates(points)[1]) for points in (fit.armpits, ends)
    )
    assert laterals == pytest.approx(held * chest, abs=0.02)
    assert fit.armpit_height <= 0.26


@pytest.mark.parametrize("sleeves", ["none", "short"])
def test_the_front_of_a_round_neckline_is_lowest_in_its_middle(wearer, sleeves):
    garment = garment_of(sleeves=sleeves, neck="scoop")
    across = np.linspace(-1, 1, 81)
    marks = garment.landmarks
    half = float(np.ptp(marks.necks[:, 0])) / 2
    box = marks.necks.mean(axis=0) + np.column_stack(
        [half * across, 1.2 * half * (1 - np.abs(across) ** 5) ** 0.2]
    )
    square = attrs.evolve(marks, collar_y=float(box[:, 1].max()), neckline=box.astype(np.float32))
    pins = torso_pins(garment, square, wearer, fit_torso(garment, square, wearer))
    worn = fit_spline(pins.garment, pins.person, ridge=1e-3).at(box)
    heights, _laterals = wearer.frame.coordinates(worn)
    assert heights[20:61].max() - heights[40] < 0.004


@pytest.mark.parametrize("neck", ["scoop", "shirt"])
def test_shoulders_that_are_wide_for_a_garment_do_not_widen_its_neckline(wearer, neck):
    garment = garment_of(sleeves="short", neck=neck)
    marks, fit = garment.landmarks, fit_torso(garment, garment.landmarks, wearer)
    widths = []
    for stretch in (1.0, 1.25):
        wide = attrs.evolve(fit, down_scale=fit.scale / stretch)
        ends = np.stack([end_of_neckline(marks, wearer, wide, side) for side in (0, 1)])
        widths.append(float(np.ptp(ends[:, 0])) / wearer.frame.shoulders_px)
    assert widths[1] < widths[0] - 0.02


@pytest.mark.parametrize("neck", ["crew", "scoop"])
def test_the_edge_of_a_neckline_is_even(wearer, neck):
    drawn = draw_garment(GarmentStyle("top", (60, 90, 150), sleeves="long", neck=neck), SIZE)
    small = read_garment(np.asarray(drawn.image), "top", side_px=200)
    torso = warp_garment(small, wearer)[0].alpha
    half, middle = round(0.12 * wearer.frame.shoulders_px), round(float(wearer.frame.neck[0]))
    heights = []
    for cover in torso[round(float(wearer.frame.chin[1])) :, middle - half : middle + half].T:
        row = int((cover > 0.5).argmax())
        heights.append(row - (cover[row] - 0.5) / (cover[row] - cover[row - 1]))
    assert np.abs(np.diff(heights, 2)).max() < 0.45


@pytest.mark.parametrize("depth", [0.3, 0.45, 0.6])
def test_nothing_is_held_within_a_deep_neckline(wearer, depth):
    garment = garment_of(sleeves="short", neck="scoop")
    marks = garment.landmarks
    down = depth * float((marks.armpits - marks.necks)[:, 1].mean())
    deep = curve_of(marks.necks, float(marks.necks[:, 1].mean()) + down, 2.0)
    lower = attrs.evolve(marks, collar_y=float(deep[:, 1].max()), neckline=deep)
    pins = torso_pins(garment, lower, wearer, fit_torso(garment, lower, wearer))
    worn = fit_spline(pins.garment, pins.person, ridge=1e-3)
    missed = np.hypot(*(worn.at(pins.garment) - pins.person).T)
    on_line = [np.hypot(*(deep - point).T).min() < 3 for point in pins.garment]
    assert np.sum(on_line) >= 5
    assert missed[on_line].max() < 0.006 * wearer.frame.shoulders_px


@pytest.mark.parametrize("side", [0, 1])
def test_the_front_of_a_tube_around_the_neck_is_not_cut_off(wearer, side):
    garment = garment_of(sleeves="long", neck="high")
    marks = garment.landmarks
    pins = torso_pins(garment, marks, wearer, fit_torso(garment, marks, wearer))
    ends = [pins.person[np.argmin(np.hypot(*(pins.garment - end).T))] for end in marks.opening]
    rims, laterals = wearer.frame.coordinates(np.stack(ends))
    near_end = np.abs(wearer.lateral - 0.9 * laterals[side]) < 0.02
    seen = warp_garment(garment, wearer)[0].mask & near_end
    assert wearer.height[seen].min() < rims.mean() + 0.02


@pytest.mark.parametrize(("width", "is_whole"), [(0.2, True), (0.35, False)])
def test_a_halter_that_is_narrower_than_a_neck_goes_around_it_whole(wearer, width, is_whole):
    garment = garment_of(sleeves="none", neck="high")
    marks, chest_px = garment.landmarks, garment.landmarks.chest_px
    top = garment.shape.top_at(marks.axis_x)
    columns = marks.axis_x + width / 2 * chest_px * np.array([-1, 1])
    necks = np.column_stack([columns, [top, top]]).astype(np.float32)
    line = curve_of(necks, top + 0.1 * chest_px, 2.0)
    halter = attrs.evolve(
        marks, necks=necks, opening=necks, neckline=line, collar_y=float(line[:, 1].max())
    )
    worn = attrs.evolve(garment, landmarks=halter)
    pins = torso_pins(worn, halter, wearer, fit_torso(worn, halter, wearer))
    inside = np.array([[marks.axis_x, top + 0.06 * chest_px]], np.float32)
    x, y = np.rint(fit_spline(pins.garment, pins.person, ridge=1e-3).at(inside)[0]).astype(int)
    assert warp_garment(worn, wearer)[0].mask[y, x] == is_whole
