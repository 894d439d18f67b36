"""Clean labels: no specks, no slivers, no holes, no stray hair."""

import numpy as np

from tryon_local.body import BoolArray, ByteArray, Label
from tryon_local.imaging import closed, dilate, fill_holes, largest_components, opened, touching
from tryon_local.parsing.scene import Scene, Seeds

_OPEN_PX, _CLOSE_PX, _BRIDGE_PX = 1, 3, 7
_MIN_SHARE = 0.06
_SLIVER_RADIUS = 0.04
_STRAPS_END = 0.35
_BELOW_CHEST = 0.5


def cleaned_labels(scene: Scene, seeds: Seeds, labels: ByteArray) -> ByteArray:
    """Return the labels with each garment in one piece or few."""
    cleaned = labels.copy()
    hair = labels == Label.HAIR
    cleaned[hair & ~touching(hair, seeds.head)] = Label.SKIN
    for label in (Label.UPPER, Label.LOWER):
        mask = labels == label
        whole = _without_slivers(scene, mask)
        cleaned[mask & ~whole] = Label.SKIN
        bare = (cleaned == Label.HAIR) | ((cleaned == Label.SKIN) & (seeds.arms | seeds.hands))
        filled = closed(whole, _BRIDGE_PX) & scene.mask & ~bare & (cleaned != _other(label))
        cleaned[filled] = label
    return _without_islands(seeds, _with_waistband(scene, cleaned))


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


def _without_islands(seeds: Seeds, labels: ByteArray) -> ByteArray:
    """Take skin for cloth where cloth surrounds it on all sides, as light spots of sequins."""
    clothes = (labels == Label.UPPER) | (labels == Label.LOWER)
    islands = fill_holes(clothes) & (labels == Label.SKIN)
    islands &= ~touching(labels == Label.SKIN, seeds.hands | seeds.face)
    if not islands.any():
        return labels
    lower = dilate(labels == Label.LOWER, _BRIDGE_PX)
    upper = dilate(labels == Label.UPPER, _BRIDGE_PX)
    cleaned = labels.copy()
    cleaned[islands & (upper | ~lower)] = Label.UPPER
    cleaned[islands & lower & ~upper] = Label.LOWER
    return cleaned


def _without_slivers(scene: Scene, mask: BoolArray) -> BoolArray:
    """Drop specks, and below the straps whatever is narrower than cloth would be."""
    radius_px = _SLIVER_RADIUS * scene.frame.shoulders_px
    broad = mask & dilate(opened(mask, radius_px), radius_px)
    kept = np.where(scene.height < _STRAPS_END, opened(mask, _OPEN_PX), broad)
    return largest_components(closed(kept, _CLOSE_PX), _MIN_SHARE)


def _other(label: Label) -> Label:
    return Label.LOWER if label == Label.UPPER else Label.UPPER
