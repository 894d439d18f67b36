"""What stays in front of a new garment: hair, face, hands, bare arms, shoes, a worn top."""

import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.beside import side_hems
from tryon_local.frame import SIDES, along
from tryon_local.imaging import (
    chain_mask,
    dilate,
    disc_mask,
    fill_holes,
    gaussian,
    largest_components,
    opened,
    touching,
)
from tryon_local.warp import Wearer, sample, stretched_hand

_HAND_RADIUS = 0.12
_TEETH = 0.008
"""Half the width, in S, of what is too narrow for a finger."""
_ARM_RADIUS = 0.14
_ARM_CORE = 0.06
_UNDER_CUFF = 0.03
"""How far a bare arm goes on under a cuff, in S: further up it would show in the armhole's seam."""
_POCKETS = 0.85
"""Height, in T, below which hands are in pockets; further up they are on the hips."""
_END_OF_HAND = 90
"""Percentile of the heights of its skin at which a hand ends, below which slivers are left."""
_SHOE_TOP = 0.08
"""How far below the ankle joint a shoe comes before trousers, in T."""
_BESIDE_NECK = 0.2
"""Lateral, in S, that hair reaches which hangs down beside a neck."""
_TINTED = 0.014
"""Width of the rim in which a pixel shows hair and cloth at once, in S."""

_UNEVEN_HEM = 0.04
"""Blur, in S, in which teeth along the hem of a worn top vanish."""
_HEM_RIM = 0.008
"""Width of the rim, in S, in which the hem of a worn top is tinted by the old garment."""


def softened(mask: BoolArray, unit_px: float) -> FloatArray:
    """Return a mask with an edge about two pixels wide in a photo of usual size."""
    return gaussian(mask.astype(np.float32), max(0.7, 0.003 * unit_px))


def hair_in_front(wearer: Wearer, old: BoolArray) -> BoolArray:
    """Return the hair, below the chin without the rim that the old garment tints.

    What there is taken for hair before the neck alone is the shadow of the chin.
    """
    frame, hair = wearer.frame, wearer.labelled(Label.HAIR)
    below_chin = wearer.height > frame.chin_height
    tinted = dilate(old, max(_TINTED * frame.shoulders_px, 1))
    hanging = hair & below_chin
    hanging = touching(hanging, hanging & (np.abs(wearer.lateral) > _BESIDE_NECK))
    return (hair & ~below_chin) | (hanging & ~tinted)


def head_in_front(wearer: Wearer, old: BoolArray) -> BoolArray:
    """Return hair, and the face down to the chin.

    Args:
        wearer: the person.
        old: shape (H, W), the clothes that are replaced.
    """
    frame = wearer.frame
    near_head = disc_mask(wearer.shape, frame.head_centre, 1.5 * frame.head_radius_px)
    face = near_head & (wearer.height < frame.chin_height) & wearer.person
    skin = wearer.labelled(Label.SKIN)
    return hair_in_front(wearer, old) | (face & skin)


def shoes_in_front(wearer: Wearer) -> BoolArray:
    """Return the shoes below the ankles; long trousers fall over what is above them."""
    ankles = np.stack([wearer.leg(side)[2] for side in SIDES])
    heights, laterals = wearer.frame.coordinates(ankles)
    is_left = wearer.lateral < float(laterals.mean())
    ankle = np.where(is_left, np.float32(heights[0]), np.float32(heights[1]))
    below: BoolArray = wearer.height > ankle + _SHOE_TOP
    return below & wearer.labelled(Label.SHOE)


def top_in_front(wearer: Wearer, upper: BoolArray) -> FloatArray:
    """Return the cover, 0..1, of the worn top, with an even hem where it hangs over a waistband.

    Dark spots of a skirt next to a dark top are mistaken for it, and the other way round.

    Args:
        wearer: the person.
        upper: shape (H, W), what was found of the top.
    """
    unit = wearer.frame.shoulders_px
    upper = fill_holes(upper)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER) | upper
    rim_px = max(_HEM_RIM * unit, 1)
    sigma_px = _UNEVEN_HEM * unit
    near_upper, near_any = (gaussian(m.astype(np.float32), sigma_px) for m in (upper, clothes))
    share = near_upper / np.maximum(near_any, np.float32(1e-3))
    # Across a straight hem this is the distance from it, in pixels.
    above_hem_px = (share - np.float32(0.5)) * np.float32(sigma_px * np.sqrt(2 * np.pi))
    cover = np.clip(above_hem_px - rim_px + np.float32(0.5), 0, 1)
    return np.asarray(cover * softened(clothes, unit), np.float32)


