"""Open a file of a known format with Pillow: quietly, without its global limits."""

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import ImageFile

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
