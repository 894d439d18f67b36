"""The outline that is fitted to the faint edge of pale cloth."""

import cv2
import numpy as np
import pytest

from drawings import GarmentStyle, draw_garment
from tryon_local.garment.contour import fit_outline
from tryon_local.garment.edge import sharpen_edge
from tryon_local.garment.matte import matte_garment
from tryon_local.imaging import delta_e, gaussian, to_lab

PAPER = 246


def _scene(cloth, *, shadow=0.0, size=400):
    """Return a square of pale cloth on paper, with a soft shadow below it, and its mask."""
    mask = np.zeros((size, size), bool)
    mask[100:300, 100:300] = True
    photo = np.full((size, size, 3), float(PAPER))
    fading = gaussian(np.roll(mask, 5, axis=0).astype(np.float32), 5)
    photo -= shadow * fading[..., None]
    photo[mask] = cloth
    return np.clip(np.rint(photo), 0, 255).astype(np.uint8), mask


def _edge_rows(alpha):
    """Return the lower edge in the columns away from the corners."""
    return len(alpha) - (alpha > 0.5)[::-1, 130:270].argmax(axis=0)


def test_a_ragged_matte_is_drawn_to_the_faint_edge_of_the_cloth():
    photo, mask = _scene((243, 242, 240))
    rows, columns = np.indices(mask.shape)
    ragged = mask.copy()
    ragged[300:] = (rows < 306 + 6 * np.sin(columns / 9))[300:] & (columns > 90)[300:]
    ragged[:, 310:] = False
    fitted = fit_outline(to_lab(photo), ragged)
    assert np.abs(_edge_rows(fitted) - 300).max() <= 2
    assert np.ptp(_edge_rows(fitted)) <= 1


