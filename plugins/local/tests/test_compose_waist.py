"""What is worn below a shorter top: a waistband that is seen, or one that is drawn."""

import attrs
import cv2
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose.base import beside_top, old_garments, uncovered_base
from tryon_local.compose.beside import beside_waist
from tryon_local.compose.waist import below_bare_waist, beside_belly, beside_waistline
from tryon_local.warp import make_wearer
from wearers import wearer_in

TOP = frozenset({"top"})
SKIN, SHIRT, JEANS, SEAM, WALL = (
    (205, 160, 140),
    (235, 235, 240),
    (60, 80, 130),
    (15, 20, 40),
    (225, 225, 220),
)


@pytest.fixture(scope="module")
def drawn():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    return wearer_in(photo)


def in_jeans(drawn, *, waist, seam=True, sag=0.0, fly=False, hips=0.45):
    """Return a person in a shirt down to a height, and in jeans with or without a waistband."""
    across, height = np.abs(drawn.lateral), drawn.height
    down = height - sag * (1 - np.clip(across / 0.4, 0, 1) ** 2)
    jeans = (across < hips) & (down > waist) & (height < 1.6)
    shirt = (across < hips - 0.02) & (height > 0) & (down <= waist)
    arms = drawn.labelled(Label.SKIN) & (height < 0) & (height > -0.3)
    rgb = np.full_like(drawn.rgb, WALL[0])
    labels = np.full(drawn.shape, Label.BACKGROUND, np.uint8)
    for place, label, colour in (
        (shirt, Label.UPPER, SHIRT),
        (jeans, Label.LOWER, JEANS),
        (arms, Label.SKIN, SKIN),
    ):
        rgb[place], labels[place] = colour, label
    unit = drawn.frame.shoulders_px / drawn.frame.torso_px
    if seam:
        rgb[jeans & (np.abs(down - waist - 0.11 * unit) < 0.012)] = SEAM
    if fly:
        rgb[jeans & (across < 0.05)] = SEAM
    body = attrs.evolve(drawn.body, mask=(labels != Label.BACKGROUND).astype(np.float32))
    parse = attrs.evolve(drawn.parse, labels=labels, is_dress=False)
    return make_wearer(rgb, body, parse)


def below_crop_top(worn, *, hem=0.6):
    cover = ((worn.height < hem) & (np.abs(worn.lateral) < 0.46)).astype(np.float32)
    beside = beside_top(worn, TOP, cover)
    old = old_garments(worn, TOP) | beside
    base, *_ = uncovered_base(worn, TOP, old, cover, beside=beside)
    return base


def at(worn, image, height, lateral=0.15):
    x, y = np.rint(worn.frame.point(height, lateral)).astype(int)
    return image[y, x]


def is_skin(colour):
    return colour[0] > colour[2] + 25


@pytest.mark.parametrize(("waist", "sag"), [(0.8, 0.0), (0.8, 0.04), (0.94, 0.0), (0.94, 0.04)])
def test_skin_goes_down_to_a_waistband_that_is_seen(drawn, waist, sag):
    worn = in_jeans(drawn, waist=waist, sag=sag)
    base = below_crop_top(worn)
    middle = waist + sag * (1 - (0.15 / 0.4) ** 2)
    assert is_skin(at(worn, base, middle - 0.03))
    assert not is_skin(at(worn, base, middle + 0.02))


def test_a_hidden_waistband_is_drawn_with_edge_seam_and_fly(drawn):
    worn = in_jeans(drawn, waist=0.98, seam=False, fly=True)
    base = below_crop_top(worn)
    assert is_skin(at(worn, base, 0.66))
    assert not is_skin(at(worn, base, 0.73))
    heights = np.linspace(0.72, 0.82, 40)
    line = np.array([at(worn, base, height).mean() for height in heights])
    assert line.min() < 0.88 * np.median(line)
    assert at(worn, base, 0.74, 0.0).mean() < 0.6 * at(worn, base, 0.74).mean()


@pytest.mark.parametrize("hem", [0.74, 0.82])
def test_trousers_whose_waistband_is_hidden_leave_a_narrow_strip_of_belly(drawn, hem):
    worn = in_jeans(drawn, waist=0.98, seam=False)
    base = below_crop_top(worn, hem=hem)
    assert is_skin(at(worn, base, hem + 0.005))
    assert not is_skin(at(worn, base, hem + 0.05))


