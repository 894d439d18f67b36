"""The front neckline, which on a flat garment often lies in front of the visible back."""

import attrs
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.outline import Silhouette

OPEN_DIP = 0.16
"""Dip of the outline, in chest widths, from which the neckline is the outline itself."""
HOOD_RISE = 0.32
"""Height above the shoulders, in chest widths, from which there is a hood."""
V_POWER = 1.15
"""Exponent of the curve of a V-neck."""
_MIN_STEP, _CLEAR_STEP = 2.5, 8.0
"""Change of colour across the neckline below which it cannot be found, and from which it is seen
even where the back is cut low, too."""
_WIDENINGS = {1.0: 1.0, 1.1: 1.0, 1.2: 0.9, 1.3: 0.75, 1.4: 0.6, 0.9: 0.9}
"""The outline is often highest a little inside the true neck points; with the frequency of each."""
_SHIFTS = (0.0, -0.05, 0.05)
"""Garments are rarely laid quite symmetrically."""
_SHAPES = ((2.0, 0.40, 0.30, 1.0), (V_POWER, 0.80, 0.35, 0.8))
"""Round and V-shaped necklines: exponent, usual depth in neck widths, its spread, frequency."""
_MIDDLE, _PLAIN = np.array([-0.12, 0.12]), 4.0
"""Where the inside of a back is looked at, in chest widths, and how much its lightness varies."""
_RIBS = np.arange(0.04, 0.17, 0.01)
"""Width of a ribbed collar, in neck widths."""
_RIB_STEP = 0.45
_ACROSS = np.linspace(-0.88, 0.88, 21)
_MORE_ALIKE = 4.0
"""Colour distance by which the inside may be more like the shoulders than the front is."""
_SHOULDER_SPOTS = np.linspace(0.08, 0.30, 8)
"""Where the colour of the shoulders is looked at, in neck widths outside and below the necks."""


@attrs.frozen(eq=False, kw_only=True)
class Collar:
    """The front neckline.

    Attributes:
        necks: shape (2, 2), where it meets the shoulder seams.
        y: its lowest row, in pixels.
        power: exponent of its curve: 1 a V, 2 a half ellipse.
        step: how clearly the colour changes across it.
    """

    necks: FloatArray
    y: float
    power: float
    step: float


def find_collar(
    shape: Silhouette, lab: FloatArray, necks: FloatArray, *, chest_px: float
) -> Collar:
    """Find the front neckline.

    It is looked for as the curve across which the colour changes all along: a label or a print
    changes it in one place only.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image.
        necks: shape (2, 2), neck points as the outline suggests them.
        chest_px: distance between the armpits.
    """
    neck_y = float(necks[:, 1].mean())
    dip = shape.top_at(shape.axis_x)
    is_open = dip - neck_y > OPEN_DIP * chest_px
    candidates = [
        _best_curve(shape, lab, _moved(shape, necks, widening, shift), usual, often)
        for widening, often in _WIDENINGS.items()
        for shift in _SHIFTS
        for usual in _SHAPES
    ]
    # Between prints a V is found easily, and is rarely meant.
    sure = [each for each in candidates if each.power > V_POWER or each.step > 2 * _MIN_STEP]
    best = max(sure, key=lambda candidate: candidate.step)
    if is_open and not (best.step >= _CLEAR_STEP and _shows_back(lab, best, dip, chest_px)):
        return Collar(necks=necks, y=dip, power=2.0, step=0.0)
    if best.step >= _MIN_STEP:
        return _upper_edge(shape, lab, best)
    if 0.04 * chest_px < neck_y - dip < HOOD_RISE * chest_px:
        return Collar(necks=necks, y=dip, power=2.0, step=0.0)
    depth = max(dip - neck_y, 0.0) + 0.30 * float(necks[1, 0] - necks[0, 0])
    return Collar(necks=necks, y=neck_y + depth, power=2.0, step=0.0)


def _shows_back(lab: FloatArray, front: Collar, dip: float, chest_px: float) -> bool:
    """Tell the plain inside of a back from a print or from lace below an open neckline."""
    in_the_dip = float(front.necks[:, 1].mean()) > dip - 0.5 * OPEN_DIP * chest_px
    if in_the_dip or front.y < dip + 0.05 * chest_px:
        return False
    left, right = (int(column) for column in front.necks.mean(0)[0] + chest_px * _MIDDLE)
    lightness = lab[int(dip) + 2 : int(front.y) - 2, left:right, 0]
    if not lightness.size:
        return False
    return float(np.median(np.abs(lightness - np.median(lightness)))) < _PLAIN


def _moved(shape: Silhouette, necks: FloatArray, widening: float, shift: float) -> FloatArray:
    centre = float(necks[:, 0].mean())
    columns = centre + (necks[:, 0] - centre) * widening + shift * np.ptp(necks[:, 0])
    return np.array([[column, shape.top_at(column)] for column in columns], np.float32)


