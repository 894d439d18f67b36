"""Light on the new garment: folds of the old one, rounded sides, a shadow on what lies below."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import bounding_box, erode, gaussian, to_grey
from tryon_local.warp import Layer, Wearer

_FOLD_STRENGTH = 0.55
_NO_LIGHT, _BRIGHTEST = 0.6, 0.2
"""How much brighter than most of a garment a fold is at most, and is repeated, as a logarithm."""
_SIDE_DARKENING = 0.16
_STRAP = 0.4
"""Width, in S, from which cloth is round about the body."""
_ALONG = 0.09
"""How far along the body the shade of a side fades, in S."""
_CONTACT_DARKENING = 0.28


def fold_shading(wearer: Wearer, old: BoolArray) -> FloatArray:
    """Return a factor per pixel that repeats the folds of the worn garment.

    Prints have strong and fine contrast; the more of it, the less is repeated.

    Args:
        wearer: the person.
        old: shape (H, W), the worn garment.
    """
    unit = wearer.frame.shoulders_px
    inner = erode(old, 0.02 * unit)
    if inner.sum() < 0.05 * unit * unit:
        return np.ones(wearer.shape, np.float32)
    log_grey = np.log(to_grey(wearer.rgb) + np.float32(0.02))
    # Wall that was taken for the garment is no light on a fold.
    inner &= log_grey < np.median(log_grey[inner]) + _NO_LIGHT
    weight = inner.astype(np.float32)
    # The mean first, so that it does not leak where hardly any garment is in reach.
    log_grey -= log_grey[inner].mean()
    fine = _mean_within(log_grey, weight, 0.02 * unit)
    relief = fine - _mean_within(log_grey, weight, 0.22 * unit)
    texture = float(np.std((log_grey - fine)[inner]))
    strength = _FOLD_STRENGTH * float(np.clip(1.6 - np.std(relief[inner]) / 0.10, 0, 1))
    strength *= float(np.clip(1.5 - texture / 0.055, 0, 1))
    fade = gaussian(weight, 0.03 * unit)
    return np.asarray(np.exp(strength * np.clip(relief, -0.5, _BRIGHTEST) * fade), np.float32)


def _mean_within(values: FloatArray, weight: FloatArray, sigma_px: float) -> FloatArray:
    total = gaussian(values * weight, sigma_px)
    return np.asarray(total / np.maximum(gaussian(weight, sigma_px), 1e-3), np.float32)


def side_shading(alpha: FloatArray, unit_px: float) -> FloatArray:
    """Return a factor per pixel that darkens a piece towards its sides.

    Args:
        alpha: shape (H, W), cover of the piece.
        unit_px: shoulder distance S.
    """
    shade = np.ones(alpha.shape, np.float32)
    covered = alpha > 0.05  # noqa: PLR2004  (its soft rim, too)
    box = bounding_box(covered)
    if box is None:
        return shade
    x1, y1, x2, y2 = box
    covered = covered[y1:y2, x1:x2]
    columns = np.arange(x2 - x1, dtype=np.float32)
    left = np.maximum.accumulate(np.where(covered, np.float32(-1), columns), axis=1)
    right = np.where(covered, np.float32(x2 - x1), columns)
    right = np.minimum.accumulate(right[:, ::-1], axis=1)[:, ::-1]
    # Along the rows only: cloth is round about the body, and flat down to its hem.
    nearness = np.exp(np.minimum(columns - left, right - columns) / np.float32(-0.055 * unit_px))
    # A strap is flat.
    depth = _SIDE_DARKENING * np.clip((right - left) / np.float32(_STRAP * unit_px), 0, 1)
    # Where a sleeve ends the rows become narrower at once; light does not.
    reach = (1, 2 * round(_ALONG * unit_px) + 1)
    weight = cv2.blur(covered.astype(np.float32), reach)
    dark = cv2.blur(depth * nearness * covered, reach) / np.maximum(weight, 1e-3)
    shade[y1:y2, x1:x2] = 1 - dark
    return shade


def contact_shadow(layers: tuple[Layer, ...], unit_px: float) -> FloatArray:
    """Return a factor per pixel that darkens what lies just below the garment's edges."""
    cover = np.max([layer.alpha for layer in layers], axis=0)
    drop = round(0.012 * unit_px)
    soft = gaussian(np.asarray(cover, np.float32), 0.014 * unit_px)
    shifted = np.zeros_like(soft)
    shifted[drop:] = soft[: len(soft) - drop]
    return 1 - _CONTACT_DARKENING * shifted
