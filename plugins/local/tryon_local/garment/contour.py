"""The outline of a garment, fitted to the edge that its cloth has on the paper, however faint."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.outline import IntArray
from tryon_local.imaging import closed, dilate, gaussian

_STEP_PX = 2.0
"""Distance of the points of an outline."""
_BESIDE_PX = 2
"""How many pixels on either side of an edge are compared."""
_LEAST_JUMP, _MOST_JUMP = 2.0, 40.0
"""Difference of colour across an edge from which on twice as much counts little more, and above
which nothing counts more."""
_BEND_COST = 0.6
"""Cost of a step of one pixel inwards or outwards, against the straight outline."""
_AWAY_COST = 0.004
"""Cost of each pixel away from the straight outline, which decides where nothing is seen."""
_PAPER_COST = 0.08
"""Cost of a pixel of paper inside, and of one of cloth outside."""
_BRIGHT_COST = 2.0
"""How much more it costs where that cloth cannot be a shadow."""
_NOISE, _LEAST_TINT = 3.0, 0.5
"""Difference of colour from which it is no paper: in its noise, and at least."""
_LEAST_HUE, _AS_LIGHT = 1.0, 1.5
"""Half the difference of hue from which it cannot be a shadow, and how much darker than paper that
may be."""
_SHARP = 0.4
"""Jump of colour that there is at least outside of cloth, but not outside of a shadow's fading."""
_FADING, _TINTED = 1.5, 2.0
"""How much of the lightness that goes on changing outside is no edge, and how much more than
lightness the colour counts, which no shadow changes."""
_BLOCK, _OVERLAP = 64, 24
"""Points of an outline that are fitted at once, and that are fitted with them on either side."""
_CERTAIN = (0.6, 3.0)
"""Difference of colour across an edge at which it begins to count, and how much more is certain."""
_BITE, _BITTEN, _SHALLOW = 0.04, 0.3, 2.0
"""Width of a bite of the outline, in longer sides, how certain its edge is at most, and how deep
it is at most."""


@attrs.frozen
class _Reach:
    """How far an outline may move.

    Attributes:
        bend: how far it may bend between two corners and is drawn straight first, in longer sides.
        inwards, outwards: how far the edge is looked for, in longer sides.
    """

    bend: float
    inwards: float
    outwards: float


_REACHES = (_Reach(0.019, 0.031, 0.019), _Reach(0.009, 0.022, 0.019))


def fit_outline(lab: FloatArray, mask: BoolArray) -> FloatArray:
    """Return alpha with a smooth and narrow outline along the edge of the cloth.

    The outline is drawn straight between its corners first; from there it moves to where the
    colours change most, the paper outside is even, and the cloth inside is not. Where nothing is
    seen it stays straight.

    Args:
        lab: shape (H, W, 3), CIE Lab of the image.
        mask: the garment, right up to a shadow's width.
    """
    for reach in _REACHES:
        mask = _fitted(lab, mask, reach)
    soft = gaussian(mask.astype(np.float32), 0.8)
    return np.asarray(np.clip(soft * 2.4 - 0.8, 0, 1), np.float32)


def _fitted(lab: FloatArray, mask: BoolArray, reach: _Reach) -> BoolArray:
    outlines, levels = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    if not outlines:
        return mask
    # Holes after what they are cut out of.
    order = np.argsort([parent >= 0 for *_others, parent in levels[0]], kind="stable")
    colours = [0 if levels[0][index][3] >= 0 else 1 for index in order]
    side_px = max(mask.shape)
    straight = [_sampled(outlines[index], reach.bend * side_px) for index in order]
    filled = _filled(straight, colours, mask.shape)
    depth = np.subtract(
        cv2.distanceTransform(1 - filled, cv2.DIST_L2, 3),
        cv2.distanceTransform(filled, cv2.DIST_L2, 3),
    )
    normals = [_normals(points) for points in straight]
    offsets = np.arange(-round(reach.inwards * side_px), round(reach.outwards * side_px) + 1)
    costs, jumps = _costs(
        np.dstack([lab, depth]), np.concatenate(straight), np.concatenate(normals), offsets
    )
    ends = np.cumsum([len(points) for points in straight])[:-1]
    fitted, seen = [], []
    for points, across, cost, jump in zip(
        straight, normals, np.split(costs, ends), np.split(jumps, ends), strict=True
    ):
        places = _cheapest(cost)
        found = jump[np.arange(len(places)), places]
        certain = np.clip((found - _CERTAIN[0]) / _CERTAIN[1], 0, 1)
        fitted.append(points + _smooth(offsets[places], certain)[:, None] * across)
        seen.append(np.column_stack([fitted[-1] + 3 * across, certain]))
    solid = _filled(fitted, colours, mask.shape) > 0
    return solid | _bites(solid, np.concatenate(seen))


