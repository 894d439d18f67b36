import numpy as np
import pytest
from PIL import Image, ImageDraw

from drawings import GARMENT_STYLES, GarmentStyle, draw_garment
from tryon_local.garment import read_garment
from tryon_local.garment.edge import OPAQUE, sharpen_edge
from tryon_local.garment.matte import matte_garment
from tryon_local.garment.repair import fill_gapless, mirror_overlap, repair_by_symmetry, sealed
from tryon_local.imaging import erode, gaussian, nearest_values

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


def _on_paper(size=(240, 320)):
    image = Image.new("RGB", size, (244, 244, 244))
    return image, ImageDraw.Draw(image)


def test_a_white_band_across_a_dark_garment_belongs_to_it():
    image, draw = _on_paper()
    draw.rectangle((60, 60, 180, 280), (20, 30, 60))
    draw.polygon([(60, 60), (180, 60), (230, 130), (200, 150), (180, 120)], (160, 20, 40))
    draw.polygon([(180, 60), (60, 60), (10, 130), (40, 150), (60, 120)], (160, 20, 40))
    shaded = np.asarray(image).copy()
    # Folds make white cloth now darker, now lighter than the paper.
    shaded[124:168, 64:177] = (250 + 5 * np.sin(np.arange(113) / 7))[:, None]
    truth = np.zeros(shaded.shape[:2], bool)
    truth[60:280, 60:181] = True
    matte = matte_garment(shaded, role="top")
    assert (matte.alpha > 0.5)[truth].mean() > 0.97


def test_a_pale_garment_does_not_leak_out_through_a_breach_of_its_outline():
    mask = np.zeros((200, 160), bool)
    mask[40:160, 40:120] = True
    leaked = mask.copy()
    leaked[60:90, 50:110] = False
    leaked[40:60, 78:81] = False
    assert overlap(sealed(leaked), mask) > 0.99


def test_a_gap_that_is_higher_than_wide_stays_open():
    mask = np.zeros((200, 160), bool)
    mask[40:180, 40:120] = True
    mask[100:176, 78:82] = False
    assert np.array_equal(sealed(mask), mask)


def test_a_strap_in_the_colours_of_the_background_keeps_its_place():
    image, draw = _on_paper()
    draw.rectangle((60, 120, 180, 280), (30, 30, 30))
    for x in (80, 160):
        draw.rectangle((x - 4, 40, x + 4, 120), (250, 250, 250))
        for y in range(40, 120, 8):
            draw.rectangle((x - 4, y, x + 4, y + 3), (40, 40, 40))
    rgb = np.asarray(image)
    truth = (np.abs(rgb.astype(int) - 244).max(axis=2) > 2).astype(np.float32)
    alpha = sharpen_edge(rgb, truth)
    for x in (80, 160):
        assert (alpha[44:116, x] > 0.5).all()


def test_a_grey_print_along_the_edge_of_a_coloured_garment_is_cloth():
    image, draw = _on_paper()
    draw.rectangle((60, 40, 180, 280), (255, 110, 10))
    draw.rectangle((178, 120, 180, 200), (130, 170, 150))
    rgb = np.asarray(image)
    truth = (np.abs(rgb.astype(int) - 244).max(axis=2) > 2).astype(np.float32)
    assert sharpen_edge(rgb, truth)[130:190, 179].min() > 0.5


def test_the_tip_of_the_gap_between_legs_is_cut_out_to_its_end():
    drawn = draw_garment(GARMENT_STYLES["navy trousers"], (768, 1024))
    image, truth = np.asarray(drawn.image), np.asarray(drawn.mask) > 127
    alpha = sharpen_edge(image, matte_garment(image, role="bottom").alpha)
    background = ~truth & (np.cumsum(truth, axis=0) > 0)
    tip_y, tip_x = np.argwhere(background & (np.cumsum(truth[::-1], axis=0)[::-1] == 0))[0]
    tip = np.s_[tip_y + 6 : tip_y + 46, tip_x - 2 : tip_x + 3]
    assert (alpha > 0.5)[tip][background[tip]].mean() < 0.4


def _with_a_closed_corner():
    dark = np.zeros((320, 240), bool)
    dark[40:280, 70:170], dark[40:140, 20:220] = True, True
    rgb = np.where(dark[..., None], (20, 22, 26), (244, 244, 244)).astype(np.uint8)
    alpha = dark.astype(np.float32)
    corner = np.s_[140:150, 60:70]
    alpha[corner] = 1
    return rgb, alpha, corner


def test_paper_in_a_closed_corner_of_a_dark_garment_is_cut_out():
    rgb, alpha, corner = _with_a_closed_corner()
    assert sharpen_edge(rgb, alpha)[corner].mean() < 0.3


def test_a_white_panel_that_meets_paper_in_a_corner_stays():
    rgb, alpha, _corner = _with_a_closed_corner()
    panel = np.s_[130:160, 66:168]
    rgb[panel] = 244
    alpha[panel] = 1
    assert sharpen_edge(rgb, alpha)[134:156, 80:160].min() > 0.9


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
    assert nearest_values(colours, known)[1, :, 0].tolist() == [10, 10, 10, 200, 200, 200]


