import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.body import Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.base import old_garments, uncovered_base
from tryon_local.compose.fill import flow_across, flow_in
from tryon_local.compose.front import hair_in_front
from tryon_local.compose.light import contact_shadow, fold_shading, side_shading
from tryon_local.frame import along
from tryon_local.garment import read_garment
from tryon_local.imaging import chain_mask, dilate
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import Layer, make_wearer, warp_garment
from wearers import wearer_in

TOP = frozenset({"top"})


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    photo = np.asarray(person.image)
    return wearer_in(photo)


def layer_over(mask, colour=(200, 30, 30)):
    rgb = np.broadcast_to(np.array(colour, np.float32), (*mask.shape, 3)).copy()
    return Layer(name="torso", rgb=rgb, alpha=mask.astype(np.float32))


def test_colours_flow_in_from_known_pixels():
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, :32], rgb[:, 32:] = (10, 20, 30), (200, 100, 50)
    known = np.zeros((64, 64), bool)
    known[:, :8], known[:, -8:] = True, True
    filled = flow_in(rgb, known)
    assert filled[32, 4] == pytest.approx((10, 20, 30), abs=2)
    assert filled[32, 60] == pytest.approx((200, 100, 50), abs=2)
    middle = filled[32, 8:56, 0]
    assert middle.min() >= 9
    assert middle.max() <= 201


def test_light_changes_evenly_across_a_wide_hole_in_a_wall():
    rgb = np.full((512, 384, 3), 210, np.uint8)
    rgb[:, 192:] = 140
    known = np.ones((512, 384), bool)
    known[40:472, 130:254] = False
    slope = np.abs(np.diff(flow_across(rgb, known)[256, :, 0]))
    assert slope.max() < 1.2 * (210 - 140) / (254 - 130)


def test_a_single_known_colour_fills_everything():
    rgb = np.full((40, 56, 3), 7, np.uint8)
    rgb[20, 20] = (90, 80, 70)
    known = np.zeros((40, 56), bool)
    known[20, 20] = True
    assert np.allclose(flow_in(rgb, known), (90, 80, 70), atol=1)


def test_uncovered_parts_of_the_old_top_vanish(wearer):
    old = old_garments(wearer, TOP)
    nothing = np.zeros(wearer.shape, np.float32)
    base, replaced, _invented, _wall = uncovered_base(wearer, TOP, old, nothing)
    inner = old & (replaced > 0.99)
    change = np.abs(base - wearer.rgb).sum(axis=2)
    assert inner.sum() > 0.9 * old.sum()
    assert np.median(change[inner]) > 30


@pytest.mark.parametrize(("radius", "is_stout"), [(0.08, False), (0.17, True)])
def test_arms_without_their_sleeves_are_as_stout_as_what_is_bare(wearer, radius, is_stout):
    unit, chain = wearer.frame.shoulders_px, wearer.arm(0)
    forearm = chain_mask(wearer.shape, chain[1:], radius * unit)
    sleeve = chain_mask(wearer.shape, chain[:2], 0.25 * unit) & ~forearm
    labels = np.where(sleeve, Label.UPPER, np.where(forearm, Label.SKIN, Label.BACKGROUND))
    body = attrs.evolve(wearer.body, mask=(sleeve | forearm).astype(np.float32))
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8), is_dress=False)
    worn = make_wearer(wearer.rgb, body, parse)
    nothing = np.zeros(worn.shape, np.float32)
    _base, _replaced, invented, _wall = uncovered_base(worn, TOP, old_garments(worn, TOP), nothing)
    x, y = np.rint(along(chain, 0.3) - worn.frame.across * (0.175 * unit)).astype(int)
    assert invented[y, x] == is_stout


def test_nothing_is_replaced_under_full_cover_but_an_arm_in_front(wearer):
    everything = np.ones(wearer.shape, np.float32)
    base, replaced, _invented, _wall = uncovered_base(
        wearer, TOP, old_garments(wearer, TOP), everything
    )
    trunk = np.abs(wearer.lateral) < 0.3
    assert not replaced[trunk].any()
    assert (base == wearer.rgb)[trunk].all()


