"""Hair: what falls behind the head and what lies on it."""

from PIL import Image

from tryon_core.drawings.canvas import Canvas
from tryon_core.drawings.colour import RGB, darker, lighter
from tryon_core.drawings.curve import Path, Point, Station, ellipse, loop, smooth, symmetric
from tryon_core.drawings.figure import HEAD_HEIGHT
from tryon_core.drawings.light import HAIR_SHADE, cast, model
from tryon_core.drawings.parts import HAIR
from tryon_core.drawings.person_style import HairStyle


def _head(points: list[Point]) -> list[Point]:
    return [(x, y * HEAD_HEIGHT) for x, y in points]


def _sides(points: list[Point]) -> Path:
    return symmetric(smooth(_head(points)))


_BACK: dict[HairStyle, list[Point]] = {
    "bob": [
        (0.0, -0.05),
        (0.040, 0.08),
        (0.058, 0.40),
        (0.062, 0.80),
        (0.056, 1.06),
        (0.030, 1.10),
        (0.0, 1.08),
    ],
    "long": [
        (0.0, -0.05),
        (0.040, 0.08),
        (0.058, 0.42),
        (0.064, 0.95),
        (0.074, 1.55),
        (0.066, 1.98),
        (0.036, 2.06),
        (0.0, 2.0),
    ],
}


def _puffs(centre: Point, radii: Point, count: int, size: float) -> list[Path]:
    """Return a ring of curls around a head."""
    ring = ellipse(centre, radii, steps=count)
    return [ellipse(point, (size, size)) for point in ring]


def _back_shapes(style: HairStyle) -> list[Path]:
    if style in _BACK:
        return [_sides(_BACK[style])]
    if style == "afro":
        centre, radii = (0.0, 0.30 * HEAD_HEIGHT), (0.068, 0.070)
        return [ellipse(centre, radii), *_puffs(centre, radii, 30, 0.0095)]
    if style == "curly":
        top, low = (0.0, 0.42 * HEAD_HEIGHT), (0.0, 0.95 * HEAD_HEIGHT)
        return [
            ellipse(top, (0.058, 0.064)),
            *_puffs(top, (0.056, 0.062), 22, 0.0125),
            ellipse(low, (0.066, 0.056)),
            *_puffs(low, (0.064, 0.054), 20, 0.0135),
        ]
    if style == "bun":
        return [ellipse((0.0, -0.07 * HEAD_HEIGHT), (0.026, 0.022))]
    return []


def draw_back_hair(canvas: Canvas, style: HairStyle, colour: RGB) -> None:
    """Draw the hair behind head and shoulders."""
    mask = canvas.mask(_back_shapes(style))
    canvas.fill(mask, darker(colour, 0.16), label=HAIR)
    model(canvas, mask, depth=0.016, tint=HAIR_SHADE, strength=0.5, glow=0.12)


def _cap(top: list[Point], hairline: list[Point]) -> Path:
    """Return a cap of hair between an outer line and the hairline, both right to left."""
    return [*smooth(_head(top)), *smooth(_head(hairline))]


_CROWN: list[Point] = [
    (0.0485, 0.42),
    (0.0475, 0.22),
    (0.036, 0.04),
    (0.0, -0.045),
    (-0.036, 0.04),
    (-0.0475, 0.22),
    (-0.0485, 0.42),
]
_CROP: list[Point] = [
    (0.0475, 0.44),
    (0.0462, 0.24),
    (0.035, 0.075),
    (0.0, -0.005),
    (-0.035, 0.075),
    (-0.0462, 0.24),
    (-0.0475, 0.44),
]


