"""Landmarks of tops and dresses: armpits, shoulders, neckline, hem."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.collar import (
    HOOD_RISE,
    Collar,
    find_collar,
    shoulder_spots,
)
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.sleeve import find_sleeve
from tryon_local.garment.value import Sleeve, TopLandmarks

_MAX_ARMPIT_DEPTH = 0.80
"""Distance from shoulder to armpit, in chest widths, beyond which long sleeves touch the sides."""
_SHOULDER_SLOPE = 0.16
"""How far shoulders drop per length outwards, at least."""
_TURNED, _TURN = 0.72, np.array([1, 2])
"""Slope from which on a shoulder turns down into the sleeve, and over how many steps outwards it
does so: across a dent in its outline it is as steep, but not for long."""
_STEEP = 0.8
"""Slope from which on it is a collar's side that rises, and no shoulder."""
_STRAP_STEP, _STRAP_SLOPE, _OPENING_SLOPE = 0.008, 1.5, 0.2
"""Every how many rows, in heights, the end of a strap is looked at, how far it moves outwards per
row where the strap slopes on, and how far at most where an arm's opening begins."""
_STRAP_DROP = 0.3
"""How far a strap slopes down to its outer end at most, in chest widths."""
_UNEVEN = 0.08
"""How much farther out one strap may end than the other, in chest widths."""
_STANDS, _OPEN = 0.05, 0.05
"""Height above its foot, in chest widths, from which a collar stands up, and how far it dips
between its ends where it is open."""
_ARMHOLES = (0.15, 0.5, 0.8)
"""Between which rows armholes are narrowest, and above which they end, in chest widths."""
_ARMHOLE, _LOWEST = 0.5, 0.9
"""Depth of an armhole that is not cut in, and of the deepest one, in chest widths."""
_CUT_IN, _BELOW_CORNER = 0.015, 0.15
"""How far armholes are cut in at least, and how far below their corners the sides draw in again,
in chest widths."""
_TUBE_WIDTH = 0.1
"""Width of a high collar's rim, in chest widths, from which its ends can be trusted."""
_SAME_CLOTH, _PRINTED = 5.0, 0.6
"""Difference of colour up to which a high collar and the shoulders are of one cloth, and how much
of the unevenness of a print is added."""
_MAX_FLARE = 1.2
"""Width of a sleeve, in armhole widths, beyond which it is not a tube around the arm."""


def find_top_landmarks(
    shape: Silhouette, lab: FloatArray, *, is_dress: bool
) -> tuple[TopLandmarks, tuple[str, ...]]:
    """Find the landmarks of a top or a dress.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image, for the neckline.
        is_dress: armpits are then looked for further up.

    Returns:
        The landmarks, and warning codes.
    """
    armpits = _sleeve_notches(shape, is_dress=is_dress)
    sleeves: tuple[Sleeve | None, Sleeve | None] = (None, None)
    warnings: tuple[str, ...] = ()
    opening: FloatArray | None = None
    polo: FloatArray | None = None
    if armpits is not None:
        necks = _neck_points(shape, armpits)
        tips = _shoulder_tips(shape, armpits, necks)
        chest_px = float(np.ptp(armpits[:, 0]))
        rise = float((tips - necks)[:, 1].mean())
        is_hood = rise > HOOD_RISE * chest_px
        foot = _under_collar(shape, tips)
        if is_hood:
            necks = foot
        elif _stands(necks, foot, chest_px):
            edges, necks = necks, foot
            dip = shape.top_at(shape.axis_x) - float(edges[:, 1].mean())
            if dip < _OPEN * chest_px and _is_tube(shape, lab, edges, necks, chest_px):
                polo = edges
            else:
                opening = edges
        armpits, merged = _lifted(shape, armpits, tips)
        left, right = (find_sleeve(shape, tips[i], armpits[i], side=i) for i in (0, 1))
        warnings = ("sleeve_uncertain",) if merged else ()
        if left is not None and right is not None:
            sleeves = (left, right)
            warnings += _sleeve_doubts(left, right, float(np.hypot(*(armpits - tips).T).max()))
        else:
            armpits = None
    if armpits is None:
        opening = polo = None
        armpits = _bare_armpits(shape, is_dress=is_dress)
        necks = _neck_points(shape, armpits)
        tips = _strap_tips(shape, armpits, necks)
    if polo is None:
        ends = necks if opening is None else opening
        chest_px = float(np.ptp(armpits[:, 0]))
        collar = find_collar(shape, lab, ends, chest_px=chest_px, is_shirt=opening is not None)
        if opening is None:
            necks = _outermost(necks, collar.necks)
    else:
        # A tube around the neck: the seam at its foot is no neckline.
        rim_y = shape.top_at(shape.axis_x)
        collar, opening = Collar(necks=necks, y=rim_y, power=2.0, step=0.0), polo
    return (
        TopLandmarks(
            tips=tips,
            necks=necks,
            opening=opening if polo is not None and opening is not None else collar.necks,
            armpits=armpits,
            collar_y=collar.y,
            collar_power=collar.power,
            neckline=collar.line,
            hem_y=shape.bottom_at(shape.axis_x),
            axis_x=shape.axis_x,
            sleeves=sleeves,
        ),
        tuple(dict.fromkeys(warnings)),
    )


