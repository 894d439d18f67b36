"""What of an old top is taken for skin: rims of cuffs, corners of hands, thin straps."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Label
from tryon_local.compose.limbs import Hand, Limbs
from tryon_local.frame import SIDES, along
from tryon_local.imaging import (
    bounding_box,
    capsule_mask,
    chain_mask,
    dilate,
    opened,
    polygon_mask,
    squared_length,
    touching,
)
from tryon_local.warp import SIGNS, Wearer, ray_length, sample, stretched_hand

_SLEEVE, _HAND = 0.18, 0.13
"""Radius of a wide sleeve and of a hand, in S."""
_CUFF = 0.09
"""How far below its edge a cuff still shapes a hand, in S."""
_CORNER = 0.08
"""How far the corners of a hand may stand out of an arm, in S."""
_REACH, _WIDTHS = 0.25, (0.04, 0.16)
"""How far from the wrist a bare hand is looked for, and half its width, in S."""
_SLEEVED, _DRESS_SLEEVE, _BARE = (0.35, 0.65, 0.8), 0.09, 0.25
"""Shares of the arm at which a sleeve that hangs below the waist is seen, how wide it is, in S, and
the share of skin from which it is none."""
_HANGING, _WIDEST = np.linspace(0.35, 0.95, 25), 0.25
"""Where along such an arm the wall is looked for beside it, and how far from its middle, in S."""
_BESIDE = 0.5
"""Lateral, in S, beyond which an arm hangs beside the body and not before it."""
_WAIST = 0.7
"""Height, in T, from which an arm may hang before what is worn below."""
_FOREARM = np.linspace(0.6, 0.88, 8)
"""Where along an arm it shows whether it is sleeved."""
_STRAPS, _STRAP = (0.28, 0.6), 0.035
"""Laterals of straps, and half the width of the widest that is thin, in S."""
_BESIDE_ARM, _HANGS = 0.75, 0.8
"""Lateral up to which a strap may hang beside an arm, in S, and how straight down that hangs."""
SLEEVE_RIM_PX, _GAP_PX = 2, 1.5
"""How far a worn garment darkens the sleeve before it, and half the width of a gap between sleeve
and new garment."""
_MISSED, _CLOTH_SHARE, _UNLIKE_WALL = 0.1, 0.3, 100.0
"""How far beside a sleeve the silhouette may leave out a part of it, in S; share of a sleeve's
colour, and how much that differs from the wall's, from which it is told from shadows."""
_HIDDEN, _SEAM = 0.5, 0.03
"""Share of the fingers that is hidden in a pocket, and width of its dark edge, in S."""
_ARM_EDGE = 0.02
"""Width of the edge of a bare arm, in S."""
_NO_SKIN, _BLACK = 0.8, 2.2
"""Differences of logarithms at which a colour is not that of skin, and not that of its shadows."""


def around_arms(wearer: Wearer) -> BoolArray:
    """Return what is as near to an arm as a wide sleeve with its cuff."""
    mask = np.zeros(wearer.shape, bool)
    for side in SIDES:
        wrist, knuckle, _ = stretched_hand(wearer.body, side)
        chain = np.vstack([wearer.arm(side), (wrist + knuckle) / 2])
        mask |= chain_mask(wearer.shape, chain, _SLEEVE * wearer.frame.shoulders_px)
    return mask


def around_hands(wearer: Wearer) -> BoolArray:
    """Return what is as near to a hand as a thumb that is spread."""
    mask = np.zeros(wearer.shape, bool)
    for side in SIDES:
        hand = stretched_hand(wearer.body, side)
        mask |= chain_mask(wearer.shape, hand, _SLEEVE * wearer.frame.shoulders_px)
    return mask


def low_sleeves(wearer: Wearer) -> BoolArray:
    """Return the parts of worn sleeves that hang beside what is worn below."""
    upper = wearer.labelled(Label.UPPER) & (wearer.height > _WAIST)
    upper &= np.abs(wearer.lateral) > _BESIDE
    return upper & around_arms(wearer)


def beyond_silhouette(wearer: Wearer, old: BoolArray) -> BoolArray:
    """Return parts of old sleeves that the silhouette leaves out: they have not the wall's colour.

    Args:
        wearer: the person.
        old: shape (H, W), the clothes to be replaced.
    """
    found, upper = np.zeros_like(old), old & wearer.labelled(Label.UPPER)
    upper &= np.abs(wearer.lateral) > _BESIDE
    if not upper.any():
        return found
    beside = around_arms(wearer) & (np.abs(wearer.lateral) > _BESIDE)
    wall, sleeves = beside & wearer.labelled(Label.BACKGROUND), beside & upper
    missed = wall & dilate(sleeves, _MISSED * wearer.frame.shoulders_px)
    # The shaded edge of a bare arm is as dark as cloth.
    missed &= ~dilate(wearer.labelled(Label.SKIN), _ARM_EDGE * wearer.frame.shoulders_px)
    if not missed.any():
        return found
    cloth, backdrop = (np.median(wearer.rgb[mask], axis=0) for mask in (sleeves, wall))
    apart = cloth - backdrop
    share = (wearer.rgb[missed] - backdrop) @ apart / max(float(apart @ apart), 1)
    found[missed] = (share > _CLOTH_SHARE) & bool(apart @ apart > _UNLIKE_WALL**2)
    return found


