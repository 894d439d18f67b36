"""The figure under the clothes: proportions and joints, in units of its height.

The crown of the head is at y = 0, the floor at y = 1, the middle of the body at x = 0; left is
left in the picture, where x is negative.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import attrs

from drawings.curve import Path, Point, Station, interpolate, smooth
from drawings.person_style import ArmPose, Build, PersonStyle, Stance

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

HEAD_HEIGHT = 0.137
NECK_Y = 0.166
SHOULDER_Y = 0.2
ARMPIT_Y = 0.262
WAIST_Y = 0.385
HIP_Y = 0.492
CROTCH_Y = 0.535
KNEE_Y = 0.73
ANKLE_Y = 0.952

_UPPER_ARM = 0.162
_FOREARM = 0.142
_ARM_RADII: tuple[Point, ...] = (
    (0.0, 0.0245),
    (0.2, 0.0250),
    (0.5, 0.0195),
    (0.62, 0.0205),
    (1.0, 0.0125),
)
_LEG_RADII: tuple[Point, ...] = (
    (0.0, 0.046),
    (0.12, 0.049),
    (0.3, 0.041),
    (0.5, 0.030),
    (0.66, 0.0325),
    (0.85, 0.0225),
    (1.0, 0.0175),
)
_ARM_STOPS = (0.0, 0.14, 0.3, 0.46, 0.6, 0.75, 1.0)
_LEG_STOPS = (0.0, 0.12, 0.3, 0.5, 0.66, 0.85, 1.0)


def sign(side: Side) -> int:
    """Return -1 for left and 1 for right."""
    return -1 if side == "left" else 1


@attrs.frozen
class Figure:
    """A posed body.

    Attributes:
        build: The shape it was made from.
        profile: Half width of the torso against height, as (y, half width).
        joints: Position of every joint.
        arm_factor: Factor of the arms' thickness.
        leg_factor: Factor of the legs' thickness.
        neck: Half width of the neck.
        shoulder: Half distance of the shoulder joints.
    """

    build: Build
    profile: Path
    joints: Mapping[str, Point]
    arm_factor: float = attrs.field(kw_only=True)
    leg_factor: float = attrs.field(kw_only=True)
    neck: float = attrs.field(kw_only=True)
    shoulder: float = attrs.field(kw_only=True)

    def half_width(self, y: float) -> float:
        """Return half the width of the torso at a height."""
        return interpolate(self.profile, y)

    def arm(
        self, side: Side, start: float = 0.0, end: float = 1.0, *, ease: float = 0.0
    ) -> list[Station]:
        """Return the tube of an arm between two parts (0 shoulder, 1 wrist) of its length."""
        axis = [self.joints[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
        return _limb(axis, _ARM_RADII, _between(_ARM_STOPS, start, end), self.arm_factor, ease)

    def leg(
        self, side: Side, start: float = 0.0, end: float = 1.0, *, ease: float = 0.0
    ) -> list[Station]:
        """Return the tube of a leg between two parts (0 hip, 1 ankle) of its length."""
        axis = [self.joints[f"{side}_{name}"] for name in ("hip", "knee", "ankle")]
        return _limb(axis, _LEG_RADII, _between(_LEG_STOPS, start, end), self.leg_factor, ease)


def _between(stops: Sequence[float], start: float, end: float) -> list[float]:
    inner = [stop for stop in stops if start + 0.04 < stop < end - 0.04]
    return [start, *inner, end]


def _along(axis: Sequence[Point], part: float) -> Point:
    """Return the point at a part of a polyline's length (beyond 1: along its last piece)."""
    lengths = [math.dist(a, b) for a, b in pairwise(axis)]
    left = part * sum(lengths)
    for (a, b), length in zip(pairwise(axis), lengths, strict=True):
        if left <= length or b is axis[-1]:
            t = left / length
            return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t
        left -= length
    return axis[-1]


def _limb(
    axis: Sequence[Point],
    radii: Sequence[Point],
    stops: Sequence[float],
    factor: float,
    ease: float,
) -> list[Station]:
    return [(*_along(axis, stop), interpolate(radii, stop) * factor + ease) for stop in stops]


