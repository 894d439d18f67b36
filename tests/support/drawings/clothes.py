"""Clothes that are worn."""

import math
import random

import attrs
from PIL import Image, ImageChops

from drawings.body import (
    ARMPIT_Y,
    CROTCH_Y,
    HIP_Y,
    NECK_Y,
    PARTS,
    SIDES,
    Figure,
    Side,
    draw_arm,
    shoulder_line,
    sign,
)
from drawings.canvas import (
    RGB,
    Canvas,
    Path,
    Station,
    cast,
    interpolate,
    model,
    ramp,
    smooth,
    symmetric,
    tube,
)
from drawings.cloth import Collar, draw_collar, fold, seam, weave
from drawings.styles import GarmentStyle

WAISTBAND_Y = 0.405
_EMBLEM = (0.0, 0.285)
_TUCKED_HEM = WAISTBAND_Y + 0.012


@attrs.frozen
class Piece:
    """A garment, its cloth, and the figure and canvas it is drawn on.

    Attributes:
        canvas: Canvas in the units of the figure.
        figure: Who wears it.
        style: What it looks like.
        cloth: Picture of the fabric, as large as the canvas.
        tucked: Whether it ends inside the waistband of another garment.
        rng: Source of the folds' variations.
    """

    canvas: Canvas
    figure: Figure
    style: GarmentStyle = attrs.field(kw_only=True)
    cloth: Image.Image = attrs.field(kw_only=True)
    tucked: bool = attrs.field(kw_only=True)
    rng: random.Random = attrs.field(kw_only=True)

    @property
    def label(self) -> int:
        """Label of its pixels."""
        return PARTS[self.style.category]

    @property
    def hem(self) -> float:
        """Height at which a top, a skirt or a dress ends."""
        if self.tucked:
            return _TUCKED_HEM
        if self.style.category == "top":
            return interpolate(
                [(0.0, 0.425), (0.5, 0.497), (1.0, 0.55), (2.0, 0.66)], self.style.length
            )
        return interpolate([(0.0, 0.60), (0.5, 0.70), (1.0, 0.87)], self.style.length)


def make_piece(
    canvas: Canvas,
    figure: Figure,
    style: GarmentStyle,
    rng: random.Random,
    *,
    tucked: bool = False,
) -> Piece:
    """Return a garment ready to be drawn on a figure."""
    cloth = weave(canvas, style, emblem=_EMBLEM)
    return Piece(canvas, figure, style=style, cloth=cloth, tucked=tucked, rng=rng)


def draw_skirt_folds(piece: Piece, mask: Image.Image) -> None:
    """Draw the folds that fall from the hips to the hem of a skirt or dress."""
    hips, fit, hem = piece.figure.half_width(HIP_Y), piece.style.fit, piece.hem
    spread = 1.0 + fit * (hem - 0.45)
    count = 4 + round(3 * fit)
    for index in range(count):
        across = (index + 0.5) / count * 2 - 1 + piece.rng.uniform(-0.06, 0.06)
        top = 0.455 + piece.rng.uniform(0.0, 0.05)
        crease: list[Station] = [
            (across * hips * 0.86, top, 0.0008),
            (across * hips * (1 + spread) * 0.5, (top + hem) / 2, 0.0032),
            (across * hips * spread * 1.02, hem + 0.004, 0.005),
        ]
        fold(piece.canvas, mask, crease, 0.36)


_NECK_WIDTH = {
    "crew": 0.037,
    "v": 0.037,
    "scoop": 0.050,
    "shirt": 0.034,
    "hood": 0.038,
    "high": 0.034,
}
_NECK_DEPTH = {
    "crew": 0.027,
    "v": 0.074,
    "scoop": 0.062,
    "shirt": 0.036,
    "hood": 0.030,
    "high": 0.010,
}
_AVERAGE_NECK = 0.0305
_SLEEVE_END = {"short": 0.40, "long": 1.0}
_BARE_FROM = {"none": ARMPIT_Y - 0.01, "short": 0.295, "long": 0.40}
_WAIST_CREASES: tuple[tuple[Side, float], ...] = (
    ("left", 0.372),
    ("right", 0.365),
    ("right", 0.405),
    ("left", 0.42),
)


def draw_upper(piece: Piece) -> None:
    """Draw a top or dress on the body, sleeves included."""
    canvas = piece.canvas
    shapes = [_outline(piece)]
    for side in SIDES:
        shapes += _sleeve(piece, side)
    mask = canvas.mask(shapes)
    cast(canvas, mask, offset=(0.002, 0.009), strength=0.5)
    canvas.fill(mask, piece.cloth, label=piece.label)
    model(canvas, mask, depth=0.024, strength=0.5)
    _draw_folds(piece, mask)
    _stitch_hem(piece, mask)
    collar = Collar(piece.style, piece.cloth, line=_neckline(piece), hem=piece.hem)
    draw_collar(canvas, mask, collar, label=piece.label)


