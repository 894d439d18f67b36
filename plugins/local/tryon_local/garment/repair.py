"""Corrections of a garment mask on a plain background: symmetry and drop shadow."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import (
    closed,
    delta_e,
    dilate,
    erode,
    fill_holes,
    gaussian,
    measured_parts,
    nearest_values,
    opened,
    picked,
    pixels_in,
)
from tryon_local.parsing.colours import k_means

SYMMETRIC_OVERLAP = 0.86
"""Mirror overlap above which a mask needs no repair."""
_PALETTE_SIZE = 6
_MAIN_SHARE = 0.6
_BREACH = 0.016
"""Half the width of a breach through which a pale garment leaks, in longer sides of the image."""
_LEAK = 0.01
"""Least share of the garment that leaks: the tip of the gap under an arm is smaller."""
_BACKGROUND = 1.2
"""Colour distance up to which a pixel has the background's colour."""
_COLOURED_RIM, _SHADED = 0.03, -3.0
"""Share of grey just inside the outline up to which a garment is coloured all around, and how
much darker than the background a shadow is there."""
_SHADOW_REACH = 0.03
"""How far a soft shadow reaches inwards from the outline, in longer sides of the image."""

_PALE, _TRIM = 0.1, 24.0
"""Least share of a pale garment that is pale, and colour distance of a trim that it may have."""
_GLOW, _SEAM_LENGTH = 0.02, 0.105
"""Width of the seam of paper beside a trim, and its least length, in longer sides of the image."""


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
    labels, stats = measured_parts(opened(filled & background, 1), connectivity=4)
    for index in range(1, len(stats)):
        _x, _y, width, height, area = (int(value) for value in stats[index])
        is_slit = height > 2.5 * width and height > 0.12 * len(mask)
        if is_slit and area > 0.003 * int(mask.sum()):
            filled[labels == index] = False
    return filled


def sealed(mask: BoolArray) -> BoolArray:
    """Fill what leaked out through a narrow breach of the outline, as at a pale shoulder.

    Gaps under an arm or between legs are higher than wide, and stay.
    """
    reach_px = _BREACH * max(mask.shape)
    shut = closed(mask, reach_px)
    labels, stats = measured_parts(fill_holes(shut) & ~shut, connectivity=4)
    is_leak = stats[:, cv2.CC_STAT_WIDTH] > stats[:, cv2.CC_STAT_HEIGHT]
    is_leak &= stats[:, cv2.CC_STAT_AREA] > _LEAK * int(mask.sum())
    is_leak[0] = False
    leaked = picked(labels, is_leak)
    return mask | (dilate(leaked, 2 * reach_px) & (leaked | shut))


def without_drop_shadow(mask: BoolArray, lab: FloatArray, background: FloatArray) -> BoolArray:
    """Remove the grey rim that a soft shadow leaves around an evenly coloured garment.

    Args:
        mask: shape (H, W), the garment with its shadow.
        lab: shape (H, W, 3), CIE Lab of the image.
        background: shape (H, W, 3), CIE Lab of the background alone.
    """
    difference = lab - background
    distance = delta_e(lab, background)
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    greyish = (chroma < 5) & (difference[..., 0] < 2) & (difference[..., 0] > -40)  # noqa: PLR2004
    if greyish[mask].mean() > 0.5:  # noqa: PLR2004  (a grey garment looks like its shadow)
        return mask
    to_garment = _distance_to_palette(lab, mask)
    if to_garment is None:
        return mask
    outside = ~mask | (distance < _BACKGROUND)
    reach_px = _SHADOW_REACH * max(mask.shape)
    rim = dilate(outside, reach_px)
    shadow = mask & rim & greyish & (to_garment > 3) & (to_garment > 0.8 * distance)  # noqa: PLR2004
    inner = erode(mask, reach_px) & ~erode(mask, 2 * reach_px)
    if inner.any() and greyish[inner].mean() < _COLOURED_RIM:
        # Whatever is grey at the edge of coloured cloth is shadow, however sharp.
        shadow &= difference[..., 0] < _SHADED
        reached = _connected_to(shadow | ~mask, ~mask)
    else:
        reached = _connected_to((shadow & _is_smooth(lab)) | ~mask, ~mask)
    # The last pixels before the garment's edge are steep and yet not garment.
    fringe = dilate(shadow & reached, 3) & shadow
    kept = opened(mask & ~dilate(fringe, 1), 1)
    kept |= mirrored(kept) & mask
    return kept if kept.sum() > 0.75 * mask.sum() else mask