def _profile(build: Build) -> Path:
    """Return the half width of the torso from the armpits to the crotch as (y, half width)."""
    full = build.width
    chest = 0.086 * (0.55 + 0.45 * full) * (0.5 + 0.5 * build.shoulders)
    waist = 0.074 * (0.2 + 0.8 * full) * build.waist
    hips = 0.091 * (0.4 + 0.6 * full) * build.hips
    points = [
        (SHOULDER_Y, chest * 1.04),
        (ARMPIT_Y, chest * 1.01),
        (0.295, chest),
        (0.335, chest * 0.45 + waist * 0.55),
        (WAIST_Y, waist),
        (0.425, waist * 0.55 + hips * 0.45),
        (HIP_Y, hips),
        (CROTCH_Y, hips * 0.985),
    ]
    return smooth(points, steps=6)


def _arm_joints(side: Side, pose: ArmPose, *, shoulder: float, profile: Path) -> dict[str, Point]:
    start = (shoulder, SHOULDER_Y + 0.014)
    hips = interpolate(profile, HIP_Y)
    if pose == "hip":
        wrist = (interpolate(profile, 0.43) + 0.012, 0.432)
        elbow = _elbow(start, wrist)
    else:
        spread = 0.0 if pose == "relaxed" else 0.22
        reach = max(0.10, (hips + 0.026 - shoulder) / _UPPER_ARM * 0.62) + spread
        elbow = (start[0] + _UPPER_ARM * math.sin(reach), start[1] + _UPPER_ARM * math.cos(reach))
        bend = max(0.0, reach - 0.09)
        wrist = (elbow[0] + _FOREARM * math.sin(bend), elbow[1] + _FOREARM * math.cos(bend))
    points = {"shoulder": start, "elbow": elbow, "wrist": wrist}
    return {f"{side}_{name}": (sign(side) * x, y) for name, (x, y) in points.items()}


def _elbow(shoulder: Point, wrist: Point) -> Point:
    """Return where the elbow must be, on the outer side, for a wrist close to the body."""
    upper, fore = _UPPER_ARM * 0.97, _FOREARM * 0.9
    gap = min(math.dist(shoulder, wrist), (upper + fore) * 0.999)
    inward = (upper**2 + gap**2 - fore**2) / (2 * gap)
    out = math.sqrt(max(0.0, upper**2 - inward**2))
    ux, uy = (wrist[0] - shoulder[0]) / gap, (wrist[1] - shoulder[1]) / gap
    return shoulder[0] + ux * inward + uy * out, shoulder[1] + uy * inward - ux * out


def _leg_joints(side: Side, stance: Stance, *, hips: float, leg_factor: float) -> dict[str, Point]:
    hip = hips - 0.0455 * leg_factor
    spread = 0.006 if stance == "together" else 0.03
    inner = 0.031 * leg_factor
    knee = max(hip * 0.80, inner) + spread * 0.55
    ankle = max(hip * 0.52, inner * 0.8) + spread
    points = {"hip": (hip, 0.507), "knee": (knee, KNEE_Y), "ankle": (ankle, ANKLE_Y)}
    return {f"{side}_{name}": (sign(side) * x, y) for name, (x, y) in points.items()}


def _face_joints() -> dict[str, Point]:
    h = HEAD_HEIGHT
    return {
        "left_eye": (-0.0195, 0.50 * h),
        "right_eye": (0.0195, 0.50 * h),
        "nose": (0.0, 0.675 * h),
        "left_mouth": (-0.0135, 0.805 * h),
        "right_mouth": (0.0135, 0.805 * h),
    }


def pose(style: PersonStyle) -> Figure:
    """Return the posed body of a person."""
    build = style.build
    profile = _profile(build)
    shoulder = 0.1 * (0.8 + 0.2 * build.width) * build.shoulders
    leg_factor = (0.45 + 0.55 * build.width) * (0.5 + 0.5 * build.hips)
    joints = _face_joints()
    for side, arm in zip(SIDES, (style.left_arm, style.right_arm), strict=True):
        joints |= _arm_joints(side, arm, shoulder=shoulder, profile=profile)
        joints |= _leg_joints(
            side, style.stance, hips=interpolate(profile, HIP_Y), leg_factor=leg_factor
        )
    return Figure(
        build,
        profile,
        joints,
        arm_factor=(0.5 + 0.5 * build.width) * (0.6 + 0.4 * build.shoulders),
        leg_factor=leg_factor,
        neck=0.0305 * (0.7 + 0.3 * build.width) * (0.4 + 0.6 * build.shoulders),
        shoulder=shoulder,
    )
