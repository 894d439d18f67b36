"""Landmarks of trousers, shorts and skirts: waistband, crotch, hem."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import BottomLandmarks


def find_bottom_landmarks(shape: Silhouette) -> BottomLandmarks:
    """Find the landmarks of trousers or of a skirt."""
    row = shape.top + 0.03 * shape.height
    columns = np.flatnonzero(shape.mask[int(row)])
    left, right = (columns[0], columns[-1]) if columns.size else (shape.left, shape.right - 1)
    waist = np.array([[left, row], [right, row]], np.float32)
    return BottomLandmarks(waist=waist, crotch=_crotch(shape), hem_y=float(shape.bottom - 1))


def _crotch(shape: Silhouette) -> FloatArray | None:
    """Return the top of the gap between two legs."""
    height = (shape.notches[:, 1] - shape.top) / shape.height
    middle = np.abs(shape.notches[:, 0] - shape.axis_x) < 0.2 * shape.width
    is_deep = shape.notches[:, 2] > 0.08 * shape.height
    from_below = shape.notches[middle & is_deep & (height > 0.15)]  # noqa: PLR2004
    if len(from_below):
        deepest = from_below[int(np.argmax(from_below[:, 2]))]
        return np.asarray(deepest[:2], np.float32)
    return None
