"""The bare body: neck, trunk, arms with hands, legs, and the shoes."""

import math

from PIL import ImageChops

from drawings.canvas import Canvas
from drawings.colour import RGB, darker
from drawings.curve import Path, Point, ellipse, smooth, symmetric, tube
from drawings.figure import (
    ANKLE_Y,
    ARMPIT_Y,
    CROTCH_Y,
    NECK_Y,
    SHOULDER_Y,
    SIDES,
    Figure,
    Side,
    sign,
)
from drawings.light import SKIN_SHADE, cast, model, ramp
from drawings.parts import SHOES, SKIN

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


def _shoe(x: float, k: int) -> Path:
    out = k * 0.006
    points = [
        (x - 0.0195, ANKLE_Y + 0.002),
        (x - 0.0215 + out * 0.5, 0.975),
        (x - 0.0245 + out, 0.994),
        (x - 0.0155 + out, 1.0035),
        (x + 0.0155 + out, 1.0035),
        (x + 0.0245 + out, 0.994),
        (x + 0.0215 + out * 0.5, 0.975),
        (x + 0.0195, ANKLE_Y + 0.002),
    ]
    return smooth(points)


def draw_shoes(canvas: Canvas, figure: Figure, colour: RGB) -> None:
    """Draw two plain low shoes with a sole."""
    for side in SIDES:
        x, k = figure.joints[f"{side}_ankle"][0], sign(side)
        mask = canvas.mask([_shoe(x, k)])
        canvas.fill(mask, colour, label=SHOES)
        model(canvas, mask, depth=0.008)
        cx = x + k * 0.006
        sole = smooth([(cx - 0.026, 0.993), (cx, 0.9985), (cx + 0.026, 0.993)])
        canvas.shade(
            canvas.stroke([(px, py, 0.0012) for px, py in sole], within=mask), (150, 140, 140), 0.9
        )
        mouth = ellipse((x, ANKLE_Y + 0.006), (0.0185, 0.008))
        canvas.fill(canvas.mask([mouth]), darker(colour, 0.35), label=SHOES)
        for row in (0.970, 0.977, 0.984):
            lace = [(cx - 0.009, row, 0.001), (cx + 0.009, row, 0.001)]
            canvas.shade(canvas.stroke(lace, within=mask), (160, 150, 150), 0.8)
