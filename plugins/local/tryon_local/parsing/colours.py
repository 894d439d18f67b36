"""Colour models: clusters of Lab colours, and how unlikely a colour is under them."""

import attrs
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import pixels_in

IndexArray = npt.NDArray[np.intp]

_ROUNDS = 12
_MIN_WEIGHT = 0.03
_SPREAD_FLOOR = np.array([5.0, 3.0, 3.0], dtype=np.float32)
_WEIGHT_OFFSET = 0.05
_FAR = 40.0


@attrs.frozen(eq=False, kw_only=True)
class ColourModel:
    """A mixture of Lab colours with axis-aligned spreads.

    Attributes:
        means: shape (K, 3).
        spreads: standard deviations, shape (K, 3).
        weights: shares of the samples, shape (K,).
    """

    means: FloatArray
    spreads: FloatArray
    weights: FloatArray

    def cost_within(self, lab: FloatArray, place: BoolArray) -> FloatArray:
        """Return the cost within a mask, both of shape (H, W); a high one elsewhere."""
        costs = np.full(place.shape, _FAR, dtype=np.float32)
        costs[place] = self.cost(pixels_in(lab, place))
        return costs

    def cost(self, lab: FloatArray) -> FloatArray:
        """Return the negative log likelihood of the nearest cluster, shape of `lab` less one."""
        # Channel by channel, which is much faster than colour by colour.
        planes = [np.ascontiguousarray(lab[..., channel]) for channel in range(lab.shape[-1])]
        best = np.full(lab.shape[:-1], np.inf, dtype=np.float32)
        for mean, spread, weight in zip(self.means, self.spreads, self.weights, strict=True):
            offset = float(np.log(spread).sum() - np.log(weight + _WEIGHT_OFFSET))
            cost = np.full(best.shape, offset, dtype=np.float32)
            for plane, centre, width in zip(planes, mean, spread, strict=True):
                away = plane - np.float32(centre)
                away *= away
                away *= np.float32(0.5 / (width * width))
                cost += away
            np.minimum(best, cost, out=best)
        return best


def fit_colours(samples: FloatArray, clusters: int) -> ColourModel:
    """Fit clusters to Lab samples, shape (N, 3); N must be at least 1."""
    means, nearest = k_means(samples, clusters)
    counts = np.bincount(nearest, minlength=len(means))
    keep = np.flatnonzero(counts > _MIN_WEIGHT * len(samples))
    spreads = [
        np.maximum(np.compress(nearest == index, samples, axis=0).std(axis=0), _SPREAD_FLOOR)
        for index in keep
    ]
    return ColourModel(
        means=means[keep],
        spreads=np.asarray(spreads, dtype=np.float32),
        weights=np.asarray(counts[keep] / len(samples), dtype=np.float32),
    )


def k_means(samples: FloatArray, clusters: int) -> tuple[FloatArray, IndexArray]:
    """Return cluster means, shape (K, 3), and each sample's cluster.

    The start is the mean of equal slices along the most varied channel, so that the same
    samples always give the same clusters.
    """
    channel = int(np.argmax(samples.std(axis=0)))
    order = np.argsort(samples[:, channel], kind="stable")
    slices = np.array_split(order, min(clusters, len(samples)))
    means = np.stack([np.take(samples, part, axis=0).mean(axis=0) for part in slices])
    planes = np.ascontiguousarray(samples.T)
    nearest = _nearest(planes, means)
    for _ in range(_ROUNDS):
        means = _cluster_means(planes, nearest, means)
        before, nearest = nearest, _nearest(planes, means)
        if np.array_equal(nearest, before):
            break
    return np.asarray(means, dtype=np.float32), nearest


def _cluster_means(planes: FloatArray, nearest: IndexArray, means: FloatArray) -> FloatArray:
    """Return the new means; a cluster that lost all its samples stays where it was."""
    counts = np.bincount(nearest, minlength=len(means))[:, None]
    sums = [np.bincount(nearest, plane, len(means)) for plane in planes]
    moved = np.stack(sums, axis=1) / np.maximum(counts, 1)
    return np.asarray(np.where(counts > 0, moved, means), dtype=np.float32)


def _nearest(planes: FloatArray, means: FloatArray) -> IndexArray:
    """Return the nearest mean of each sample, which are given as planes, shape (c, N)."""
    distances = np.zeros((len(means), planes.shape[1]), np.float32)
    for plane, centres in zip(planes, means.T, strict=True):
        away = plane - centres[:, None]
        away *= away
        distances += away
    return np.asarray(np.argmin(distances, axis=0), dtype=np.intp)
