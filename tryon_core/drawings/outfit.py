"""Clothes as worn: tops, dresses, trousers, shorts and skirts on a figure."""

import random

import attrs
from PIL import Image, ImageChops

from tryon_core.drawings.body import draw_arm, shoulder_line
from tryon_core.drawings.canvas import Canvas
from tryon_core.drawings.cloth import fold, seam, weave
from tryon_core.drawings.collar import draw_collar
from tryon_core.drawings.colour import RGB
from tryon_core.drawings.curve import Path, Station, interpolate, smooth, symmetric, tube
from tryon_core.drawings.figure import (
    ARMPIT_Y,
    CROTCH_Y,
    HIP_Y,
    NECK_Y,
    SIDES,
    Figure,
    Side,
    sign,
)
from tryon_core.drawings.garment_style import GarmentStyle
from tryon_core.drawings.light import cast, model, ramp
from tryon_core.drawings.parts import BOTTOM, DRESS, TOP

WAISTBAND_Y = 0.405
_NECK_WIDTH = {"crew": 0.037, "v": 0.037, "scoop": 0.050, "shirt": 0.034, "hood": 0.038}
_NECK_DEPTH = {"crew": 0.027, "v": 0.074, "scoop": 0.062, "shirt": 0.036, "hood": 0.030}
_SLEEVE_END = {"short": 0.40, "long": 1.0}
_BARE_FROM = {"none": ARMPIT_Y - 0.01, "short": 0.295, "long": 0.40}


@attrs.frozen
class Piece:
    """A garment that is being put on a figure."""

    canvas: Canvas
    figure: Figure
    style: GarmentStyle
    cloth: Image.Image
    label: int
    rng: random.Random = attrs.field(kw_only=True)


def piece(canvas: Canvas, figure: Figure, style: GarmentStyle, rng: random.Random) -> Piece:
    """Return a garment ready to be drawn on a figure."""
    cloth = weave(canvas, style, emblem=(0.0, 0.285))
    label = {"top": TOP, "bottom": BOTTOM, "dress": DRESS}[style.category]
    return Piece(canvas, figure, style, cloth, label, rng=rng)


def hem_y(style: GarmentStyle) -> float:
    """Return the height at which a garment ends."""
    if style.category == "top":
        return interpolate([(0.0, 0.425), (0.5, 0.497), (1.0, 0.55)], style.length)
    return interpolate([(0.0, 0.60), (0.5, 0.70), (1.0, 0.87)], style.length)


def _neck(item: Piece) -> tuple[float, float]:
    """Return half the width of the neckline and the height of its lowest point."""
    wide = _NECK_WIDTH[item.style.neck] * item.figure.neck / 0.0305
    return wide, NECK_Y + _NECK_DEPTH[item.style.neck]


def _shoulder_y(item: Piece, x: float) -> float:
    line = smooth(shoulder_line(item.figure))
    return interpolate([*line], x) - 0.0028 - 0.003 * item.style.fit


def neckline(item: Piece) -> Path:
    """Return the neckline from its right end to its lowest point."""
    wide, low = _neck(item)
    top = _shoulder_y(item, wide)
    if item.style.neck in ("v", "shirt"):
        return smooth([(wide, top), (wide * 0.62, top * 0.45 + low * 0.55), (0.0, low)])
    return smooth(
        [
            (wide, top),
            (wide * 0.86, top * 0.42 + low * 0.58),
            (wide * 0.45, low - 0.004),
            (0.0, low),
        ]
    )


def _side(item: Piece, start: float, end: float) -> Path:
    """Return the right side of a top or dress between two heights."""
    figure, style = item.figure, item.style
    chest = figure.half_width(0.29)
    ease = 0.005 + 0.012 * style.fit
    points = []
    for step in range(13):
        y = start + (end - start) * step / 12
        body = figure.half_width(min(y, HIP_Y))
        hang = max(body, chest * 0.985)
        loose = (0.18 + 0.8 * style.fit) if y < HIP_Y else 0.0
        flare = max(0.0, y - 0.44) * (0.08 + 0.30 * style.fit) if style.category == "dress" else 0.0
        points.append((body + (hang - body) * loose + ease + flare, y))
    return points


