"""The front neckline, which on a flat garment often lies in front of the visible back."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.outline import Silhouette
from tryon_local.imaging import Points

OPEN_DIP = 0.16
"""Dip of the outline, in chest widths, from which the neckline is the outline itself."""
_MIN_STEP = 2.5
"""Change of colour across the neckline below which it cannot be told."""
_USUAL_DEPTH, _DEPTH_SPREAD = 0.30, 0.25
"""Depth of a front neckline, in neck widths."""
_WIDENINGS = (1.0, 1.1, 1.2, 1.3, 1.4, 0.9)
"""The outline is often highest a little inside the true neck points."""
_SHIFTS = (0.0, -0.06, 0.06)
"""Garments are rarely laid quite symmetrically."""


def find_collar(
    shape: Silhouette, lab: FloatArray, necks: FloatArray, *, chest_px: float
) -> tuple[FloatArray, float]:
    """Return the neck points and the lowest row of the front neckline, in pixels.

    It is looked for as the half ellipse across which the colour changes all along: a label or a
    print changes it in one place only.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the picture.
        necks: shape (2, 2), neck points as the outline suggests them.
        chest_px: distance between the armpits.
    """
    neck_y = float(necks[:, 1].mean())
    dip = shape.top_at(shape.axis_x)
    if dip - neck_y > OPEN_DIP * chest_px:
        return necks, dip
    candidates = [
        _best_ellipse(shape, lab, _moved(shape, necks, widening, shift))
        for widening in _WIDENINGS
        for shift in _SHIFTS
    ]
    step, best, depth = max(candidates, key=lambda candidate: candidate[0])
    if step < _MIN_STEP:
        width = float(necks[1, 0] - necks[0, 0])
        is_high = width < 0.36 * chest_px  # noqa: PLR2004  (a turtleneck shows no inside)
        return necks, neck_y + max(dip - neck_y, 0.0) + (0.06 if is_high else 0.25) * width
    return best, float(best[:, 1].mean()) + depth


def _moved(shape: Silhouette, necks: FloatArray, widening: float, shift: float) -> FloatArray:
    centre = float(necks[:, 0].mean())
    columns = centre + (necks[:, 0] - centre) * widening + shift * np.ptp(necks[:, 0])
    return np.array([[column, shape.top_at(column)] for column in columns], np.float32)


def _best_ellipse(
    shape: Silhouette, lab: FloatArray, necks: FloatArray
) -> tuple[float, FloatArray, float]:
    """Return the colour step, the neck points and the depth of the best half ellipse."""
    neck_y = float(necks[:, 1].mean())
    width = max(float(necks[1, 0] - necks[0, 0]), 1.0)
    first = max(shape.top_at(shape.axis_x) - neck_y, 0.0) + 0.05 * width
    last = max(min(0.75 * width, 0.30 * shape.height), first + 2)
    depths = np.arange(first, last, max(1.0, 0.01 * width))
    unusual = (depths / width - _USUAL_DEPTH) / _DEPTH_SPREAD
    steps = _steps_across(lab, necks, depths) * np.exp(-0.5 * unusual**2)
    chosen = _front_edge(steps, max(1, round(0.17 * width / max(1.0, 0.01 * width))))
    return float(steps[chosen]), necks, float(depths[chosen])


def _front_edge(steps: FloatArray, rib: int) -> int:
    """Return the index of the upper edge of the front neckline.

    From the back of the neck downwards there may be the lower edge of the back's ribbing, the
    upper edge of the front's, and its seam. The seam is the last one; the upper edge lies one
    ribbing above it, or is itself the last where there is no ribbing.
    """
    strong = steps >= max(0.5 * float(steps.max()), _MIN_STEP)
    inner = np.arange(1, len(steps) - 1)
    is_peak = (steps[inner] >= steps[inner - 1]) & (steps[inner] >= steps[inner + 1])
    peaks = inner[is_peak & strong[inner]]
    if not len(peaks):
        return int(np.argmax(steps))
    last = peaks[-1]
    ribbed = peaks[(peaks >= last - rib) & (peaks < last - 2)]
    return int(ribbed[0]) if len(ribbed) else int(last)


def _steps_across(lab: FloatArray, necks: FloatArray, depths: FloatArray) -> FloatArray:
    """Return the usual change of colour across half ellipses of given depths."""
    angles = np.radians(np.linspace(25, 155, 27))
    half = float(necks[1, 0] - necks[0, 0]) / 2
    gap = max(1.5, 0.03 * half)
    centre = necks.mean(axis=0)
    sides = []
    for offset in (-gap, gap):
        x = np.broadcast_to(centre[0] + np.cos(angles) * (half + offset), (len(depths), 27))
        y = centre[1] + np.sin(angles) * (depths[:, None] + offset)
        sides.append(_at(lab, x, y))
    # Signed, so that stripes and letters, which change either way, cancel.
    usual = np.median(sides[1] - sides[0], axis=1)
    return np.asarray(np.linalg.norm(usual, axis=1), np.float32)


def _at(lab: FloatArray, x: Points, y: Points) -> FloatArray:
    columns = np.clip(np.rint(x).astype(int), 0, lab.shape[1] - 1)
    rows = np.clip(np.rint(y).astype(int), 0, lab.shape[0] - 1)
    values: FloatArray = lab[rows, columns]
    return values
