"""Parsing: which calls to make for the categories asked, and what their answers mean."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from tryon_core import Category, GarmentRegion, errors
from tryon_dashscope.replies import Box, Parsed
from tryon_dashscope.results import artifact

_T = TypeVar("_T")
CLOTHES_TYPES: Mapping[Category, str] = MappingProxyType(
    {"top": "upper", "bottom": "lower", "dress": "dress"}
)
_TOGETHER: tuple[tuple[Category, ...], ...] = (("top", "bottom"), ("dress",))
"""Categories that one call may ask for, in the vendor's order; each call is charged."""


def calls_for(categories: Sequence[Category]) -> Iterator[tuple[Category, ...]]:
    """Yield the categories of each call, so that there are as few calls as the vendor allows."""
    for group in _TOGETHER:
        asked = tuple(category for category in group if category in categories)
        if asked:
            yield asked


def regions_of(
    reply: Parsed, categories: Sequence[Category], request_id: str | None
) -> Mapping[Category, GarmentRegion | None]:
    """Return what one call found.

    Args:
        reply: its answer.
        categories: what it asked for, in its order.
        request_id: the service's id of the call.

    Raises:
        UnexpectedResponse: the lists are not as long as what was asked, or do not agree.
    """
    output, many = reply.output, len(categories)
    try:
        masks = _entries("parsing_img_url", output.parsing_img_url, many)
        crops = _entries("crop_img_url", output.crop_img_url, many)
        boxes = _entries("bbox", output.bbox, many)
        return {
            category: _region(category, masks[index], crops[index], boxes[index], index)
            for index, category in enumerate(categories)
        }
    except ValueError as error:
        raise errors.UnexpectedResponse(
            f"the answer breaks its contract: {error}", request_id=request_id
        ) from error


def _entries(name: str, entries: Sequence[_T] | None, many: int) -> Sequence[_T | None]:
    if entries is None:
        return [None] * many
    if len(entries) != many:
        raise ValueError(f"expected {many} items, got {len(entries)} @ response.output.{name}")
    return entries


def _region(
    category: Category, mask: str | None, crop: str | None, box: Box | None, index: int
) -> GarmentRegion | None:
    if mask is None and crop is None and box is None:
        return None
    if not (mask and crop and box):
        raise ValueError(
            "expected all three of parsing_img_url, crop_img_url and bbox, or none of them "
            f"@ response.output.*[{index}]"
        )
    if box[0] > box[2] or box[1] > box[3]:
        raise ValueError(f"expected x1, y1, x2, y2, got {box} @ response.output.bbox[{index}]")
    return GarmentRegion(category=category, bbox=box, mask=artifact(mask), crop=artifact(crop))