def draw_arms(piece: Piece, skin: RGB) -> None:
    """Draw arms and sleeves again where they hang before the clothes."""
    for side in SIDES:
        draw_arm(piece.canvas, piece.figure, side, skin, below=_BARE_FROM[piece.style.sleeves])
        if piece.style.sleeves != "none":
            _draw_sleeve(piece, side)


def _shoulder_ease(piece: Piece) -> float:
    return 0.0026 + 0.003 * piece.style.fit


def _shoulder_y(piece: Piece, x: float) -> float:
    return interpolate(shoulder_line(piece.figure), x) - _shoulder_ease(piece)


def _neck_size(piece: Piece) -> tuple[float, float]:
    """Return half the width of the neckline and the height of its lowest point."""
    wide = _NECK_WIDTH[piece.style.neck] * piece.figure.neck / _AVERAGE_NECK
    return wide, NECK_Y + _NECK_DEPTH[piece.style.neck]


def _neckline(piece: Piece) -> Path:
    """Return the neckline from its right end to its lowest point."""
    wide, low = _neck_size(piece)
    top = _shoulder_y(piece, wide)
    if piece.style.neck in ("v", "shirt"):
        return smooth([(wide, top), (wide * 0.62, top * 0.45 + low * 0.55), (0.0, low)])
    upper, lower = (wide * 0.88, top * 0.45 + low * 0.55), (wide * 0.52, low - 0.003)
    return smooth([(wide, top), upper, lower, (0.0, low)])


def _side(piece: Piece, start: float) -> Path:
    """Return the right side from a height to the hem."""
    figure, fit, hem = piece.figure, piece.style.fit, piece.hem
    chest = figure.half_width(0.29)
    widening = 0.08 + 0.30 * fit if piece.style.category == "dress" else 0.0
    points = []
    for step in range(13):
        y = start + (hem - start) * step / 12
        body = figure.half_width(min(y, HIP_Y))
        loose = 0.18 + 0.8 * fit if y < HIP_Y else 0.0
        ease = 0.005 + 0.012 * fit
        if piece.tucked:
            held = min(1.0, (hem - y) / 0.05)
            loose, ease = loose * held, 0.004 + (ease - 0.004) * held
        hang = max(body, chest * 0.985)
        points.append((body + (hang - body) * loose + ease + max(0.0, y - 0.44) * widening, y))
    return points


def _armhole(piece: Piece) -> tuple[Path, float]:
    """Return the outline from neckline to side, and the height where the side begins."""
    figure = piece.figure
    if piece.style.sleeves != "none":
        line = [(x, y - _shoulder_ease(piece)) for x, y in shoulder_line(figure)]
        return [point for point in line if point[0] > _neck_size(piece)[0]], ARMPIT_Y
    strap = max(figure.shoulder * 0.78, _neck_size(piece)[0] + 0.016)
    hole = [
        (strap, _shoulder_y(piece, strap)),
        (strap * 0.97, 0.215),
        (strap * 0.985, 0.245),
        (figure.half_width(ARMPIT_Y) + 0.003, ARMPIT_Y + 0.016),
    ]
    return smooth(hole), ARMPIT_Y + 0.02


def _outline(piece: Piece) -> Path:
    hole, start = _armhole(piece)
    side, hem = _side(piece, start), piece.hem
    dip, edge = 0.006 if piece.style.category == "top" else 0.016, side[-1][0]
    hemline = smooth([(edge, hem), (edge * 0.55, hem + dip * 0.75), (0.0, hem + dip)])
    return symmetric([*reversed(_neckline(piece)), *hole, *side, *hemline])


def _sleeve(piece: Piece, side: Side) -> list[Path]:
    if piece.style.sleeves == "none":
        return []
    short = piece.style.sleeves == "short"
    ease = 0.003 + 0.008 * piece.style.fit + (0.003 if short else 0.0)
    start = _shoulder_ease(piece)
    arm = piece.figure.arm(side, 0.0, _SLEEVE_END[piece.style.sleeves])
    flare = 0.0 if short else 0.034 * piece.style.flare
    stations: list[Station] = [
        (
            x,
            y,
            r
            + start
            + max(0.0, ease - start) * min(1.0, 0.4 * index)
            + flare * max(0.0, index / (len(arm) - 1) - 0.3) / 0.7,
        )
        for index, (x, y, r) in enumerate(arm)
    ]
    return tube(stations, end=False)


