"""Outlines of trousers without notches: sides of cloth are smooth."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.edge import OPAQUE
from tryon_local.garment.outline import Silhouette
from tryon_local.imaging import dilate, gaussian

_WINDOW, _NOTCH, _REACH, _CORNER = 0.16, 0.0015, 0.03, 0.03
"""Length over which a side is smooth, height of the notches that no side has, how far from the side
they are repaired, and how far from its ends, in heights of the garment."""
_UNEVEN = 0.3
"""Height of unevenness that is smoothed, in that of notches."""
_WAIST, _HEM = 0.012, 0.95
"""Where the sides of trousers begin and end, in heights of the garment."""
_STEP, _ROUNDS, _CHANGED_PX = 3, 3, 0.3
"""Every how many rows a line is found, how often outliers are looked for again, and how much an
outline moves that is drawn again."""


def with_smooth_legs(alpha: FloatArray, shape: Silhouette, crotch: FloatArray) -> FloatArray:
    """Return alpha without notches and crumbs along the sides of trousers.

    Stripes as pale as the paper are cut too short, and glow on the paper is taken for cloth.

    Args:
        alpha: shape (H, W), 0..1.
        shape: the garment as alpha shows it.
        crotch: x and y of the top of the gap between the legs.
    """
    x, y = (float(value) for value in crotch)
    hem = round(shape.top + _HEM * shape.height)
    columns = np.arange(alpha.shape[1], dtype=np.float32)
    smooth = alpha.copy()
    for side in (-1, 1):
        leg = shape.mask & ((columns - x) * side >= 0)
        # Along a row the paper begins on one side of the leg, and the gap on the other.
        for outside, begin in ((side, shape.top + _WAIST * shape.height), (-side, y)):
            rows = slice(round(begin), hem)
            part = leg[rows] if outside < 0 else leg[rows, ::-1]
            if len(part) < _WINDOW * shape.height or not part.any(axis=1).all():
                continue
            ends = part.argmax(axis=1).astype(np.float32)
            ends = ends if outside < 0 else alpha.shape[1] - 1 - ends
            line = _without_notches(ends, shape.height)
            beyond = (columns - line[:, None]) * outside
            near = (np.abs(line - ends) > _CHANGED_PX)[:, None]
            # The gap may be narrower than that, and the other leg begins.
            near = near & (np.abs(beyond) < _REACH * shape.height) & ((columns - x) * side >= 0)
            # Not quite opaque: the colours there are the paper's and must not be used.
            cover = np.clip(1 - beyond, 0, 1) * np.float32(OPAQUE - 0.01)
            repaired = np.maximum(cover, np.where(beyond < -2, smooth[rows], 0))  # noqa: PLR2004
            smooth[rows] = np.where(near, repaired, smooth[rows])
    return smooth


def _without_notches(ends: FloatArray, height_px: float) -> FloatArray:
    """Return the columns at which a side ends, row by row, with its notches cut or filled."""
    rows, notch_px = np.arange(len(ends), dtype=np.float32), _NOTCH * height_px
    half = max(round(_WINDOW * height_px / (2 * _STEP)), 2)
    line = np.interp(rows, rows[::_STEP], _smooth_line(ends[::_STEP], half, notch_px))
    notched = dilate((np.abs(ends - line) > _UNEVEN * notch_px)[:, None], 2 * notch_px)
    share = gaussian(notched.astype(np.float32), 2 * notch_px)[:, 0]
    share *= np.clip(2 * np.minimum(rows, rows[::-1]) / (_CORNER * height_px) - 1, 0, 1)
    return np.asarray(ends + share * (line - ends), np.float32)


def _smooth_line(values: FloatArray, half: int, notch_px: float) -> FloatArray:
    """Return a line through most of the values, locally a parabola, whatever a few of them are.

    Args:
        values: shape (n,).
        half: half the number of values that a parabola goes through.
        notch_px: how far off it values begin to be distrusted.
    """
    steps = np.arange(-half, half + 1, dtype=np.float64) / half
    padded = np.pad(values, half, mode="reflect", reflect_type="odd")
    line = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    near = np.square(1 - np.square(steps))
    powers = [near * steps**power for power in range(5)]
    for _round in range(_ROUNDS):
        trust = np.square(1 / (1 + np.square((values - line) / notch_px)))
        moments = [np.convolve(trust, power[::-1], "same") for power in powers]
        sums = [np.convolve(trust * values, power[::-1], "same") for power in powers[:3]]
        matrix = np.stack([np.stack(moments[at : at + 3], axis=-1) for at in range(3)], axis=-2)
        matrix += 1e-6 * np.eye(3)
        line = np.linalg.solve(matrix, np.stack(sums, axis=-1)[..., None])[:, 0, 0]
    return np.asarray(line, np.float32)
