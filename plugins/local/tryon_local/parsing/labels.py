"""Label every pixel of the person, at working size."""

import numpy as np

from tryon_local.body import ByteArray, FloatArray, Label
from tryon_local.imaging import bounding_box, erode, guided_filter
from tryon_local.parsing.cleaning import cleaned_labels, whole_dress
from tryon_local.parsing.feet import shoe_cost
from tryon_local.parsing.models import Costs
from tryon_local.parsing.outfit import Outfit
from tryon_local.parsing.scene import SMOOTHING_PX, Scene, Seeds

_NEVER = 60.0
_COST_RANGE = (-10.0, 80.0)
_SOFTMAX_FACTOR = 0.7
_EPS = 2e-3
_BESIDE_TORSO = 0.62
_WAIST = 0.7
_BEFORE_HIPS = 4.0
"""Cost of cloth of trousers or skirt in the middle of an arm."""
_ARM_RIM = 0.045
"""How much of an arm, on either side, may be what it hangs before, in S."""
_COLLAR, _BESIDE_NECK = 0.12, 0.17
"""How far a collar may stand above the chin, in T, and how far from the neck, in S."""
_LABELS = (Label.SKIN, Label.HAIR, Label.UPPER, Label.LOWER, Label.SHOE)


def label_pixels(scene: Scene, seeds: Seeds, costs: Costs, outfit: Outfit) -> ByteArray:
    """Return the labels, shape (h, w)."""
    stack = np.stack(
        [
            _skin_cost(seeds, costs),
            _hair_cost(scene, seeds, costs),
            _upper_cost(scene, seeds, costs, outfit),
            _lower_cost(scene, seeds, costs, outfit),
            shoe_cost(scene, seeds, costs, _NEVER),
        ]
    )
    best = np.argmax(_smoothed(scene, stack), axis=-1)
    labels = np.array(_LABELS, dtype=np.uint8)[best]
    labels[~scene.mask] = Label.BACKGROUND
    cleaned = cleaned_labels(scene, seeds, labels)
    return whole_dress(scene, cleaned) if outfit.is_dress else cleaned


def _skin_cost(seeds: Seeds, costs: Costs) -> FloatArray:
    # Between thumb and fingers the cloth of a pocket may be seen.
    bare = seeds.face | (seeds.hands & costs.skin_like)
    cost = costs.skin + 3.0 * seeds.torso - 8.0 * bare
    return np.asarray(cost, dtype=np.float32)


def _hair_cost(scene: Scene, seeds: Seeds, costs: Costs) -> FloatArray:
    if costs.hair is None:
        return np.full(scene.shape, _NEVER, dtype=np.float32)
    low = np.clip(8 * (scene.height - 0.55), 0, 8)
    wide = np.clip(10 * (np.abs(scene.lateral) - 0.75), 0, 8)
    above_chin = scene.height < seeds.chin_height
    cost = costs.hair + 2.0 + low + wide - 6.0 * above_chin
    return np.asarray(cost, dtype=np.float32)


def _upper_cost(scene: Scene, seeds: Seeds, costs: Costs, outfit: Outfit) -> FloatArray:
    beside_neck = (np.abs(scene.lateral - seeds.chin_lateral) > _BESIDE_NECK) & (
        scene.height > seeds.chin_height - _COLLAR
    )
    cost = costs.upper + _NEVER * ((scene.height < seeds.chin_height) & ~beside_neck)
    if outfit.waist_height is not None:
        cost = cost + _NEVER * (scene.height > outfit.waist_height)
    if not outfit.is_dress:
        cost = cost + np.clip(14 * (scene.height - outfit.hem_height), 0, 40)
    return np.asarray(cost, dtype=np.float32)


def _lower_cost(scene: Scene, seeds: Seeds, costs: Costs, outfit: Outfit) -> FloatArray:
    cost = costs.lower + _NEVER * (scene.height < seeds.chin_height) + 20.0 * outfit.is_dress
    if outfit.waist_height is not None:
        cost = cost + _NEVER * (scene.height < outfit.waist_height)
    beside = seeds.arms & (np.abs(scene.lateral) > _BESIDE_TORSO) & (scene.height < _WAIST)
    cost = cost + np.clip(14 * (outfit.hem_height - scene.height), 0, _NEVER) + 6.0 * beside
    cost = cost + _BEFORE_HIPS * erode(seeds.arms, _ARM_RIM * scene.frame.shoulders_px)
    return np.asarray(cost, dtype=np.float32)


def _smoothed(scene: Scene, stack: FloatArray) -> FloatArray:
    """Turn costs into shares and smooth them along the edges of the photo, near the person."""
    smoothed = np.zeros((*scene.shape, len(stack)), np.float32)
    x1, y1, x2, y2 = bounding_box(scene.near) or (0, 0, *scene.shape[::-1])
    clipped = np.clip(stack[:, y1:y2, x1:x2], *_COST_RANGE)
    shares = np.exp(-_SOFTMAX_FACTOR * (clipped - clipped.min(axis=0)))
    shares /= shares.sum(axis=0)
    shares = np.ascontiguousarray(np.moveaxis(shares, 0, -1), dtype=np.float32)
    guide = np.ascontiguousarray(scene.lab[y1:y2, x1:x2, 0] / 100, dtype=np.float32)
    smoothed[y1:y2, x1:x2] = guided_filter(guide, shares, SMOOTHING_PX, _EPS)
    return smoothed
