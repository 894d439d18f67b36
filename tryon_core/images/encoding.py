"""Find the derivative of an image that loses least within the rules, and write it. Needs Pillow.

The same is done with several images that are put on one.
"""

import contextlib
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from PIL import Image

from tryon_core.errors import UnusableImage
from tryon_core.image_formats import FORMATS, SENT_FORMATS, SUFFIXES
from tryon_core.images.decoding import check_pixels, decode
from tryon_core.images.files import file_name
from tryon_core.images.probing import ImageProbe, is_odd, probe
from tryon_core.images.rules import check_image, scaled, target_size, within
from tryon_core.models import BytesSource, ImageRules, ImageSource

_FULL_COLOUR_QUALITY = 90
_RESAMPLING = Image.Resampling.LANCZOS


@attrs.frozen(kw_only=True)
class Coding:
    """One way to write an image.

    Attributes:
        label: how sentences call it.
        options: arguments of Pillow's writer.
        wasteful: only good for making a file larger.
    """

    format: str
    label: str
    options: dict[str, Any]
    wasteful: bool = False


def _jpeg(quality: int, *, wasteful: bool = False) -> Coding:
    # Print and thin stripes need colour at full resolution; low qualities save it.
    subsampling = 0 if quality >= _FULL_COLOUR_QUALITY else 2
    # Not "optimize": Pillow then fails on noisy images, whose files outgrow its buffer.
    return Coding(
        format="JPEG",
        label=f"JPEG (quality {quality})",
        options={"quality": quality, "subsampling": subsampling},
        wasteful=wasteful,
    )


_JPEGS = tuple(_jpeg(quality) for quality in (95, 90, 85, 80, 75))
_BEST_JPEG = _jpeg(100, wasteful=True)
_PNG = Coding(format="PNG", label="PNG", options={"compress_level": 4})
_RAW_PNG = Coding(
    format="PNG", label="uncompressed PNG", options={"compress_level": 0}, wasteful=True
)


def codings(mode: str, formats: frozenset[str], *, lossless: bool) -> Iterator[Coding]:
    """Yield the ways to write an image, the preferred ones first, the wasteful ones last.

    `RGBA` fits into PNG only, which keeps all of an original that is lossless.
    """
    jpeg = "JPEG" in formats and mode == "RGB"
    png = "PNG" in formats
    if png and (lossless or not jpeg):
        yield _PNG
    if jpeg:
        yield from _JPEGS
        yield _BEST_JPEG
    if png:
        yield _RAW_PNG


def encode(image: Image.Image, coding: Coding) -> bytes:
    """Write an RGB or RGBA image; the same image gives the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, coding.format, **coding.options)
    return buffer.getvalue()


def is_opaque(image: Image.Image) -> bool:
    """Whether no part of the image is transparent."""
    return image.mode != "RGBA" or image.getchannel("A").getextrema() == (255, 255)


def on_white(image: Image.Image) -> Image.Image:
    """Return the image in RGB, with white where it is transparent."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


# Sizes to try when the file stays too large, each about 0.85 of the one before.
_FACTORS = (1.0, 0.85, 0.72, 0.61, 0.52, 0.44, 0.37, 0.31, 0.26)
_LEAST_FACTOR_WITH_ALPHA = 0.5
_GREY_MODES = frozenset({"1", "L", "LA"})


@attrs.frozen
class _Written:
    """An image, and one way in which it was written."""

    image: Image.Image
    coding: Coding
    data: bytes


def _is_acceptable(found: ImageProbe, rules: ImageRules, field: str) -> bool:
    is_turned = found.orientation != 1
    is_grey = rules.fit_to_rgb and found.mode in _GREY_MODES
    return not (is_turned or is_odd(found) or is_grey or check_image(found, rules, field=field))


def _is_lossy(format_name: str) -> bool:
    return format_name in FORMATS and FORMATS[format_name].is_lossy


def _writable_formats(rules: ImageRules, field: str) -> frozenset[str]:
    formats = SENT_FORMATS & rules.formats if rules.formats else SENT_FORMATS
    if not formats:
        raise UnusableImage(
            f"only {' and '.join(sorted(rules.formats))} can be sent, "
            f"and images are converted to {' or '.join(sorted(SENT_FORMATS))} only.",
            field=field,
            code="image_format",
            remedy="Convert it with another program.",
        )
    return formats


def _sized(image: Image.Image, found: ImageProbe, rules: ImageRules, field: str) -> Image.Image:
    width_px, height_px = found.width_px or 1, found.height_px or 1
    size = target_size(width_px, height_px, rules)
    if size is None:
        small = min(width_px, height_px) < rules.min_side_px
        longest = f"at most {rules.max_side_px}" if rules.max_side_px else "any number of"
        raise UnusableImage(
            f"the image is {width_px}x{height_px} px; no image of this shape and "
            f"detail has sides of at least {rules.min_side_px} and {longest} px.",
            field=field,
            code="image_too_small" if small else "image_too_large",
            remedy="Use a larger image, or crop it to a less extreme shape.",
        )
    return image if image.size == size else image.resize(size, _RESAMPLING)


def _smaller(image: Image.Image, rules: ImageRules, least: float) -> Iterator[Image.Image]:
    yield image
    for factor in _FACTORS[1:]:
        size = within(*image.size, max(1, round(max(image.size) * factor)))
        if factor < least or min(size) < rules.min_side_px:
            return
        yield image.resize(size, _RESAMPLING)


