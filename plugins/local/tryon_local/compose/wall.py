"""The wall in the slits between an arm and the body, and where there is none."""

import attrs
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.cuffs import around_hands
from tryon_local.compose.limbs import Limbs
from tryon_local.compose.tones import is_rather
from tryon_local.frame import SIDES
from tryon_local.imaging import chain_mask, closed, dilate, opened, squared_length
from tryon_local.warp import SIGNS, Wearer, stretched_hand

_SLIT, _ALONG = 0.04, 0.07
"""How far from the clothes and from the arm a slit is looked for, and how far it goes on where the
labels interrupt it, in S."""
_TOUCHING, _THREAD, _ARMPITS = 0.011, 0.007, (0.1, 0.65)
"""Half the width of a slit in which arm and garment touch, and of the point in which they part, in
S; between which heights these lie, in T."""
_POINT = 0.06
"""How far above where they part it may begin as a point, in S."""
_OVER_ARMPIT = 0.2
"""Share of the arm from which a sleeve hides where arm and body meet."""
_ROUND, _FOLD = 0.06, (0.12, 0.3)
"""Radius of the hollow of an armpit, in S, and heights, in T, from which it gets narrower and at
which it has ended: arm and side do not grow together further down."""
_EDGE_PX = 2
"""How far around such a slit no wall shines through the soft edges of both."""
_HAND, _ALIKE, _FRINGE = 0.18, 11.0, 0.03
"""How far from the middle of a hand wall is looked for between its fingers, how little its colour
may differ there, and how wide the fringe is that mixes it with skin; lengths in S."""
_FEWEST_PX = 20
"""Pixels of wall from which its colour is known."""


def with_slits(wearer: Wearer) -> Wearer:
    """Return a person whose arms have none of the wall beside the hips and between the fingers."""
    unit = wearer.frame.shoulders_px
    skin, lower = wearer.labelled(Label.SKIN), wearer.labelled(Label.LOWER)
    arms, by_clothes = around_hands(wearer) | wearer.arms, dilate(lower, _SLIT * unit)
    slit = wearer.labelled(Label.BACKGROUND) & by_clothes
    slit &= dilate(skin & arms, _SLIT * unit)
    labels = wearer.parse.labels.copy()
    if slit.sum() >= _FEWEST_PX:
        beside = skin & by_clothes & dilate(slit, _ALONG * unit)
        labels[is_rather(wearer.rgb, slit, skin & arms, beside)] = Label.BACKGROUND
    for side in SIDES:
        _part_fingers(wearer, labels, side)
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))


def _part_fingers(wearer: Wearer, labels: npt.NDArray[np.uint8], side: int) -> None:
    """Label as wall what is seen of it between the fingers of a hand.

    Nails may be as pale, but are not as alike.
    """
    unit, hand = wearer.frame.shoulders_px, stretched_hand(wearer.body, side)
    low, high = (hand.min(axis=0) - _HAND * unit, hand.max(axis=0) + _HAND * unit)
    (x1, y1), (x2, y2) = (np.maximum(corner, 0).astype(int) for corner in (low, high))
    part = np.s_[y1:y2, x1:x2]
    rgb, seen = wearer.rgb[part], labels[part]
    near = chain_mask(seen.shape, hand - np.array((x1, y1)), _HAND * unit)
    wall, skin = near & (seen == Label.BACKGROUND), near & (seen == Label.SKIN)
    if wall.sum() < _FEWEST_PX or not skin.any():
        return
    off = rgb.astype(np.float32) - np.median(rgb[wall], axis=0).astype(np.float32)
    alike = opened(skin & (squared_length(off) < _ALIKE**2), 1)
    seen[is_rather(rgb, wall, skin, skin & dilate(alike, _FRINGE * unit))] = Label.BACKGROUND


def joined_to_arms(
    wearer: Wearer,
    arms: Limbs,
    cover: FloatArray,
    free: BoolArray,
    sleeves: tuple[float, float] = (0.0, 0.0),
) -> BoolArray:
    """Return what is no wall beside arms: where they grow out of the trunk, and touch a garment.

    The arguments are those of `touching_arms`.
    """
    pits = armpits(wearer, arms, cover, free, sleeves)
    return pits | touching_arms(wearer, arms, cover, free & ~pits, sleeves)


