"""Tell landmarks that can be right from those that cannot, and what cannot be put on."""

import numpy as np

from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import BottomLandmarks, TopLandmarks

_LEVEL, _OFF_SHOULDER = 0.08, 1.45
"""How much a level upper edge may dip, and how long it is without shoulders, in chest widths."""
_MANY_ROWS = 20
_BULGE, _SLOPE = 0.02, 0.8
"""How far sleeves bulge beyond the line from shoulder to side, in chest widths, and the width of
the shoulders, in widths of the whole, from which on there is no sleeve that could bulge."""


def is_plausible(shape: Silhouette, marks: TopLandmarks | BottomLandmarks) -> bool:
    """Return whether a garment can be put on by its landmarks.

    Args:
        shape: the garment's silhouette.
        marks: what was found in it.
    """
    if isinstance(marks, BottomLandmarks):
        return _plausible_bottom(shape, marks)
    return _plausible_top(shape, marks)


def _plausible_bottom(shape: Silhouette, marks: BottomLandmarks) -> bool:
    waist_px = float(marks.waist[1, 0] - marks.waist[0, 0])
    return waist_px > 0.2 * shape.width and shape.height > 0.3 * waist_px


def _plausible_top(shape: Silhouette, marks: TopLandmarks) -> bool:
    armpit_y, tip_y = float(marks.armpits[:, 1].mean()), float(marks.tips[:, 1].mean())
    in_order = marks.tips[0, 0] < marks.necks[0, 0] + 1 and marks.necks[1, 0] < marks.tips[1, 0] + 1
    return bool(
        in_order
        and marks.necks[0, 0] < marks.necks[1, 0]
        and tip_y < armpit_y < marks.hem_y
        and marks.chest_px > 0.2 * shape.width
        and marks.hem_y - armpit_y > 0.2 * marks.chest_px
    )


def why_unsuited(shape: Silhouette, marks: TopLandmarks | BottomLandmarks | None) -> str:
    """Return why a garment would be drawn wrongly for certain, as a clause; empty when it can be.

    Args:
        shape: the garment's silhouette.
        marks: what was found in it; None when nothing plausible was.
    """
    if marks is None:
        return "its shoulders and sides were not recognised"
    if isinstance(marks, BottomLandmarks):
        return ""
    tops = shape.tops[shape.left : shape.right]
    level = tops < float(tops.min()) + _LEVEL * marks.chest_px
    if marks.is_sleeved and level.sum() > _OFF_SHOULDER * marks.chest_px:
        return "it leaves the shoulders bare"
    if not marks.is_sleeved and _bulges(shape, marks):
        return "its sleeves cannot be told from its body"
    return ""


def _bulges(shape: Silhouette, marks: TopLandmarks) -> bool:
    """Tell sleeves that hang down the sides from the arm openings of a sleeveless garment."""
    if float(np.ptp(marks.tips[:, 0])) > _SLOPE * marks.chest_px:
        return False
    bulges = []
    for side, sign in ((0, -1.0), (1, 1.0)):
        tip, armpit = marks.tips[side], marks.armpits[side]
        shares = np.linspace(0.1, 0.99, _MANY_ROWS)
        line = tip + shares[:, None] * (armpit - tip)
        ends = [np.flatnonzero(shape.mask[int(row)])[[0, -1]][side] for row in line[:, 1]]
        bulges.append(float(np.mean(sign * (ends - line[:, 0]))))
    return min(bulges) > _BULGE * marks.chest_px
