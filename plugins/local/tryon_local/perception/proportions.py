"""Guess joints from an outline: find the neck, then apply usual human proportions."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Joint

_NECK_SEARCH = (0.05, 0.38)
_MIN_NARROWING = 0.95  # long hair hides the neck, so the outline need not narrow at all
_NEARLY = 0.92
_HEAD_PER_SHOULDERS = 0.6
_SHOULDER_HEIGHT, _JOINT_HEIGHT = 0.42, 0.40  # below the neck, in head heights
_JOINTS_PER_SHOULDER_WIDTH = 0.80
_TORSO_PER_SHOULDERS, _TORSO_PER_HEAD = 1.45, 1.8
_ARM_INSET = 0.11

# right half of the face: lateral and height in head heights from the top of the head
_FACE = {
    Joint.NOSE: (0.0, 0.62),
    Joint.LEFT_EYE: (-0.15, 0.50),
    Joint.RIGHT_EYE: (0.15, 0.50),
    Joint.LEFT_EAR: (-0.30, 0.54),
    Joint.RIGHT_EAR: (0.30, 0.54),
    Joint.LEFT_MOUTH: (-0.10, 0.76),
    Joint.RIGHT_MOUTH: (0.10, 0.76),
}
# lateral in shoulder distances, height in torso lengths from the middle of the shoulders
_TRUNK_AND_LEGS = {
    Joint.LEFT_SHOULDER: (-0.5, 0.0),
    Joint.RIGHT_SHOULDER: (0.5, 0.0),
    Joint.LEFT_HIP: (-0.30, 1.0),
    Joint.RIGHT_HIP: (0.30, 1.0),
    Joint.LEFT_KNEE: (-0.30, 1.9),
    Joint.RIGHT_KNEE: (0.30, 1.9),
    Joint.LEFT_ANKLE: (-0.30, 2.75),
    Joint.RIGHT_ANKLE: (0.30, 2.75),
}
# height in torso lengths; laterals follow the outline
_ARMS = {
    (Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW): 0.65,
    (Joint.LEFT_WRIST, Joint.RIGHT_WRIST): 1.2,
    (Joint.LEFT_INDEX, Joint.RIGHT_INDEX): 1.4,
}


@attrs.frozen(eq=False, kw_only=True)
class Outline:
    """Extent of an outline per row.

    Attributes:
        top: first row that is not empty.
        lefts: first column of each row from `top` on.
        rights: last column of each row from `top` on.
    """

    top: int
    lefts: FloatArray
    rights: FloatArray

    @property
    def widths(self) -> FloatArray:
        """Width of each row, in pixels."""
        return np.asarray(self.rights - self.lefts + 1, dtype=np.float32)

    def row(self, y: float) -> tuple[float, float]:
        """Return first and last column at a height, that of the nearest row there is."""
        index = int(np.clip(round(y) - self.top, 0, len(self.lefts) - 1))
        return float(self.lefts[index]), float(self.rights[index])


def guess_joints(mask: BoolArray) -> FloatArray | None:
    """Return joints, shape (21, 2), as `Joint` orders them; None when there is no neck."""
    outline = _trace(mask)
    neck = _find_neck(outline.widths)
    if neck is None:
        return None
    left, right = outline.row(outline.top + neck)
    axis = (left + right) / 2
    shoulders_at = outline.row(outline.top + neck + _SHOULDER_HEIGHT * neck)
    unit = _JOINTS_PER_SHOULDER_WIDTH * (shoulders_at[1] - shoulders_at[0])
    torso = min(_TORSO_PER_SHOULDERS * unit, _TORSO_PER_HEAD * neck)
    joints = np.zeros((len(Joint), 2), dtype=np.float32)
    for joint, (lateral, height) in _FACE.items():
        joints[joint] = axis + lateral * neck, outline.top + height * neck
    middle_y = outline.top + neck + _JOINT_HEIGHT * neck
    for joint, (lateral, height) in _TRUNK_AND_LEGS.items():
        joints[joint] = axis + lateral * unit, middle_y + height * torso
    for pair, height in _ARMS.items():
        y = middle_y + height * torso
        left, right = outline.row(y)
        joints[pair[0]] = left + _ARM_INSET * unit, y
        joints[pair[1]] = right - _ARM_INSET * unit, y
    return joints


def _trace(mask: BoolArray) -> Outline:
    rows = np.flatnonzero(mask.any(axis=1))
    inside = mask[rows[0] : rows[-1] + 1]
    lefts = inside.argmax(axis=1)
    rights = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    return Outline(top=int(rows[0]), lefts=_as_float(lefts), rights=_as_float(rights))


def _as_float(columns: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FloatArray:
    return np.asarray(columns, dtype=np.float32)


def _find_neck(widths: FloatArray) -> int | None:
    """Return the lowest row that is about as narrow as can be between head and shoulders."""
    first, last = (int(share * len(widths)) for share in _NECK_SEARCH)
    rows = np.arange(max(2, first), last)
    if rows.size == 0:
        return None
    heads = np.maximum.accumulate(widths)[rows - 1]
    below = np.array([widths[row : 2 * row].max() for row in rows])
    narrowing = np.minimum(heads, _HEAD_PER_SHOULDERS * below) / widths[rows]
    if narrowing.max() < _MIN_NARROWING:
        return None
    return int(rows[narrowing >= _NEARLY * narrowing.max()][-1])
