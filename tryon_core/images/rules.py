"""Check images against the limits that a vendor declares; nothing is sent or decoded."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from tryon_core.errors import UnusableImage
from tryon_core.image_formats import how_to_decode
from tryon_core.images.probing import ImageProbe, is_odd, probe
from tryon_core.models import ImageRules, ImageSource, Problem, UrlSource, problem_of, strip_query

MAX_ENLARGEMENT = 4.0
"""Images are never enlarged by more than this factor: nothing would be left to see."""
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
    """Return the size within the rules that is nearest to the image's own.

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


RulesFor: TypeAlias = Callable[[str], ImageRules] | Mapping[str, ImageRules]

PORTABLE = ImageRules(
    formats={"JPEG", "PNG"},
    min_bytes=5 * 1024,
    max_bytes=2_900_000,
    min_side_px=300,
    max_side_px=1920,
    source="the limits that suit all known vendors at once",
)
"""Rules that satisfy every known vendor, in the narrower reading wherever they are unclear."""

_SECOND_ADDRESS = re.compile(r"[\s,;|]\s*https?://")
_BLANK = re.compile(r"[\s\x00-\x1f]")


def _named(names: Collection[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last


def _violations(found: ImageProbe, rules: ImageRules) -> Iterator[tuple[str, str, str, str]]:
    """Yield the code of each violation, the value, the limit, and what fitting does about it."""
    if rules.formats and found.format not in rules.formats:
        limit = f"{_named(rules.formats)} can be sent"
        yield "image_format", f"the image is {found.format}", limit, "converts it."
    value = f"the file has {found.size_bytes:,} bytes"
    if found.size_bytes < rules.min_bytes:
        fit = "compresses it less; an image with more detail is better."
        yield "image_too_few_bytes", value, f"at least {rules.min_bytes:,} are needed", fit
    if rules.max_bytes is not None and found.size_bytes > rules.max_bytes:
        encoded = rules.max_base64_bytes
        limit = f"at most {rules.max_bytes:,} are allowed"
        limit += f", so that base64 has {encoded:,}" if encoded else ""
        fit = "compresses it more, or scales it down."
        yield "image_too_many_bytes", value, limit, fit
    yield from _side_violations(found, rules)
    if found.frames > 1:
        value = f"the {found.format} image has {found.frames} frames or pages"
        fit = "does not help: save the frame that you want as JPEG or PNG."
        yield "image_animated", value, "only still images can be sent", fit


def _side_violations(found: ImageProbe, rules: ImageRules) -> Iterator[tuple[str, str, str, str]]:
    if found.width_px is None or found.height_px is None:
        return
    sides = found.width_px, found.height_px
    value = f"the image is {found.width_px}x{found.height_px} px"
    fits = target_size(*sides, rules) is not None
    useless = "does not help: use a larger image, or one of a less extreme shape."
    if min(sides) < rules.min_side_px:
        limit = f"the shorter side needs at least {rules.min_side_px} px"
        fit = "enlarges it, which adds no detail; a larger image is better." if fits else useless
        yield "image_too_small", value, limit, fit
    if rules.max_side_px is not None and max(sides) > rules.max_side_px:
        limit = f"the longer side may have at most {rules.max_side_px} px"
        yield "image_too_large", value, limit, "scales it down." if fits else useless


def check_image(
    probe_or_error: ImageProbe | UnusableImage, rules: ImageRules, *, field: str
) -> tuple[Problem, ...]:
    """Return every violation of the rules by one image, empty when it satisfies them.

    Args:
        probe_or_error: what `probe` returned, or the error that it raised.
        rules: the limits.
        field: the input that the problems name, such as `person`.

    Returns:
        Problems with code `image_format`, `image_too_few_bytes`, `image_too_many_bytes`,
        `image_too_small`, `image_too_large` or `image_animated`, or with the error's own code.
    """
    if isinstance(probe_or_error, UnusableImage):
        return (problem_of(probe_or_error, field),)
    found, source = probe_or_error, f" ({rules.source})" if rules.source else ""
    # What nothing here decodes cannot be made to fit.
    instead = "" if found.mode else f"does not help here. {how_to_decode(found.format)}"
    return tuple(
        Problem(field, f"{value}; {limit}{source}. fit=True {instead or fit}", code=code)
        for code, value, limit, fit in _violations(found, rules)
    )


def _why_wrong(url: str, schemes: Collection[str]) -> str | None:
    """Return what is wrong with an address and what to do about it, None when nothing is."""
    if _SECOND_ADDRESS.search(url):
        return "is followed by another one. Give one address; further ones in columns of their own."
    if _BLANK.search(url):
        return "holds a blank. Write %20 for a blank within a name, or give one address only."
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"cannot be parsed: {str(error).rstrip('.')}. Check it."
    if parts.scheme not in schemes or not parts.hostname:
        is_file = parts.scheme == "file"
        remedy = "Pass the path itself." if is_file else "Pass a file, or an https address."
        return f"cannot be sent: this vendor reads only {_named(schemes)}. {remedy}"
    if "@" in parts.netloc:
        remedy = "Leave them out, and give a signed address, or pass the file."
        return f"holds a user name or password, which would be sent to the vendor. {remedy}"
    return None


def _check_source(
    source: ImageSource, rules: ImageRules, field: str, schemes: Collection[str]
) -> tuple[Problem, ...]:
    if isinstance(source, UrlSource):
        wrong = _why_wrong(source.url, schemes)
        message = f"the address {strip_query(source.url)} {wrong}"
        return (Problem(field, message, code="wrong_address"),) if wrong else ()
    try:
        found = probe(source, field=field)
    except UnusableImage as error:
        return check_image(error, rules, field=field)
    return (*check_image(found, rules, field=field), *_remarks(found, rules, field))


def _remarks(found: ImageProbe, rules: ImageRules, field: str) -> Iterator[Problem]:
    """Yield a warning for what breaks no declared limit, and may come out wrong."""
    if rules.is_any_pixel_fine:
        return
    if found.orientation != 1:
        yield Problem(
            field,
            f"the image is stored turned (EXIF orientation {found.orientation}), and not every "
            "service turns it back. fit=True sends it upright.",
            severity="warning",
            code="image_turned",
        )
    if is_odd(found):
        yield Problem(
            field,
            f"the image has pixels of the kind {found.mode}, which few services show in the right "
            "colours. fit=True converts them.",
            severity="warning",
            code="image_colours",
        )


def check_request_images(
    images: Mapping[str, ImageSource],
    rules_for: RulesFor,
    *,
    schemes: Collection[str] = ("http", "https"),
) -> tuple[Problem, ...]:
    """Return every problem of all images of a request; never raises for what an image is.

    Addresses are not fetched: only their form is checked. Of a local image the header is read, so
    that a cut JPEG is found only where it is made to fit.

    Args:
        images: the images by field, such as `request.images`.
        rules_for: the limits by field, as a mapping or a function.
        schemes: those of the addresses that the vendor can read.
    """
    find = rules_for if callable(rules_for) else rules_for.__getitem__
    return tuple(
        problem
        for field, source in images.items()
        for problem in _check_source(source, find(field), field, schemes)
    )