def _upper_shape(item: Piece, hem: float) -> Path:
    figure, style = item.figure, item.style
    if style.sleeves == "none":
        strap = max(figure.shoulder * 0.78, _neck(item)[0] + 0.016)
        under = figure.half_width(ARMPIT_Y) + 0.003
        armhole = smooth(
            [
                (strap, _shoulder_y(item, strap)),
                (strap * 0.97, 0.215),
                (strap * 0.985, 0.245),
                (under, ARMPIT_Y + 0.016),
            ]
        )
        start = ARMPIT_Y + 0.02
    else:
        tip = figure.shoulder
        armhole = [(tip * 0.55, _shoulder_y(item, tip * 0.55)), (tip, _shoulder_y(item, tip))]
        start = ARMPIT_Y
    dip = 0.006 if style.category == "top" else 0.012
    bottom = _side(item, start, hem)
    edge = bottom[-1][0]
    hemline = smooth([(edge, hem), (edge * 0.55, hem + dip * 0.75), (0.0, hem + dip)])
    return symmetric([*reversed(neckline(item)), *armhole, *bottom, *hemline])


def _sleeve(item: Piece, side: Side) -> list[Path]:
    if item.style.sleeves == "none":
        return []
    end = _SLEEVE_END[item.style.sleeves]
    ease = 0.003 + 0.008 * item.style.fit + (0.003 if item.style.sleeves == "short" else 0.0)
    stations = [
        (x, y, r + ease * min(1.0, 0.35 + 0.3 * index))
        for index, (x, y, r) in enumerate(item.figure.arm(side, 0.0, end))
    ]
    return tube(stations, end=False)


def _draw_sleeve(item: Piece, side: Side) -> None:
    """Draw the free part of a sleeve again, over the side of the garment."""
    canvas = item.canvas
    mask = ImageChops.multiply(
        canvas.mask(_sleeve(item, side)), ramp(canvas, ARMPIT_Y - 0.022, ARMPIT_Y + 0.022)
    )
    cast(canvas, mask, offset=(0.004, 0.004), strength=0.42)
    canvas.fill(mask, item.cloth, label=item.label)
    model(canvas, mask, depth=0.012)
    _draw_cuff(item, side, mask)


def _draw_cuff(item: Piece, side: Side, mask: Image.Image) -> None:
    end = _SLEEVE_END[item.style.sleeves]
    (ax, ay, _), (bx, by, r) = item.figure.arm(side, end - 0.06, end, ease=0.016)
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    ux, uy = (bx - ax) / length, (by - ay) / length
    x, y = bx - ux * 0.009, by - uy * 0.009
    seam(item.canvas, mask, [(x - uy * r, y + ux * r), (x + uy * r, y - ux * r)])
    if item.style.sleeves == "long":
        ex, ey = item.figure.joints[f"{side}_elbow"]
        k = sign(side)
        crease: list[Station] = [
            (ex - k * 0.016, ey - 0.004, 0.001),
            (ex, ey, 0.0022),
            (ex + k * 0.008, ey - 0.006, 0.0008),
        ]
        fold(item.canvas, mask, crease, 0.5)


def draw_upper(item: Piece, *, hem: float | None = None) -> None:
    """Draw a top or dress on the body, and the arms that hang before it."""
    canvas, style = item.canvas, item.style
    hem = hem_y(style) if hem is None else hem
    shapes = [_upper_shape(item, hem)]
    for side in SIDES:
        shapes += _sleeve(item, side)
    mask = canvas.mask(shapes)
    cast(canvas, mask, offset=(0.002, 0.009), strength=0.5)
    canvas.fill(mask, item.cloth, label=item.label)
    model(canvas, mask, depth=0.024, strength=0.5)
    _draw_front(item, mask, hem)


def draw_arms(item: Piece, skin: RGB) -> None:
    """Draw arms and sleeves again where they hang before the clothes."""
    for side in SIDES:
        draw_arm(item.canvas, item.figure, side, skin, below=_BARE_FROM[item.style.sleeves])
        if item.style.sleeves != "none":
            _draw_sleeve(item, side)


