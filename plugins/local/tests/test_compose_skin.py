import attrs
import cv2
import numpy as np
import pytest

from tryon_local.body import Joint, Label
from tryon_local.compose.bare_legs import with_bare_feet
from tryon_local.compose.base import old_garments, uncovered_base
from tryon_local.compose.beside import below_shoulders
from tryon_local.compose.cuffs import before_wall, below_cuffs, cuffed_hands
from tryon_local.compose.front import arms_in_front
from tryon_local.compose.limbs import ARM_RADII, LEG_RADII, Hand, find_limbs, limb_share
from tryon_local.compose.skin import painted_skin
from tryon_local.compose.tones import skin_tones
from tryon_local.frame import SIDES, along
from tryon_local.imaging import chain_mask, dilate, erode
from tryon_local.warp import make_wearer, stretched_hand
from wearers import wearer_in

TOP = frozenset({"top"})
SKIN, SLEEVE = (205, 160, 140), (40, 60, 120)


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    photo = np.asarray(person.image)
    return wearer_in(photo)


def repainted(wearer, *, sleeve, bare, skin=SKIN):
    """Return the person with two arms of the given masks, and a wall behind them."""
    rgb = np.full_like(wearer.rgb, 230)
    rgb[bare], rgb[sleeve] = skin, SLEEVE
    labels = np.where(sleeve, Label.UPPER, np.where(bare, Label.SKIN, Label.BACKGROUND))
    body = attrs.evolve(wearer.body, mask=(sleeve | bare).astype(np.float32))
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8), is_dress=False)
    return make_wearer(rgb, body, parse)


def in_sleeves(wearer, *, radius=0.1, end=0.7):
    """Return the person with sleeves of a radius, in S, to a share of the arm; hands are bare."""
    unit = wearer.frame.shoulders_px
    sleeve, bare = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        chain = wearer.arm(side)
        parts = [np.linspace(0, end, 6), np.linspace(end, 1, 4)]
        upper, lower = ([along(chain, share) for share in part] for part in parts)
        sleeve |= chain_mask(wearer.shape, np.stack(upper), radius * unit)
        bare |= chain_mask(wearer.shape, np.stack(lower), 0.09 * unit)
    return repainted(wearer, sleeve=sleeve & ~bare, bare=bare)


def undressed(worn):
    nothing = np.zeros(worn.shape, np.float32)
    old = old_garments(worn, TOP)
    base, _replaced, invented, _wall = uncovered_base(worn, TOP, old, nothing)
    return base, invented


def test_painted_arms_are_darker_towards_their_outline(wearer):
    worn = in_sleeves(wearer)
    base, _invented = undressed(worn)
    centre = along(worn.arm(0), 0.35)
    side = worn.frame.across * (0.08 * worn.frame.shoulders_px)
    middle, left, right = (
        base[tuple(np.rint(point).astype(int)[::-1])].mean()
        for point in (centre, centre - side, centre + side)
    )
    assert 0.6 * middle < left < 0.95 * middle
    assert 0.6 * middle < right < 0.95 * middle


def test_the_outline_of_a_fair_arm_is_less_dark_than_that_of_a_darker_one(wearer):
    bare = in_sleeves(wearer)
    sleeve, hands = bare.labelled(Label.UPPER), bare.labelled(Label.SKIN)
    shades = []
    for tone in ((235, 200, 185), (150, 100, 80)):
        worn = repainted(wearer, sleeve=sleeve, bare=hands, skin=tone)
        base, _invented = undressed(worn)
        centre = along(worn.arm(0), 0.35)
        side = worn.frame.across * (0.07 * worn.frame.shoulders_px)
        points = (np.rint(point).astype(int) for point in (centre, centre - side, centre + side))
        middle, *sides = (base[y - 1 : y + 2, x - 1 : x + 2].mean() for x, y in points)
        shades.append(1 - np.mean(sides) / middle)
    fair, dark = shades
    assert 0.02 < fair < 0.85 * dark


def test_a_painted_arm_is_no_even_tube(wearer):
    worn = in_sleeves(wearer, end=0.95)
    base, _invented = undressed(worn)
    biceps, crook, forearm = (
        base[tuple(np.rint(along(worn.arm(0), share)).astype(int)[::-1])].mean()
        for share in (0.36, 0.49, 0.62)
    )
    assert crook < 0.97 * biceps
    assert crook < 0.97 * forearm


def test_a_sleeve_that_is_taken_for_a_skirt_in_thin_teeth_shows_no_wall(wearer):
    worn = in_sleeves(wearer, end=0.9)
    chain = worn.arm(0)
    inner = worn.frame.across * (0.03 * worn.frame.shoulders_px)
    line = np.stack([along(chain, share) + inner for share in np.linspace(0.45, 0.7, 5)])
    teeth = chain_mask(worn.shape, line, 1) & worn.labelled(Label.UPPER)
    labels = np.where(teeth, Label.LOWER, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    # The hem of the new top lies below.
    cover = ((np.abs(worn.lateral) < 0.3) & (worn.height > 0) & (worn.height < 1.1)) * 1.0
    bitten = make_wearer(worn.rgb, worn.body, parse)
    old = old_garments(bitten, TOP)
    base, *_rest = uncovered_base(bitten, TOP, old, cover.astype(np.float32))
    assert teeth.sum() > 20
    assert np.abs(base[teeth] - 230).max(axis=1).min() > 20


def test_a_corner_of_a_worn_skirt_that_is_painted_over_hides_no_arm(wearer):
    worn, middle = in_sleeves(wearer, end=0.9), along(wearer.arm(0), 0.6)
    corner = chain_mask(worn.shape, np.stack([middle, middle]), 0.08 * worn.frame.shoulders_px)
    corner &= worn.labelled(Label.UPPER)
    labels = np.where(corner, Label.LOWER, worn.parse.labels).astype(np.uint8)
    over_skirt = make_wearer(worn.rgb, worn.body, attrs.evolve(worn.parse, labels=labels))
    cover = (np.abs(worn.lateral) < 0.3) & (worn.height > 0) & (worn.height < 1.1)
    cover = cover.astype(np.float32)
    old = old_garments(over_skirt, TOP)
    base, *_rest = uncovered_base(over_skirt, TOP, old | corner, cover, beside=corner)
    x, y = np.rint(middle).astype(int)
    assert corner[y, x]
    assert np.abs(base[y, x] - 230).max() > 20


def test_a_painted_arm_meets_the_hand_without_a_step(wearer):
    worn = in_sleeves(wearer)
    base, _invented = undressed(worn)
    shares = np.linspace(0.6, 0.85, 26)
    points = np.rint([along(worn.arm(0), share) for share in shares]).astype(int)
    line = np.array([base[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1)) for x, y in points])
    assert np.abs(np.diff(line, axis=0)).max() < 10
    assert np.abs(line[-1] - SKIN).max() < 10