def without_closed_gaps(wearer: Wearer, hole: BoolArray, old: BoolArray) -> BoolArray:
    """Return a hole without the rims of worn sleeves that a new garment touches as the old one did.

    Args:
        wearer: the person.
        hole: shape (H, W), what is left of the old garments, with its rim.
        old: shape (H, W), these themselves.
    """
    rim = hole & ~old & low_sleeves(wearer)
    return hole & (~rim | dilate(opened(hole & ~rim, _GAP_PX), SLEEVE_RIM_PX + 1))


def cuffed_hands(wearer: Wearer, old: BoolArray) -> tuple[Hand | None, ...]:
    """Return the hands below the cuffs of old sleeves; None where the arm is bare."""
    upper = old & wearer.labelled(Label.UPPER)
    hands: list[Hand | None] = []
    for side in SIDES:
        points = along(wearer.arm(side), _FOREARM)
        is_sleeved = sample(upper, points).mean() > 0.5  # noqa: PLR2004
        hands.append(_back_of_hand(wearer, side) if is_sleeved else None)
    return tuple(hands)


def _back_of_hand(wearer: Wearer, side: int) -> Hand | None:
    unit, bare = wearer.frame.shoulders_px, wearer.labelled(Label.SKIN)
    wrist, _, tips = stretched_hand(wearer.body, side)
    axis = (tips - wrist) / max(float(np.hypot(*(tips - wrist))), 1e-6)
    steps = np.arange(0.0, _REACH * unit, 1.0)
    seen = sample(bare, wrist + steps[:, None] * axis)
    if not seen.any():
        return None
    middle = wrist + axis * (steps[int(seen.argmax())] + _CUFF * unit)
    normal = np.array([axis[1], -axis[0]])
    right, left = (
        ray_length(bare, middle, way, limit_px=2 * _WIDTHS[1] * unit) for way in (normal, -normal)
    )
    half = (left + right) / 2
    if not _WIDTHS[0] * unit < half < _WIDTHS[1] * unit:
        return None
    return Hand(np.asarray(middle + normal * ((right - left) / 2), np.float32), half)


def sleeve_of_dress(wearer: Wearer, side: int) -> BoolArray:
    """Return a sleeve that hangs beside and before the hips of a worn dress, shape (H, W).

    It has the colours of the skirt behind it: its inner side runs straight from where the wall is
    last seen beside it to the hand.

    Args:
        wearer: the person.
        side: 0 left, 1 right.
    """
    unit, arm = wearer.frame.shoulders_px, wearer.arm(side)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    chain = along(arm, np.array(_SLEEVED))
    sleeve = chain_mask(wearer.shape, chain, _DRESS_SLEEVE * unit)
    # The middle line of a bare arm may run before the dress.
    if not sample(clothes, chain[1:]).all() or wearer.labelled(Label.SKIN)[sleeve].mean() > _BARE:
        return np.zeros(wearer.shape, bool)
    sleeve |= around_arms(wearer) & (wearer.lateral * SIGNS[side] > _BESIDE)
    parted, hand = _beside_wall(wearer, side), _back_of_hand(wearer, side)
    if parted is None or hand is None:
        return sleeve & clothes
    inwards = wearer.frame.across * -SIGNS[side]
    inner = np.stack([parted, hand.middle + hand.half_px * inwards])
    outer = inner[::-1] - 2 * _WIDEST * unit * inwards
    below = np.arange(len(sleeve))[:, None] >= parted[1]
    return clothes & np.where(below, polygon_mask(wearer.shape, np.vstack([inner, outer])), sleeve)


def _beside_wall(wearer: Wearer, side: int) -> FloatArray | None:
    """Return the last place along an arm where the wall parts it from the body; None if nowhere."""
    unit, inwards = wearer.frame.shoulders_px, wearer.frame.across * -SIGNS[side]
    last = None
    for point in along(wearer.arm(side), _HANGING):
        width = ray_length(wearer.person, point, inwards, limit_px=_WIDEST * unit)
        if 0 < width < _WIDEST * unit:
            last = point + width * inwards
    return last


def below_cuffs(wearer: Wearer, hands: tuple[Hand | None, ...]) -> BoolArray:
    """Return the skin of hands next to the cuffs of old sleeves."""
    mask = np.zeros(wearer.shape, bool)
    for side, hand in zip(SIDES, hands, strict=True):
        if hand is not None:
            wrist, knuckle, _ = stretched_hand(wearer.body, side)
            towards = (knuckle - wrist) / max(float(np.hypot(*(knuckle - wrist))), 1e-6)
            radius_px = _HAND * wearer.frame.shoulders_px
            near = capsule_mask(wearer.shape, wrist, hand.middle, radius_px)
            rows, columns = np.nonzero(near)
            beyond = (np.stack([columns, rows], axis=1) - hand.middle) @ towards
            near[rows, columns] = beyond < 0
            mask |= near
    return mask & wearer.labelled(Label.SKIN)


