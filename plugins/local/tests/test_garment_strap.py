"""Straps of which front and back are seen on a garment laid flat."""

import cv2
import numpy as np
import pytest

from tryon_local.garment.strap import only_fronts, with_patterned_straps


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


def _striped(*, gap):
    """Return a striped garment of which a part has no colour of its own."""
    rows = np.indices((300, 120))[0]
    rgb = np.where((rows // 7 % 2 == 0)[..., None], 20, 235).astype(np.uint8).repeat(3, axis=2)
    rgb[gap] = 250
    alpha = np.ones((300, 120), np.float32)
    alpha[gap] = 0.94
    return rgb, alpha


def test_the_pattern_of_a_garment_goes_on_over_the_gap_in_its_strap():
    gap = np.s_[20:100, 50:66]
    rgb, alpha = with_patterned_straps(*_striped(gap=gap), opaque=0.95)
    assert np.ptp(rgb[gap].mean(axis=(1, 2))) > 200, "dark and light stripes"
    assert alpha[gap].min() == 1


def test_a_level_seam_without_colour_gets_no_pattern():
    gap = np.s_[60:70, 20:100]
    rgb, alpha = _striped(gap=gap)
    same, cover = with_patterned_straps(rgb, alpha, opaque=0.95)
    assert np.array_equal(same, rgb)
    assert np.array_equal(cover, alpha)


def test_a_garment_that_is_all_strap_has_no_pattern_to_continue():
    gap = np.s_[5:295, 50:66]
    rgb, alpha = _striped(gap=gap)
    assert np.array_equal(with_patterned_straps(rgb, alpha, opaque=0.95)[0], rgb)
