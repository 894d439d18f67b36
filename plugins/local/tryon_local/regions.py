"""Cut out a garment that a person wears: box, mask, image."""

import attrs
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, Parse
from tryon_local.imaging import Box, bounding_box, largest_components
from tryon_local.parsing import garment_worn

_TINTS = {"top": (230, 70, 60), "bottom": (60, 110, 230), "dress": (160, 80, 200)}
_OPACITY = 160


@attrs.frozen(eq=False, kw_only=True)
class Region:
    """One garment on a person.

    Attributes:
        category: `"top"`, `"bottom"` or `"dress"`.
        bbox: `(x1, y1, x2, y2)` in pixels of the photo, x2 and y2 exclusive.
        mask: RGBA, as large as the photo: a tint where the garment is, transparent elsewhere.
        crop: RGB, as large as the box: the photo where the garment is, white elsewhere.
    """

    category: str
    bbox: Box
    mask: ByteArray
    crop: ByteArray


def find_region(rgb: ByteArray, body: Body, parse: Parse, category: str) -> Region | None:
    """Return the region of a garment, None when no garment of that category is worn.

    Args:
        rgb: the photo, shape (H, W, 3).
        body: the person in it.
        parse: what the person wears.
        category: `"top"`, `"bottom"` or `"dress"`.
    """
    if not garment_worn(parse, body, category):
        return None
    garment = largest_components(parse.garment_mask(category))
    bbox = bounding_box(garment)
    if bbox is None:
        return None
    return Region(
        category=category,
        bbox=bbox,
        mask=_tinted(garment, category),
        crop=_cut_out(rgb, garment, bbox),
    )


def _tinted(garment: BoolArray, category: str) -> ByteArray:
    # All four channels at once, as one number.
    colour = np.array([*_TINTS[category], _OPACITY], dtype=np.uint8).view(np.uint32)[0]
    pixels = np.where(garment, colour, np.uint32(0))
    return pixels.view(np.uint8).reshape(*garment.shape, 4)


def _cut_out(rgb: ByteArray, garment: BoolArray, bbox: Box) -> ByteArray:
    x1, y1, x2, y2 = bbox
    inside = garment[y1:y2, x1:x2, None]
    return np.where(inside, rgb[y1:y2, x1:x2], np.uint8(255))
