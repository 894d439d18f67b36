"""Straps of which the back is seen beside the front, as on a garment laid flat."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import gaussian

_DEEPEST = 0.12
"""Share of a gap at its lower end, where it touches the back of the strap only."""
_STRAIGHT = (0.15, 0.7)
"""Between which shares of a gap the side of the front is straight."""
_CLEARLY = 0.7
"""How wide the back is beside the lower end of a gap at most, in widths of what lies in front."""
_LEAST_ROWS = 6
"""Height of a gap in pixels below which nothing is said about its strap."""
_SOFT_PX = 0.7


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
    count, labels, _stats, _centres = cv2.connectedComponentsWithStats(gaps.astype(np.uint8))
    for label in range(1, count):
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
