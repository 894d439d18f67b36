"""Let trousers and skirts reach the arms that hang before wider old ones."""

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, ByteArray, FloatArray, Label
from tryon_local.frame import SIDES
from tryon_local.imaging import gaussian
from tryon_local.warp import SIGNS, Layer, Wearer, waist_of

_INNER = 0.1
"""Lateral up to which cloth ends nowhere, in S."""
_SHORT, _UNDER, _SLOPE = 0.08, 0.015, 0.15
"""How far beside an arm cloth may end, how far under the arm it is stretched, in S, and how much
less for each row that is nearer to where the wall is seen beside it."""
_PULLED, _EVEN = 0.2, 0.03
"""Width of the cloth that is stretched to an arm, and over how much height as much, in S."""
_BESIDE_ARM = (0.12, 1.7)
"""How far above the middle of a waistband, and down to which height an arm is looked for, in T."""


def reaching_arms(
    wearer: Wearer, layers: tuple[Layer, ...], hems: tuple[float, float], upper: BoolArray
) -> tuple[Layer, ...]:
    """Return the pieces of a garment, stretched to the arms that hang before wider old ones.

    The arm was seen before cloth there; beside narrower cloth it would have a strip of wall, as
    ragged as its own edge.

    Args:
        wearer: the person.
        layers: the pieces.
        hems: how low a top hangs over them at the left and the right side, in T.
        upper: shape (H, W), the worn top with its sleeves.
    """
    trunk = [layer.alpha for layer in layers if not layer.is_sleeve]
    kinds = np.where(upper, np.uint8(Label.SKIN), wearer.parse.labels)
    covered = np.max(trunk, axis=0) > 0.5  # noqa: PLR2004
    for side in SIDES:
        top = max(hems[side], waist_of(wearer) - _BESIDE_ARM[0])
        found = _short_of_arm(wearer, covered, kinds, side, (top, _BESIDE_ARM[1]))
        if found is not None:
            layers = tuple(
                layer if layer.is_sleeve else _pulled(wearer, layer, side, found)
                for layer in layers
            )
    return layers


@attrs.frozen(eq=False, kw_only=True)
class _Pull:
    """How far cloth is pulled outwards, row by row.

    Attributes:
        first: the first row.
        edges: shape (n,), the column at which the cloth ends.
        lengths: shape (n,), how far it is pulled, in pixels.
    """

    first: int
    edges: npt.NDArray[np.int_]
    lengths: FloatArray


def _short_of_arm(
    wearer: Wearer, covered: BoolArray, kinds: ByteArray, side: int, heights: tuple[float, float]
) -> _Pull | None:
    """Return how far cloth is pulled to an arm; None if it need not be."""
    unit, sign = wearer.frame.shoulders_px, SIGNS[side]
    outer = covered & (wearer.lateral * np.float32(sign) > _INNER)
    outer &= (wearer.height > heights[0]) & (wearer.height < heights[1])
    rows = np.flatnonzero(outer.any(axis=1))
    if not rows.size:
        return None
    first, last = int(rows[0]), int(rows[-1]) + 1
    part = outer[first:last] if sign < 0 else outer[first:last, ::-1]
    edges = part.argmax(axis=1)
    edges = edges if sign < 0 else covered.shape[1] - 1 - edges
    steps = np.arange(1, round(_SHORT * unit) + 1)
    columns = np.clip(edges[:, None] + round(sign) * steps, 0, covered.shape[1] - 1)
    beside = kinds[np.arange(first, last)[:, None], columns]
    arm, cloth = beside == np.uint8(Label.SKIN), beside > np.uint8(Label.HAIR)
    gap = np.where(arm.any(axis=1), arm.argmax(axis=1), steps.size)
    within = steps - 1 < gap[:, None]
    # Cloth all the way to the arm.
    meets = arm.any(axis=1) & ~(within & ~cloth).any(axis=1) & part.any(axis=1)
    if not (meets & (gap > 0)).any():
        return None
    goes_on = last == len(covered)  # below the photo
    padded = np.pad(meets, (0, 1), constant_values=goes_on)[:, None].astype(np.uint8)
    from_wall = cv2.distanceTransform(np.ascontiguousarray(padded), cv2.DIST_L1, 3)[:-1, 0]
    pull = np.where(meets, gap + _UNDER * unit, 0).astype(np.float32)
    pull = np.minimum(gaussian(pull[:, None], _EVEN * unit)[:, 0], _SLOPE * from_wall)
    return _Pull(first=first, edges=edges, lengths=np.asarray(pull, np.float32))


def _pulled(wearer: Wearer, layer: Layer, side: int, pull: _Pull) -> Layer:
    """Return a piece that is pulled outwards along its edge."""
    unit, sign = wearer.frame.shoulders_px, round(SIGNS[side])
    width = round(_PULLED * unit)
    low = max(int(pull.edges.min()) - width - round(_SHORT * unit), 0)
    high = int(pull.edges.max()) + width + round(_SHORT * unit)
    part = np.s_[pull.first : pull.first + len(pull.lengths), low:high]
    if not layer.alpha[part].any():
        return layer
    columns = np.arange(layer.alpha[part].shape[1], dtype=np.float32)
    inside = np.float32(sign) * (np.float32(low) + columns - pull.edges[:, None].astype(np.float32))
    share = np.clip(1 + inside / np.float32(width), 0, 1)
    source = columns - np.float32(sign) * pull.lengths[:, None] * share
    return layer.pulled(part, source)
