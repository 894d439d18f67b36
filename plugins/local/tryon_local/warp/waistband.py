"""Where the waistband of trousers, shorts and skirts goes."""

import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.frame import SIDES
from tryon_local.garment.value import BottomLandmarks, Garment
from tryon_local.imaging import Points
from tryon_local.warp.hidden_leg import HIP_HEIGHT
from tryon_local.warp.wearer import SIGNS, Wearer, ray_length, sample

_DEFAULT_WAIST = 0.74
_LOW_WAIST = 0.9
"""Height, in T, below which a worn waistband hides under a top."""
_LEVEL_SAG, _FROM_HIPS = 0.02, 0.88
"""How much lower the middle of a waistband hangs that follows no worn one, in T; half its width, in
that of the hips."""
_WAIST_END, _WAIST_TILT = (0.26, 0.52), 0.12
"""Where the ends of a waistband are looked for, in S; how far they may differ from its middle."""
_WAIST_INNER, _MOST_RISE, _FEW_COLUMNS = 0.36, 0.06, 3
"""Up to where a waistband is surely one, in S, how much its end may rise from there, in T, and in
how many columns it must be seen."""
_NEAR, _MOST_SAG = 0.05, 0.08
"""Half the width in which the height of a waistband is looked at, in S, and how much lower or
higher than its ends its middle may be, in T."""
_MIDRIFF, _JUST_ABOVE = 0.35, 0.025
"""Half the width in which a bare midriff is looked for, in S, and how far above the waistband."""
_OVER_WAIST, _UNDER_TOP = 0.015, 0.02
"""How far a new waistband reaches above the old, in T: on bare skin, and behind a worn top."""
_JUST_BESIDE, _CLOSER = 0.03, 0.94
"""How far beside the end of a waistband an arm is looked for, in S; how much narrower it may be
than the hips a little further down."""
_OVER_DRESS = 1.2
"""How much wider than the trunk a waistband may be that goes over a dress."""
EVEN = 0.9
"""Share of the one half of the hips that the other has at least."""


def waist_pins(
    garment: Garment, marks: BottomLandmarks, wearer: Wearer, height: float
) -> tuple[float, list[tuple[Points, Points]]]:
    """Return the scale that makes the waistband fit, and its pins."""
    is_seen = wearer.parse.is_dress or has_bare_midriff(wearer)
    ease, over = (1.01, _OVER_WAIST) if is_seen else (0.97, _UNDER_TOP)
    hangs_free = _hangs_free(wearer)
    if hangs_free:
        worn = [height + over - _LEVEL_SAG] * 2
        halves = [_FROM_HIPS * wearer.half_width(HIP_HEIGHT, side) for side in SIDES]
    else:
        worn = [_waist_side(wearer, height, over, side) for side in SIDES]
        ends = [_waist_end(wearer, height, worn[side], side, is_seen=is_seen) for side in SIDES]
        halves = [ease * end for end in ends]
    waist_px = max(float(marks.waist[1, 0] - marks.waist[0, 0]), 1.0)
    scale = sum(halves) * wearer.frame.shoulders_px / waist_px
    row = float(garment.shape.top)
    pins: list[tuple[Points, Points]] = [
        (
            np.array([marks.waist[side, 0], row]),
            wearer.frame.point(worn[side] - over, SIGNS[side] * halves[side]),
        )
        for side in SIDES
    ]
    first, last = (target for _on_garment, target in pins)
    for share in (0.25, 0.5, 0.75):
        column = marks.waist[0, 0] + share * (marks.waist[1, 0] - marks.waist[0, 0])
        target = first + share * (last - first)
        if hangs_free or wearer.parse.is_dress:
            round_front = 4 * share * (1 - share)
            sag_px = _LEVEL_SAG * round_front * wearer.frame.torso_px
            target = target + wearer.frame.down * sag_px
        elif not is_seen:
            target = target + wearer.frame.down * _sag(wearer, target, over)
        pins.append((np.array([column, row]), target))
    return scale, pins


def _sag(wearer: Wearer, straight: Points, over: float) -> float:
    """Return how much lower than a straight line the worn waistband hangs, in pixels."""
    height, lateral = (float(value) for value in wearer.frame.coordinates(straight))
    front = wearer.parse.garment_mask("bottom") & (np.abs(wearer.lateral - lateral) < _NEAR)
    if not front.any():
        return 0.0
    sag = float(np.percentile(_upper_edge(wearer, front)[0], 10)) - over - height
    return float(np.clip(sag, -_MOST_SAG, _MOST_SAG)) * wearer.frame.torso_px


