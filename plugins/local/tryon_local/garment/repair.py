"""Corrections of a garment mask on a plain background: symmetry and drop shadow."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import closed, delta_e, erode, fill_holes, opened

SYMMETRIC_OVERLAP = 0.86
"""Mirror overlap above which a mask needs no repair."""


def mirrored(mask: BoolArray) -> BoolArray:
    """Return the mask mirrored about the middle of its bounding box."""
    columns = np.flatnonzero(mask.any(axis=0))
    image = np.zeros_like(mask)
    if columns.size == 0:
        return image
    first, last = int(columns[0]), int(columns[-1]) + 1
    image[:, first:last] = mask[:, first:last][:, ::-1]
    return image


def mirror_overlap(mask: BoolArray) -> float:
    """Return the intersection over union of a mask and its mirror image, 0..1."""
    image = mirrored(mask)
    union = int((mask | image).sum())
    return float((mask & image).sum()) / union if union else 0.0


def repair_by_symmetry(mask: BoolArray, distance: FloatArray) -> BoolArray:
    """Add the mirror image of a half that merged with the background.

    Args:
        mask: shape (H, W), the garment as found.
        distance: shape (H, W), colour distance to the background.
    """
    if mirror_overlap(mask) >= SYMMETRIC_OVERLAP:
        return mask
    weak = mirrored(mask) & (distance < 25)  # noqa: PLR2004  (too different to be garment unseen)
    return closed(mask | weak, 5)


def fill_gapless(mask: BoolArray, background: BoolArray) -> BoolArray:
    """Fill the holes of a mask, but leave the slits between sleeve and side, or between legs.

    Args:
        mask: shape (H, W), the garment as found.
        background: shape (H, W), pixels that have the background's colour.
    """
    filled = fill_holes(mask)
    enclosed = opened(filled & background, 1).astype(np.uint8)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    for index in range(1, count):
        _x, _y, width, height, area = (int(value) for value in stats[index])
        is_slit = height > 2.5 * width and height > 0.12 * len(mask)  # noqa: PLR2004
        if is_slit and area > 0.003 * int(mask.sum()):  # noqa: PLR2004
            filled[labels == index] = False
    return filled


def without_drop_shadow(mask: BoolArray, lab: FloatArray, distance: FloatArray) -> BoolArray:
    """Remove the grey rim that a soft shadow leaves around an evenly coloured garment.

    Args:
        mask: shape (H, W), the garment with its shadow.
        lab: shape (H, W, 3), CIE Lab of the picture.
        distance: shape (H, W), colour distance to the background.
    """
    core = erode(mask, 6)
    if not core.any() or not (~mask).any():
        return mask
    background = np.median(lab[~mask], axis=0)
    difference = lab - background
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    greyish = (chroma < 4) & (difference[..., 0] < 2) & (difference[..., 0] > -32)  # noqa: PLR2004
    to_core = _distance_to_core(lab, core)
    shadow = mask & ~core & greyish & (to_core > 7) & (to_core > 0.8 * distance)  # noqa: PLR2004
    reach = _connected_to(shadow | ~mask, ~mask)
    kept = mask & ~(shadow & reach)
    return kept if kept.sum() > 0.8 * mask.sum() else mask


def _distance_to_core(lab: FloatArray, core: BoolArray) -> FloatArray:
    _distances, nearest = cv2.distanceTransformWithLabels(
        (~core).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    colours[nearest[core]] = lab[core]
    return delta_e(lab, colours[nearest])


def _connected_to(area: BoolArray, seed: BoolArray) -> BoolArray:
    _count, labels = cv2.connectedComponents(area.astype(np.uint8), connectivity=4)
    touched = np.zeros(int(labels.max()) + 1, bool)
    touched[np.unique(labels[seed])] = True
    touched[0] = False
    reached: BoolArray = touched[labels]
    return reached
