"""Open a file of a known format with Pillow: quietly, without its global limits."""

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageFile

# One plugin per format: `Image.open` would try them all, and applies a limit that is global.
_PLUGINS = {
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
}
_ORIENTATION_TAG = 0x0112
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
    """Whether the installed Pillow reads this format."""
    if format_name not in _PLUGINS:
        return False
    plugin = _PLUGINS[format_name][0]
    try:
        module = importlib.import_module(f"PIL.{plugin}")
    except ImportError:
        return False
    return bool(getattr(module, "SUPPORTED", True))


def open_image(file: BinaryIO, format_name: str) -> ImageFile.ImageFile:
    """Read the header of an image; its pixels are decoded by `load()`.

    Args:
        file: the open file, at its beginning.
        format_name: a format for which `can_open` is true.

    Raises:
        Exception: nearly any, when the file is damaged.
    """
    plugin, name = _PLUGINS[format_name]
    factory = getattr(importlib.import_module(f"PIL.{plugin}"), name)
    image: ImageFile.ImageFile = factory(file)
    return image


def valid_orientation(value: object) -> int:
    """Return the orientation 1..8 that a tag holds, 1 when it holds nonsense."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004  (EXIF)


def exif_orientation(exif_block: bytes) -> int:
    """Return the orientation 1..8 in an EXIF block, 1 when there is none."""
    exif = Image.Exif()
    try:
        exif.load(exif_block)
        return valid_orientation(exif.get(_ORIENTATION_TAG))
    except Exception:  # noqa: BLE001  (a damaged EXIF block does not damage the picture)
        return 1
