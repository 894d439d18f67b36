"""Fill holes of an image with colours that flow in from around them."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.imaging import bounding_box, in_colours

_SMALLEST_PX = 4
_ROUNDS = 8
"""How often each level of the pyramid is evened out between what is known."""


def laid_over(below: FloatArray, above: FloatArray, alpha: FloatArray) -> FloatArray:
    """Return one image over another, shape (H, W, 3); alpha is 0..1, shape (H, W)."""
    box = bounding_box(alpha > 0)
    if box is None:
        return below
    x1, y1, x2, y2 = box
    cover = in_colours(alpha[y1:y2, x1:x2])
    image = below.copy()
    part = image[y1:y2, x1:x2]
    part *= 1 - cover
    part += above[y1:y2, x1:x2] * cover
    return image


def flow_in(rgb: ByteArray, known: BoolArray, *, step: int = 4) -> FloatArray:
    """Return a smooth image that agrees with `rgb` on average where it is known.

    Args:
        rgb: shape (H, W, 3).
        known: shape (H, W), pixels whose colours may be used; at least one.
        step: the image is worked on at this fraction of its size, in whole pixels.
    """
    masked = cv2.bitwise_and(rgb, rgb, mask=known.view(np.uint8))
    return _flowing(masked.astype(np.float32), known, step)


def flow_through(values: FloatArray, known: BoolArray, *, step: int = 4) -> FloatArray:
    """Do the same as `flow_in` with numbers of any size."""
    return _flowing(values * known[..., None], known, step)


def flow_across(rgb: ByteArray, known: BoolArray, *, step: int = 4) -> FloatArray:
    """Do the same as `flow_in`, evenly from side to side of a wide hole.

    `flow_in` tends to the mean of all sides a little way into a hole, which shows on a plain wall.
    """
    masked = cv2.bitwise_and(rgb, rgb, mask=known.view(np.uint8))
    return _flowing(masked.astype(np.float32), known, step, rounds=_ROUNDS)


def _flowing(masked: FloatArray, known: BoolArray, step: int, rounds: int = 0) -> FloatArray:
    """Average down a pyramid until every cell has a colour, then carry these up again."""
    height, width = known.shape
    size = (max(_SMALLEST_PX, width // step), max(_SMALLEST_PX, height // step))
    colour = cv2.resize(masked, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    filled = _pull_push(np.asarray(colour, np.float32), np.asarray(share, np.float32), rounds)
    return np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR))


def _pull_push(colour: FloatArray, share: FloatArray, rounds: int) -> FloatArray:
    height, width = share.shape
    if min(height, width) <= _SMALLEST_PX // 2:
        total = float(share.sum())
        mean = colour.sum(axis=(0, 1)) / total if total > 0 else np.full(3, 128.0)
        return _normalised(colour, share, np.broadcast_to(mean, colour.shape))
    half = ((width + 1) // 2, (height + 1) // 2)
    down_colour = cv2.resize(colour, half, interpolation=cv2.INTER_AREA)
    down_share = cv2.resize(share, half, interpolation=cv2.INTER_AREA)
    coarse = _pull_push(np.asarray(down_colour), np.asarray(down_share), rounds)
    smooth = cv2.GaussianBlur(coarse, (3, 3), 0)
    up = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    filled = _normalised(colour, share, np.asarray(up))
    for _ in range(rounds):
        filled = _normalised(colour, share, np.asarray(cv2.blur(filled, (3, 3))))
    return filled


def _normalised(colour: FloatArray, share: FloatArray, behind: FloatArray) -> FloatArray:
    """Divide by the share where it is large; let what lies behind show where it is small."""
    trust = np.clip(share * 4, 0, 1)[..., None]
    own = colour / np.maximum(share, 1e-4)[..., None]
    blended: FloatArray = (own * trust + behind * (1 - trust)).astype(np.float32)
    return blended
