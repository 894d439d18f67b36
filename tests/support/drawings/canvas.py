"""A canvas that is painted shape by shape with soft light and keeps a label for every pixel."""

from collections.abc import Callable, Iterable, Sequence

import attrs
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from drawings.colour import RGB
from drawings.curve import Path, Point, Station, tube

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
