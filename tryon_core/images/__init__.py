"""Read, check, load and fit images; only loading and fitting need Pillow (the extra `images`)."""

from tryon_core.images.files import digest, open_binary, read_bytes, upload_name
from tryon_core.images.pixels import Fitted, check_whole, fit, join_on_white, load_upright
from tryon_core.images.probing import (
    MAX_PIXELS,
    ImageProbe,
    looked_at_once,
    probe,
    remember_probes,
)
from tryon_core.images.rules import PORTABLE, check_image, check_request_images

__all__ = [
    "MAX_PIXELS",
    "PORTABLE",
    "Fitted",
    "ImageProbe",
    "check_image",
    "check_request_images",
    "check_whole",
    "digest",
    "fit",
    "join_on_white",
    "load_upright",
    "looked_at_once",
    "open_binary",
    "probe",
    "read_bytes",
    "remember_probes",
    "upload_name",
]