def test_top_and_bottom_together_replace_all_clothes(wearer):
    both = old_garments(wearer, frozenset({"top", "bottom"}))
    top, bottom = (old_garments(wearer, frozenset({name})) for name in ("top", "bottom"))
    assert (both == (top | bottom)).all()
    assert not (top & bottom).any()


def test_a_belly_is_seen_up_to_a_curved_hem_and_a_curved_waistband(wearer):
    across, height = np.abs(wearer.lateral), wearer.height
    curve = np.clip(1 - (across / 0.4) ** 2, 0, 1) * 0.05
    is_covered = (across < 0.4) & (height > 0) & (height < 1.4)
    belly = is_covered & (height > 0.7 + curve) & (height < 0.85 + curve)
    cover = (is_covered & ~belly).astype(np.float32)
    both = frozenset({"top", "bottom"})
    _base, _replaced, _skin, wall = uncovered_base(wearer, both, old_garments(wearer, both), cover)
    assert wall[belly & (across < 0.38)].max() < 0.5


def test_a_belly_is_seen_beside_a_hem_whose_middle_hangs_over_the_waistband(wearer):
    across, height = np.abs(wearer.lateral), wearer.height
    is_covered = (across < 0.4) & (height > 0) & (height < 1.4)
    belly = is_covered & (height > 0.7) & (height < 0.78) & (across > 0.1)
    cover = (is_covered & ~belly).astype(np.float32)
    both = frozenset({"top", "bottom"})
    _base, _replaced, _skin, wall = uncovered_base(wearer, both, old_garments(wearer, both), cover)
    assert wall[belly & (across < 0.38)].max() < 0.5


def test_a_belly_is_seen_up_to_the_curved_hem_of_a_short_top(wearer):
    across, height = np.abs(wearer.lateral), wearer.height
    curve = np.clip(1 - (across / 0.4) ** 2, 0, 1) * 0.05
    is_covered = (across < 0.4) & (height > 0) & (height < 0.6 + curve)
    belly = ~is_covered & (across < 0.38) & (height > 0.55) & (height < 0.7)
    cover = is_covered.astype(np.float32)
    _base, _replaced, _skin, wall = uncovered_base(wearer, TOP, old_garments(wearer, TOP), cover)
    assert wall[belly].max() < 0.5


def test_trousers_are_seen_up_to_a_hem_from_whose_middle_a_bow_hangs(wearer):
    across, height = np.abs(wearer.lateral), wearer.height
    body = (across < 0.4) & (height > 0) & (height < 0.8)
    top = layer_over(body | ((across < 0.04) & (height > 0) & (height < 1.1)))
    bottom = layer_over((across < 0.4) & (height > 0.7) & (height < 1.6), colour=(30, 30, 200))
    outfits = [
        Outfit(category=category, layers=(layer,), sleeve_reach=(0.0, 0.0))
        for category, layer in (("bottom", bottom), ("top", top))
    ]
    image, _ = compose(wearer, tuple(outfits))
    beside_bow = (across > 0.1) & (across < 0.25) & (height > 0.84) & (height < 1.05)
    assert (image[beside_bow][:, 2] > 120).mean() > 0.95


def test_the_hem_of_a_worn_top_is_even_and_shows_no_old_waistband(wearer):
    height, unit = wearer.height, wearer.frame.shoulders_px
    front = (np.abs(wearer.lateral) < 0.5) & (height > 0.3) & (height < 1.6)
    # Teeth reach up and down where the colours of both garments are alike.
    teeth = 0.02 * np.sign(np.sin(wearer.lateral * (2 * np.pi / 0.08)))
    labels = np.where(height < 0.9 + teeth, Label.UPPER, Label.LOWER)
    labels = np.where(front, labels, Label.BACKGROUND).astype(np.uint8)
    rgb = np.full_like(wearer.rgb, 128)
    rgb[front & (height < 0.9)], rgb[front & (height >= 0.9)] = (30, 30, 30), (230, 200, 40)
    body = attrs.evolve(wearer.body, mask=front.astype(np.float32))
    parse = attrs.evolve(wearer.parse, labels=labels, is_dress=False)
    worn = make_wearer(rgb, body, parse)
    layer = layer_over(front & (height > 0.8), colour=(30, 30, 200))
    outfit = Outfit(category="bottom", layers=(layer,), sleeve_reach=(0.0, 0.0))
    image, _mask = compose(worn, (outfit,))
    columns = np.arange(worn.shape[1])
    inner = front & (np.abs(columns - wearer.frame.neck[0]) < 0.35 * unit)
    new = inner & (image[..., 2] > 100)
    hem = np.where(new, height, np.inf).min(axis=0)[inner.any(axis=0)]
    assert np.ptp(hem) * wearer.frame.torso_px < 2
    yellow = inner & (image[..., 0].astype(int) - image[..., 2] > 60)
    assert not yellow.any()