def test_the_soft_shadow_below_pale_cloth_is_no_cloth():
    photo, mask = _scene((240, 238, 232), shadow=30)
    with_shadow = cv2.dilate(mask.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    fitted = fit_outline(to_lab(photo), with_shadow)
    assert np.abs(_edge_rows(fitted) - 300).max() <= 3


def test_a_bite_along_which_nothing_is_seen_is_closed():
    photo, mask = _scene((PAPER, PAPER, PAPER))
    photo[100:290, 100:300] = (238, 236, 232)
    bitten = mask.copy()
    bitten[290:300, 180:215] = False
    fitted = fit_outline(to_lab(photo), bitten)
    assert np.ptp(_edge_rows(fitted)) <= 3


def test_a_print_close_to_the_faint_edge_of_white_cloth_is_not_its_edge():
    photo, mask = _scene((227, 227, 231))
    photo[~mask] = 228, 228, 224
    photo[170:250, 120:290] = 140, 40, 100
    dented = mask.copy()
    dented[180:240, 292:] = False
    fitted = fit_outline(to_lab(photo), dented)
    edge = 400 - (fitted > 0.5)[185:235, ::-1].argmax(axis=1)
    assert np.abs(edge - 300).max() <= 2


def test_cloth_that_cannot_be_told_from_paper_is_not_eaten():
    photo, mask = _scene((PAPER, PAPER, PAPER))
    fitted = fit_outline(to_lab(photo), mask)
    assert np.abs(_edge_rows(fitted) - 300).max() <= 3


def test_a_narrow_gap_stays_open():
    photo, mask = _scene((90, 110, 160))
    photo[150:300, 196:204] = PAPER
    mask[150:300, 196:204] = False
    fitted = fit_outline(to_lab(photo), mask)
    assert fitted[170:290, 200].max() < 0.1
    assert fitted[170:290, 190].min() > 0.9


@pytest.mark.parametrize("sleeves", ["short", "long"])
def test_the_shadow_of_a_white_garment_stays_on_the_paper(sleeves):
    style = GarmentStyle("top", (244, 242, 238), accent=(244, 242, 238), sleeves=sleeves)
    drawn = draw_garment(style, (768, 1024), background=(246, 246, 246))
    image, truth = np.asarray(drawn.image.convert("RGB")), np.asarray(drawn.mask) > 127
    found = sharpen_edge(image, matte_garment(image, role="top").alpha) > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.93


def test_dark_folds_at_the_edge_of_a_white_garment_are_no_gaps():
    style = GarmentStyle("top", (244, 242, 238), sleeves="long")
    drawn = draw_garment(style, (768, 1024), background=(246, 246, 246))
    image, truth = np.asarray(drawn.image.convert("RGB")), np.asarray(drawn.mask) > 127
    lab = to_lab(image)
    folds = cv2.erode(truth.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    folds &= delta_e(lab, np.median(lab[truth], axis=0)) > 12
    folds[: len(folds) // 2] = False
    folds[np.flatnonzero(truth.any(axis=1))[-1] - 60 :] = False
    alpha = sharpen_edge(image, matte_garment(image, role="top").alpha)
    assert folds.sum() > 1000
    assert (alpha[folds] < 0.5).mean() < 0.02


def _white_top():
    """Return a white top on paper with a gap under a sleeve, its mask, and that without the gap."""
    mask = np.zeros((600, 600), bool)
    mask[50:550, 200:400] = mask[60:200, 90:510] = True
    photo = np.full((600, 600, 3), PAPER, np.uint8)
    photo[mask] = 252
    photo[130:205, 170:215][mask[130:205, 170:215]] = 215
    corner = np.array([(194, 150), (186, 199), (199, 199)], np.int32)
    gap = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), corner, 1) > 0
    photo[gap] = PAPER
    return photo, mask, mask & ~gap


@pytest.mark.parametrize("is_split", [False, True])
def test_a_corner_of_paper_under_a_white_sleeve_is_no_cloth(is_split):
    photo, filled, truth = _white_top()
    if is_split:  # by a thread across part of it
        photo[186, 186:192] = 215
    found = sharpen_edge(photo, filled.astype(np.float32)) > 0.5
    gap = filled & ~truth
    assert found[gap].mean() < 0.25
    assert (found & truth).sum() > 0.97 * truth.sum()


def test_a_gap_beside_a_white_part_of_a_coloured_top_is_no_cloth():
    photo, filled, truth = _white_top()
    gap = filled & ~truth
    photo[filled] = (160, 30, 40)
    photo[60:300, 200:400] = 236
    photo[gap] = PAPER
    found = sharpen_edge(photo, filled.astype(np.float32)) > 0.5
    assert found[gap].mean() < 0.25
    assert found[truth].mean() > 0.98


def test_black_between_a_flower_and_the_gap_under_a_sleeve_is_cloth():
    photo = np.full((900, 700, 3), PAPER, np.uint8)
    truth = np.zeros(photo.shape[:2], bool)
    truth[60:760, 200:440] = truth[60:860, 452:580] = truth[60:200, 200:580] = True
    photo[truth] = (34, 31, 32)
    flower = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(flower, (505, 560), (44, 70), 0, 0, 360, 1, -1)
    photo[flower > 0] = (240, 110, 95)
    filled = truth.copy()
    filled[560:740, 440:452] = True
    found = sharpen_edge(photo, filled.astype(np.float32)) > 0.5
    assert found[500:620, 453:580].mean() > 0.98
    assert found[580:700, 442:450].mean() < 0.1


def test_white_stripes_that_end_at_a_gap_stay_whole():
    photo, filled, _truth = _white_top()
    photo[filled] = (30, 30, 60)
    for top in range(60, 540, 28):
        photo[top : top + 14][filled[top : top + 14]] = 236
        photo[top : top + 14, 200:206][filled[top : top + 14, 200:206]] = 243
    gap = np.zeros_like(filled)
    gap[140:200, 187:200] = True
    photo[gap] = PAPER
    found = sharpen_edge(photo, filled.astype(np.float32)) > 0.5
    assert found[gap].mean() < 0.25
    assert found[145:195, 201:206].mean() > 0.95
