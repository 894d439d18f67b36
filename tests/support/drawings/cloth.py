"""Cloth with its patterns, and collars."""

import math

import attrs
from PIL import Image, ImageChops, ImageDraw

from drawings.body import SIDES, sign
from drawings.canvas import (
    CLOTH_SHADE,
    GLOW,
    Canvas,
    Path,
    Point,
    Station,
    cast,
    darker,
    ellipse,
    mirror,
    model,
    smooth,
    tube,
)
from drawings.styles import GarmentStyle

_FINE = 3
HIGH_COLLAR = 0.026
"""Height of a high collar, in units."""


def weave(canvas: Canvas, style: GarmentStyle, *, emblem: Point) -> Image.Image:
    """Return a picture of the cloth, as large as the canvas.

    Args:
        canvas: Gives size and units.
        style: Colours and pattern.
        emblem: Centre of an emblem, in units.
    """
    cloth = Image.new("RGB", canvas.image.size, style.colour)
    if style.pattern == "plain":
        return cloth
    fine = Image.new("L", (cloth.width * _FINE, cloth.height * _FINE))
    unit = canvas.scale * _FINE
    origin = (canvas.origin[0] * _FINE, canvas.origin[1] * _FINE)
    pen = ImageDraw.Draw(fine)
    if style.pattern == "stripes":
        _stripes(pen, fine.size, 0.026 * unit, origin[1])
    elif style.pattern == "bars":
        _stripes(pen, fine.size, 0.026 * unit, origin[0], upright=True)
    elif style.pattern == "dots":
        _dots(pen, fine.size, 0.025 * unit, origin)
    elif style.pattern == "checks":
        fine = _checks(fine.size, 0.034 * unit, origin)
    else:
        x, y = origin[0] + emblem[0] * unit, origin[1] + emblem[1] * unit
        _emblem(pen, (x, y), 0.040 * unit)
    cloth.paste(style.accent, (0, 0, *cloth.size), fine.reduce(_FINE))
    return cloth


def _stripes(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    period: float,
    start: float,
    *,
    upright: bool = False,
) -> None:
    at = start % period - period
    while at < max(size):
        end = at + 0.36 * period
        pen.rectangle((at, 0, end, size[1]) if upright else (0, at, size[0], end), fill=255)
        at += period


def _dots(pen: ImageDraw.ImageDraw, size: tuple[int, int], period: float, origin: Point) -> None:
    radius = 0.17 * period
    rows = math.ceil(size[1] / period * 2) + 2
    for row in range(rows):
        y = origin[1] % period - period + row * period / 2
        x = origin[0] % period - period + (row % 2) * period / 2
        while x < size[0] + radius:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
            x += period


def _checks(size: tuple[int, int], period: float, origin: Point) -> Image.Image:
    """Weave bands of both directions: where they cross, the accent is stronger."""
    columns, rows = Image.new("L", size), Image.new("L", size)
    across, down = ImageDraw.Draw(columns), ImageDraw.Draw(rows)
    x = (origin[0] - 0.21 * period) % period - period
    while x < size[0]:
        across.rectangle((x, 0, x + 0.42 * period, size[1]), fill=120)
        across.rectangle((x + 0.68 * period, 0, x + 0.72 * period, size[1]), fill=90)
        x += period
    y = origin[1] % period - period
    while y < size[1]:
        down.rectangle((0, y, size[0], y + 0.42 * period), fill=120)
        down.rectangle((0, y + 0.68 * period, size[0], y + 0.72 * period), fill=90)
        y += period
    return Image.merge("RGB", (columns, rows, rows)).convert("L", (0.85, 0.85, 0, 0))


def _emblem(pen: ImageDraw.ImageDraw, centre: Point, radius: float) -> None:
    """Draw a sun with rays that rises from calm water."""
    x, y = centre
    sun = 0.5 * radius
    pen.pieslice((x - sun, y - sun, x + sun, y + sun), 180, 360, fill=255)
    for ray in range(7):
        turn = math.pi * (1 + (ray + 0.5) / 7)
        dx, dy = math.cos(turn), math.sin(turn)
        ends = (x + 0.66 * radius * dx, y + 0.66 * radius * dy, x + radius * dx, y + radius * dy)
        pen.line(ends, fill=255, width=max(1, round(0.1 * radius)))
    for row, half in ((0.16, 0.95), (0.38, 0.68), (0.60, 0.40)):
        box = (x - half * radius, y + row * radius, x + half * radius, y + (row + 0.1) * radius)
        pen.rounded_rectangle(box, 0.05 * radius, fill=255)


def fold(canvas: Canvas, mask: Image.Image, stations: list[Station], strength: float = 0.4) -> None:
    """Draw a soft crease with a lit ridge at its left into a piece of cloth."""
    width = max(r for _, _, r in stations)
    canvas.shade(canvas.stroke(stations, within=mask, softness=width), CLOTH_SHADE, strength)
    ridge: list[Station] = [(x - 2.2 * width, y, r) for x, y, r in stations]
    canvas.light(canvas.stroke(ridge, within=mask, softness=width), GLOW, 0.3 * strength)


def seam(canvas: Canvas, mask: Image.Image, points: list[Point], *, width: float = 0.0008) -> None:
    """Draw a stitched line into a piece of cloth."""
    line = canvas.stroke([(x, y, width) for x, y in points], within=mask)
    canvas.shade(line, CLOTH_SHADE, 0.5)


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
    if collar.style.neck == "high":
        return ImageChops.lighter(mask, _draw_tube(canvas, collar, label))
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
    canvas.fill(band, style.accent if style.pattern in ("stripes", "emblem") else style.colour)
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


def _draw_tube(canvas: Canvas, collar: Collar, label: int) -> Image.Image:
    """Draw a high collar around the neck, as one ribbed tube."""
    (wide, top), (_, low) = collar.line[0], collar.line[-1]
    rim, edge = top - HIGH_COLLAR, wide * 0.93
    base = wide * 1.12
    right = [(base, top + 0.007), (edge, rim)]
    upper = smooth([(edge, rim), (0.0, rim + 0.004), (-edge, rim)])
    lower = smooth([(-base, top + 0.007), (0.0, low + 0.004), (base, top + 0.007)])
    shape = canvas.mask([[*right, *upper, *lower]])
    canvas.fill(shape, collar.cloth, label=label)
    model(canvas, shape, depth=0.008, strength=0.5)
    seam(canvas, shape, [(x, y - 0.001) for x, y in lower])
    return shape


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
