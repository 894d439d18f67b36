"""Bodies: where their parts are, and how they are drawn."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import attrs
from PIL import ImageChops

from drawings.canvas import (
    RGB,
    SKIN_SHADE,
    Canvas,
    Path,
    Point,
    Station,
    cast,
    darker,
    ellipse,
    interpolate,
    model,
    ramp,
    smooth,
    symmetric,
    tube,
)
from drawings.styles import ArmPose, Build, PersonStyle, Stance

SKIN = 1
HAIR = 2
TOP = 3
BOTTOM = 4
DRESS = 5
SHOES = 6

PARTS: Mapping[str, int] = MappingProxyType(
    {"top": TOP, "bottom": BOTTOM, "dress": DRESS, "skin": SKIN, "hair": HAIR, "shoes": SHOES}
)


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

SEATED_DROP = 0.16
"""How much lower than a standing person one who sits is, in units."""

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
_SEATED_LEG_RADII: tuple[Point, ...] = (
    (0.0, 0.046),
    (0.12, 0.050),
    (0.24, 0.044),
    (0.5, 0.036),
    (0.85, 0.0235),
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
        is_seated: Whether it sits.
    """

    build: Build
    profile: Path
    joints: Mapping[str, Point]
    arm_factor: float = attrs.field(kw_only=True)
    leg_factor: float = attrs.field(kw_only=True)
    neck: float = attrs.field(kw_only=True)
    shoulder: float = attrs.field(kw_only=True)
    is_seated: bool = attrs.field(default=False, kw_only=True)

    @property
    def floor(self) -> float:
        """Height of the floor under the feet."""
        return 1.0 - SEATED_DROP if self.is_seated else 1.0

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
        radii = _SEATED_LEG_RADII if self.is_seated else _LEG_RADII
        return _limb(axis, radii, _between(_LEG_STOPS, start, end), self.leg_factor, ease)


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


def _arm_joints(
    side: Side, pose: ArmPose, *, shoulder: float, profile: Path, is_seated: bool
) -> dict[str, Point]:
    start = (shoulder, SHOULDER_Y + 0.014)
    hips = interpolate(profile, HIP_Y)
    if is_seated and pose != "crossed":
        wrist = (hips * 0.55, HIP_Y + 0.022)
        elbow = _elbow(start, wrist)
    elif pose == "crossed":
        wrist = (-0.042, SHOULDER_Y + 0.112)
        elbow = _elbow(start, wrist)
    elif pose == "hip":
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
    if stance == "seated":
        return {
            f"{side}_hip": (sign(side) * hip, 0.507),
            f"{side}_knee": (sign(side) * (hip + 0.040), KNEE_Y - SEATED_DROP),
            f"{side}_ankle": (sign(side) * (hip + 0.022), ANKLE_Y - SEATED_DROP),
        }
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
        joints |= _arm_joints(
            side, arm, shoulder=shoulder, profile=profile, is_seated=style.stance == "seated"
        )
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
        is_seated=style.stance == "seated",
    )


_INWARD = -0.5
"""Beyond this angle (radians) a forearm points to the body: the hand rests on the hip."""


def shoulder_line(figure: Figure) -> Path:
    """Return the right outline from the side of the neck down to the round of the shoulder."""
    neck, (x, y) = figure.neck, figure.joints["right_shoulder"]
    radius = figure.arm("right", 0.0, 0.5)[0][2]
    touch = (x + 0.31 * radius, y - 0.951 * radius)
    start = (neck * 1.34, NECK_Y + 0.004)
    middle = ((start[0] + touch[0]) / 2, (start[1] + touch[1]) / 2 + 0.001)
    points = [(neck * 0.95, 0.085), (neck, 0.125), (neck * 1.03, NECK_Y - 0.013)]
    return smooth([*points, start, middle, touch])


def _trunk(figure: Figure) -> Path:
    sides = [(x, y) for y, x in figure.profile if y >= ARMPIT_Y]
    half = [*shoulder_line(figure), (figure.shoulder, SHOULDER_Y), *sides, (0.0, CROTCH_Y)]
    return symmetric(half)


def _finger(start: Point, angle: float, length: float, radius: float) -> list[Path]:
    dx, dy = math.sin(angle) * length, math.cos(angle) * length
    middle = (start[0] + dx * 0.55, start[1] + dy * 0.55, radius)
    return tube([(*start, radius), middle, (start[0] + dx, start[1] + dy, radius * 0.78)], steps=3)


def _hand_angle(figure: Figure, side: Side) -> float:
    """Return the direction of the hand, from straight down towards the outside, in radians."""
    elbow, wrist = figure.joints[f"{side}_elbow"], figure.joints[f"{side}_wrist"]
    out = sign(side) * (wrist[0] - elbow[0])
    along = math.atan2(out, wrist[1] - elbow[1])
    return along * (0.35 if along > _INWARD else 0.72)


