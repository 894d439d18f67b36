"""The head: face and ears."""

from PIL import ImageChops

from drawings.canvas import Canvas
from drawings.colour import RGB, darker, luminance, mix
from drawings.curve import Path, Point, ellipse, smooth, symmetric
from drawings.figure import HEAD_HEIGHT, SIDES, Figure, sign
from drawings.light import SKIN_SHADE, cast, model
from drawings.parts import SKIN

_OUTLINE: tuple[Point, ...] = (
    (0.0, 0.02),
    (0.018, 0.035),
    (0.034, 0.11),
    (0.0435, 0.25),
    (0.0468, 0.40),
    (0.0465, 0.53),
    (0.0445, 0.66),
    (0.0395, 0.79),
    (0.0305, 0.89),
    (0.019, 0.965),
    (0.007, 0.998),
    (0.0, 1.0),
)
EYE_COLOUR: RGB = (62, 44, 36)
LIP: RGB = (186, 84, 84)
DEEP_LIP: RGB = (150, 62, 62)
_LIGHT_SKIN = 0.45


def _face_outline() -> Path:
    """Return the outline of the head without ears."""
    half = smooth([(x, y * HEAD_HEIGHT) for x, y in _OUTLINE])
    return symmetric(half)


def _curve(points: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    return [(x, y * HEAD_HEIGHT, r) for x, y, r in points]


def _draw_ears(canvas: Canvas, skin: RGB) -> None:
    for side in SIDES:
        k = sign(side)
        mask = canvas.mask(
            [ellipse((k * 0.0475, 0.55 * HEAD_HEIGHT), (0.0075, 0.0145), angle=k * 0.15)]
        )
        canvas.fill(mask, darker(skin, 0.06), label=SKIN)
        inner = ellipse((k * 0.0495, 0.55 * HEAD_HEIGHT), (0.0035, 0.009), angle=k * 0.15)
        canvas.shade(canvas.blurred(canvas.mask([inner]), 0.0015), SKIN_SHADE, 0.5)


def _draw_eye(canvas: Canvas, centre: Point, k: int, skin: RGB) -> None:
    x, y = centre
    w, h = 0.0098, 0.0048
    almond = [
        *smooth(
            [(x - w, y + 0.0006), (x - 0.3 * w, y - h), (x + 0.4 * w, y - 0.9 * h), (x + w, y)]
        ),
        *smooth([(x + w, y), (x + 0.3 * w, y + 0.75 * h), (x - 0.4 * w, y + 0.75 * h), (x - w, y)]),
    ]
    white = canvas.mask([almond])
    canvas.fill(white, mix((248, 244, 240), skin, 0.14))
    iris = ImageChops.multiply(canvas.mask([ellipse((x, y - 0.0003), (0.0046, 0.0048))]), white)
    canvas.fill(iris, EYE_COLOUR)
    canvas.fill(canvas.mask([ellipse((x - 0.0013, y - 0.0017), (0.0011, 0.0011))]), (250, 250, 250))
    lash = [
        (x - k * w * 0.95, y + 0.0002, 0.0006),
        (x - k * 0.3 * w, y - h, 0.0011),
        (x + k * 0.5 * w, y - 0.88 * h, 0.0013),
        (x + k * w * 1.12, y - 0.0004, 0.0008),
    ]
    canvas.fill(canvas.stroke(lash), (46, 34, 32))
    lid = [(px, py - 0.0042, 0.0005) for px, py, _ in lash]
    canvas.shade(canvas.stroke(lid, softness=0.0008), SKIN_SHADE, 0.6)


def _draw_brow(canvas: Canvas, k: int, colour: RGB) -> None:
    points = _curve(
        [
            (k * 0.0095, 0.408, 0.0014),
            (k * 0.018, 0.385, 0.0022),
            (k * 0.026, 0.388, 0.0016),
            (k * 0.031, 0.412, 0.0005),
        ]
    )
    canvas.fill(canvas.stroke(points, softness=0.0005), colour)


def _draw_nose(canvas: Canvas) -> None:
    side = _curve([(0.003, 0.50, 0.0010), (0.0046, 0.60, 0.0022), (0.0062, 0.665, 0.0016)])
    canvas.shade(canvas.stroke(side, softness=0.0018), SKIN_SHADE, 0.42)
    base = _curve(
        [
            (-0.0072, 0.672, 0.0007),
            (-0.003, 0.700, 0.0010),
            (0.003, 0.700, 0.0010),
            (0.0072, 0.672, 0.0007),
        ]
    )
    canvas.shade(canvas.stroke(base, softness=0.0006), SKIN_SHADE, 0.85)
    tip = canvas.blurred(
        canvas.mask([ellipse((-0.001, 0.655 * HEAD_HEIGHT), (0.0035, 0.004))]), 0.002
    )
    canvas.light(tip, (255, 240, 225), 0.18)


def _draw_mouth(canvas: Canvas, skin: RGB) -> None:
    h, w = HEAD_HEIGHT, 0.0135
    upper = smooth(
        [(-w, 0.802 * h), (-0.005, 0.782 * h), (0.0, 0.789 * h), (0.005, 0.782 * h), (w, 0.802 * h)]
    )
    line = smooth([(w, 0.802 * h), (0.005, 0.812 * h), (-0.005, 0.812 * h), (-w, 0.802 * h)])
    lower = smooth([(-w, 0.802 * h), (-0.007, 0.842 * h), (0.007, 0.842 * h), (w, 0.802 * h)])
    lip = mix(skin, LIP, 0.5) if luminance(skin) > _LIGHT_SKIN else mix(skin, DEEP_LIP, 0.45)
    canvas.fill(canvas.mask([[*lower, *line]]), lip)
    canvas.fill(canvas.mask([[*upper, *line]]), darker(lip, 0.14))
    smile = _curve(
        [
            (-w - 0.0006, 0.793, 0.0005),
            (-0.005, 0.814, 0.0008),
            (0.005, 0.814, 0.0008),
            (w + 0.0006, 0.793, 0.0005),
        ]
    )
    canvas.fill(canvas.stroke(smile), darker(lip, 0.5))
    below = _curve([(-0.006, 0.872, 0.0008), (0.0, 0.878, 0.0014), (0.006, 0.872, 0.0008)])
    canvas.shade(canvas.stroke(below, softness=0.0016), SKIN_SHADE, 0.4)


def draw_head(canvas: Canvas, figure: Figure, skin: RGB, hair: RGB) -> None:
    """Draw the head with its face, and its shadow on the neck."""
    mask = canvas.mask([_face_outline()])
    cast(canvas, mask, offset=(0.004, 0.014), radius=0.006, strength=0.75)
    _draw_ears(canvas, skin)
    canvas.fill(mask, skin, label=SKIN)
    model(canvas, mask, depth=0.017, tint=SKIN_SHADE, strength=0.42, glow=0.14)
    for side in SIDES:
        k = sign(side)
        cheek = canvas.mask([ellipse((k * 0.026, 0.68 * HEAD_HEIGHT), (0.010, 0.007))])
        canvas.shade(canvas.blurred(cheek, 0.006), (240, 160, 150), 0.34)
    brow = mix(darker(hair, 0.25), skin, 0.15)
    for side in SIDES:
        socket = canvas.mask([ellipse(figure.joints[f"{side}_eye"], (0.013, 0.009))])
        canvas.shade(canvas.blurred(socket, 0.004), SKIN_SHADE, 0.22)
        _draw_eye(canvas, figure.joints[f"{side}_eye"], sign(side), skin)
        _draw_brow(canvas, sign(side), brow)
    _draw_nose(canvas)
    _draw_mouth(canvas, skin)
