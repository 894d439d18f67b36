"""A canvas, and the colours, curves and light on it."""

import colorsys
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import attrs
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

RGB = tuple[int, int, int]


def mix(first: RGB, second: RGB, amount: float) -> RGB:
    """Return the colour that lies the given part (0 to 1) of the way from first to second."""
    r, g, b = (round(a + (z - a) * amount) for a, z in zip(first, second, strict=True))
    return r, g, b


def darker(colour: RGB, amount: float = 0.3) -> RGB:
    """Return a darker and slightly richer colour, as in shade."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    saturation = min(1.0, saturation * (1 + 0.25 * amount))
    r, g, b = colorsys.hls_to_rgb(hue, light * (1 - amount), saturation)
    return round(r * 255), round(g * 255), round(b * 255)


def lighter(colour: RGB, amount: float = 0.3) -> RGB:
    """Return a colour mixed with warm white."""
    return mix(colour, (255, 250, 242), amount)


def luminance(colour: RGB) -> float:
    """Return the perceived brightness from 0 (black) to 1 (white)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def mean_colour(image: Image.Image, mask: Image.Image) -> RGB:
    """Return the mean colour of an RGB picture where a mask is set; black where it is empty."""
    if mask.getbbox() is None:
        return 0, 0, 0
    r, g, b = (round(value) for value in ImageStat.Stat(image, mask).mean)
    return r, g, b


Point = tuple[float, float]
Path = list[Point]
Station = tuple[float, float, float]
"""A point on the axis of a tube and the radius there: (x, y, radius)."""


def _hermite(p: float, q: float, tangents: tuple[float, float], t: float) -> float:
    squared, cubed = t * t, t * t * t
    return (
        (2 * cubed - 3 * squared + 1) * p
        + (cubed - 2 * squared + t) * tangents[0]
        + (3 * squared - 2 * cubed) * q
        + (cubed - squared) * tangents[1]
    )


def _slope(values: Sequence[float], gaps: Sequence[float], index: int) -> float:
    """Return the slope of a centripetal Catmull-Rom spline at a knot."""
    before, after = gaps[index - 1], gaps[index]
    back = (values[index] - values[index - 1]) / before
    ahead = (values[index + 1] - values[index]) / after
    return back + ahead - (values[index + 1] - values[index - 1]) / (before + after)


def _spline(knots: Sequence[Sequence[float]], steps: int) -> list[list[float]]:
    """Interpolate between all knots but the first and last, which only give direction."""
    gaps = [max(math.dist(a[:2], b[:2]) ** 0.5, 1e-6) for a, b in pairwise(knots)]
    columns = list(zip(*knots, strict=True))
    points: list[list[float]] = []
    for index in range(1, len(knots) - 2):
        gap = gaps[index]
        slopes = [
            (_slope(column, gaps, index) * gap, _slope(column, gaps, index + 1) * gap)
            for column in columns
        ]
        points += [
            [
                _hermite(column[index], column[index + 1], slope, step / steps)
                for column, slope in zip(columns, slopes, strict=True)
            ]
            for step in range(steps)
        ]
    return [*points, list(knots[-2])]


def _open_spline(points: Sequence[Sequence[float]], steps: int) -> list[list[float]]:
    first = [2 * a - b for a, b in zip(points[0], points[1], strict=True)]
    last = [2 * a - b for a, b in zip(points[-1], points[-2], strict=True)]
    return _spline([first, *points, last], steps)


def smooth(points: Sequence[Point], *, steps: int = 10) -> Path:
    """Return a smooth open curve through all points."""
    return [(x, y) for x, y in _open_spline(points, steps)]


def mirror(path: Iterable[Point]) -> Path:
    """Return the path reflected at x = 0, in reverse order, so that it can close an outline."""
    return [(-x, y) for x, y in reversed(list(path))]


def symmetric(half: Path) -> Path:
    """Return the closed outline whose right half is given from top to bottom."""
    return [*half, *mirror(half)]


