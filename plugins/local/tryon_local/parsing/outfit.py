"""Decide between a dress and two pieces, and where two pieces of one colour part."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Joint, Label
from tryon_local.imaging import Points
from tryon_local.parsing.colours import IndexArray
from tryon_local.parsing.models import Costs
from tryon_local.parsing.scene import Scene, Seeds

USUAL_HEM_HEIGHT = 0.95

_ONE_COLOUR = 3.0
_ROWS = np.linspace(1.20, 1.75, 24)
_SIDE_OFFSETS = np.linspace(0.08, 0.40, 9)
_MIN_SIDE_SHARE = 0.25
_MIN_SPLIT_SHARE = 0.25
_MIN_SPLIT_ROWS = 3
_WAIST_HEIGHTS = np.linspace(0.72, 1.15, 60)
_HEM_BINS = np.linspace(0.3, 1.9, 65)
_HEM_LATERAL = 0.35
_WAIST_LATERALS = np.linspace(-0.3, 0.3, 25)


@attrs.frozen
class Outfit:
    """What kind of clothes are worn.

    Attributes:
        is_dress: upper and lower are one garment.
        waist_height: where upper and lower part, when their colours cannot tell; else None.
        hem_height: where upper and lower part more or less, for colours that could be both.
    """

    is_dress: bool
    waist_height: float | None = attrs.field(default=None, kw_only=True)
    hem_height: float = attrs.field(default=USUAL_HEM_HEIGHT, kw_only=True)


def judge_outfit(scene: Scene, seeds: Seeds, costs: Costs) -> Outfit:
    """Return dress or two pieces."""
    if colour_contrast(seeds, costs) >= _ONE_COLOUR:
        return Outfit(False)
    if legs_part(scene, costs):
        return Outfit(False, waist_height=waist_edge(scene))
    return Outfit(True)


def colour_contrast(seeds: Seeds, costs: Costs) -> float:
    """Return how much better each half of the body fits its own colours than the other's."""
    difference = costs.upper - costs.lower
    low = (seeds.legs | seeds.hip_band) & ~costs.skin_like
    high = seeds.torso & ~costs.skin_like
    if not low.any() or not high.any():
        return 0.0
    return float(np.median(difference[low]) - np.median(difference[high]))


def legs_part(scene: Scene, costs: Costs) -> bool:
    """Return whether two trouser legs with a gap between them can be seen."""
    clothed = scene.mask & ~costs.skin_like
    middles = [_leg_middle(scene, height) for height in _ROWS]
    lefts, rights, gaps = [], [], []
    for middle in middles:
        lefts.append(_sampled(clothed, scene, middle, -_SIDE_OFFSETS).mean())
        rights.append(_sampled(clothed, scene, middle, _SIDE_OFFSETS).mean())
        gaps.append(not _sampled(clothed, scene, middle, np.array([0.0])).any())
    dressed = (np.array(lefts) > _MIN_SIDE_SHARE) & (np.array(rights) > _MIN_SIDE_SHARE)
    split = int((dressed & np.array(gaps)).sum())
    return split >= _MIN_SPLIT_ROWS and split > _MIN_SPLIT_SHARE * int(dressed.sum())


def waist_edge(scene: Scene) -> float:
    """Return the height of the strongest edge across the waist."""
    lightness = np.array([_row_lightness(scene, height) for height in _WAIST_HEIGHTS])
    edges = np.abs(lightness[2:] - lightness[:-2])
    heights = _WAIST_HEIGHTS[1:-1]
    strength = np.median(edges, axis=1) * (1 - 0.6 * np.abs(heights - 0.95))
    return float(heights[int(np.argmax(strength))])


def hem_height(scene: Scene, labels: ByteArray) -> float:
    """Return the height that best divides the pixels labelled upper from those labelled lower."""
    middle = np.abs(scene.lateral) < _HEM_LATERAL
    upper, lower = (
        np.histogram(scene.height[middle & (labels == label)], _HEM_BINS)[0]
        for label in (Label.UPPER, Label.LOWER)
    )
    if not upper.any() or not lower.any():
        return USUAL_HEM_HEIGHT
    upper_below = upper[::-1].cumsum()[::-1]
    wrong = np.append(upper_below, 0) + np.insert(lower.cumsum(), 0, 0)
    return float(np.median(_HEM_BINS[wrong == wrong.min()]))


def _row_lightness(scene: Scene, height: float) -> FloatArray:
    points = scene.frame.row(height, _WAIST_LATERALS)
    columns, rows = _inside(points, scene.shape)
    return np.asarray(scene.lab[rows, columns, 0], dtype=np.float32)


def _leg_middle(scene: Scene, height: float) -> FloatArray:
    """Return the point between the legs at a height, along the line from hips to knees."""
    knees = (scene.body.at(Joint.LEFT_KNEE) + scene.body.at(Joint.RIGHT_KNEE)) / 2
    frame = scene.frame
    knee_height = float(frame.coordinates(knees)[0])
    share = (height - 1) / max(knee_height - 1, 0.2)
    return np.asarray(frame.hips + share * (knees - frame.hips), dtype=np.float32)


def _sampled(mask: BoolArray, scene: Scene, middle: FloatArray, offsets: Points) -> BoolArray:
    unit = scene.frame.across * scene.frame.shoulders_px
    points = middle + offsets[:, None] * unit
    columns, rows = _inside(points, scene.shape)
    height, width = scene.shape
    within = np.logical_and(points >= 0, points <= (width - 1, height - 1)).all(axis=1)
    return np.asarray(within & mask[rows, columns], dtype=np.bool_)


def _inside(points: FloatArray, shape: tuple[int, int]) -> tuple[IndexArray, IndexArray]:
    columns = np.clip(np.rint(points[:, 0]).astype(np.intp), 0, shape[1] - 1)
    rows = np.clip(np.rint(points[:, 1]).astype(np.intp), 0, shape[0] - 1)
    return columns, rows