def _draw_front(item: Piece, mask: Image.Image, hem: float) -> None:
    canvas, figure = item.canvas, item.figure
    for side in SIDES:
        k = sign(side)
        x = figure.half_width(ARMPIT_Y)
        crease: list[Station] = [
            (k * x * 0.99, ARMPIT_Y + 0.004, 0.0012),
            (k * x * 0.82, ARMPIT_Y + 0.020, 0.0026),
            (k * x * 0.62, ARMPIT_Y + 0.030, 0.0008),
        ]
        fold(canvas, mask, crease, 0.42)
    _draw_waist_folds(item, mask)
    if item.style.category == "dress":
        draw_skirt_folds(item, mask, hem)
    edge = _side(item, hem - 0.012, hem)[0][0]
    seam(canvas, mask, smooth([(-edge, hem - 0.009), (0.0, hem - 0.002), (edge, hem - 0.009)]))
    draw_collar(
        canvas, mask, item.cloth, item.style, line=neckline(item), hem=hem, label=item.label
    )


def _draw_waist_folds(item: Piece, mask: Image.Image) -> None:
    rng, figure = item.rng, item.figure
    for side, y in (("left", 0.372), ("right", 0.365), ("right", 0.405), ("left", 0.42)):
        k = -1 if side == "left" else 1
        x, y = figure.half_width(y) * 1.06, y + rng.uniform(-0.008, 0.008)
        drop = rng.uniform(0.004, 0.016)
        crease: list[Station] = [
            (k * x, y, 0.0016),
            (k * x * 0.75, y + drop, 0.003),
            (k * x * rng.uniform(0.35, 0.5), y + drop * 1.2, 0.0008),
        ]
        fold(item.canvas, mask, crease, 0.34)


def draw_skirt_folds(item: Piece, mask: Image.Image, hem: float) -> None:
    """Draw the folds that fall from the hips to the hem."""
    hips = item.figure.half_width(HIP_Y)
    spread = 1.0 + 1.0 * item.style.fit * (hem - 0.45)
    count = 4 + round(3 * item.style.fit)
    for index in range(count):
        across = (index + 0.5) / count * 2 - 1 + item.rng.uniform(-0.06, 0.06)
        top = 0.455 + item.rng.uniform(0.0, 0.05)
        crease: list[Station] = [
            (across * hips * 0.86, top, 0.0008),
            (across * hips * (1 + spread) * 0.5, (top + hem) / 2, 0.0032),
            (across * hips * spread * 1.02, hem + 0.004, 0.005),
        ]
        fold(item.canvas, mask, crease, 0.36)


def _leg_ends(style: GarmentStyle) -> float:
    if style.cut == "shorts":
        return interpolate([(0.0, 0.24), (0.5, 0.40), (1.0, 0.52)], style.length)
    return interpolate([(0.0, 0.84), (0.5, 1.035), (1.0, 1.06)], style.length)


def _trouser_leg(item: Piece, side: Side) -> list[Path]:
    wide = 0.047 * item.figure.leg_factor
    stations = []
    for x, y, r in item.figure.leg(side, 0.0, _leg_ends(item.style)):
        close = r + 0.0045
        loose = max(close, wide)
        stations.append((x, y, close + (loose - close) * item.style.fit * 0.85))
    return tube(stations, end=False)


def _seat(item: Piece) -> Path:
    figure = item.figure
    points = []
    for step in range(9):
        y = WAISTBAND_Y + (CROTCH_Y + 0.012 - WAISTBAND_Y) * step / 8
        points.append((figure.half_width(y) + 0.0035 + 0.003 * item.style.fit, y))
    return symmetric([(0.0, WAISTBAND_Y), *points, (0.0, CROTCH_Y + 0.02)])


def _draw_waistband(item: Piece, mask: Image.Image) -> None:
    wide = item.figure.half_width(WAISTBAND_Y) + 0.02
    y = WAISTBAND_Y + 0.019
    seam(item.canvas, mask, smooth([(-wide, y), (0.0, y + 0.003), (wide, y)]))


