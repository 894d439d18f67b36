"""Thighs that touch, sleeves that stay, arms that are one thing, and hems without a dark rim."""

import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local.body import Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.bare_legs import bare_legs_above, legs_below_hem, legs_beside_hem
from tryon_local.compose.base import old_garments, uncovered_base
from tryon_local.compose.front import hands_in_front
from tryon_local.compose.light import side_shading
from tryon_local.compose.reach import reaching_arms
from tryon_local.engine import dress_person
from tryon_local.frame import along, arm
from tryon_local.garment import read_garment
from tryon_local.imaging import chain_mask, dilate, disc_mask
from tryon_local.parsing import parse_person
from tryon_local.parsing.cleaning import cleaned_labels
from tryon_local.parsing.scene import find_seeds, make_scene
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, sample, waist_of, warp_garment
from wearers import wearer_in

SIZE = (384, 512)
BOTTOM = frozenset({"bottom"})
PALE = (196, 214, 240)
SKIRT = GarmentStyle("bottom", (230, 228, 220), cut="skirt")


def photo_of(style):
    return np.asarray(draw_person(style, SIZE).image)


def cut_out(style):
    return np.asarray(draw_garment(style, SIZE, background=None).image)


@pytest.fixture(scope="module")
def in_skirt():
    """A drawn person in a skirt, which closes the gap between the thighs."""
    photo = photo_of(attrs.evolve(PERSON_STYLES["ben"], bottom=SKIRT))
    return wearer_in(photo)


def test_no_hole_opens_below_the_crotch_where_thighs_touch(in_skirt):
    trousers = read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom")
    legs = warp_garment(trousers, in_skirt)
    between = (np.abs(in_skirt.lateral) < 0.2) & (in_skirt.height > 1.1) & (in_skirt.height < 1.4)
    assert (np.max([leg.alpha for leg in legs], axis=0)[between] > 0.5).all()


def test_two_legs_are_seen_where_a_skirt_hid_the_knees(in_skirt):
    trousers = read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom")
    legs = warp_garment(trousers, in_skirt)
    cover = np.max([leg.alpha for leg in legs], axis=0)
    knees = np.mean([in_skirt.leg(side)[1] for side in (0, 1)], axis=0)
    x, y = np.rint(knees).astype(int)
    assert cover[y, x] < 0.1
    for side in (0, 1):
        x, y = np.rint(in_skirt.leg(side)[1]).astype(int)
        assert cover[y, x] > 0.9


def test_legs_below_the_photo_do_not_bend_the_sides_of_those_a_skirt_hides(in_skirt):
    trousers = read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom")
    last = int(in_skirt.frame.point(1.6, 0.0)[1])
    cut = attrs.evolve(
        in_skirt,
        rgb=in_skirt.rgb[:last],
        parse=attrs.evolve(in_skirt.parse, labels=in_skirt.parse.labels[:last]),
        person=in_skirt.person[:last],
        trunk=in_skirt.trunk[:last],
        height=in_skirt.height[:last],
        lateral=in_skirt.lateral[:last],
    )
    whole, above = (
        np.any([leg.mask for leg in warp_garment(trousers, wearer)], axis=0)[last - 1 : last]
        for wearer in (in_skirt, cut)
    )
    ends = [np.ptp(np.flatnonzero(mask.any(axis=0))) for mask in (whole, above)]
    assert ends[1] == pytest.approx(ends[0], abs=1)


def test_bare_legs_are_gone_above_the_hem_of_trousers_and_hands_stay(in_skirt):
    labels = in_skirt.parse.labels.copy()
    labels[(labels != Label.BACKGROUND) & (in_skirt.height > 1.45)] = Label.SKIN
    bare = attrs.evolve(in_skirt, parse=attrs.evolve(in_skirt.parse, labels=labels))
    cover = np.zeros(bare.shape, np.float32)
    cover[bare.height < 2] = 1
    gone = bare_legs_above(bare, cover)
    on_knees = np.stack([bare.leg(side)[1] for side in (0, 1)])
    assert sample(gone, on_knees).all()
    assert not gone[bare.height > 2].any()
    assert not (gone & hands_in_front(bare)).any()


