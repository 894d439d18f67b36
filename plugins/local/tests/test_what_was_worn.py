"""What the old clothes leave: hips under a skirt, sleeves at the wrist, a bare midriff."""

import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local.body import Joint, Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.base import old_garments, uncovered_base
from tryon_local.compose.front import shoes_in_front
from tryon_local.engine import dress_person
from tryon_local.frame import along, arm
from tryon_local.garment import read_garment
from tryon_local.imaging import chain_mask, dilate
from tryon_local.parsing import parse_person
from tryon_local.parsing.cleaning import cleaned_labels
from tryon_local.parsing.scene import find_seeds, make_scene
from tryon_local.perception import perceive
from tryon_local.warp import Layer, has_bare_midriff, make_wearer, warp_garment
from tryon_local.warp.legs import trouser_pins
from wearers import wearer_in

SIZE = (384, 512)
TROUSERS = np.asarray(draw_garment(GARMENT_STYLES["navy trousers"], SIZE, background=None).image)


def photo_of(style):
    return np.asarray(draw_person(style, SIZE).image)


def seen_in(photo):
    return wearer_in(photo)


def half_widths(mask, wearer, height):
    lateral = wearer.lateral[mask & (np.abs(wearer.height - height) < 0.02)]
    return -float(lateral.min()), float(lateral.max())


@pytest.fixture(scope="module")
def femi():
    """A drawn person in shorts, whose arms hang away from the body."""
    return seen_in(photo_of(PERSON_STYLES["femi"]))


def test_trousers_over_a_flared_skirt_are_as_wide_as_the_legs():
    skirt = GarmentStyle("bottom", (230, 220, 90), cut="skirt", fit=1.0, length=0.8)
    style = attrs.evolve(PERSON_STYLES["greta"], right_arm="away", left_arm="away", bottom=skirt)
    wearer = seen_in(photo_of(style))
    layers = warp_garment(read_garment(TROUSERS, "bottom"), wearer)
    legs = np.any([layer.mask for layer in layers], axis=0)
    for height in (1.1, 1.4):
        worn = sum(half_widths(wearer.labelled(Label.LOWER), wearer, height))
        assert sum(half_widths(legs, wearer, height)) < 0.9 * worn


def test_hips_are_as_wide_as_what_is_worn_there_also_behind_an_arm(femi):
    joints = femi.body.joints.copy()
    for side, names in enumerate(
        ((Joint.LEFT_ELBOW, Joint.LEFT_WRIST), (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST))
    ):
        for height, name in zip((0.7, 1.15), names, strict=True):
            joints[name] = femi.frame.point(height, (2 * side - 1) * 0.52)
    close = make_wearer(femi.rgb, attrs.evolve(femi.body, joints=joints), femi.parse)
    for side in (0, 1):
        assert close.half_width(1.1, side) == pytest.approx(femi.half_width(1.1, side), abs=0.02)


@pytest.mark.parametrize("name", ["ada", "emil"])
def test_trousers_reach_the_hand_on_the_hip(name):
    wearer = seen_in(photo_of(attrs.evolve(PERSON_STYLES[name], left_arm="hip")))
    layers = warp_garment(read_garment(TROUSERS, "bottom"), wearer)
    old = wearer.labelled(Label.LOWER) & (wearer.height < 1.1) & (np.abs(wearer.lateral) < 0.7)
    bare = old & ~np.any([layer.mask for layer in layers], axis=0)
    assert bare.sum() < 0.03 * old.sum()


