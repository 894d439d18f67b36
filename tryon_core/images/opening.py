"""Open a file of a known format with Pillow: quietly, without its global limits."""

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import ImageFile

from tryon_core.images.chunks import without_long_text

# One plugin per format: `Image.open` would try them all, and applies a limit that is global.
_PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pillow_heif.as_plugin", "HeifImageFile"),  # extra `heif`
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
    """Whether the installed Pillow, or pillow-heif, reads this format."""
    if format_name not in _PLUGINS:
        return False
    plugin = _PLUGINS[format_name][0]
    try:
        module = importlib.import_module(plugin)
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
    factory = getattr(importlib.import_module(plugin), name)
    image: ImageFile.ImageFile = factory(without_long_text(file) if format_name == "PNG" else file)
    return image