def hand(figure: Figure, side: Side) -> tuple[list[Path], list[list[tuple[float, float, float]]]]:
    """Return the shapes of a hand and the fine lines between its fingers."""
    wrist, k = figure.joints[f"{side}_wrist"], sign(side)
    size = 0.92 + 0.08 * figure.arm_factor
    angle = _hand_angle(figure, side)

    def place(across: float, along: float) -> Point:
        sin, cos = math.sin(angle), math.cos(angle)
        x, y = across * cos + along * sin, along * cos - across * sin
        return wrist[0] + k * x * size, wrist[1] + y * size

    palm_outline = [(-0.0115, -0.004), (-0.0165, 0.018), (-0.0175, 0.040), (-0.008, 0.048)]
    palm_outline += [(0.009, 0.047), (0.0165, 0.038), (0.0155, 0.016), (0.0115, -0.004)]
    shapes: list[Path] = [[place(x, y) for x, y in palm_outline]]
    lines = []
    for index, length in enumerate((0.030, 0.037, 0.036, 0.028)):
        across = -0.0126 + 0.0084 * index
        spread = k * (angle + 0.09 - 0.035 * index)
        shapes += _finger(place(across, 0.042), spread, length * size, 0.0046 * size)
        if index:
            ends = place(across - 0.0042, 0.046), place(across - 0.0042, 0.063)
            lines.append([(x, y, 0.0007) for x, y in ends])
    shapes += _finger(place(-0.012, 0.014), k * (angle - 0.42), 0.036 * size, 0.0053 * size)
    return shapes, lines


def arm_shapes(figure: Figure, side: Side) -> list[Path]:
    """Return the shapes of a bare arm with its hand."""
    return [*tube(figure.arm(side)), *hand(figure, side)[0]]


def draw_arm(canvas: Canvas, figure: Figure, side: Side, skin: RGB, *, below: float) -> None:
    """Draw the part of an arm below a height again, over the clothes it hangs before."""
    whole = canvas.mask(arm_shapes(figure, side))
    mask = ImageChops.multiply(whole, ramp(canvas, below, below + 0.03))
    cast(canvas, mask, strength=0.4)
    canvas.fill(mask, skin, label=SKIN)
    model(canvas, mask, depth=0.012, tint=SKIN_SHADE)
    for line in hand(figure, side)[1]:
        canvas.shade(canvas.stroke(line, within=mask), SKIN_SHADE, 0.8)


def draw_trunk(canvas: Canvas, figure: Figure, skin: RGB) -> None:
    """Draw neck, trunk and arms as one piece of skin."""
    shapes = [_trunk(figure)]
    for side in SIDES:
        shapes += arm_shapes(figure, side)
    mask = canvas.mask(shapes)
    canvas.fill(mask, skin, label=SKIN)
    model(canvas, mask, depth=0.012, tint=SKIN_SHADE)
    for side in SIDES:
        k = sign(side)
        bone = [(k * 0.008, 0.193, 0.0008), (k * 0.035, 0.186, 0.0012), (k * 0.06, 0.184, 0.0004)]
        canvas.shade(canvas.stroke(bone, within=mask, softness=0.0018), SKIN_SHADE, 0.55)


def draw_legs(canvas: Canvas, figure: Figure, skin: RGB) -> None:
    """Draw both bare legs down to the ankles."""
    for side in SIDES:
        mask = canvas.mask(tube(figure.leg(side, 0.0, 1.02)))
        canvas.fill(mask, skin, label=SKIN)
        model(canvas, mask, depth=0.014, tint=SKIN_SHADE)
        x, y = figure.joints[f"{side}_knee"]
        r = 0.014 * figure.leg_factor
        knee = smooth([(x - r, y + 0.004), (x, y + 0.012), (x + r, y + 0.004)])
        line = canvas.stroke([(px, py, 0.0014) for px, py in knee], within=mask, softness=0.003)
        canvas.shade(line, SKIN_SHADE, 0.5)


def _shoe(x: float, floor: float, k: int) -> Path:
    out = k * 0.006
    points = [
        (x - 0.0195, floor - 0.046),
        (x - 0.0215 + out * 0.5, floor - 0.025),
        (x - 0.0245 + out, floor - 0.006),
        (x - 0.0155 + out, floor + 0.0035),
        (x + 0.0155 + out, floor + 0.0035),
        (x + 0.0245 + out, floor - 0.006),
        (x + 0.0215 + out * 0.5, floor - 0.025),
        (x + 0.0195, floor - 0.046),
    ]
    return smooth(points)


def draw_shoes(canvas: Canvas, figure: Figure, colour: RGB) -> None:
    """Draw two plain low shoes with a sole."""
    for side in SIDES:
        (x, ankle), k = figure.joints[f"{side}_ankle"], sign(side)
        floor = figure.floor
        mask = canvas.mask([_shoe(x, floor, k)])
        canvas.fill(mask, colour, label=SHOES)
        model(canvas, mask, depth=0.008)
        cx = x + k * 0.006
        sole = smooth(
            [(cx - 0.026, floor - 0.007), (cx, floor - 0.0015), (cx + 0.026, floor - 0.007)]
        )
        canvas.shade(
            canvas.stroke([(px, py, 0.0012) for px, py in sole], within=mask), (150, 140, 140), 0.9
        )
        mouth = ellipse((x, ankle + 0.006), (0.0185, 0.008))
        canvas.fill(canvas.mask([mouth]), darker(colour, 0.35), label=SHOES)
        for height in (0.030, 0.023, 0.016):
            row = floor - height
            lace = [(cx - 0.009, row, 0.001), (cx + 0.009, row, 0.001)]
            canvas.shade(canvas.stroke(lace, within=mask), (160, 150, 150), 0.8)
