import numpy as np
import pytest

from drawings import GARMENT_STYLES, GarmentStyle, draw_garment
from tryon_local.body import Refused
from tryon_local.garment import read_garment
from tryon_local.imaging import erode, opened

SIZE = (384, 512)


@pytest.fixture(scope="module", params=GARMENT_STYLES)
def flat(request):
    """Each drawn garment with its truth."""
    return draw_garment(GARMENT_STYLES[request.param], SIZE)


@pytest.fixture(scope="module")
def garment(flat):
    """What is read of it, with its category."""
    return read_garment(pixels(flat), flat.category)


def pixels(drawn):
    return np.asarray(drawn.image)


def test_a_drawn_garment_is_understood(flat, garment):
    assert garment.category == flat.category
    assert garment.landmarks is not None
    assert "garment_matte_uncertain" not in garment.warnings
    assert "garment_fit_rough" not in garment.warnings


def test_the_category_is_guessed_from_the_silhouette(flat):
    assert read_garment(pixels(flat)).category == flat.category


def test_colours_continue_beyond_the_outline(garment):
    opaque = garment.alpha > 0.95
    assert garment.rgb.shape[:2] == garment.alpha.shape
    used = np.unique(garment.rgb[opaque].astype(int), axis=0)
    outside = np.unique(garment.rgb[~opaque].astype(int), axis=0)
    # Along the sides of trousers they are even, which mixes neighbouring ones.
    apart = np.array([np.abs(used - colour).max(axis=1).min() for colour in outside])
    assert (apart < 3).mean() > 0.99


def test_a_bead_that_is_not_all_opaque_keeps_its_colour_away_from_the_outline():
    drawn = draw_garment(GarmentStyle("dress", (24, 24, 26), sleeves="none"), SIZE)
    rgba = np.dstack([pixels(drawn), np.asarray(drawn.mask)])
    row = 250
    left = int(np.flatnonzero(rgba[row, :, 3])[0])
    rgba[row - 5 : row + 6, left + 5 : left + 20] = 240, 240, 240, 220
    found = read_garment(rgba, "dress", side_px=512)
    beads = (found.rgb > 200).all(axis=2) & (found.alpha > 0.5)
    assert beads.sum() > 100


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_image_is_refused(grey):
    blank = np.full((120, 90, 3), grey, np.uint8)
    with pytest.raises(Refused, match="plain background") as refusal:
        read_garment(blank, "dress")
    assert (refusal.value.code, refusal.value.role) == ("no_garment", "dress")


def test_an_empty_alpha_channel_is_refused():
    clear = np.zeros((120, 90, 4), np.uint8)
    with pytest.raises(Refused, match="alpha channel is empty"):
        read_garment(clear, "top")


def test_a_cutout_gives_the_same_landmarks_as_a_plain_background():
    style = GarmentStyle("top", (60, 90, 150))
    on_paper = read_garment(np.asarray(draw_garment(style, SIZE).image), "top")
    cut_out = read_garment(np.asarray(draw_garment(style, SIZE, background=None).image), "top")
    for name in ("tips", "armpits", "necks"):
        first, second = (getattr(each.landmarks, name) for each in (on_paper, cut_out))
        assert np.abs(first - second).max() < 0.05 * cut_out.shape.width


def test_reading_twice_gives_the_same_bytes(flat, garment):
    again = read_garment(pixels(flat), flat.category)
    assert garment.rgb.tobytes() == again.rgb.tobytes()
    assert garment.alpha.tobytes() == again.alpha.tobytes()


def test_a_shape_that_is_no_garment_is_only_scaled():
    image = np.full((300, 300, 3), 250, np.uint8)
    image[140:160, 20:280] = (40, 80, 120)
    garment = read_garment(image, "top")
    assert garment.landmarks is None
    assert garment.warnings == ("garment_fit_rough",)


@pytest.mark.parametrize("fit", [0.4, 0.9])
def test_no_background_stays_in_the_tip_between_the_legs_of_pale_trousers(fit):
    style = GarmentStyle("bottom", (222, 172, 172), fit=fit)
    drawn = draw_garment(style, (384, 512), background=(250, 250, 250))
    image = np.asarray(drawn.image.convert("RGB"))
    found = read_garment(image, "bottom").alpha
    truth = read_garment(np.dstack([image, np.asarray(drawn.mask)]), "bottom").alpha
    rows, columns = np.minimum(found.shape, truth.shape)
    left_over = (found[:rows, :columns] > 0.5) & (truth[:rows, :columns] < 0.05)
    assert opened(left_over, 2).sum() < 60


def test_the_edge_of_a_dark_garment_on_white_paper_has_no_steps():
    drawn = draw_garment(GarmentStyle("top", (20, 20, 24), sleeves="short"), (384, 512))
    alpha = read_garment(pixels(drawn), "top").alpha
    mask = alpha > 0.5
    outline_px = (mask & ~erode(mask, 1)).sum()
    jumps = sum((np.abs(np.diff(alpha, axis=axis)) > 0.9).sum() for axis in (0, 1))
    assert jumps < 0.01 * outline_px
    assert (alpha > 0.99).sum() > 0.9 * mask.sum()