def test_painted_skin_is_not_as_even_as_paint(wearer):
    worn = in_sleeves(wearer)
    base, invented = undressed(worn)
    column = base[erode(invented, 4)].mean(axis=1)
    assert np.std(column) > 1


def test_a_limb_does_not_stick_out_of_a_tight_sleeve(wearer):
    worn = in_sleeves(wearer, radius=0.085)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    sleeve = dilate(worn.labelled(Label.UPPER), 1)
    upper_arm = (limbs.depth > 1) & (limbs.along > 0.25) & (limbs.along < 0.6)
    assert (upper_arm & sleeve).sum() > 0.95 * upper_arm.sum()


def test_arms_of_which_nothing_is_seen_are_not_as_wide_as_their_sleeves(wearer):
    worn = in_sleeves(wearer, radius=0.2, end=1.0)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    for share in (0.3, 0.6):
        radius_px = limbs.depth[tuple(np.rint(along(worn.arm(0), share)).astype(int)[::-1])]
        assert radius_px < 0.105 * worn.frame.shoulders_px


def test_an_unseen_arm_swells_below_the_elbow_and_narrows_to_the_wrist(wearer):
    worn = in_sleeves(wearer, radius=0.2, end=1.0)
    chains = [worn.arm(side) for side in SIDES]
    limbs = find_limbs(worn, chains, ARM_RADII, (None, None))
    left = worn.lateral < 0
    above_elbow, forearm, wrist = (
        limbs.depth[left & (np.abs(limbs.along - share) < 0.02)].max()
        for share in (0.42, 0.63, 0.92)
    )
    assert forearm > 1.05 * above_elbow
    assert wrist < 0.75 * forearm


@pytest.mark.parametrize(("below", "lies"), [(0.11, True), (0.2, False)])
def test_a_sleeve_that_is_wide_further_down_does_not_lie_on_the_shoulder(wearer, below, lies):
    unit, shape = wearer.frame.shoulders_px, wearer.shape
    sleeve = np.zeros(shape, bool)
    for side in SIDES:
        chain = wearer.arm(side)
        sleeve |= chain_mask(shape, along(chain, np.array((0.0, 0.25))), 0.18 * unit)
        sleeve |= chain_mask(shape, along(chain, np.array((0.3, 0.5, 1.0))), below * unit)
    worn = repainted(wearer, sleeve=sleeve, bare=np.zeros(shape, bool))
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    chain = worn.arm(1)
    axis = (chain[1] - chain[0]) / np.hypot(*(chain[1] - chain[0]))
    outer = along(chain, 0.1) + np.array([axis[1], -axis[0]]) * (0.16 * unit)
    assert (limbs.depth[tuple(np.rint(outer).astype(int)[::-1])] > 0) == lies


def test_an_unseen_arm_is_no_straight_tube_from_shoulder_to_wrist(wearer):
    worn = in_sleeves(wearer, radius=0.2, end=1.0)
    chain = worn.arm(0)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, (None, None))
    axis = (chain[2] - chain[0]) / np.hypot(*(chain[2] - chain[0]))
    outwards = np.array([-axis[1], axis[0]])
    steps = np.arange(-60, 60, 0.5)
    middles = []
    for share in (0.2, 0.5, 0.75):
        points = along(chain, share) + steps[:, None] * outwards
        depth = limbs.depth[tuple(np.rint(points.T[::-1]).astype(int))]
        middles.append(steps[depth.argmax()] / worn.frame.shoulders_px)
    shoulder, elbow, forearm = middles
    assert shoulder > elbow + 0.01
    assert forearm > elbow + 0.004


@pytest.mark.parametrize(("is_seen", "least", "most"), [(False, 0.4, 0.65), (True, -0.1, 0.15)])
def test_a_hand_tells_where_the_whole_arm_hangs_in_a_wide_sleeve(wearer, is_seen, least, most):
    """The elbow that a sleeve hides goes about half as far as the wrist; one that is seen stays."""
    worn = in_sleeves(wearer, radius=0.2, end=0.4 if is_seen else 1.0)
    if not is_seen:
        worn = repainted(wearer, sleeve=worn.person, bare=np.zeros(worn.shape, bool))
    chain, unit = worn.arm(1), worn.frame.shoulders_px
    axis = (chain[2] - chain[1]) / np.hypot(*(chain[2] - chain[1]))
    sideways = np.array([-axis[1], axis[0]])
    steps, middles = np.arange(-0.2 * unit, 0.2 * unit, 0.5), []
    for off in (0.0, 0.08):
        middle = chain[2] + (0.12 * axis + off * sideways) * unit
        hands = (None, Hand(middle.astype(np.float32), 0.085 * unit))
        limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, hands)
        points = along(chain, 0.5) + steps[:, None] * sideways
        depth = limbs.depth[tuple(np.rint(points.T[::-1]).astype(int))]
        middles.append(float(steps[depth > 0].mean()) / unit)
    assert least < (middles[1] - middles[0]) / 0.08 < most


def test_arms_that_nobody_sees_are_as_light_as_face_and_hands(wearer):
    unit = wearer.frame.shoulders_px
    x, y = np.rint(wearer.body.joints[Joint.NOSE]).astype(int)
    face = np.hypot(*(np.indices(wearer.shape) - np.array([y, x])[:, None, None])) < 0.3 * unit
    hands = in_sleeves(wearer, end=1.0).labelled(Label.SKIN)
    chest = (np.abs(wearer.lateral) < 0.4) & (wearer.height > -0.08) & (wearer.height < 0.6)
    worn = repainted(wearer, sleeve=chest, bare=face | hands)
    arms = skin_tones(worn).arms
    assert 1.0 <= arms.mean() / np.mean(SKIN) < 1.05
    # Less blood shines through.
    assert arms[1] / arms[2] > 1.02 * SKIN[1] / SKIN[2]


def test_the_tone_of_a_hand_fades_slowly_up_the_arm(wearer):
    worn = in_sleeves(wearer, end=1.0)
    tones = attrs.evolve(skin_tones(worn), arms=np.array((205, 190, 170), np.float32))
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, (None, None))
    below = np.zeros(worn.shape, np.float32)
    sleeves = worn.labelled(Label.UPPER)
    painted = painted_skin(worn, tones, sleeves, below=below, limbs=(limbs, None))
    wrist, forearm, arm = (
        float(painted[tuple(np.rint(along(worn.arm(0), share)).astype(int)[::-1])][1])
        for share in (0.92, 0.8, 0.36)
    )
    assert arm - wrist > 15
    assert arm - forearm > 0.3 * (arm - wrist)