def _filled(outlines: list[FloatArray], colours: list[int], shape: tuple[int, ...]) -> ByteArray:
    canvas = np.zeros(shape, np.uint8)
    for points, colour in zip(outlines, colours, strict=True):
        cv2.fillPoly(canvas, [np.rint(points * 16).astype(np.int32)], colour, cv2.LINE_8, 4)
    return canvas


def _sampled(outline: IntArray, most_px: float) -> FloatArray:
    """Return evenly spaced points of an outline that is straight between its corners."""
    corners = cv2.approxPolyDP(outline, most_px, closed=True).reshape(-1, 2).astype(np.float32)
    closing = np.vstack([corners, corners[:1]])
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closing, axis=0).T))])
    count = max(round(float(lengths[-1]) / _STEP_PX), 8)
    at = np.arange(count) * (lengths[-1] / count)
    points = np.stack([np.interp(at, lengths, line) for line in closing.T], axis=1)
    return _blurred(points.astype(np.float32), 1.0)


def _normals(points: FloatArray) -> FloatArray:
    """Return the directions outwards, shape (n, 2)."""
    along = np.roll(points, -2, axis=0) - np.roll(points, 2, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return np.asarray(across / np.maximum(np.hypot(*across.T), 1e-6)[:, None], np.float32)


def _costs(
    image: FloatArray, points: FloatArray, normals: FloatArray, offsets: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return what an edge costs at every offset of every point, and the jump of colour there.

    Args:
        image: shape (H, W, 4), CIE Lab, and the distance from the straight outline.
        points: shape (n, 2), points of the straight outline.
        normals: shape (n, 2), directions outwards.
        offsets: shape (m,), ascending, in pixels outwards.
    """
    past = 2 * _BESIDE_PX + 1
    wide = np.arange(offsets[0] - _BESIDE_PX, offsets[-1] + past + 1, dtype=np.float32)
    columns, rows = (
        np.asarray(points[:, [axis]] + wide * normals[:, [axis]], np.float32) for axis in (0, 1)
    )
    sampled = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # A little along the outline, which keeps its edge and evens out the cloth.
    seen = np.asarray(cv2.blur(np.ascontiguousarray(sampled[..., :3]), (1, 3)), np.float32)
    depths = sampled[..., 3] - sampled[:, -offsets[0] + _BESIDE_PX, 3, None]
    # Beyond the middle of a gap or of a strap begins what belongs to its other side.
    beyond = np.abs(depths - wide) > np.maximum(1.0 + 0.3 * np.abs(wide), 2.5)
    jumps = _jumps(seen)
    sharpest = np.maximum.accumulate(jumps[:, ::-1], axis=1)[:, ::-1]
    cloth, bright = (
        each[:, _BESIDE_PX:-past] * np.clip(sharpest - _SHARP, 0, 1)
        for each in _clothed(seen, is_paper=~beyond[:, -1])
    )
    lost = cloth + _BRIGHT_COST * bright
    outside = np.cumsum(lost[:, ::-1], axis=1)[:, ::-1] - lost
    # What is as pale as paper deep inside, too, tells nothing.
    usual = cv2.blur(cloth[:, : -offsets[0] // 2].mean(axis=1), (1, 15)).reshape(-1, 1)
    lacking = np.maximum(usual - cloth, 0)
    inside = np.cumsum(lacking, axis=1) - lacking
    costs = _PAPER_COST * (outside + inside) + 4 * beyond[:, _BESIDE_PX:-past]
    costs += _AWAY_COST * np.abs(offsets)
    costs -= np.log1p(np.minimum(jumps, _MOST_JUMP) / _LEAST_JUMP)
    return costs.astype(np.float32), jumps


def _clothed(seen: FloatArray, *, is_paper: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return how much each sample differs from the paper next to it, and from its shadows, 0..1.

    Shadows are darker than paper, or of its hue.

    Args:
        seen: shape (n, m, 3), from the inside outwards.
        is_paper: shape (n,), whether the last sample shows paper.
    """
    known = is_paper if is_paper.any() else np.ones_like(is_paper)
    far = np.median(seen[:, -4:], axis=1)
    far[~known] = np.median(far[known], axis=0)
    paper = cv2.blur(far, (1, 31), borderType=cv2.BORDER_REPLICATE).reshape(-1, 1, 3)
    tint = (seen - paper) * np.array([1, 0.5, 0.5], np.float32)
    tints = np.sqrt(np.einsum("...c,...c->...", tint, tint))
    least = max(_LEAST_TINT, _NOISE * float(np.median(tints[known, -4:])))
    hues = np.sqrt(np.einsum("...c,...c->...", tint[..., 1:], tint[..., 1:]))
    least_hue = max(_LEAST_HUE, _NOISE * float(np.median(hues[known, -4:])))
    bright = np.clip(hues / least_hue - 0.5, 0, 1) * np.clip(tint[..., 0] + _AS_LIGHT, 0, 1)
    return np.clip(tints / least - 0.5, 0, 1), np.asarray(bright, np.float32)


def _jumps(seen: FloatArray) -> FloatArray:
    """Return how the colour changes at each offset, beyond what it goes on changing outside.

    So the fading of a shadow is no edge, and the cloth that casts it has one.
    """
    sums = np.cumsum(seen, axis=1)
    first = sums[:, _BESIDE_PX - 1 : _BESIDE_PX]
    means = np.concatenate([first, sums[:, _BESIDE_PX:] - sums[:, :-_BESIDE_PX]], axis=1)
    steps = (means[:, : -_BESIDE_PX - 1] - means[:, _BESIDE_PX + 1 :]) / _BESIDE_PX
    here, outside = steps[:, : -_BESIDE_PX - 1], steps[:, _BESIDE_PX + 1 :]
    fading = np.maximum(np.sign(here[..., 0]) * outside[..., 0], 0)
    lighter = np.maximum(np.abs(here[..., 0]) - _FADING * fading, 0)
    tint = here[..., 1:]
    squares = np.square(lighter) + _TINTED * np.einsum("...c,...c->...", tint, tint)
    return np.asarray(np.sqrt(squares), np.float32)


def _cheapest(costs: FloatArray) -> IntArray:
    """Return, for every point, the place of the cheapest path along the closed outline."""
    count = len(costs)
    starts = np.arange(0, count, _BLOCK)
    blocks = costs[(starts[:, None] + np.arange(-_OVERLAP, _BLOCK + _OVERLAP)) % count]
    length = blocks.shape[1]
    steps = np.zeros(blocks.shape, np.int64)
    total = blocks[:, 0]
    far = np.full((len(blocks), 1), 1e6, np.float32)
    for index in range(1, length):
        inner = np.concatenate([far, total[:, :-1]], axis=1)
        outer = np.concatenate([total[:, 1:], far], axis=1)
        beside = np.minimum(inner, outer) + np.float32(_BEND_COST)
        steps[:, index] = np.where(beside < total, np.where(inner < outer, -1, 1), 0)
        total = np.minimum(beside, total) + blocks[:, index]
    places = np.zeros((len(blocks), length), np.int64)
    places[:, -1] = total.argmin(axis=1)
    every = np.arange(len(blocks))
    for index in range(length - 1, 0, -1):
        places[:, index - 1] = places[:, index] + steps[every, index, places[:, index]]
    return places[:, _OVERLAP:-_OVERLAP].reshape(-1)[:count]


def _smooth(offsets: IntArray, certain: FloatArray) -> FloatArray:
    """Return offsets in pixels, smoothed the further the less is seen of the edge."""
    weights = np.maximum(certain, 0.02)
    both = np.stack([weights * offsets, weights], axis=1).astype(np.float32)
    near, far = _blurred(both, 1.5), _blurred(both, 6.0)
    share = np.clip(2 * near[:, 1], 0, 1)
    smooth = share * near[:, 0] / near[:, 1] + (1 - share) * far[:, 0] / far[:, 1]
    return np.asarray(smooth, np.float32)


def _bites(solid: BoolArray, seen: FloatArray) -> BoolArray:
    """Return shallow dents of the outline along which hardly an edge is seen.

    Args:
        solid: the garment.
        seen: shape (n, 3), x and y just outside the outline, and how certain its edge is there.
    """
    reach_px = round(_BITE * max(solid.shape))
    size = solid.shape[1] // 2, solid.shape[0] // 2
    half = cv2.resize(solid.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    shut = closed(np.pad(half, reach_px), reach_px / 2)[reach_px:-reach_px, reach_px:-reach_px]
    count, labels = cv2.connectedComponents((shut & ~half).astype(np.uint8), connectivity=4)
    columns, rows = (
        np.clip(np.rint(seen[:, axis] / 2).astype(int), 0, size[axis] - 1) for axis in (0, 1)
    )
    dents = labels[rows, columns]
    points = np.bincount(dents, minlength=count)
    is_bite = np.bincount(dents, weights=seen[:, 2], minlength=count) < _BITTEN * points
    is_bite &= np.bincount(labels.ravel(), minlength=count) < _SHALLOW * points
    is_bite[0] = False
    found = dilate(np.asarray(is_bite[labels]), 1).astype(np.uint8)
    bites = cv2.resize(found, solid.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(bites) > 0


def _blurred(values: FloatArray, sigma: float) -> FloatArray:
    """Blur along a closed outline, shape (n, c), sigma in points."""
    reach = min(round(4 * sigma), len(values))
    padded = np.concatenate([values[-reach:], values, values[:reach]])
    blurred = cv2.GaussianBlur(padded, (1, 2 * reach + 1), sigmaX=1e-3, sigmaY=sigma)
    return np.asarray(blurred, np.float32)[reach:-reach]
