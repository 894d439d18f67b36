"""The photo without the old garment: skin, remaining clothes and background in its place."""

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.bare_legs import legs_below_hem
from tryon_local.compose.cuffs import (
    around_arms,
    before_wall,
    below_cuffs,
    cuffed_hands,
    straps,
    unlike_skin,
)
from tryon_local.compose.fill import flow_in, laid_over
from tryon_local.compose.front import hair_in_front, hands_in_front, softened
from tryon_local.compose.limbs import ARM_RADII, Limbs, find_limbs
from tryon_local.compose.skin import painted_skin, skin_tones
from tryon_local.frame import SIDES, along
from tryon_local.imaging import (
    chain_mask,
    closed,
    dilate,
    erode,
    gaussian,
    largest_components,
    opened,
    squared_length,
)
from tryon_local.warp import SIGNS, Wearer, has_bare_midriff, raised, sample, waist_of

_SPECK = 0.001
"""Share of the worn garment below which a piece beside the chest is the rim of an arm."""
_BESIDE_CHEST = 0.44
"""Lateral, in S, beyond which that is so."""
_DRESS_WAIST = 0.82
"""Height, in T, at which a worn dress is parted when only one half is replaced."""
_BESIDE_DRESS = 0.5
"""Lateral, in S, beyond which an arm hangs beside a dress and not before it."""
_SLEEVED, _SLEEVE, _BARE = (0.35, 0.65, 0.8), 0.09, 0.25
"""Shares of the arm at which a sleeve that hangs below the waist is seen, how wide it is, in S, and
the share of skin from which it is none."""
_WAISTBAND = (0.3, 0.04)
"""Half the width in which a waistband is looked at, and how much lower its ends may be, in S."""
_BESIDE_TOP = 0.36
"""Lateral, in S, beyond which a dress may stand out beside a top."""
_SKIRT_HIPS = (1.08, 0.62)
"""Height, in T, and half width, in S, of the hips that a skirt below a top may have."""
_UNDER_CUFF = 0.06
"""Share of the arm that is painted above a cuff, so that no gap opens below it."""
_ASLANT = 0.35
"""How much further up the inner side of a raised arm may be seen, in S."""
_NECK_BASE, _SHOULDER_SLOPE = -0.27, 0.5
"""Height of the shoulders at the neck, in S, and how far they drop per length outwards."""
_ARMPIT, _BELOW_WAIST, _BELOW_HIPS = 0.32, 0.75, 1.05
"""Heights, in T: below it nothing is bare beside a garment; up to where that is so of a top, which
hangs over a lower garment, and of a dress."""
_CROTCH, _TUNIC_FRONT, _TUNIC_HIPS = 1.2, 0.35, 0.48
"""Height of the crotch, in T; half widths, in S, of the front of a top that hangs below it, and of
the hips that it hides."""
_HEM_RIM = 0.025
"""How far below any hem its blurred rim reaches, in S."""
_FINGER_RIM_PX = 1.5
"""How far a worn garment tints the fingers before it."""
_SPOILT = 0.016
"""How far into a worn top an outline of the old garment may reach, in S."""
_HEM_SHADOW = 0.09
"""How far below such a hem its shadow and its blurred rim reach, in S."""
_BELOW_HEM, _GAP = (0.06, 0.25), 0.03
"""How far below such a hem outlines and gap of trousers are looked at, in T, and the narrowest gap,
in S."""
_TRAPEZIUS, _STOUT, _HIGHEST = 0.03, 0.11, 0.2
"""Height of the muscle beside a neck, in S: usual, from where it is that of a stout person, and
the highest seen `_BESIDE_NECK` off it."""
_NOTCH = 0.06
"""Half the width, in S, of a notch between chest and shoulder that no bare body has."""
_BESIDE_NECK, _MUSCLE_REACH = 0.08, 0.12
_NECK, _RIBS, _WIDE_HIPS = 0.19, 0.47, 0.56
"""Half width of a usual neck, and of the widest ribs and hips, in S."""
_IN_FRONT, _BESIDE_RIBS, _BELOW_ARMHOLE = 0.03, 0.45, 0.4
"""How far around an arm before a garment the old one goes, and lateral of such an arm, in S; share
of the arm from which it can be before one."""
_CURVED_HEM = 0.08
"""How far the ends of a hem or a waistband may lie above or below its middle, in T."""
_OPAQUE = 0.98
"""Cover from which nothing shines through a soft edge."""
_CORNER = 0.08
"""How far the corners of a hand may stand out of an arm, in S."""
_SEAM = 0.03
"""Half the width, in S, of the blend between painted and real skin."""


