"""Thin-plate splines: the smoothest map of the plane that carries points to points."""

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import FloatArray
from tryon_local.imaging import Points

GRID_STEP_PX = 8
"""The map is smooth, so it is evaluated on a coarse grid and interpolated."""


@attrs.frozen(eq=False, kw_only=True)
class Spline:
    """A fitted map from the plane to the plane.

    Attributes:
        centres: shape (n, 2), control points divided by `unit_px`.
        weights: shape (n + 3, 2): of the kernels, then constant, x and y.
        unit_px: scale of the input coordinates.
    """

    centres: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    unit_px: float

    def at(self, points: Points) -> FloatArray:
        """Return the images of points, shape (m, 2)."""
        scaled = np.asarray(points, np.float64) / self.unit_px
        kernel = _kernel(_squared_distances(scaled, self.centres))
        affine = np.column_stack([np.ones(len(scaled)), scaled])
        images = kernel @ self.weights[:-3] + affine @ self.weights[-3:]
        return images.astype(np.float32)

    def field(self, box: tuple[int, int, int, int]) -> FloatArray:
        """Return the images of all pixels of a box `(x1, y1, x2, y2)`, shape (h, w, 2)."""
        x1, y1, x2, y2 = box
        columns = np.arange(x1, x2 + GRID_STEP_PX, GRID_STEP_PX, dtype=np.float64)
        rows = np.arange(y1, y2 + GRID_STEP_PX, GRID_STEP_PX, dtype=np.float64)
        grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        coarse = self.at(grid).reshape(len(rows), len(columns), 2)
        x = np.arange(x2 - x1, dtype=np.float32) / GRID_STEP_PX
        y = np.arange(y2 - y1, dtype=np.float32) / GRID_STEP_PX
        map_x, map_y = np.meshgrid(x, y)
        return np.asarray(cv2.remap(coarse, map_x, map_y, cv2.INTER_LINEAR), np.float32)


def fit_spline(source: Points, target: Points, *, ridge: float = 0.0) -> Spline:
    """Fit the map that carries `source` to `target`.

    Args:
        source: shape (n, 2), n >= 3, not all on one line.
        target: shape (n, 2).
        ridge: 0 interpolates; more smooths, at the price of missing the targets a little.
    """
    points = np.asarray(source, np.float64)
    unit = float(np.ptp(points, axis=0).max())
    centres = points / unit
    count = len(centres)
    affine = np.column_stack([np.ones(count), centres])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(_squared_distances(centres, centres)) + ridge * np.eye(count)
    system[:count, count:], system[count:, :count] = affine, affine.T
    wanted = np.vstack([np.asarray(target, np.float64), np.zeros((3, 2))])
    weights, *_rest = np.linalg.lstsq(system, wanted, rcond=None)
    return Spline(centres=centres, weights=weights.astype(np.float64), unit_px=unit)


def _squared_distances(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    difference = first[:, None, :] - second[None, :, :]
    squared: npt.NDArray[np.float64] = np.square(difference).sum(axis=-1)
    return squared


def _kernel(squared: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return r² log r² with its limit 0 at r = 0."""
    return squared * np.log(np.where(squared > 0, squared, 1.0))