def test_the_fold_between_a_painted_arm_and_the_chest_is_soft(wearer):
    worn = in_sleeves(wearer, radius=0.14, end=1.0)
    tones = skin_tones(worn)
    tones = attrs.evolve(tones, arms=tones.chest * np.float32(0.6))
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, (None, None))
    below = np.zeros(worn.shape, np.float32)
    hole = worn.labelled(Label.UPPER)
    painted = painted_skin(worn, tones, hole, below=below, limbs=(limbs, None)).mean(axis=2)
    x, y = np.rint(along(worn.arm(0), 0.27)).astype(int)
    line = painted[y - 1 : y + 2, x : x + round(0.2 * worn.frame.shoulders_px)].mean(axis=0)
    assert line.max() - line.min() > 25
    assert np.abs(np.diff(line)).max() < 0.3 * (line.max() - line.min())


def test_no_wall_is_seen_in_a_slit_below_the_armpit(wearer):
    worn = in_sleeves(wearer, radius=0.2, end=1.0)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, (None, None))
    arm = (limbs.depth > 0) & (worn.lateral < 0)
    height = (worn.height > 0.36) & (worn.height < 0.46)
    inner = np.where(arm, np.arange(worn.shape[1]), 0).max(axis=1)[:, None]
    beside = np.arange(worn.shape[1]) - inner
    slit = height & (beside > 0) & (beside <= 2) & (inner > 0)
    trunk = (worn.lateral < 0.5) & (beside > 2) & (inner > 0) & (worn.height < 1.1)
    old = old_garments(worn, TOP) | slit
    base, *_rest = uncovered_base(worn, TOP, old, trunk.astype(np.float32))
    furthest = slit & (beside == 2)
    assert furthest.sum() > 5
    assert np.median(np.abs(base[furthest] - 230).max(axis=1)) > 40


def test_the_top_of_a_painted_shoulder_is_as_light_as_the_arm(wearer):
    worn = in_sleeves(wearer, radius=0.12)
    base, _invented = undressed(worn)
    points = (np.rint(along(worn.arm(0), share)).astype(int) for share in (0.02, 0.36))
    shoulder, arm = (base[y - 2 : y + 3, x - 2 : x + 3].mean() for x, y in points)
    assert shoulder > 0.92 * arm


def test_below_a_raised_arm_skin_is_painted_further_up_than_above_it(wearer):
    unit = wearer.frame.shoulders_px
    joints = wearer.body.joints.copy()
    joints[Joint.LEFT_ELBOW] = joints[Joint.LEFT_SHOULDER] + (-0.6 * unit, 0.4 * unit)
    joints[Joint.LEFT_WRIST] = joints[Joint.LEFT_ELBOW] + (-0.6 * unit, 0.4 * unit)
    body = attrs.evolve(wearer.body, joints=joints)
    worn = in_sleeves(make_wearer(wearer.rgb, body, wearer.parse), radius=0.12)
    old = worn.labelled(Label.UPPER)
    nothing = np.zeros(worn.shape, np.float32)
    _base, _replaced, invented, _wall = uncovered_base(worn, TOP, old, nothing, sleeves=(0.5, 0.5))
    across = np.array([-0.4, -0.6]) / np.hypot(0.4, 0.6) * 0.06 * unit
    above, below = (
        invented[tuple(np.rint(along(worn.arm(0), 0.4) + off).astype(int)[::-1])]
        for off in (across, -across)
    )
    assert below
    assert not above


def test_a_bare_arm_ends_below_the_cuff_of_a_new_sleeve(wearer):
    worn = in_sleeves(wearer, end=0.3)
    nothing = np.zeros(worn.shape, bool)
    bare = arms_in_front(worn, (0.5, 0.5), nothing, nothing)
    above, below = (
        bare[tuple(np.rint(along(worn.arm(0), share)).astype(int)[::-1])] for share in (0.45, 0.55)
    )
    assert below
    assert not above


def test_a_speck_at_the_rim_of_a_bare_arm_is_not_replaced(wearer):
    trunk = (np.abs(wearer.lateral) < 0.4) & (wearer.height > 0) & (wearer.height < 0.9)
    rows, columns = np.indices(wearer.shape)
    x, y = np.rint(wearer.frame.point(0.4, 0.6)).astype(int)
    speck = (np.abs(rows - y) < 2) & (columns == x)
    worn = repainted(wearer, sleeve=trunk | speck, bare=np.zeros_like(trunk))
    old = old_garments(worn, TOP)
    assert not (old & speck).any()
    assert (old & trunk).sum() == trunk.sum()


def test_a_chest_is_not_painted_in_the_shadow_of_the_chin(wearer):
    unit = wearer.frame.shoulders_px
    neck = (np.abs(wearer.lateral) < 0.15) & (wearer.height < -0.08) & (wearer.height > -0.3)
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    chest = (np.abs(wearer.lateral) < 0.4) & (wearer.height > -0.08) & (wearer.height < 0.6)
    worn = repainted(wearer, sleeve=chest & ~arms, bare=arms | neck)
    worn.rgb[neck] = (110, 80, 65)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    painted = painted_skin(
        worn,
        skin_tones(worn),
        worn.labelled(Label.UPPER),
        below=below_shoulders(worn),
        limbs=(limbs, None),
    )
    x, y = np.rint(worn.frame.point(0.35, 0.0)).astype(int)
    reach = round(0.05 * unit)
    patch = painted[y - reach : y + reach, x - reach : x + reach]
    assert patch.mean() > 0.85 * np.mean(SKIN)


def test_bare_shoulders_are_as_low_under_thick_straps_as_beside_them(wearer):
    across = np.abs(wearer.lateral)
    up = -wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    slope = np.minimum(0.28 - 0.4 * np.maximum(across - 0.15, 0), np.where(across < 0.62, 1, -1))
    body = (up < np.where(across < 0.15, 0.5, slope)) & (wearer.height < 0.3)
    strap = (across > 0.35) & (across < 0.48) & (up < slope + 0.025) & (wearer.height < 0.3)
    worn = repainted(wearer, sleeve=strap, bare=body & ~strap)
    near_strap = (across > 0.34) & (across < 0.55) & (np.abs(up - slope) < 0.05)
    off = below_shoulders(worn) - (slope - up)
    assert np.abs(off[near_strap]).max() < 0.013


def test_bare_shoulders_do_not_rise_outwards_where_worn_ones_are_puffed(wearer):
    across = np.abs(wearer.lateral)
    up = -wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    slope = 0.28 - 0.3 * np.maximum(across - 0.15, 0) + np.where(across > 0.4, 0.07, 0)
    body = (up < slope) & (across < 0.6) | (up < 0.5) & (across < 0.15)
    body &= wearer.height < 0.3
    puffed = body & (across > 0.35)
    worn = repainted(wearer, sleeve=puffed, bare=body & ~puffed)
    skin = below_shoulders(worn) > 0
    assert up[skin & (across > 0.4)].max() < up[skin & (np.abs(across - 0.36) < 0.01)].max()


