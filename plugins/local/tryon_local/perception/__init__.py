"""Find the one person in a photo: joints, silhouette, warnings."""

from typing import Literal

import cv2
import numpy as np

from tryon_local.body import Body, ByteArray
from tryon_local.frame import resized_body
from tryon_local.perception import networks
from tryon_local.perception.blazepose import perceive_with_networks
from tryon_local.perception.silhouette import perceive_silhouette

__all__ = ["Backend", "ModelsMissingError", "perceive"]

Backend = Literal["auto", "blazepose", "silhouette"]

MAX_SIDE_PX = 1024


class ModelsMissingError(RuntimeError):
    """The network files are not installed, and the caller insisted on them."""


def perceive(rgb: ByteArray, *, backend: Backend = "auto", num_threads: int = 2) -> Body:
    """Return the person in a photo, in the photo's resolution.

    Args:
        rgb: the photo, shape (H, W, 3).
        backend: `"blazepose"` uses the networks, `"silhouette"` needs none but wants a plain
            background and hanging arms; `"auto"` takes the networks where they are installed.
        num_threads: threads of the networks.

    Raises:
        Refused: `no_person`, `several_people` or `person_cut_off`.
        ModelsMissingError: `"blazepose"` was asked for and its files are missing.
    """
    height, width = rgb.shape[:2]
    body = _perceive(_shrunk(rgb), backend, num_threads)
    return resized_body(body, width, height)


def _perceive(rgb: ByteArray, backend: Backend, num_threads: int) -> Body:
    if backend == "silhouette" or (backend == "auto" and not networks.installed()):
        return perceive_silhouette(rgb)
    if not networks.installed():
        raise ModelsMissingError(
            f"the pose networks are missing in {networks.FOLDER}; install tryon-local again, "
            'or ask for backend "silhouette"'
        )
    return perceive_with_networks(rgb, num_threads=num_threads)


def _shrunk(rgb: ByteArray) -> ByteArray:
    height, width = rgb.shape[:2]
    scale = MAX_SIDE_PX / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(rgb)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
