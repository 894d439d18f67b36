"""Straps of which front and back are seen on a garment laid flat."""

import cv2
import numpy as np
import pytest

from tryon_local.garment.strap import only_fronts


def _strap(*, foot_at):
    """Return a garment with one double strap, and its gap, which is deepest beside its back."""
    mask = np.zeros((300, 200), np.uint8)
    cv2.fillPoly(mask, [np.array([(20, 290), (20, 150), (90, 110), (180, 200), (180, 290)])], 1)
    cv2.line(mask, (60, 30), (88, 114), 1, 14)
    cv2.line(mask, (60, 30), (46, foot_at), 1, 14)
    gap = mask.copy()
    cv2.floodFill(gap, np.zeros((302, 202), np.uint8), (0, 0), 1)
    return mask > 0, gap == 0


@pytest.mark.parametrize("flipped", [False, True])
def test_the_back_of_a_strap_is_not_seen_beside_its_front(flipped):
    mask, gap = _strap(foot_at=150)
    whole = mask | gap
    if flipped:
        whole, gap = whole[:, ::-1].copy(), gap[:, ::-1].copy()
    cover = only_fronts(whole, gap)
    cover = cover[:, ::-1] if flipped else cover
    assert cover[100, 78:88].min() > 0.9, "the front stays"
    assert cover[100, 50:60].max() < 0.1, "its back does not"
    assert cover[200:, :].min() > 0.99


def test_a_strap_whose_gap_ends_level_stays_whole():
    mask = np.zeros((200, 120), bool)
    mask[20:180, 40:80] = True
    gap = np.zeros_like(mask)
    gap[40:120, 54:66] = True
    assert only_fronts(mask, gap).min() == 1
