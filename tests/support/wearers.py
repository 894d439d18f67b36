"""People as the local provider sees them in a photo, and a skirt on them."""

import numpy as np

from tryon_local.body import ByteArray
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import Layer, Wearer, make_wearer


def wearer_in(photo: ByteArray) -> Wearer:
    """Return the person in a photo, shape (H, W, 3), as the warp needs them."""
    body = perceive(photo)
    return make_wearer(photo, body, parse_person(photo, body))


def skirt(wearer: Wearer, half: float) -> Layer:
    """Return stripes along a skirt, half of whose width is given in S."""
    alpha = (wearer.height > 0.8) & (np.abs(wearer.lateral) < half)
    rgb = np.repeat((np.abs(wearer.lateral) * 255)[..., None], 3, axis=2)
    return Layer(name="skirt", rgb=rgb.astype(np.float32), alpha=alpha.astype(np.float32))


def edges(wearer: Wearer, layer: Layer, row: int) -> tuple[float, float]:
    """Return the laterals, in S, between which a piece lies in a row."""
    columns = np.flatnonzero(layer.alpha[row] > 0.5)
    return float(wearer.lateral[row, columns[0]]), float(wearer.lateral[row, columns[-1]])
