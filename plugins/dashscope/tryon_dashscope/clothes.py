"""Parsing: what to ask for, and what the answers mean."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tryon_core import Category, GarmentRegion, errors
from tryon_dashscope.declaration import PARSED_TOGETHER
from tryon_dashscope.tasks import artifact
from tryon_dashscope.wire import ABSENT, ParsedClothes

CLOTHES_TYPES: Mapping[Category, str] = MappingProxyType(
    {"top": "upper", "bottom": "lower", "dress": "dress"}
)
# The vendor's page says `[null]` or `[None]` for what is not worn.
_NOTHING = ("", "none", "null")
_LISTS = ("parsing_img_url", "crop_img_url", "bbox")


def in_order(categories: Sequence[Category]) -> Sequence[Category]:
    """Return the categories of one call in the order of the vendor's documents."""
    known = [category for group in PARSED_TOGETHER for category in group]
    return sorted(categories, key=known.index)


def regions_of(
    reply: ParsedClothes, categories: Sequence[Category], request_id: str | None
) -> Mapping[Category, GarmentRegion | None]:
    """Return what one call found.

    Args:
        reply: its answer.
        categories: what it asked for, in its order.
        request_id: the service's id of the call.

    Raises:
        UnexpectedResponse: names the path of what cannot be read; the regions that can be are on
            its `regions`.
    """
    found: dict[Category, GarmentRegion | None] = {}
    faults = []
    if all(getattr(reply, name) is ABSENT for name in _LISTS):
        raise errors.UnexpectedResponse(
            "the answer breaks its contract: expected lists of what is worn @ response.output.",
            request_id=request_id,
        )
    for index, category in enumerate(categories):
        try:
            parts = [_part(reply, name, index, len(categories)) for name in _LISTS]
            found[category] = _region(category, *parts, index=index)
        except (TypeError, ValueError) as fault:
            faults.append(str(fault))
    if faults:
        error = errors.UnexpectedResponse(
            f"the answer breaks its contract: {'; '.join(dict.fromkeys(faults))}.",
            request_id=request_id,
            billed="yes",
        )
        error.regions = found
        raise error
    return found


def _part(reply: ParsedClothes, name: str, index: int, many: int) -> Any:
    """Return one entry of one list, None for nothing."""
    entries = getattr(reply, name)
    if entries is ABSENT or _is_nothing(entries):
        return None
    if not isinstance(entries, list):
        raise TypeError(f"expected list @ response.output.{name}")
    if len(entries) != many:
        raise ValueError(f"expected {many} items, got {len(entries)} @ response.output.{name}")
    return None if _is_nothing(entries[index]) else entries[index]


def _is_nothing(value: object) -> bool:
    is_word = isinstance(value, str) and value.strip().lower() in _NOTHING
    return value is None or is_word


def _region(
    category: Category, mask: Any, crop: Any, box: Any, *, index: int
) -> GarmentRegion | None:
    if mask is None and crop is None and box in (None, []):
        return None
    if box is None or not (isinstance(mask, str) and isinstance(crop, str)):
        raise TypeError(
            "expected all three of parsing_img_url, crop_img_url and bbox, or none of them "
            f"@ response.output.*[{index}]"
        )
    try:
        return GarmentRegion(
            category=category, bbox=_pixels(box), mask=artifact(mask), crop=artifact(crop)
        )
    except (TypeError, ValueError):
        raise ValueError(
            f"expected x1, y1, x2, y2, got {box!r:.100} @ response.output.bbox[{index}]"
        ) from None


def _pixels(box: Any) -> tuple[int, int, int, int]:
    """Return four whole numbers; the vendor's are whole, whether it writes 3 or 3.0."""
    x1, y1, x2, y2 = (
        int(value) if isinstance(value, float) and value.is_integer() else value for value in box
    )
    return x1, y1, x2, y2