def _upper_edge(wearer: Wearer, mask: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return height, in T, and lateral, in S, at which each column of a mask begins."""
    columns = np.flatnonzero(mask.any(axis=0))
    rows = mask[:, columns].argmax(axis=0)
    return wearer.frame.coordinates(np.stack([columns, rows], axis=1).astype(np.float32))


def _waist_end(wearer: Wearer, middle: float, end: float, side: int, *, is_seen: bool) -> float:
    """Return the half width of a waistband, in S, that lies lower or higher at one side.

    A blousing top is wider than it, and the hips under a close one; an arm may hide its end.

    Args:
        wearer: the person.
        middle: height of the waistband, in T.
        end: its height at this side.
        side: 0 left, 1 right.
        is_seen: no top hangs over it.
    """
    half, other = (waist_half(wearer, max(middle, end), each) for each in (side, 1 - side))
    edge = wearer.frame.point(end, SIGNS[side] * (half + _JUST_BESIDE))
    if sample(wearer.person, edge[None])[0]:
        return max(half, EVEN * other)
    if is_seen:
        return half
    return float(np.clip(waist_half(wearer, min(middle, end), side), _CLOSER * half, half))


def waist_half(wearer: Wearer, height: float, side: int) -> float:
    """Return the half width of the waist, in S; arms hide how wide a dress is there."""
    half = wearer.half_width(height, side)
    if not wearer.parse.is_dress:
        return half
    unit, outward = wearer.frame.shoulders_px, wearer.frame.across * SIGNS[side]
    dress, spine = wearer.parse.garment_mask("dress"), wearer.frame.point(height, 0.0)
    widest = _OVER_DRESS * half
    cloth = ray_length(dress, spine, outward, limit_px=widest * unit) / unit
    # Without an end it goes on as a sleeve.
    return max(half, cloth) if cloth < widest else half


def _waist_side(wearer: Wearer, usual: float, over: float, side: int) -> float:
    """Return the height of one end of the worn waistband, in T; it may hang askew."""
    heights, laterals = _upper_edge(wearer, wearer.parse.garment_mask("bottom") & wearer.trunk)
    outward = laterals * SIGNS[side]
    end = (outward > _WAIST_END[0]) & (outward < _WAIST_END[1])
    if end.sum() < _FEW_COLUMNS:  # hidden by an arm
        return usual + over
    # Further out the hips begin; and straps of a top hang there.
    inner = end & (outward < _WAIST_INNER)
    least = float(np.median(heights[inner])) - _MOST_RISE if inner.any() else -np.inf
    height = max(float(np.percentile(heights[end], 10)), least)
    return float(np.clip(height, usual - _WAIST_TILT + over, usual + _WAIST_TILT + over))


def waist_of(wearer: Wearer) -> float:
    """Return the height of the waistband of what the person wears now, in T."""
    lower = wearer.parse.garment_mask("bottom")
    if lower.sum() < 0.05 * wearer.frame.torso_px**2:
        return _DEFAULT_WAIST
    return float(np.clip(np.percentile(wearer.height[lower], 1.5), 0.45, 0.92))


def new_waist(wearer: Wearer) -> float:
    """Return the height of a new waistband, in T: that of the worn one, if anybody knows it."""
    return _DEFAULT_WAIST if _hangs_free(wearer) else waist_of(wearer)


def _hangs_free(wearer: Wearer) -> bool:
    """Return whether a top that hid the worn waistband is taken off, and nothing tells that."""
    return wearer.loses_top and waist_of(wearer) > _LOW_WAIST and not has_bare_midriff(wearer)


def has_bare_midriff(wearer: Wearer) -> bool:
    """Return whether skin is seen just above the worn waistband."""
    lower = wearer.parse.garment_mask("bottom")
    columns = np.flatnonzero(lower.any(axis=0))
    rows = lower[:, columns].argmax(axis=0)
    band = np.stack([columns, rows], axis=1).astype(np.float32)
    heights, laterals = wearer.frame.coordinates(band)
    is_front = (np.abs(laterals) < _MIDRIFF) & (np.abs(heights - waist_of(wearer)) < _WAIST_TILT)
    above = band[is_front] - wearer.frame.down * (_JUST_ABOVE * wearer.frame.torso_px)
    return bool(sample(wearer.labelled(Label.SKIN), above).mean() > 0.5) if len(above) else False  # noqa: PLR2004
