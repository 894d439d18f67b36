"""Bring any pixel format to 8-bit RGB or RGBA in sRGB."""

import contextlib
import io

from PIL import Image, ImageCms

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
    """Return the picture as `L`, `LA`, `RGB`, `RGBA` or `CMYK`, whatever it was.

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
    # A profile that is broken, or for another kind of picture, is ignored as browsers do.
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
    """Return a picture in `RGB`, or `RGBA` when it has an alpha channel, without metadata.

    Args:
        image: a picture that `to_8_bits` returned.
        profile: its ICC profile, None when it has none and is taken for sRGB.
    """
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    plain = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    coloured = (_apply_profile(plain, profile) if profile else plain).convert("RGB")
    if alpha is not None:
        coloured.putalpha(alpha)
    coloured.info = {}
    return coloured
