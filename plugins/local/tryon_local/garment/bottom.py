"""Trousers, shorts and skirts: waistband, crotch and hem, and the gap between two legs."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.edge import OPAQUE
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import BottomLandmarks
from tryon_local.imaging import dilate, erode, gaussian, opened, to_lab, touching

_ABOVE, _BELOW = 0.13, 0.12
"""How far above and below the top of the gap its tip is looked for, in heights of the garment."""
_HALF_WIDTH, _BESIDE = 0.025, 0.07
"""Half the width of the tip at most, and how far from it the cloth is looked at, in heights."""
_INSIDE = 0.03
"""How far the dark inside of the back may be seen above the gap, in heights."""
_LIGHTER, _DARKER = 4.0, 10.0
"""How much lighter paper, and how much darker the inside of the back is than all of the cloth."""
_GREY, _TINTED, _SHINES = 4.0, 5.0, 0.5
"""Chroma up to which a pixel is paper in shadow, and from which cloth cannot be taken for it; how
much of its chroma cloth keeps where it shines."""
_RIM, _ABOVE_GAP, _CORNER, _HEMS, _SHADE = 0.03, 0.04, 0.1, 0.06, 20.0
"""How far inside an outline, above the gap between legs, from the sides and above the hems paper is
looked for, in heights of the garment; how much darker it is in a soft shadow."""
_TINTED_RIM, _PATTERNED, _SAMPLES = 0.007, 35.0, 120
"""Width of the rim that the paper's shadow tints, in heights of the garment, the range of lightness
from which trousers have a pattern, and in how many rows that is looked at."""
_WAISTBAND, _EVEN = 0.05, 0.008
"""Height of a waistband, and of the blur along sides, in heights of the garment."""


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
    opening = touching(gap | (_paper(lab, cloth) & ~beside), gap)
    inside = (lab[..., 0] < np.percentile(cloth[:, 0], 3) - _DARKER) & ~beside
    inside[: max(int(opening.any(axis=1).argmax()) - round(_INSIDE * shape.height), 0)] = False
    tip = touching(opening | inside, gap) & ~gap
    whole = np.zeros(alpha.shape, np.bool_)
    whole[part] = dilate(opened(tip, 1), 1)
    return np.minimum(alpha, 1 - gaussian(whole.astype(np.float32), 1.0))


def without_paper(
    rgb: ByteArray, alpha: FloatArray, shape: Silhouette, crotch: FloatArray
) -> FloatArray:
    """Return alpha without paper at the corners of the waistband, along the hips and at the hems.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1.
        shape: the garment as alpha shows it.
        crotch: x and y of the top of the gap between the legs.
    """
    last = max(round(float(crotch[1]) - _ABOVE_GAP * shape.height), 1)
    hems = round(shape.bottom - _HEMS * shape.height)
    cut = alpha.copy()
    for rows in (slice(0, last), slice(hems, None)):
        mask, lab = shape.mask[rows], to_lab(np.ascontiguousarray(rgb[rows]))
        deep = erode(mask, _RIM * shape.height)
        outside = lab[~dilate(mask, _RIM * shape.height)]
        if not deep.any() or not len(outside):
            continue
        light = lab[..., 0] > np.median(outside[:, 0]) - _SHADE
        near = _paper(lab, lab[deep]) & light & ~deep
        paper = opened(touching(near | ~mask, ~mask) & mask, 1)
        if rows.start == 0:
            # Shining cloth on the edge of a waistband is none.
            inset = round(_CORNER * shape.height)
            paper[:, shape.left + inset : max(shape.right - inset, 0)] = False
        cut[rows] = np.minimum(cut[rows], 1 - gaussian(paper.astype(np.float32), 1.0))
    return cut


def tinted_rim_px(rgb: ByteArray, shape: Silhouette) -> float:
    """Return how far inside the outline of trousers a soft shadow on the paper tints them.

    Those with a pattern lose more than they gain when it is continued from further inside.
    """
    is_patterned = _range_of_lightness(rgb, shape) > _PATTERNED
    return 0.0 if is_patterned else _TINTED_RIM * shape.height


def with_even_sides(rgb: ByteArray, shape: Silhouette, rim_px: float) -> ByteArray:
    """Return colours that are even along the sides of legs, where puckered seams look torn.

    Args:
        rgb: shape (H, W, 3), with colours continued over the rim.
        shape: the garment.
        rim_px: how far inside the outline they were continued.
    """
    if not rim_px:
        return rgb
    rows = slice(shape.top + round(_WAISTBAND * shape.height), shape.bottom)
    part = np.ascontiguousarray(rgb[rows])
    even = cv2.GaussianBlur(part, (1, 0), sigmaX=0, sigmaY=_EVEN * shape.height)
    inside = gaussian(erode(shape.mask[rows], rim_px).astype(np.float32), rim_px / 2)
    smooth = rgb.copy()
    smooth[rows] = np.rint(even + inside[..., None] * (part.astype(np.float32) - even))
    return smooth


def _range_of_lightness(rgb: ByteArray, shape: Silhouette) -> float:
    step = max(shape.height // _SAMPLES, 1)
    part = np.ascontiguousarray(rgb[::step, ::step])
    lightness = to_lab(part)[..., 0][shape.mask[::step, ::step]]
    low, high = np.percentile(lightness, (3, 97)) if lightness.size else (0, 100)
    return float(high - low)


def _paper(lab: FloatArray, cloth: FloatArray) -> BoolArray:
    """Return what is lighter, or greyer, than any cloth of a sample, shape (n, 3)."""
    paper: BoolArray = lab[..., 0] > np.percentile(cloth[:, 0], 97) + _LIGHTER
    chroma, usual = np.hypot(lab[..., 1], lab[..., 2]), np.hypot(cloth[:, 1], cloth[:, 2])
    if np.percentile(usual, 3) > _TINTED:
        # Where tinted cloth shines it is paler, but has some of its tint.
        paper &= chroma < _SHINES * np.median(usual)
        paper |= chroma < _GREY
    return paper
