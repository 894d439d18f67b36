"""Light from the upper left: how a shape gets its volume and throws its shadow."""

from PIL import Image, ImageChops

from drawings.canvas import Canvas
from drawings.colour import RGB

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
