"""Drawing garments laid flat, as in the picture of a shop."""

import random

import attrs
from PIL import Image, ImageChops

from drawings.canvas import Canvas
from drawings.cloth import fold, seam, weave
from drawings.collar import Collar, draw_collar
from drawings.colour import RGB, darker, mean_colour, mix
from drawings.curve import Path, Point, Station, ellipse, mirror, smooth, symmetric
from drawings.figure import SIDES, sign
from drawings.flat_shape import FlatShape, flat_shape
from drawings.garment_style import Category, GarmentStyle
from drawings.light import model

PAPER: RGB = (243, 242, 239)
_LABEL = 1
_FILL = 0.84
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
    hooded = style.category != "bottom" and style.neck == "hood"
    origin, scale = _fit(size, shape.half, 0.075 if hooded else 0.0)
    canvas = Canvas(Image.new("RGB", size, style.colour), Image.new("L", size), origin, scale)
    cloth = weave(canvas, style, emblem=(0.0, 0.125))
    outlines = [symmetric(shape.half)]
    if hooded:
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
    inside = _inside(item)
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