def _sleeve_notches(shape: Silhouette, *, is_dress: bool) -> FloatArray | None:
    """Return left and right armpit when the garment is notched under both sleeves."""
    low = 0.42 if is_dress else 0.75
    found = []
    for notches in shape.side_notches:
        height = (notches[:, 1] - shape.top) / shape.height
        usable = (
            (notches[:, 2] > 0.035 * shape.width)
            & (height > 0.08)  # noqa: PLR2004  (below the shoulders)
            & (height < low)
            & (np.abs(notches[:, 0] - shape.axis_x) > 0.12 * shape.width)
            & np.array([_opens_outwards(shape, notch) for notch in notches], bool)
        )
        if not usable.any():
            return None
        mine = notches[usable]
        found.append(mine[int(np.argmax(mine[:, 2]))])
    armpits = _agreed(np.stack(found), shape)
    chest = float(armpits[1, 0] - armpits[0, 0])
    for side, armpit in zip((-1, 1), armpits, strict=True):
        columns = np.flatnonzero(shape.mask[: int(armpit[1]) + 1].any(axis=0))
        reach = side * (columns[0 if side < 0 else -1] - armpit[0])
        if reach < 0.12 * chest:
            return None
    return armpits


def _opens_outwards(shape: Silhouette, notch: FloatArray) -> bool:
    """Tell an armpit from the neckline: the garment's body lies on the inner side of it."""
    sign = 1 if notch[0] > shape.axis_x else -1
    row = min(int(notch[1]) + max(3, round(0.012 * shape.width)), len(shape.mask) - 1)
    column = int(np.clip(notch[0] - sign * 0.08 * shape.width, 0, shape.mask.shape[1] - 1))
    return bool(shape.mask[row, column])


def _agreed(found: FloatArray, shape: Silhouette) -> FloatArray:
    """Mirror the deeper notch when the two sides disagree about the height."""
    armpits = found[:, :2].copy()
    if abs(armpits[0, 1] - armpits[1, 1]) > 0.05 * shape.height:
        deeper = int(np.argmax(found[:, 2]))
        armpits[1 - deeper] = [2 * shape.axis_x - armpits[deeper, 0], armpits[deeper, 1]]
    return armpits


def _bare_armpits(shape: Silhouette, *, is_dress: bool) -> FloatArray:
    """Return the row below the arm openings of a sleeveless garment: where it stops widening."""
    columns = [np.flatnonzero(line) for line in shape.mask[shape.top : shape.bottom]]
    widths = np.array([line[-1] - line[0] if line.size else 0 for line in columns], np.float32)
    low, high = (0.12, 0.40) if is_dress else (0.25, 0.65)
    chest = float(np.percentile(widths[int(low * len(widths)) : int(high * len(widths))], 30))
    steps = max(3, round(0.03 * chest))
    limit = min(_LOWEST * chest, 0.5 * len(widths))
    corner = _under_armholes(widths, chest)
    # A dress is narrower at the waist than under its arms.
    chest_px = max(chest, float(widths[min(round(_ARMHOLE * chest), len(widths) - 1)]))
    row = shape.top + _ARMHOLE * chest_px
    for offset in range(int(0.28 * chest), int(limit)):
        growth = (widths[offset] - widths[offset - steps]) / steps
        wide = widths[offset] >= 0.85 * chest
        if wide and growth <= 0.2 and shape.run(shape.top + offset, shape.axis_x):  # noqa: PLR2004
            row = max(row, float(shape.top + offset))
            break
    row = min(row if corner is None else shape.top + corner, float(shape.bottom - 1))
    line = np.flatnonzero(shape.mask[int(row)])
    left, right = (line[0], line[-1]) if line.size else (shape.left, shape.right - 1)
    return np.array([[left, row], [right, row]], np.float32)


