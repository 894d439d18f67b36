"""The body frame: a coordinate system that moves, turns and scales with the person."""

import attrs
import numpy as np
import numpy.typing as npt

from tryon_local.body import Body, FloatArray, Joint
from tryon_local.imaging import Points, resize_to

LEFT, RIGHT = 0, 1
SIDES = (LEFT, RIGHT)

_ARMS = (
    (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
)
_LEGS = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)
_HANDS = ((Joint.LEFT_WRIST, Joint.LEFT_INDEX), (Joint.RIGHT_WRIST, Joint.RIGHT_INDEX))

_MIN_SHOULDERS_PER_TORSO = 0.55
_MIN_HEAD_RADIUS_PER_SHOULDERS = 0.35
_MIN_CROSSING = 0.3


@attrs.frozen(eq=False, kw_only=True)
class Frame:
    """Where a body is and how large: heights count along the spine, laterals across it.

    Attributes:
        neck: mid-point of the shoulder joints (N), in pixels; height 0, lateral 0.
        hips: mid-point of the hip joints (H), in pixels; height 1, lateral 0.
        shoulders_px: length S of one lateral unit: the shoulder-joint distance, 0.55 T at least.
        torso_px: length T of one height unit: the distance from `neck` to `hips`.
        down: unit vector from `neck` to `hips`.
        across: unit vector from left to right, the mean of shoulders and hips.
        shoulder_across: unit vector from the left to the right shoulder.
        hip_across: unit vector from the left to the right hip.
        head_centre: mid-point of the ears, in pixels.
        head_radius_px: ear distance, 0.35 S at least.
        chin: tip of the chin, in pixels.
    """

    neck: FloatArray
    hips: FloatArray
    shoulders_px: float
    torso_px: float
    down: FloatArray
    across: FloatArray
    shoulder_across: FloatArray
    hip_across: FloatArray
    head_centre: FloatArray
    head_radius_px: float
    chin: FloatArray

    def point(self, height: float, lateral: float) -> FloatArray:
        """Return the pixel position (x, y) at a height in T and a lateral in S."""
        offset = self.down * (height * self.torso_px) + self.across * (lateral * self.shoulders_px)
        return np.asarray(self.neck + offset, dtype=np.float32)

    def row(self, height: float, laterals: Points) -> FloatArray:
        """Return the pixel positions at one height and several laterals, shape (n, 2)."""
        sideways = np.asarray(laterals.astype(np.float64) * self.shoulders_px, dtype=np.float32)
        offset = self.down * (height * self.torso_px) + self.across * sideways[:, None]
        return np.asarray(self.neck + offset, dtype=np.float32)

    def coordinates(self, points: Points) -> tuple[FloatArray, FloatArray]:
        """Return heights and laterals of pixel positions, shape (..., 2); inverts `point`."""
        offset = np.asarray(points, dtype=np.float64) - self.neck
        both = offset @ self._inverse().T
        return both[..., 0].astype(np.float32), both[..., 1].astype(np.float32)

    @property
    def chin_height(self) -> float:
        """Height of the chin, in T; negative."""
        return float(self.coordinates(self.chin)[0])

    def grid(self, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
        """Return heights and laterals of every pixel of an image, each of shape (H, W)."""
        inverse = self._inverse()
        x = np.arange(shape[1]) - float(self.neck[0])
        y = np.arange(shape[0]) - float(self.neck[1])
        height, lateral = (np.add.outer(row[1] * y, row[0] * x) for row in inverse)
        return height.astype(np.float32), lateral.astype(np.float32)

    def _inverse(self) -> npt.NDArray[np.float64]:
        axes = np.stack([self.down * self.torso_px, self.across * self.shoulders_px], axis=1)
        return np.linalg.inv(axes.astype(np.float64))


def body_frame(body: Body) -> Frame:
    """Derive the frame of a body from its joints."""
    left, right = body.at(Joint.LEFT_SHOULDER), body.at(Joint.RIGHT_SHOULDER)
    left_hip, right_hip = body.at(Joint.LEFT_HIP), body.at(Joint.RIGHT_HIP)
    neck, hips = _middle(left, right), _middle(left_hip, right_hip)
    torso_px = max(1.0, _distance(neck, hips))
    down = _unit(hips - neck, np.array([0.0, 1.0]))
    level = np.array([down[1], -down[0]])
    shoulder_across = _unit(right - left, level)
    hip_across = _unit(right_hip - left_hip, shoulder_across)
    shoulders_px = max(_distance(left, right), _MIN_SHOULDERS_PER_TORSO * torso_px)
    ears = body.at(Joint.LEFT_EAR), body.at(Joint.RIGHT_EAR)
    mouth = _middle(body.at(Joint.LEFT_MOUTH), body.at(Joint.RIGHT_MOUTH))
    return Frame(
        neck=neck,
        hips=hips,
        shoulders_px=shoulders_px,
        torso_px=torso_px,
        down=down,
        across=_crossing(_unit(shoulder_across + hip_across, level), level),
        shoulder_across=shoulder_across,
        hip_across=hip_across,
        head_centre=_middle(*ears),
        head_radius_px=max(_distance(*ears), _MIN_HEAD_RADIUS_PER_SHOULDERS * shoulders_px),
        chin=np.asarray(2 * mouth - body.at(Joint.NOSE), dtype=np.float32),
    )


def resized_body(body: Body, width_px: int, height_px: int) -> Body:
    """Return the same body for the same photo at another size."""
    height, width = body.mask.shape
    if (width, height) == (width_px, height_px):
        return body
    scale = np.array([width_px / width, height_px / height], dtype=np.float32)
    # pixel centres, not pixel corners, keep their place when an image is resized
    return attrs.evolve(
        body,
        joints=np.asarray((body.joints + 0.5) * scale - 0.5, dtype=np.float32),
        depth=np.asarray(body.depth * scale[0], dtype=np.float32),
        mask=resize_to(body.mask, width_px, height_px),
    )


def arm(body: Body, side: int) -> FloatArray:
    """Return shoulder, elbow and wrist of one side, shape (3, 2)."""
    return _chain(body, _ARMS[side])


def leg(body: Body, side: int) -> FloatArray:
    """Return hip, knee and ankle of one side, shape (3, 2)."""
    return _chain(body, _LEGS[side])


def hand(body: Body, side: int) -> FloatArray:
    """Return wrist and index knuckle of one side, shape (2, 2)."""
    return _chain(body, _HANDS[side])


def along(chain: Points, share: float | Points) -> FloatArray:
    """Return the point at a share 0..1 of the length of a chain of points, shape (N, 2).

    Of n shares it returns n points, shape (n, 2).
    """
    lengths = np.hypot(*np.diff(chain, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    target = share * reached[-1]
    point = [np.interp(target, reached, chain[:, axis]) for axis in (0, 1)]
    return np.stack(point, axis=-1).astype(np.float32)


def _chain(body: Body, joints: tuple[Joint, ...]) -> FloatArray:
    return np.stack([body.at(joint) for joint in joints])


def _middle(start: Points, end: Points) -> FloatArray:
    return np.asarray((start + end) / 2, dtype=np.float32)


def _distance(start: Points, end: Points) -> float:
    return float(np.hypot(*(end - start)))


def _unit(vector: Points, fallback: Points) -> FloatArray:
    length = float(np.hypot(*vector))
    chosen = fallback if length < 1e-6 else vector / length  # noqa: PLR2004  (no direction)
    return np.asarray(chosen, dtype=np.float32)


def _crossing(across: FloatArray, level: Points) -> FloatArray:
    """Keep the two axes apart, else heights and laterals could not be told from each other."""
    crossing = abs(float(across @ level))
    return across if crossing > _MIN_CROSSING else np.asarray(level, dtype=np.float32)
