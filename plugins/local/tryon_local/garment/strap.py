"""Straps of which the back is seen beside the front, as on a garment laid flat."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.outline import IntArray
from tryon_local.imaging import dilate, gaussian, measured_parts, opened

_DEEPEST = 0.12
"""Share of a gap at its lower end, where it touches the back of the strap only."""
_STRAIGHT = (0.15, 0.7)
"""Between which shares of a gap the side of the front is straight."""
_CLEARLY = 0.7
"""How wide the back is beside the lower end of a gap at most, in widths of what lies in front."""
_LEAST_ROWS = 6
"""Height of a gap in pixels below which nothing is said about its strap."""
_SOFT_PX = 0.7
_UNKNOWN_PX, _SIDES_PX = 2, 3
"""How wide is more than the soft rim of cloth, and how far beside it the sides of a strap lie."""
_UPRIGHT = 2.0
"""How much higher than wide a gap in a strap is."""
_STEP_PX = 4
"""By how many pixels the places differ from which a pattern may be taken."""


def only_fronts(mask: BoolArray, gaps: BoolArray) -> FloatArray:
    """Return 0 on the backs of straps and in the gaps before them, 1 elsewhere.

    On a body the back of a strap lies behind the shoulder. It is the side on which a gap is
    deepest: the front meets the upper edge of the garment higher up. Where a gap ends level, both
    are kept.

    Args:
        mask: shape (H, W), the garment.
        gaps: shape (H, W), the gaps between fronts and backs.
    """
    hidden = np.zeros(mask.shape, np.float32)
    labels, stats = measured_parts(gaps)
    for label in range(1, len(stats)):
        _hide_back(mask, np.asarray(labels == label), hidden)
    return np.clip(1 - gaussian(hidden, _SOFT_PX), 0, 1).astype(np.float32)


def _hide_back(mask: BoolArray, gap: BoolArray, hidden: FloatArray) -> None:
    rows = np.flatnonzero(gap.any(axis=1))
    if len(rows) < _LEAST_ROWS:
        return
    lefts, rights = gap[rows].argmax(axis=1), gap.shape[1] - 1 - gap[rows, ::-1].argmax(axis=1)
    deep = rows[-max(2, round(_DEEPEST * len(rows))) :]
    ends = [_ends(mask[row], int(np.flatnonzero(gap[row]).mean())) for row in deep]
    at = len(rows) - len(deep)
    to_left = float(np.median(lefts[at:] - [left for left, _right in ends]))
    to_right = float(np.median([right for _left, right in ends] - rights[at:]))
    if min(to_left, to_right) > _CLEARLY * max(to_left, to_right):
        return
    is_right = to_right < to_left
    front = lefts if is_right else rights
    first, last = (round(share * len(rows)) for share in _STRAIGHT)
    line = np.polyfit(rows[first:last], front[first:last], 1)
    columns = np.arange(mask.shape[1])
    outwards = 1 if is_right else -1
    for row in range(len(mask)):
        beside = float(np.polyval(line, row))
        if row > rows[-1]:
            # The foot of the back is cut off aslant.
            beside = float(front[-1]) + outwards * (row - int(rows[-1]))
        elif row > rows[last]:
            beside = float(np.interp(row, rows, front))
        left, right = _ends(mask[row], int(np.clip(beside, 0, len(columns) - 1)))
        if row > rows[-1] and left > right:
            break
        back = columns > beside if is_right else columns < beside
        hidden[row] = np.maximum(hidden[row], back & (columns >= left) & (columns <= right))


def _ends(row: BoolArray, column: int) -> tuple[int, int]:
    """Return the first and last column of the cloth around a column; none where there is none."""
    if not row[column]:
        return column + 1, column - 1
    left = column - int((~row[: column + 1][::-1]).argmax()) + 1
    right = column + int((~row[column:]).argmax()) - 1
    return left, right


def with_patterned_straps(
    rgb: ByteArray, alpha: FloatArray, *, opaque: float
) -> tuple[ByteArray, FloatArray]:
    """Continue the garment's pattern over the gaps in its straps, of which no colour is known.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1; a little less than opaque in such gaps.
        opaque: alpha above which a colour is the garment's.
    """
    cloth, known = alpha > 0.5, alpha > opaque  # noqa: PLR2004  (half covered)
    unknown = opened(cloth & ~known, _UNKNOWN_PX)
    labels, stats = measured_parts(unknown)
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_HEIGHT] < _UPRIGHT * stats[label, cv2.CC_STAT_WIDTH]:
            continue
        strap = dilate(np.asarray(labels == label), _SIDES_PX) & cloth
        source = _alike_below(rgb, known, strap, strap & known)
        if source is not None:
            rgb, alpha = rgb.copy(), alpha.copy()
            rgb[strap] = rgb[source]
            alpha[strap] = 1
    return rgb, alpha


def _alike_below(
    rgb: ByteArray, known: BoolArray, strap: BoolArray, sides: BoolArray
) -> tuple[IntArray, IntArray] | None:
    """Return the pixels straight below a strap that look most like its sides."""
    if not sides.any():
        return None
    rows, columns = np.nonzero(strap)
    goal = _look(rgb[sides])
    best, least = None, np.inf
    for down in range(int(np.ptp(rows)) + 1, len(rgb) - int(rows.max()), _STEP_PX):
        if not known[rows + down, columns].all():
            continue
        far = float(np.abs(_look(rgb[rows + down, columns]) - goal).sum())
        if far < least:
            best, least = (rows + down, columns), far
    return best


def _look(colours: ByteArray) -> FloatArray:
    """Return mean and spread of colours, shape (6,)."""
    return np.concatenate([colours.mean(axis=0), colours.std(axis=0)]).astype(np.float32)