def test_trousers_narrow_from_the_hips_to_a_hidden_waistband_without_a_step(drawn):
    worn = in_jeans(drawn, waist=0.98, seam=False, hips=0.5)
    beside = beside_belly(worn, np.zeros(worn.shape, bool), np.zeros(worn.shape, np.float32))
    rows = [round(float(worn.frame.point(h, 0.0)[1])) for h in np.linspace(0.72, 0.97, 20)]
    sides = [float(np.abs(worn.lateral[row][beside[row]]).min()) for row in rows]
    assert sides[0] < 0.9 * sides[-1]
    assert np.abs(np.diff(sides)).max() < 0.02


def test_a_hidden_waistband_curves_around_the_belly_and_is_darker_at_its_sides(drawn):
    worn = in_jeans(drawn, waist=0.98, seam=False)
    base = below_crop_top(worn)
    # Both at the very edge.
    assert is_skin(at(worn, base, 0.693, 0.0))
    assert not is_skin(at(worn, base, 0.693, 0.36))
    middle, side = (at(worn, base, 0.73, lateral).mean() for lateral in (0.1, 0.36))
    assert side < 0.97 * middle


def test_the_seam_of_a_hem_below_a_long_top_is_no_waistband(drawn):
    worn = in_jeans(drawn, waist=1.25)
    base = below_crop_top(worn, hem=0.95)
    assert not is_skin(at(worn, base, 1.1))
    assert not is_skin(at(worn, base, 1.2))


def test_a_loop_at_the_edge_of_a_waistband_makes_no_step_in_it(drawn):
    worn = in_jeans(drawn, waist=0.8)
    loop = (np.abs(worn.lateral - 0.15) < 0.02) & (np.abs(worn.height - 0.79) < 0.015)
    labels = np.where(loop, Label.LOWER, worn.parse.labels).astype(np.uint8)
    worn.rgb[loop] = JEANS
    looped = make_wearer(worn.rgb, worn.body, attrs.evolve(worn.parse, labels=labels))
    base = below_crop_top(looped)
    assert is_skin(at(looped, base, 0.775, 0.2))
    assert is_skin(at(looped, base, 0.775, 0.1))


def test_the_sides_of_a_belly_have_no_notches_of_a_wrinkled_top(drawn):
    worn = in_jeans(drawn, waist=0.9, hips=0.44)
    wrinkle = (np.abs(worn.height - 0.82) < 0.02) & (np.abs(worn.lateral) > 0.34)
    body = attrs.evolve(worn.body, mask=worn.body.mask * ~wrinkle)
    labels = np.where(wrinkle, Label.BACKGROUND, worn.parse.labels).astype(np.uint8)
    rgb = np.where(wrinkle[..., None], np.uint8(WALL[0]), worn.rgb)
    notched = make_wearer(rgb, body, attrs.evolve(worn.parse, labels=labels))
    beside = beside_belly(
        notched, np.zeros(notched.shape, bool), np.zeros(notched.shape, np.float32)
    )
    rows = [round(float(notched.frame.point(h, 0.0)[1])) for h in np.linspace(0.72, 0.87, 12)]
    sides = [float(np.abs(notched.lateral[row][beside[row]]).min()) for row in rows]
    assert min(sides) > 0.3
    assert max(sides) < 0.42
    assert np.abs(np.diff(sides)).max() < 0.01


def with_bare_midriff(drawn, *, half, arm=None):
    """Return a person in jeans, with a strip of belly of a half width, in S, under a loose top."""
    worn = in_jeans(drawn, waist=0.9, hips=0.46)
    across = np.abs(worn.lateral)
    strip = (worn.height > 0.82) & (worn.height < 0.9)
    rgb, labels = worn.rgb.copy(), worn.parse.labels.copy()
    rgb[strip], labels[strip] = WALL[0], Label.BACKGROUND
    belly = strip & (across < half)
    if arm:
        beside = (worn.lateral > arm) & (worn.lateral < arm + 0.2)
        belly |= beside & (worn.height > 0.3) & (worn.height < 1)
    rgb[belly], labels[belly] = SKIN, Label.SKIN
    body = attrs.evolve(worn.body, mask=(labels != Label.BACKGROUND).astype(np.float32))
    return make_wearer(rgb, body, attrs.evolve(worn.parse, labels=labels))