def _draw_trousers(item: Piece) -> None:
    canvas, figure = item.canvas, item.figure
    legs = {side: _trouser_leg(item, side) for side in SIDES}
    mask = canvas.mask([_seat(item), *legs["left"], *legs["right"]])
    cast(canvas, mask, offset=(0.002, 0.008), strength=0.4)
    canvas.fill(mask, item.cloth, label=item.label)
    model(canvas, mask, depth=0.022)
    for side in SIDES:
        leg = ImageChops.multiply(
            canvas.mask(legs[side]), ramp(canvas, CROTCH_Y - 0.015, CROTCH_Y + 0.06)
        )
        canvas.fill(leg, item.cloth, label=item.label)
        model(canvas, leg, depth=0.018, strength=0.55)
        _draw_leg_folds(item, side, mask)
    fly: list[Station] = [(0.0, WAISTBAND_Y + 0.02, 0.0007), (0.001, CROTCH_Y + 0.02, 0.0012)]
    canvas.shade(canvas.stroke(fly, within=mask, softness=0.0008), (120, 110, 130), 0.6)
    for side in SIDES:
        k, hips = sign(side), figure.half_width(0.45)
        pocket = smooth(
            [(k * hips * 0.62, 0.424), (k * hips * 0.74, 0.448), (k * hips * 1.04, 0.462)]
        )
        seam(canvas, mask, pocket)
        spread: list[Station] = [
            (k * 0.006, CROTCH_Y - 0.004, 0.001),
            (k * 0.03, CROTCH_Y - 0.014, 0.0024),
            (k * 0.052, CROTCH_Y - 0.018, 0.0006),
        ]
        fold(canvas, mask, spread, 0.4)
    _draw_waistband(item, mask)


def _draw_leg_folds(item: Piece, side: Side, mask: Image.Image) -> None:
    """Crease the knee and the ankle of a trouser leg and draw its hem."""
    figure, k = item.figure, sign(side)
    end = _leg_ends(item.style)
    for part in (0.49, 0.53, 0.9, 0.95):
        if part > end - 0.03:
            continue
        ((x, y, r),) = figure.leg(side, part, part)[:1]
        y += item.rng.uniform(-0.006, 0.006)
        crease: list[Station] = [
            (x - k * r, y, 0.0012),
            (x, y + 0.007, 0.0024),
            (x + k * r * 0.6, y + 0.004, 0.0006),
        ]
        fold(item.canvas, mask, crease, 0.36)
    (ax, ay, _), (bx, by, _) = figure.leg(side, end - 0.03, end)[-2:]
    up = 0.008 / max(by - ay, 1e-3)
    x, y = bx + (ax - bx) * up, by - 0.008
    seam(item.canvas, mask, [(x - 0.07, y), (x + 0.07, y)])


def _draw_skirt(item: Piece) -> None:
    canvas, style = item.canvas, item.style
    hem = hem_y(style)
    points = []
    for step in range(13):
        y = WAISTBAND_Y + (hem - WAISTBAND_Y) * step / 12
        flare = max(0.0, y - 0.43) * (0.04 + 0.32 * style.fit)
        points.append((item.figure.half_width(min(y, HIP_Y)) + 0.005 + flare, y))
    edge = points[-1][0]
    hemline = smooth([(edge, hem), (edge * 0.55, hem + 0.010), (0.0, hem + 0.013)])
    mask = canvas.mask([symmetric([(0.0, WAISTBAND_Y), *points, *hemline])])
    cast(canvas, mask, offset=(0.002, 0.012), radius=0.009, strength=0.5)
    canvas.fill(mask, item.cloth, label=item.label)
    model(canvas, mask, depth=0.024)
    draw_skirt_folds(item, mask, hem)
    seam(canvas, mask, smooth([(-edge, hem - 0.008), (0.0, hem + 0.005), (edge, hem - 0.008)]))
    _draw_waistband(item, mask)


def draw_lower(item: Piece) -> None:
    """Draw trousers, shorts or a skirt on the body."""
    if item.style.cut == "skirt":
        _draw_skirt(item)
    else:
        _draw_trousers(item)
