"""Looks at received images as the vendor does, and makes the images that it gives back."""

import io
from collections.abc import Mapping
from types import MappingProxyType

import attrs
from PIL import Image

from tryon_ailab.emulator.envelope import Refusal
from tryon_ailab.emulator.knobs import Knobs
from tryon_testing.emulation import BadImage, EmulatorContext, ReceivedImage

_GREY_MODES = ("1", "L", "LA")
_BASE_FORMATS: Mapping[str, str] = MappingProxyType({"JPEG": "JPG, JPEG", "PNG": "PNG"})
_FORMATS: Mapping[str, str] = MappingProxyType({**_BASE_FORMATS, "BMP": "BMP"})
_LEAST_BYTES = 5 * 1024
_ABOVE_PX = 150
_BELOW_PX = 4096
_UPSTREAM = "InvalidInputLength"
_SIDES_PX: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"1024": (576, 1024), "1280": (720, 1280)}
)


def check_image(data: bytes, ctx: EmulatorContext, knobs: Knobs, *, model: str) -> Refusal | None:
    """Return why the vendor refuses an image, None when it takes it.

    Args:
        data: the file.
        ctx: decodes it.
        knobs: how the vendor's sentences are to be read.
        model: whose limits hold.
    """
    limits = _limits(model, knobs)
    if len(data) > limits.most_bytes:
        return _size("FILE_SIZE_EXCEEDS_LIMIT", knobs, limits)
    try:
        image = ctx.read_image(data)
    except BadImage:
        return Refusal("FILE_DECODING_FAILURE", "The file is no image, or damaged.")
    if image.format not in limits.formats:
        names = ", ".join(limits.formats.values())
        return Refusal(knobs.format_code, f"Only {names} are supported.")
    if image.mode in _GREY_MODES and knobs.grey == "refuse":
        return Refusal("ERROR_UNSUPPORTED_GRAYSCALE_IMAGE")
    code = _size_code(image, limits, knobs)
    return _size(code, knobs, limits) if code else None


@attrs.frozen(kw_only=True)
class _Limits:
    formats: Mapping[str, str]
    most_mb: int
    most_bytes: int
    least_bytes: int
    least_px: int


def _limits(model: str, knobs: Knobs) -> _Limits:
    is_base = model == "base"
    has_minimum = knobs.base_minimum or not is_base
    most_mb = 3 if is_base else 5
    return _Limits(
        formats=_BASE_FORMATS if is_base else _FORMATS,
        most_mb=most_mb,
        most_bytes=most_mb * knobs.megabyte_bytes,
        least_bytes=_LEAST_BYTES if has_minimum else 1,
        least_px=_ABOVE_PX + 1 if has_minimum else 1,
    )


def _size_code(image: ReceivedImage, limits: _Limits, knobs: Knobs) -> str:
    if len(image.data) < limits.least_bytes:
        return "FILE_SIZE_EXCEEDS_LIMIT"
    if min(image.width_px, image.height_px) < limits.least_px:
        return "ERROR_LOW_RESOLUTION"
    return "FILE_RESOLUTION_EXCEEDS_LIMITS" if _is_large(image, knobs) else ""


def _is_large(image: ReceivedImage, knobs: Knobs) -> bool:
    limit_px = _BELOW_PX + 1 if knobs.accept_4096 else _BELOW_PX
    sides = (image.width_px >= limit_px, image.height_px >= limit_px)
    return any(sides) if knobs.resolution_limit == "each" else all(sides)


def _size(code: str, knobs: Knobs, limits: _Limits) -> Refusal:
    """Return the one answer that the vendor has for all sizes, or a precise one."""
    text = (
        "The image resolution is invalid, the longest side must be less than 4096 and the shortest "
        f"greater than 150; the size of the file must be from 5kb to {limits.most_mb}mb"
    )
    return Refusal(
        "FILE_SIZE_EXCEEDS_LIMIT" if knobs.size_codes == "one" else code, text, _UPSTREAM
    )


def make_result(drawn: bytes, *, resolution: str, kind: str) -> bytes:
    """Return a drawn result in the size that was asked for.

    Args:
        drawn: what the toolkit drew.
        resolution: the vendor's word for a size.
        kind: Pillow's word for a file format.
    """
    if resolution not in _SIDES_PX and kind == "PNG":
        return drawn
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as opened:
        opened.resize(_SIDES_PX.get(resolution, opened.size)).save(buffer, kind)
    return buffer.getvalue()