def without_glow(mask: BoolArray, distance: FloatArray) -> BoolArray:
    """Remove the seam that paper leaves along a coloured hem or cuff of a pale garment.

    It lies between the outside and clearly coloured cloth, thin and all along; pale cloth beside
    a print does not.

    Args:
        mask: shape (H, W), the garment with the seam.
        distance: shape (H, W), colour distance to the background.
    """
    coloured = mask & (distance > _TRIM)
    pale = mask & (distance < _TRIM / 2)
    if not coloured.any() or mask.all() or pale.sum() < _PALE * mask.sum():
        return mask
    to_outside, to_cloth = _offsets(~mask), _offsets(coloured)
    lengths = [np.hypot(*np.moveaxis(each, -1, 0)) for each in (to_outside, to_cloth)]
    opposite = np.einsum("...c,...c->...", to_outside, to_cloth) < -0.6 * lengths[0] * lengths[1]
    seam = pale & opposite & (lengths[0] + lengths[1] < _GLOW * max(mask.shape))
    labels, stats = measured_parts(seam)
    spans = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    is_long = spans > _SEAM_LENGTH * max(mask.shape)
    is_long[0] = False
    return mask & ~picked(labels, is_long)


def _offsets(target: BoolArray) -> FloatArray:
    """Return, for every pixel, the way to the nearest pixel of a mask, shape (H, W, 2)."""
    here = np.moveaxis(np.indices(target.shape), 0, -1).astype(np.float32)
    return nearest_values(here, target) - here


def _is_smooth(lab: FloatArray) -> BoolArray:
    """Tell a shadow's fading from the sharp edge of a garment."""
    lightness = gaussian(np.ascontiguousarray(lab[..., 0]), 0.8)
    slope = np.hypot(
        cv2.Sobel(lightness, -1, 1, 0, ksize=3), cv2.Sobel(lightness, -1, 0, 1, ksize=3)
    )
    return np.asarray(slope / 8 < 4.0)  # noqa: PLR2004  (lightness per pixel)


def _distance_to_palette(lab: FloatArray, mask: BoolArray) -> FloatArray | None:
    """Return each pixel's difference to the nearest of the garment's main colours."""
    inner = erode(mask, 8)
    if inner.sum() < 0.2 * mask.sum():
        inner = erode(mask, 4)
    some = pixels_in(lab, inner, 7)
    if len(some) < _PALETTE_SIZE:
        return None
    centres, nearest = k_means(some, _PALETTE_SIZE)
    shares = np.bincount(nearest, minlength=len(centres)) / len(some)
    order = np.argsort(-shares, kind="stable")
    # Small prints are left out: a shadow on paper may look like a white dot.
    before = np.concatenate([[0.0], np.cumsum(shares[order])[:-1]])
    main = centres[order[before < _MAIN_SHARE]]
    differences = np.stack([delta_e(lab, colour) for colour in main])
    return np.asarray(differences.min(axis=0), np.float32)


def _connected_to(area: BoolArray, seed: BoolArray) -> BoolArray:
    _count, labels = cv2.connectedComponents(area.astype(np.uint8), connectivity=4)
    touched = np.zeros(int(labels.max()) + 1, bool)
    touched[labels[seed]] = True
    touched[0] = False
    return picked(np.asarray(labels, np.int32), touched)
