"""Necklines: ribbed bands, shirt collars and hoods, on people and on flat garments."""

import attrs
from PIL import Image, ImageChops

from drawings.canvas import Canvas
from drawings.cloth import fold, seam
from drawings.colour import darker
from drawings.curve import Path, Point, Station, ellipse, mirror, tube
from drawings.figure import SIDES, sign
from drawings.garment_style import GarmentStyle
from drawings.light import cast, model

_RIB = (206, 200, 212)


@attrs.frozen
class Collar:
    """What belongs to a neckline.

    Attributes:
        style: The garment; decides the kind of neckline.
        cloth: Its fabric.
        line: Neckline from its right end to the lowest point.
        hem: Height of the hem, down to which buttons go.
    """

    style: GarmentStyle
    cloth: Image.Image
    line: Path = attrs.field(kw_only=True)
    hem: float = attrs.field(kw_only=True)


def draw_collar(canvas: Canvas, mask: Image.Image, collar: Collar, *, label: int) -> Image.Image:
    """Draw a collar on a garment and return the garment's mask with what the collar added."""
    if collar.style.neck == "shirt":
        _draw_placket(canvas, mask, collar)
        return ImageChops.lighter(mask, _draw_flaps(canvas, collar, label))
    if collar.style.neck == "hood":
        _draw_pouch(canvas, mask, collar.hem)
        return ImageChops.lighter(mask, _draw_hood_rim(canvas, mask, collar, label))
    _draw_band(canvas, mask, collar)
    return mask


def _draw_band(canvas: Canvas, mask: Image.Image, collar: Collar) -> None:
    around: list[Point] = [*collar.line, *mirror(collar.line)]
    stations: list[Station] = [(x, y + 0.0035, 0.0042) for x, y in around[::3]]
    band = ImageChops.multiply(canvas.mask(tube(stations, steps=3)), mask)
    style = collar.style
    canvas.fill(band, style.accent if style.pattern == "stripes" else style.colour)
    canvas.shade(band, _RIB, 0.9)
    seam(canvas, mask, [(x * 1.06, y + 0.008) for x, y in around[::2]])


def _draw_placket(canvas: Canvas, mask: Image.Image, collar: Collar) -> None:
    style, top, hem = collar.style, collar.line[-1][1], collar.hem
    edge = canvas.stroke(
        [(0.0065, top, 0.001), (0.0065, hem + 0.02, 0.001)], within=mask, softness=0.001
    )
    canvas.shade(edge, (110, 102, 122), 0.6)
    seam(canvas, mask, [(-0.0065, top + 0.006), (-0.0065, hem + 0.02)], width=0.0005)
    y = top + 0.018
    while y < hem - 0.012:
        button = canvas.mask([ellipse((0.0, y), (0.0026, 0.0026))])
        canvas.fill(button, darker(style.colour, 0.55))
        canvas.fill(
            canvas.mask([ellipse((-0.0003, y - 0.0004), (0.0019, 0.0019))]), (240, 232, 218)
        )
        y += 0.045


def _draw_flaps(canvas: Canvas, collar: Collar, label: int) -> Image.Image:
    (wide, top), (_, low) = collar.line[0], collar.line[-1]
    whole = Image.new("L", canvas.image.size)
    for side in SIDES:
        k = sign(side)
        flap = [
            (k * wide * 0.72, top - 0.009),
            (k * wide * 1.02, top - 0.007),
            (k * wide * 1.34, top + 0.012),
            (k * wide * 0.98, low + 0.016),
            (k * 0.001, low + 0.001),
            (k * wide * 0.56, top + 0.012),
        ]
        shape = canvas.mask([flap])
        cast(canvas, shape, offset=(0.001, 0.003), radius=0.002, strength=0.5)
        canvas.fill(shape, collar.cloth, label=label)
        model(canvas, shape, depth=0.006, strength=0.4)
        seam(canvas, shape, [(x * 0.985, y - 0.0022) for x, y in flap[2:5]], width=0.0005)
        whole = ImageChops.lighter(whole, shape)
    return whole


def _draw_hood_rim(canvas: Canvas, mask: Image.Image, collar: Collar, label: int) -> Image.Image:
    (wide, top), (_, low) = collar.line[0], collar.line[-1]
    whole = Image.new("L", canvas.image.size)
    for side in SIDES:
        k = sign(side)
        rim: list[Station] = [
            (k * wide * 0.92, top - 0.010, 0.005),
            (k * wide * 1.06, top + 0.006, 0.0105),
            (k * wide * 0.72, low - 0.006, 0.0095),
            (k * 0.004, low + 0.006, 0.0065),
        ]
        shape = canvas.mask(tube(rim))
        cast(canvas, shape, offset=(0.001, 0.004), radius=0.003, strength=0.5)
        canvas.fill(shape, collar.cloth, label=label)
        model(canvas, shape, depth=0.008, strength=0.5)
        whole = ImageChops.lighter(whole, shape)
        cord: list[Station] = [
            (k * 0.012, low + 0.004, 0.0011),
            (k * 0.015, low + 0.03, 0.0011),
            (k * 0.0135, low + 0.056, 0.0014),
        ]
        cast(canvas, canvas.stroke(cord, within=mask), offset=(0.001, 0.001), radius=0.001)
        canvas.fill(canvas.stroke(cord, within=mask), (238, 234, 226))
    return whole


def _draw_pouch(canvas: Canvas, mask: Image.Image, hem: float) -> None:
    top = hem - 0.088
    half = [(0.0, top), (0.032, top), (0.054, top + 0.045), (0.054, hem - 0.018)]
    pouch = canvas.mask([[*half, *mirror(half)]])
    canvas.shade(
        ImageChops.multiply(canvas.blurred(canvas.shifted(pouch, 0.001, 0.003), 0.003), mask),
        (214, 208, 220),
        0.7,
    )
    seam(canvas, mask, [*half, *mirror(half)])
    fold(canvas, mask, [(0.036, top + 0.012, 0.001), (0.05, top + 0.042, 0.002)], 0.4)
