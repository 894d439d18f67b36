"""The core's own judge: whether a result can be used, by a small copy of it. Needs Pillow."""

import functools
import re
from collections.abc import Iterator

import attrs
from PIL import Image, ImageChops

from tryon_core.context import CallContext
from tryon_core.errors import UnusableImage
from tryon_core.images import ImageProbe, check_image, load_upright, probe
from tryon_core.images.encoding import on_white
from tryon_core.images.rules import within
from tryon_core.models import (
    AS_PERSON,
    BytesSource,
    ImageSource,
    PathSource,
    Problem,
    Severity,
    TryOnRequest,
)
from tryon_core.results import ResultImage, TryOnResult

DAMAGED, BLANK, UNCHANGED = "result_damaged", "result_blank", "result_unchanged"
SIZE, SHAPE = "result_size", "result_shape"
MOST_BLANK_LEVELS = 16
"""Levels (of 255) of each colour within which all of a blank image lies, at 32 px.

One colour that was stored as JPEG or WebP covers 1 at most. Of 108 results of the local provider
for photos of people and garments, the plainest covers 134.
"""
MOST_SAME_LEVELS = 12
"""Levels (of 255) by which 98 of 100 pixels differ at most where nothing was tried on, at 32 px.

Photos of people that were stored again (JPEG 20 to 95, WebP 60), scaled by 0.5 to 1.5, sharpened,
blurred or made 3 % lighter differ by 9 at most, and by 12 with 1 % cut off. The same 108 results
differ from their photos by 36 and more.
"""
_SAME_SHARE = 0.98
_DECODED_PX, _COMPARED_PX = 64, 32
_MOST_PX, _MOST_SIZE_SHARE, _MOST_SHAPE_SHARE = 16, 0.02, 0.05


def judge(result: TryOnResult, ctx: CallContext) -> list[Problem] | None:
    """Return what is wrong with the images of a result, None where none can be decoded here.

    Args:
        result: its images.
        ctx: where `ctx.request` is known, they are compared with the photo of the person.
    """
    request = ctx.request if isinstance(ctx.request, TryOnRequest) else None
    photo = None if request is None else _photo_of(request, ctx)
    size = None if request is None or ctx.info.size_of is None else ctx.info.size_of(ctx)
    found: list[Problem] = []
    is_judged = False
    for number, image in zip(result.numbers, result.images, strict=True):
        field = "result" if number == 1 else f"result+{number}"
        try:
            seen = on_white(image.decoded(_DECODED_PX))
        except UnusableImage as error:
            if error.code != "unsupported_format":
                is_judged = True
                found.append(Problem(field, f"{error.reason} {error.remedy}", code=DAMAGED))
            continue
        is_judged = True
        found.extend(tuple(_looked_at(seen, photo, field)) or _measured(image, photo, size, field))
    return found if is_judged else None


@attrs.frozen
class _Photo:
    """The photo of the person: a small copy, its size, and whether it is sent as it is."""

    small: Image.Image
    size: tuple[int, int]
    is_sent_whole: bool


def _photo_of(request: TryOnRequest, ctx: CallContext) -> _Photo | None:
    source = request.person
    try:
        if isinstance(source, PathSource):
            state = source.path.stat()
            found, small = _seen_once(source, state.st_mtime_ns, state.st_size)
        elif isinstance(source, BytesSource):
            found, small = _seen(source)
        else:
            return None
    except (OSError, UnusableImage):  # it may be gone by now, or a vendor reads what we do not
        return None
    rules = ctx.info.capabilities_for(request).person_rules
    fits = not check_image(found, rules, field="person")
    return _Photo(small, (found.width_px or 1, found.height_px or 1), fits)


def _seen(source: ImageSource) -> tuple[ImageProbe, Image.Image]:
    found = probe(source, field="result")
    whole = load_upright(source, field="result", max_side_px=_DECODED_PX)
    size = within(found.width_px or 1, found.height_px or 1, _COMPARED_PX)
    return found, _small(on_white(whole), size)


@functools.lru_cache(maxsize=64)
def _seen_once(source: PathSource, *state: int) -> tuple[ImageProbe, Image.Image]:
    """Look at a file that many rows of a catalogue share; `state` changes when it is written."""
    del state
    return _seen(source)


def _small(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR)


def _looked_at(seen: Image.Image, photo: _Photo | None, field: str) -> Iterator[Problem]:
    small = _small(seen, (_COMPARED_PX, _COMPARED_PX))
    if max(high - low for low, high in _extrema(small)) <= MOST_BLANK_LEVELS:
        colour = "#{:02x}{:02x}{:02x}".format(*(low for low, _ in _extrema(small)))
        yield Problem(
            field,
            f"the image has one colour all over, about {colour}. Some services give such an image "
            "instead of one that they would not show: look at the photos before you buy it again.",
            code=BLANK,
        )
    elif photo is not None and _is_alike(seen, photo.small):
        yield Problem(
            field,
            "the image is the photo of the person, and no garment was put on. Try another photo of "
            "the garment, or another service; the same try-on again costs again.",
            code=UNCHANGED,
        )


def _extrema(image: Image.Image) -> tuple[tuple[int, int], ...]:
    return image.getextrema()  # type: ignore[return-value]  # one pair for each of three bands


def _is_alike(seen: Image.Image, photo: Image.Image) -> bool:
    if _is_other_shape(seen.size, photo.size, 2 * _MOST_SHAPE_SHARE):
        return False
    bands = ImageChops.difference(_small(seen, photo.size), photo).split()
    largest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    same = sum(largest.histogram()[: MOST_SAME_LEVELS + 1])
    return same >= _SAME_SHARE * photo.width * photo.height


def _measured(
    image: ResultImage, photo: _Photo | None, size: str | None, field: str
) -> Iterator[Problem]:
    """Compare the sides with what the provider says of them, else with the shape of the photo."""
    sides = image.width_px or 1, image.height_px or 1
    if size is None or size == AS_PERSON:
        if photo is None:
            return
        expected, name = photo.size, "the photo's {}x{} px"
        is_exact = size == AS_PERSON and photo.is_sent_whole
    else:
        width_px, height_px = map(int, re.split("[x:]", size))
        expected, name, is_exact = (width_px, height_px), size, "x" in size
    value = f"the image is {sides[0]}x{sides[1]} px instead of {name.format(*expected)}"
    if is_exact and any(map(_is_other_length, sides, expected)):
        yield Problem(field, f"{value}. The service may have changed it.", code=SIZE)
    elif _is_other_shape(sides, expected, _MOST_SHAPE_SHARE):
        message = f"{value}, which is another shape. It may be cropped or stretched: look at it."
        severity: Severity = "error" if size else "warning"
        yield Problem(field, message, code=SHAPE, severity=severity)


def _is_other_length(found_px: int, expected_px: int) -> bool:
    return abs(found_px - expected_px) > max(_MOST_PX, _MOST_SIZE_SHARE * expected_px)


def _is_other_shape(found: tuple[int, int], expected: tuple[int, int], most: float) -> bool:
    ratio = found[0] * expected[1] / (found[1] * expected[0])
    return max(ratio, 1 / ratio) > 1 + most
