"""Painting hair and beards."""

from PIL import Image, ImageChops

from drawings.canvas import Canvas
from drawings.colour import RGB, darker, lighter
from drawings.curve import Station
from drawings.figure import HEAD_HEIGHT
from drawings.haircut import back_shapes, beard_shapes, front_shapes
from drawings.light import HAIR_SHADE, cast, model
from drawings.parts import HAIR
from drawings.person_style import HairStyle

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
