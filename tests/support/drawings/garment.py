"""Garments that lie flat."""

import random

import attrs
from PIL import Image, ImageChops

from drawings.body import SIDES, sign
from drawings.canvas import (
    RGB,
    Canvas,
    Path,
    Point,
    Station,
    darker,
    ellipse,
    interpolate,
    mean_colour,
    mirror,
    mix,
    model,
    smooth,
    symmetric,
)
from drawings.cloth import HIGH_COLLAR, Collar, draw_collar, fold, seam, weave
from drawings.styles import Category, GarmentStyle

_ARMPIT_Y = 0.118
_NECK: dict[str, tuple[float, float]] = {
    "crew": (0.037, 0.036),
    "v": (0.038, 0.082),
    "scoop": (0.050, 0.072),
    "shirt": (0.035, 0.036),
    "hood": (0.040, 0.040),
    "high": (0.036, 0.012),
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
    flare = 0.034 * style.flare
    outer = (chest + 0.106 + flare, 0.315 - 0.3 * flare) if long else (chest + 0.072, 0.112)
    inner = (chest + 0.069 - flare, 0.324 + 0.3 * flare) if long else (chest + 0.036, 0.145)
    bend = (chest + 0.030, 0.090) if long else (chest + 0.022, 0.056)
    edge = smooth([(wide, 0.0), (chest * 0.68, 0.0145), tip, bend, outer])
    under = (chest + 0.036, 0.215) if long else ((armpit[0] + inner[0]) / 2, 0.130)
    hole = smooth([tip, (chest * 0.885, 0.07), armpit])
    return [*edge, *smooth([inner, under, armpit])], [outer, inner], hole


def _top_side(style: GarmentStyle, chest: float) -> list[Point]:
    hem = interpolate([(0.0, 0.26), (0.5, 0.335), (1.0, 0.385), (2.0, 0.50)], style.length)
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


PAPER: RGB = (243, 242, 239)
_LABEL = 1
_FILL = 0.84
_HEADROOM = {"hood": 0.075, "high": HIGH_COLLAR}
"""What rises above the shoulders, in units."""
_HALF = 128


@attrs.frozen
class DrawnGarment:
    """A drawn garment and the truth about the picture.

    Attributes:
        image: RGB picture, or RGBA without a background.
        mask: Pixels of the garment (mode L, 0 or 255).
        category: What part of the body it dresses.
        mean_colour: Mean colour of these pixels.
    """

    image: Image.Image
    mask: Image.Image
    category: Category = attrs.field(kw_only=True)
    mean_colour: RGB = attrs.field(kw_only=True)


@attrs.frozen
class _Piece:
    """A flat garment that is being drawn."""

    canvas: Canvas
    style: GarmentStyle
    shape: FlatShape
    cloth: Image.Image = attrs.field(kw_only=True)
    mask: Image.Image = attrs.field(kw_only=True)
    rng: random.Random = attrs.field(kw_only=True)


def _fit(size: tuple[int, int], half: Path, headroom: float) -> tuple[Point, float]:
    """Return origin and scale that centre an outline in a picture."""
    width, height = size
    top, bottom = min(y for _, y in half) - headroom, max(y for _, y in half)
    wide = 2 * max(x for x, _ in half)
    scale = min(_FILL * width / wide, _FILL * height / (bottom - top))
    return (width / 2, height / 2 - (top + bottom) / 2 * scale), scale


def _start(style: GarmentStyle, size: tuple[int, int]) -> _Piece:
    shape = flat_shape(style)
    headroom = _HEADROOM.get(style.neck, 0.0) if style.category != "bottom" else 0.0
    origin, scale = _fit(size, shape.half, headroom)
    canvas = Canvas(Image.new("RGB", size, style.colour), Image.new("L", size), origin, scale)
    cloth = weave(canvas, style, emblem=(0.0, 0.125))
    outlines = [symmetric(shape.half)]
    if headroom and style.neck == "hood":
        outlines.append(_hood())
    mask = canvas.mask(outlines)
    rng = random.Random(7)  # noqa: S311  (folds, not secrets)
    return _Piece(canvas, style, shape, cloth=cloth, mask=mask, rng=rng)


def _hood() -> Path:
    half = [(0.0, -0.075), (0.030, -0.070), (0.053, -0.040), (0.058, -0.004), (0.050, 0.022)]
    return symmetric(smooth(half))


def _draw_upper(item: _Piece) -> Image.Image:
    """Draw the front of a top or dress and return all of it, collar included."""
    canvas, style, shape = item.canvas, item.style, item.shape
    inside = item.mask if style.neck == "high" else _inside(item)
    for side in SIDES:
        k = sign(side)
        if shape.armhole:
            seam(canvas, item.mask, [(k * x, y) for x, y in shape.armhole])
        _draw_body_folds(item, k)
    if style.category == "dress":
        _draw_drape(item)
    low = shape.hem[-1][1]
    collar = Collar(style, item.cloth, line=shape.neckline, hem=low)
    whole = draw_collar(canvas, item.mask, collar, label=_LABEL)
    return ImageChops.lighter(whole, inside)


def _inside(item: _Piece) -> Image.Image:
    """Draw the inner side of the back, seen through the neckline."""
    canvas, line = item.canvas, item.shape.neckline
    wide = line[0][0]
    back = smooth(
        [(-wide, 0.0), (-wide * 0.6, 0.007), (0.0, 0.009), (wide * 0.6, 0.007), (wide, 0.0)]
    )
    if item.style.neck == "hood":
        back = [
            (-wide, 0.0),
            *smooth([(-wide * 0.9, -0.02), (0.0, -0.045), (wide * 0.9, -0.02)]),
            (wide, 0.0),
        ]
    hole = canvas.mask([[*back, *line, *mirror(line)]])
    canvas.fill(hole, mix(item.style.colour, (56, 48, 58), 0.38))
    shadow = canvas.blurred(canvas.shifted(ImageChops.invert(hole), 0.004, 0.008), 0.006)
    canvas.shade(ImageChops.multiply(shadow, hole), (140, 130, 145), 0.6)
    return hole


def _draw_body_folds(item: _Piece, k: int) -> None:
    canvas, rng = item.canvas, item.rng
    chest = 0.096 + 0.026 * item.style.fit
    crease: list[Station] = [
        (k * chest * 0.99, 0.122, 0.001),
        (k * chest * 0.80, 0.140 + rng.uniform(0, 0.01), 0.0026),
        (k * chest * 0.58, 0.150 + rng.uniform(0, 0.01), 0.0008),
    ]
    fold(canvas, item.mask, crease, 0.36)
    long: list[Station] = [
        (k * chest * 0.72, 0.17, 0.001),
        (k * chest * (0.66 + rng.uniform(0, 0.08)), 0.23, 0.003),
        (k * chest * 0.70, 0.29, 0.001),
    ]
    fold(canvas, item.mask, long, 0.26)
    if item.style.sleeves == "long":
        elbow: list[Station] = [
            (k * (chest + 0.022), 0.20, 0.001),
            (k * (chest + 0.042), 0.196, 0.002),
            (k * (chest + 0.058), 0.186, 0.0006),
        ]
        fold(canvas, item.mask, elbow, 0.4)


def _draw_drape(item: _Piece) -> None:
    """Draw the folds of a skirt, from waist or hips to the hem."""
    dress = item.style.category == "dress"
    top = 0.235 if dress else 0.03
    edge, hem = item.shape.hem[0]
    waist = 0.075
    count = 4 + round(4 * item.style.fit)
    for index in range(count):
        across = (index + 0.5) / count * 2 - 1 + item.rng.uniform(-0.05, 0.05)
        begin = top + item.rng.uniform(0.0, 0.04)
        crease: list[Station] = [
            (across * waist, begin, 0.0008),
            (across * (waist + edge) * 0.5, (begin + hem) / 2, 0.003),
            (across * edge * 0.97, hem + 0.014, 0.0048),
        ]
        fold(item.canvas, item.mask, crease, 0.34)
    if dress:
        seam(item.canvas, item.mask, smooth([(-0.12, 0.230), (0.0, 0.236), (0.12, 0.230)]))


def _draw_lower(item: _Piece) -> None:
    canvas, mask, crotch = item.canvas, item.mask, item.shape.crotch
    band = canvas.mask([[(-0.2, -0.01), (0.2, -0.01), (0.2, 0.019), (0.0, 0.022), (-0.2, 0.019)]])
    canvas.shade(ImageChops.multiply(band, mask), (222, 218, 228), 0.9)
    seam(canvas, mask, smooth([(-0.12, 0.019), (0.0, 0.022), (0.12, 0.019)]))
    if crotch is None:
        _draw_drape(item)
        return
    fly: list[Station] = [(0.0, 0.022, 0.0007), (0.0, crotch, 0.001)]
    canvas.shade(canvas.stroke(fly, within=mask, softness=0.0007), (120, 110, 130), 0.7)
    seam(canvas, mask, smooth([(0.015, 0.022), (0.015, 0.07), (0.0, 0.092)]), width=0.0005)
    button = canvas.mask([ellipse((0.0, 0.011), (0.0032, 0.0032))])
    canvas.fill(button, darker(item.style.colour, 0.5))
    for side in SIDES:
        _draw_leg(item, sign(side), crotch)


def _draw_leg(item: _Piece, k: int, crotch: float) -> None:
    (edge, hem), (inner, _) = item.shape.hem[0], item.shape.hem[-1]
    seam(
        item.canvas, item.mask, smooth([(k * 0.052, 0.021), (k * 0.066, 0.046), (k * 0.096, 0.062)])
    )
    middle = (edge + inner) / 2
    press: list[Station] = [
        (k * 0.05, crotch + 0.01, 0.0008),
        (k * (0.05 + middle) / 2, (crotch + hem) / 2, 0.0026),
        (k * middle, hem - 0.012, 0.001),
    ]
    fold(item.canvas, item.mask, press, 0.3)
    spread: list[Station] = [
        (k * 0.004, crotch - 0.006, 0.001),
        (k * 0.032, crotch - 0.02, 0.0024),
        (k * 0.056, crotch - 0.026, 0.0006),
    ]
    fold(item.canvas, item.mask, spread, 0.4)


def _draw_edges(item: _Piece) -> None:
    """Stitch hems and cuffs."""
    canvas, shape = item.canvas, item.shape
    for side in SIDES:
        k = sign(side)
        if shape.cuff:
            (ax, ay), (bx, by) = shape.cuff
            across, down = (bx - ax), (by - ay)
            length = (across**2 + down**2) ** 0.5
            ux, uy = across / length, down / length
            if ux > 0:
                ux, uy = -ux, -uy
            x, y = 0.009 * -uy, 0.009 * ux
            seam(canvas, item.mask, [(k * (ax + x), ay + y), (k * (bx + x), by + y)])
    if shape.crotch is None:
        line = [(x * 1.05, y - 0.009) for x, y in shape.hem]
        seam(canvas, item.mask, [*line, *mirror(line)])


def _over(item: _Piece, alpha: Image.Image, background: RGB) -> Image.Image:
    """Lay the garment on paper, with a soft shadow."""
    canvas = item.canvas
    paper = Image.new("RGB", canvas.image.size, background)
    shadow = Canvas(paper, canvas.labels, canvas.origin, canvas.scale)
    shadow.shade(shadow.blurred(shadow.shifted(alpha, 0.003, 0.005), 0.006), (150, 144, 146), 0.5)
    paper.paste(canvas.image, (0, 0), alpha)
    return paper


def draw_garment(
    style: GarmentStyle,
    size: tuple[int, int] = (768, 1024),
    *,
    background: RGB | None = PAPER,
) -> DrawnGarment:
    """Draw a garment laid flat and centred.

    Args:
        style: What to draw.
        size: Width and height of the picture in pixels.
        background: Colour of the paper it lies on, or None for a transparent RGBA picture.
    """
    item = _start(style, size)
    canvas = item.canvas
    canvas.fill(item.mask, item.cloth, label=_LABEL)
    model(canvas, item.mask, depth=0.014, strength=0.4, glow=0.12)
    alpha = item.mask
    if style.category == "bottom":
        _draw_lower(item)
    else:
        alpha = _draw_upper(item)
    _draw_edges(item)
    mask = alpha.point([0] * _HALF + [255] * (256 - _HALF))
    if background is None:
        image = canvas.image.copy()
        image.putalpha(alpha)
    else:
        image = _over(item, alpha, background)
    return DrawnGarment(
        image, mask, category=style.category, mean_colour=mean_colour(canvas.image, mask)
    )
