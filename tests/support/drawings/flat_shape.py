"""Outlines of garments laid flat, in the units of a figure that could wear them."""

import attrs

from drawings.curve import Path, Point, interpolate, smooth
from drawings.garment_style import GarmentStyle

_ARMPIT_Y = 0.118
_NECK: dict[str, tuple[float, float]] = {
    "crew": (0.037, 0.036),
    "v": (0.038, 0.082),
    "scoop": (0.050, 0.072),
    "shirt": (0.035, 0.036),
    "hood": (0.040, 0.040),
}


@attrs.frozen
class FlatShape:
    """The right half of a flat garment.

    Attributes:
        half: Outline from the axis at the top to the axis at the bottom.
        hem: Right half of the hem, from its outer end to the axis.
        neckline: Front neckline from its right end to the axis; empty for bottoms.
        cuff: Ends of the right sleeve's or leg's edge; empty where there is none.
        armhole: Seam between sleeve and body; empty where there is none.
        crotch: Height of the crotch, or None.
    """

    half: Path
    hem: Path
    neckline: Path = attrs.field(factory=list, kw_only=True)
    cuff: Path = attrs.field(factory=list, kw_only=True)
    armhole: Path = attrs.field(factory=list, kw_only=True)
    crotch: float | None = attrs.field(default=None, kw_only=True)


def flat_shape(style: GarmentStyle) -> FlatShape:
    """Return the outline of a garment."""
    if style.category != "bottom":
        return _upper(style)
    return _skirt(style) if style.cut == "skirt" else _trousers(style)


def _neckline(style: GarmentStyle) -> Path:
    wide, low = _NECK[style.neck]
    if style.neck in ("v", "shirt"):
        return smooth([(wide, 0.0), (wide * 0.60, low * 0.52), (0.0, low)])
    return smooth([(wide, 0.0), (wide * 0.88, low * 0.52), (wide * 0.5, low * 0.9), (0.0, low)])


def _shoulder(style: GarmentStyle, chest: float) -> tuple[Path, Path, Path]:
    """Return the outline from neck to armpit, the sleeve's edge and the armhole."""
    wide = _NECK[style.neck][0]
    armpit = (chest, _ARMPIT_Y)
    if style.sleeves == "none":
        strap = max(wide + 0.021, chest * 0.66)
        hole = smooth([(strap, 0.010), (strap * 1.0, 0.055), (strap * 1.10, 0.098), armpit])
        return [(wide, 0.0), *hole], [], []
    tip = (chest * 0.92, 0.027)
    long = style.sleeves == "long"
    outer = (chest + 0.106, 0.315) if long else (chest + 0.072, 0.112)
    inner = (chest + 0.069, 0.324) if long else (chest + 0.036, 0.145)
    bend = (chest + 0.030, 0.090) if long else (chest + 0.022, 0.056)
    edge = smooth([(wide, 0.0), (chest * 0.68, 0.0145), tip, bend, outer])
    under = (chest + 0.036, 0.215) if long else ((armpit[0] + inner[0]) / 2, 0.130)
    hole = smooth([tip, (chest * 0.885, 0.07), armpit])
    return [*edge, *smooth([inner, under, armpit])], [outer, inner], hole


def _top_side(style: GarmentStyle, chest: float) -> list[Point]:
    hem = interpolate([(0.0, 0.26), (0.5, 0.335), (1.0, 0.385)], style.length)
    return [(chest, _ARMPIT_Y), (chest * 0.975, 0.19), (chest * 0.985, 0.24), (chest * 1.01, hem)]


def _dress_side(style: GarmentStyle, chest: float) -> list[Point]:
    hem = interpolate([(0.0, 0.46), (0.5, 0.56), (1.0, 0.72)], style.length)
    edge = 0.100 + (hem - 0.25) * (0.10 + 0.32 * style.fit)
    waist = chest * (0.80 + 0.10 * style.fit)
    bust = [(chest, _ARMPIT_Y), (chest * 0.93, 0.17)]
    return [*bust, (waist, 0.232), (waist * 1.16 + 0.004, 0.32), (edge, hem)]


def _upper(style: GarmentStyle) -> FlatShape:
    dress, wide = style.category == "dress", _NECK[style.neck][0]
    chest = 0.096 + 0.026 * style.fit
    top, cuff, armhole = _shoulder(style, chest)
    sides = _dress_side(style, chest) if dress else _top_side(style, chest)
    (edge, bottom), dip = sides[-1], 0.016 if dress else 0.005
    hem = smooth([(edge, bottom), (edge * 0.55, bottom + dip * 0.75), (0.0, bottom + dip)])
    back = smooth([(0.0, 0.009), (wide * 0.6, 0.007), (wide, 0.0)])
    half = [*back, *top, *smooth(sides), *hem]
    return FlatShape(half, hem, neckline=_neckline(style), cuff=cuff, armhole=armhole)


def _trousers(style: GarmentStyle) -> FlatShape:
    waist, hips = 0.078 + 0.004 * style.fit, 0.102 + 0.012 * style.fit
    table = (
        [(0.0, 0.22), (0.5, 0.275), (1.0, 0.34)]
        if style.cut == "shorts"
        else [(0.0, 0.50), (0.5, 0.60), (1.0, 0.64)]
    )
    hem_y, crotch = interpolate(table, style.length), 0.160
    outer: list[Point] = [(waist, 0.0), (waist + 0.013, 0.04), (hips, 0.12)]
    if style.cut == "shorts":
        edge = hips + 0.002 + 0.012 * style.fit
        outer += [(edge, hem_y)]
        inner = 0.012
    else:
        edge = hips * (0.80 + 0.34 * style.fit)
        outer += [(hips * (0.95 + 0.09 * style.fit), 0.30), (edge, hem_y)]
        inner = edge - (0.044 + 0.056 * style.fit)
    inside = smooth(
        [
            (inner, hem_y + 0.003),
            (inner * 0.72 + 0.002, (hem_y + crotch) / 2),
            (0.0025, crotch + 0.006),
            (0.0, crotch),
        ]
    )
    hem: Path = [(edge, hem_y), (inner, hem_y + 0.003)]
    return FlatShape([(0.0, 0.004), *smooth(outer), *inside], hem, cuff=hem, crotch=crotch)


def _skirt(style: GarmentStyle) -> FlatShape:
    waist = 0.078
    hem_y = interpolate([(0.0, 0.21), (0.5, 0.31), (1.0, 0.46)], style.length)
    edge = 0.100 + (hem_y - 0.05) * (0.02 + 0.38 * style.fit)
    sides = [
        (waist, 0.0),
        (waist + 0.014, 0.04),
        ((waist + edge) / 2 + 0.012, hem_y * 0.45),
        (edge, hem_y),
    ]
    hem = smooth([(edge, hem_y), (edge * 0.55, hem_y + 0.013), (0.0, hem_y + 0.018)])
    return FlatShape([(0.0, 0.004), *smooth(sides), *hem], hem)