def test_half_of_a_worn_dress_stays(wearer):
    labels = np.where(wearer.labelled(Label.LOWER), Label.UPPER, wearer.parse.labels)
    parse = type(wearer.parse)(labels=labels.astype(np.uint8), is_dress=True)
    dressed = make_wearer(wearer.rgb, wearer.body, parse)
    top, bottom = (old_garments(dressed, frozenset({name})) for name in ("top", "bottom"))
    # A top hangs over the waist, and trousers go over it.
    at_waist = (dressed.height > 0.6) & (dressed.height < 0.85)
    assert not (top & bottom & ~at_waist).any()
    assert np.nonzero(top)[0].mean() < np.nonzero(bottom)[0].mean()


def test_an_even_garment_has_no_folds(wearer):
    rgb = np.full_like(wearer.rgb, 120)
    even = make_wearer(rgb, wearer.body, wearer.parse)
    assert np.allclose(fold_shading(even, old_garments(even, TOP)), 1, atol=1e-3)


def test_folds_are_repeated_and_prints_are_not(wearer):
    old = old_garments(wearer, TOP)
    across = np.arange(wearer.shape[1]) / wearer.frame.shoulders_px
    folded = np.repeat((120 + 8 * np.sin(30 * across))[None], wearer.shape[0], axis=0)
    striped = np.where(np.sin(120 * across) > 0, 220, 30)[None].repeat(wearer.shape[0], axis=0)
    spreads = []
    for grey in (folded, striped):
        rgb = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
        shading = fold_shading(make_wearer(rgb, wearer.body, wearer.parse), old)
        spreads.append(float(shading[old].std()))
    assert spreads[0] > 0.005
    assert spreads[1] < 1e-6


def test_wall_that_was_taken_for_the_garment_is_no_light_on_a_fold(wearer):
    old = old_garments(wearer, TOP)
    rgb = np.full_like(wearer.rgb, 90)
    spot = (np.abs(wearer.lateral) < 0.06) & (np.abs(wearer.height - 0.5) < 0.04)
    rgb[spot] = 235
    shading = fold_shading(make_wearer(rgb, wearer.body, wearer.parse), old)
    assert spot.sum() > 50
    assert shading[spot].max() < 1.02


def test_sides_are_darker_than_the_middle():
    alpha = np.zeros((60, 60), np.float32)
    alpha[10:50, 10:50] = 1
    shading = side_shading(alpha, unit_px=60)
    assert shading[30, 11] < shading[30, 30] <= 1


def test_a_shadow_falls_below_the_hem():
    mask = np.zeros((80, 60), bool)
    mask[10:40, 10:50] = True
    shadow = contact_shadow((layer_over(mask),), unit_px=100)
    assert shadow[42, 30] < 1
    assert shadow[70, 30] == pytest.approx(1, abs=1e-3)
    assert shadow[2, 30] > shadow[42, 30]


def test_the_image_changes_only_inside_the_edit_mask(wearer):
    mask = old_garments(wearer, TOP)
    outfit = Outfit(category="top", layers=(layer_over(mask),), sleeve_reach=(0, 0))
    image, edit_mask = compose(wearer, (outfit,))
    assert (image[~edit_mask] == wearer.rgb[~edit_mask]).all()
    assert (image[edit_mask] != wearer.rgb[edit_mask]).any(axis=1).mean() > 0.8