def ellipse(centre: Point, radii: Point, *, angle: float = 0.0, steps: int = 36) -> Path:
    """Return an ellipse, turned by an angle in radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    path: Path = []
    for step in range(steps):
        turn = math.tau * step / steps
        x, y = radii[0] * math.cos(turn), radii[1] * math.sin(turn)
        path.append((centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos))
    return path


def _across(a: Sequence[float], b: Sequence[float]) -> Point:
    length = math.dist(a[:2], b[:2]) or 1.0
    return (a[1] - b[1]) / length, (b[0] - a[0]) / length


def tube(
    stations: Sequence[Station], *, steps: int = 8, start: bool = True, end: bool = True
) -> list[Path]:
    """Return the shapes whose union is a smooth tube of varying radius.

    Args:
        stations: Two or more stations along the axis.
        steps: Pieces between two stations.
        start: Round the first end (otherwise it is cut straight).
        end: Round the last end.
    """
    axis = _open_spline(stations, steps)
    shapes: list[Path] = []
    for a, b in pairwise(axis):
        nx, ny = _across(a, b)
        ra, rb = a[2], b[2]
        shapes.append(
            [
                (a[0] + nx * ra, a[1] + ny * ra),
                (b[0] + nx * rb, b[1] + ny * rb),
                (b[0] - nx * rb, b[1] - ny * rb),
                (a[0] - nx * ra, a[1] - ny * ra),
            ]
        )
    for x, y, r in axis:
        inside_start = start or math.dist((x, y), axis[0][:2]) > r
        inside_end = end or math.dist((x, y), axis[-1][:2]) > r
        if inside_start and inside_end:
            shapes.append(ellipse((x, y), (r, r), steps=24))
    return shapes


def interpolate(table: Sequence[Point], x: float) -> float:
    """Return y at x from a table with increasing x, held constant beyond its ends."""
    if x <= table[0][0]:
        return table[0][1]
    for (x0, y0), (x1, y1) in pairwise(table):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / ((x1 - x0) or 1.0)
    return table[-1][1]


SUPERSAMPLING = 4
_HALF = 128
_NO_BLUR_PX = 0.2


def _scaled(mask: Image.Image, factor: float) -> Image.Image:
    return mask.point([min(255, round(value * factor)) for value in range(256)])


@attrs.define
class Canvas:
    """A picture in progress.

    Shapes are given in units of `scale` pixels around `origin`. `labels` holds, for every pixel,
    the number of the part that was painted there last (0 is background).
    """

    image: Image.Image
    labels: Image.Image
    origin: Point
    scale: float

    def mask(self, shapes: Iterable[Path]) -> Image.Image:
        """Return the antialiased union of shapes as a mask of the canvas's size."""
        result = Image.new("L", self.image.size)
        ox, oy = self.origin
        paths = [[(ox + x * self.scale, oy + y * self.scale) for x, y in path] for path in shapes]
        box = self._box([point for path in paths for point in path])
        if box is None:
            return result
        x1, y1, x2, y2 = box
        fine = Image.new("L", ((x2 - x1) * SUPERSAMPLING, (y2 - y1) * SUPERSAMPLING))
        pen = ImageDraw.Draw(fine)
        for path in paths:
            pen.polygon(
                [((x - x1) * SUPERSAMPLING, (y - y1) * SUPERSAMPLING) for x, y in path], fill=255
            )
        result.paste(fine.reduce(SUPERSAMPLING), (x1, y1))
        return result

    def _box(self, points: Sequence[Point]) -> tuple[int, int, int, int] | None:
        if not points:
            return None
        width, height = self.image.size
        x1 = max(0, int(min(x for x, _ in points)) - 1)
        y1 = max(0, int(min(y for _, y in points)) - 1)
        x2 = min(width, int(max(x for x, _ in points)) + 2)
        y2 = min(height, int(max(y for _, y in points)) + 2)
        return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None

    def blurred(self, mask: Image.Image, radius: float) -> Image.Image:
        """Return a mask blurred by a radius in units; only the part around it is computed."""
        radius_px = radius * self.scale
        box = mask.getbbox()
        if box is None or radius_px < _NO_BLUR_PX:
            return mask
        pad = round(3 * radius_px) + 1
        x1, y1 = max(0, box[0] - pad), max(0, box[1] - pad)
        x2, y2 = min(mask.width, box[2] + pad), min(mask.height, box[3] + pad)
        result = Image.new("L", mask.size)
        soft = mask.crop((x1, y1, x2, y2)).filter(ImageFilter.GaussianBlur(radius_px))
        result.paste(soft, (x1, y1))
        return result

    def shifted(self, mask: Image.Image, dx: float, dy: float) -> Image.Image:
        """Return a mask moved by a distance in units."""
        result = Image.new("L", mask.size)
        result.paste(mask, (round(dx * self.scale), round(dy * self.scale)))
        return result

    def person(self) -> Image.Image:
        """Return the mask of all labelled pixels."""
        return self.labels.point([0] + [255] * 255)

    def fill(
        self, mask: Image.Image, paint: RGB | Image.Image, *, label: int | None = None
    ) -> None:
        """Paint a colour or a picture through a mask and label its pixels."""
        if isinstance(paint, Image.Image):
            self.image.paste(paint, (0, 0), mask)
        else:
            self.image.paste(paint, (0, 0, *self.image.size), mask)
        if label is not None:
            solid = mask.point([0] * _HALF + [255] * (256 - _HALF))
            self.labels.paste(label, (0, 0, *self.image.size), solid)

    def shade(self, mask: Image.Image, tint: RGB, strength: float = 1.0) -> None:
        """Multiply the picture by a tint, as far as the mask and the strength say."""
        self._blend(ImageChops.multiply, mask, tint, strength)

    def light(self, mask: Image.Image, tint: RGB, strength: float = 1.0) -> None:
        """Screen the picture with a tint, as far as the mask and the strength say."""
        self._blend(ImageChops.screen, mask, tint, strength)

    def _blend(
        self,
        operation: Callable[[Image.Image, Image.Image], Image.Image],
        mask: Image.Image,
        tint: RGB,
        strength: float,
    ) -> None:
        box = mask.getbbox()
        if box is None:
            return
        part = self.image.crop(box)
        changed = operation(part, Image.new("RGB", part.size, tint))
        self.image.paste(changed, box[:2], _scaled(mask.crop(box), strength))

    def stroke(
        self,
        stations: Sequence[Station],
        *,
        within: Image.Image | None = None,
        softness: float = 0.0,
    ) -> Image.Image:
        """Return the mask of a line of varying width, softened and cut to another mask."""
        line = self.blurred(self.mask(tube(stations)), softness)
        return line if within is None else ImageChops.multiply(line, within)


