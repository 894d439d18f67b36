"""The images of a task: fetched, checked, and made into results."""

import io
from collections.abc import Sequence
from typing import Literal

import attrs
from PIL import Image, ImageDraw

from tryon_aidge.emulator.answers import Refusal
from tryon_aidge.emulator.knobs import Knobs
from tryon_aidge.emulator.tasks import Task
from tryon_testing.emulation import BadImage, EmulatorContext, FetchRefused, Understood

_MODEL_SIZE = (384, 512)
_HALF = 0.6
_KINDS = {"tops": "top", "bottoms": "bottom", "dresses": "dress"}


@attrs.frozen(kw_only=True)
class Images:
    """What a task is made from.

    Attributes:
        garments: garment images.
        persons: photos of the person, or one in place of a model of the library.
    """

    garments: Sequence[bytes]
    persons: Sequence[bytes]


def fetch_images(task: Task, ctx: EmulatorContext, knobs: Knobs) -> Images:
    """Return the images of a task.

    Raises:
        Refusal: one cannot be fetched, or is not as it must be.
    """
    garments = [_garment(url, ctx, knobs) for url in task.garments]
    if task.check_quality and not knobs.flat_lay:
        raise Refusal("707")
    persons = [_photo(url, index, ctx) for index, url in enumerate(task.photos)]
    return Images(garments=garments, persons=persons or [_draw_model(task)])


def image_count(task: Task, knobs: Knobs) -> int:
    """Return how many images a task gives."""
    if not task.photos:
        return task.count
    return len(task.photos) * (task.count if knobs.photo_images == "count" else 1)


def understood(task: Task, images: Images, knobs: Knobs) -> Understood:
    """Return what a task is taken for."""
    kinds = [_KINDS[kind] for kind in task.kinds if kind]
    return Understood(
        person=images.persons[0] if task.photos else task.model,
        garments=dict(zip(kinds, images.garments, strict=True)) if kinds else images.garments,
        options={
            "generate_count": task.count,
            "view_type": task.view,
            "input_quality_detect": task.check_quality,
            "detect_garment_type": not kinds,
            "more_photos": images.persons[1:],
        },
        outputs=image_count(task, knobs),
    )


def draw_image(images: Images, task: Task, index: int, ctx: EmulatorContext) -> bytes:
    """Return one image of a task, as PNG.

    Args:
        images: what it is made from.
        task: what was asked for.
        index: which one of its images.
        ctx: draws.
    """
    person = images.persons[index % len(images.persons)]
    whole = ctx.draw_result(person, images.garments)
    return _upper_part(whole) if _view(task, index) == "halfbody" else whole


def _view(task: Task, index: int) -> Literal["fullbody", "halfbody"]:
    is_half = task.view == "halfbody" or (task.view == "mixed" and index % 2 == 1)
    return "halfbody" if is_half else "fullbody"


def _garment(url: str, ctx: EmulatorContext, knobs: Knobs) -> bytes:
    try:
        image = ctx.read_image(ctx.fetch(url))
    except (FetchRefused, BadImage):
        raise Refusal("701") from None
    sides = (image.width_px, image.height_px)
    if min(sides) < knobs.min_side_px or max(sides) > knobs.max_side_px:
        raise Refusal("703")
    return image.data


def _photo(url: str, index: int, ctx: EmulatorContext) -> bytes:
    try:
        return ctx.read_image(ctx.fetch(url)).data
    except (FetchRefused, BadImage):
        raise Refusal("700", f"modelImage[{index}] cannot be downloaded") from None


def _draw_model(task: Task) -> bytes:
    canvas = Image.new("RGB", _MODEL_SIZE, "gainsboro")
    name = (task.model or {}).get("name") or (task.model or {}).get("gender") or "female"
    ImageDraw.Draw(canvas).text((4, 24), f"model: {name}", fill="black")
    return _png(canvas)


def _upper_part(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as whole:
        return _png(whole.crop((0, 0, whole.width, max(1, round(whole.height * _HALF)))))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