def _draw_sleeve(piece: Piece, side: Side) -> None:
    """Draw the free part of a sleeve again, over the side of the garment."""
    canvas = piece.canvas
    fade = ramp(canvas, ARMPIT_Y - 0.022, ARMPIT_Y + 0.022)
    mask = ImageChops.multiply(canvas.mask(_sleeve(piece, side)), fade)
    cast(canvas, mask, offset=(0.004, 0.004), strength=0.42)
    canvas.fill(mask, piece.cloth, label=piece.label)
    model(canvas, mask, depth=0.012)
    _stitch_cuff(piece, side, mask)
    if piece.style.sleeves == "long":
        x, y = piece.figure.joints[f"{side}_elbow"]
        k = sign(side)
        crease: list[Station] = [
            (x - k * 0.016, y - 0.004, 0.001),
            (x, y, 0.0022),
            (x + k * 0.008, y - 0.006, 0.0008),
        ]
        fold(canvas, mask, crease, 0.5)


def _stitch_cuff(piece: Piece, side: Side, mask: Image.Image) -> None:
    end = _SLEEVE_END[piece.style.sleeves]
    (ax, ay, _), (bx, by, radius) = piece.figure.arm(
        side, end - 0.06, end, ease=0.016 + 0.034 * piece.style.flare
    )
    length = math.dist((ax, ay), (bx, by))
    ux, uy = (bx - ax) / length, (by - ay) / length
    x, y = bx - ux * 0.009, by - uy * 0.009
    line = [(x - uy * radius, y + ux * radius), (x + uy * radius, y - ux * radius)]
    seam(piece.canvas, mask, line)


def _draw_folds(piece: Piece, mask: Image.Image) -> None:
    figure = piece.figure
    for side in SIDES:
        k, x = sign(side), figure.half_width(ARMPIT_Y)
        crease: list[Station] = [
            (k * x * 0.99, ARMPIT_Y + 0.004, 0.0012),
            (k * x * 0.82, ARMPIT_Y + 0.020, 0.0026),
            (k * x * 0.62, ARMPIT_Y + 0.030, 0.0008),
        ]
        fold(piece.canvas, mask, crease, 0.42)
    for side, height in _WAIST_CREASES:
        _draw_waist_crease(piece, side, height, mask)
    if piece.style.category == "dress":
        draw_skirt_folds(piece, mask)


def _draw_waist_crease(piece: Piece, side: Side, height: float, mask: Image.Image) -> None:
    k, rng = sign(side), piece.rng
    x, y = piece.figure.half_width(height) * 1.06, height + rng.uniform(-0.008, 0.008)
    drop = rng.uniform(0.004, 0.016)
    crease: list[Station] = [
        (k * x, y, 0.0016),
        (k * x * 0.75, y + drop, 0.003),
        (k * x * rng.uniform(0.35, 0.5), y + drop * 1.2, 0.0008),
    ]
    fold(piece.canvas, mask, crease, 0.34)


def _stitch_hem(piece: Piece, mask: Image.Image) -> None:
    edge, hem = _side(piece, ARMPIT_Y)[-1][0], piece.hem
    low = hem + (-0.002 if piece.style.category == "top" else 0.008)
    seam(piece.canvas, mask, smooth([(-edge, hem - 0.009), (0.0, low), (edge, hem - 0.009)]))


_WAIST_EASE = 0.006
_LEG_CREASES = (0.49, 0.53, 0.9, 0.95)


def draw_lower(piece: Piece) -> None:
    """Draw trousers, shorts or a skirt on the body."""
    mask = _paint_skirt(piece) if piece.style.cut == "skirt" else _paint_trousers(piece)
    wide, y = piece.figure.half_width(WAISTBAND_Y) + 0.02, WAISTBAND_Y + 0.019
    seam(piece.canvas, mask, smooth([(-wide, y), (0.0, y + 0.003), (wide, y)]))


def _leg_end(style: GarmentStyle) -> float:
    """Return the part of the leg that trousers or shorts cover."""
    if style.cut == "shorts":
        return interpolate([(0.0, 0.24), (0.5, 0.40), (1.0, 0.52)], style.length)
    return interpolate([(0.0, 0.84), (0.5, 1.035), (1.0, 1.06)], style.length)


def _leg_shapes(piece: Piece, side: Side) -> list[Path]:
    wide = 0.047 * piece.figure.leg_factor
    stations: list[Station] = []
    for x, y, r in piece.figure.leg(side, 0.0, _leg_end(piece.style)):
        close = r + 0.0045
        loose = max(close, wide)
        stations.append((x, y, close + (loose - close) * piece.style.fit * 0.85))
    return tube(stations, end=False)