def test_a_belly_goes_on_as_narrow_as_what_is_seen_of_it_below_a_loose_top(drawn):
    worn = with_bare_midriff(drawn, half=0.36)
    beside = beside_belly(worn, np.zeros(worn.shape, bool), np.zeros(worn.shape, np.float32))
    row = round(float(worn.frame.point(0.78, 0.0)[1]))
    side = float(np.abs(worn.lateral[row][beside[row]]).min())
    assert side == pytest.approx(0.36, abs=0.02)


@pytest.mark.parametrize(("arm", "is_wall"), [(0.375, False), (0.46, True)])
def test_no_wall_is_seen_in_a_slit_between_belly_and_arm(drawn, arm, is_wall):
    worn = with_bare_midriff(drawn, half=0.36, arm=arm)
    beside = beside_belly(worn, np.zeros(worn.shape, bool), np.zeros(worn.shape, np.float32))
    row = round(float(worn.frame.point(0.86, 0.0)[1]))
    slit = (worn.lateral[row] > 0.355) & (worn.lateral[row] < arm - 0.005)
    assert beside[row][slit].any() == is_wall


def test_no_speck_of_wall_is_seen_where_belly_and_arm_all_but_touch(drawn):
    worn = with_bare_midriff(drawn, half=0.36, arm=0.375)
    dent = (np.abs(worn.height - 0.86) < 0.015) & (np.abs(worn.lateral - 0.39) < 0.025)
    labels = np.where(dent, np.uint8(Label.BACKGROUND), worn.parse.labels)
    body = attrs.evolve(worn.body, mask=(labels != Label.BACKGROUND).astype(np.float32))
    dented = make_wearer(worn.rgb, body, attrs.evolve(worn.parse, labels=labels))
    beside = beside_belly(dented, np.zeros(worn.shape, bool), np.zeros(worn.shape, np.float32))
    between = (worn.lateral > 0.3) & (worn.lateral < 0.44) & (np.abs(worn.height - 0.86) < 0.03)
    assert not beside[between].any()


def test_a_slanting_waistband_goes_on_straight_where_the_old_top_hid_its_end(drawn):
    across, tilt = np.abs(drawn.lateral), 0.25 * drawn.lateral
    worn = in_jeans(drawn, waist=0.84)
    jeans = (worn.height > 0.84 + tilt) & (across < 0.45) & (worn.height < 1.6)
    shirt = (across < 0.43) & (worn.height > 0) & (worn.height < 0.87 + tilt)
    belly = shirt & (worn.lateral > -0.1) & (worn.height > 0.78 + tilt)
    rgb, labels = worn.rgb.copy(), worn.parse.labels.copy()
    for place, label, colour in (
        (worn.height > 0, Label.BACKGROUND, WALL),
        (jeans, Label.LOWER, JEANS),
        (shirt & (worn.lateral < -0.1), Label.UPPER, SHIRT),
        (shirt & (worn.lateral >= -0.1) & (worn.height < 0.78 + tilt), Label.UPPER, SHIRT),
        (belly & ~jeans, Label.SKIN, SKIN),
    ):
        rgb[place], labels[place] = colour, label
    body = attrs.evolve(worn.body, mask=(labels != Label.BACKGROUND).astype(np.float32))
    tilted = make_wearer(rgb, body, attrs.evolve(worn.parse, labels=labels))
    base = below_crop_top(tilted)
    edge = 0.84 - 0.25 * 0.38
    assert is_skin(at(tilted, base, edge - 0.03, -0.38))
    assert not is_skin(at(tilted, base, edge + 0.02, -0.38))


def test_skin_and_no_wall_is_seen_between_a_hem_and_a_waistband_that_lean_apart(drawn):
    worn = in_jeans(drawn, waist=0.9)
    across, both = np.abs(worn.lateral), frozenset({"top", "bottom"})
    top = (worn.height > 0.1) & (worn.height < 0.91 - 0.3 * np.maximum(worn.lateral - 0.25, 0))
    trousers = (worn.height > 0.9) & (worn.height < 1.6)
    cover = ((top | trousers) & (across < 0.45)).astype(np.float32)
    base, *_ = uncovered_base(worn, both, old_garments(worn, both), cover)
    assert is_skin(at(worn, base, 0.885, 0.4))


