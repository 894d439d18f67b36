"""All that needs Pillow to read: headers, pixels, colours. Imported on first use."""

import contextlib
import importlib
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import ExifTags, Image, ImageCms, ImageFile, TiffImagePlugin

from tryon_core.errors import UnusableImage
from tryon_core.image_formats import FORMATS, how_to_decode
from tryon_core.images.files import open_binary
from tryon_core.images.probing import ImageProbe, broken
from tryon_core.images.rules import within
from tryon_core.images.structure import (
    is_sound_png,
    jpeg_of_one_row,
    png_exif,
    webp_header,
    without_long_text,
)
from tryon_core.models import ImageSource

_QUIET = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files from the user: our errors say what matters.

    The filters of `warnings` belong to the whole process, so that threads take turns here.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def can_open(format_name: str) -> bool:
    """Whether the installed Pillow, or pillow-heif, reads this format."""
    if format_name not in FORMATS:
        return False
    plugin, _ = FORMATS[format_name].pillow
    try:
        module = importlib.import_module(plugin)
    except ImportError:
        return False
    return bool(getattr(module, "SUPPORTED", True))


def open_image(file: BinaryIO, format_name: str) -> ImageFile.ImageFile:
    """Read the header of an image for whose format `can_open` is true; `load()` decodes its pixels.

    Raises:
        Exception: nearly any, when the file is damaged.
    """
    plugin, name = FORMATS[format_name].pillow
    # One plugin per format: `Image.open` tries them all, and applies a limit that is global.
    factory = getattr(importlib.import_module(plugin), name)
    image: ImageFile.ImageFile = factory(without_long_text(file) if format_name == "PNG" else file)
    return image


_ALPHA_BANDS = frozenset("Aa")
_FIRST_TURNED = 5


