"""Sides of trouser legs: notches mended, curves and hems as they were."""

import cv2
import numpy as np
import pytest

from tryon_local.garment import read_garment
from tryon_local.garment.bottom import (
    tinted_rim_px,
    with_even_sides,
    without_paper,
)
from tryon_local.garment.legs import with_smooth_legs
from tryon_local.garment.outline import silhouette_of
from tryon_local.imaging import erode

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


def test_steps_of_a_thousandth_along_the_legs_are_evened_out():
    whole = cv2.resize(flared_trousers(), None, fx=2.5, fy=2.5)
    rows = np.arange(len(whole))
    steps = (rows // 20 % 4 == 0) & (rows > 600) & (rows < 1300)
    stepped = np.where(steps[:, None], np.roll(whole, 2, axis=1), whole)
    even = with_smooth_legs(stepped, silhouette_of(stepped > 0.5), 2.5 * CROTCH)
    wrong, left = ((np.abs(each - whole) > 0.5).sum() for each in (stepped, even))
    assert left < 0.3 * wrong


def test_a_notch_beside_a_narrow_gap_leaves_the_other_leg_whole():
    whole = flared_trousers()
    notched = whole.copy()
    notched[240:246, 128:146] = 0
    assert (np.abs(smoothed(notched) - whole) > 0.5).sum() < 20


def test_curved_sides_gap_and_hem_stay():
    whole = flared_trousers()
    assert (np.abs(smoothed(whole) - whole) > 0.5).sum() < 20


def test_a_slanted_hem_stays():
    whole = flared_trousers()
    corner = np.array([[20, 600], [20, 540], [160, 600]], np.int32)
    cv2.fillPoly(whole, [corner], 0.0)
    assert (np.abs(smoothed(whole) - whole) > 0.5).sum() < 20


def trousers_on_paper(cloth):
    """Return trousers of some cloth, shape (480, 360, 3), on white paper, and where they are."""
    rows, columns = np.mgrid[:480, :360].astype(np.float32)
    from_middle = np.abs(columns - 180)
    mask = (from_middle < 75) & (rows >= 60) & (rows < 420)
    mask &= (rows < 170) | (from_middle > 6 + (rows - 170) * 0.06)
    return np.where(mask[..., None], cloth, np.float32(255)), mask


def test_paper_beside_a_corner_of_the_waistband_is_no_cloth():
    whole = flared_trousers()
    corner = np.zeros_like(whole)
    corner[26:38, 250:268] = 1
    with_corner = np.maximum(whole, corner)
    rgb = np.where(whole[..., None] > 0.5, (214, 150, 155), (252, 250, 250)).astype(np.uint8)
    rgb[19:26, 140:160] = (245, 245, 245)  # a buckle that shines
    shape = silhouette_of(with_corner > 0.5)
    mended = without_paper(rgb, with_corner, shape, CROTCH)
    assert (with_corner - whole).sum() > 30
    assert np.abs(mended - whole).sum() < 20


def test_paper_beside_a_corner_of_a_hem_is_no_cloth():
    whole = flared_trousers()
    with_corner = whole.copy()
    with_corner[570:580, 168:186] = 1
    rgb = np.where(whole[..., None] > 0.5, (214, 150, 155), (252, 250, 250)).astype(np.uint8)
    mended = without_paper(rgb, with_corner, silhouette_of(with_corner > 0.5), CROTCH)
    assert (with_corner - whole).sum() > 60
    assert np.abs(mended - whole).sum() < 30


def test_a_hem_of_tinted_cloth_that_shines_stays_whole():
    whole = flared_trousers()
    rgb = np.where(whole[..., None] > 0.5, (214, 150, 155), (252, 250, 250)).astype(np.uint8)
    rgb[573:580, 200:214] = (245, 205, 208)
    mended = without_paper(rgb, whole, silhouette_of(whole > 0.5), CROTCH)
    assert np.abs(mended - whole).sum() < 10


def test_puckered_seams_are_even_along_the_sides_and_patterns_stay():
    shape = silhouette_of(flared_trousers() > 0.5)
    rgb = np.full((*SHAPE, 3), (214, 150, 155), np.uint8)
    puckers = (np.arange(SHAPE[0]) // 5 % 2 == 0)[:, None] & ~erode(shape.mask, 3)
    rgb[puckers] = (180, 110, 118)
    rim_px = tinted_rim_px(rgb, shape)
    even = with_even_sides(rgb, shape, rim_px)
    side = even[250:500][shape.mask[250:500] & ~erode(shape.mask, 2)[250:500]]
    assert np.ptp(side[:, 1].astype(int)) < 12
    stripes = (np.arange(SHAPE[0]) // 20 % 2 == 0)[:, None] & shape.mask
    rgb[stripes] = (40, 40, 90)
    assert tinted_rim_px(rgb, shape) == 0
    assert (with_even_sides(rgb, shape, 0.0) == rgb).all()


def test_the_sides_of_plain_pale_trousers_have_no_grey_rim():
    cloth = np.array([236, 228, 210], np.float32)
    image, mask = trousers_on_paper(cloth)
    rim = mask & ~erode(mask, 1.5)
    image[rim] = (225, 226, 228)
    found = read_garment(np.rint(image).astype(np.uint8), "bottom", side_px=720)
    seen = found.rgb[(found.alpha > 0.1) & (np.arange(len(found.alpha)) < 500)[:, None]]
    warmth = seen[..., 0].astype(int) - seen[..., 2]
    assert (warmth < 12).mean() < 0.01


@pytest.mark.parametrize(("down_px", "blur_px"), [(10, 5), (12, 6)])
def test_a_deep_shadow_below_the_hems_of_pale_trousers_is_no_cloth(down_px, blur_px):
    image, mask = trousers_on_paper(np.array([216, 206, 188], np.float32))
    shadow = np.roll(mask, down_px, axis=0).astype(np.float32)
    shadow = cv2.GaussianBlur(shadow, (0, 0), blur_px) * ~mask
    shadow[:400] = 0
    image = np.rint(image * (1 - 0.33 * shadow[..., None])).astype(np.uint8)
    found = read_garment(image, "bottom", side_px=720).shape
    assert found.height / found.width < 1.025 * 360 / 149


def test_the_colours_of_thin_stripes_as_pale_as_paper_stay_up_to_the_sides():
    rows, columns = np.mgrid[:480, :360]
    zigzag = rows + 6 * np.abs(columns / 8 % 2 - 1)
    stripes = (zigzag // 3 % 2 == 0)[..., None]
    drawn, mask = trousers_on_paper(np.where(stripes, (252, 246, 244), (60, 40, 120)))
    image = np.rint(drawn).astype(np.uint8)
    own_matte = np.dstack([image, np.where(mask, 255, 0).astype(np.uint8)])
    found, truth = (read_garment(each, "bottom", side_px=720) for each in (image, own_matte))
    (colours, cover), (true_colours, true_cover) = map(cut_to_box, (found, truth))
    both = (cover > 0.5) & (true_cover > 0.5)
    rim = both & ~erode(both, 12)
    rim[:300] = False  # without the waistband
    wrong = np.abs(colours - true_colours).max(axis=2) > 90
    assert wrong[rim].mean() < 0.05


def cut_to_box(garment):
    box = garment.shape
    part = slice(box.top, box.bottom), slice(box.left, box.right)
    colours = cv2.resize(garment.rgb[part], (298, 720)).astype(int)
    return colours, cv2.resize(garment.alpha[part], (298, 720))
