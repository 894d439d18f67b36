import numpy as np
import pytest

from drawings import GARMENT_STYLES, draw_garment
from tryon_local.garment.edge import nearest_colours, sharpen_edge
from tryon_local.garment.matte import matte_garment
from tryon_local.garment.repair import fill_gapless, mirror_overlap, repair_by_symmetry

SIZE = (384, 512)


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("name", GARMENT_STYLES)
def test_a_plain_background_is_removed(name):
    drawn = draw_garment(GARMENT_STYLES[name], SIZE)
    image = np.asarray(drawn.image)
    matte = matte_garment(image, role=drawn.category)
    alpha = sharpen_edge(image, matte.alpha)
    assert matte.is_certain
    assert overlap(alpha > 0.5, np.asarray(drawn.mask) > 127) > 0.93


def test_an_alpha_channel_is_the_matte():
    image = np.full((64, 64, 4), 200, np.uint8)
    image[..., 3] = 0
    image[10:50, 20:40, 3] = 255
    image[10:50, 40:44, 3] = 102
    matte = matte_garment(image, role="top")
    assert matte.is_certain
    assert not matte.is_removed
    assert np.allclose(matte.alpha, image[..., 3] / 255)


def test_an_opaque_alpha_channel_says_nothing():
    image = np.full((80, 60, 4), 255, np.uint8)
    image[20:60, 15:45, :3] = (200, 30, 30)
    matte = matte_garment(image, role="top")
    assert matte.is_removed
    assert matte.alpha[40, 30] == 1
    assert matte.alpha[5, 5] == 0


def test_a_vignette_is_still_a_plain_background():
    y, x = np.mgrid[-1:1:160j, -1:1:120j]
    wall = 225 - 40 * (x**2 + y**2) / 2
    image = np.repeat(wall[..., None], 3, axis=2).astype(np.uint8)
    image[40:120, 40:80] = (30, 60, 140)
    matte = matte_garment(image, role="top")
    truth = np.zeros((160, 120), bool)
    truth[40:120, 40:80] = True
    assert matte.is_certain
    assert overlap(matte.alpha > 0.5, truth) > 0.9


def test_a_cluttered_background_is_uncertain():
    image = np.random.default_rng(1).integers(0, 255, (20, 15, 3)).repeat(8, 0).repeat(8, 1)
    image = image.astype(np.uint8)
    image[40:120, 30:90] = (200, 40, 40)
    assert not matte_garment(image, role="top").is_certain


def test_a_half_that_merged_with_the_wall_is_mirrored():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    whole = mask.copy()
    mask[20:50, 32:50] = False
    assert mirror_overlap(mask) < 0.86
    repaired = repair_by_symmetry(mask, np.full(mask.shape, 2.0, np.float32))
    assert overlap(repaired, whole) > 0.95


def test_a_symmetric_mask_is_left_alone():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    assert (repair_by_symmetry(mask, np.zeros(mask.shape, np.float32)) == mask).all()


def test_prints_are_filled_and_slits_stay_open():
    mask = np.zeros((120, 120), bool)
    mask[5:115, 5:115] = True
    mask[40:60, 50:70] = False
    mask[30:90, 15:25] = False
    filled = fill_gapless(mask, ~mask)
    assert filled[50, 60]
    assert not filled[60, 20]


def test_the_nearest_colour_spreads():
    colours = np.zeros((3, 6, 3), np.uint8)
    colours[:, 0], colours[:, 5] = 10, 200
    known = np.zeros((3, 6), bool)
    known[:, [0, 5]] = True
    assert nearest_colours(colours, known)[1, :, 0].tolist() == [10, 10, 10, 200, 200, 200]
