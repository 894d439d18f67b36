"""Where the armpits of a top go."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.value import TopLandmarks
from tryon_local.imaging import polygon_mask
from tryon_local.warp.wearer import SIGNS, Wearer

_RAISED = (20.0, 30.0)
"""Angle to the body from which an arm counts as raised, and how much further until wholly so."""
_LOWEST_ARMHOLE, _UNDER_STRAPS = 0.32, 0.26
"""How far down the armhole of a sleeveless garment ends at most, and where thin straps are as long
as they should be, in T."""
_THIN_STRAP = 0.08
"""Width of a thin strap, in chest widths."""
_BELOW, _HIPS = 0.9, 0.3
"""Height, in T, and lateral, in S, down to which the gap beside a raised arm is looked for."""
_HIGHEST = 0.12
"""Height, in T, above which no armpit lies."""
_LEAST_GAP = 0.002
"""Area of a gap beside an arm, in S squared, from which its tip is the armpit."""


def raised(chain: FloatArray, wearer: Wearer) -> float:
    """Return how far an upper arm is raised: 0 when it hangs, 1 when it is off the body."""
    upper = chain[1] - chain[0]
    drop = float(upper @ wearer.frame.down) / max(float(np.hypot(*upper)), 1.0)
    angle = float(np.degrees(np.arccos(np.clip(drop, -1, 1))))
    return float(np.clip((angle - _RAISED[0]) / _RAISED[1], 0, 1))


def has_thin_straps(marks: TopLandmarks) -> bool:
    """Tell a top that hangs from thin straps."""
    return bool((np.hypot(*(marks.tips - marks.necks).T) < _THIN_STRAP * marks.chest_px).all())


def armpit_height(marks: TopLandmarks, scale: float, wearer: Wearer) -> float:
    """Return where the garment's armpits go, in T: wide armholes hang below the body's."""
    drop_px = float((marks.armpits[:, 1] - marks.necks[:, 1]).mean()) * scale
    hanging = drop_px / wearer.frame.torso_px - 0.17
    if not marks.is_sleeved:
        lowest = _UNDER_STRAPS if has_thin_straps(marks) else _LOWEST_ARMHOLE
        return float(np.clip((0.24 + hanging) / 2, 0.24, lowest))
    return float(np.clip((0.27 + hanging) / 2, 0.25, 0.42))


def armpit(wearer: Wearer, height: float, side: int) -> FloatArray:
    """Return where an armpit goes: at the side of the chest, or in the corner under a raised arm.

    Args:
        wearer: the person.
        height: where it goes beside an arm that hangs, in T.
        side: 0 left, 1 right.
    """
    half = float(np.clip(wearer.half_width(height, side), 0.41, 0.50))
    usual = wearer.frame.point(height, SIGNS[side] * half)
    corner = _under_arm(wearer, side)
    if corner is None:
        return usual
    height_of_corner = float(wearer.frame.coordinates(corner)[0])
    if not _HIGHEST < height_of_corner < height:
        return usual
    return np.asarray(usual + raised(wearer.arm(side), wearer) * (corner - usual), np.float32)


def _under_arm(wearer: Wearer, side: int) -> FloatArray | None:
    """Return the upper tip of the gap between an arm and the side; None where none is seen."""
    shoulder, elbow, _wrist = wearer.arm(side)
    below = wearer.frame.point(_BELOW, SIGNS[side] * _HIPS)
    gap = polygon_mask(wearer.shape, np.stack([shoulder, elbow, below])) & ~wearer.person
    rows, columns = np.nonzero(gap)
    if len(rows) < _LEAST_GAP * wearer.frame.shoulders_px**2:
        return None
    spots = np.stack([columns, rows], axis=1).astype(np.float32)
    return np.asarray(spots[np.hypot(*(spots - shoulder).T).argmin()], np.float32)
