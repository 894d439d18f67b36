"""The person's outline: a segmentation network, corrected by the background's colour."""

import cv2
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, FloatArray, Joint
from tryon_local.frame import SIDES, arm, body_frame, resized_body
from tryon_local.imaging import (
    bounding_box,
    dilate,
    guided_filter,
    hull_mask,
    largest_components,
    resize_to,
    to_grey,
    to_lab,
)
from tryon_local.perception import networks
from tryon_local.perception.backdrop import Backdrop, estimate_backdrop

_NETWORK_SIDE_PX = 256
_WORKING_SIDE_PX = 512
_EPS = 1e-3
_REACH_PER_RADIUS = 0.12
_CUT = 0.5
_NOBODY, _SURE = 0.1, 0.95
_OUTSIDE_MARGIN_PX = 4
_SAME_IN_GAPS = 0.7
_TORSO_CORE = 0.3
_COLOUR_RAMP = 4.0
_COLOUR_WEIGHT = 2 / 3
_CARVE_STEPS, _CARVE_STEP_PX = 6, 2


def person_mask(rgb: ByteArray, body: Body, *, radius_px: float, num_threads: int) -> FloatArray:
    """Return the mask 0..1 of one person.

    Args:
        rgb: the photo.
        body: the person, with the landmark network's coarse silhouette as its mask; that tells
            this person from other people and from furniture.
        radius_px: radius of the circle around the person.
        num_threads: threads of the network.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _WORKING_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    fine = resize_to(_segmented(rgb, num_threads), *size)
    small_body = resized_body(body, *size)
    near = dilate(small_body.mask > _CUT, _REACH_PER_RADIUS * radius_px * scale)
    person = np.where(_largest(fine, near), fine, np.float32(0))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    corrected = corrected_by_colour(to_lab(small), person, small_body)
    return sharpened(rgb, resize_to(corrected, width, height))


def corrected_by_colour(lab: FloatArray, fine: FloatArray, body: Body) -> FloatArray:
    """Let the colour of a plain background decide where the networks doubt.

    Networks smear the narrow gaps between arms and body; colour shows them sharply.

    Args:
        lab: the photo, L 0..100, shape (H, W, 3).
        fine: the mask to correct, 0..1.
        body: joints, and as a mask a second opinion.
    """
    outside = ~dilate((fine > _NOBODY) | (body.mask > _CUT), _OUTSIDE_MARGIN_PX)
    backdrop = estimate_backdrop(lab, outside)
    if not backdrop.plain:
        return fine
    doubtful = (fine > _NOBODY) & (np.minimum(fine, body.mask) < _SURE)
    doubtful |= arm_gaps(body) & (backdrop.difference < _SAME_IN_GAPS * backdrop.same)
    colour = np.clip((backdrop.difference - backdrop.same) / _COLOUR_RAMP, 0, 1)
    mixed = fine + _COLOUR_WEIGHT * (colour - fine)
    corrected = np.where(doubtful, mixed, fine)
    return np.where(_gaps(backdrop, doubtful), np.float32(0), corrected).astype(np.float32)


def arm_gaps(body: Body) -> BoolArray:
    """Return where background may show between the arms and the body."""
    shape, frame = body.mask.shape, body_frame(body)
    _, lateral = frame.grid(shape)
    gaps = np.zeros(shape, dtype=np.bool_)
    for side, hip in zip(SIDES, (Joint.LEFT_HIP, Joint.RIGHT_HIP), strict=True):
        gaps |= hull_mask(shape, np.vstack([arm(body, side), body.at(hip)]))
    return gaps & (np.abs(lateral) > _TORSO_CORE)


def _gaps(backdrop: Backdrop, doubtful: BoolArray) -> BoolArray:
    """Grow the doubtful pixels of background colour a little into the sure ones."""
    empty = backdrop.difference < backdrop.same
    gap: BoolArray = doubtful & empty
    for _ in range(_CARVE_STEPS):
        gap = dilate(gap, _CARVE_STEP_PX) & empty
    return gap


def _segmented(rgb: ByteArray, num_threads: int) -> FloatArray:
    side = _NETWORK_SIDE_PX
    small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)
    image = np.multiply(small, np.float32(1 / 255), dtype=np.float32)
    return networks.network(networks.SELFIE, num_threads).run(image)["activation_10"][..., 0]


def _largest(everybody: FloatArray, near: BoolArray) -> BoolArray:
    """Keep the large parts near the person, and a soft rim around them."""
    return dilate(largest_components((everybody > _CUT) & near), _OUTSIDE_MARGIN_PX)


def sharpened(rgb: ByteArray, mask: FloatArray) -> FloatArray:
    """Return a mask 0..1 with its edge moved to the edges of the photo nearby."""
    window_px = max(1, round(rgb.shape[1] / 256))
    found = bounding_box(mask > 0)
    if found is None:
        return mask
    # Farther away than both passes of the filter reach, there is nothing to sharpen.
    pad = 2 * window_px + 1
    left, top = (max(0, low - pad) for low in found[:2])
    rows, columns = slice(top, found[3] + pad), slice(left, found[2] + pad)
    grey = to_grey(np.ascontiguousarray(rgb[rows, columns]))
    sharp = np.zeros_like(mask)
    part = guided_filter(grey, np.ascontiguousarray(mask[rows, columns]), window_px, _EPS)
    sharp[rows, columns] = np.clip(part, 0.0, 1.0)
    return sharp
