"""Where feet are, and how unlikely a pixel is to be a shoe."""

import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.frame import SIDES, leg
from tryon_local.imaging import capsule_mask, pixels_in
from tryon_local.parsing.colours import fit_colours
from tryon_local.parsing.models import Costs
from tryon_local.parsing.scene import Scene, Seeds

_REACH = (-0.35, 0.45)
_RADIUS = 0.25
_SEED_DEPTH = 0.12
_CLUSTERS = 3
_MIN_PIXELS = 12
_PRIOR, _PRIOR_DEPTH, _PRIOR_RAMP = 6.0, 0.02, 0.05
_PRIOR_RANGE = (-1.0, 4.0)
_LOWER_LIKE = 4.0


def shoe_cost(scene: Scene, seeds: Seeds, costs: Costs, never: float) -> FloatArray:
    """Return the cost of a shoe, comparable with the colour costs; `never` away from feet."""
    depth = depth_below_ankle(scene)
    seed = _seed(scene, seeds, costs, depth)
    if seed.sum() < _MIN_PIXELS:
        return np.full(scene.shape, never, dtype=np.float32)
    model = fit_colours(pixels_in(scene.lab, seed), _CLUSTERS)
    prior = _PRIOR * np.clip((_PRIOR_DEPTH - depth) / _PRIOR_RAMP, *_PRIOR_RANGE)
    cost = np.where(np.isfinite(depth), model.cost_within(scene.lab, scene.near) + prior, never)
    return np.asarray(cost, dtype=np.float32)


def depth_below_ankle(scene: Scene) -> FloatArray:
    """Return how far below the ankle each pixel is, in shin lengths; -inf away from feet."""
    rows, columns = np.indices(scene.shape, dtype=np.float32)
    depth = np.full(scene.shape, -np.inf, dtype=np.float32)
    for side in SIDES:
        _, knee, ankle = leg(scene.body, side)
        shin = ankle - knee
        square = max(1.0, float(np.square(shin).sum()))
        below = ((columns - ankle[0]) * shin[0] + (rows - ankle[1]) * shin[1]) / square
        top, tip = (ankle + share * shin for share in _REACH)
        near = capsule_mask(scene.shape, top, tip, _RADIUS * scene.frame.shoulders_px)
        depth = np.where(near, np.maximum(depth, below), depth)
    return np.asarray(depth, dtype=np.float32)


def _seed(scene: Scene, seeds: Seeds, costs: Costs, depth: FloatArray) -> BoolArray:
    """Clothed pixels below the ankle that are not simply the end of the trousers."""
    below = seeds.legs | seeds.hip_band
    if not below.any():
        return np.zeros(scene.shape, np.bool_)
    typical = float(np.median(costs.lower[below]))
    trousers = costs.lower < typical + _LOWER_LIKE
    seed = scene.mask & (depth > _SEED_DEPTH) & ~costs.skin_like & ~trousers
    return np.asarray(seed, dtype=np.bool_)