CLOTH_SHADE: RGB = (128, 118, 142)
SKIN_SHADE: RGB = (178, 112, 102)
HAIR_SHADE: RGB = (110, 96, 110)
SHADOW: RGB = (120, 108, 118)
GLOW: RGB = (255, 246, 230)


def model(
    canvas: Canvas,
    mask: Image.Image,
    *,
    depth: float,
    tint: RGB = CLOTH_SHADE,
    strength: float = 0.5,
    glow: float = 0.16,
) -> None:
    """Shade the side of a shape that is turned away from the light, brighten the other.

    Args:
        canvas: Where the shape was painted.
        mask: The shape.
        depth: How far the shade reaches into the shape, in units of the canvas.
        tint: Colour of full shade, by which the paint is multiplied.
        strength: Opacity of the shade at the edge, 0 to 1.
        glow: Opacity of the light at the opposite edge, 0 to 1.
    """
    dark = canvas.blurred(canvas.shifted(mask, -depth, -0.35 * depth), 0.8 * depth)
    canvas.shade(ImageChops.subtract(mask, dark), tint, strength)
    bright = canvas.blurred(canvas.shifted(mask, depth, 0.5 * depth), 0.7 * depth)
    canvas.light(ImageChops.subtract(mask, bright), GLOW, glow)


def cast(
    canvas: Canvas,
    mask: Image.Image,
    *,
    offset: tuple[float, float] = (0.006, 0.008),
    radius: float = 0.006,
    strength: float = 0.45,
) -> None:
    """Throw the soft shadow of a shape on the parts of the person painted so far."""
    shadow = canvas.blurred(canvas.shifted(mask, *offset), radius)
    canvas.shade(ImageChops.multiply(shadow, canvas.person()), SHADOW, strength)


def ramp(canvas: Canvas, start: float, end: float) -> Image.Image:
    """Return a mask that grows from 0 at the height `start` to full at `end` (units of y)."""
    top = round(canvas.origin[1] + start * canvas.scale)
    bottom = max(top + 1, round(canvas.origin[1] + end * canvas.scale))
    width, height = canvas.image.size
    result = Image.new("L", (width, height))
    result.paste(255, (0, min(bottom, height), width, height))
    gradient = Image.linear_gradient("L").resize((width, bottom - top))
    result.paste(gradient, (0, top))
    return result
