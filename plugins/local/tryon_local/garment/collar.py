"""The front neckline, which on a flat garment often lies in front of the visible back."""

import attrs
import cv2
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.neckline import colour_below, curve_of, moved_in, trace, upper_edge
from tryon_local.garment.outline import IntArray, Silhouette
from tryon_local.imaging import closed, delta_e, dilate, measured_parts, opened

OPEN_DIP = 0.16
"""Dip of the outline, in chest widths, from which the neckline is the outline itself."""
HOOD_RISE = 0.32
"""Height above the shoulders, in chest widths, from which there is a hood."""
V_POWER, _ROUND, _STRAIGHT = 1.15, 2.0, 1.0
"""Exponents of the curves of a V-neck, of a round one, and of a collar that is buttoned up."""
_MIN_STEP, _CLEAR_STEP = 1.8, 5.0
"""Change of colour across the neckline below which it cannot be found, and from which it is seen
even where the back is cut low, too."""
_WIDENINGS = {1.0: 1.0, 0.95: 0.95, 0.9: 0.9, 0.85: 0.8, 1.06: 0.9, 1.12: 0.6}
"""How far the front may end from the upper corners of the outline; with the frequency of each."""
_V_DEPTH, _SHIRT_DEPTH = 0.8, 0.95
_DEEPER, _AS_CLEAR, _BEFORE_ALONE = 0.04, 0.87, 0.7
"""How much higher another curve is that is taken for the neckline, in neck widths, and how clear it
is at least, in the change of colour across the clearest one; and across one that is found alone."""
_BELOW_LABEL = 0.04
"""How much of the back is seen below a label at least, in neck widths."""
_SHAPES = (
    (_ROUND, 0.38, 0.20, 1.0),
    (2.6, 0.38, 0.20, 0.9),
    (1.5, 0.45, 0.25, 0.65),
    (V_POWER, _V_DEPTH, 0.35, 0.7),
)
"""Round, square and V-shaped necklines: exponent, usual depth in neck widths, its spread,
frequency."""
_SHIRT_SHAPES = (_SHAPES[-1], (1.5, _SHIRT_DEPTH, 0.35, 1.0), (1.75, _SHIRT_DEPTH, 0.35, 0.8))
"""The same between the wings of a collar: closed up to a button, or laid open."""
_LAID_OPEN = 1.25
"""How much clearer than a V the curve between wings that are laid open is."""
_LABEL_STEP, _SEWN_ASIDE = 13.0, 0.07
"""Colour distance of a label to the cloth around it, and how far beside the middle its own lies, in
chest widths."""
_PRINT_HALF, _PRINT_DEPTH, _SEWN_IN = 0.4, 0.3, 0.12
"""Where small print in the back of a neck lies: half the width, in neck widths, the depth, and how
far down it begins, in chest widths."""
_LETTERS, _PRINT_RADIUS = 0.006, 0.02
"""Size of small print, and half the height of the least patch of it, in chest widths."""
_PRINTED, _LEGIBLE = 5.0, 1.5
"""How much more uneven it is than the shoulders, and how much at least, in lightness."""
_COMPACT, _BLURRED, _COLOURLESS = 0.65, 4.0, 8.0
"""How much of the rectangle around it a patch of print fills, how far beyond it seems to reach, in
sizes of letters, and how much its hue differs from the cloth's at most."""
_MIDDLE, _PLAIN = np.array([-0.12, 0.12]), 4.0
"""Where the inside of a back is looked at, in chest widths, and how much its lightness varies."""
_BAND_STEP, _BAND, _UP_TO_CORNERS = 40.0, 0.07, 0.97
"""Change of colour from which there is a neckband, its usual width, and how wide its seam is at
least, in neck widths: without a band a neckline ends within the corners of the outline."""
_OF_SHOULDERS = 0.35
"""How much the front below a seam differs from the shoulders, in changes across the seam."""
_PARTS = 3
_ACROSS = np.linspace(-0.88, 0.88, 21)
_BESIDE, _EVEN = 2, 1.35
"""Over how many points on each side a change of colour is averaged, and how much larger than this
mean it may be where it is an edge and no stripe."""
_LIKELY = 8
"""How many curves are looked at closely at once."""
_MORE_ALIKE = 4.0
"""Colour distance by which the inside may be more like the shoulders than the front is."""
_REACH, _WING_REACH = 0.03, 0.06
"""How far from a curve colours are compared, in half neck widths; the wings of a collar are no
exact curves."""
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
        line: shape (n, 2), the neckline itself from left to right.
    """

    necks: FloatArray
    y: float
    power: float
    step: float
    line: FloatArray = attrs.field()

    @line.default
    def _curve(self) -> FloatArray:
        return curve_of(self.necks, self.y, self.power)


def find_collar(
    shape: Silhouette,
    lab: FloatArray,
    necks: FloatArray,
    *,
    chest_px: float,
    is_shirt: bool = False,
) -> Collar:
    """Find the front neckline.

    It is looked for as the curve across which the colour changes all along: a label or a print
    changes it in one place only.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image.
        necks: shape (2, 2), neck points as the outline suggests them.
        chest_px: distance between the armpits.
        is_shirt: the neck points are the ends of a collar, between whose wings the neckline lies.
    """
    neck_y = float(necks[:, 1].mean())
    dip = shape.top_at(shape.axis_x)
    lowest_label = label_end(shape, lab, necks, chest_px=chest_px)
    width = float(np.ptp(necks[:, 0]))
    if lowest_label:
        # Its lower edge is a clear line, too.
        lowest_label += _BELOW_LABEL * width
    is_open = dip - neck_y > OPEN_DIP * chest_px
    reach = _WING_REACH if is_shirt else _REACH
    candidates = []
    for wider, often in _WIDENINGS.items():
        ends = _moved(shape, necks, wider)
        shoulders = shoulder_colour(shape, lab, ends)
        candidates += [
            _best_curve(
                shape, lab, ends, usual, often, above=lowest_label, reach=reach, shoulders=shoulders
            )
            for usual in (_SHIRT_SHAPES if is_shirt else _SHAPES)
        ]
    if is_shirt:
        return _along_wings(shape, lab, _between_wings(candidates, necks, dip, chest_px))
    sure = [each for each in candidates if _is_sure(each)]
    best = max(sure, key=lambda candidate: candidate.step)
    # Below a neckline and its band the pattern of the front begins.
    above, below = best.y - _DEEPER * width, best.y + _DEEPER * width
    # A neckline is found with other shapes and widths, too, and what a print looks like is not.
    is_alone = sum(above < each.y < below and each.step > 0 for each in sure) == 1
    least = (_BEFORE_ALONE if is_alone else _AS_CLEAR) * best.step
    as_clear = [each for each in sure if each.y < above and each.step > least]
    best = max(as_clear, key=lambda candidate: candidate.step, default=best)
    if is_open and not (best.step >= _CLEAR_STEP and _shows_back(lab, best, dip, chest_px)):
        return Collar(necks=necks, y=dip, power=2.0, step=0.0)
    if best.step >= _MIN_STEP:
        return _traced(shape, lab, best, width, above=lowest_label)
    if 0.04 * chest_px < neck_y - dip < HOOD_RISE * chest_px:
        return Collar(necks=necks, y=dip, power=2.0, step=0.0)
    depth = max(dip - neck_y + 0.2 * width, 0.35 * width)
    return Collar(necks=necks, y=max(neck_y + depth, lowest_label), power=2.0, step=0.0)


def _between_wings(
    candidates: list[Collar], necks: FloatArray, dip: float, chest_px: float
) -> Collar:
    """Return the neckline between the wings of a collar."""
    neck_y, width = float(necks[:, 1].mean()), float(np.ptp(necks[:, 0]))
    best = max(candidates, key=lambda candidate: candidate.step)
    straight = max((each for each in candidates if each.power == V_POWER), key=lambda v: v.step)
    if best.step >= max(_CLEAR_STEP, _LAID_OPEN * straight.step):
        return best
    # A back that stands as high as the front hides where a collar closes to a V.
    if straight.step >= _CLEAR_STEP and dip - neck_y > OPEN_DIP / 4 * chest_px:
        return Collar(necks=straight.necks, y=straight.y, power=_STRAIGHT, step=straight.step)
    return Collar(necks=necks, y=neck_y + _SHIRT_DEPTH * width, power=_STRAIGHT, step=0.0)


def _along_wings(shape: Silhouette, lab: FloatArray, curve: Collar) -> Collar:
    """Return the neckline as the edges of the wings are seen near a curve."""
    if curve.power <= V_POWER:
        return curve
    line, _change = trace(shape, lab, curve.line, is_even=False)
    return attrs.evolve(curve, necks=line[[0, -1]], y=float(line[:, 1].max()), line=line)


def _is_sure(curve: Collar) -> bool:
    """Tell whether a curve can be meant; between prints a V is found easily."""
    return curve.power >= _ROUND or curve.step > 2.5 * _MIN_STEP


def label_end(shape: Silhouette, lab: FloatArray, necks: FloatArray, *, chest_px: float) -> float:
    """Return the lower end of a label that is sewn into the back of the neck; 0 without one."""
    half = 0.4 * float(np.ptp(necks[:, 0]))
    centre, top = float(necks[:, 0].mean()), shape.top_at(shape.axis_x)
    box = lab[int(top) : int(top + 0.3 * chest_px), int(centre - half) : int(centre + half)]
    if box.size == 0:
        return 0.0
    back = np.median(box[: int(0.2 * chest_px)].reshape(-1, 3), axis=0)
    is_back = delta_e(box, back) < _LABEL_STEP
    other = ~is_back & (delta_e(box, shoulder_colour(shape, lab, necks)) > _LABEL_STEP)
    other = opened(closed(other, 0.01 * chest_px), 0.015 * chest_px)
    parts, stats = measured_parts(other)
    ends = [0.0]
    for index, (first, begin, wide, high, area) in enumerate(stats):
        is_small = 0.06 < wide / chest_px < 0.25 and 0.02 < high / chest_px < 0.2  # noqa: PLR2004
        at_top = begin < 0.12 * chest_px
        # What lies aside is part of a print.
        at_top &= abs(first + wide / 2 - half) < _SEWN_ASIDE * chest_px
        if not (index and is_small and at_top and wide > 0.7 * high and area > 0.6 * wide * high):
            continue
        label = parts == index
        around = dilate(label, 0.02 * chest_px) & ~dilate(label, 0.008 * chest_px)
        if is_back[around].mean() > 0.6:  # noqa: PLR2004  (cloth of the back on all sides)
            ends.append(top + float(begin + high) + 1)
    return max(*ends, printed_end(shape, lab, necks, chest_px=chest_px))


def printed_end(shape: Silhouette, lab: FloatArray, necks: FloatArray, *, chest_px: float) -> float:
    """Return the lower end of small print in the back of the neck of a plain garment, or 0."""
    half = _PRINT_HALF * float(np.ptp(necks[:, 0]))
    centre, top = float(necks[:, 0].mean()), shape.top_at(shape.axis_x)
    rows = slice(int(top), int(top + _PRINT_DEPTH * chest_px))
    lightness = lab[rows, :, 0]
    if lightness.size == 0:
        return 0.0
    grain = cv2.absdiff(lightness, cv2.GaussianBlur(lightness, (0, 0), _LETTERS * chest_px))
    grain = cv2.GaussianBlur(grain, (0, 0), 2 * _LETTERS * chest_px)
    columns = np.abs(np.arange(lab.shape[1]) - centre)
    beside = shape.mask[rows] & (columns > 1.1 * half / _PRINT_HALF / 2)
    usual = float(np.median(grain[beside])) if beside.any() else 0.0
    found = opened(grain > max(_PRINTED * usual, _LEGIBLE), _PRINT_RADIUS * chest_px)
    parts, stats = measured_parts(found)
    ends = [0.0]
    for part, (left, begin, wide, high, area) in enumerate(stats):
        inside = part > 0 and begin < _SEWN_IN * chest_px and begin + high < len(lightness)
        inside &= abs(left + wide / 2 - centre) < half / 2 and wide < 2 * half
        # A seam is a curved band, and a print on the front has colours.
        if not inside or area < _COMPACT * wide * high:
            continue
        hues = (lab[rows, :, 1:][place].mean(axis=0) for place in (parts == part, beside))
        if float(np.linalg.norm(np.subtract(*hues))) < _COLOURLESS:
            ends.append(top + float(begin + high) - _BLURRED * _LETTERS * chest_px)
    return max(ends)


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


def _moved(shape: Silhouette, necks: FloatArray, widening: float) -> FloatArray:
    centre = float(necks[:, 0].mean())
    columns = centre + (necks[:, 0] - centre) * widening
    return np.array([[column, shape.top_at(column)] for column in columns], np.float32)


def _best_curve(
    shape: Silhouette,
    lab: FloatArray,
    necks: FloatArray,
    usual: tuple[float, float, float, float],
    often: float,
    *,
    above: float,
    reach: float,
    shoulders: FloatArray,
) -> Collar:
    """Return the curve of one width and shape with the clearest change of colour."""
    neck_y = float(necks[:, 1].mean())
    width = max(float(necks[1, 0] - necks[0, 0]), 1.0)
    first = max(shape.top_at(shape.axis_x) - neck_y + 0.05 * width, above - neck_y)
    last = max(min(1.3 * width, max(0.35 * shape.height, 0.7 * width)), first + 2)
    depths = np.arange(first, last, max(1.0, 0.01 * width), dtype=np.float32)
    power, usual_depth, spread, frequency = usual
    unusual = (depths / width - usual_depth) / spread
    tilt = abs(float(necks[1, 1] - necks[0, 1])) / (0.1 * width)
    weights = often * frequency * np.exp(-0.5 * unusual**2 - tilt)
    if above > 0:
        # What only fades from there on is the lower edge of the label.
        weights[0] = 0
    found = _steps_across(shape, lab, necks, depths, power, reach=reach)
    steps = _best_steps(found, weights, shoulders)
    chosen = int(np.argmax(steps))
    return Collar(
        necks=necks, y=neck_y + float(depths[chosen]), power=power, step=float(steps[chosen])
    )


def _traced(
    shape: Silhouette, lab: FloatArray, curve: Collar, width: float, *, above: float
) -> Collar:
    """Return the neckline as it is seen near a curve, or the edge of the ribs above that seam."""
    line, change = trace(shape, lab, curve.line)
    beside = shoulder_spots(shape, lab, curve.necks).mean(axis=0)
    is_seam = float(delta_e(colour_below(lab, line), beside)) < _OF_SHOULDERS * change
    # Below a label the back has folds.
    if is_seam and not (above > 0 and curve.step < _CLEAR_STEP):
        is_band = curve.step > _BAND_STEP
        edge = upper_edge(shape, lab, line, change, is_band=is_band)
        if edge is not None and edge[:, 1].max() > above:
            line = edge
        elif is_band and np.ptp(line[:, 0]) > _UP_TO_CORNERS * width:
            # So different is a band alone, before a lining of its colour.
            line = moved_in(line, _BAND * float(np.ptp(line[:, 0])))
    return attrs.evolve(curve, y=max(float(line[:, 1].max()), above), line=line)


@attrs.frozen(eq=False, kw_only=True)
class _Steps:
    """Changes of colour across curves of several depths.

    Attributes:
        change: shape (depths, points, 3), 0 off the garment.
        colours: the same above and below the curves.
        usual: shape (depths,), the usual change along each curve.
    """

    change: FloatArray
    colours: tuple[FloatArray, FloatArray]
    usual: FloatArray

    def sure(self, at: IntArray, shoulders: FloatArray) -> FloatArray:
        """Return the usual changes of some curves, 0 across those that are no neckline."""
        # Stripes that cross the curve cancel among neighbours.
        even = np.linalg.norm(np.median(_even_along(self.change[at]), axis=1), axis=1)
        steps = np.minimum(self.usual[at], _EVEN * even)
        # Above a print lies what the shoulders are of; above a neckline the inside of the back.
        inside, front = (
            np.linalg.norm(np.median(each[at], axis=1) - shoulders, axis=1) for each in self.colours
        )
        return np.asarray(np.where(front > inside + _MORE_ALIKE, 0, steps), np.float32)


def _best_steps(found: _Steps, weights: FloatArray, shoulders: FloatArray) -> FloatArray:
    """Return weighted changes of colour, right for the greatest one, else at most too small."""
    possible = found.usual * weights
    order = np.argsort(-possible)
    steps = np.zeros(len(order), np.float32)
    for first in range(0, len(order), _LIKELY):
        some = order[first : first + _LIKELY]
        if possible[some[0]] <= steps.max():
            break
        steps[some] = found.sure(some, shoulders) * weights[some]
    return steps


def _steps_across(
    shape: Silhouette,
    lab: FloatArray,
    necks: FloatArray,
    depths: FloatArray,
    power: float,
    *,
    reach: float,
) -> _Steps:
    """Return the changes of colour across curves of given depths."""
    half = float(necks[1, 0] - necks[0, 0]) / 2
    gap = max(1.5, reach * half)
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
    usual = np.median(change, axis=1)
    steps = np.linalg.norm(usual, axis=1)
    # Left, right and in the middle, where stripes and prints look like an edge.
    thirds = np.median(change.reshape(len(change), _PARTS, -1, 3), axis=2)
    along = np.einsum("dpc,dc->dp", thirds, usual) / np.maximum(steps, 1e-6)[:, None]
    return _Steps(
        change=change,
        colours=(colours[0], colours[1]),
        usual=np.clip(np.median(along, axis=1), 0, None),
    )


def _even_along(change: FloatArray) -> FloatArray:
    """Return the mean of neighbours along each curve, where stripes that cross it cancel."""
    sums = np.cumsum(np.pad(change, ((0, 0), (1 + _BESIDE, _BESIDE), (0, 0)), mode="edge"), axis=1)
    count = 2 * _BESIDE + 1
    return np.asarray((sums[:, count:] - sums[:, :-count]) / count, np.float32)


def shoulder_colour(shape: Silhouette, lab: FloatArray, necks: FloatArray) -> FloatArray:
    """Return the usual colour of the front beside the neckline."""
    return np.asarray(np.median(shoulder_spots(shape, lab, necks), axis=0))


def shoulder_spots(shape: Silhouette, lab: FloatArray, necks: FloatArray) -> FloatArray:
    """Return colours of the front beside the neckline, shape (n, 3)."""
    width = float(necks[1, 0] - necks[0, 0])
    columns = np.concatenate(
        [necks[0, 0] - width * _SHOULDER_SPOTS, necks[1, 0] + width * _SHOULDER_SPOTS]
    )
    tops = shape.tops[np.clip(np.rint(columns).astype(int), shape.left, shape.right - 1)]
    depths = np.add.outer(tops.astype(np.float64), width * _SHOULDER_SPOTS)
    rows = np.clip(depths.astype(int).ravel(), 0, lab.shape[0] - 1)
    cells = np.clip(np.repeat(columns.astype(int), len(_SHOULDER_SPOTS)), 0, lab.shape[1] - 1)
    seen = shape.mask[rows, cells]
    return np.asarray(lab[rows, cells][seen if seen.any() else slice(None)])