@pytest.mark.parametrize("below", [0.1, 0.6])
def test_a_stump_of_a_leg_beside_the_hem_of_a_narrower_skirt_is_gone(in_skirt, below):
    height, across = in_skirt.height, np.abs(in_skirt.lateral)
    labels = np.where((height > 1.5) & (across < 0.45), np.uint8(Label.SKIN), 0).astype(np.uint8)
    last = int(in_skirt.frame.point(1.6 + below, 0.0)[1])
    worn = attrs.evolve(
        in_skirt,
        rgb=in_skirt.rgb[:last],
        body=attrs.evolve(in_skirt.body, mask=in_skirt.body.mask[:last]),
        parse=attrs.evolve(in_skirt.parse, labels=labels[:last]),
        person=in_skirt.person[:last],
        arms=np.zeros_like(in_skirt.arms[:last]),
        trunk=in_skirt.trunk[:last],
        height=height[:last],
        lateral=in_skirt.lateral[:last],
    )
    cover = ((worn.height < 1.6) & (np.abs(worn.lateral) < 0.35)).astype(np.float32)
    gone = legs_beside_hem(worn, cover)
    beside = (np.abs(worn.lateral) > 0.38) & (np.abs(worn.lateral) < 0.4) & (worn.height > 1.52)
    share = gone[beside & (worn.height < 1.6)].mean()
    assert share == pytest.approx(float(below < 0.3), abs=0.1)
    assert not gone[np.abs(worn.lateral) < 0.33].any()


def test_the_wall_beside_narrower_trousers_lies_in_no_shadow(in_skirt):
    layers = warp_garment(
        read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom"), in_skirt
    )
    layers = reaching_arms(in_skirt, layers, (0.0, 0.0), in_skirt.labelled(Label.UPPER))
    cover = np.max([layer.alpha for layer in layers], axis=0)
    base, _replaced, _arms, wall = uncovered_base(
        in_skirt, BOTTOM, old_garments(in_skirt, BOTTOM), cover
    )
    outfit = Outfit(category="bottom", layers=layers, sleeve_reach=(0.0, 0.0))
    image, _edited = compose(in_skirt, (outfit,))
    # Close to the arms the trousers are pulled up to these.
    beside = (wall > 0.99) & (cover < 1 / 255) & ~dilate(cover > 1 / 255, 4)
    assert beside.sum() > 100
    assert np.abs(image[beside] - base[beside]).max() <= 1


def test_no_legs_come_out_of_trousers_that_go_on_below_the_photo():
    photo = photo_of(attrs.evolve(PERSON_STYLES["ben"], bottom=SKIRT))
    photo = np.ascontiguousarray(photo[: round(0.66 * len(photo))])
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    cover = np.zeros(wearer.shape, np.float32)
    across = np.abs(np.abs(wearer.lateral) - 0.2)
    cover[(across > 0.03) & (across < 0.3)] = 1
    base, replaced, _arms, wall = uncovered_base(
        wearer, BOTTOM, old_garments(wearer, BOTTOM), cover
    )
    gap = (across < 0.01) & (wearer.height > 1.3) & (replaced > 0.99)
    assert gap[-3:].any()
    assert wall[gap].min() > 0.99
    assert np.abs(base[gap] - photo[5, 5]).max() < 12


def test_trousers_under_a_dress_leave_its_sleeves_as_they_are():
    dress = GarmentStyle("dress", (40, 60, 140), sleeves="long")
    photo = photo_of(attrs.evolve(PERSON_STYLES["ben"], dress=dress))
    preview = dress_person(photo, {"bottom": cut_out(GARMENT_STYLES["navy trousers"])})
    body = perceive(photo)
    forearms = np.zeros(photo.shape[:2], bool)
    for side in (0, 1):
        chain = arm(body, side)
        forearms |= chain_mask(photo.shape, np.stack([along(chain, s) for s in (0.6, 0.85)]), 2)
    assert (preview.image[forearms] == photo[forearms]).mean() > 0.95