def test_a_belly_above_new_trousers_has_even_sides_from_end_to_end_of_their_waistband(drawn):
    across, height = np.abs(drawn.lateral), drawn.height
    corner = np.maximum(across - 0.42, 0) * 2
    trousers = (height > 0.9 + corner) & (height < 1.9) & (across < 0.5)
    top = (height > 0.1) & (height < 0.68) & (across < 0.5)
    cover = (top | trousers).astype(np.float32)
    nothing = np.zeros(drawn.shape, bool)
    beside = beside_waistline(drawn, frozenset({"top", "bottom"}), nothing, nothing, cover)
    rows = [round(float(drawn.frame.point(h, 0.0)[1])) for h in np.linspace(0.7, 0.89, 12)]
    sides = [float(np.abs(drawn.lateral[row][beside[row]]).min()) for row in rows]
    assert min(sides) > 0.34
    assert max(sides) == pytest.approx(0.42, abs=0.03)
    assert np.abs(np.diff(sides)).max() < 0.015
    assert (beside | trousers)[(across > 0.46) & (height > 0.92) & (height < 1.0)].all()


def test_a_loose_dress_is_as_wide_as_the_waist_where_a_crop_top_bares_that(drawn):
    across, height = np.abs(drawn.lateral), drawn.height
    dress = (across < 0.64) & (height > 0) & (height < 1.6)
    rgb = np.where(dress[..., None], np.array(JEANS, np.uint8), np.uint8(WALL[0]))
    labels = np.where(dress, Label.LOWER, Label.BACKGROUND).astype(np.uint8)
    labels[dress & (height < 0.6)] = Label.UPPER
    body = attrs.evolve(drawn.body, mask=dress.astype(np.float32))
    worn = make_wearer(rgb, body, attrs.evolve(drawn.parse, labels=labels, is_dress=True))
    cover = ((height < 0.6) & (across < 0.46)).astype(np.float32)
    beside = beside_waist(worn, cover)
    waist, hips, thighs = (
        dress & ~beside & (np.abs(height - at_height) < 0.01) for at_height in (0.8, 1.0, 1.15)
    )
    widths = [float(across[part].max()) for part in (waist, hips, thighs)]
    assert widths[0] < 0.48
    assert widths[0] + 0.05 < widths[1] < widths[2]
    assert not beside[across < 0.4].any()
    shirt = attrs.evolve(worn, parse=attrs.evolve(worn.parse, is_dress=False))
    assert not beside_waist(shirt, cover).any()


def test_a_belly_is_as_light_as_the_shoulders_further_down_than_the_shadow_of_a_hem(drawn):
    worn = in_jeans(drawn, waist=0.92)
    base = below_crop_top(worn)
    assert at(worn, base, 0.86).mean() > 0.97 * np.mean(SKIN)


def test_a_belly_whose_navel_is_seen_gets_no_second_one(drawn):
    worn = in_jeans(drawn, waist=0.94)
    strip = (worn.height > 0.85) & (worn.height <= 0.94) & (np.abs(worn.lateral) < 0.42)
    rgb = np.where(strip[..., None], np.array(SKIN, np.uint8), worn.rgb)
    labels = np.where(strip, Label.SKIN, worn.parse.labels).astype(np.uint8)
    bare = make_wearer(rgb, worn.body, attrs.evolve(worn.parse, labels=labels))
    for person, has_one in ((worn, True), (bare, False)):
        base = below_crop_top(person)
        navel, beside = (at(person, base, 0.8, lateral).mean() for lateral in (0.0, 0.1))
        assert (navel < 0.85 * beside) == has_one


@pytest.mark.parametrize(("hem", "is_belly"), [(0.75, True), (1.1, False)])
def test_no_belly_is_seen_beside_a_narrower_top_that_hides_the_waistband(drawn, hem, is_belly):
    worn = in_jeans(drawn, waist=0.9, hips=0.44)
    cover = (np.abs(worn.lateral) < 0.3) & (worn.height > 0) & (worn.height < hem)
    wall = np.abs(worn.lateral) > 0.3
    beside = beside_belly(worn, wall, cover.astype(np.float32))
    waist = (np.abs(worn.height - 0.85) < 0.02) & (np.abs(np.abs(worn.lateral) - 0.32) < 0.01)
    assert waist.any()
    assert (~beside[waist]).all() == is_belly
    assert beside[waist].all() != is_belly


