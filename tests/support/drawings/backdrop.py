"""The studio: a softly lit wall that runs into the floor, and shadows on it."""

from PIL import Image

from drawings.canvas import Canvas
from drawings.colour import RGB, darker, lighter, mix
from drawings.curve import ellipse
from drawings.figure import SIDES, Figure

_SHADOW: RGB = (126, 118, 122)


def studio(size: tuple[int, int], wall: RGB) -> Image.Image:
    """Return a wall that is lightest at the upper middle and meets a slightly darker floor."""
    width, height = size
    image = Image.new("RGB", size, lighter(wall, 0.38))
    glow = Image.radial_gradient("L").resize((round(width * 1.9), round(height * 1.5)))
    left, top = round(width * 0.5), round(height * 0.42)
    glow = glow.crop((left, top, left + width, top + height))
    image.paste(darker(wall, 0.09), (0, 0, *size), glow)
    floor_top, floor_end = round(height * 0.80), round(height * 0.93)
    floor = Image.new("L", size)
    floor.paste(120, (0, floor_end, width, height))
    fade = Image.linear_gradient("L").point([value * 120 // 255 for value in range(256)])
    floor.paste(fade.resize((width, max(1, floor_end - floor_top))), (0, floor_top))
    image.paste(mix(darker(wall, 0.16), (150, 140, 130), 0.12), (0, 0, *size), floor)
    return image


def draw_floor_shadow(canvas: Canvas, figure: Figure) -> None:
    """Darken the floor under and beside the feet."""
    spread = abs(figure.joints["left_ankle"][0]) + 0.05
    wide = canvas.mask([ellipse((0.02, 0.997), (spread + 0.05, 0.016))])
    canvas.shade(canvas.blurred(wide, 0.012), _SHADOW, 0.55)
    for side in SIDES:
        x = figure.joints[f"{side}_ankle"][0]
        close = canvas.mask([ellipse((x + 0.006, 1.0), (0.034, 0.008))])
        canvas.shade(canvas.blurred(close, 0.004), _SHADOW, 0.8)
