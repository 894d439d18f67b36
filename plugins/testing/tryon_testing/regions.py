"""Checks of what a parsing found."""

from collections.abc import Sequence

from tryon_core.images import load_upright, probe
from tryon_core.models import Artifact, BytesSource, GarmentRegion, ParseRequest, UrlSource
from tryon_core.parsing import LEAVES_THE_PHOTO
from tryon_testing.breach import require

_CORNERS = "Give x1, y1, x2, y2 in pixels of the photo; vendors often say x, y, width, height."


def check_regions(
    request: ParseRequest, regions: Sequence[GarmentRegion | None], remarks: Sequence[str] = ()
) -> None:
    """Compare regions with the photo that they were found in.

    Args:
        request: what was asked.
        regions: what was found.
        remarks: what the core logged meanwhile, such as that it had to cut a box.
    """
    cut = [remark for remark in remarks if LEAVES_THE_PHOTO in remark]
    require(not cut, f"{' '.join(cut)} {_CORNERS}")
    categories = [region.category for region in regions if region is not None]
    order = [category for category in request.categories if category in categories]
    require(
        len(regions) == len(request.categories) and categories == order,
        f"parse_garment gave {categories} for {list(request.categories)}. Return one entry for "
        "each category, in the order asked, None where nothing is worn.",
    )
    if isinstance(request.image, UrlSource):
        return
    photo = probe(request.image, field="image")
    size = (photo.width_px or 0, photo.height_px or 0)
    for region in regions:
        if region is not None:
            _check_box(region, size)
            _check_mask(region, size)
            _check_crop(region)


def _check_box(region: GarmentRegion, size: tuple[int, int]) -> None:
    x1, y1, x2, y2 = region.bbox
    require(
        x1 >= 0 and y1 >= 0 and x2 <= size[0] and y2 <= size[1] and x2 > x1 and y2 > y1,
        f"the {region.category} has the bbox {region.bbox} in a photo of {size[0]}x{size[1]} px. "
        f"{_CORNERS}",
    )


def _check_mask(region: GarmentRegion, size: tuple[int, int]) -> None:
    image = load_upright(_local(region.mask), field="mask")
    require(
        image.size == size,
        f"the mask of the {region.category} has {image.size[0]}x{image.size[1]} px, the photo "
        f"{size[0]}x{size[1]} px. Give the mask that covers the whole photo, or crops and masks "
        "cannot be laid over it.",
    )
    require(
        image.mode == "RGBA",
        f"the mask of the {region.category} is {image.mode}, not RGBA. Give the picture that is "
        "transparent where the garment is not.",
    )


def _check_crop(region: GarmentRegion) -> None:
    crop = probe(_local(region.crop), field="crop")
    require(crop.width_px and crop.height_px, f"the crop of the {region.category} is no picture.")


def _local(artifact: Artifact) -> BytesSource:
    source = artifact.source
    # Client.parse_garment() has fetched it.
    assert isinstance(source, BytesSource)  # noqa: S101  (for the type checker)
    return source
