"""Decode the pixels of an image file: bounded, upright, in plain colours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image

from tryon_core.errors import UnusableImage
from tryon_core.images.colours import UnsupportedMode, to_8_bits, to_srgb
from tryon_core.images.files import open_binary
from tryon_core.images.opening import open_image, quiet
from tryon_core.images.pillow import how_to_decode
from tryon_core.images.probing import ImageProbe, broken
from tryon_core.images.sizes import within
from tryon_core.models.sources import ImageSource

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
            remedy="Save it as an RGB picture with 8 bits per channel.",
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
            image.draft(None, (2 * max_side_px, 2 * max_side_px))
        image.load()
    return image


def decode(
    source: ImageSource, found: ImageProbe, *, field: str, max_side_px: int | None
) -> Image.Image:
    """Decode a picture that was probed; arguments, result and errors as in `load_upright`."""
    _refuse(found, field)
    with open_binary(source, field=field) as file, _errors_named(source, found, field):
        stored = _decode_file(file, found, max_side_px)
        profile = stored.info.get("icc_profile")
        picture: Image.Image = to_8_bits(stored)
        # Turned TIFF files come upright out of Pillow already, and HEIC counts as upright.
        turn = None if found.format == "TIFF" else _TURNS.get(found.orientation)
        picture = picture if turn is None else picture.transpose(turn)
        size = within(found.width_px or 1, found.height_px or 1, max_side_px)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        return to_srgb(picture, profile)
