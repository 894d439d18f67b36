"""Trousers, shorts and skirts as worn."""

from PIL import Image, ImageChops

from drawings.cloth import fold, seam
from drawings.curve import Path, Station, interpolate, smooth, symmetric, tube
from drawings.figure import CROTCH_Y, HIP_Y, SIDES, Side, sign
from drawings.garment_style import GarmentStyle
from drawings.light import cast, model, ramp
from drawings.piece import WAISTBAND_Y, Piece, draw_skirt_folds

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