@pytest.mark.parametrize("sleeves", ["short", "long"])
def test_the_edge_of_a_white_garment_on_white_is_smooth_and_narrow(sleeves):
    style = GarmentStyle("top", (244, 242, 238), sleeves=sleeves)
    image = np.asarray(draw_garment(style, SIZE, background=(246, 246, 246)).image.convert("RGB"))
    alpha = read_garment(image, "top").alpha
    mask = alpha > 0.5
    outline_px = (mask & ~erode(mask, 1)).sum()
    assert ((alpha > 0.1) & (alpha < 0.9)).sum() < 1.0 * outline_px
    strays = mask ^ (gaussian(mask.astype(np.float32), 4) > 0.5)
    assert strays.sum() < 0.19 * outline_px


def test_the_seam_of_paper_below_a_coloured_hem_of_a_white_garment_is_cut_off():
    photo = np.full((400, 400, 3), 245, np.uint8)
    photo[60:306, 100:300] = 255
    photo[240:300, 100:300] = (60, 180, 170)
    alpha = matte_garment(photo, role="top").alpha
    assert alpha[150:290, 110:290].min() > 0.9
    assert alpha[302:, 120:280].max() < 0.5


def test_pale_cloth_between_a_print_and_the_outline_stays():
    photo = np.full((400, 400, 3), 245, np.uint8)
    photo[60:300, 100:300] = 255
    photo[100:118, 104:130] = (200, 40, 40)
    photo[200:215, 104:130] = (200, 40, 40)
    alpha = matte_garment(photo, role="top").alpha
    assert alpha[70:290, 101].min() > 0.5


def test_waves_of_an_uncertain_outline_are_straightened():
    rows, columns = np.indices((400, 400))
    left = 100 + 2 * np.sin(rows / 12)
    alpha = ((columns > left) & (columns < 300) & (rows > 60) & (rows < 340)).astype(np.float32)
    sharp = sharpen_edge(np.full((400, 400, 3), 250, np.uint8), alpha)
    edge = (sharp[90:310] > 0.5).argmax(axis=1)
    assert np.ptp(left[90:310, 0]) > 3.9
    assert np.ptp(edge) <= 2


def test_paper_between_the_front_and_the_back_of_a_strap_is_no_cloth():
    image, draw = _on_paper((480, 640))
    yellow = (240, 200, 60)
    draw.rectangle((100, 240, 380, 560), yellow)
    draw.rectangle((200, 400, 216, 440), (244, 244, 244))
    for x in (120, 360):
        draw.polygon([(x - 24, 240), (x, 80), (x + 24, 240)], yellow)
        draw.polygon([(x - 11, 232), (x, 140), (x + 11, 232)], (244, 244, 244))
    rgb = np.asarray(image)
    garment = np.zeros((640, 480), np.float32)
    garment[(rgb != 244).any(axis=2)] = 1
    garment[140:240, 105:136] = garment[140:240, 345:376] = 1
    garment[400:441, 200:217] = 1
    alpha = sharpen_edge(rgb, garment)
    for x in (120, 360):
        assert alpha[200:228, x].max() < 0.2
        assert alpha[200:228, [x - 16, x + 16]].min() > 0.8
    assert alpha[405:436, 208].min() > 0.8, "a white mark on the front is a print"


def test_a_patterned_strap_and_the_edge_of_a_back_show_no_paper():
    image, draw = _on_paper((480, 640))
    draw.polygon([(100, 560), (100, 240), (240, 330), (380, 240), (380, 560)], (30, 30, 30))
    for x in (120, 360):
        draw.polygon([(x - 16, 260), (x, 80), (x + 16, 260)], (30, 30, 30))
        for y in range(84, 260, 12):
            draw.rectangle((x - 16, y, x + 16, y + 5), (236, 214, 204))
    rgb = np.asarray(image).copy()
    rows, columns = np.indices(rgb.shape[:2])
    garment = (rgb != 244).any(axis=2)
    gaps = np.zeros_like(garment)
    for x in (120, 360):
        beside = np.abs(columns - x) - 16 * (rows - 80) / 180
        garment |= (beside < 0) & (rows > 80) & (rows < 260)
        gaps |= (beside < -6) & (rows > 170) & (rows < 232)
        rgb[(beside > 0) & (np.abs(columns - x) < 17) & (rows < 240)] = 244
    tag = np.s_[335:342, 226:254]
    rgb[332:346, 222:258] = (30, 30, 30)
    rgb[tag] = 244
    rgb[gaps] = 244
    alpha = sharpen_edge(rgb, garment.astype(np.float32))
    assert (alpha[gaps] < OPAQUE).mean() > 0.8, "its colour is not that of the garment"
    assert (alpha[gaps] > 0.9).mean() > 0.9, "the strap is whole"
    assert (alpha[tag] < OPAQUE).mean() > 0.8
    assert alpha[tag].min() > 0.9


def test_a_bite_of_pale_cloth_is_filled_from_the_other_side():
    photo = np.full((400, 400, 3), 246, np.uint8)
    photo[60:340, 100:300] = (240, 239, 236)
    photo[200:212, 280:300] = 246
    alpha = matte_garment(photo, role="top").alpha
    assert alpha[70:330, 296].min() > 0.5
