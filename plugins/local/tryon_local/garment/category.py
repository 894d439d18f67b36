"""Guess what a garment is from its silhouette, for callers who do not say."""

import numpy as np

from tryon_local.body import ByteArray, FloatArray
from tryon_local.garment.bottom import find_bottom_landmarks
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.top import find_top_landmarks
from tryon_local.garment.value import TopLandmarks
from tryon_local.imaging import to_lab

_DRESS_ASPECT = 1.8
"""Length below the armpits, in chest widths, from which a garment is a dress."""
_CLEARLY_TOP, _CLEARLY_DRESS = 1.3, 2.4
"""Between these lengths it may be either."""
_OPEN = 0.6
"""Share of the rows below the crotch that show a gap between two legs."""
_LEGS = 0.22
"""Height of the gap between trouser legs, in heights of the garment; below sleeves it is lower."""


def guess_category(shape: Silhouette, lab: FloatArray) -> str:
    """Return `"top"`, `"bottom"` or `"dress"`.

    Legs make trousers; a straight upper edge without straps or sleeves makes a skirt; a garment
    much longer than its chest is wide makes a dress. Short dresses and long tunics look alike.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image.
    """
    if find_bottom_landmarks(shape).crotch is not None and _has_flat_top(shape, 0.12):
        return "bottom"
    marks, _warnings = find_top_landmarks(shape, lab, is_dress=False)
    if not marks.is_sleeved and _has_flat_top(shape, 0.03) and _widens(shape):
        return "bottom"
    length = marks.hem_y - float(marks.armpits[:, 1].mean())
    return "dress" if length > _DRESS_ASPECT * marks.chest_px else "top"


def clear_category(shape: Silhouette, rgb: ByteArray, marks: TopLandmarks | None) -> str | None:
    """Return what a garment can only be, None where its outline leaves it open.

    Args:
        shape: the garment's silhouette.
        rgb: shape (H, W, 3), the image.
        marks: its landmarks as a top, where they were found already.
    """
    bottom = find_bottom_landmarks(shape)
    if bottom.crotch is not None and _has_flat_top(shape, 0.06):
        return "bottom" if _has_legs(shape, bottom.crotch, bottom.hem_y) else None
    marks = marks or find_top_landmarks(shape, to_lab(rgb), is_dress=False)[0]
    if not marks.is_sleeved:
        return None
    length = (marks.hem_y - float(marks.armpits[:, 1].mean())) / max(marks.chest_px, 1.0)
    if length > _CLEARLY_DRESS:
        return "dress"
    return "top" if length < _CLEARLY_TOP else None


def _has_flat_top(shape: Silhouette, tolerance: float) -> bool:
    """Tell whether the upper edge is one level line across most of the top's width."""
    row = shape.top + 0.06 * shape.height
    columns = np.flatnonzero(shape.mask[int(row)])
    if columns.size < 0.25 * shape.width:
        return False
    inner = columns[round(0.1 * columns.size) : round(0.9 * columns.size) + 1]
    tops = np.array([shape.top_at(column) for column in inner])
    is_one_piece = columns.size >= 0.97 * (columns[-1] - columns[0] + 1)
    return is_one_piece and float(np.ptp(tops)) < tolerance * shape.height


def _has_legs(shape: Silhouette, crotch: FloatArray, hem_y: float) -> bool:
    """Tell a gap that is open down to the hem from a notch at the waist or below a sleeve."""
    x, y = (float(value) for value in crotch)
    if hem_y - y <= _LEGS * shape.height:
        return False
    reach = 0.06 * shape.width
    below = shape.mask[
        int(y + 0.25 * (hem_y - y)) : int(hem_y), int(x - reach) : int(x + reach) + 1
    ]
    return float((~below).any(axis=1).mean()) > _OPEN


def _widens(shape: Silhouette) -> bool:
    """Tell whether no shoulders jut out: the upper edge is as wide as what follows, or less."""
    widths = []
    for share in (0.04, 0.15, 0.3, 0.5, 0.8):
        columns = np.flatnonzero(shape.mask[int(shape.top + share * shape.height)])
        widths.append(float(columns[-1] - columns[0]) if columns.size else 0.0)
    never_narrows = bool((np.diff(widths) > -0.07 * np.array(widths[:-1])).all())
    is_short = shape.height < 3 * widths[0]
    return never_narrows and is_short and not _has_arm_openings(shape)


def _has_arm_openings(shape: Silhouette) -> bool:
    """Tell whether the upper half widens abruptly, as below an arm opening."""
    rows = shape.mask[shape.top : shape.top + shape.height // 2]
    ends = [np.flatnonzero(row)[[0, -1]] for row in rows[len(rows) // 10 :] if row.any()]
    widths = np.array([right - left for left, right in ends], np.float32)
    window = max(2, round(0.03 * shape.height))
    growth = (widths[window:] - widths[:-window]) / (2 * window)
    return bool(growth.max(initial=0.0) > 0.8)  # noqa: PLR2004  (a flared skirt stays below)