@pytest.fixture
def in_sleeves():
    """A scene, and labels of long sleeves and a skirt in it, without the forearms."""
    large = draw_person(PERSON_STYLES["femi"], (768, 1024)).image
    photo = np.asarray(large.crop((134, 80, 634, 747)))
    scene = make_scene(photo, perceive(photo))
    labels = np.where(scene.mask, Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    near = np.abs(scene.lateral) < 0.5
    labels[scene.mask & near & (scene.height > 0) & (scene.height < 0.7)] = Label.UPPER
    labels[scene.mask & near & (scene.height > 0.8) & (scene.height < 1.4)] = Label.LOWER
    unit = scene.frame.shoulders_px
    for side in (0, 1):
        upper_arm = chain_mask(labels.shape, arm(scene.body, side)[:2], 0.14 * unit)
        labels[upper_arm & scene.mask & (scene.height > 0)] = Label.UPPER
    return scene, labels


def test_cloth_that_shows_beside_a_sleeve_keeps_its_label(in_sleeves):
    scene, labels = in_sleeves
    unit = scene.frame.shoulders_px
    chain = arm(scene.body, 0)
    core = np.stack([along(chain, share) for share in (0.55, 0.8)])
    forearm = chain_mask(labels.shape, core, 0.05 * unit)
    skirt = (scene.height > 0.6) & (scene.height < 1.4) & (scene.lateral < 0.5)
    skirt &= np.maximum.accumulate(forearm, axis=1) | (labels == Label.LOWER)
    beside = skirt & chain_mask(labels.shape, core, 0.1 * unit) & ~dilate(forearm, 3)
    lab = np.empty_like(scene.lab)
    lab[:] = 60, 5, 40
    lab[forearm] = 15, 0, 0
    labels[forearm | skirt] = Label.LOWER
    scene = attrs.evolve(scene, lab=lab, mask=scene.mask | skirt)
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    free = np.abs(scene.lateral) > 0.55
    assert (cleaned[forearm & free] == Label.UPPER).mean() > 0.9
    assert beside.sum() > 20
    assert (cleaned[beside & free] == Label.LOWER).mean() > 0.9


def test_a_midriff_between_long_sleeves_is_bare(in_sleeves):
    scene, labels = in_sleeves
    strip = (labels == Label.SKIN) & (scene.height > 0.7) & (scene.height < 0.8)
    strip &= np.abs(scene.lateral) < 0.5
    around = (
        dilate(strip, 0.3 * scene.frame.shoulders_px)
        & ~strip
        & (scene.height > 0.69)
        & (scene.height < 0.81)
    )
    labels[around] = Label.UPPER
    scene = attrs.evolve(scene, mask=scene.mask | around)
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    assert (cleaned[strip] == Label.SKIN).mean() > 0.9


def test_a_midriff_that_a_slanted_hem_bares_is_bare(femi):
    labels = femi.parse.labels.copy()
    front = femi.person & (np.abs(femi.lateral) < 0.45)
    waistband = 0.72 + 0.3 * femi.lateral
    labels[front & (femi.height > 0.3)] = Label.UPPER
    labels[front & (femi.height > waistband - 0.03)] = Label.SKIN
    labels[front & (femi.height > waistband)] = Label.LOWER
    wearer = attrs.evolve(femi, parse=attrs.evolve(femi.parse, labels=labels))
    assert has_bare_midriff(wearer)
    labels[front & (femi.height > 0.5) & (femi.height <= waistband)] = Label.UPPER
    assert not has_bare_midriff(wearer)


def test_a_belly_bared_above_a_slanted_waistband_has_no_trousers_on_it(femi):
    labels, rgb = femi.parse.labels.copy(), femi.rgb.copy()
    front = femi.person & (np.abs(femi.lateral) < 0.45)
    waistband = 0.72 + 0.3 * femi.lateral
    for label, height in (
        (Label.UPPER, 0.2),
        (Label.SKIN, waistband - 0.04),
        (Label.LOWER, waistband),
    ):
        labels[front & (femi.height > height)] = label
    rgb[labels == Label.LOWER] = 20, 40, 220
    wearer = attrs.evolve(femi, rgb=rgb, parse=attrs.evolve(femi.parse, labels=labels))
    cover = (front & (femi.height < 0.45)).astype(np.float32)
    old = old_garments(wearer, frozenset({"top"}))
    base, *_ = uncovered_base(wearer, frozenset({"top"}), old, cover)
    belly = (labels == Label.UPPER) & (femi.height > 0.5) & (np.abs(femi.lateral) < 0.3)
    assert (belly & (femi.height > 0.65)).sum() > 50
    assert (base[belly][:, 2] < base[belly][:, 0]).all()


def test_no_fringe_of_long_trousers_is_left_on_the_shoes_below_a_dress():
    wearer = seen_in(photo_of(PERSON_STYLES["ivan"]))
    categories = frozenset({"dress"})
    old = old_garments(wearer, categories)
    cover = ((wearer.height < 1.8) & wearer.person).astype(np.float32)
    _base, replaced, _arms, _wall = uncovered_base(wearer, categories, old, cover)
    shoes = wearer.labelled(Label.SHOE)
    fringe = shoes & dilate(old, 1)
    assert fringe.any()
    assert replaced[fringe].min() > 0.5
    assert replaced[shoes & ~dilate(old, 0.1 * wearer.frame.shoulders_px)].max() < 0.1


def test_nothing_of_a_sleeveless_dress_is_left_at_the_wrists():
    dress = GarmentStyle("dress", (24, 24, 28), sleeves="none", fit=1.0, length=0.8)
    photo = photo_of(attrs.evolve(PERSON_STYLES["devi"], dress=dress))
    preview = dress_person(photo, {"bottom": TROUSERS})
    wearer = seen_in(photo)
    old = (np.abs(photo.astype(int) - (24, 24, 28)).max(axis=2) < 30) & (wearer.height > 0.9)
    assert old.sum() > 1000
    left = old & (preview.image == photo).all(axis=2) & (wearer.height < 1.6)
    assert left.sum() < 0.002 * preview.edit_mask.sum()


def test_a_leg_that_is_a_little_shorter_than_the_other_ends_at_its_own_hem(femi):
    image = np.zeros((400, 260, 4), np.uint8)
    image[20:380, 60:200] = 40, 60, 120, 255
    image[150:, 125:135] = image[372:, :125] = 0
    garment = read_garment(image, "bottom")
    legs, _crotch = trouser_pins(garment, garment.landmarks, garment.landmarks.crotch, femi)
    hems = [float(pins.garment[:, 1].max()) for pins in legs]
    assert hems[1] - hems[0] == pytest.approx(8 * garment.shape.height / 360, abs=4)


def test_the_wall_and_no_skin_shows_beside_a_narrower_garment(femi):
    top = frozenset({"top"})
    old = femi.person & (np.abs(femi.lateral) < 0.46) & (femi.height > 0.2) & (femi.height < 1)
    cover = (old & (np.abs(femi.lateral) < 0.3)).astype(np.float32)
    base, _replaced, _skin, _wall = uncovered_base(femi, top, old, cover)
    wall = np.array(PERSON_STYLES["femi"].backdrop)
    beside = (np.abs(femi.lateral) > 0.34) & (np.abs(femi.lateral) < 0.42)
    beside &= (femi.height > 0.4) & (femi.height < 0.65)
    assert (np.abs(base[beside] - wall).max(axis=1) < 25).mean() > 0.9


def test_threads_of_a_garment_in_its_own_colour_belong_to_it(in_sleeves):
    scene, labels = in_sleeves
    near = (np.abs(scene.lateral) > 0.3) & (np.abs(scene.lateral) < 0.5)
    labels[near & (scene.height > 0.4) & (scene.height < 0.7)] = Label.SKIN
    rows = (scene.height > 0.5) & (scene.height < 0.53)
    dark, pale = near & rows & (scene.lateral < 0), near & rows & (scene.lateral > 0)
    labels[dark | pale] = Label.UPPER
    lab = np.empty_like(scene.lab)
    lab[:] = 70, 15, 18
    lab[((labels == Label.UPPER) & ~pale) | dark] = 10, 0, 0
    scene = attrs.evolve(scene, lab=lab)
    cleaned = cleaned_labels(scene, find_seeds(scene), labels)
    inside = scene.mask & (np.abs(scene.lateral) > 0.35) & (np.abs(scene.lateral) < 0.37)
    assert (cleaned[dark & inside] == Label.UPPER).mean() > 0.9
    assert (cleaned[pale & inside] == Label.SKIN).mean() > 0.5


TUNIC = GarmentStyle("top", (168, 36, 140), length=2.0)


@pytest.mark.parametrize("name", ["ben", "emil", "femi"])
def test_trousers_below_a_tunic_are_found_and_go_on_below_a_shorter_top(name):
    drawn = draw_person(attrs.evolve(PERSON_STYLES[name], top=TUNIC), SIZE)
    photo = np.asarray(drawn.image)
    worn = parse_person(photo, perceive(photo))
    assert not worn.is_dress
    for category in ("top", "bottom"):
        truth = np.asarray(drawn.masks[category]) > 127
        mask = worn.garment_mask(category)
        assert (mask & truth).sum() / (mask | truth).sum() > 0.85
    tee = GarmentStyle("top", (36, 132, 66), length=0.3)
    flat = np.asarray(draw_garment(tee, SIZE, background=None).image)
    preview = dress_person(photo, {"top": flat})
    red, green, blue = np.moveaxis(preview.image.astype(int), -1, 0)
    magenta = (red - green > 60) & (blue - green > 40)
    assert magenta.sum() < 0.01 * preview.edit_mask.sum()


def test_the_lowest_part_of_a_top_is_not_learned_as_the_shorts_below_it():
    wide = GarmentStyle("top", (168, 36, 140), sleeves="long", fit=0.8, flare=1.0, length=0.7)
    drawn = draw_person(attrs.evolve(PERSON_STYLES["femi"], top=wide), (768, 1024))
    photo = np.asarray(drawn.image)
    labels = parse_person(photo, perceive(photo)).labels
    top = np.asarray(drawn.masks["top"]) > 127
    assert (labels[top] == Label.LOWER).sum() < 0.001 * top.sum()


def test_a_border_of_a_dress_above_bare_legs_is_no_shorts():
    dress = GarmentStyle("dress", (168, 36, 140), sleeves="none", length=0.5)
    drawn = draw_person(attrs.evolve(PERSON_STYLES["femi"], dress=dress), SIZE)
    photo = np.asarray(drawn.image).copy()
    worn = np.asarray(drawn.masks["dress"]) > 127
    low = np.flatnonzero(worn.any(axis=1))[-1]
    border = worn & (np.arange(len(worn))[:, None] > low - 12)
    photo[border] = 206, 192, 160
    assert parse_person(photo, perceive(photo)).is_dress


def test_a_dress_with_bare_legs_or_boots_is_no_tunic():
    dress = GarmentStyle("dress", (168, 36, 140), sleeves="none", length=0.5)
    drawn = draw_person(attrs.evolve(PERSON_STYLES["ben"], dress=dress), SIZE)
    photo = np.asarray(drawn.image).copy()
    assert parse_person(photo, perceive(photo)).is_dress
    body = perceive(photo)
    knee = max(body.at(Joint.LEFT_KNEE)[1], body.at(Joint.RIGHT_KNEE)[1])
    skin = np.asarray(drawn.masks["skin"]) > 127
    boots = skin & (np.arange(len(skin))[:, None] > knee + 12)
    photo[boots] = 30, 28, 30
    assert parse_person(photo, perceive(photo)).is_dress


def test_hair_coloured_soles_next_to_a_top_coloured_toe_are_no_top(femi):
    scene = make_scene(femi.rgb, femi.body)
    labels = np.where(scene.mask, Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    labels[scene.mask & (np.abs(scene.lateral) < 0.5) & (scene.height < 0.9)] = Label.UPPER
    foot = scene.mask & (scene.height > scene.height[scene.mask].max() - 0.12)
    low = scene.height > scene.height[scene.mask].max() - 0.05
    labels[foot] = Label.UPPER
    labels[foot & low] = Label.HAIR
    lab = np.empty_like(scene.lab)
    lab[:] = 70, 15, 18
    lab[labels == Label.UPPER] = lab[foot] = 20, 0, 0
    scene = attrs.evolve(scene, lab=lab)
    assert not (cleaned_labels(scene, find_seeds(scene), labels)[foot] == Label.UPPER).any()


def test_the_skirt_does_not_go_on_where_a_cuff_hung_beside_it(femi):
    labels = femi.parse.labels.copy()
    at_wrist = (femi.height > 1.33) & (femi.height < 1.4) & (np.abs(femi.lateral) > 0.75)
    cuff = at_wrist & (np.abs(femi.lateral) < 1)
    labels[cuff] = Label.UPPER
    wearer = attrs.evolve(femi, person=femi.person | cuff)
    wearer = attrs.evolve(wearer, parse=attrs.evolve(femi.parse, labels=labels))
    top, nothing = frozenset({"top"}), np.zeros(femi.shape, np.float32)
    base, _replaced, skin, _wall = uncovered_base(
        wearer, top, wearer.labelled(Label.UPPER), nothing
    )
    shorts = np.array(PERSON_STYLES["femi"].bottom.colour)
    painted = base[cuff & ~skin & (np.abs(femi.lateral) > 0.8) & (np.abs(femi.lateral) < 0.95)]
    assert len(painted)
    assert (np.abs(painted - shorts).max(axis=1) < 12).mean() < 0.1


def test_no_corner_of_a_waistband_stands_out_beside_the_top_over_it(femi):
    def layer_on(name, colour, half, heights):
        low, high = heights
        mask = (np.abs(femi.lateral) < half) & (femi.height > low) & (femi.height < high)
        rgb = np.broadcast_to(np.float32(colour), (*femi.shape, 3)).copy()
        return Layer(name=name, rgb=rgb, alpha=mask.astype(np.float32))

    blue = layer_on("skirt", (20, 40, 200), 0.5, (0.7, 1.4))
    top = layer_on("torso", (200, 30, 30), 0.35, (0.05, 1.0))
    outfits = tuple(
        Outfit(category=category, layers=(layer,), sleeve_reach=(0.0, 0.0))
        for category, layer in (("bottom", blue), ("top", top))
    )
    image, _mask = compose(femi, outfits)
    is_blue = (image[..., 2] > 120) & (image[..., 0] < 60)
    beside = (np.abs(femi.lateral) > 0.38) & (np.abs(femi.lateral) < 0.46)
    assert not is_blue[beside & (femi.height > 0.75) & (femi.height < 0.93)].any()
    assert is_blue[beside & (femi.height > 1.05) & (femi.height < 1.1)].mean() > 0.9


def test_long_trousers_fall_over_the_upper_part_of_a_shoe(femi):
    labels = femi.parse.labels.copy()
    ankle = max(float(femi.frame.coordinates(femi.leg(side)[2])[0]) for side in (0, 1))
    boot = femi.person & (femi.height > ankle - 0.1)
    labels[boot] = Label.SHOE
    shoes = shoes_in_front(attrs.evolve(femi, parse=attrs.evolve(femi.parse, labels=labels)))
    assert not shoes[femi.height < ankle + 0.02].any()
    assert shoes[boot & (femi.height > ankle + 0.12)].all()


def test_a_narrow_dress_does_not_bulge_with_the_flared_one_that_it_replaces():
    flared = GarmentStyle("dress", (90, 140, 100), sleeves="none", fit=1.0, length=0.7)
    wearer = seen_in(photo_of(attrs.evolve(PERSON_STYLES["ben"], dress=flared)))
    narrow = GarmentStyle("dress", (120, 40, 60), sleeves="none", fit=0.1, length=0.7)
    flat = np.asarray(draw_garment(narrow, SIZE, background=None).image)
    layers = warp_garment(read_garment(flat, "dress"), wearer)
    new = np.any([layer.mask for layer in layers], axis=0)
    old = wearer.parse.garment_mask("dress")
    height = 1.4
    assert sum(half_widths(new, wearer, height)) < 0.92 * sum(half_widths(old, wearer, height))


def test_the_rim_of_an_old_hem_is_taken_off_the_trousers(femi):
    labels, photo = femi.parse.labels.copy(), femi.rgb.copy()
    front = femi.person & (np.abs(femi.lateral) < 0.4)
    labels[front & (femi.height > 0.3) & (femi.height < 0.9)] = Label.UPPER
    labels[front & (femi.height >= 0.9) & (femi.height < 1.3)] = Label.LOWER
    rim = (
        front
        & (femi.height >= 0.9)
        & (femi.height * femi.frame.torso_px < 2 + 0.9 * femi.frame.torso_px)
    )
    photo[rim] = 168, 36, 140
    wearer = attrs.evolve(femi, rgb=photo, parse=attrs.evolve(femi.parse, labels=labels))
    cover = (front & (femi.height < 0.85)).astype(np.float32)
    old = front & (labels == Label.UPPER)
    base, _replaced, _skin, _wall = uncovered_base(wearer, frozenset({"top"}), old, cover)
    first = rim & (np.abs(femi.lateral) < 0.3)
    red, green, _blue = np.moveaxis(base[first], -1, 0)
    assert (red - green < 80).mean() > 0.9
