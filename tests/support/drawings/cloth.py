"""Printed cloth: a picture of the fabric from which a garment is cut, and its folds."""

import math

from PIL import Image, ImageDraw

from drawings.canvas import Canvas
from drawings.curve import Point, Station
from drawings.garment_style import GarmentStyle
from drawings.light import CLOTH_SHADE, GLOW

_FINE = 3


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
    elif style.pattern == "dots":
        _dots(pen, fine.size, 0.025 * unit, origin)
    elif style.pattern == "checks":
        fine = _checks(fine.size, 0.034 * unit, origin)
    else:
        x, y = origin[0] + emblem[0] * unit, origin[1] + emblem[1] * unit
        _emblem(pen, (x, y), 0.040 * unit)
    cloth.paste(style.accent, (0, 0, *cloth.size), fine.reduce(_FINE))
    return cloth


def _stripes(pen: ImageDraw.ImageDraw, size: tuple[int, int], period: float, start: float) -> None:
    y = start % period - period
    while y < size[1]:
        pen.rectangle((0, y, size[0], y + 0.36 * period), fill=255)
        y += period


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
