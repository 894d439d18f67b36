"""Parsing: what to ask for, and what the answers mean."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from tryon_core import Category, GarmentRegion, HttpResponse, errors
from tryon_dashscope.codes import TABLE
from tryon_dashscope.tasks import artifact, read

CLOTHES_TYPES: Mapping[Category, str] = {"top": "upper", "bottom": "lower", "dress": "dress"}
"""The vendor's words, in the order of its documents."""
# The vendor's page says `[null]` or `[None]` for what is not worn.
_NOTHING = ("", "none", "null")
_NONE = re.compile(rb"(?<=[\[,:\s])None(?=[\],}\s])")
_LISTS = ("parsing_img_url", "crop_img_url", "bbox")


def regions_of(
    answer: HttpResponse, categories: Sequence[Category]
) -> Mapping[Category, GarmentRegion | None]:
    """Return what one call found of what it was asked for.

    Raises:
        UnexpectedResponse: it names the path of what cannot be read; its `regions` are the others.
    """
    found, faults = dict[Category, GarmentRegion | None](), list[str]()
    answer = _with_null(answer)
    lists = read(answer, dict[str, Any], at="output")
    if not lists.keys() & {*_LISTS}:
        raise TABLE.broken(answer, "expected lists of what is worn @ response.output")
    for index, category in enumerate(categories):
        try:
            parts = [_entry(lists, name, index, len(categories)) for name in _LISTS]
            found[category] = _region(category, *parts, index=index)
        except (TypeError, ValueError) as fault:
            faults.append(str(fault))
    if faults:
        error = TABLE.broken(answer, "; ".join(dict.fromkeys(faults)), billed="yes")
        error.regions = found
        raise error
    return found


def _with_null(answer: HttpResponse) -> HttpResponse:
    """Return an answer with JSON's `null` for Python's `None`, which a page of the vendor has."""
    try:
        answer.json()
    except errors.UnexpectedResponse:
        return attrs.evolve(answer, body=_NONE.sub(b"null", answer.body))
    return answer


def _entry(lists: Mapping[str, Any], name: str, index: int, many: int) -> Any:
    """Return one entry of one list, None for nothing."""
    entries = lists.get(name)
    if _is_nothing(entries):
        return None
    if not isinstance(entries, list):
        raise TypeError(f"expected list @ response.output.{name}")
    if len(entries) != many:
        raise ValueError(f"expected {many} items, got {len(entries)} @ response.output.{name}")
    return None if _is_nothing(entries[index]) else entries[index]


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING)


def _region(
    category: Category, mask: Any, crop: Any, box: Any, *, index: int
) -> GarmentRegion | None:
    if mask is None and crop is None and box in (None, []):
        return None
    if box is None or not (isinstance(mask, str) and isinstance(crop, str)):
        of = ", ".join(_LISTS)
        raise TypeError(f"expected all of {of}, or none of them @ response.output.*[{index}]")
    try:
        # The vendor's numbers are whole, whether it writes 3 or 3.0.
        x1, y1, x2, y2 = (int(n) if isinstance(n, float) and n.is_integer() else n for n in box)
        return GarmentRegion(
            category=category, bbox=(x1, y1, x2, y2), mask=artifact(mask), crop=artifact(crop)
        )
    except (TypeError, ValueError):
        at = f"response.output.bbox[{index}]"
        raise ValueError(f"expected x1, y1, x2, y2, got {box!r:.100} @ {at}") from None
