"""The person's outline: a segmentation network, sharpened along the photo's own edges."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.imaging import dilate, guided_filter, largest_components, resize_to, to_grey
from tryon_local.perception import networks

_SIDE_PX = 256
_EPS = 1e-3
_REACH_PER_RADIUS = 0.12
_CUT = 0.5


def person_mask(
    rgb: ByteArray, coarse: FloatArray, *, radius_px: float, num_threads: int
) -> FloatArray:
    """Return the mask 0..1 of one person.

    Args:
        rgb: the photo.
        coarse: the landmark network's silhouette of the same person, which tells this person
            from other people and from furniture.
        radius_px: radius of the circle around the person.
        num_threads: threads of the network.
    """
    small = cv2.resize(rgb, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    image = np.multiply(small, np.float32(1 / 255), dtype=np.float32)
    output = networks.network(networks.SELFIE, num_threads).run(image)
    everybody = output["activation_10"][..., 0]
    height, width = rgb.shape[:2]
    reach = _REACH_PER_RADIUS * radius_px * _SIDE_PX / max(height, width)
    near = dilate(resize_to(coarse, _SIDE_PX, _SIDE_PX) > _CUT, reach)
    person = np.where(_largest(everybody, near), everybody, np.float32(0))
    window_px = max(1, round(width / 128))
    return _sharpened(rgb, resize_to(person, width, height), window_px)


def _largest(everybody: FloatArray, near: BoolArray) -> BoolArray:
    """Keep the large parts near the person, and a soft rim around them."""
    return dilate(largest_components((everybody > _CUT) & near), 2)


def _sharpened(rgb: ByteArray, mask: FloatArray, window_px: int) -> FloatArray:
    filtered = guided_filter(to_grey(rgb), mask, window_px, _EPS)
    return np.asarray(np.clip(filtered, 0.0, 1.0), dtype=np.float32)