def old_garments(wearer: Wearer, categories: frozenset[str]) -> BoolArray:
    """Return the pixels of the worn clothes that the new garments replace.

    Half of a worn dress stays when a top or a bottom alone is put on.
    """
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    if "dress" not in categories and len(categories) == 1:
        upper = upper_half(wearer)
        clothes = upper if "top" in categories else clothes & ~upper
    beside = (np.abs(wearer.lateral) > _BESIDE_CHEST) & (wearer.height > 0)
    beside &= wearer.height < _BELOW_WAIST
    return largest_components(clothes, _SPECK) | (clothes & ~beside)


def beside_top(wearer: Wearer, categories: frozenset[str], cover: FloatArray) -> BoolArray:
    """Return what of a worn dress stands out beside a new top, above its hem."""
    if categories != {"top"} or not wearer.parse.is_dress:
        return np.zeros(wearer.shape, bool)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    clothes &= (wearer.height > 0.5) & (cover < 0.5)  # noqa: PLR2004  (below the chest)
    # From the waist on its skirt shows, widening to the hips.
    skirt = np.clip((wearer.height - _DRESS_WAIST) / (_SKIRT_HIPS[0] - _DRESS_WAIST), 0, 1)
    clothes &= np.abs(wearer.lateral) > _BESIDE_TOP + skirt * (_SKIRT_HIPS[1] - _BESIDE_TOP)
    hem = _lowest_covered(cover) - round(0.02 * wearer.frame.shoulders_px)
    clothes[max(hem, 0) :] = False
    return clothes


def upper_half(wearer: Wearer) -> BoolArray:
    """Return the worn top, or what of a worn dress lies above the waist."""
    if not wearer.parse.is_dress:
        return wearer.labelled(Label.UPPER)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    upper = wearer.height < _DRESS_WAIST
    near_arms, bare = around_arms(wearer), wearer.labelled(Label.SKIN)
    for side in SIDES:
        chain = np.stack([along(wearer.arm(side), share) for share in _SLEEVED])
        sleeve = chain_mask(wearer.shape, chain, _SLEEVE * wearer.frame.shoulders_px)
        # The middle line of a bare arm may run before the dress.
        if sample(clothes, chain[1:]).all() and bare[sleeve].mean() < _BARE:
            upper |= near_arms & (wearer.lateral * SIGNS[side] > _BESIDE_DRESS)
    return clothes & upper