def _seat(piece: Piece) -> Path:
    figure, sides = piece.figure, []
    for step in range(9):
        y = WAISTBAND_Y + (CROTCH_Y + 0.012 - WAISTBAND_Y) * step / 8
        ease = interpolate([(WAISTBAND_Y, _WAIST_EASE), (HIP_Y, 0.0035)], y)
        sides.append((figure.half_width(y) + ease + 0.003 * piece.style.fit, y))
    return symmetric([(0.0, WAISTBAND_Y), *sides, (0.0, CROTCH_Y + 0.02)])


def _paint_trousers(piece: Piece) -> Image.Image:
    canvas = piece.canvas
    legs = {side: _leg_shapes(piece, side) for side in SIDES}
    mask = canvas.mask([_seat(piece), *legs["left"], *legs["right"]])
    cast(canvas, mask, offset=(0.002, 0.008), strength=0.4)
    canvas.fill(mask, piece.cloth, label=piece.label)
    model(canvas, mask, depth=0.022)
    for side in SIDES:
        fade = ramp(canvas, CROTCH_Y - 0.015, CROTCH_Y + 0.06)
        leg = ImageChops.multiply(canvas.mask(legs[side]), fade)
        canvas.fill(leg, piece.cloth, label=piece.label)
        model(canvas, leg, depth=0.018, strength=0.55)
        _draw_leg_folds(piece, side, mask)
        _draw_pocket(piece, side, mask)
    fly: list[Station] = [(0.0, WAISTBAND_Y + 0.02, 0.0007), (0.001, CROTCH_Y + 0.02, 0.0012)]
    canvas.shade(canvas.stroke(fly, within=mask, softness=0.0008), (120, 110, 130), 0.6)
    return mask


def _draw_pocket(piece: Piece, side: Side, mask: Image.Image) -> None:
    k, hips = sign(side), piece.figure.half_width(0.45)
    edge = [(k * hips * 0.62, 0.424), (k * hips * 0.74, 0.448), (k * hips * 1.04, 0.462)]
    seam(piece.canvas, mask, smooth(edge))
    crease: list[Station] = [
        (k * 0.006, CROTCH_Y - 0.004, 0.001),
        (k * 0.03, CROTCH_Y - 0.014, 0.0024),
        (k * 0.052, CROTCH_Y - 0.018, 0.0006),
    ]
    fold(piece.canvas, mask, crease, 0.4)


def _draw_leg_folds(piece: Piece, side: Side, mask: Image.Image) -> None:
    """Crease the knee and the ankle of a trouser leg and stitch its hem."""
    figure, k, end = piece.figure, sign(side), _leg_end(piece.style)
    for part in (part for part in _LEG_CREASES if part < end - 0.03):
        x, knee, r = figure.leg(side, 0.0, part)[-1]
        y = knee + piece.rng.uniform(-0.006, 0.006)
        crease: list[Station] = [
            (x - k * r, y, 0.0012),
            (x, y + 0.007, 0.0024),
            (x + k * r * 0.6, y + 0.004, 0.0006),
        ]
        fold(piece.canvas, mask, crease, 0.36)
    x, bottom, _ = figure.leg(side, 0.0, end)[-1]
    inner = 0.0 if side == "right" else x - 0.07
    outer = x + 0.07 if side == "right" else 0.0
    seam(piece.canvas, mask, [(inner, bottom - 0.008), (outer, bottom - 0.008)])


def _paint_skirt(piece: Piece) -> Image.Image:
    canvas, fit, hem = piece.canvas, piece.style.fit, piece.hem
    sides = []
    for step in range(13):
        y = WAISTBAND_Y + (hem - WAISTBAND_Y) * step / 12
        flare = max(0.0, y - 0.43) * (0.04 + 0.32 * fit)
        sides.append((piece.figure.half_width(min(y, HIP_Y)) + _WAIST_EASE + flare, y))
    edge = sides[-1][0]
    hemline = smooth([(edge, hem), (edge * 0.55, hem + 0.013), (0.0, hem + 0.017)])
    mask = canvas.mask([symmetric([(0.0, WAISTBAND_Y), *sides, *hemline])])
    cast(canvas, mask, offset=(0.002, 0.012), radius=0.009, strength=0.5)
    canvas.fill(mask, piece.cloth, label=piece.label)
    model(canvas, mask, depth=0.024)
    draw_skirt_folds(piece, mask)
    seam(canvas, mask, smooth([(-edge, hem - 0.008), (0.0, hem + 0.009), (edge, hem - 0.008)]))
    return mask
