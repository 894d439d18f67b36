"""Pictures that a try-on service should refuse or warn about: nobody, or more than one person."""

from PIL import Image, ImageChops

from drawings.canvas import RGB, Canvas, Path, ellipse, model, smooth, tube
from drawings.person import paint_person, studio
from drawings.styles import PERSON_STYLES, PersonStyle

_WALL: RGB = (222, 224, 220)
_WOOD: RGB = (168, 124, 84)
_FABRIC: RGB = (92, 122, 132)
_LEAF: RGB = (92, 134, 92)
_POT: RGB = (208, 196, 178)


def _put(canvas: Canvas, shapes: list[Path], colour: RGB) -> None:
    mask = canvas.mask(shapes)
    shadow = canvas.blurred(canvas.shifted(mask, 0.008, 0.006), 0.012)
    canvas.shade(ImageChops.subtract(shadow, mask), (150, 144, 146), 0.5)
    canvas.fill(mask, colour)
    model(canvas, mask, depth=0.018)


def _box(x1: float, y1: float, x2: float, y2: float) -> Path:
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def _draw_sofa(canvas: Canvas) -> None:
    for x in (-0.28, 0.0):
        _put(canvas, [_box(x, 0.90, x + 0.016, 0.96)], _WOOD)
    _put(canvas, [_box(-0.30, 0.70, 0.03, 0.90)], _FABRIC)
    _put(canvas, [_box(-0.31, 0.82, 0.04, 0.92)], _FABRIC)
    for x in (-0.33, 0.015):
        _put(canvas, [_box(x, 0.77, x + 0.045, 0.925)], _FABRIC)


def _draw_plant(canvas: Canvas) -> None:
    _put(canvas, [_box(0.20, 0.86, 0.29, 0.96)], _POT)
    for tip, height in ((0.12, 0.66), (0.17, 0.56), (0.25, 0.50), (0.31, 0.58), (0.36, 0.69)):
        bend = ((tip + 0.245) / 2, (0.86 + height) / 2 + 0.01, 0.020)
        _put(canvas, tube([(0.245, 0.865, 0.004), bend, (tip, height, 0.003)]), _LEAF)


def draw_nobody(size: tuple[int, int] = (768, 1024)) -> Image.Image:
    """Draw a furnished corner of a studio without any person (RGB)."""
    width, height = size
    image = studio(size, _WALL)
    scale = min(height * 0.97, 1.3 * width)
    canvas = Canvas(image, Image.new("L", size), (width / 2, height * 0.98 - scale), scale)
    _put(canvas, [_box(-0.26, 0.24, -0.02, 0.52)], (238, 234, 226))
    _put(canvas, [_box(-0.24, 0.26, -0.04, 0.50)], (206, 176, 146))
    _put(canvas, [ellipse((-0.11, 0.36), (0.045, 0.045))], (226, 132, 88))
    _put(
        canvas,
        [[*smooth([(-0.24, 0.46), (-0.16, 0.40), (-0.04, 0.47)]), (-0.04, 0.50), (-0.24, 0.50)]],
        (120, 142, 128),
    )
    _draw_sofa(canvas)
    _draw_plant(canvas)
    return image


def draw_two_people(
    left: PersonStyle = PERSON_STYLES["chika"],
    right: PersonStyle = PERSON_STYLES["ben"],
    *,
    size: tuple[int, int] = (1024, 1024),
) -> Image.Image:
    """Draw two people next to each other on the first one's backdrop (RGB)."""
    width, height = size
    image = studio(size, left.backdrop)
    for style, across in ((left, 0.28), (right, 0.72)):
        scale = min(style.build.height * height, 1.0 * width)
        origin = (width * across, height * 0.965 - scale)
        paint_person(Canvas(image, Image.new("L", size), origin, scale), style)
    return image
