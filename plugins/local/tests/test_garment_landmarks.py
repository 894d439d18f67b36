import attrs
import cv2
import numpy as np
import pytest

from drawings import GARMENT_STYLES, GarmentStyle, draw_garment
from tryon_local.garment import Sleeve, read_garment
from tryon_local.garment.collar import find_collar, label_end
from tryon_local.garment.outline import silhouette_of
from tryon_local.garment.sleeve import bitten_hem, find_sleeve
from tryon_local.garment.top import find_top_landmarks
from tryon_local.imaging import to_lab

SIZE = (384, 512)
TOP = GarmentStyle("top", (60, 90, 150))
BOTTOM = GarmentStyle("bottom", (60, 90, 150))


def marks_of(style):
    return read_garment(np.asarray(draw_garment(style, SIZE).image), style.category).landmarks


@pytest.mark.parametrize("category", ["top", "dress"])
def test_a_sleeveless_garment_has_no_sleeves(category):
    style = GarmentStyle(category, (60, 90, 150), sleeves="none", neck="scoop")
    assert marks_of(style).sleeves == (None, None)


@pytest.mark.parametrize("sleeves", ["short", "long"])
def test_sleeves_lie_outside_the_armpits(sleeves):
    marks = marks_of(attrs.evolve(TOP, sleeves=sleeves))
    left, right = marks.sleeves
    assert (left.outer[:, 0] < marks.tips[0, 0] + 1).all()
    assert (right.outer[:, 0] > marks.tips[1, 0] - 1).all()
    assert left.outer[-1, 0] < marks.armpits[0, 0] < marks.armpits[1, 0] < right.outer[-1, 0]


def test_long_sleeves_are_longer_than_short_ones():
    short, long = (marks_of(attrs.evolve(TOP, sleeves=name)) for name in ("short", "long"))
    assert long.sleeves[0].length_px > 1.5 * short.sleeves[0].length_px


@pytest.mark.parametrize(
    "name", [name for name, style in GARMENT_STYLES.items() if style.category != "bottom"]
)
def test_landmarks_of_a_symmetric_garment_are_symmetric(name):
    drawn = np.asarray(draw_garment(GARMENT_STYLES[name], SIZE).image)
    garment = read_garment(drawn, GARMENT_STYLES[name].category)
    marks = garment.landmarks
    for pair in (marks.tips, marks.armpits, marks.necks):
        assert pair[:, 0].mean() == pytest.approx(marks.axis_x, abs=0.04 * garment.shape.width)
        assert abs(pair[0, 1] - pair[1, 1]) < 0.04 * garment.shape.height
    assert marks.tips[0, 0] <= marks.necks[0, 0] < marks.necks[1, 0] <= marks.tips[1, 0]
    assert marks.tips[:, 1].max() < marks.armpits[:, 1].min() < marks.hem_y


def test_a_v_neck_is_told_from_a_round_one():
    assert marks_of(attrs.evolve(TOP, neck="v")).collar_power < 1.5
    assert marks_of(attrs.evolve(TOP, neck="crew")).collar_power >= 2


def test_a_scoop_neck_is_deeper_than_a_crew_neck():
    crew, scoop = (marks_of(attrs.evolve(TOP, neck=neck)) for neck in ("crew", "scoop"))
    assert scoop.collar_y - scoop.necks[0, 1] > crew.collar_y - crew.necks[0, 1]


@pytest.mark.parametrize("cut", ["trousers", "shorts"])
def test_trousers_have_a_crotch_between_waist_and_hem(cut):
    marks = marks_of(attrs.evolve(BOTTOM, cut=cut))
    assert marks.waist[0, 1] < marks.crotch[1] < marks.hem_y
    assert marks.waist[0, 0] < marks.crotch[0] < marks.waist[1, 0]


def test_a_skirt_has_no_crotch():
    assert marks_of(attrs.evolve(BOTTOM, cut="skirt")).crotch is None