def _under_armholes(widths: FloatArray, chest: float) -> float | None:
    """Return the row of the corners under armholes that are hardly cut in, if there are such."""
    first, middle, last = (round(share * chest) for share in _ARMHOLES)
    if last >= len(widths):
        return None
    narrowest = first + int(widths[first:middle].argmin())
    corner = narrowest + int(widths[narrowest:last].argmax())
    beyond = widths[corner : corner + round(_BELOW_CORNER * chest)]
    cut_in = float(widths[corner] - widths[narrowest])
    if cut_in < _CUT_IN * chest or widths[corner] - beyond.min() < _CUT_IN / 2 * chest:
        return None
    return float(corner)


def _neck_points(shape: Silhouette, armpits: FloatArray) -> FloatArray:
    """Return, for each half, the upper corner of the outline."""
    chest = armpits[1, 0] - armpits[0, 0]
    points = []
    for side in (0, 1):
        inner, outer = shape.axis_x, armpits[side, 0] + (0.05 if side == 0 else -0.05) * chest
        columns = np.arange(int(min(inner, outer)), int(max(inner, outer)) + 1)
        tops = np.array([shape.top_at(float(column)) for column in columns])
        # Where the shoulder ends: the back of the neck may run on level from there.
        column = columns[np.argmin(tops - _SHOULDER_SLOPE * np.abs(columns - shape.axis_x))]
        points.append([column, shape.top_at(column)])
    return _levelled(np.array(points, np.float32), shape)


def _outermost(necks: FloatArray, ends: FloatArray) -> FloatArray:
    """Return, of each side, the point that is further from the middle."""
    is_wider = ends[:, 0] * np.array([-1, 1]) > necks[:, 0] * np.array([-1, 1])
    return np.where(is_wider[:, None], ends, necks)


def _levelled(points: FloatArray, shape: Silhouette) -> FloatArray:
    """Give two points the same distance from the axis, their mean."""
    half = float(points[1, 0] - points[0, 0]) / 2
    centre = float(points[:, 0].mean())
    if abs(centre - shape.axis_x) > 0.06 * shape.width:
        centre = shape.axis_x
    columns = (centre - half, centre + half)
    return np.array([[column, shape.top_at(column)] for column in columns], np.float32)


def _shoulder_tips(shape: Silhouette, armpits: FloatArray, necks: FloatArray) -> FloatArray:
    """Walk outward from the neck to where the shoulder turns down into the sleeve."""
    chest = float(armpits[1, 0] - armpits[0, 0])
    step = max(2.0, 0.05 * chest)
    tips = []
    for side, sign in ((0, -1), (1, 1)):
        nearest = armpits[side, 0] - sign * 0.05 * chest
        farthest = armpits[side, 0] + sign * 0.10 * chest
        column = float(necks[side, 0])
        while sign * (farthest - column) > 0:
            beyond = np.clip(column + sign * step * _TURN, shape.left, shape.right - 1) - column
            drops = [shape.top_at(column + each) - shape.top_at(column) for each in beyond]
            turns = bool((drops > _TURNED * np.maximum(np.abs(beyond), 1)).all())
            if turns and sign * (column - nearest) >= 0:
                break
            column += sign
        tips.append([column, shape.top_at(column)])
    return _levelled(np.array(tips, np.float32), shape)


def _under_collar(shape: Silhouette, tips: FloatArray) -> FloatArray:
    """Walk inward from the shoulder tips to where a hood or a high collar rises."""
    width = float(tips[1, 0] - tips[0, 0])
    step = max(2.0, 0.03 * width)
    necks = []
    for side, sign in ((0, -1), (1, 1)):
        column = float(tips[side, 0])
        while sign * (column - shape.axis_x) > 0.12 * width:
            if shape.top_at(column) - shape.top_at(column - sign * step) > _STEEP * step:
                break
            column -= sign
        necks.append([column, shape.top_at(column)])
    return np.array(necks, np.float32)


def _stands(edges: FloatArray, foot: FloatArray, chest_px: float) -> bool:
    """Tell whether a collar stands up on the shoulders, inside its foot and on both sides."""
    inside = foot[0, 0] < edges[0, 0] and edges[1, 0] < foot[1, 0]
    return bool(inside and float((foot - edges)[:, 1].min()) > _STANDS * chest_px)