def test_a_painted_chest_has_the_hue_of_the_neck(wearer):
    photo = wearer.rgb.copy()
    labels = wearer.parse.labels.copy()
    neck = (np.abs(wearer.lateral) < 0.15) & (wearer.height > -0.3) & (wearer.height < -0.08)
    hands = wearer.labelled(Label.SKIN) & (wearer.height > 0)
    photo[neck], labels[neck] = (200, 165, 120), Label.SKIN
    photo[hands] = (210, 140, 130)
    parse = attrs.evolve(wearer.parse, labels=labels)
    base, _invented = undressed(make_wearer(photo, wearer.body, parse))
    chest = (np.abs(wearer.lateral) < 0.1) & (np.abs(wearer.height - 0.3) < 0.05)
    _red, green, blue = base[chest].mean(axis=0)
    assert green / blue > 0.9 * 165 / 120


def test_a_painted_chest_is_as_light_as_the_lit_half_of_the_neck(wearer):
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    neck = (np.abs(wearer.lateral) < 0.15) & (down > -0.35) & (down < -0.1)
    top = (np.abs(wearer.lateral) < 0.4) & (down >= -0.1) & (down < 0.6)
    worn = repainted(wearer, sleeve=top, bare=neck)
    shade = neck & (wearer.lateral < 0.02)
    worn.rgb[shade] = (180, 140, 122)
    tone = skin_tones(worn).chest
    assert np.abs(tone - SKIN).max() < 12


def with_a_covered_chest(wearer):
    """Return a person with bare arms and neck in a top that goes up to the neck."""
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    arms = in_sleeves(wearer, end=0.02).labelled(Label.SKIN)
    neck = (np.abs(wearer.lateral) < 0.15) & (down > -0.35) & (down < -0.1)
    top = (np.abs(wearer.lateral) < 0.42) & (down >= -0.1) & (wearer.height < 0.9) & ~arms
    return repainted(wearer, sleeve=top, bare=arms | neck), neck


def chest_patch(wearer, base, lateral):
    x, y = np.rint(wearer.frame.point(0.35, lateral)).astype(int)
    return base[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1))


def test_a_painted_chest_has_the_tone_of_lit_skin_and_not_of_most_of_it(wearer):
    worn, _neck = with_a_covered_chest(wearer)
    lit = worn.labelled(Label.SKIN) & (np.indices(worn.shape).sum(axis=0) % 5 < 2)
    worn.rgb[worn.labelled(Label.SKIN) & ~lit] = (165, 118, 96)
    assert np.abs(skin_tones(worn).chest - SKIN).max() < 8


def test_the_hue_of_the_shadow_of_the_chin_does_not_spread_over_the_chest(wearer):
    worn, neck = with_a_covered_chest(wearer)
    worn.rgb[neck] = (170, 125, 80)
    base, _invented = undressed(worn)
    _red, green, blue = chest_patch(worn, base, 0.0)
    assert green / blue < 1.07 * 160 / 140


def test_a_chest_is_lighter_on_the_side_from_which_the_shoulders_are_lit(wearer):
    worn, _neck = with_a_covered_chest(wearer)
    base, _invented = undressed(worn)
    even = chest_patch(worn, base, -0.25).mean() / chest_patch(worn, base, 0.25).mean()
    worn.rgb[worn.labelled(Label.SKIN) & (worn.lateral > 0.3)] = (180, 138, 119)
    base, _invented = undressed(worn)
    lit = chest_patch(worn, base, -0.25).mean() / chest_patch(worn, base, 0.25).mean()
    assert 0.98 < even < 1.02
    assert 1.02 < lit < 1.1


def test_a_painted_belly_is_round_and_has_a_navel(wearer):
    worn, _neck = with_a_covered_chest(wearer)
    base, _invented = undressed(worn)
    at = [worn.frame.point(0.8, lateral) for lateral in (-0.36, -0.15, 0.0, 0.15, 0.36)]
    left, *middle, right = (base[int(y), int(x)].mean() for x, y in np.rint(at))
    assert middle[1] < 0.8 * middle[0]
    assert left < 0.93 * middle[0]
    assert right < 0.93 * middle[2]


def test_a_highlight_on_a_dark_neck_is_not_the_tone_of_the_chest(wearer):
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    neck = (np.abs(wearer.lateral) < 0.15) & (down > -0.35) & (down < -0.1)
    top = (np.abs(wearer.lateral) < 0.4) & (down >= -0.1) & (down < 0.6)
    worn = repainted(wearer, sleeve=top, bare=neck)
    worn.rgb[neck & (wearer.lateral < 0.02)] = (110, 70, 50)
    assert skin_tones(worn).chest.mean() < 1.2 * np.mean((110, 70, 50))


def test_a_painted_chest_is_lit_as_the_shoulders_are(wearer):
    worn = in_sleeves(wearer, end=0.3)
    rgb = worn.rgb.copy()
    forearms = worn.labelled(Label.SKIN) & (worn.height > 0.5)
    rgb[forearms] = (120, 95, 80)
    tone = skin_tones(attrs.evolve(worn, rgb=rgb)).chest
    assert tone.mean() > 0.95 * np.mean(SKIN)