def waistband_height(wearer, lateral):
    """Return where new trousers begin at a lateral, in T."""
    trousers = read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom")
    cover = np.max([leg.alpha for leg in warp_garment(trousers, wearer)], axis=0) > 0.5
    return wearer.height[cover & (np.abs(wearer.lateral - lateral) < 0.02)].min()


def in_clothes(wearer, waist, above):
    """Return a person in trousers that begin at a height, in T, with a label above them."""
    clothes = np.where(wearer.height > waist, Label.LOWER, above)
    labels = np.where(wearer.trunk & (wearer.height > 0), clothes, wearer.parse.labels)
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8), is_dress=False)
    return attrs.evolve(wearer, parse=parse)


@pytest.mark.parametrize(
    ("above", "least", "most"), [(Label.UPPER, 0.2, 1.2), (Label.SKIN, -0.2, 0.2)]
)
@pytest.mark.parametrize("sag", [0.04, 0.06])
def test_a_waistband_follows_the_curve_of_the_worn_one_only_below_a_top(
    person, sag, above, least, most
):
    wearer = wearer_in(np.asarray(person.image))
    falls = []
    for depth in (0.0, sag):
        waist = 0.85 + depth * np.cos(np.clip(wearer.lateral / 0.4, -1, 1) * np.pi / 2)
        worn = in_clothes(wearer, waist, above)
        falls.append(waistband_height(worn, 0.0) - waistband_height(worn, 0.3))
    assert least < (falls[1] - falls[0]) / sag < most


def test_a_waistband_ends_below_a_strap_that_hangs_beside_a_bare_waist(person):
    wearer = wearer_in(np.asarray(person.image))
    heights = []
    for strap in (0.85, 0.73):
        waist = np.where(np.abs(wearer.lateral + 0.42) < 0.06, strap, 0.85)
        heights.append(waistband_height(in_clothes(wearer, waist, Label.SKIN), -0.3))
    assert heights[0] - heights[1] < 0.05


def test_thighs_below_a_slightly_shorter_dress_are_as_wide_as_they_are_seen(in_skirt):
    height, across = in_skirt.height, np.abs(in_skirt.lateral)
    labels = np.where(height > 0.8, np.uint8(Label.BACKGROUND), in_skirt.parse.labels)
    labels[(height > 0.8) & (across < 0.42)] = Label.LOWER
    labels[(height > 1.35) & (height < 1.42) & (across < 0.42)] = Label.SKIN
    labels[(height > 1.35) & (across < 0.02)] = Label.BACKGROUND
    seen = attrs.evolve(in_skirt, parse=attrs.evolve(in_skirt.parse, labels=labels))
    cover = ((across < 0.42) & (height < 1.3)).astype(np.float32)
    between = (height > 1.31) & (height < 1.34) & (across > 0.06) & (across < 0.38)
    assert (legs_below_hem(seen, cover).depth[between] > 0).all()


def test_the_inside_of_a_leg_has_no_step_between_a_slanted_old_hem_and_a_shorter_one(in_skirt):
    height, lateral = in_skirt.height, in_skirt.lateral
    across, below = np.abs(lateral), height > 1.4 - 0.4 * lateral
    labels = np.where(height > 0.8, np.uint8(Label.BACKGROUND), in_skirt.parse.labels)
    labels[(height > 0.8) & (across < 0.42) & ~below] = Label.LOWER
    leg = (across > 0.1 - 0.3 * (height - 1.4)) & (across < 0.4)
    labels[below & leg & (height < 1.8)] = Label.SKIN
    seen = attrs.evolve(in_skirt, parse=attrs.evolve(in_skirt.parse, labels=labels))
    depth = legs_below_hem(seen, ((across < 0.42) & (height < 1.2)).astype(np.float32)).depth
    rows = ((height > 1.25) & (height < 1.4)).any(axis=1)
    inside = ((lateral > 0) & (lateral < 0.4) & (depth > 0))[rows].argmax(axis=1)
    assert np.abs(np.diff(inside)).max() <= 1