def test_touching_hems_do_not_hide_the_crotch():
    mask = np.zeros((200, 120), bool)
    mask[10:190, 20:100] = True
    mask[80:180, 57:63] = False
    shape = silhouette_of(mask)
    assert not shape.mask[185, 60]
    assert shape.notches[int(np.argmax(shape.notches[:, 2])), 1] == pytest.approx(80, abs=3)


def test_the_axis_is_the_middle_of_a_symmetric_mask():
    mask = np.zeros((80, 90), bool)
    mask[10:70, 20:61] = True
    assert silhouette_of(mask).axis_x == pytest.approx(40)


def test_the_edges_of_a_sleeve_that_bulges_are_found():
    rows, columns = np.mgrid[:300, :300]
    mask = (rows >= 40) & (rows < 260) & (columns >= 100) & (columns < 200)
    bulge = np.hypot((rows - 140) / 110, (columns - 100) / 70) < 1
    mask |= bulge & (rows < 230) & (columns < 98)
    mask |= (rows >= 40) & (rows < 110) & (columns >= 95) & (columns < 100)
    tip, armpit = np.array([100, 40], np.float32), np.array([98, 110], np.float32)
    sleeve = find_sleeve(silhouette_of(mask), tip, armpit, side=0)
    assert sleeve is not None
    inside = cv2.distanceTransform(sleeve.region.astype(np.uint8), cv2.DIST_L2, 5)
    points = np.rint(sleeve.outer).astype(int)
    assert inside[points[:, 1], points[:, 0]].max() < 5


def test_a_sleeve_that_leans_against_the_side_keeps_its_width():
    mask = np.zeros((300, 300), bool)
    mask[40:260, 60:240] = True
    mask[180:260, 92:100] = mask[180:260, 200:208] = False
    tip, armpit = np.array([100, 40], np.float32), np.array([100, 110], np.float32)
    sleeve = find_sleeve(silhouette_of(mask), tip, armpit, side=0)
    assert sleeve is not None
    assert sleeve.region[110:260, 60:92].all()
    assert not sleeve.region[110:260, 102:].any()


def test_a_cuff_ends_below_its_ribs():
    mask = np.zeros((300, 300), np.uint8)
    mask[40:260, 100:200] = 1
    sleeve = [(100, 40), (85, 50), (40, 215), (48, 250), (84, 250), (84, 215), (100, 110)]
    cv2.fillPoly(mask, [np.array(sleeve, np.int32)], 1)
    tip, armpit = np.array([100, 40], np.float32), np.array([100, 110], np.float32)
    found = find_sleeve(silhouette_of(mask > 0), tip, armpit, side=0)
    assert found is not None
    assert np.abs(found.outer[-1] - (48, 250)).max() < 6
    assert np.abs(found.inner[-1] - (84, 250)).max() < 6


def test_the_cuff_of_a_cap_sleeve_is_no_seam_under_it():
    mask = np.zeros((420, 400), np.uint8)
    mask[49:400, 190:300] = 1
    sleeve = [(190, 49), (148, 49), (81, 107), (8, 201), (107, 337), (191, 384)]
    cv2.fillPoly(mask, [np.array(sleeve, np.int32)], 1)
    tip, armpit = np.array([148, 49], np.float32), np.array([191, 384], np.float32)
    found = find_sleeve(silhouette_of(mask > 0), tip, armpit, side=0)
    assert found is not None
    assert np.abs(found.outer[-1] - (8, 201)).max() < 12
    assert np.abs(found.inner[-1] - (107, 337)).max() < 12


def test_an_empty_mask_has_no_silhouette():
    with pytest.raises(ValueError, match="empty mask"):
        silhouette_of(np.zeros((9, 9), bool))


def test_the_run_stops_at_gaps():
    mask = np.zeros((5, 20), bool)
    mask[:, 3:9], mask[:2, 9:15] = True, True
    mask[2:, 11:15] = True
    shape = silhouette_of(mask)
    assert shape.run(3, 5) == (3, 8)
    assert shape.run(3, 12) == (11, 14)
    assert shape.run(3, 10) is None