@attrs.define
class _Search:
    """Tries ways to write an image, the best first, and remembers how large the files were."""

    rules: ImageRules
    formats: frozenset[str]
    lossless: bool
    tried_bytes: list[int] = attrs.field(factory=list)

    def _too_large(self, size_bytes: int) -> bool:
        return self.rules.max_bytes is not None and size_bytes > self.rules.max_bytes

    def _write(self, image: Image.Image) -> _Written | None:
        for coding in codings(image.mode, self.formats, lossless=self.lossless):
            if coding.wasteful and self._too_large(max(self.tried_bytes, default=0)):
                return None
            data = encode(image, coding)
            self.tried_bytes.append(len(data))
            if len(data) >= self.rules.min_bytes and not self._too_large(len(data)):
                return _Written(image, coding, data)
        return None

    def find(self, image: Image.Image, least_factor: float = 0.0) -> _Written | None:
        """Return the first way whose file is within the limits, at the largest size possible."""
        for candidate in _smaller(image, self.rules, least_factor):
            written = self._write(candidate)
            # Where even the largest file is too small, scaling down makes it worse.
            if written or not self._too_large(max(self.tried_bytes)):
                return written
        return None

    def failure(self, field: str) -> UnusableImage:
        """Return the error for a search that found nothing."""
        many = self._too_large(max(self.tried_bytes))
        limit = self.rules.max_bytes if many else self.rules.min_bytes
        nearest = min(self.tried_bytes) if many else max(self.tried_bytes)
        return UnusableImage(
            f"no file within the limit of {limit:,} bytes can be made; "
            f"the nearest had {nearest:,} bytes.",
            field=field,
            code="image_too_many_bytes" if many else "image_too_few_bytes",
            remedy="Use another image." if many else "Use an image with more detail.",
        )


def _write(image: Image.Image, search: _Search, field: str) -> _Written:
    written = None
    if not is_opaque(image) and "PNG" in search.formats:
        least_factor = _LEAST_FACTOR_WITH_ALPHA if "JPEG" in search.formats else 0.0
        written = search.find(image, least_factor)
    written = written or search.find(on_white(image))
    if written is None:
        raise search.failure(field)
    return written


def _size_change(found: ImageProbe, image: Image.Image) -> str | None:
    before, after = (found.width_px or 0, found.height_px or 0), image.size
    if before == after:
        return None
    start, end = f"{before[0]}x{before[1]} px", f"{after[0]}x{after[1]} px"
    if sum(after) < sum(before):
        return f"{start} reduced to {end}"
    return f"{start} enlarged to {end}, which adds no detail"


def _changes(found: ImageProbe, written: _Written, *, field: str, opaque: bool) -> tuple[str, ...]:
    turned = f"turned upright (EXIF orientation {found.orientation})"
    flattened = "transparent parts filled with white"
    coded = (
        f"{found.format} ({found.mode}, {found.size_bytes:,} bytes) written as "
        f"{written.coding.label} of {len(written.data):,} bytes, without metadata"
    )
    changes = (
        turned if found.orientation != 1 else None,
        _size_change(found, written.image),
        flattened if written.image.mode == "RGB" and not opaque else None,
        coded,
    )
    return tuple(f"{field}: {change}" for change in changes if change)


def derive(
    source: ImageSource, rules: ImageRules, *, field: str
) -> tuple[ImageSource, tuple[str, ...]]:
    """Return the image to send and what was changed; see `fit`."""
    found = probe(source, field=field)
    if _is_acceptable(found, rules, field):
        if found.mode:  # a file that is cut off would be paid for in vain
            check_pixels(source, found, field=field)
        return source, ()
    decoded = decode(source, found, field=field, max_side_px=rules.max_side_px)
    if rules.fit_to is not None:
        with contextlib.suppress(UnusableImage):
            return _derived(source, found, decoded, rules.fit_to, field)
    return _derived(source, found, decoded, rules, field)


def _derived(
    source: ImageSource, found: ImageProbe, decoded: Image.Image, rules: ImageRules, field: str
) -> tuple[ImageSource, tuple[str, ...]]:
    search = _Search(rules, _writable_formats(rules, field), not _is_lossy(found.format))
    written = _write(_sized(decoded, found, rules, field), search, field)
    name = Path(file_name(source)).stem + SUFFIXES[written.coding.format][0]
    changes = _changes(found, written, field=field, opaque=is_opaque(decoded))
    return BytesSource(written.data, name=name), changes


_GAP = 0.1
"""White between two images, as a part of the side that they share."""


def joined(
    images: Sequence[Image.Image], rules: ImageRules, *, field: str, is_beside: bool
) -> BytesSource:
    """Return images on a white one; see `join_on_white`."""
    shared, along = (1, 0) if is_beside else (0, 1)
    side_px = min(image.size[shared] for image in images)
    parts = [
        on_white(image).resize(scaled(*image.size, side_px / image.size[shared]), _RESAMPLING)
        for image in images
    ]
    gap_px = round(_GAP * side_px)
    size = [side_px, side_px]
    size[along] = sum(part.size[along] + gap_px for part in parts) - gap_px
    # No side may be so short that it is too short when the longer one fits.
    shortest_px = math.ceil(size[along] * rules.min_side_px / (rules.max_side_px or math.inf))
    size[shared] = max(side_px, shortest_px)
    canvas = Image.new("RGB", (size[0], size[1]), "white")
    place = [(size[0] - side_px) // 2, (size[1] - side_px) // 2]
    place[along] = 0
    for part in parts:
        canvas.paste(part, (place[0], place[1]))
        place[along] += part.size[along] + gap_px
    fitting = target_size(*canvas.size, rules) or canvas.size
    search = _Search(rules, _writable_formats(rules, field), lossless=False)
    written = _write(canvas.resize(fitting, _RESAMPLING), search, field)
    return BytesSource(written.data, name="joined" + SUFFIXES[written.coding.format][0])
