"""The garment's edge: how much of each pixel is garment, from the colours on both sides."""

from typing import TypeVar

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.imaging import closed, dilate, erode, largest_components, opened, to_lab

Colours = TypeVar("Colours", ByteArray, FloatArray)

_BAND = 0.008
"""Half width of the uncertain band around an outline, in longer sides of the picture."""
OPAQUE = 0.95
"""Alpha above which a pixel's colour is the garment's."""
_ROUNDS = 2
_MIN_CONTRAST = 10.0
"""Colour distance of garment and background below which the colours say nothing."""


def sharpen_edge(rgb: ByteArray, alpha: FloatArray) -> FloatArray:
    """Return alpha solved from the colours just inside and just outside the outline.

    The background next to the garment includes its drop shadow, so that the shadow is not taken
    for garment.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1, right up to a few pixels.
    """
    radius_px = max(2.0, _BAND * max(alpha.shape))
    lab = to_lab(rgb)
    sharp = alpha
    for _ in range(_ROUNDS):
        sharp = _solved(lab, sharp, radius_px)
    return _mended(sharp, alpha, radius_px)


def _solved(lab: FloatArray, alpha: FloatArray, radius_px: float) -> FloatArray:
    """Solve alpha within a band around the outline; a slit deeper than it opens in rounds."""
    mask = alpha > 0.5  # noqa: PLR2004  (half covered)
    inner, outer = erode(mask, radius_px), ~dilate(mask, radius_px)
    if not inner.any() or not outer.any():
        return alpha
    inside, outside = nearest_colours(lab, inner), nearest_colours(lab, outer)
    span = inside - outside
    length = np.square(span).sum(axis=2)
    share = ((lab - outside) * span).sum(axis=2) / np.maximum(length, 1.0)
    solved = np.clip((share - 0.3) / 0.4, 0, 1)
    trust = np.clip(np.sqrt(length) / _MIN_CONTRAST - 1, 0, 1)
    band = ~inner & ~outer
    return np.where(band, solved * trust + alpha * (1 - trust), alpha).astype(np.float32)


def _mended(sharp: FloatArray, alpha: FloatArray, radius_px: float) -> FloatArray:
    """Close bites where a print meets the edge in the background's colour; drop specks."""
    solid = sharp > 0.5  # noqa: PLR2004  (half covered)
    bites = closed(solid, 0.9 * radius_px) & (alpha > 0.5) & ~solid  # noqa: PLR2004
    # Not quite opaque: their own colours are the background's and must not be used.
    mended = np.where(bites, np.minimum(alpha, OPAQUE - 0.01), sharp)
    pieces = dilate(largest_components(opened(mended > 0.5, 2), 0.03), 3)  # noqa: PLR2004
    return (mended * pieces).astype(np.float32)


def nearest_colours(colours: Colours, known: BoolArray) -> Colours:
    """Return, for every pixel, the colour of the nearest known pixel."""
    _distance, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros((int(nearest.max()) + 1, 3), colours.dtype)
    table[nearest[known]] = colours[known]
    spread: Colours = table[nearest]
    return spread
