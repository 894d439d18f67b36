"""Heads and hair."""

from collections.abc import Sequence

from PIL import Image, ImageChops

from drawings.body import HAIR, HEAD_HEIGHT, SIDES, SKIN, Figure, sign
from drawings.canvas import (
    HAIR_SHADE,
    RGB,
    SKIN_SHADE,
    Canvas,
    Path,
    Point,
    Station,
    cast,
    darker,
    ellipse,
    lighter,
    luminance,
    mirror,
    mix,
    model,
    smooth,
    symmetric,
)
from drawings.styles import HairStyle

_Half = Sequence[Point]

_BOB_BACK: _Half = (
    (0.0, -0.05),
    (0.040, 0.08),
    (0.058, 0.40),
    (0.062, 0.80),
    (0.056, 1.06),
    (0.030, 1.10),
    (0.0, 1.08),
)
_LONG_BACK: _Half = (
    (0.0, -0.05),
    (0.040, 0.08),
    (0.058, 0.42),
    (0.064, 0.95),
    (0.072, 1.50),
    (0.060, 1.90),
    (0.0, 1.95),
)

# A cap lies between an outer line, from the crown to the temple, and the hairline below it.
_CLOSE: _Half = ((0.0, -0.012), (0.033, 0.06), (0.0458, 0.23), (0.0476, 0.45))
_FULL: _Half = ((0.0, -0.045), (0.036, 0.035), (0.0475, 0.22), (0.0488, 0.43))
_BOB: _Half = ((0.0, -0.05), (0.038, 0.03), (0.0545, 0.26), (0.0588, 0.60), (0.056, 0.98))
_CAPS: dict[HairStyle, tuple[_Half, _Half]] = {
    "crop": (
        _CLOSE,
        ((0.0, 0.205), (0.024, 0.215), (0.0375, 0.275), (0.0415, 0.37), (0.0452, 0.45)),
    ),
    "bob": (
        _BOB,
        (
            (0.0, 0.325),
            (0.018, 0.33),
            (0.037, 0.345),
            (0.0425, 0.50),
            (0.0435, 0.80),
            (0.050, 1.0),
        ),
    ),
    "bun": (
        _FULL,
        ((0.0, 0.165), (0.024, 0.19), (0.039, 0.29), (0.0432, 0.38), (0.0462, 0.45)),
    ),
    "curly": (
        _FULL,
        ((0.0, 0.215), (0.022, 0.235), (0.038, 0.31), (0.0445, 0.45)),
    ),
    "afro": (
        _FULL,
        ((0.0, 0.185), (0.023, 0.205), (0.0385, 0.29), (0.0435, 0.38), (0.0462, 0.46)),
    ),
}

# Hair combed to one side is not symmetric: both lines run all the way across.
_SWEPT_TOP: _Half = (
    (0.0488, 0.45),
    (0.0488, 0.22),
    (0.0385, 0.005),
    (0.008, -0.078),
    (-0.030, -0.040),
    (-0.0470, 0.15),
    (-0.0485, 0.45),
)
_SWEPT_LINE: _Half = (
    (-0.0455, 0.45),
    (-0.0425, 0.36),
    (-0.0375, 0.265),
    (-0.022, 0.235),
    (0.004, 0.225),
    (0.026, 0.175),
    (0.0385, 0.285),
    (0.0425, 0.36),
    (0.0455, 0.45),
)

# A long lock from the parting to its tip and back along the face.
_LOCK_OUT: _Half = (
    (-0.004, 0.05),
    (0.0, -0.055),
    (0.038, 0.04),
    (0.0555, 0.42),
    (0.061, 0.95),
    (0.0685, 1.45),
    (0.066, 1.80),
    (0.056, 2.02),
)
_LOCK_IN: _Half = (
    (0.056, 2.02),
    (0.0475, 1.80),
    (0.0465, 1.45),
    (0.0450, 1.1),
    (0.0440, 0.75),
    (0.0415, 0.44),
    (0.031, 0.275),
    (0.012, 0.165),
    (-0.004, 0.05),
)

_BEARD: _Half = (
    (0.0462, 0.50),
    (0.0455, 0.66),
    (0.0405, 0.81),
    (0.0305, 0.925),
    (0.017, 1.0),
    (0.0, 1.018),
)
_SHAVED: _Half = (
    (0.0, 0.738),
    (0.013, 0.748),
    (0.0205, 0.800),
    (0.031, 0.770),
    (0.0395, 0.67),
    (0.0425, 0.50),
)
_MOUTH: _Half = ((0.0, 0.772), (0.0132, 0.80), (0.0, 0.862))


def _line(points: _Half) -> Path:
    return smooth([(x, y * HEAD_HEIGHT) for x, y in points])


def _arch(half: _Half) -> Path:
    """Return a symmetric curve from left to right, whose right half starts on the axis."""
    return _line([*mirror(half), *half[1:]])


def _flipped(points: _Half) -> _Half:
    return [(-x, y) for x, y in points]