def _best_curve(
    shape: Silhouette,
    lab: FloatArray,
    necks: FloatArray,
    usual: tuple[float, float, float, float],
    often: float,
) -> Collar:
    """Return the curve of one width and shape with the clearest change of colour."""
    neck_y = float(necks[:, 1].mean())
    width = max(float(necks[1, 0] - necks[0, 0]), 1.0)
    first = max(shape.top_at(shape.axis_x) - neck_y, 0.0) + 0.05 * width
    last = max(min(1.3 * width, 0.35 * shape.height), first + 2)
    depths = np.arange(first, last, max(1.0, 0.01 * width), dtype=np.float32)
    power, usual_depth, spread, frequency = usual
    unusual = (depths / width - usual_depth) / spread
    tilt = abs(float(necks[1, 1] - necks[0, 1])) / (0.1 * width)
    steps = _steps_across(shape, lab, necks, depths, power)
    steps = steps * often * frequency * np.exp(-0.5 * unusual**2 - tilt)
    chosen = int(np.argmax(steps))
    return Collar(
        necks=necks, y=neck_y + float(depths[chosen]), power=power, step=float(steps[chosen])
    )


def _upper_edge(shape: Silhouette, lab: FloatArray, seam: Collar) -> Collar:
    """Return the upper edge of a ribbed collar, whose seam is often the clearer line."""
    width = max(float(seam.necks[1, 0] - seam.necks[0, 0]), 1.0)
    deepest = seam.y - float(seam.necks[:, 1].mean())
    best, limit = seam, _RIB_STEP * seam.step
    for rib in _RIBS:
        necks = _moved(shape, seam.necks, 1 - 2 * rib, 0.0)
        depth = np.array([deepest - (rib * width * (3 - seam.power))], np.float32)
        neck_y = float(necks[:, 1].mean())
        if neck_y + depth[0] < shape.top_at(shape.axis_x) + 0.08 * width:
            continue
        step = float(_steps_across(shape, lab, necks, depth, seam.power, is_rib=True)[0])
        if step > limit:
            best, limit = attrs.evolve(seam, necks=necks, y=neck_y + float(depth[0])), step
    return best


def _steps_across(
    shape: Silhouette,
    lab: FloatArray,
    necks: FloatArray,
    depths: FloatArray,
    power: float,
    *,
    is_rib: bool = False,
) -> FloatArray:
    """Return the usual change of colour across curves of given depths, 0 off the garment."""
    half = float(necks[1, 0] - necks[0, 0]) / 2
    gap = max(1.5, 0.03 * half)
    centre = necks.mean(axis=0)
    colours, hits = [], []
    for offset in (-gap, gap):
        x = np.broadcast_to(centre[0] + _ACROSS * (half + offset), (len(depths), len(_ACROSS)))
        curve = (1 - np.abs(_ACROSS) ** power) ** (1 / power)
        y = centre[1] + (depths[:, None] + offset) * curve
        columns = np.clip(np.rint(x).astype(int), 0, lab.shape[1] - 1)
        rows = np.clip(np.rint(y).astype(int), 0, lab.shape[0] - 1)
        colours.append(lab[rows, columns])
        hits.append(shape.mask[rows, columns])
    # Signed, so that stripes and letters, which change either way, cancel.
    change = np.where((hits[0] & hits[1])[..., None], colours[1] - colours[0], 0)
    steps = np.linalg.norm(np.median(change, axis=1), axis=1)
    if is_rib:  # of any colour
        return np.asarray(steps, np.float32)
    # Above a print lies what the shoulders are of, too; above a neckline the inside of the back.
    shoulders = shoulder_colour(shape, lab, necks)
    inside, front = (np.linalg.norm(np.median(c, axis=1) - shoulders, axis=1) for c in colours)
    return np.asarray(np.where(front > inside + _MORE_ALIKE, 0, steps), np.float32)


def shoulder_colour(shape: Silhouette, lab: FloatArray, necks: FloatArray) -> FloatArray:
    """Return the usual colour of the front beside the neckline."""
    width = float(necks[1, 0] - necks[0, 0])
    columns = np.concatenate(
        [necks[0, 0] - width * _SHOULDER_SPOTS, necks[1, 0] + width * _SHOULDER_SPOTS]
    )
    tops = shape.tops[np.clip(np.rint(columns).astype(int), shape.left, shape.right - 1)]
    depths = np.add.outer(tops.astype(np.float64), width * _SHOULDER_SPOTS)
    rows = np.clip(depths.astype(int).ravel(), 0, lab.shape[0] - 1)
    cells = np.clip(np.repeat(columns.astype(int), len(_SHOULDER_SPOTS)), 0, lab.shape[1] - 1)
    seen = shape.mask[rows, cells]
    return np.asarray(np.median(lab[rows, cells][seen if seen.any() else slice(None)], axis=0))