def test_the_hem_of_a_white_top_is_not_taken_for_a_chest(wearer):
    worn = in_sleeves(wearer, end=0.3)
    usual = skin_tones(worn).chest
    hem = (np.abs(worn.lateral) < 0.3) & (worn.height > 0) & (worn.height < 0.1)
    labels = np.where(hem, Label.SKIN, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    rgb = np.where(hem[..., None], np.uint8(250), worn.rgb)
    dark = np.where(worn.labelled(Label.SKIN)[..., None], rgb // 2, rgb)
    white = skin_tones(make_wearer(dark.astype(np.uint8), worn.body, parse)).chest
    assert np.allclose(white, usual / 2, atol=12)


def with_a_cuff(wearer):
    """Return a person in sleeves with a wide cuff, over hands as wide as the cuff."""
    unit = wearer.frame.shoulders_px
    sleeve, bare = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        chain = wearer.arm(side)
        wrist, knuckle, tips = stretched_hand(wearer.body, side)
        sleeve |= chain_mask(wearer.shape, chain, 0.12 * unit)
        bare |= chain_mask(wearer.shape, np.stack([wrist, knuckle, tips]), 0.1 * unit)
    return repainted(wearer, sleeve=sleeve, bare=bare & ~sleeve)


def test_a_wrist_is_narrower_than_the_hand_that_a_cuff_cut_off(wearer):
    worn = with_a_cuff(wearer)
    unit = worn.frame.shoulders_px
    hands = cuffed_hands(worn, worn.labelled(Label.UPPER))
    assert all(hand is not None for hand in hands)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII, hands)
    wrist, hand = worn.arm(0)[2], hands[0].middle
    at_wrist, at_hand = (
        limbs.depth[tuple(np.rint(point).astype(int)[::-1])] for point in (wrist, hand)
    )
    assert at_wrist < 0.078 * unit
    assert at_wrist < at_hand < 0.13 * unit


def test_a_bare_arm_has_no_cuff(wearer):
    worn = in_sleeves(wearer, end=0.4)
    assert cuffed_hands(worn, worn.labelled(Label.UPPER)) == (None, None)
    assert not below_cuffs(worn, (None, None)).any()


def test_a_rim_of_the_cuff_that_was_taken_for_skin_vanishes(wearer):
    worn = with_a_cuff(wearer)
    hands = cuffed_hands(worn, worn.labelled(Label.UPPER))
    ends = below_cuffs(worn, hands)
    rim = ends & dilate(worn.labelled(Label.UPPER), 3)
    worn.rgb[rim] = (10, 10, 12)
    base, _invented = undressed(worn)
    assert rim.sum() > 20
    assert base[rim].mean(axis=1).min() > 60


def test_a_sleeve_beside_the_hips_is_nearer_to_the_wall(wearer):
    worn = in_sleeves(wearer, radius=0.12, end=0.95)
    old = worn.labelled(Label.UPPER)
    away = np.asarray(cv2.distanceTransform((~old).astype(np.uint8), cv2.DIST_L2, 3))
    low = old & (worn.height > 0.75) & (np.abs(worn.lateral) > 0.5)
    assert low.any()
    assert (before_wall(worn, old, away) & low).sum() == low.sum()


def test_a_bare_arm_is_in_front_of_a_new_garment_that_is_wide(wearer):
    worn = in_sleeves(wearer, end=0.85)
    everywhere = np.ones(worn.shape, np.float32)
    old = old_garments(worn, TOP)
    base, _replaced, invented, _wall = uncovered_base(worn, TOP, old, everywhere)
    x, y = np.rint(along(worn.arm(0), 0.6)).astype(int)
    shoulder = np.rint(along(worn.arm(0), 0.1)).astype(int)
    assert invented[y, x]
    assert np.abs(base[y, x] - SKIN).max() < 60
    assert not invented[shoulder[1], shoulder[0]]


def test_the_shoulders_of_a_stout_person_are_not_cut_beside_the_neck(wearer):
    unit = wearer.frame.shoulders_px
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    down = wearer.height * wearer.frame.torso_px / unit
    neck = (np.abs(wearer.lateral) < 0.15) & (down < -0.2) & (down > -0.5)
    line = -0.31 + 0.5 * np.clip(np.abs(wearer.lateral) - 0.15, 0, None)
    chest = (np.abs(wearer.lateral) < 0.45) & (down > line) & (down < 0.6)
    worn = repainted(wearer, sleeve=chest & ~arms & ~neck, bare=arms | neck)
    base, _invented = undressed(worn)
    x, y = np.rint(worn.frame.neck + unit * (0.24 * worn.frame.across)).astype(int)
    column = base[round(y - 0.23 * unit) : y, x]
    assert (np.abs(column - 230).max(axis=1) > 15).all()


def in_short_sleeves(wearer, *, bare_radius, end=0.4):
    """Return the person in wide short sleeves to a share of the arm, of a radius in S below."""
    unit = wearer.frame.shoulders_px
    sleeve, bare = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        chain = wearer.arm(side)
        shares = np.linspace(0, end, 5)
        upper = np.stack([along(chain, share) for share in shares])
        sleeve |= chain_mask(wearer.shape, upper, 0.14 * unit)
        bare |= chain_mask(wearer.shape, chain, bare_radius * unit)
    return repainted(wearer, sleeve=sleeve, bare=bare & ~sleeve)


@pytest.mark.parametrize("radius", [0.085, 0.105])
def test_a_painted_upper_arm_is_as_wide_as_the_arm_below_the_old_sleeve(wearer, radius):
    worn = in_short_sleeves(wearer, bare_radius=radius, end=0.2)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    row = round(along(worn.arm(0), 0.34)[1])
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    drawn, seen = (
        np.flatnonzero(mask[row] & left) for mask in (limbs.depth > 0, worn.labelled(Label.SKIN))
    )
    assert abs(drawn[0] - seen[0]) <= 1
    assert abs(drawn[-1] - seen[-1]) <= 1


def test_the_light_across_an_arm_goes_on_above_the_old_sleeve(wearer):
    worn = in_short_sleeves(wearer, bare_radius=0.1)
    unit, rgb = worn.frame.shoulders_px, worn.rgb.copy()
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    bare = worn.labelled(Label.SKIN)
    lit = np.array(SKIN) * (1 - 0.35 * limbs.outwards[..., None])
    rgb[bare] = np.clip(lit, 0, 255).astype(np.uint8)[bare]
    base, _invented = undressed(attrs.evolve(worn, rgb=rgb))
    centre = along(worn.arm(0), 0.25)
    outer, inner = (
        base[tuple(np.rint(centre + way * 0.05 * unit * worn.frame.across).astype(int)[::-1])]
        for way in (-1, 1)
    )
    assert outer.mean() < 0.92 * inner.mean()


def test_an_armhole_does_not_narrow_a_bare_arm(wearer):
    worn = in_short_sleeves(wearer, bare_radius=0.13, end=0.0)
    whole = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    trunk = (np.abs(worn.lateral) < 0.5) & (worn.height > -0.1) & (worn.height < 0.9)
    labels = np.where(trunk, Label.UPPER, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    body = attrs.evolve(worn.body, mask=np.maximum(worn.body.mask, trunk))
    tank = make_wearer(worn.rgb, body, parse)
    cut = find_limbs(tank, [tank.arm(side) for side in SIDES], ARM_RADII)
    shoulder = (whole.along > 0.05) & (whole.along < 0.25) & (whole.depth > 2)
    assert shoulder.sum() > 100
    assert (cut.depth > 0)[shoulder].mean() > 0.9


def without_a_loose_top(wearer):
    """Return a person whose arms are bare below a loose top, and a photo without that top."""
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    loose = (np.abs(wearer.lateral) < 0.52) & (wearer.height > 0) & (wearer.height < 0.8)
    worn = repainted(wearer, sleeve=loose & ~arms, bare=arms & ~loose)
    return worn, undressed(worn)[0]


def test_a_belly_is_nearly_as_light_as_the_arms_beside_it(wearer):
    worn, base = without_a_loose_top(wearer)
    belly = (np.abs(worn.height - 0.7) < 0.05) & (np.abs(worn.lateral) < 0.15)
    assert base[belly].mean() > 0.92 * np.mean(SKIN)


def test_a_belly_below_a_loose_top_is_as_narrow_as_a_waist(wearer):
    worn, base = without_a_loose_top(wearer)
    across = np.abs(worn.lateral)
    row = np.abs(worn.height - 0.7) < 0.02
    beside, belly = row & (across > 0.45) & (across < 0.5), row & (across < 0.38)
    assert np.abs(base[beside] - 230).max(axis=1).mean() < 15
    assert np.abs(base[belly] - 230).max(axis=1).min() > 15


def test_painted_shoulders_have_no_notches_of_an_uneven_silhouette(wearer):
    across = np.abs(wearer.lateral)
    teeth = 0.012 * np.sign(np.sin(wearer.lateral * 180))
    line = np.where(across < 0.5, -0.27 + 0.35 * np.clip(across - 0.15, 0, None) + teeth, 0)
    worn = dressed_up_to(wearer, line.astype(np.float32))
    base, _invented = undressed(worn)
    painted = (np.abs(base - 230).max(axis=2) > 25) & (across > 0.3) & (across < 0.44)
    columns = np.flatnonzero(painted.sum(axis=0) > 30)
    columns = columns[columns > worn.frame.neck[0]]
    edge = painted[:, columns].argmax(axis=0)
    assert np.abs(np.diff(edge, n=2)).max() <= 1


def in_wide_trousers(wearer):
    """Return the person in trousers that end above narrow ankles, beside their joints; no shoes."""
    unit = wearer.frame.shoulders_px
    trousers, bare = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        hip, knee, ankle = wearer.leg(side)
        shin = (ankle - knee) / np.hypot(*(ankle - knee))
        beside = ankle + 0.05 * unit * wearer.frame.across
        trousers |= chain_mask(wearer.shape, np.stack([hip, knee, ankle]), 0.2 * unit)
        bare |= chain_mask(
            wearer.shape, np.stack([beside, beside + 0.25 * unit * shin]), 0.07 * unit
        )
    hem = wearer.height > min(wearer.frame.coordinates(wearer.leg(side)[2])[0] for side in SIDES)
    return repainted(wearer, sleeve=trousers & ~hem, bare=bare & hem)


def test_a_painted_shin_leads_to_the_bare_ankle(wearer):
    worn = in_wide_trousers(wearer)
    limbs = find_limbs(worn, [worn.leg(side) for side in SIDES], LEG_RADII)
    row = int(np.flatnonzero(worn.labelled(Label.SKIN).any(axis=1))[0]) + 3
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    drawn, seen = (
        np.flatnonzero(mask[row] & left) for mask in (limbs.depth > 0, worn.labelled(Label.SKIN))
    )
    assert abs(drawn[0] - seen[0]) <= 3
    assert abs(drawn[-1] - seen[-1]) <= 3


def test_ankles_and_pale_shoes_that_were_mistaken_for_each_other_are_told_apart(wearer):
    worn = in_wide_trousers(wearer)
    ankle = worn.labelled(Label.SKIN)
    shoe = dilate(ankle, 12) & ~dilate(ankle, 2) & ~worn.labelled(Label.UPPER)
    shoe &= worn.height > worn.height[ankle].min() + 0.1
    labels = worn.parse.labels.copy()
    labels[ankle], labels[shoe] = Label.SHOE, Label.SKIN
    rgb = worn.rgb.copy()
    rgb[ankle] = np.array(SKIN) * 0.7
    rgb[shoe] = (240, 238, 235)
    parse = attrs.evolve(worn.parse, labels=labels)
    told = with_bare_feet(attrs.evolve(worn, rgb=rgb, parse=parse), np.array(SKIN, np.float32))
    assert told.labelled(Label.SKIN)[erode(ankle, 2)].all()
    assert told.labelled(Label.SHOE)[erode(shoe, 2)].mean() > 0.95


def test_the_dark_side_of_an_arm_goes_on_above_the_old_sleeve(wearer):
    worn = in_short_sleeves(wearer, bare_radius=0.1)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    bare, rgb = worn.labelled(Label.SKIN), worn.rgb.copy()
    dark = bare & (limbs.outwards > 0.1)
    rgb[dark] = np.array(SKIN) * 0.5
    base, _invented = undressed(attrs.evolve(worn, rgb=rgb))
    centre, unit = along(worn.arm(0), 0.25), worn.frame.shoulders_px
    outer, inner = (
        base[tuple(np.rint(centre + way * 0.05 * unit * worn.frame.across).astype(int)[::-1])]
        for way in (-1, 1)
    )
    assert outer.mean() < 0.85 * inner.mean()


def test_a_sliver_along_a_sleeve_is_no_shoulder(wearer):
    worn = in_sleeves(wearer, radius=0.16, end=0.6)
    base, _invented = undressed(worn)
    rim = worn.labelled(Label.UPPER) & ~erode(worn.labelled(Label.UPPER), 3)
    rim &= (np.abs(worn.lateral) > 0.5) & (worn.height < 0.3)
    labels = np.where(rim, Label.SKIN, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    again, _invented = undressed(attrs.evolve(worn, parse=parse))
    inside = erode(worn.person, 5) & (worn.height < 0.3)
    assert (np.abs(again - base).max(axis=2) > 40)[inside].mean() < 0.005


def dressed_up_to(wearer, line):
    """Return the person in a top that ends at a line above the shoulder joints, in S."""
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    neck = (np.abs(wearer.lateral) < 0.15) & (down < -0.2) & (down > -0.5)
    chest = (np.abs(wearer.lateral) < 0.6) & (down > line) & (down < 0.6)
    return repainted(wearer, sleeve=chest & ~arms & ~neck, bare=arms | neck)


def test_bare_shoulders_are_as_square_as_the_top_that_lay_on_them(wearer):
    across = np.abs(wearer.lateral)
    line = np.where(across < 0.5, -0.27 + 0.25 * np.clip(across - 0.15, 0, None), 0)
    worn = dressed_up_to(wearer, line.astype(np.float32))
    base, _invented = undressed(worn)
    down = worn.height * worn.frame.torso_px / worn.frame.shoulders_px
    shoulders = (across > 0.28) & (across < 0.48) & (down > line + 0.02) & (down < 0)
    assert (np.abs(base[shoulders] - 230).max(axis=1) > 15).mean() > 0.98


def test_a_hood_beside_the_neck_is_no_shoulder(wearer):
    worn = dressed_up_to(wearer, np.full(wearer.shape, -0.5, np.float32))
    base, _invented = undressed(worn)
    down = worn.height * worn.frame.torso_px / worn.frame.shoulders_px
    across = np.abs(worn.lateral)
    hood = (across > 0.3) & (across < 0.5) & (down > -0.45) & (down < -0.35)
    assert np.abs(base[hood] - 230).max() < 15


def test_a_thin_strap_that_was_taken_for_skin_vanishes(wearer):
    unit = wearer.frame.shoulders_px
    down = wearer.height * wearer.frame.torso_px / unit
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    chest = (np.abs(wearer.lateral) < 0.5) & (down > -0.25) & (down < 0.15)
    top = (np.abs(wearer.lateral) < 0.4) & (down >= 0.15) & (down < 0.6)
    worn = repainted(wearer, sleeve=top, bare=(arms | chest) & ~top)
    strap = (np.abs(worn.lateral - 0.36) < 0.015) & (down > -0.2) & (down < 0.15)
    worn.rgb[strap] = SLEEVE
    base, _invented = undressed(worn)
    bare = strap & (down > -0.1)
    assert bare.sum() > 20
    assert np.abs(base[bare] - SKIN).max() < 60


def test_the_shadow_of_the_chin_on_a_neck_stays(wearer):
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    arms = in_sleeves(wearer, end=0.3).labelled(Label.SKIN)
    bare = (np.abs(wearer.lateral) < 0.4) & (down > -0.4) & (down < 0)
    top = (np.abs(wearer.lateral) < 0.4) & (down >= 0) & (down < 0.6)
    worn = repainted(wearer, sleeve=top, bare=(arms | bare) & ~top)
    shadow = (np.abs(worn.lateral - 0.15) < 0.015) & (down > -0.3) & (down < 0)
    worn.rgb[shadow] = (70, 45, 35)
    base, _invented = undressed(worn)
    upper = shadow & (down < -0.15)
    assert upper.any()
    assert np.abs(base[upper] - (70, 45, 35)).max() < 20


def test_painted_arms_have_the_hue_of_the_hands_when_strong_light_made_the_neck_pale(wearer):
    down = wearer.height * wearer.frame.torso_px / wearer.frame.shoulders_px
    neck = (np.abs(wearer.lateral) < 0.15) & (down > -0.35) & (down < -0.1)
    worn = with_a_cuff(wearer)
    hands = worn.labelled(Label.SKIN)
    worn = repainted(wearer, sleeve=worn.labelled(Label.UPPER) & ~neck, bare=hands | neck)
    rgb = worn.rgb.copy()
    rgb[neck], rgb[hands] = (235, 215, 200), (165, 120, 98)
    red, green, blue = skin_tones(attrs.evolve(worn, rgb=rgb)).arms
    # Shadows are redder, so that in more light hands would be a little paler.
    assert 1.35 < red / blue < 1.7
    # Arms in the light of the hands are not.
    assert red / green > 0.96 * 165 / 120


def test_the_shadow_of_an_old_hem_does_not_stay_on_the_shins_below_a_shorter_dress(wearer):
    unit, rows = wearer.frame.shoulders_px, np.indices(wearer.shape)[0]
    chains = [wearer.leg(side) for side in SIDES]
    hem = round(float(np.mean([0.5 * (chain[1] + chain[2])[1] for chain in chains])))
    hem -= round(0.25 * unit)
    below = (rows - hem) / unit
    legs, skirt = (
        np.logical_or.reduce([chain_mask(wearer.shape, chain, reach * unit) for chain in chains])
        for reach in (0.12, 0.25)
    )
    worn = repainted(wearer, sleeve=skirt & (below < 0), bare=legs & (below >= 0))
    lit = 1 - 0.5 * np.clip(1 - below / 0.16, 0, 1)
    rgb = np.where(worn.labelled(Label.SKIN)[..., None], worn.rgb * lit[..., None], worn.rgb)
    upper = worn.labelled(Label.UPPER)
    labels = np.where(upper, Label.LOWER, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    worn = make_wearer(rgb.astype(np.uint8), worn.body, parse)
    dress = frozenset({"dress"})
    cover = (skirt & (below < -0.4)).astype(np.float32)
    base, *_ = uncovered_base(worn, dress, old_garments(worn, dress), cover)
    _hip, knee, ankle = chains[0]
    shaded_row = hem + 0.09 * unit
    x = round(float(np.interp(shaded_row, (knee[1], ankle[1]), (knee[0], ankle[0]))))
    y, reach = round(shaded_row), max(round(0.02 * unit), 1)
    patch = np.s_[y - reach : y + reach, x - reach : x + reach]
    assert rgb[patch].mean() < 0.85 * np.mean(SKIN)
    assert base[patch].mean() > 0.9 * np.mean(SKIN)


def test_unseen_arms_are_as_light_as_the_lit_part_of_the_hands(wearer):
    worn = with_a_cuff(wearer)
    hands = worn.labelled(Label.SKIN)
    rows = np.indices(worn.shape)[0]
    rgb = worn.rgb.copy()
    # Most of the hands lies in shadow.
    rgb[hands] = (205, 160, 140)
    rgb[hands & (rows % 10 < 6)] = (170, 125, 105)
    arms = skin_tones(attrs.evolve(worn, rgb=rgb)).arms
    assert 1.0 < arms.mean() / np.mean((205, 160, 140)) < 1.06


def test_the_side_of_a_painted_arm_next_to_the_trunk_is_darker_and_redder(wearer):
    worn = in_sleeves(wearer, end=0.95)
    base, _invented = undressed(worn)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    left = (worn.lateral < 0) & (limbs.depth > 0) & (limbs.along > 0.52) & (limbs.along < 0.7)
    outer, middle, inner = (
        np.median(base[left & (np.abs(limbs.outwards - at) < 0.1)], axis=0)
        for at in (0.85, 0.1, -0.85)
    )
    assert inner.mean() < 0.93 * outer.mean()
    assert inner[0] / inner[2] > 1.12 * middle[0] / middle[2]


def test_a_painted_forearm_shows_where_its_muscle_begins(wearer):
    worn = in_sleeves(wearer, end=0.95)
    base, _invented = undressed(worn)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    left = (worn.lateral < 0) & (limbs.depth > 0)

    def light(share, outwards):
        near = np.abs(limbs.along - share) < 0.015
        return np.log(base[left & near & (np.abs(limbs.outwards - outwards) < 0.06)].mean())

    # The muscle runs aslant: further down its edge is nearer to the trunk.
    above, below = (light(share, 0.55) - light(share, 0.1) for share in (0.57, 0.72))
    assert abs(above - below) > 0.05


def test_the_trunk_shades_an_elbow_less_than_the_upper_arm(wearer):
    worn = in_sleeves(wearer, radius=0.2, end=1.0)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    below = np.zeros(worn.shape, np.float32)
    hole = worn.labelled(Label.UPPER)
    painted = painted_skin(worn, skin_tones(worn), hole, below=below, limbs=(limbs, None))
    right = (worn.lateral > 0) & (limbs.depth > 0)

    def light(share, outwards):
        near = right & (np.abs(limbs.along - share) < 0.03)
        return np.log(painted[near & (np.abs(limbs.outwards - outwards) < 0.1)].mean())

    upper_arm, elbow = (light(share, -0.75) - light(share, 0.0) for share in (0.32, 0.5))
    assert upper_arm < -0.25
    assert elbow > 0.5 * upper_arm


def test_a_bent_arm_has_an_elbow_and_is_no_hose(wearer):
    unit, joints = wearer.frame.shoulders_px, wearer.body.joints.copy()
    joints[Joint.RIGHT_ELBOW] = joints[Joint.RIGHT_SHOULDER] + (0.5 * unit, 0.6 * unit)
    joints[Joint.RIGHT_WRIST] = joints[Joint.RIGHT_ELBOW] + (-0.5 * unit, 0.6 * unit)
    body = attrs.evolve(wearer.body, joints=joints)
    worn = in_sleeves(make_wearer(wearer.rgb, body, wearer.parse), radius=0.2, end=1.0)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    x, y = np.rint(joints[Joint.RIGHT_ELBOW]).astype(int)
    assert limbs.depth[y, x] > 0.08 * unit


@pytest.mark.parametrize("lit", [-1, 1])
def test_unseen_arms_are_lit_from_the_side_from_which_the_face_is(wearer, lit):
    unit = wearer.frame.shoulders_px
    x, y = np.rint(wearer.body.joints[Joint.NOSE]).astype(int)
    rows, columns = np.indices(wearer.shape)
    face = np.hypot(rows - y, columns - x) < 0.3 * unit
    sleeved = in_sleeves(wearer, end=1.0)
    sleeves = sleeved.labelled(Label.UPPER) & ~face
    worn = repainted(wearer, sleeve=sleeves, bare=face)
    rgb = worn.rgb.copy()
    rgb[face & (lit * (columns - x) < 0)] = (150, 105, 88)
    base, _invented = undressed(attrs.evolve(worn, rgb=rgb))
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    arms = (limbs.depth > 0) & (limbs.along > 0.52) & (limbs.along < 0.7)
    left, right = (
        np.median(base[arms & (worn.lateral * side > 0) & (limbs.outwards > 0.7)])
        for side in (-1, 1)
    )
    assert (left - right) * lit < -0.1 * left


def test_a_dark_old_top_does_not_shine_through_the_soft_edge_of_a_new_one(wearer):
    chest = (np.abs(wearer.lateral) < 0.45) & (wearer.height > 0) & (wearer.height < 0.9)
    neck = (np.abs(wearer.lateral) < 0.15) & (wearer.height > -0.2) & ~chest
    worn = repainted(wearer, sleeve=chest, bare=neck)
    cover = np.clip((0.3 - np.abs(wearer.lateral)) * wearer.frame.shoulders_px / 2 + 0.5, 0, 1)
    cover *= (wearer.height > 0.1) & (wearer.height < 0.9)
    old = old_garments(worn, TOP)
    base, *_rest = uncovered_base(worn, TOP, old, cover.astype(np.float32))
    edge = (cover > 0.4) & (cover < 0.95) & (wearer.height > 0.2) & (wearer.height < 0.5)
    assert edge.sum() > 20
    # The old top is blue.
    assert np.median(base[edge, 0] - base[edge, 2]) > 0.7 * (SKIN[0] - SKIN[2])
    assert np.percentile(base[edge, 0] - base[edge, 2], 5) > 0.5 * (SKIN[0] - SKIN[2])


def test_the_edge_of_a_painted_limb_is_as_soft_as_photos_are(wearer):
    limbs = find_limbs(wearer, [wearer.arm(side) for side in SIDES], ARM_RADII)
    whole, unit = np.ones(wearer.shape, np.float32), 250.0
    share = limb_share(limbs, whole, unit)
    assert 2.0 < np.ptp(limbs.depth[(share > 0) & (share < 1)]) < 4.0
    assert (share[limbs.depth > 2] == 1).all()


def test_legs_in_the_shade_tell_little_of_the_hue_of_unseen_arms(wearer):
    worn = with_a_cuff(wearer)
    hands = worn.labelled(Label.SKIN)
    shins = (wearer.height > 1.6) & (np.abs(wearer.lateral) < 0.5) & ~hands
    both = repainted(wearer, sleeve=worn.labelled(Label.UPPER) & ~shins, bare=hands | shins)
    rgb = both.rgb.copy()
    rgb[shins] = (120, 66, 40)
    arms = [skin_tones(one).arms for one in (worn, attrs.evolve(both, rgb=rgb))]
    assert arms[1][0] / arms[1][2] < 1.12 * arms[0][0] / arms[0][2]


def test_a_limb_is_as_wide_as_skin_is_without_its_blurred_rim(wearer):
    worn = in_short_sleeves(wearer, bare_radius=0.1, end=0.2)
    limbs = find_limbs(worn, [worn.arm(side) for side in SIDES], ARM_RADII)
    rows = [round(along(worn.arm(0), share)[1]) for share in np.linspace(0.4, 0.7, 20)]
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    drawn, seen = (
        np.mean([(mask[row] & left).sum() for row in rows])
        for mask in (limbs.depth > 0, worn.labelled(Label.SKIN))
    )
    # The rim is blurred into what is behind it.
    assert seen - 2 < drawn < seen


def test_a_tone_is_found_in_few_pixels_one_of_which_is_a_highlight(wearer):
    """Of the three others none lies between the percentiles that are in even light."""
    row, column = np.rint(wearer.frame.head_centre).astype(int)[::-1] // 2 * 2
    bare = np.zeros(wearer.shape, bool)
    bare[row : row + 8, column : column + 8] = True
    worn = repainted(wearer, sleeve=wearer.person & ~bare, bare=bare)
    rgb = worn.rgb.copy()
    # Every other pixel is looked at, and none of those at an edge.
    sampled = rgb[row + 2 : row + 5 : 2, column + 2 : column + 5 : 2]
    sampled[...] = np.array([[100, 104], [108, 250]])[..., None]
    tones = skin_tones(attrs.evolve(worn, rgb=rgb))
    assert 100 < tones.arms.mean() < 180
    assert all(np.isfinite(tone).all() for tone in (tones.chest, tones.belly, tones.legs))


def test_a_face_of_which_a_strip_is_seen_is_lit_from_no_side(wearer):
    row, column = np.rint(wearer.frame.head_centre).astype(int)[::-1] // 2 * 2
    bare = np.zeros(wearer.shape, bool)
    bare[row : row + 12, column : column + 6] = True
    worn = repainted(wearer, sleeve=wearer.person & ~bare, bare=bare)
    assert skin_tones(worn).from_right == 0
