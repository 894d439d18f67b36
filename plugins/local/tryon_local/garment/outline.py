"""Measurements of a garment's silhouette: its outline, rows and notches."""

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray
from tryon_local.imaging import bounding_box, fill_holes, largest_components, measured_parts

IntArray = npt.NDArray[np.int64]

_STRAP_END = 0.35
"""How far down a garment the gap in a double strap ends, in its height."""


@attrs.frozen(eq=False, kw_only=True)
class Silhouette:
    """A garment's mask with what every landmark search asks of it.

    Attributes:
        mask: shape (H, W), its largest part only.
        left, top, right, bottom: bounding box in pixels, right and bottom exclusive.
        tops, bottoms: shape (W,), first and last row of the mask in each column; the box's bottom
            and top where a column is empty.
        axis_x: column of the axis of symmetry.
        notches: shape (n, 3): x, y and depth of the outline's dents, in pixels.
        side_notches: the same for each half by itself, where dents right and left of the hem
            do not hide each other.
    """

    mask: BoolArray
    left: int
    top: int
    right: int
    bottom: int
    tops: FloatArray
    bottoms: FloatArray
    axis_x: float
    notches: FloatArray
    side_notches: tuple[FloatArray, FloatArray]

    @property
    def width(self) -> int:
        """Width of the bounding box, in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height of the bounding box, in pixels."""
        return self.bottom - self.top

    def run(self, row: float, column: float) -> tuple[int, int] | None:
        """Return first and last column of the unbroken stretch of mask around a pixel."""
        x = min(max(round(column), 0), self.mask.shape[1] - 1)
        line = self.mask[min(max(round(row), 0), len(self.mask) - 1)]
        if not line[x]:
            return None
        to_left, to_right = int(line[x::-1].argmin()), int(line[x:].argmin())
        # No gap gives 0, and so does a gap at the pixel itself, which is part of the mask here.
        first = x - to_left + 1 if to_left else 0
        last = x + to_right - 1 if to_right else len(line) - 1
        return first, last

    def top_at(self, column: float) -> float:
        """Return the first row of the mask in a column; the box's bottom where it is empty."""
        return float(self.tops[min(max(round(column), self.left), self.right - 1)])

    def bottom_at(self, column: float) -> float:
        """Return the last row of the mask in a column; the box's top where it is empty."""
        return float(self.bottoms[min(max(round(column), self.left), self.right - 1)])

    def hem_corner_row(self) -> float:
        """Return the row of the hem's corners; a hem may hang lower in the middle."""
        hem = round(self.bottom_at(self.axis_x))
        first = hem - max(2, round(0.15 * self.height))
        runs = [self.run(row, self.axis_x) or (0, 0) for row in range(first, hem + 1)]
        widths = np.array([last - left for left, last in runs])
        wide = np.flatnonzero(widths >= 0.93 * np.median(widths))
        return float(first + wide[-1])


def silhouette_of(mask: BoolArray) -> Silhouette:
    """Measure a mask; it must not be empty."""
    body = _slits_opened(largest_components(mask, 1.0))
    box = bounding_box(body)
    if box is None:
        raise ValueError("an empty mask has no silhouette")
    left, top, right, bottom = box
    axis_x = _axis(body, box)
    filled = body.any(axis=0)
    left_half, right_half = body.copy(), body.copy()
    left_half[:, int(axis_x) + 1 :] = False
    right_half[:, : int(axis_x)] = False
    return Silhouette(
        mask=body,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        tops=np.where(filled, body.argmax(axis=0), bottom).astype(np.float32),
        bottoms=np.where(filled, len(body) - 1 - body[::-1].argmax(axis=0), top).astype(np.float32),
        axis_x=axis_x,
        notches=_notches(body),
        side_notches=(_notches(left_half, inward=1), _notches(right_half, inward=-1)),
    )


def _slits_opened(mask: BoolArray) -> BoolArray:
    """Open tall enclosed slits downwards: legs touch at the hems, cuffs lie against the sides.

    The gap in a double strap ends higher up.
    """
    rows_seen = np.flatnonzero(mask.any(axis=1))
    if not rows_seen.size:
        return mask
    strap_end = rows_seen[0] + _STRAP_END * (rows_seen[-1] - rows_seen[0])
    labels, stats = measured_parts(fill_holes(mask) & ~mask, connectivity=4)
    carved = mask.copy()
    for index in range(1, len(stats)):
        if stats[index, cv2.CC_STAT_HEIGHT] > 0.12 * len(mask):
            rows, columns = np.nonzero(labels == index)
            if rows.max() < strap_end:
                continue
            column = round(float(columns[rows == rows.max()].mean()))
            carved[int(rows.max()) :, max(0, column - 1) : column + 2] = False
    return largest_components(carved, 1.0)


def _axis(mask: BoolArray, box: tuple[int, int, int, int]) -> float:
    """Return the column about which the mask mirrors best, searched near its middle."""
    left, top, right, bottom = box
    part = mask[top:bottom].astype(np.float32)
    columns = part.sum(axis=0)
    middle = (left + right - 1) / 2
    rows = np.flatnonzero(part.any(axis=1))
    inner = rows[(rows > 0.3 * len(part)) & (rows < 0.9 * len(part))]
    mids = [(np.flatnonzero(part[row])[[0, -1]]).mean() for row in inner]
    centre = float(np.median(mids)) if mids else middle
    mass = float((columns * np.arange(columns.size)).sum() / max(columns.sum(), 1.0))
    return float(np.median([middle, centre, mass]))


def _notches(mask: BoolArray, *, inward: int | None = None) -> FloatArray:
    """Return where the outline dents.

    That is a dent's deepest point, or with `inward` (the sign of x towards the axis) its corner,
    which lies above the waist where a skirt flares under a sleeve.
    """
    contours, _tree = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    nothing = np.zeros((0, 3), np.float32)
    points = np.asarray(max(contours, key=len, default=nothing), np.int64).reshape(-1, 2)
    if len(points) < 8:  # noqa: PLR2004  (a speck)
        return nothing
    outline = points.astype(np.int32).reshape(-1, 1, 2)
    hull = np.asarray(cv2.convexHull(outline, returnPoints=False)).reshape(-1, 1)
    falling = np.sort(hull, axis=0)[::-1].copy()
    # OpenCV returns None, which its stubs do not know, where the outline has no dents.
    defects = np.asarray(cv2.convexityDefects(outline, falling), np.float64)
    if not defects.ndim:
        return nothing
    rows = defects.reshape(-1, 4)
    starts, ends, deepest = (rows[:, index].astype(int) for index in range(3))
    found = points[deepest]
    if inward is not None:
        pairs = zip(starts, ends, strict=True)
        found = np.array([_corner(points, start, end, inward) for start, end in pairs])
    return np.column_stack([found, rows[:, 3] / 256]).astype(np.float32)


def _corner(points: IntArray, start: int, end: int, inward: int) -> IntArray:
    stretch = points[start : end + 1] if start <= end else np.vstack([points[start:], points[:end]])
    corner: IntArray = stretch[int(np.argmax(inward * stretch[:, 0] - 0.7 * stretch[:, 1]))]
    return corner