def test_a_print_with_a_round_upper_edge_is_not_taken_for_the_neckline():
    drawn = draw_garment(attrs.evolve(TOP, colour=(24, 24, 26), neck="crew"), SIZE)
    plain = np.asarray(drawn.image)
    expected = read_garment(plain, "top")
    shape, marks = silhouette_of(expected.alpha > 0.5), expected.landmarks
    lab = to_lab(expected.rgb)
    half = float(np.ptp(marks.necks[:, 0])) / 2
    across = np.abs(np.arange(lab.shape[1]) - marks.axis_x) / (1.3 * half)
    edge = marks.necks[0, 1] + 1.6 * half * np.sqrt(np.clip(1 - across**2, 0, 1))
    rows = np.arange(lab.shape[0])[:, None]
    below = (rows > edge) & (rows < marks.necks[0, 1] + 4 * half) & (across < 1)
    lab[below, 0] = 90
    found = find_collar(shape, lab, marks.necks, chest_px=marks.chest_px)
    assert found.y == pytest.approx(marks.collar_y, abs=0.08 * marks.chest_px)


def test_the_neckline_of_a_shirt_opens_between_the_ends_of_its_collar():
    marks = marks_of(attrs.evolve(TOP, sleeves="long", neck="shirt"))
    assert np.ptp(marks.opening[:, 0]) < np.ptp(marks.necks[:, 0])
    assert marks.opening[:, 1].max() < marks.necks[:, 1].min()
    assert marks.collar_power == 1


@pytest.mark.parametrize("neck", ["crew", "v", "scoop"])
def test_a_neckline_without_a_collar_opens_at_its_neck_points(neck):
    marks = marks_of(attrs.evolve(TOP, neck=neck))
    assert np.abs(marks.opening - marks.necks).max() < 0.04 * marks.chest_px


def test_a_neckband_of_another_colour_belongs_to_the_garment():
    drawn = draw_garment(GARMENT_STYLES["emblem tee"], SIZE)
    garment = read_garment(np.asarray(drawn.image), "top")
    column = garment.rgb[: round(garment.landmarks.necks[0, 1]) + 100, round(garment.shape.axis_x)]
    is_yellow = column[:, 0].astype(int) - column[:, 2] > 60
    band = np.flatnonzero(is_yellow)
    assert abs(garment.landmarks.collar_y - band[0]) < 0.4 * len(band)


@pytest.mark.parametrize(
    ("gap", "stripe"), [((150, 150, 150), (236, 226, 204)), ((255, 255, 255), (60, 50, 90))]
)
def test_the_gap_between_two_legs_is_open_up_to_its_narrow_tip(gap, stripe):
    rows, columns = np.indices((400, 260))
    photo = np.full((400, 260, 3), 255, np.uint8)
    cloth = (rows >= 20) & (rows < 380) & (columns >= 60) & (columns < 200)
    photo[cloth] = 236, 226, 204
    photo[cloth & (rows % 40 < 16)] = stripe
    inside = (np.abs(columns - 130) < (rows - 140) * 0.06) & (rows < 380)
    photo[inside] = 255
    photo[inside & (rows < 190)] = gap
    garment = read_garment(photo, "bottom")
    crotch_x, crotch_y = garment.landmarks.crotch
    scale = garment.shape.height / 360
    assert (crotch_y - garment.shape.top) / scale == pytest.approx(140 - 20, abs=17)
    middle = slice(round(crotch_x) - 1, round(crotch_x) + 2)
    tip = garment.alpha[: round(crotch_y + 30 * scale), middle][round(crotch_y + 16) :]
    assert tip.min(axis=1).max() < 0.1


