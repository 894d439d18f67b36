"""What comes out: results of try-on, and the parts of a parsed photo."""

import io
from collections.abc import Mapping
from types import MappingProxyType

import attrs
from PIL import Image, ImageDraw

from tryon_dashscope.emulator.fields import Order
from tryon_dashscope.emulator.images import LoadedImage, shown
from tryon_dashscope.emulator.service import Service

Box = tuple[int, int, int, int]
_SIZES: Mapping[int, tuple[int, int]] = MappingProxyType({1024: (576, 1024), 1280: (720, 1280)})
_PARTS: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "upper": (0.2, 0.15, 0.8, 0.6),
        "lower": (0.2, 0.5, 0.8, 0.95),
        "dress": (0.2, 0.15, 0.8, 0.95),
    }
)
_QUALITY = 95


@attrs.frozen(kw_only=True)
class Cut:
    """One garment cut out of a photo."""

    box: Box
    mask: bytes = attrs.field(repr=False)
    crop: bytes = attrs.field(repr=False)


def draw_try_on(order: Order, images: Mapping[str, LoadedImage], service: Service) -> bytes:
    """Return the result of a task, as large as was asked for."""
    person = images.get("coarse_image_url", images["person_image_url"])
    garments = [shown(image) for name, image in images.items() if name.endswith("garment_url")]
    drawn = service.ctx.draw_result(shown(person), garments)
    with Image.open(io.BytesIO(drawn)) as opened:
        result = opened.convert("RGB")
    longer = order.resolution
    if longer > 0:
        result = result.resize(_SIZES.get(longer, (max(1, longer * 9 // 16), longer)))
    return encoded(result, service.knobs.result_format)


def cut(image: LoadedImage, clothes_type: str, service: Service) -> Cut:
    """Return one garment of a photo: an ellipse where it may well be."""
    with Image.open(io.BytesIO(shown(image))) as opened:
        photo = opened.convert("RGB")
    left, upper, right, lower = _PARTS[clothes_type]
    box = (
        int(photo.width * left),
        int(photo.height * upper),
        int(photo.width * right),
        int(photo.height * lower),
    )
    alpha = Image.new("L", photo.size, 0)
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    mask, crop = photo.copy(), photo
    mask.putalpha(alpha)
    if service.knobs.crop_ground == "white":
        crop = Image.composite(photo, Image.new("RGB", photo.size, "white"), alpha)
    if service.knobs.mask_size == "box":
        mask = mask.crop(box)
    told = _told(box, photo.size, service.knobs.box)
    return Cut(box=told, mask=encoded(mask, "PNG"), crop=encoded(crop.crop(box), "JPEG"))


def _told(box: Box, size: tuple[int, int], how: str) -> Box:
    """Return a box as the answer has it, which may be a wrong one."""
    (x1, y1, x2, y2), (width, height) = box, size
    boxes = {
        "leaving": (-x1, y1, x2, y2 + height),
        "outside": (x1 + width, y1 + height, x2 + width, y2 + height),
        "reversed": (x2, y2, x1, y1),
    }
    return boxes.get(how, box)


def encoded(image: Image.Image, kind: str) -> bytes:
    """Return an image as a file."""
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.save(buffer, kind, quality=_QUALITY)
    else:
        image.save(buffer, kind, compress_level=1)
    return buffer.getvalue()