def in_pocket(wearer: Wearer, side: int) -> bool:
    """Return whether what is worn below the waist hides the fingers of a hand."""
    _wrist, knuckle, tips = stretched_hand(wearer.body, side)
    fingers = np.linspace(knuckle, tips, 9)
    return bool(sample(wearer.labelled(Label.LOWER), fingers).mean() >= _HIDDEN)


def remains_of_cuffs(
    wearer: Wearer, hands: tuple[Hand | None, ...], arms: Limbs, tone: FloatArray
) -> BoolArray:
    """Return what old cuffs left at the wrists: their rims, and corners of hands cut off straight.

    Such corners stand out beside the wrist, but for hands in pockets.

    Args:
        wearer: the person.
        hands: what `cuffed_hands` returned.
        arms: the bare arms.
        tone: shape (3,), colour of these.
    """
    ends = below_cuffs(wearer, hands)
    unit = wearer.frame.shoulders_px
    corners = ends & (arms.depth < 0) & (arms.depth > -_CORNER * unit)
    for side in SIDES:
        if hands[side] is not None and in_pocket(wearer, side):
            other = wearer.lateral * SIGNS[side] < 0
            corners &= other
            ends &= other | ~dilate(wearer.labelled(Label.LOWER), _SEAM * unit)
    return corners | unlike_skin(wearer.rgb, ends, tone)


def unlike_skin(
    rgb: ByteArray, place: BoolArray, tone: FloatArray, least: float = _NO_SKIN
) -> BoolArray:
    """Return what of a place differs that much from the colour of skin, shape (H, W)."""
    unlike = np.zeros(place.shape, bool)
    apart = np.log(np.maximum(rgb[place], 8).astype(np.float32)) - np.log(tone)
    unlike[place] = squared_length(np.asarray(apart, np.float32)) > least**2
    return unlike


def straps(wearer: Wearer, away: FloatArray, tone: FloatArray) -> BoolArray:
    """Return thin straps of the old garment on chest and shoulders and beside arms, shape (H, W).

    Args:
        wearer: the person.
        away: shape (H, W), distance from the old garment, in pixels.
        tone: shape (3,), colour of the chest.
    """
    unit = wearer.frame.shoulders_px
    across = np.abs(wearer.lateral)
    # Nearer the neck shadows of the chin are as dark.
    place = wearer.labelled(Label.SKIN) & (across > _STRAPS[0]) & (across < _STRAPS[1])
    place &= (wearer.height > -0.25) & (wearer.height < 0.3)  # noqa: PLR2004
    beside = wearer.labelled(Label.SKIN) & (across > _STRAPS[0]) & (across < _BESIDE_ARM)
    beside &= (wearer.height > 0.3) & (wearer.height < 1.1) & (away <= _STRAP * unit)  # noqa: PLR2004
    for side in SIDES:
        # A hand on the hip is in the shadow of its own arm.
        if not _hangs(wearer, side):
            beside &= wearer.lateral * SIGNS[side] < 0
    found = unlike_skin(wearer.rgb, place, tone)
    found |= unlike_skin(wearer.rgb, beside, tone, _BLACK)
    box = bounding_box(found)
    if box is None:
        return found
    x1, y1, x2, y2 = box
    margin = round(2 * _STRAP * unit) + 1
    part = np.s_[max(y1 - margin, 0) : y2 + margin, max(x1 - margin, 0) : x2 + margin]
    thin = found[part] & ~opened(found[part], _STRAP * unit)
    found[part] = touching(thin, away[part] <= max(0.02 * unit, 2))
    return found


def _hangs(wearer: Wearer, side: int) -> bool:
    _, elbow, wrist = wearer.arm(side)
    forearm = wrist - elbow
    return float(forearm @ wearer.frame.down) > _HANGS * float(np.hypot(*forearm))


def before_wall(wearer: Wearer, old: BoolArray, away: FloatArray) -> BoolArray:
    """Return where a sleeve beside the hips is nearer to the wall than to what is worn there."""
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    sleeves = (away < _CUFF * wearer.frame.shoulders_px) & ~(clothes & ~old)
    sleeves &= (wearer.height > _WAIST) & (np.abs(wearer.lateral) > _BESIDE)
    if not sleeves.any():
        return sleeves
    sleeves &= around_arms(wearer)
    lower = clothes & ~old
    if not sleeves.any() or not lower.any():
        return sleeves
    x1, y1, x2, y2 = bounding_box(dilate(sleeves, 1)) or (0, 0, 0, 0)
    part = np.s_[y1:y2, x1:x2]
    to_wall, to_lower = (
        cv2.distanceTransform(mask[part].astype(np.uint8), cv2.DIST_L2, 3)
        for mask in (wearer.person, ~lower)
    )
    sleeves[part] &= to_wall < to_lower
    return sleeves
