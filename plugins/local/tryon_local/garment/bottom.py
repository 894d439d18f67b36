"""Trousers, shorts and skirts: waistband, crotch and hem, and the gap between two legs."""

import numpy as np

from tryon_local.body import ByteArray, FloatArray
from tryon_local.garment.edge import OPAQUE
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import BottomLandmarks
from tryon_local.imaging import dilate, gaussian, opened, to_lab, touching

_ABOVE, _BELOW = 0.13, 0.12
"""How far above and below the top of the gap its tip is looked for, in heights of the garment."""
_HALF_WIDTH, _BESIDE = 0.025, 0.07
"""Half the width of the tip at most, and how far from it the cloth is looked at, in heights."""
_INSIDE = 0.03
"""How far the dark inside of the back may be seen above the gap, in heights."""
_LIGHTER, _DARKER = 4.0, 10.0
"""How much lighter paper, and how much darker the inside of the back is than all of the cloth."""
_GREY, _TINTED = 4.0, 5.0
"""Chroma up to which a pixel is paper in shadow, and from which cloth cannot be taken for it."""


def find_bottom_landmarks(shape: Silhouette) -> BottomLandmarks:
    """Find the landmarks of trousers or of a skirt."""
    row = shape.top + 0.03 * shape.height
    columns = np.flatnonzero(shape.mask[int(row)])
    left, right = (columns[0], columns[-1]) if columns.size else (shape.left, shape.right - 1)
    waist = np.array([[left, row], [right, row]], np.float32)
    return BottomLandmarks(waist=waist, crotch=find_crotch(shape), hem_y=float(shape.bottom - 1))


def find_crotch(shape: Silhouette) -> FloatArray | None:
    """Return the top of the gap between two legs."""
    height = (shape.notches[:, 1] - shape.top) / shape.height
    middle = np.abs(shape.notches[:, 0] - shape.axis_x) < 0.2 * shape.width
    is_deep = shape.notches[:, 2] > 0.08 * shape.height
    from_below = shape.notches[middle & is_deep & (height > 0.15)]  # noqa: PLR2004
    if len(from_below):
        deepest = from_below[int(np.argmax(from_below[:, 2]))]
        return np.asarray(deepest[:2], np.float32)
    return None


def with_leg_gap(
    rgb: ByteArray, alpha: FloatArray, shape: Silhouette, top: FloatArray
) -> FloatArray:
    """Return alpha with the whole gap between two legs cut out.

    Its narrow tip is easily taken for cloth.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1.
        shape: the garment as alpha shows it.
        top: x and y of the top of the gap as alpha shows it.
    """
    x, y = (round(float(value)) for value in top)
    first, last = (max(y + round(step * shape.height), 0) for step in (-_ABOVE, _BELOW))
    left, right = (max(x + round(side * _BESIDE * shape.height), 0) for side in (-1, 1))
    part = slice(first, last), slice(left, right)
    lab = to_lab(np.ascontiguousarray(rgb[part]))
    gap = ~shape.mask[part]
    beside = np.abs(np.arange(left, left + gap.shape[1]) - x) > _HALF_WIDTH * shape.height
    cloth = lab[(alpha[part] > OPAQUE) & beside]
    if not gap.any() or not len(cloth):
        return alpha
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    darkest, lightest = np.percentile(cloth[:, 0], (3, 97))
    paper = lightness > lightest + _LIGHTER
    if np.percentile(np.hypot(cloth[:, 1], cloth[:, 2]), 3) > _TINTED:
        paper |= chroma < _GREY
    opening = touching(gap | (paper & ~beside), gap)
    inside = (lightness < darkest - _DARKER) & ~beside
    inside[: max(int(opening.any(axis=1).argmax()) - round(_INSIDE * shape.height), 0)] = False
    tip = touching(opening | inside, gap) & ~gap
    whole = np.zeros(alpha.shape, np.bool_)
    whole[part] = dilate(opened(tip, 1), 1)
    return np.minimum(alpha, 1 - gaussian(whole.astype(np.float32), 1.0))