def armpits(
    wearer: Wearer,
    arms: Limbs,
    cover: FloatArray,
    free: BoolArray,
    sleeves: tuple[float, float] = (0.0, 0.0),
) -> BoolArray:
    """Return the skin between a bare arm and the trunk above where both part, round at its end.

    The arguments are those of `touching_arms`.
    """
    pits, unit = np.zeros(wearer.shape, bool), wearer.frame.shoulders_px
    (begin, end), reach = _FOLD, _ROUND * unit
    first, last = _rows(wearer, (0.0, end + begin))
    if first == last or min(sleeves) >= _OVER_ARMPIT:
        return pits
    part = np.s_[first:last]
    lateral, height, depth = wearer.lateral[part], wearer.height[part], arms.depth[part]
    thinner = 2 * reach * np.clip((height - begin) / (end - begin), 0, 1)
    solid = ~free[part] & ((depth <= 0) | (depth > thinner))
    solid |= cover[part] > 0.5  # noqa: PLR2004  (half covered)
    hollow = closed(solid, reach) & free[part] & (depth > -2 * reach)
    for sign, sleeve in zip(SIGNS, sleeves, strict=True):
        if sleeve < _OVER_ARMPIT:
            pits[part] |= hollow & _within(depth > 0, lateral * sign)
    return pits


def touching_arms(
    wearer: Wearer,
    arms: Limbs,
    cover: FloatArray,
    free: BoolArray,
    sleeves: tuple[float, float] = (0.0, 0.0),
) -> BoolArray:
    """Return the slits below bare armpits between arms and a new garment, which touch there.

    Where both have parted the wall is seen, and so it is further down.

    Args:
        wearer: the person.
        arms: the bare arms.
        cover: shape (H, W), 0..1, cover of the new garment.
        free: shape (H, W), where nothing is bare beside both.
        sleeves: how much of the left and right arm the new sleeves cover, 0..1.
    """
    slits, unit = np.zeros(wearer.shape, bool), wearer.frame.shoulders_px
    first, last = _rows(wearer, _ARMPITS)
    if first == last:
        return slits
    part = np.s_[first:last]
    arm, free, lateral = arms.depth[part] > 0, free[part], wearer.lateral[part]
    solid = arm | (cover[part] > 0.5)  # noqa: PLR2004  (half covered)
    high = (wearer.height[part] > _ARMPITS[0]) & (wearer.height[part] < _ARMPITS[1])
    thread, narrow = (closed(solid, half * unit) for half in (_THREAD, _TOUCHING))
    for sign, sleeve in zip(SIGNS, sleeves, strict=True):
        if sleeve >= _OVER_ARMPIT:
            continue
        beside = _within(arm, lateral * sign) & free
        if not (beside & ~narrow).any():
            slits[part] |= beside & high & narrow & ~arm
            continue
        # Where they part the wall begins in a point.
        end = int((beside & ~thread).any(axis=1).argmax())
        widths_px = (beside & ~solid)[:end].sum(axis=1)[-round(_POINT * unit) :]
        fine = np.flatnonzero(widths_px <= _EDGE_PX)
        end -= widths_px.size - 1 - int(fine[-1]) if fine.size else 0
        slits[first : first + end] |= (beside & high & thread & ~arm)[:end]
    slits[part] = dilate(slits[part], _EDGE_PX)
    return slits


def _rows(wearer: Wearer, heights: tuple[float, float]) -> tuple[int, int]:
    """Return the first row that lies between two heights, and the first below these."""
    ends = [wearer.frame.point(height, side)[1] for height in heights for side in (-1.0, 1.0)]
    first, last = (round(float(np.clip(end, 0, wearer.shape[0]))) for end in (min(ends), max(ends)))
    return first, last


def _within(arm: BoolArray, outwards: FloatArray) -> BoolArray:
    """Return what lies between the spine and the outer side of an arm, at the arm's heights.

    Args:
        arm: shape (h, w).
        outwards: shape (h, w), lateral towards the arm's side.
    """
    on_side = outwards > 0
    inwards = np.s_[:, ::-1] if outwards[0, 0] < outwards[0, -1] else np.s_[:]
    within: BoolArray = np.logical_or.accumulate((arm & on_side)[inwards], axis=1)[inwards]
    return within & on_side
