"""A garment that is being put on a figure."""

import random

import attrs
from PIL import Image

from drawings.canvas import Canvas
from drawings.cloth import fold, weave
from drawings.curve import Station, interpolate
from drawings.figure import HIP_Y, Figure
from drawings.garment_style import GarmentStyle
from drawings.parts import PARTS

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
            return interpolate([(0.0, 0.425), (0.5, 0.497), (1.0, 0.55)], self.style.length)
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
