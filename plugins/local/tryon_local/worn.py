"""Which garments a person wears, as the core wants to know it."""

import io

import numpy as np
from PIL import Image

from tryon_core import Artifact, BytesSource, Category, GarmentRegion, ParseRequest
from tryon_core.errors import InputRefused
from tryon_core.images import load_upright
from tryon_local.body import ByteArray, Refused
from tryon_local.engine import parse_garments
from tryon_local.regions import Region

# Higher levels cost ten times the time for a few per cent of size.
_PNG_LEVEL = 3


def worn_garments(request: ParseRequest) -> tuple[GarmentRegion | None, ...]:
    """Return one region per category asked, None where the person does not wear it.

    Raises:
        InputRefused: there is nobody, or more than one person, in the photo.
    """
    pixels = np.asarray(load_upright(request.image, field="image"))[..., :3]
    try:
        regions = parse_garments(pixels, request.categories, backend=request.options.backend)
    except Refused as refusal:
        raise InputRefused(str(refusal), vendor_code=refusal.code, remedy="") from refusal
    pairs = zip(request.categories, regions, strict=True)
    return tuple(
        None if region is None else _as_garment(category, region) for category, region in pairs
    )


def _as_garment(category: Category, region: Region) -> GarmentRegion:
    return GarmentRegion(
        category=category,
        bbox=region.bbox,
        mask=_as_png(region.mask, "mask.png"),
        crop=_as_png(region.crop, "crop.png"),
    )


def _as_png(pixels: ByteArray, name: str) -> Artifact:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return Artifact(source=BytesSource(buffer.getvalue(), name=name))
