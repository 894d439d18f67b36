"""Drawing people, with the exact truth about every pixel."""

import random
from collections.abc import Mapping
from types import MappingProxyType

import attrs
from PIL import Image

from drawings import backdrop
from drawings.body import draw_legs, draw_shoes, draw_trunk
from drawings.canvas import Canvas
from drawings.colour import RGB, mean_colour
from drawings.curve import Point
from drawings.figure import Figure, pose
from drawings.hair import draw_back_hair, draw_beard, draw_front_hair
from drawings.head import draw_head
from drawings.lower import draw_lower
from drawings.parts import PARTS
from drawings.person_style import PersonStyle
from drawings.piece import make_piece
from drawings.upper import draw_arms, draw_upper

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
    backdrop.draw_floor_shadow(canvas, figure)
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
    image = backdrop.studio(size, style.backdrop)
    scale = min(style.build.height * height, 1.9 * width)
    origin = (width / 2, height * 0.965 - scale)
    canvas = Canvas(image, Image.new("L", size), origin, scale)
    figure = paint_person(canvas, style)
    return _truth(canvas, figure.joints)
