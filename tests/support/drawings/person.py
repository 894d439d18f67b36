"""People in their clothes before a backdrop, and the exact truth about them."""

import random
from collections.abc import Mapping
from types import MappingProxyType

import attrs
from PIL import Image

from drawings.body import (
    CROTCH_Y,
    HIP_Y,
    PARTS,
    SIDES,
    Figure,
    draw_legs,
    draw_shoes,
    draw_trunk,
    pose,
)
from drawings.canvas import (
    RGB,
    Canvas,
    Point,
    darker,
    ellipse,
    lighter,
    mean_colour,
    mix,
    model,
)
from drawings.clothes import draw_arms, draw_lower, draw_upper, make_piece
from drawings.head import draw_back_hair, draw_beard, draw_front_hair, draw_head
from drawings.styles import PersonStyle

_SHADOW: RGB = (126, 118, 122)
_WOOD: RGB = (150, 110, 76)


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
    floor = figure.floor
    wide = canvas.mask([ellipse((0.02, floor - 0.003), (spread + 0.05, 0.016))])
    canvas.shade(canvas.blurred(wide, 0.012), _SHADOW, 0.55)
    for side in SIDES:
        x = figure.joints[f"{side}_ankle"][0]
        close = canvas.mask([ellipse((x + 0.006, floor), (0.034, 0.008))])
        canvas.shade(canvas.blurred(close, 0.004), _SHADOW, 0.8)


Box = tuple[int, int, int, int]


@attrs.frozen
class DrawnPerson:
    """A drawn person and the truth about the picture.

    Attributes:
        image: RGB picture.
        masks: For `top`, `bottom`, `dress`, `skin`, `hair`, `shoes` the visible pixels (mode L,
            0 or 255), which never overlap, and for `person` their union.
        bboxes: For every mask its bounds (x1, y1, x2, y2) in pixels, x2 and y2 exclusive, or
            None where it is empty.
        joints: Positions (x, y) in pixels; left is left in the picture.
        colours: Mean visible colour of every part that is not empty.
    """

    image: Image.Image
    masks: Mapping[str, Image.Image]
    bboxes: Mapping[str, Box | None] = attrs.field(kw_only=True)
    joints: Mapping[str, Point] = attrs.field(kw_only=True)
    colours: Mapping[str, RGB] = attrs.field(kw_only=True)


def paint_person(canvas: Canvas, style: PersonStyle) -> Figure:
    """Paint a person on a canvas whose scale is the height of the figure."""
    figure = pose(style)
    draw_floor_shadow(canvas, figure)
    if figure.is_seated:
        _draw_stool(canvas, figure)
    draw_back_hair(canvas, style.hair_style, style.hair)
    draw_legs(canvas, figure, style.skin)
    draw_shoes(canvas, figure, style.shoes)
    draw_trunk(canvas, figure, style.skin)
    _paint_clothes(canvas, figure, style)
    draw_head(canvas, figure, style.skin, style.hair)
    if style.beard:
        draw_beard(canvas, style.hair)
    draw_front_hair(canvas, style.hair_style, style.hair)
    return figure


def _draw_stool(canvas: Canvas, figure: Figure) -> None:
    seat, half = CROTCH_Y + 0.02, figure.half_width(HIP_Y) + 0.03
    legs = [
        [(x - 0.007, seat), (x + 0.007, seat), (x + 0.007, figure.floor), (x - 0.007, figure.floor)]
        for x in (-half + 0.02, half - 0.02)
    ]
    board = [
        (-half, seat - 0.012),
        (half, seat - 0.012),
        (half, seat + 0.012),
        (-half, seat + 0.012),
    ]
    mask = canvas.mask([*legs, board])
    canvas.fill(mask, _WOOD)
    model(canvas, mask, depth=0.006)


def _paint_clothes(canvas: Canvas, figure: Figure, style: PersonStyle) -> None:
    rng = random.Random(style.seed)  # noqa: S311  (folds, not secrets)
    if style.dress:
        upper = make_piece(canvas, figure, style.dress, rng)
        draw_upper(upper)
    else:
        upper = make_piece(canvas, figure, style.top, rng, tucked=style.tucked)
        lower = make_piece(canvas, figure, style.bottom, rng)
        if style.tucked:
            draw_upper(upper)
            draw_lower(lower)
        else:
            draw_lower(lower)
            draw_upper(upper)
    draw_arms(upper, style.skin)


def _truth(canvas: Canvas, joints: Mapping[str, Point]) -> DrawnPerson:
    masks = {
        name: canvas.labels.point([255 if value == number else 0 for value in range(256)])
        for name, number in PARTS.items()
    }
    masks["person"] = canvas.person()
    ox, oy = canvas.origin
    return DrawnPerson(
        canvas.image,
        MappingProxyType(masks),
        bboxes=MappingProxyType({name: mask.getbbox() for name, mask in masks.items()}),
        joints=MappingProxyType(
            {
                name: (ox + x * canvas.scale, oy + y * canvas.scale)
                for name, (x, y) in joints.items()
            }
        ),
        colours=MappingProxyType(
            {
                name: mean_colour(canvas.image, mask)
                for name, mask in masks.items()
                if mask.getbbox()
            }
        ),
    )


def draw_person(style: PersonStyle, size: tuple[int, int] = (768, 1024)) -> DrawnPerson:
    """Draw a standing person seen from the front.

    Args:
        style: Body, pose and clothes.
        size: Width and height of the picture in pixels; the figure is centred and stands near
            the lower edge.
    """
    width, height = size
    image = studio(size, style.backdrop)
    scale = min(style.build.height * height, 1.9 * width)
    floor = pose(style).floor
    origin = (width / 2, height * 0.965 - scale * floor)
    canvas = Canvas(image, Image.new("L", size), origin, scale)
    figure = paint_person(canvas, style)
    return _truth(canvas, figure.joints)
