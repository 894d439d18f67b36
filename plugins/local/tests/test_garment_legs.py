"""Sides of trouser legs: notches mended, curves and hems as they were."""

import cv2
import numpy as np
import pytest

from tryon_local.garment.legs import with_smooth_legs
from tryon_local.garment.outline import silhouette_of

SHAPE = (600, 300)
CROTCH = np.array([150.0, 180.0], np.float32)


def flared_trousers():
    """Alpha of trousers whose legs are narrow at the knees and wide at the hems."""
    rows = np.arange(SHAPE[0], dtype=np.float32)[:, None]
    columns = np.arange(SHAPE[1], dtype=np.float32)
    from_middle = np.abs(columns - 150)
    half = 90 + 20 * ((rows - 300) / 280) ** 2
    alpha = np.clip(half - from_middle + 0.5, 0, 1) * (rows >= 20) * (rows < 580)
    gap = np.where(rows > 180, (rows - 180) * 0.08, -1)
    return (alpha * np.clip(from_middle - gap + 0.5, 0, 1)).astype(np.float32)


def smoothed(alpha):
    return with_smooth_legs(alpha, silhouette_of(alpha > 0.5), CROTCH)


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["bites", "crumbs"])
def test_notches_along_the_legs_are_mended(value):
    whole = flared_trousers()
    notched = whole.copy()
    for row in range(260, 540, 60):
        ends = np.flatnonzero(whole[row] > 0.5)[[0, -1]]
        for end, outwards in zip(ends, (-1, 1), strict=True):
            at = end + (6 * outwards if value else -4 * outwards)
            notched[row : row + 14, at - 6 : at + 6] = value
    assert (np.abs(notched - whole) > 0.5).sum() > 400
    mended = smoothed(notched)
    assert (np.abs(mended - whole) > 0.5).sum() < 80


def test_curved_sides_gap_and_hem_stay():
    whole = flared_trousers()
    assert (np.abs(smoothed(whole) - whole) > 0.5).sum() < 20


def test_a_slanted_hem_stays():
    whole = flared_trousers()
    corner = np.array([[20, 600], [20, 540], [160, 600]], np.int32)
    cv2.fillPoly(whole, [corner], 0.0)
    assert (np.abs(smoothed(whole) - whole) > 0.5).sum() < 20