def uncovered_base(
    wearer: Wearer,
    categories: frozenset[str],
    old: BoolArray,
    cover: FloatArray,
    *,
    beside: BoolArray | None = None,
    sleeves: tuple[float, float] = (0.0, 0.0),
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Replace what the new garments leave uncovered of the old ones.

    Args:
        wearer: the person.
        categories: of the new garments.
        old: shape (H, W), the clothes to be replaced.
        cover: shape (H, W), 0..1, cover of the new garments.
        beside: shape (H, W), what of a worn dress stands out beside a top.
        sleeves: how much of the left and right arm the new sleeves cover, 0..1.

    Returns:
        The image 0..255, how far each pixel was replaced 0..1, the arms' invented skin, and how far
        each pixel shows the wall instead of the person 0..1.
    """
    unit = wearer.frame.shoulders_px
    photo = wearer.rgb.astype(np.float32)
    unchanged = np.zeros(wearer.shape, np.float32)
    nothing = unchanged, np.zeros(wearer.shape, bool), unchanged
    if not old.any():
        return photo, *nothing
    away = np.asarray(cv2.distanceTransform((~old).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    tones = skin_tones(wearer)
    hands = cuffed_hands(wearer, old)
    arms = find_limbs(wearer, [wearer.arm(side) for side in SIDES], ARM_RADII, hands)
    ends = below_cuffs(wearer, hands)
    # A cuff cuts a hand off straight; its corners stand out beside the wrist.
    cuffs = ends & (arms.depth < 0) & (arms.depth > -_CORNER * unit)
    cuffs |= unlike_skin(wearer.rgb, ends, tones.arms)
    if categories != {"bottom"}:
        cuffs |= straps(wearer, away, tones.chest)
    arms = _below_new_cuffs(wearer, arms, sleeves)
    uncovered = cover < _OPAQUE
    if categories != {"bottom"}:
        # An arm that hangs beside the body is in front of a new garment.
        before = (arms.depth > -_IN_FRONT * unit) & (arms.along > _BELOW_ARMHOLE)
        uncovered |= before & (np.abs(wearer.lateral) > _BESIDE_RIBS)
    hole = _hole(wearer, old, away, cuffs) & uncovered
    if not hole.any():
        return photo, *nothing
    wall = ~wearer.person | before_wall(wearer, old, away)
    if categories == {"bottom"}:
        # No arm comes out from under trousers; beside narrower ones the wall is seen.
        bare = np.where(wearer.labelled(Label.SKIN), arms.depth, np.float32(-unit))
        arms = attrs.evolve(arms, depth=bare)
        wall |= (wearer.height > waist_of(wearer)) & ~_above(wearer, cover)
    else:
        wall |= _free_cloth(wearer, categories, arms)
        lowest = _BELOW_WAIST if categories == {"top"} else _BELOW_HIPS
        wall |= beside_trunk(wearer, cover, lowest) & (arms.depth < 0) & ~_midriff(wearer, cover)
        if beside is not None:
            wall |= beside
        if categories == {"top"}:
            wall |= _beside_legs_below_tunic(wearer, old)
    has_legs = "top" not in categories or len(categories) > 1
    legs = legs_below_hem(wearer, cover) if has_legs else None
    skin = painted_skin(wearer, tones, hole, arms, legs)
    fill, backdrop = _torso_fill(wearer, categories, skin), _backdrop(wearer, old)
    body = _outline(wearer)
    below_hips = wearer.height > 1.02  # noqa: PLR2004
    walled = softened(below_hips | wall if has_legs else wall, unit)
    fill = laid_over(fill, backdrop, walled)
    if legs is not None:
        bare = _limb_share(legs, body) * softened(below_hips, unit)
        fill, walled = laid_over(fill, skin, bare), walled * (1 - bare)
    # The masks reach beyond the hole, so that its soft rim is filled like its inside.
    bare = _limb_share(arms, body)
    fill, walled = laid_over(fill, skin, bare), walled * (1 - bare)
    soft = gaussian(hole.astype(np.float32), max(0.8, 0.004 * unit))
    soft = np.maximum(soft, _seam(wearer, hole, skin, fill))
    return laid_over(photo, fill, soft), soft, hole & (arms.depth > 0), walled * soft


def _seam(wearer: Wearer, hole: BoolArray, skin: FloatArray, fill: FloatArray) -> FloatArray:
    """Return how much of the real skin next to painted skin is painted over, fading out."""
    unit = wearer.frame.shoulders_px
    meets = (squared_length(fill - skin) < 1) & wearer.labelled(Label.SKIN)
    near = np.clip(2 * gaussian(hole.astype(np.float32), _SEAM * unit), 0, 1)
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
    skin &= (away > max(0.02 * unit, 3)) & ~dilate(cuffs, max(0.015 * unit, 2))
    # Fingers are narrow, and parted well from what they hang before.
    skin |= hands_in_front(wearer) & (away > _FINGER_RIM_PX) & ~dilate(cuffs, 0.015 * unit)
    keep = hair_in_front(wearer, old) | skin
    other = ~wearer.labelled(Label.BACKGROUND) & ~old & ~bare
    # The last pixels of a hem are blurred into what is worn under it.
    other &= ~wearer.labelled(Label.LOWER) | (away > max(_HEM_RIM * unit, 2))
    if not (wearer.parse.is_dress or has_bare_midriff(wearer)):
        other &= ~wearer.labelled(Label.UPPER) | (away > max(_SPOILT * unit, 1))
    near &= ~keep & ~other
    near |= _hem_shadow(wearer, old & wearer.labelled(Label.UPPER)) & ~old
    return near


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
    return above | upper_half(wearer)


def _lowest_covered(cover: FloatArray) -> int:
    rows = np.flatnonzero((cover > 0.5).any(axis=1))  # noqa: PLR2004  (half covered)
    return int(rows[-1]) if rows.size else 0


def _backdrop(wearer: Wearer, old: BoolArray) -> FloatArray:
    """Return the wall's colours, flowing in from well outside the person."""
    unit = wearer.frame.shoulders_px
    wall = ~dilate(wearer.person | old, 0.05 * unit)
    rim = np.zeros(wearer.shape, bool)
    rim[:2], rim[:, :2], rim[:, -2:] = True, True, True
    wall |= rim & ~wearer.person
    if not wall.any():
        return np.full((*wearer.shape, 3), 128, np.float32)
    return flow_in(wearer.rgb, wall)


def _torso_fill(wearer: Wearer, categories: frozenset[str], skin: FloatArray) -> FloatArray:
    """Return skin above the old waistband and the lower garment's colour below it."""
    has_top = wearer.labelled(Label.UPPER).sum() > 200  # noqa: PLR2004
    if categories == {"bottom"} and has_top and not has_bare_midriff(wearer):
        # Above a waistband that sits lower than the old one the top goes on.
        unit = wearer.frame.shoulders_px
        return flow_in(wearer.rgb, erode(upper_half(wearer), 0.02 * unit))
    worn = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    lower = worn & ~upper_half(wearer) & ~_hem_shadow(wearer, upper_half(wearer))
    lower = erode(lower, 0.02 * wearer.frame.shoulders_px)
    if "bottom" in categories or "dress" in categories or lower.sum() < 200:  # noqa: PLR2004
        return skin
    cloth = flow_in(wearer.rgb, lower)
    waist = _DRESS_WAIST if wearer.parse.is_dress else waist_of(wearer)
    below = wearer.height > waist - 0.02
    return laid_over(skin, cloth, softened(below, wearer.frame.shoulders_px))


def _limb_share(limbs: Limbs, body: FloatArray) -> FloatArray:
    """Return how much of each pixel a limb covers; it ends where the silhouette does."""
    share: FloatArray = np.minimum(np.clip(limbs.depth + np.float32(0.5), 0, 1), body)
    return share


def _outline(wearer: Wearer) -> FloatArray:
    """Return the silhouette, 0..1, smooth and without notches in dark cloth."""
    unit = wearer.frame.shoulders_px
    whole = gaussian(closed(wearer.person, 0.04 * unit).astype(np.float32), 0.01 * unit)
    outline: FloatArray = np.clip(4 * (whole - np.float32(0.5)) + np.float32(0.5), 0, 1)
    return outline


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


def _free_cloth(wearer: Wearer, categories: frozenset[str], arms: Limbs) -> BoolArray:
    """Return where a wide old garment hung free, beside neck, arms and trunk, before the wall."""
    unit = wearer.frame.shoulders_px
    across = np.abs(wearer.lateral)
    beside_neck = np.zeros(wearer.shape, bool)
    rows = np.s_[: max(int(wearer.frame.neck[1] + 0.5 * unit), 0)]
    lateral = wearer.lateral[rows]
    down = wearer.height[rows] * (wearer.frame.torso_px / unit)
    for sign, edge in zip(SIGNS, _neck_edges(wearer), strict=True):
        from_neck = sign * (lateral - edge)
        line = _NECK_BASE + _SHOULDER_SLOPE * from_neck
        line -= _muscle(wearer, sign, edge) * np.exp(-np.maximum(from_neck, 0) / _MUSCLE_REACH)
        beside_neck[rows] |= (down < line) & (from_neck > 0) & (down < 0)
    # Outside of an arm there is nothing beyond the shoulder joint.
    beside = (across > 0.5) & (wearer.height > -0.15) & (wearer.height <= 0.12)  # noqa: PLR2004
    beside &= ~_between_shoulders(wearer, arms, beside_neck)
    # The ribs are narrower than the shoulders, and the hips as wide as what is worn there.
    beside |= (across > _RIBS) & (wearer.height > 0.12) & (wearer.height < 0.7)  # noqa: PLR2004
    below_ribs = wearer.height >= 0.7  # noqa: PLR2004
    if categories == {"top"}:
        left_hip, right_hip = _hips_half_widths(wearer)
        beside |= below_ribs & ((wearer.lateral < -left_hip) | (wearer.lateral > right_hip))
    else:
        beside |= below_ribs & (wearer.height < 1.3) & (across > _WIDE_HIPS)  # noqa: PLR2004
    free: BoolArray = (beside_neck | beside) & (arms.depth < 0)
    return free


def beside_trunk(wearer: Wearer, cover: FloatArray, lowest: float) -> BoolArray:
    """Return what lies beyond the sides of a new garment, which goes all around the trunk.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the garment.
        lowest: height, in T, down to which that is so.
    """
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    rows, columns = np.arange(len(cover)), np.arange(cover.shape[1])
    middle = _spine(wearer)
    is_right = columns >= middle[:, None]
    right = np.logical_or.accumulate(~covered & is_right, axis=1)
    left = np.logical_or.accumulate((~covered & ~is_right)[:, ::-1], axis=1)[:, ::-1]
    on_trunk = (wearer.height > _ARMPIT) & (wearer.height < lowest)
    beside: BoolArray = ((right & is_right) | (left & ~is_right)) & on_trunk
    beside &= covered[rows, middle][:, None]
    return beside


def _spine(wearer: Wearer) -> npt.NDArray[np.intp]:
    """Return the column of the spine in each row."""
    height, width = wearer.shape
    down, neck = wearer.frame.down, wearer.frame.neck
    spine = neck[0] + (np.arange(height) - neck[1]) * (down[0] / max(float(down[1]), 0.5))
    columns: npt.NDArray[np.intp] = np.clip(np.rint(spine), 0, width - 1).astype(np.intp)
    return columns


def _midriff(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return the bare belly between the hem of a top and a waistband, which may both curve."""
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    rows, middle = np.arange(len(cover)), _spine(wearer)
    # Further down are the legs.
    above = wearer.height[rows, middle] < _CROTCH
    on_spine = np.flatnonzero(covered[rows, middle] & above)
    gaps = np.diff(on_spine)
    midriff = np.zeros(wearer.shape, bool)
    if not gaps.size or gaps.max() == 1:
        return midriff
    at = int(gaps.argmax())
    curve = round(_CURVED_HEM * wearer.frame.torso_px)
    top, low = int(on_spine[at]) - curve, int(on_spine[at + 1]) + curve
    if top < 0 or low >= len(cover):
        return midriff
    sides = [_run(covered[row], int(middle[row])) for row in (top, low)]
    midriff[top:low, max(left for left, _ in sides) : min(right for _, right in sides)] = True
    return midriff & ~covered


def _run(covered: BoolArray, at: int) -> tuple[int, int]:
    """Return the first and the last but one column of the covered ones around a column."""
    before, after = np.flatnonzero(~covered[:at]), np.flatnonzero(~covered[at:])
    left = int(before[-1]) + 1 if before.size else 0
    return left, at + int(after[0]) if after.size else len(covered)


def _beside_legs_below_tunic(wearer: Wearer, old: BoolArray) -> BoolArray:
    """Return what of a long old top hung beside the trousers or the skirt that it covered.

    They go on upwards from where they are seen: outlines to the hips, the gap to the crotch.
    """
    front = old & (np.abs(wearer.lateral) < _TUNIC_FRONT)
    hem = float(np.percentile(wearer.height[front], 98)) if front.any() else 0.0
    seen = _laterals(wearer, hem + _BELOW_HEM[0])
    if hem < _CROTCH or not seen.size:
        return np.zeros(wearer.shape, bool)
    left, right = float(seen[0]), float(seen[-1])
    middle, half = (left + right) / 2, max((right - left) / 2, _TUNIC_HIPS)
    down = np.clip((wearer.height - 1) / (hem - 1), 0, 1)
    outside = wearer.lateral < middle - half + down * (left - middle + half)
    outside |= wearer.lateral > middle + half + down * (right - middle - half)
    lower = _laterals(wearer, hem + _BELOW_HEM[1])
    steps = np.diff(lower)
    if steps.size and steps.max() > _GAP:
        at = int(steps.argmax())
        apart = (wearer.height - _CROTCH) / (hem + _BELOW_HEM[1] - _CROTCH)
        from_middle = wearer.lateral - middle
        outside |= (
            (apart > 0)
            & (from_middle > apart * (lower[at] - middle))
            & (from_middle < apart * (lower[at + 1] - middle))
        )
    beside: BoolArray = outside & (wearer.height > 1)
    return beside


def _hem_shadow(wearer: Wearer, upper: BoolArray) -> BoolArray:
    """Return the blurred rim and the shadow of a top that hangs below the hips on what is under."""
    # Beside the hips a sleeve ends as low.
    hem = upper & (wearer.height > _CROTCH) & (np.abs(wearer.lateral) < _BESIDE_DRESS)
    if not hem.any():
        return hem
    return dilate(hem, _HEM_SHADOW * wearer.frame.shoulders_px) & wearer.labelled(Label.LOWER)


def _laterals(wearer: Wearer, height: float) -> FloatArray:
    """Return where the lower garment is seen at a height, as ascending laterals."""
    seen = wearer.labelled(Label.LOWER) & (np.abs(wearer.height - height) < 0.02)  # noqa: PLR2004
    return np.unique(np.round(wearer.lateral[seen], 2))


def _between_shoulders(wearer: Wearer, arms: Limbs, beside_neck: BoolArray) -> BoolArray:
    """Return notches in the outline of chest and bare shoulders, where a narrow strap lay."""
    unit = wearer.frame.shoulders_px
    near = np.zeros(wearer.shape, bool)
    y1, y2 = (int(wearer.frame.point(height, 0.0)[1]) for height in (-0.3, 0.25))
    rows = np.s_[max(y1, 0) : max(y2, 0)]
    body = (np.abs(wearer.lateral[rows]) <= 0.5) & ~beside_neck[rows]  # noqa: PLR2004
    body &= wearer.person[rows]
    body |= wearer.labelled(Label.SKIN)[rows] | (arms.depth[rows] >= 0)
    near[rows] = closed(body, _NOTCH * unit)
    return near


def _muscle(wearer: Wearer, sign: float, edge: float) -> float:
    """Return how high the muscle rises between shoulder and neck, in S.

    As high as the silhouette, unless that is higher than a muscle can be, as under a hood.
    """
    frame = wearer.frame
    ratio = frame.shoulders_px / frame.torso_px
    down = _NECK_BASE + _SHOULDER_SLOPE * _BESIDE_NECK - np.linspace(0, _HIGHEST, 17)
    points = [frame.point(float(y) * ratio, edge + sign * _BESIDE_NECK) for y in down]
    inside = sample(wearer.person, np.stack(points))
    rise = _HIGHEST * float(inside.argmin()) / 16 * float(np.exp(_BESIDE_NECK / _MUSCLE_REACH))
    return rise if rise > _STOUT and not inside.all() else _TRAPEZIUS


def _neck_edges(wearer: Wearer) -> tuple[float, float]:
    """Return the laterals of both sides of the bare neck, in S, within what is human."""
    frame = wearer.frame
    base_height = 0.5 * _NECK_BASE * frame.shoulders_px / frame.torso_px
    neck = wearer.labelled(Label.SKIN) & (np.abs(wearer.lateral) < 0.3)  # noqa: PLR2004
    neck &= (wearer.height > frame.chin_height) & (wearer.height < base_height)
    if neck.sum() < 50:  # noqa: PLR2004  (a scarf)
        return -_NECK, _NECK
    left, right = np.percentile(wearer.lateral[neck], (3, 97))
    return float(np.clip(left, -0.25, -0.12)), float(np.clip(right, 0.12, 0.25))


def _hips_half_widths(wearer: Wearer) -> tuple[float, float]:
    """Return how far left and right what is worn below the waist reaches, in S."""
    hips = wearer.labelled(Label.LOWER) & (wearer.height > 0.9) & (wearer.height < 1.2)  # noqa: PLR2004
    if wearer.parse.is_dress or hips.sum() < 200:  # noqa: PLR2004  (not seen)
        return _WIDE_HIPS, _WIDE_HIPS
    low, high = np.percentile(wearer.lateral[hips], (1, 99))
    return 0.02 - float(low), 0.02 + float(high)
