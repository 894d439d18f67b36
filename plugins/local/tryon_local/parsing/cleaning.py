"""Clean labels: no specks, no slivers, no holes, no stray hair."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Label
from tryon_local.frame import SIDES, arm, hand
from tryon_local.imaging import (
    bounding_box,
    capsule_mask,
    chain_mask,
    closed,
    connected_parts,
    dilate,
    fill_holes,
    gaussian,
    largest_components,
    less,
    measured_parts,
    opened,
    picked,
    pixels_in,
    squared_length,
    touching,
)
from tryon_local.parsing.scene import Scene, Seeds

_OPEN_PX, _CLOSE_PX, _BRIDGE_PX = 1, 3, 7
_SAMPLES = 2000
_AVERAGED_PX = 3.0
"""Blur in which the spots of a print are one colour."""
_HUE_FIRST = np.array([0.5, 1.0, 1.0], dtype=np.float32)
"""Weights of lightness and of both hues: cloth and skin may be as light as each other in places."""
_SHINY = 15.0
"""Difference, with these weights, at which a colour may be that of cloth that shines."""
_MIN_SHARE = 0.06
_SLIVER_RADIUS = 0.04
_STRAPS_END = 0.35
_BELOW_CHEST = 0.5
_BAND, _SIDES, _WAIST, _HIPS = 0.2, 0.25, 0.6, 1.1
"""How far above trousers or skirt their waistband may end, and lateral of its sides, in S; heights
between which it lies, in T."""
_MIDRIFF = 0.4
"""Width of a bare midriff at least, in S."""
_FREE, _ARM_CORE, _FOREARM, _ARM_WIDTH, _CUFF_WIDTH = 0.5, 0.05, 0.1, 0.14, 0.2
"""Lateral from which an arm hangs beside the hips; radii of its middle, of the forearm, of all of
it and of a wide cuff, in S."""
_BUCKLE, _ON_SHOULDER = 0.08, -0.15
"""Length of a buckle of a strap, in S, and height of the highest straps, in T."""
_FEET = 2.2
"""Height, in T, below which a piece of a top is a part of a shoe."""
_ABOVE_CUFF, _BELOW_NECKLINE = 0.7, 0.05
"""Share of the forearm that is looked at; height below which a sleeve has no neckline."""


def cleaned_labels(scene: Scene, seeds: Seeds, labels: ByteArray) -> ByteArray:
    """Return the labels with each garment in one piece or few."""
    cleaned = labels.copy()
    hair = labels == Label.HAIR
    stray = hair & ~touching(hair, seeds.head)
    cleaned[stray] = Label.SKIN
    # Dark cuffs, and a dark print, may have the colour of hair.
    upper, skin = labels == Label.UPPER, labels == Label.SKIN
    on_cloth = touching(stray, dilate(upper, _OPEN_PX)) & (scene.height > _STRAPS_END)
    cleaned[_nearer_to(scene, on_cloth, upper, skin)] = Label.UPPER
    for label in (Label.UPPER, Label.LOWER):
        mask = cleaned == label
        whole = _without_slivers(scene, mask)
        dropped = mask & ~whole
        near = dropped & dilate(whole, _BUCKLE * scene.frame.shoulders_px)
        cleaned[dropped & ~_nearer_to(scene, near, whole, skin)] = Label.SKIN
        if label == Label.UPPER:
            # Where pale trousers shine they may have the colour of a white top.
            lower = labels == Label.LOWER
            pieces = _beside_rather(dropped, lower, whole)
            cleaned[pieces & _alike(scene, pieces, lower)] = Label.LOWER
        bare = (cleaned == Label.HAIR) | ((cleaned == Label.SKIN) & (seeds.arms | seeds.hands))
        filled = closed(whole, _BRIDGE_PX) & scene.mask & ~bare & (cleaned != _other(label))
        cleaned[filled] = label
    # A sole may have the colour of the top.
    upper = cleaned == Label.UPPER
    low = upper & (scene.height > _FEET)
    cleaned[low & ~touching(upper, upper & ~low)] = Label.SHOE
    cleaned = _with_waistband(scene, _with_sleeves(scene, seeds, cleaned))
    cleaned = _with_sides_of_waistband(scene, cleaned)
    return _without_islands(scene, seeds, cleaned)


def _with_sleeves(scene: Scene, seeds: Seeds, labels: ByteArray) -> ByteArray:
    """Make one thing of an arm that hangs free: bare, or sleeved from the shoulder down.

    Dark cloth of a sleeve may have the colour of trousers, and light spots that of skin.
    """
    unit = scene.frame.shoulders_px
    free = (np.abs(scene.lateral) > _FREE) & scene.mask
    cleaned = labels.copy()
    for side in SIDES:
        shoulder, elbow, wrist = arm(scene.body, side)
        end = elbow + _ABOVE_CUFF * (wrist - elbow)
        knuckle = hand(scene.body, side)[1]
        upper_arm = capsule_mask(scene.shape, shoulder, elbow, _ARM_CORE * unit) & scene.mask
        forearm = capsule_mask(scene.shape, elbow, end, _ARM_CORE * unit) & free
        if not forearm.any() or not upper_arm.any():
            continue
        below = (wrist + knuckle) / 2
        around = capsule_mask(scene.shape, elbow, below, _FOREARM * unit) & free
        if (labels[forearm] == Label.LOWER).mean() > 0.2:  # noqa: PLR2004
            is_bare = (labels[upper_arm] == Label.SKIN).mean() > 0.5  # noqa: PLR2004
            around &= labels == Label.LOWER
            hips = (labels == Label.LOWER) & ~free
            arm_like = _nearer_to(scene, around, forearm, hips)
            cleaned[arm_like] = Label.SKIN if is_bare else Label.UPPER
        if (cleaned[forearm] == Label.UPPER).mean() > 0.6:  # noqa: PLR2004
            sleeve = capsule_mask(scene.shape, shoulder, elbow, _ARM_WIDTH * unit)
            sleeve |= capsule_mask(scene.shape, elbow, end, _ARM_WIDTH * unit)
            sleeve &= free & (scene.height > _BELOW_NECKLINE)
            cleaned[sleeve & (cleaned == Label.SKIN)] = Label.UPPER
            cuff = capsule_mask(scene.shape, end, below, _FOREARM * unit) & free
            lower = cleaned == Label.LOWER
            beside = touching(lower & cuff, dilate(lower & ~cuff, 1))
            cleaned[lower & cuff & ~beside] = Label.UPPER
            bare = cuff & (cleaned == Label.SKIN) & ~seeds.hands
            cleaned[_nearer_to(scene, bare, forearm, seeds.hands)] = Label.UPPER
            # Slivers along a sleeve and wide cuffs are no trousers: these are broad.
            lower = cleaned == Label.LOWER
            wide = capsule_mask(scene.shape, elbow, below, _CUFF_WIDTH * unit) & free
            slivers = lower & wide & ~opened(lower, _SLIVER_RADIUS * unit)
            cleaned[slivers] = Label.UPPER
    lower = cleaned == Label.LOWER
    crumbs = lower & ~largest_components(lower, _MIN_SHARE) & seeds.arms
    cleaned[touching(crumbs, dilate(cleaned == Label.UPPER, 1))] = Label.UPPER
    return cleaned


def _nearer_to(scene: Scene, where: BoolArray, one: BoolArray, other: BoolArray) -> BoolArray:
    """Return where colours, averaged over a few pixels, are more like one place than another."""
    box = bounding_box(where)
    if box is None or not one.any() or not other.any():
        return where
    part = slice(box[1], box[3]), slice(box[0], box[2])
    blurred = gaussian(np.ascontiguousarray(scene.lab[part]), _AVERAGED_PX)
    to_one, to_other = (
        squared_length(_HUE_FIRST * less(blurred, _usual_colour(scene, at))) for at in (one, other)
    )
    nearer = np.zeros_like(where)
    nearer[part] = to_one < to_other
    return nearer & where


def _beside_rather(pieces: BoolArray, one: BoolArray, other: BoolArray) -> BoolArray:
    """Return the pieces that border more on one mask than on another."""
    count, regions = connected_parts(pieces)
    rims = cv2.dilate(regions.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    borders = [np.bincount(rims[mask & ~pieces], minlength=count) for mask in (one, other)]
    is_beside = borders[0] > borders[1]
    is_beside[0] = False
    return picked(regions, is_beside)


def _alike(scene: Scene, where: BoolArray, place: BoolArray) -> BoolArray:
    """Return where a colour may be that of a place in another light."""
    alike = np.zeros_like(where)
    if where.any() and place.any():
        apart = _HUE_FIRST * (pixels_in(scene.lab, where) - _usual_colour(scene, place))
        alike[where] = squared_length(np.asarray(apart, np.float32)) < _SHINY**2
    return alike


def _usual_colour(scene: Scene, at: BoolArray) -> FloatArray:
    every = 1 + int(np.count_nonzero(at)) // _SAMPLES
    return np.median(pixels_in(scene.lab, at, every), axis=0).astype(np.float32)


def whole_dress(scene: Scene, labels: ByteArray) -> ByteArray:
    """Take skin between chest and hem for light spots of the dress, but for arms and hands."""
    unit = scene.frame.shoulders_px
    upper = labels == Label.UPPER
    if not upper.any():
        return labels
    hem = float(np.percentile(scene.height[upper], 97))
    inside = (scene.height > _BELOW_CHEST) & (scene.height < hem) & (labels == Label.SKIN)
    for side in SIDES:
        wrist, knuckle = hand(scene.body, side)
        inside &= ~chain_mask(scene.shape, arm(scene.body, side), _ARM_WIDTH * unit)
        inside &= ~capsule_mask(scene.shape, wrist, 2 * knuckle - wrist, _ARM_WIDTH * unit)
    return np.where(inside, np.uint8(Label.UPPER), labels)


def _with_waistband(scene: Scene, labels: ByteArray) -> ByteArray:
    """Give a band below a bare midriff to the trousers or skirt that it lies on.

    By their colours a black belt and black trousers may be the black top, too.
    """
    upper = labels == Label.UPPER
    solid = opened(upper, _SLIVER_RADIUS * scene.frame.shoulders_px)
    from_chest = touching(solid, solid & (scene.height < _BELOW_CHEST))
    band = touching(solid & ~from_chest, dilate(labels == Label.LOWER, _BRIDGE_PX))
    if not band.any():
        return labels
    near = dilate(band, _BRIDGE_PX) & upper & ~dilate(from_chest, _BRIDGE_PX)
    return np.where(band | near, np.uint8(Label.LOWER), labels)


def _with_sides_of_waistband(scene: Scene, labels: ByteArray) -> ByteArray:
    """Give the ends of a waistband that were taken for the top to what is worn below."""
    upper, lower = labels == Label.UPPER, labels == Label.LOWER
    trunk = upper & (scene.height < _WAIST)
    ends = upper & dilate(lower, _BAND * scene.frame.shoulders_px)
    ends &= (np.abs(scene.lateral) > _SIDES) & (scene.height > _WAIST) & (scene.height < _HIPS)
    if not ends.any() or not trunk.any():
        return labels
    band = opened(_nearer_to(scene, ends, lower, trunk), _OPEN_PX)
    return np.where(touching(band, dilate(lower, 1)), np.uint8(Label.LOWER), labels)


def _without_islands(scene: Scene, seeds: Seeds, labels: ByteArray) -> ByteArray:
    """Take skin for cloth where cloth surrounds it on all sides, as light spots of sequins."""
    # A button of trousers may have the colour of the top above it.
    within = fill_holes(labels == Label.LOWER) & (labels == Label.UPPER)
    labels = np.where(within, np.uint8(Label.LOWER), labels)
    clothes = (labels == Label.UPPER) | (labels == Label.LOWER)
    islands = fill_holes(clothes) & (labels == Label.SKIN)
    islands &= ~touching(labels == Label.SKIN, seeds.hands | seeds.face)
    islands &= ~_bare_midriff(scene, islands)
    if not islands.any():
        return labels
    lower = dilate(labels == Label.LOWER, _BRIDGE_PX)
    upper = dilate(labels == Label.UPPER, _BRIDGE_PX)
    cleaned = labels.copy()
    cleaned[islands & (upper | ~lower)] = Label.UPPER
    cleaned[islands & lower & ~upper] = Label.LOWER
    return cleaned


def _bare_midriff(scene: Scene, islands: BoolArray) -> BoolArray:
    """Return the islands as wide as a waist: arms in long sleeves enclose what the top bares."""
    regions, stats = measured_parts(islands)
    is_wide = stats[:, cv2.CC_STAT_WIDTH] > _MIDRIFF * scene.frame.shoulders_px
    is_wide &= stats[:, cv2.CC_STAT_WIDTH] > 2 * stats[:, cv2.CC_STAT_HEIGHT]
    is_wide[0] = False
    return picked(regions, is_wide)


def _without_slivers(scene: Scene, mask: BoolArray) -> BoolArray:
    """Drop specks, and below the straps whatever is narrower than cloth would be."""
    radius_px = _SLIVER_RADIUS * scene.frame.shoulders_px
    broad = mask & dilate(opened(mask, radius_px), radius_px)
    straps = scene.height < _STRAPS_END
    kept = closed(np.where(straps, opened(mask, _OPEN_PX), broad), _CLOSE_PX)
    main = largest_components(kept, _MIN_SHARE)
    # A buckle may part a strap from the rest.
    near = dilate(main, _BUCKLE * scene.frame.shoulders_px)
    return main | touching(kept & straps & (scene.height > _ON_SHOULDER), near)


def _other(label: Label) -> Label:
    return Label.LOWER if label == Label.UPPER else Label.UPPER