def test_face_and_hair_stay_in_front_of_a_garment(wearer):
    everywhere = np.ones(wearer.shape, bool)
    outfit = Outfit(category="top", layers=(layer_over(everywhere),), sleeve_reach=(1, 1))
    image, edit_mask = compose(wearer, (outfit,))
    x, y = np.rint(wearer.frame.head_centre).astype(int)
    assert (image[y, x] == wearer.rgb[y, x]).all()
    assert not edit_mask[y, x]


def test_hair_loses_the_rim_that_the_old_garment_tints_and_only_below_the_chin(wearer):
    chin_height = float(wearer.frame.coordinates(wearer.frame.chin)[0])
    strand = (np.abs(wearer.lateral - 0.25) < 0.1) & (wearer.height < chin_height + 0.2)
    strand &= wearer.height > chin_height - 0.2
    labels = np.where(strand, np.uint8(Label.HAIR), np.uint8(Label.UPPER))
    long_haired = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    lost = strand & ~hair_in_front(long_haired, labels == Label.UPPER)
    assert lost.any()
    assert wearer.height[lost].min() > chin_height
    off_middle = np.abs(wearer.lateral[lost & (wearer.height < chin_height + 0.1)] - 0.25)
    assert off_middle.min() > 0.05


def test_the_shadow_of_the_chin_before_the_neck_is_no_hair_in_front(wearer):
    chin_height = float(wearer.frame.coordinates(wearer.frame.chin)[0])
    shadow = (np.abs(wearer.lateral) < 0.12) & (wearer.height < chin_height + 0.1)
    shadow &= wearer.height > chin_height - 0.1
    labels = np.where(shadow, np.uint8(Label.HAIR), np.uint8(Label.SKIN))
    seen = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    front = hair_in_front(seen, np.zeros(wearer.shape, bool))
    assert (front == shadow & (wearer.height <= chin_height)).all()


def test_the_wall_is_seen_between_a_free_arm_and_the_side():
    photo = np.asarray(draw_person(PERSON_STYLES["chika"]).image)
    body = perceive(photo)
    chika = make_wearer(photo, body, parse_person(photo, body))
    dress = np.asarray(draw_garment(GARMENT_STYLES["wine knit dress"]).image)
    layers = warp_garment(read_garment(dress, "dress"), chika)
    image, _edit_mask = compose(
        chika, (Outfit(category="dress", layers=layers, sleeve_reach=(0.9, 0.9)),)
    )
    near = dilate(np.max([layer.alpha for layer in layers], axis=0) > 0.05, 2)
    wine = (image[..., 0] > 1.6 * image[..., 1]) & (image[..., 1] < 90)
    chest = (chika.height > 0.1) & (chika.height < 0.7)
    assert (wine & chest & ~near).sum() < 10


@pytest.mark.parametrize(
    ("end", "wide_from", "is_fold"), [(0.6, 0.6, True), (1.0, 1.0, False), (0.66, 0.54, False)]
)
def test_a_slit_below_an_armpit_is_a_fold_unless_it_goes_on_to_the_hem_or_widens(
    wearer, end, wide_from, is_fold
):
    across, height = np.abs(wearer.lateral), wearer.height
    wide = (across < 0.8) & (height > 0) & (height < 1.1)
    labels = np.where(wide, Label.UPPER, wearer.parse.labels).astype(np.uint8)
    body = attrs.evolve(wearer.body, mask=np.maximum(wearer.body.mask, wide).astype(np.float32))
    worn = make_wearer(wearer.rgb, body, attrs.evolve(wearer.parse, labels=labels))
    slit = (across > 0.45) & (across < np.where(height > wide_from, 0.6, 0.49))
    slit &= (height > 0.3) & (height < end)
    top = Outfit(
        category="top",
        layers=(layer_over(wide & ~slit & (height < 1.0)),),
        sleeve_reach=(0.5, 0.5),
    )
    image, _edit_mask = compose(worn, (top,))
    inside = (np.abs(across - 0.47) < 0.006) & (np.abs(height - 0.5) < 0.03)
    assert (image[inside][:, 1] < 60).all() == is_fold
