"""The simplest fit: the garment's bounding box onto the part of the body that it dresses."""

import numpy as np

from tryon_local.garment.value import Garment
from tryon_local.imaging import Points
from tryon_local.warp.layer import Pins
from tryon_local.warp.wearer import Wearer

_SPANS = {"top": (-0.14, 1.0), "bottom": (0.75, 1.9), "dress": (-0.14, 1.7)}
_HALF_WIDTH = 0.62


def box_pins(garment: Garment, wearer: Wearer) -> Pins:
    """Return control points that scale a garment to a usual place, without bending it."""
    shape = garment.shape
    top, bottom = _SPANS[garment.category]
    pairs: list[tuple[Points, Points]] = []
    for across in (0.0, 0.5, 1.0):
        for down in (0.0, 0.5, 1.0):
            x = shape.left + across * (shape.width - 1)
            y = shape.top + down * (shape.height - 1)
            height, lateral = top + down * (bottom - top), (2 * across - 1) * _HALF_WIDTH
            pairs.append((np.array([x, y]), wearer.frame.point(height, lateral)))
    return Pins.of(pairs)