def _front_shape(style: HairStyle) -> list[Path]:
    if style == "bald":
        return []
    if style == "crop":
        line = [
            (-0.0445, 0.44),
            (-0.0405, 0.30),
            (-0.028, 0.245),
            (0.0, 0.235),
            (0.028, 0.245),
            (0.0405, 0.30),
            (0.0445, 0.44),
        ]
        return [_cap(_CROP, line)]
    if style == "short":
        top = [
            (0.0495, 0.45),
            (0.0505, 0.20),
            (0.038, -0.02),
            (0.004, -0.085),
            (-0.034, -0.04),
            (-0.0495, 0.18),
            (-0.0495, 0.45),
        ]
        line = [
            (-0.0450, 0.45),
            (-0.0415, 0.33),
            (-0.031, 0.255),
            (-0.012, 0.285),
            (0.014, 0.235),
            (0.030, 0.215),
            (0.0405, 0.32),
            (0.0450, 0.45),
        ]
        return [_cap(top, line)]
    if style == "bob":
        top = [
            (0.058, 0.98),
            (0.0585, 0.60),
            (0.0545, 0.26),
            (0.038, 0.03),
            (0.0, -0.05),
            (-0.038, 0.03),
            (-0.0545, 0.26),
            (-0.0585, 0.60),
            (-0.058, 0.98),
        ]
        line = [
            (-0.050, 1.0),
            (-0.0435, 0.80),
            (-0.0425, 0.50),
            (-0.037, 0.345),
            (-0.018, 0.33),
            (0.0, 0.325),
            (0.018, 0.33),
            (0.037, 0.345),
            (0.0425, 0.50),
            (0.0435, 0.80),
            (0.050, 1.0),
        ]
        return [_cap(top, line)]
    if style == "long":
        right = [
            (0.066, 1.9),
            (0.070, 1.5),
            (0.061, 0.95),
            (0.0555, 0.42),
            (0.038, 0.04),
            (0.0, -0.055),
            (-0.004, 0.05),
        ]
        inner = [
            (-0.004, 0.05),
            (0.010, 0.17),
            (0.030, 0.27),
            (0.0415, 0.44),
            (0.0440, 0.75),
            (0.0455, 1.1),
            (0.049, 1.55),
            (0.054, 1.9),
        ]
        path = [*smooth(_head(right)), *smooth(_head(inner))]
        left = [
            (-0.066, 1.9),
            (-0.070, 1.5),
            (-0.061, 0.95),
            (-0.0555, 0.42),
            (-0.038, 0.04),
            (0.0, -0.055),
            (-0.004, 0.05),
        ]
        inner_left = [
            (-0.004, 0.05),
            (-0.016, 0.17),
            (-0.033, 0.28),
            (-0.0415, 0.44),
            (-0.0440, 0.75),
            (-0.0455, 1.1),
            (-0.049, 1.55),
            (-0.054, 1.9),
        ]
        return [path, [*smooth(_head(left)), *smooth(_head(inner_left))]]
    if style == "bun":
        line = [
            (-0.0455, 0.45),
            (-0.0405, 0.30),
            (-0.025, 0.205),
            (0.0, 0.18),
            (0.025, 0.205),
            (0.0405, 0.30),
            (0.0455, 0.45),
        ]
        return [_cap(_CROWN, line)]
    if style == "curly":
        line = [
            (-0.0445, 0.50),
            (-0.040, 0.33),
            (-0.022, 0.27),
            (0.0, 0.25),
            (0.022, 0.27),
            (0.040, 0.33),
            (0.0445, 0.50),
        ]
        return [
            _cap(_CROWN, line),
            *_puffs((0.0, 0.47 * HEAD_HEIGHT), (0.049, 0.042), 18, 0.0088)[9:],
        ]
    line = [
        (-0.0455, 0.47),
        (-0.041, 0.31),
        (-0.024, 0.225),
        (0.0, 0.205),
        (0.024, 0.225),
        (0.041, 0.31),
        (0.0455, 0.47),
    ]
    return [_cap(_CROWN, line)]


def draw_front_hair(canvas: Canvas, style: HairStyle, colour: RGB) -> None:
    """Draw the hair that lies on the head, and its shadow on the face."""
    mask = canvas.mask(_front_shape(style))
    cast(canvas, mask, offset=(0.001, 0.004), radius=0.003, strength=0.35)
    canvas.fill(mask, colour, label=HAIR)
    model(canvas, mask, depth=0.012, tint=HAIR_SHADE, strength=0.5, glow=0.1)
    if style in ("long", "bob", "short", "bun"):
        _draw_shine(canvas, mask, colour)


def _draw_shine(canvas: Canvas, mask: Image.Image, colour: RGB) -> None:
    """Draw a lit band along the crown."""
    band: list[Station] = [
        (x, y * HEAD_HEIGHT, r)
        for x, y, r in (
            (-0.042, 0.24, 0.001),
            (-0.026, 0.10, 0.0035),
            (0.002, 0.055, 0.003),
            (0.024, 0.10, 0.0008),
        )
    ]
    canvas.light(canvas.stroke(band, within=mask, softness=0.004), lighter(colour, 0.35), 0.4)


def draw_beard(canvas: Canvas, colour: RGB) -> None:
    """Draw a short beard around mouth and chin."""
    outer = [
        (0.0462, 0.52),
        (0.0452, 0.68),
        (0.0400, 0.82),
        (0.0300, 0.93),
        (0.016, 1.005),
        (0.0, 1.02),
    ]
    inner = [
        (0.0, 0.745),
        (0.013, 0.752),
        (0.020, 0.80),
        (0.031, 0.765),
        (0.040, 0.66),
        (0.0440, 0.52),
    ]
    shape = symmetric([*smooth(_head(outer))])
    hole = symmetric([*smooth(_head(inner))])
    from PIL import ImageChops

    mouth = [(-0.0125, 0.80), (0.0, 0.772), (0.0125, 0.80), (0.0, 0.86)]
    holes = ImageChops.lighter(canvas.mask([hole]), canvas.mask([loop(_head(mouth))]))
    mask = canvas.blurred(ImageChops.subtract(canvas.mask([shape]), holes), 0.0012)
    canvas.fill(mask, colour, label=HAIR)
    model(canvas, mask, depth=0.008, tint=HAIR_SHADE, strength=0.35, glow=0.05)
