"""The photo without the old garment: skin, remaining clothes and background in its place."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.bare_legs import bare_feet, legs_below_hem
from tryon_local.compose.beside import (
    CROTCH,
    below_shoulders,
    beside_above_hem,
    beside_trunk,
    beside_waist,
    flanks,
    free_cloth,
    midriff,
)
from tryon_local.compose.cuffs import (
    SLEEVE_RIM_PX,
    around_arms,
    around_hands,
    before_wall,
    beyond_silhouette,
    cuffed_hands,
    low_sleeves,
    remains_of_cuffs,
    sleeve_of_dress,
    straps,
    without_closed_gaps,
)
from tryon_local.compose.fill import flow_across, flow_in, laid_over
from tryon_local.compose.front import hair_in_front, softened
from tryon_local.compose.limbs import ARM_RADII, Limbs, find_limbs, limb_share
from tryon_local.compose.rim import Rims, find_rims
from tryon_local.compose.skin import painted_skin
from tryon_local.compose.tones import skin_tones
from tryon_local.compose.waist import DRESS_WAIST, below_bare_waist, beside_waistline
from tryon_local.compose.wall import joined_to_arms
from tryon_local.frame import SIDES, along
from tryon_local.imaging import (
    closed,
    dilate,
    erode,
    gaussian,
    largest_components,
    opened,
    squared_length,
)
from tryon_local.warp import SIGNS, Wearer, has_bare_midriff, raised, waist_of

_SPECK, _CRUMB = 0.001, 0.0003
"""Share of the worn garment below which a piece beside the chest is the rim of an arm, and one
elsewhere a mistake of the labels."""
_BESIDE_CHEST = 0.44
"""Lateral, in S, beyond which that is so."""
_TUCKED = 0.02
"""How far below the waist it is parted when it is tucked into a waistband, in T."""
_BESIDE_DRESS = 0.5
"""Lateral, in S, beyond which an arm hangs beside a dress and not before it."""
_RIM, _HEM_CORNER = 0.01, 0.025
"""Width of the soft rim of a garment, in S, and height of the round corner of a hem, in T."""
_WAISTBAND = (0.3, 0.04)
"""Half the width in which a waistband is looked at, and how much lower its ends may be, in S."""
_BETWEEN, _NEAR_BODY = 0.8, 0.03
"""Lateral up to which an arm may part wall from wall, and how near a body that is clear, in S."""
_UNDER_CUFF = 0.06
"""Share of the arm that is painted above a cuff, so that no gap opens below it."""
_ASLANT = 0.35
"""How much further up the inner side of a raised arm may be seen, in S."""
_ARM_EDGE = 0.012
"""Blur, in S, in which teeth along the edge of a bare arm vanish."""
_BELOW_WAIST, _BELOW_HIPS = 0.75, 1.05
"""Heights, in T, down to which nothing is bare beside a top, which hangs over a lower garment, and
beside a dress."""
_SHINS, _HEM_SHADE = 1.5, 0.16
"""Height of the shins, in T, and how far below a hem these lie in its shadow, in S."""
_LEAN = 0.05
"""How far the hem of a new top and a new waistband may be apart at one side, in T."""
_LONG_SHIN = 0.5
"""How far below shaded skin a shin goes on that is lit there, in S."""
_CORNER = 0.06
"""How far from a hem its corners are mistaken for skin, in S."""
_HEM_RIM = 0.025
"""How far below any hem its blurred rim reaches, in S."""
_ON_SHOES = 0.05
"""How far onto shoes the hem of old trousers frays, in S."""
_FINGER_RIM_PX = 1.5
"""How far a worn garment tints the fingers before it."""
_SLIVER = 0.008
"""Half the width, in S, of what is too narrow for a finger."""
_SPOILT = 0.016
"""How far into a worn top an outline of the old garment may reach, in S."""
_HEM_SHADOW = 0.09
"""How far below such a hem its shadow and its blurred rim reach, in S."""
_IN_FRONT, _BESIDE_RIBS, _BELOW_ARMHOLE = 0.03, 0.45, 0.4
"""How far around an arm before a garment the old one goes, and lateral of such an arm, in S; share
of the arm from which it can be before one."""
_OPAQUE = 0.98
"""Cover from which nothing shines through a soft edge."""
_UNDER_EDGE_PX = 2
"""How far under a new garment the old one is painted over."""
_SLOPE = 0.85
"""Distance from the slope of a shoulder, in the height above it."""
_TOOTH = 0.02
"""Half the width, in S, of teeth that labels have along a dark edge."""
_SEAM, _TAIL = 0.055, 0.1
"""Half the width, in S, of the blend between painted and real skin, and the share of a blend that
is left out, which would reach far."""


def old_garments(wearer: Wearer, categories: frozenset[str]) -> BoolArray:
    """Return the pixels of the worn clothes that the new garments replace.

    Half of a worn dress stays when a top or a bottom alone is put on.
    """
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    if "dress" not in categories and len(categories) == 1:
        upper = upper_half(wearer, over_waistband="top" in categories)
        clothes = upper if "top" in categories else clothes & ~upper
    beside = (np.abs(wearer.lateral) > _BESIDE_CHEST) & (wearer.height > 0)
    beside &= wearer.height < _BELOW_WAIST
    return largest_components(clothes, _SPECK) | (largest_components(clothes, _CRUMB) & ~beside)


def beside_top(wearer: Wearer, categories: frozenset[str], cover: FloatArray) -> BoolArray:
    """Return what of the worn clothes stands out beside a new top, above its hem."""
    if categories != {"top"}:
        return np.zeros(wearer.shape, bool)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    beside = beside_above_hem(wearer, cover) | beside_waist(wearer, cover)
    # They shine through the soft rim of the top, too.
    beside = dilate(beside, max(_RIM * wearer.frame.shoulders_px, 2))
    # What lies under the round corner of a hem does not.
    reach = max(round(_HEM_CORNER * wearer.frame.torso_px), 1)
    covered = (cover > 0.5).astype(np.uint8)  # noqa: PLR2004  (half covered)
    beside &= cv2.dilate(covered, np.ones((reach, 1), np.uint8), anchor=(0, reach - 1)) == covered
    return largest_components(clothes, _CRUMB) & beside


def upper_half(wearer: Wearer, *, over_waistband: bool = True) -> BoolArray:
    """Return the worn top, or what of a worn dress lies above the waist.

    Args:
        wearer: the person.
        over_waistband: how much of a dress this is: what hangs over a waistband like a top, or
            what is tucked into one.
    """
    if not wearer.parse.is_dress:
        return wearer.labelled(Label.UPPER)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    upper = wearer.height < (DRESS_WAIST if over_waistband else waist_of(wearer) + _TUCKED)
    for side in SIDES:
        upper |= sleeve_of_dress(wearer, side)
    return clothes & upper


def uncovered_base(
    wearer: Wearer,
    categories: frozenset[str],
    old: BoolArray,
    cover: FloatArray,
    *,
    rims: Rims | None = None,
    beside: BoolArray | bool = False,
    sleeves: tuple[float, float] = (0.0, 0.0),
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Replace what the new garments leave uncovered of the old ones.

    Args:
        wearer: the person.
        categories: of the new garments.
        old: shape (H, W), the clothes to be replaced.
        cover: shape (H, W), 0..1, cover of the new garments.
        rims: the edges of hands and forearms along the old clothes.
        beside: shape (H, W), what of a worn dress stands out beside a top.
        sleeves: how much of the left and right arm the new sleeves cover, 0..1.

    Returns:
        The image 0..255, how far each pixel was replaced 0..1, the arms' invented skin, and how far
        each pixel shows the wall instead of the person 0..1.
    """
    unit = wearer.frame.shoulders_px
    none = np.zeros(wearer.shape, np.float32)
    rims, old = rims or find_rims(wearer, old), old | beyond_silhouette(wearer, old)
    nothing = none, np.zeros(wearer.shape, bool), none
    if not old.any():
        return rims.photo, *nothing
    away = np.asarray(cv2.distanceTransform((~old).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    tones, body = skin_tones(wearer), _outline(wearer)
    wearer, shadow = bare_feet(wearer, categories, away, cover, tones.legs)
    photo = rims.drawn_over(wearer.rgb)
    hands = cuffed_hands(wearer, old)
    below = below_shoulders(wearer)
    arms = find_limbs(wearer, [wearer.arm(side) for side in SIDES], ARM_RADII, hands)
    arms = attrs.evolve(arms, depth=_below(arms.depth, below * (_SLOPE * unit), 0.03 * unit))
    cuffs = remains_of_cuffs(wearer, hands, arms, tones.arms)
    if categories != {"bottom"}:
        cuffs |= straps(wearer, away, tones.chest)
    arms = _below_new_cuffs(wearer, arms, sleeves)
    uncovered = cover < _OPAQUE
    # Where its own edge is soft the old garment would shine through that of the new one.
    uncovered |= old & dilate(uncovered, _UNDER_EDGE_PX)
    if categories != {"bottom"}:
        # An arm that hangs beside the body is in front of a new garment.
        before = (arms.depth > -_IN_FRONT * unit) & (arms.along > _BELOW_ARMHOLE)
        uncovered |= before & (np.abs(wearer.lateral) > _BESIDE_RIBS)
    hole = without_closed_gaps(wearer, _hole(wearer, old, away, cuffs) & uncovered, old)
    if not hole.any():
        return photo, *nothing
    outside = _outside(wearer, categories, cover)
    wall = _beyond_outline(wearer) | before_wall(wearer, old, away)
    arms = _in_sight(wearer, categories, arms, outside & np.logical_not(beside), rims)
    if categories == {"bottom"}:
        wall |= outside
    else:
        free = outside & (arms.depth < 0) & ~midriff(wearer, cover)
        free |= free_cloth(wearer, categories, arms, below)
        parted = ~joined_to_arms(wearer, arms, cover, free | beside, sleeves)
        wall, beside = wall | (free & parted), beside & parted
    wall = beside_waistline(wearer, categories, wall, old, cover) | beside
    has_legs = "top" not in categories or len(categories) > 1
    legs = legs_below_hem(wearer, cover) if has_legs else None
    skin = painted_skin(wearer, tones, hole, below=below, limbs=(arms, legs))
    backdrop, below_hips = _backdrop(wearer, old), wearer.height > 1.02  # noqa: PLR2004
    fill = _torso_fill(wearer, categories, skin, backdrop, cover)
    walled = softened(below_hips | wall if has_legs else wall, unit)
    fill = laid_over(fill, backdrop, walled)
    if legs is not None:
        bare = limb_share(legs, body, unit) * softened(below_hips, unit)
        fill, walled = laid_over(fill, skin, bare), walled * (1 - bare)
    # The masks reach beyond the hole, so that its soft rim is filled like its inside.
    bare = limb_share(arms, body, unit)
    fill, walled = laid_over(fill, skin, bare), walled * (1 - bare)
    soft = _soft(wearer, hole, _seam(wearer, hole, skin, fill), rims)
    replaced = np.maximum(soft, shadow)
    return laid_over(photo, fill, soft), replaced, hole & (arms.depth > 0), walled * soft


def _soft(wearer: Wearer, hole: BoolArray, seam: FloatArray, rims: Rims) -> FloatArray:
    """Return how much of each pixel is painted over, with soft edges of the hole and of arms."""
    blurred = gaussian(hole.astype(np.float32), max(0.8, 0.004 * wearer.frame.shoulders_px))
    soft = np.maximum(blurred, seam)
    soft[rims.zone] = 1 - rims.alpha[rims.zone]
    return soft


def _below(depth: FloatArray, line: FloatArray, width: float) -> FloatArray:
    """Return the depth in arms, ended by a line without a corner where both meet, in pixels."""
    near = np.flatnonzero((line < depth.max() + width).any(axis=1))
    if not near.size:
        return depth
    rows = np.s_[near[0] : near[-1] + 1]
    first, second = depth[rows], line[rows]
    share = np.clip(0.5 + (second - first) / (2 * width), 0, 1)
    ended = depth.copy()
    ended[rows] = second + (first - second) * share - width * share * (1 - share)
    return ended


def _outside(wearer: Wearer, categories: frozenset[str], cover: FloatArray) -> BoolArray:
    """Return what lies beyond the sides of the new garments, where nothing is bare."""
    if categories == {"bottom"}:
        return (wearer.height > waist_of(wearer)) & ~_above(wearer, cover)
    if categories == {"top"}:
        return beside_above_hem(wearer, cover, _BELOW_WAIST)
    # Between a hem and a waistband that lean apart there is the waist.
    between = np.ones((round(_LEAN * wearer.frame.torso_px), 1), np.uint8)
    covered = (cover > 0.5).astype(np.uint8)  # noqa: PLR2004  (half covered)
    waist = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, between) > covered
    waist &= np.abs(wearer.height - waist_of(wearer)) < _LEAN
    return beside_trunk(wearer, cover, _BELOW_HIPS) & ~waist


def _in_sight(
    wearer: Wearer, categories: frozenset[str], arms: Limbs, outside: BoolArray, rims: Rims
) -> Limbs:
    """Return the arms that come out from under the old garments."""
    unit, depth, covered = wearer.frame.shoulders_px, arms.depth, rims.beside
    if categories == {"bottom"}:
        bare = opened(wearer.labelled(Label.SKIN), max(_TOOTH * unit, 2)).astype(np.float32)
        sigma_px = _ARM_EDGE * unit
        inside = (gaussian(bare, sigma_px) - np.float32(0.5)) * np.float32(3 * sigma_px)
        depth = np.minimum(depth, inside)
    elif categories == {"top"}:
        below = opened(outside & wearer.labelled(Label.LOWER), max(_TOOTH * unit, 2))
        covered = covered | below
    return attrs.evolve(arms, depth=np.where(covered, np.float32(-unit), depth))


def _seam(wearer: Wearer, hole: BoolArray, skin: FloatArray, fill: FloatArray) -> FloatArray:
    """Return how much of the real skin next to painted skin is painted over, fading out."""
    unit = wearer.frame.shoulders_px
    meets = (squared_length(fill - skin) < 1) & wearer.labelled(Label.SKIN)
    near = np.clip(2 * gaussian(hole.astype(np.float32), _SEAM * unit) - np.float32(_TAIL), 0, 1)
    return np.asarray(near * softened(meets | hole, unit) * meets, np.float32)


def _hole(wearer: Wearer, old: BoolArray, away: FloatArray, cuffs: BoolArray) -> BoolArray:
    """Return the old garments' pixels with their blurred rim.

    Args:
        wearer: the person.
        old: shape (H, W), the clothes to be replaced.
        away: shape (H, W), distance from these, in pixels.
        cuffs: shape (H, W), what they left at wrists and shoulders.
    """
    unit = wearer.frame.shoulders_px
    near: BoolArray = (away <= max(0.03 * unit, 5)) | dilate(cuffs, 0.03 * unit)
    bare = wearer.labelled(Label.SKIN)
    # Along a garment's outline thin slivers are mistaken for skin; real skin is wide.
    skin = opened(bare & ~cuffs, max(0.03 * unit, 3))
    # So are corners of a replaced hem that stand off the waist.
    upper = old & wearer.labelled(Label.UPPER)
    has_hem = not wearer.parse.is_dress and bool(upper.any())
    corner = flanks(wearer) & ~around_hands(wearer) & (away <= _CORNER * unit) & ~old
    corner &= ((bare & ~skin) | wearer.labelled(Label.UPPER)) & has_hem
    # Skirts and trousers shade the legs below their hems.
    shaded = np.where(wearer.height > _SHINS, np.float32(_HEM_SHADE), np.float32(0.02))
    skin &= (away > np.maximum(shaded * unit, 3)) & ~dilate(cuffs, max(0.015 * unit, 2))
    near |= _shaded_shins(wearer, away)
    # Fingers are narrow, and parted well from what they hang before, as is an arm from trousers.
    fingers = bare & around_hands(wearer) & (away > _FINGER_RIM_PX)
    skin |= opened(fingers & ~dilate(cuffs, 0.015 * unit), _SLIVER * unit)
    sleeves = dilate(upper, max(0.02 * unit, 3))
    before = bare & around_arms(wearer) & ~sleeves & (away > max(0.01 * unit, 2))
    skin |= opened(before & ~cuffs, max(0.03 * unit, 3)) & ~dilate(cuffs, max(0.015 * unit, 2))
    keep = hair_in_front(wearer, old) | skin
    other = ~wearer.labelled(Label.BACKGROUND) & ~old & ~bare
    # The last pixels of a hem are blurred into what is worn under it, and fray on shoes.
    other &= ~wearer.labelled(Label.LOWER) | (away > max(_HEM_RIM * unit, 2))
    other &= ~wearer.labelled(Label.SHOE) | (away > max(_ON_SHOES * unit, 2))
    if not (wearer.parse.is_dress or has_bare_midriff(wearer)):
        other &= ~wearer.labelled(Label.UPPER) | (away > max(_SPOILT * unit, 1))
    # So is a sleeve beside trousers.
    other &= ~low_sleeves(wearer) | (away > SLEEVE_RIM_PX)
    near = (near | corner) & ~keep & (corner | ~other)
    near |= _hem_shadow(wearer, upper) & ~old
    return near


def _shaded_shins(wearer: Wearer, away: FloatArray) -> BoolArray:
    """Return the skin in the shadow of an old hem, of legs that are seen well below it."""
    unit = wearer.frame.shoulders_px
    legs = wearer.labelled(Label.SKIN) & (wearer.height > _SHINS)
    goes_on = np.zeros_like(legs)
    down = round(_LONG_SHIN * unit)
    goes_on[:-down] = legs[down:]
    return legs & goes_on & (away < _HEM_SHADE * unit)


def _above(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return the pixels above a waistband, and of a top; hips may bulge beyond its ends."""
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    above: BoolArray = covered.any(axis=0) & ~np.logical_or.accumulate(covered, axis=0)
    band = (above & (np.abs(wearer.lateral) < _WAISTBAND[0])).sum(axis=1)
    rows = np.flatnonzero(band)
    if rows.size:
        lowest = int(rows[-1]) + round(_WAISTBAND[1] * wearer.frame.shoulders_px)
        above[lowest:] = False
        above &= covered[:lowest].any(axis=0)
    # Between a sleeve and trousers the wall is seen.
    return above | (upper_half(wearer, over_waistband=False) & ~low_sleeves(wearer))


def _backdrop(wearer: Wearer, old: BoolArray) -> FloatArray:
    """Return the wall's colours, flowing in from well outside the person."""
    unit = wearer.frame.shoulders_px
    wall = ~dilate(wearer.person | old, 0.05 * unit)
    # Between an arm and the side little of it is seen.
    between = (np.abs(wearer.lateral) < _BETWEEN) & (wearer.height > 0) & (wearer.height < CROTCH)
    wall |= between & ~dilate(wearer.person | old, _NEAR_BODY * unit)
    rim = np.zeros(wearer.shape, bool)
    rim[:2], rim[:, :2], rim[:, -2:] = True, True, True
    wall |= rim & ~wearer.person
    if not wall.any():
        return np.full((*wearer.shape, 3), 128, np.float32)
    return flow_across(wearer.rgb, wall)


def _torso_fill(
    wearer: Wearer,
    categories: frozenset[str],
    skin: FloatArray,
    backdrop: FloatArray,
    cover: FloatArray,
) -> FloatArray:
    """Return skin above the old waistband and the lower garment's colour below it."""
    has_top = wearer.labelled(Label.UPPER).sum() > 200  # noqa: PLR2004
    if categories == {"bottom"} and has_top and not has_bare_midriff(wearer):
        # Above a waistband that sits lower than the old one the top goes on.
        unit = wearer.frame.shoulders_px
        return flow_in(wearer.rgb, erode(upper_half(wearer, over_waistband=False), 0.02 * unit))
    worn = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    lower = worn & ~upper_half(wearer)
    whole = erode(lower, 0.02 * wearer.frame.shoulders_px)
    clean = whole & ~_hem_shadow(wearer, upper_half(wearer))
    if clean.sum() < 200:  # noqa: PLR2004  (shorts that look out below a long top)
        clean = whole
    if "bottom" in categories or "dress" in categories or clean.sum() < 200:  # noqa: PLR2004
        return skin
    return below_bare_waist(wearer, skin, backdrop, lower=lower, clean=clean, cover=cover)


def _outline(wearer: Wearer) -> FloatArray:
    """Return the silhouette, 0..1, smooth and without notches in dark cloth."""
    unit = wearer.frame.shoulders_px
    whole = gaussian(closed(wearer.person, 0.04 * unit).astype(np.float32), 0.02 * unit)
    outline: FloatArray = np.clip(4 * (whole - np.float32(0.5)) + np.float32(0.5), 0, 1)
    return outline


def _beyond_outline(wearer: Wearer) -> BoolArray:
    """Return what lies outside of the person, whose outline is more even than that of cloth."""
    person = wearer.person.astype(np.float32)
    beyond: BoolArray = gaussian(person, 0.015 * wearer.frame.shoulders_px) < 0.5  # noqa: PLR2004
    return beyond


def _below_new_cuffs(wearer: Wearer, arms: Limbs, sleeves: tuple[float, float]) -> Limbs:
    """Return the arms below the new cuffs."""
    depth = arms.depth
    rows = np.arange(wearer.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(wearer.shape[1], dtype=np.float32)
    for side in SIDES:
        if sleeves[side] > 0:
            chain = wearer.arm(side)
            cuff = along(chain, sleeves[side] - _UNDER_CUFF)
            direction = along(chain, sleeves[side]) - cuff
            direction /= max(float(np.hypot(*direction)), 1.0)
            below = (columns - cuff[0]) * direction[0] + (rows - cuff[1]) * direction[1]
            # The seam holds a cuff aslant below a raised arm, whose inner side is seen further up.
            aslant = raised(chain, wearer) * _ASLANT * wearer.frame.shoulders_px
            below = below - aslant * np.minimum(arms.outwards, 0)
            on_side = wearer.lateral * SIGNS[side] > 0
            depth = np.where(on_side, np.minimum(depth, below), depth)
    # Nearer the spine is the chest.
    inner = (np.abs(wearer.lateral) - np.float32(0.34)) * wearer.frame.shoulders_px
    return attrs.evolve(arms, depth=np.minimum(depth, inner))


def _hem_shadow(wearer: Wearer, upper: BoolArray) -> BoolArray:
    """Return the blurred rim and the shadow of a top that hangs below the hips on what is under."""
    # Beside the hips a sleeve ends as low.
    hem = upper & (wearer.height > CROTCH) & (np.abs(wearer.lateral) < _BESIDE_DRESS)
    if not hem.any():
        return hem
    return dilate(hem, _HEM_SHADOW * wearer.frame.shoulders_px) & wearer.labelled(Label.LOWER)