def test_the_neck_begins_at_the_corners_of_the_outline_where_the_back_is_level():
    mask = np.zeros((300, 300), bool)
    for column in range(40, 261):
        beside = max(abs(column - 150) - 40, 0)
        mask[round(40 + 0.35 * beside) : 280, column] = True
    mask[120:, :70] = mask[120:, 231:] = False
    lab = np.full((300, 300, 3), 50, np.float32)
    marks, _codes = find_top_landmarks(silhouette_of(mask), lab, is_dress=False)
    assert marks.necks[:, 0] == pytest.approx([110, 190], abs=4)


def _crop_top():
    """Return the mask of a crop top with broad straps and armholes that are hardly cut in."""
    mask = np.zeros((360, 400), np.uint8)
    half = [(70, 20), (130, 38), (124, 110), (128, 160), (134, 196), (122, 225), (118, 330)]
    outline = [(200 + x, y) for x, y in half] + [(200 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 1)
    cv2.ellipse(mask, (200, 20), (70, 90), 0, 0, 360, 0, -1)
    return mask > 0


def test_an_armhole_that_is_hardly_cut_in_ends_at_its_corner():
    lab = np.full((360, 400, 3), 50, np.float32)
    marks, _codes = find_top_landmarks(silhouette_of(_crop_top()), lab, is_dress=False)
    assert marks.armpits[:, 1] == pytest.approx([196, 196], abs=8)
    assert marks.tips[:, 1].max() < 60


def test_the_armholes_of_a_dress_are_as_deep_as_it_is_wide_there_and_not_at_the_waist():
    mask = np.zeros((560, 260), np.uint8)
    half = [(50, 20), (100, 34), (98, 140), (62, 240), (80, 330), (80, 540)]
    outline = [(130 + x, y) for x, y in half] + [(130 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 1)
    lab = np.full((560, 260, 3), 50, np.float32)
    marks, _codes = find_top_landmarks(silhouette_of(mask > 0), lab, is_dress=True)
    assert marks.armpits[:, 1] == pytest.approx([118, 118], abs=8)


@pytest.mark.parametrize("deep", [180, 255])
def test_a_top_on_straps_is_widest_below_its_deep_neckline(deep):
    mask = np.zeros((560, 340), np.uint8)
    half = [(126, 20), (132, 100), (148, 230), (152, 540)]
    outline = [(170 + x, y) for x, y in half] + [(170 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 1)
    cv2.fillPoly(mask, [np.array([(54, 0), (70, 90), (170, deep), (270, 90), (286, 0)])], 0)
    lab = np.full((560, 340, 3), 50, np.float32)
    marks, _codes = find_top_landmarks(silhouette_of(mask > 0), lab, is_dress=False)
    assert marks.armpits[:, 1] == pytest.approx([245, 245], abs=15)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_dent_in_the_outline_of_a_shoulder_is_not_its_end(sign):
    mask = np.zeros((400, 400), np.uint8)
    half = [(75, 20), (140, 45), (180, 130), (190, 330), (150, 335), (110, 130), (115, 380)]
    outline = [(200 + x, y) for x, y in half] + [(200 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 1)
    # So a white stripe is lost on white paper.
    for column in 200 + sign * np.arange(112, 126):
        top = int(mask[:, column].argmax())
        mask[top : top + 6, column] = 0
    lab = np.full((400, 400, 3), 50, np.float32)
    marks, codes = find_top_landmarks(silhouette_of(mask > 0), lab, is_dress=False)
    assert marks.tips[:, 0] == pytest.approx([68, 332], abs=8)
    assert not codes


@pytest.mark.parametrize(("aside", "is_label"), [(0, True), (-0.09, False), (0.09, False)])
def test_a_label_is_sewn_into_the_middle_of_the_back_of_the_neck(aside, is_label):
    drawn = draw_garment(attrs.evolve(TOP, colour=(24, 24, 26), neck="crew"), SIZE)
    plain = read_garment(np.asarray(drawn.image), "top")
    marks, rgb = plain.landmarks, plain.rgb.copy()
    top, middle = (
        round(plain.shape.top_at(marks.axis_x)),
        round(marks.axis_x + aside * marks.chest_px),
    )
    wide, end = round(0.05 * marks.chest_px), top + round(0.09 * marks.chest_px)
    rgb[top + 8 : end, middle - wide : middle + wide] = 240
    shape = silhouette_of(plain.alpha > 0.5)
    lowest = label_end(shape, to_lab(rgb), marks.necks, chest_px=marks.chest_px)
    assert lowest == pytest.approx(end if is_label else 0, abs=2)
    found = find_collar(shape, to_lab(rgb), marks.necks, chest_px=marks.chest_px)
    assert found.y >= end or not is_label


@pytest.mark.parametrize(("wide", "band"), [(1.0, (0.1, 0.3)), (0.94, (-0.04, 0.04))])
def test_a_black_neckband_before_a_black_lining_stays_and_a_lining_alone_does_not(wide, band):
    drawn = draw_garment(attrs.evolve(TOP, colour=(176, 160, 214), neck="crew"), SIZE)
    plain = read_garment(np.asarray(drawn.image), "top")
    marks, lab = plain.landmarks, to_lab(plain.rgb)
    half = float(np.ptp(marks.necks[:, 0])) / 2
    rows, columns = np.indices(lab.shape[:2])
    across = np.clip(np.abs(columns - marks.axis_x) / (wide * half), 0, 1)
    seam = marks.necks[0, 1] + 0.9 * half * np.sqrt(1 - across**2)
    lab[(rows < seam) & (across < 1)] = (8, 0, 0)
    found = find_collar(plain.shape, lab, marks.necks, chest_px=marks.chest_px)
    lowest = marks.necks[0, 1] + 0.9 * half
    assert band[0] * half < lowest - found.y < band[1] * half


def test_a_label_is_no_lower_end_of_a_neckline_of_one_colour():
    drawn = draw_garment(attrs.evolve(TOP, colour=(90, 30, 140), neck="crew"), SIZE)
    plain = read_garment(np.asarray(drawn.image), "top")
    marks, lab = plain.landmarks, to_lab(plain.rgb)
    half, neck_y = float(np.ptp(marks.necks[:, 0])) / 2, float(marks.necks[:, 1].mean())
    rows, columns = np.indices(lab.shape[:2])
    across = (columns - marks.axis_x) / half
    curve = np.sqrt(np.clip(1 - across**2, 0, 1))
    lab[(rows < neck_y + 1.5 * half) & (np.abs(across) < 1.4)] = (30, 30, -40)
    edge = neck_y + 1.05 * half * curve
    lab[(rows > edge - 2) & (rows < edge) & (np.abs(across) < 1), 0] = 25
    lab[(np.abs(rows - neck_y - 0.5 * half) < 0.1 * half) & (np.abs(across) < 0.3)] = (95, 0, 0)
    found = find_collar(plain.shape, lab, marks.necks, chest_px=marks.chest_px)
    assert found.y == pytest.approx(neck_y + 1.05 * half, abs=0.06 * half)


def test_wings_of_a_collar_that_are_laid_open_are_not_cut_straight():
    drawn = draw_garment(attrs.evolve(TOP, sleeves="long", neck="shirt"), SIZE)
    plain = read_garment(np.asarray(drawn.image), "top")
    marks, lab = plain.landmarks, to_lab(plain.rgb)
    width, (left, right) = float(np.ptp(marks.opening[:, 0])), marks.opening
    rows, columns = np.indices(lab.shape[:2])
    across = np.clip(np.abs(2 * (columns - (left[0] + right[0]) / 2) / width), 0, 1)
    edge = left[1] + width * (1 - across**1.5) ** (1 / 1.5)
    lab[rows < left[1] + 2 * width] = (60, 5, -30)
    lab[(rows < edge) & (across < 1)] = (40, 0, -8)
    found = find_collar(plain.shape, lab, marks.opening, chest_px=marks.chest_px, is_shirt=True)
    assert found.power == 1.5
    assert found.y == pytest.approx(left[1] + width, abs=0.06 * width)


def test_no_back_is_left_beside_a_wing_that_is_folded_farther_out_than_the_other():
    rows, columns = np.indices((600, 400))
    half, top = 80, 20
    lab = np.full((600, 400, 3), (70, 0, 0), np.float32)
    reach = np.where(columns < 200, half, 1.15 * half)
    across = np.clip(np.abs(columns - 200) / reach, 0, 1)
    inside = (rows < top + 2 * half * (1 - across**1.5) ** (1 / 1.5)) & (across < 1)
    lab[inside, 0] = 50
    shape = silhouette_of((rows >= top) & (np.abs(columns - 200) < 2 * half))
    ends = np.array([[200 - half, top], [200 + half, top]], np.float32)
    found = find_collar(shape, lab, ends, chest_px=4 * half, is_shirt=True)
    assert found.necks[1, 0] == pytest.approx(200 + 1.15 * half, abs=0.04 * half)
    cut = np.zeros((600, 400), np.uint8)
    cv2.fillPoly(cut, [np.rint(found.line).astype(np.int32)], 1)
    left = inside & (rows >= top) & (cut == 0)
    assert left.sum() < 0.03 * inside.sum()


def test_a_neckline_that_is_wider_than_the_corners_of_the_outline_moves_these():
    marks = marks_of(attrs.evolve(TOP, neck="crew"))
    assert (marks.necks[0, 0] <= marks.opening[0, 0]).all()
    assert (marks.necks[1, 0] >= marks.opening[1, 0]).all()


def test_the_gap_in_a_double_strap_is_not_opened_downwards():
    mask = np.zeros((300, 200), bool)
    mask[100:290, 20:180] = True
    for x in (40, 160):
        mask[20:100, x - 12 : x + 12] = True
        mask[40:98, x - 4 : x + 4] = False
    shape = silhouette_of(mask)
    assert shape.run(200, 100) == (20, 179)


def test_a_slit_beside_a_cuff_that_touches_the_side_is_opened_downwards():
    mask = np.zeros((300, 200), bool)
    mask[20:290, 20:180] = True
    mask[80:160, 40:44] = mask[80:160, 156:160] = False
    left, right = silhouette_of(mask).run(200, 100)
    assert left > 40
    assert right < 160


def test_a_broad_strap_that_slopes_down_ends_at_the_arms_opening():
    photo = np.full((400, 400, 3), 250, np.uint8)
    half = [(200, 110), (140, 90), (130, 20), (110, 20), (44, 56), (72, 150), (44, 220), (44, 390)]
    outline = [*half, *((400 - x, y) for x, y in reversed(half))]
    cv2.fillPoly(photo, [np.array(outline, np.int32)], (60, 90, 150))
    garment = read_garment(photo, "top")
    scale = garment.shape.width / 312
    tips = garment.landmarks.tips[:, 0] / scale
    assert not garment.landmarks.is_sleeved
    assert not garment.obstacle
    assert tips[1] - tips[0] > 250


@pytest.mark.parametrize(("paper", "is_whole"), [((246, 246, 246), True), ((60, 90, 150), False)])
def test_the_hem_of_a_sleeve_in_the_colour_of_the_paper_runs_straight(paper, is_whole):
    rgb = np.full((200, 200, 3), paper, np.uint8)
    region = np.zeros((200, 200), bool)
    region[40:150, 30:120] = True
    region[130:150, 60:90] = False
    rgb[region] = 250
    edges = np.array([60, 100, 149], np.float32)
    sleeve = Sleeve(
        fractions=np.array([0.35, 0.65, 1], np.float32),
        inner=np.stack([np.full(3, 119, np.float32), edges], axis=1),
        outer=np.stack([np.full(3, 30, np.float32), edges], axis=1),
        length_px=110.0,
        region=region,
    )
    bite = bitten_hem(sleeve, rgb)
    assert bite[132:148, 62:88].all() == is_whole
    assert bite.any() == is_whole
    assert not bite[152:].any()