def _valid_orientation(value: object) -> int:
    """Return the orientation 1..8 that a tag holds, 1 when it holds nonsense."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004  (EXIF)


def _exif_orientation(exif_block: bytes) -> int:
    """Return the orientation 1..8 in an EXIF block, 1 when there is none."""
    exif = Image.Exif()
    try:
        exif.load(exif_block)
        return _valid_orientation(exif.get(ExifTags.Base.Orientation))
    except Exception:  # noqa: BLE001  (a damaged EXIF block does not damage the image)
        return 1


def _has_alpha(image: ImageFile.ImageFile) -> bool:
    return bool(_ALPHA_BANDS & set(image.getbands())) or "transparency" in image.info


def _orientation(image: ImageFile.ImageFile, file: BinaryIO, size: int) -> int:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _valid_orientation(image.tag_v2.get(ExifTags.Base.Orientation))
    exif = png_exif(file, size) if image.format == "PNG" else image.info.get("exif", b"")
    return _exif_orientation(exif)


def _stored_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # Pillow swaps the sides of turned TIFF files, depending on its version.
        tags = image.tag_v2
        return int(tags[ExifTags.Base.ImageWidth]), int(tags[ExifTags.Base.ImageLength])
    return image.size


def read_header(file: BinaryIO, found: ImageProbe) -> ImageProbe:
    """Return what the header of an image says, without decoding a pixel.

    Raises:
        Exception: nearly any, when the file is damaged; `EOFError` when it is certainly cut.
    """
    size = found.size_bytes
    with quiet():
        if found.format == "WEBP":
            # Pillow reads WebP files whole, and allocates the canvas at once.
            sides, has_alpha, frames, exif = webp_header(file, size)
            mode, orientation = "RGBA" if has_alpha else "RGB", _exif_orientation(exif)
        else:
            image = open_image(file, found.format)
            sides, mode, has_alpha = _stored_size(image), image.mode, _has_alpha(image)
            orientation = _orientation(image, file, size)
            # A JPEG with further images behind it (MPO) shows its first one everywhere.
            frames = int(getattr(image, "n_frames", 1))
    width_px, height_px = reversed(sides) if orientation >= _FIRST_TURNED else sides
    return ImageProbe(
        format=found.format,
        size_bytes=size,
        width_px=width_px,
        height_px=height_px,
        orientation=orientation,
        mode=mode,
        frames=frames,
        has_alpha=has_alpha,
    )


_SIXTEEN_BITS = 65535
_KNOWN_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
_SIMPLE_MODES = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}


class UnsupportedMode(Exception):
    """Pillow cannot convert this pixel format to RGB."""


def _white_level(image: Image.Image) -> float:
    """Return the value that stands for white in a deep greyscale image."""
    if image.mode.startswith("I;16"):
        return _SIXTEEN_BITS
    # 32-bit integers and floats have no agreed white: take the nearest customary one.
    lightest = float(image.getextrema()[1])  # type: ignore[arg-type]  # one band, so one pair
    levels = (1.0, 255.0, float(_SIXTEEN_BITS)) if image.mode == "F" else (255.0, _SIXTEEN_BITS)
    return next((level for level in levels if lightest <= level), lightest)


def _deep_to_grey(image: Image.Image) -> Image.Image:
    # Pillow's own conversion of deep modes to L clips in some versions, and shifts in others.
    factor = 255.0 / _white_level(image)
    return image.convert("F").point(lambda value: value * factor + 0.5).convert("L")


def to_8_bits(image: Image.Image) -> Image.Image:
    """Return the image as `L`, `LA`, `RGB`, `RGBA` or `CMYK`, whatever it was.

    Raises:
        UnsupportedMode: there is no way to do so.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_to_grey(image)
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in _SIMPLE_MODES:
        return image.convert(_SIMPLE_MODES[image.mode])
    if image.mode not in _KNOWN_MODES:
        raise UnsupportedMode(image.mode)
    return image


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image:
    # A profile that is broken, or for another kind of image, is ignored as browsers do.
    with contextlib.suppress(ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError):
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
        return image if converted is None else converted
    return image


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an image in `RGB`, or `RGBA` when it has an alpha channel, without metadata.

    It is one that `to_8_bits` gave; without an ICC profile it is taken for sRGB.
    """
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    plain = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    coloured = (_apply_profile(plain, profile) if profile else plain).convert("RGB")
    if alpha is not None:
        coloured.putalpha(alpha)
    coloured.info = {}
    return coloured


# What is only checked is not shown, so that a JPEG is decoded at a fraction of its size.
_CHECKED_SIDE_PX = 8
_SMALL_PX = 256
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _refuse(found: ImageProbe, field: str) -> None:
    if not found.mode:
        raise UnusableImage(
            f"the image is {found.format}, which cannot be decoded here.",
            field=field,
            code="unsupported_format",
            remedy=how_to_decode(found.format),
        )
    if found.frames > 1:
        raise UnusableImage(
            f"the {found.format} image has {found.frames} frames or pages instead of one.",
            field=field,
            code="image_animated",
            remedy="Save the frame that you want as JPEG or PNG.",
        )


@contextmanager
def _errors_named(source: ImageSource, found: ImageProbe, field: str) -> Iterator[None]:
    try:
        yield
    except UnsupportedMode as error:
        raise UnusableImage(
            f"the pixels of the image are stored as {error}, which cannot be converted.",
            field=field,
            code="unsupported_mode",
            remedy="Save it as an RGB image with 8 bits per channel.",
        ) from error
    except (MemoryError, Image.DecompressionBombError) as error:
        raise UnusableImage(
            f"decoding {found.width_px}x{found.height_px} px needs too much memory.",
            field=field,
            code="bomb",
            remedy="Scale it down with another program.",
        ) from error
    except Exception as error:  # Pillow raises nearly anything on damaged files.
        cut = isinstance(error, EOFError) or "truncated" in str(error)
        raise broken(source, found.format, field=field, cut=cut) from error


def _decode_file(file: BinaryIO, found: ImageProbe, max_side_px: int | None) -> Image.Image:
    with quiet():
        image = open_image(file, found.format)
        if max_side_px is not None:
            # JPEG can be decoded at a fraction of its size; twice the goal loses nothing visible.
            # A small copy is for a short look, or for mean colours.
            least_px = max_side_px if max_side_px <= _SMALL_PX else 2 * max_side_px
            image.draft(None, (least_px, least_px))
        image.load()
    return image


def decode(
    source: ImageSource, found: ImageProbe, *, field: str, max_side_px: int | None
) -> Image.Image:
    """Decode an image that was probed; arguments, result and errors as in `load_upright`."""
    _refuse(found, field)
    with open_binary(source, field=field) as file, _errors_named(source, found, field):
        stored = _decode_file(file, found, max_side_px)
        profile = stored.info.get("icc_profile")
        upright: Image.Image = to_8_bits(stored)
        # Turned TIFF files come upright out of Pillow already, and HEIC counts as upright.
        turn = None if found.format == "TIFF" else _TURNS.get(found.orientation)
        upright = upright if turn is None else upright.transpose(turn)
        size = within(found.width_px or 1, found.height_px or 1, max_side_px)
        if upright.size != size:
            upright = upright.resize(size, Image.Resampling.LANCZOS)
        return to_srgb(upright, profile)


def check_pixels(source: ImageSource, found: ImageProbe, *, field: str) -> None:
    """Make sure that an image is whole; arguments and errors as in `check_whole`."""
    _refuse(found, field)
    with open_binary(source, field=field) as file, _errors_named(source, found, field):
        if found.format == "PNG" and is_sound_png(file, found.size_bytes):
            return
        file.seek(0)
        short = jpeg_of_one_row(file.read()) if found.format == "JPEG" else None
        file.seek(0)
        _decode_file(io.BytesIO(short) if short else file, found, _CHECKED_SIDE_PX)