def test_the_waistband_of_trousers_goes_over_a_worn_dress():
    dress = GarmentStyle("dress", (40, 60, 140), sleeves="none")
    photo = photo_of(attrs.evolve(PERSON_STYLES["ben"], dress=dress))
    trousers = cut_out(GARMENT_STYLES["navy trousers"]).copy()
    top = int(np.flatnonzero(trousers[..., 3].max(axis=1) > 127)[0])
    trousers[top : top + 24, :, :3] = 200, 30, 30
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    assert wearer.parse.is_dress
    drawn = dress_person(photo, {"bottom": trousers}).image.astype(int)
    is_red = (drawn[..., 0] - drawn[..., 2] > 80) & (wearer.height > 0.3) & (wearer.height < 1.5)
    band = wearer.height[is_red & (np.abs(wearer.lateral) < 0.2)]
    assert band.size > 0.02 * wearer.frame.shoulders_px**2
    assert 0.6 < band.min() < 0.8


@pytest.mark.parametrize(("upper_arm", "wanted"), [("skin", Label.SKIN), ("cloth", Label.UPPER)])
def test_a_free_forearm_is_what_the_upper_arm_is(person, upper_arm, wanted):
    photo = np.asarray(person.image)
    body = perceive(photo)
    scene = make_scene(photo, body)
    labels = np.where(scene.mask, Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    chain = arm(scene.body, 0)
    unit = scene.frame.shoulders_px
    if upper_arm == "cloth":
        labels[chain_mask(labels.shape, chain[:2], 0.14 * unit) & scene.mask] = Label.UPPER
    forearm = chain_mask(labels.shape, np.stack([along(chain, s) for s in (0.6, 0.8)]), 0.06 * unit)
    free = forearm & scene.mask & (np.abs(scene.lateral) > 0.55)
    labels[free] = Label.LOWER
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    assert (cleaned[free] == wanted).mean() > 0.9


def test_a_button_in_the_colour_of_the_top_belongs_to_the_trousers(person):
    photo = np.asarray(person.image)
    body = perceive(photo)
    scene = make_scene(photo, body)
    labels = np.where(scene.mask, Label.UPPER, Label.BACKGROUND).astype(np.uint8)
    labels[scene.mask & (scene.height > 0.9)] = Label.LOWER
    button = disc_mask(labels.shape, scene.frame.point(1.0, 0.0), 2)
    labels[button] = Label.UPPER
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    assert (cleaned[button] == Label.LOWER).all()


def test_the_end_of_a_waistband_that_was_taken_for_the_top_is_that_of_the_trousers(person):
    photo = np.asarray(person.image).copy()
    body = perceive(photo)
    plain = make_scene(photo, body)
    scale = photo.shape[0] / plain.shape[0]
    rows, columns = (np.arange(size) / scale for size in photo.shape[:2])
    height, lateral = (
        grid[np.ix_(rows.astype(int), columns.astype(int))]
        for grid in (plain.height, plain.lateral)
    )
    photo[(height > 0) & (height < 0.9)] = 240, 240, 240
    photo[(height >= 0.9) | ((height > 0.8) & (lateral > 0.2))] = 40, 50, 90
    scene = make_scene(photo, body)
    labels = np.where(scene.mask, Label.UPPER, Label.BACKGROUND).astype(np.uint8)
    labels[scene.mask & (scene.height > 0.9)] = Label.LOWER
    beside = scene.mask & (scene.height > 0.82) & (np.abs(scene.lateral) < 0.45)
    end = beside & (scene.lateral > 0.28)
    assert end.sum() > 20
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    assert (cleaned[end] == Label.LOWER).mean() > 0.9
    other = beside & (scene.height < 0.87) & (scene.lateral < 0.12)
    assert (cleaned[other] == Label.UPPER).mean() > 0.9


def test_the_wall_is_seen_beside_trousers_whose_hips_bulge_below_a_worn_dress(in_skirt):
    cover = np.zeros(in_skirt.shape, np.float32)
    half = 0.3 + 0.3 * np.clip(in_skirt.height - 0.7, 0, 0.5)
    cover[(in_skirt.height > 0.62) & (np.abs(in_skirt.lateral) < half)] = 1
    _base, replaced, _arms, wall = uncovered_base(
        in_skirt, BOTTOM, old_garments(in_skirt, BOTTOM), cover
    )
    beside = (replaced > 0.99) & (in_skirt.height > 0.86) & (in_skirt.height < 1)
    beside &= in_skirt.labelled(Label.UPPER) | in_skirt.labelled(Label.LOWER)
    assert beside.sum() > 20
    assert wall[beside].mean() > 0.95


def test_the_wall_is_seen_beyond_the_ends_of_a_waistband_that_sits_lower(person):
    photo = np.asarray(person.image)
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    waist = waist_of(wearer)
    half = 0.25 + np.clip(wearer.height - waist - 0.1, 0, 0.3)
    across = np.abs(wearer.lateral)
    cover = ((wearer.height > waist + 0.1) & (across < half)).astype(np.float32)
    old = old_garments(wearer, BOTTOM)
    _base, replaced, _arms, wall = uncovered_base(wearer, BOTTOM, old, cover)
    above = old & (replaced > 0.99) & (wearer.height > waist + 0.03)
    above &= wearer.height < waist + 0.08
    beyond = above & (across > 0.3)
    assert beyond.sum() > 10
    assert wall[beyond].mean() > 0.9
    assert wall[above & (across < 0.2)].max() < 0.1


def test_cloth_is_shaded_at_its_sides_and_not_along_its_hem():
    alpha = np.zeros((120, 100), np.float32)
    alpha[20:90, 30:70] = 1
    shade = side_shading(alpha, 60)
    assert shade[89, 50] > 0.98
    assert shade[50, 31] < 0.92


@pytest.mark.parametrize("jeans", [PALE, (40, 46, 90)])
def test_trousers_that_shine_below_a_white_top_are_no_part_of_it_if_pale(jeans):
    style = attrs.evolve(
        PERSON_STYLES["ben"],
        top=GarmentStyle("top", (238, 238, 240)),
        bottom=GarmentStyle("bottom", jeans, accent=jeans),
    )
    photo = photo_of(style)
    scene = make_scene(photo, perceive(photo))
    labels = parse_person(photo, scene.body).labels
    trousers = labels == Label.LOWER
    row = round(float(scene.frame.point(1.03, 0.0)[1]))
    hip = np.array([np.flatnonzero(trousers[row])[0], row])
    shine = disc_mask(scene.shape, hip, 0.06 * scene.frame.shoulders_px) & trousers
    lab = scene.lab.copy()
    lab[shine] = np.median(scene.lab[labels == Label.UPPER], axis=0)
    shining = attrs.evolve(scene, lab=lab)
    taken = np.where(shine, np.uint8(Label.UPPER), labels)
    cleaned = cleaned_labels(shining, find_seeds(shining), taken)
    assert ((cleaned[shine] == Label.LOWER).mean() > 0.7) == (jeans == PALE)


def beside_skirt(wearer, cloth):
    """Return the person with a skirt as wide as some cloth, which is seen up to the arms."""
    unit = wearer.frame.shoulders_px
    arms = np.any(
        [chain_mask(wearer.shape, wearer.arm(side), 0.09 * unit) for side in (0, 1)], axis=0
    )
    labels = np.full(wearer.shape, Label.BACKGROUND, np.uint8)
    labels[cloth & (wearer.height > 0.7)] = Label.LOWER
    labels[arms & ~cloth] = Label.SKIN
    body = attrs.evolve(wearer.body, mask=(labels > 0).astype(np.float32))
    parse = attrs.evolve(wearer.parse, labels=labels, is_dress=False)
    return make_wearer(wearer.rgb, body, parse)


def test_the_edge_of_a_bare_arm_beside_narrower_trousers_has_no_steps(in_skirt):
    unit, (_, elbow, wrist) = in_skirt.frame.shoulders_px, in_skirt.arm(1)
    down = (wrist - elbow) / np.hypot(*(wrist - elbow))
    rows, columns = np.mgrid[: in_skirt.shape[0], : in_skirt.shape[1]]
    from_arm = (columns - elbow[0]) * down[1] - (rows - elbow[1]) * down[0]
    teeth = 1.2 * np.sign(np.sin(rows * 0.7))
    worn = beside_skirt(in_skirt, (from_arm < teeth) & (in_skirt.lateral > 0))
    cover = (np.abs(worn.lateral) < 0.2).astype(np.float32)
    _base, _replaced, _arms, wall = uncovered_base(worn, BOTTOM, old_garments(worn, BOTTOM), cover)
    along_arm = np.arange(round(elbow[1] + 0.2 * unit), round(wrist[1] - 0.1 * unit))
    from_hips = columns[0] > in_skirt.frame.neck[0] + 0.25 * unit
    ends = [wall[row][from_hips].sum() for row in along_arm[8:]]
    assert len(ends) > 10
    assert np.abs(np.diff(ends, n=2)).max() < 0.8


def test_specks_of_trousers_beside_a_hand_are_mistakes(in_skirt):
    labels = in_skirt.parse.labels.copy()
    x, y = np.rint(in_skirt.arm(1)[2]).astype(int)
    labels[y - 8 : y + 8, x - 8 : x + 8] = Label.SKIN
    labels[y, x] = Label.LOWER
    specked = attrs.evolve(in_skirt, parse=attrs.evolve(in_skirt.parse, labels=labels))
    assert not old_garments(specked, BOTTOM)[y, x]


def test_threads_of_skin_beside_a_hand_are_mistakes(in_skirt):
    labels = in_skirt.parse.labels.copy()
    x, y = np.rint(in_skirt.arm(1)[2]).astype(int)
    labels[y - 10 : y + 20, x - 12 : x + 12] = Label.LOWER
    labels[y - 10 : y + 10, x - 12 : x] = Label.SKIN
    labels[y - 5 : y + 5, x + 4] = Label.SKIN
    specked = attrs.evolve(in_skirt, parse=attrs.evolve(in_skirt.parse, labels=labels))
    hand = hands_in_front(specked)
    assert hand[y, x - 4]
    assert not hand[y - 5 : y + 5, x + 4].any()


def test_the_outside_of_a_leg_goes_straight_from_the_hips_to_where_a_skirt_shows_it(in_skirt):
    unit, labels = in_skirt.frame.shoulders_px, in_skirt.parse.labels.copy()
    below = in_skirt.height > 1.55
    labels[below & (labels == Label.LOWER)] = Label.BACKGROUND
    for side in (0, 1):
        thin = chain_mask(in_skirt.shape, in_skirt.leg(side), 0.05 * unit)
        labels[thin & below] = Label.SKIN
    wide = (np.abs(in_skirt.lateral) < 0.62) & (in_skirt.height > 1) & ~below
    labels[wide] = Label.LOWER
    body = attrs.evolve(in_skirt.body, mask=(labels > 0).astype(np.float32))
    parse = attrs.evolve(in_skirt.parse, labels=labels)
    wearer = make_wearer(in_skirt.rgb, body, parse)
    trousers = read_garment(cut_out(GARMENT_STYLES["navy trousers"]), "bottom")
    covered = np.any([layer.mask for layer in warp_garment(trousers, wearer)], axis=0)
    at_hips, between, below_hem = (
        float(wearer.lateral[covered & (np.abs(wearer.height - height) < 0.02)].max())
        for height in (1.15, 1.4, 1.65)
    )
    assert between < (at_hips + below_hem) / 2 + 0.03
