"""How the background would look behind the person, and how far each pixel is from that."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import delta_e, gaussian, in_colours, pixels_in

_BLUR_SHARES = (0.008, 0.024, 0.07, 0.2)
_TRUSTED_WEIGHT = 0.05
_MIN_OUTSIDE_SHARE = 0.03
_PLAIN_SPREAD = 2.0
_SAME_FLOOR, _SAME_PER_SPREAD = 1.5, 3.0


@attrs.frozen(eq=False, kw_only=True)
class Backdrop:
    """A plain background, continued behind the person.

    Attributes:
        difference: CIE76 difference of each pixel from the background, shape (H, W).
        same: below this difference a pixel may show the background.
        plain: whether the background is even enough to be told from the person by colour.
    """

    difference: FloatArray
    same: float
    plain: bool


def estimate_backdrop(lab: FloatArray, outside: BoolArray) -> Backdrop:
    """Continue the colours of the surely empty pixels over the whole photo.

    Args:
        lab: the photo, L 0..100, shape (H, W, 3).
        outside: pixels that surely show the background.
    """
    if outside.mean() < _MIN_OUTSIDE_SHARE:
        return Backdrop(difference=np.zeros_like(lab[..., 0]), same=0.0, plain=False)
    difference = delta_e(lab, _continued(lab, outside))
    spread = float(np.percentile(difference[outside], 90))
    same = max(_SAME_FLOOR, _SAME_PER_SPREAD * spread)
    return Backdrop(difference=difference, same=same, plain=spread < _PLAIN_SPREAD)


def _continued(lab: FloatArray, outside: BoolArray) -> FloatArray:
    """Blend blurs of the empty pixels, the narrowest that reaches a place counting most."""
    weight = outside.astype(np.float32)
    weighted = lab * in_colours(weight)
    colours, total = np.zeros_like(lab), np.zeros_like(weight)
    for share in _BLUR_SHARES:
        sigma_px = share * max(weight.shape)
        reach = gaussian(weight, sigma_px)
        blurred = gaussian(weighted, sigma_px)
        part = np.clip(1 - total, 0, 1) * np.clip(reach / _TRUSTED_WEIGHT, 0, 1)
        colours += in_colours(part / np.maximum(reach, np.float32(1e-4))) * blurred
        total += part
    mean = pixels_in(lab, outside).mean(axis=0)
    unseen = np.clip(1 - total, 0, 1)
    return np.asarray(colours + cv2.merge([unseen * each for each in mean]), dtype=np.float32)
