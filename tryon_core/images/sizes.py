"""Which size a picture can have within the rules; arithmetic only."""

from tryon_core.models.provider import ImageRules

MAX_ENLARGEMENT = 4.0
"""Pictures are never enlarged by more than this factor: nothing would be left to see."""
_WRITABLE_SIDE_PX = 65_500
"""Longest side that a JPEG file can have."""


def scaled(width_px: int, height_px: int, factor: float) -> tuple[int, int]:
    """Return the sides times the factor, rounded, and at least one pixel each."""
    return max(1, round(width_px * factor)), max(1, round(height_px * factor))


def within(width_px: int, height_px: int, max_side_px: int | None) -> tuple[int, int]:
    """Return the largest size of the same shape whose longer side is within the limit."""
    longer = max(width_px, height_px)
    if max_side_px is None or longer <= max_side_px:
        return width_px, height_px
    return scaled(width_px, height_px, max_side_px / longer)


def target_size(width_px: int, height_px: int, rules: ImageRules) -> tuple[int, int] | None:
    """Return the size within the rules that is nearest to the picture's own.

    Returns:
        Width and height, or None when no size of this shape satisfies the rules, or only after an
        enlargement by more than `MAX_ENLARGEMENT`.
    """
    max_side_px = min(rules.max_side_px or _WRITABLE_SIDE_PX, _WRITABLE_SIDE_PX)
    size = within(width_px, height_px, max_side_px)
    shorter = min(size)
    if shorter < rules.min_side_px:
        factor = rules.min_side_px / shorter
        shrunk = size != (width_px, height_px)
        size = scaled(*size, factor)
        if shrunk or factor > MAX_ENLARGEMENT or within(*size, max_side_px) != size:
            return None
    return size