def _puffs(centre: Point, radii: Point, count: int, size: float) -> list[Path]:
    """Return a disc with a ring of curls around it."""
    curls = [ellipse(point, (size, size)) for point in ellipse(centre, radii, steps=count)]
    return [ellipse(centre, radii), *curls]


def back_shapes(style: HairStyle) -> list[Path]:
    """Return what falls behind the head."""
    if style == "bob":
        return [symmetric(_line(_BOB_BACK))]
    if style == "long":
        return [symmetric(_line(_LONG_BACK))]
    if style == "afro":
        return _puffs((0.0, 0.31 * HEAD_HEIGHT), (0.066, 0.069), 34, 0.0088)
    if style == "curly":
        upper = _puffs((0.0, 0.42 * HEAD_HEIGHT), (0.056, 0.062), 22, 0.0125)
        return upper + _puffs((0.0, 0.95 * HEAD_HEIGHT), (0.063, 0.054), 20, 0.0135)
    if style == "bun":
        return [ellipse((0.0, -0.075 * HEAD_HEIGHT), (0.025, 0.021))]
    return []


def front_shapes(style: HairStyle) -> list[Path]:
    """Return what lies on the head."""
    if style in _CAPS:
        outer, hairline = (_arch(half) for half in _CAPS[style])
        return [[*outer, *reversed(hairline)]]
    if style == "short":
        return [[*_line(_SWEPT_TOP), *_line(_SWEPT_LINE)]]
    if style == "long":
        left = [*_line(_flipped(_LOCK_OUT)), *_line(_flipped(_LOCK_IN))]
        return [[*_line(_LOCK_OUT), *_line(_LOCK_IN)], left]
    return []


def beard_shapes() -> tuple[list[Path], list[Path]]:
    """Return the outline of a beard and what is cut out of it."""
    mouth = symmetric([(x, y * HEAD_HEIGHT) for x, y in _MOUTH])
    return [symmetric(_line(_BEARD))], [symmetric(_line(_SHAVED)), mouth]


_SHINE: tuple[Station, ...] = (
    (-0.040, 0.22, 0.001),
    (-0.025, 0.10, 0.0032),
    (0.002, 0.06, 0.0028),
    (0.024, 0.10, 0.0008),
)
_STRANDS: tuple[tuple[Station, ...], ...] = (
    ((0.030, 0.16, 0.0004), (0.008, 0.10, 0.0009), (-0.018, 0.12, 0.0004)),
    ((0.034, 0.13, 0.0004), (0.006, 0.03, 0.0009), (-0.026, 0.08, 0.0004)),
    ((0.028, 0.18, 0.0004), (0.004, 0.17, 0.0009), (-0.030, 0.20, 0.0004)),
)


def draw_back_hair(canvas: Canvas, style: HairStyle, colour: RGB) -> None:
    """Draw the hair behind head and shoulders."""
    mask = canvas.mask(back_shapes(style))
    canvas.fill(mask, _deep(style, colour), label=HAIR)
    model(canvas, mask, depth=0.016, tint=HAIR_SHADE, strength=0.5, glow=0.12)


def draw_front_hair(canvas: Canvas, style: HairStyle, colour: RGB) -> None:
    """Draw the hair that lies on the head, and its shadow on the face."""
    mask = canvas.mask(front_shapes(style))
    if style in ("afro", "curly"):
        # Curls have no visible border between what is before and behind the head.
        canvas.fill(canvas.blurred(mask, 0.0008), _deep(style, colour), label=HAIR)
        return
    cast(canvas, mask, offset=(0.001, 0.004), radius=0.003, strength=0.35)
    canvas.fill(mask, colour, label=HAIR)
    model(canvas, mask, depth=0.012, tint=HAIR_SHADE, strength=0.5, glow=0.1)
    if style == "short":
        for strand in _STRANDS:
            canvas.shade(_on_head(canvas, strand, mask, softness=0.0012), HAIR_SHADE, 0.5)
    if style != "crop":
        shine = _on_head(canvas, _SHINE, mask, softness=0.004)
        canvas.light(shine, lighter(colour, 0.3), 0.34)


def _deep(style: HairStyle, colour: RGB) -> RGB:
    return darker(colour, 0.04 if style in ("afro", "curly") else 0.16)


def _on_head(
    canvas: Canvas, stations: tuple[Station, ...], mask: Image.Image, *, softness: float
) -> Image.Image:
    line = [(x, y * HEAD_HEIGHT, r) for x, y, r in stations]
    return canvas.stroke(line, within=mask, softness=softness)


def draw_beard(canvas: Canvas, colour: RGB) -> None:
    """Draw a short beard around mouth and chin."""
    outline, holes = beard_shapes()
    mask = ImageChops.subtract(canvas.mask(outline), canvas.mask(holes))
    mask = canvas.blurred(mask, 0.0010)
    canvas.fill(mask, darker(colour, 0.08), label=HAIR)
    model(canvas, mask, depth=0.008, tint=HAIR_SHADE, strength=0.35, glow=0.05)


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