def _is_tube(
    shape: Silhouette, lab: FloatArray, edges: FloatArray, necks: FloatArray, chest_px: float
) -> bool:
    """Tell whether the front rises as a tube around the neck, and not the inside of a back."""
    top, foot = float(edges[:, 1].mean()), float(necks[:, 1].mean())
    left, right = round(float(edges[0, 0])), round(float(edges[1, 0])) + 1
    if right - left < _TUBE_WIDTH * chest_px:
        return False
    rows = slice(round(top + 0.3 * (foot - top)), max(round(foot), round(top) + 2))
    tube = lab[rows, left:right][shape.mask[rows, left:right]]
    if not len(tube):
        return False
    front = shoulder_spots(shape, lab, necks)
    shoulders = np.median(front, axis=0)
    # Of a print, other parts are seen on the shoulders than around the neck.
    unevenness = float(np.percentile(np.linalg.norm(front - shoulders, axis=1), 75))
    apart = float(np.linalg.norm(np.median(tube, axis=0) - shoulders))
    return apart < _SAME_CLOTH + _PRINTED * unevenness


def _strap_tips(shape: Silhouette, armpits: FloatArray, necks: FloatArray) -> FloatArray:
    """Return the outer ends of the straps of a sleeveless garment."""
    ends = [_strap_end(shape, necks[side], side) for side in (0, 1)]
    apart = [shape.axis_x - ends[0], ends[1] - shape.axis_x]
    if abs(apart[0] - apart[1]) > _UNEVEN * float(np.ptp(armpits[:, 0])):
        # Seen to its end on one side only.
        ends = [shape.axis_x - max(apart), shape.axis_x + max(apart)]
    columns = (max(ends[0], float(armpits[0, 0])), min(ends[1], float(armpits[1, 0])))
    lowest = float(necks[:, 1].mean()) + _STRAP_DROP * float(np.ptp(armpits[:, 0]))
    seen = np.flatnonzero(shape.tops <= lowest)
    # Beside a strap lies the corner under its armhole.
    left, right = (float(seen[0]), float(seen[-1])) if seen.size else columns
    columns = (max(columns[0], left), min(columns[1], right))
    tips = np.array([[column, shape.top_at(column)] for column in columns], np.float32)
    return _levelled(tips, shape)


def _strap_end(shape: Silhouette, neck: FloatArray, side: int) -> float:
    """Return the column where a strap ends outwards, and the arm's opening begins.

    A broad strap slopes down to there, as a shoulder with a sleeve does that opens nothing.
    """
    step_px = max(2, round(_STRAP_STEP * shape.height))
    sign = 1 if side else -1
    ends: list[float] = []
    for row in np.arange(neck[1] + 0.03 * shape.height, shape.bottom, step_px):
        inside = ends[-1] - sign * step_px if ends else float(neck[0])
        run = shape.run(float(row), inside)
        if run is None:
            break
        ends.append(float(run[side]))
        if len(ends) > 1 and sign * (ends[-1] - ends[-2]) < _STRAP_SLOPE * step_px:
            below = shape.run(float(row) + 3 * step_px, inside) or run
            opens = sign * (below[side] - ends[-1]) <= _OPENING_SLOPE * 3 * step_px
            return ends[-1] if opens and len(ends) > 2 else ends[0]  # noqa: PLR2004  (it sloped on)
    return ends[0] if ends else float(neck[0])


def _lifted(shape: Silhouette, armpits: FloatArray, tips: FloatArray) -> tuple[FloatArray, bool]:
    """Raise armpits that were found where a long sleeve parts from the side it lies on."""
    chest = float(armpits[1, 0] - armpits[0, 0])
    depth = armpits[:, 1] - tips[:, 1]
    outside = armpits[:, 0] + np.array([-0.12, 0.12]) * chest
    hang = min(shape.bottom_at(x) - y for x, y in zip(outside, armpits[:, 1], strict=True))
    deepest = float(depth.max()) / chest
    if deepest <= _MAX_ARMPIT_DEPTH or hang < (0.25 if deepest > 0.95 else 0.5) * chest:  # noqa: PLR2004
        return armpits, False
    lifted = armpits.copy()
    lifted[:, 1] = tips[:, 1] + 0.62 * chest
    return lifted, True


def _sleeve_doubts(left: Sleeve, right: Sleeve, armhole: float) -> tuple[str, ...]:
    """Return a warning for sleeves that flare, puff, or differ."""
    uneven = abs(left.length_px - right.length_px) > 0.2 * max(left.length_px, right.length_px)
    widths = [np.hypot(*(sleeve.outer - sleeve.inner).T) for sleeve in (left, right)]
    flared = max(float(each[1:].max()) for each in widths) > _MAX_FLARE * armhole
    return ("sleeve_uncertain",) if uneven or flared else ()