def hands_in_front(wearer: Wearer) -> BoolArray:
    """Return the skin of both hands, without the teeth of labels along them."""
    mask = np.zeros(wearer.shape, bool)
    for side in SIDES:
        radius = _HAND_RADIUS * wearer.frame.shoulders_px
        mask |= chain_mask(wearer.shape, stretched_hand(wearer.body, side), radius)
    teeth_px = max(_TEETH * wearer.frame.shoulders_px, 1)
    return largest_components(opened(mask & wearer.labelled(Label.SKIN), teeth_px))


def tucked_hands(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return what is seen of hands in pockets that a top hides, as it hangs over them.

    A forearm before the top keeps its hand before it, too, and so do fingers that are seen, and a
    hand on the hip. Beside a hem that ends further up the hand would stand out.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the top.
    """
    hidden = np.zeros(wearer.shape, bool)
    skin, lower = wearer.labelled(Label.SKIN), wearer.labelled(Label.LOWER)
    for side in SIDES:
        hand = stretched_hand(wearer.body, side)
        wrist, knuckle, tips = hand
        fingers = np.linspace(knuckle, tips, 4)
        in_pocket = sample(lower, fingers[:2]).any() and not sample(skin, fingers).any()
        on_hip = float(wearer.frame.coordinates(knuckle)[0]) < _POCKETS
        if in_pocket and not on_hip and not sample(cover > 0.5, wrist[None])[0]:  # noqa: PLR2004
            near = chain_mask(wearer.shape, hand, _HAND_RADIUS * wearer.frame.shoulders_px)
            if _hangs_below(wearer, cover, near & skin, side):
                hidden |= near & skin
    return hidden


def _hangs_below(wearer: Wearer, cover: FloatArray, hand: BoolArray, side: int) -> bool:
    """Return whether a top reaches below what is seen of a hand, else it ends behind the hand."""
    if not hand.any():
        return False
    end = float(np.percentile(wearer.height[hand], _END_OF_HAND))
    return side_hems(wearer, cover)[side] > end


def arms_in_front(
    wearer: Wearer, reach: tuple[float, float], old: BoolArray, invented: BoolArray
) -> BoolArray:
    """Return the bare arms below the cuffs of the new garment.

    Skin next to the old garment is tinted by it and stays behind.

    Args:
        wearer: the person.
        reach: how much of the left and right arm the sleeves cover, 0..1.
        old: shape (H, W), the clothes that are replaced.
        invented: shape (H, W), skin that was painted where an old sleeve was.
    """
    unit = wearer.frame.shoulders_px
    mask, core = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        begin = max(reach[side], 0.22)
        if begin >= 1:
            continue
        chain = wearer.arm(side)
        points = along(chain, np.linspace(begin, 1, 7))
        wide = chain_mask(wearer.shape, points, _ARM_RADIUS * unit)
        if reach[side] > 0:
            wide &= ~_above_cuff(wide, points, _UNDER_CUFF * unit)
        mask |= wide
        core |= wide & chain_mask(wearer.shape, points, _ARM_CORE * unit)
    # Bare skin close to the arm may be the waist; it belongs to the arm only outside the ribs.
    mask &= core | (np.abs(wearer.lateral) > 0.45)  # noqa: PLR2004
    bare = (wearer.labelled(Label.SKIN) & ~dilate(old, 0.018 * unit)) | invented
    return gaussian((mask & bare).astype(np.float32), 0.022 * unit) > 0.5  # noqa: PLR2004


def _above_cuff(mask: BoolArray, points: FloatArray, margin_px: float) -> BoolArray:
    """Return what of a mask lies more than a margin above the first of the points of an arm."""
    axis = (points[1] - points[0]) / max(float(np.hypot(*(points[1] - points[0]))), 1e-6)
    rows, columns = np.nonzero(mask)
    above = (np.stack([columns, rows], axis=1) - points[0]) @ axis < -margin_px
    found = np.zeros_like(mask)
    found[rows[above], columns[above]] = True
    return found