def test_a_top_that_stays_has_no_corners_that_are_replaced(drawn):
    worn = in_jeans(drawn, waist=0.9, hips=0.5)
    belly = (worn.height > 0.86) & (worn.height < 0.9) & (np.abs(worn.lateral) < 0.36)
    labels = np.where(belly, Label.SKIN, worn.parse.labels).astype(np.uint8)
    rgb = np.where(belly[..., None], np.array(SKIN, np.uint8), worn.rgb)
    worn = make_wearer(rgb, worn.body, attrs.evolve(worn.parse, labels=labels))
    bottom, nothing = frozenset({"bottom"}), np.zeros(worn.shape, np.float32)
    _base, replaced, *_rest = uncovered_base(worn, bottom, old_garments(worn, bottom), nothing)
    assert replaced[worn.labelled(Label.LOWER) & (worn.height > 0.92)].min() > 0.4
    assert replaced[worn.labelled(Label.UPPER) & (worn.height < 0.88)].max() < 0.4


def test_the_half_of_a_dress_that_stays_has_no_corners_that_are_replaced(drawn):
    worn = in_jeans(drawn, waist=0.9, hips=0.5)
    # The labels of a dress waver between both garments.
    hem = worn.labelled(Label.LOWER) & (worn.height > 1.5)
    labels = np.where(hem, Label.UPPER, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels, is_dress=True)
    dress = make_wearer(worn.rgb, worn.body, parse)
    bottom, nothing = frozenset({"bottom"}), np.zeros(worn.shape, np.float32)
    old = old_garments(dress, bottom)
    _base, replaced, *_rest = uncovered_base(dress, bottom, old, nothing)
    away = cv2.distanceTransform((~old).astype(np.uint8), cv2.DIST_L2, 5)
    upper = dress.labelled(Label.UPPER) & (away > 5.1) & (dress.height < 1)
    assert replaced[upper].max() < 0.4


@pytest.mark.parametrize(("gap", "is_belly"), [(0.06, True), (0.008, False)])
def test_no_belly_is_seen_beside_a_narrow_top_that_ends_at_a_new_waistband(drawn, gap, is_belly):
    across, height = np.abs(drawn.lateral), drawn.height
    top = (across < 0.3) & (height > 0) & (height < 0.85 - gap)
    cover = top | ((across < 0.4) & (height > 0.85) & (height < 1.4))
    wall, both = across > 0.3, frozenset({"top", "bottom"})
    nothing = np.zeros(drawn.shape, bool)
    beside = beside_waistline(drawn, both, wall, nothing, cover.astype(np.float32))
    waist = (np.abs(height - 0.82) < 0.01) & (np.abs(across - 0.34) < 0.02)
    assert (~beside[waist]).all() == is_belly
    assert beside[waist].all() != is_belly


@pytest.mark.parametrize("is_wall", [True, False])
def test_a_belly_below_a_crop_top_changes_nothing_beside_that_top(drawn, is_wall):
    across, height = np.abs(drawn.lateral), drawn.height
    cover = (across < 0.3) & (height > 0) & (height < 0.75)
    cover |= (across < 0.4) & (height > 0.85) & (height < 1.4)
    wall, both = (across > 0.3) & is_wall, frozenset({"top", "bottom"})
    nothing = np.zeros(drawn.shape, bool)
    beside = beside_waistline(drawn, both, wall, nothing, cover.astype(np.float32))
    chest = (height > 0.4) & (height < 0.64) & (across > 0.31)
    assert (beside[chest] == is_wall).all()


def test_wide_hips_are_not_black_at_the_ends_of_a_drawn_waistband(drawn):
    worn = in_jeans(drawn, waist=1.05, seam=False, hips=0.58)
    jeans, skin = worn.labelled(Label.LOWER), np.full(worn.rgb.shape, 200, np.float32)
    cover = (worn.height < 0.8).astype(np.float32)
    image = below_bare_waist(worn, skin, skin, lower=jeans, clean=jeans, cover=cover)
    middle, side = (at(worn, image, 0.97, lateral).mean() for lateral in (0.1, 0.56))
    assert 0.6 * middle < side < middle


def test_trousers_that_are_seen_from_the_thighs_on_do_not_narrow_to_a_waist(drawn):
    worn = in_jeans(drawn, waist=1.35, seam=False, hips=0.45)
    nothing = np.zeros(worn.shape, np.float32)
    assert not beside_belly(worn, np.zeros(worn.shape, bool), nothing).any()
    base = below_crop_top(worn, hem=0.95)
    middle, side = (at(worn, base, 1.2, lateral).mean() for lateral in (0.1, 0.38))
    assert side > 0.97 * middle
