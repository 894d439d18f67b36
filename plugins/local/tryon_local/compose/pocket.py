"""Let garments reach a hand in a pocket, beside which it is cut off, and end at one on the hip."""

import attrs
import cv2
import numpy as np

from tryon_local.body import FloatArray, Label
from tryon_local.compose.beside import side_hems
from tryon_local.compose.cuffs import in_pocket
from tryon_local.frame import SIDES
from tryon_local.imaging import chain_mask
from tryon_local.warp import SIGNS, Layer, Wearer, stretched_hand

_HAND, _SLIVER = 0.12, 0.04
"""How far from the middle of a hand its skin is looked for, and the width of a sliver of a finger
beside a pocket, in S."""
_INNER = 0.1
"""Lateral up to which cloth stays where it is, in S."""
_PAST, _MOST = 0.015, 0.35
"""How far beyond the end of a hand cloth goes, and how far it is stretched at most, in S."""
_ABOVE, _BELOW, _LEVEL = 0.5, (0.3, 1.1), 0.08
"""How far above the end of a hand cloth is stretched, how far below it at least and at most, and
how far as much as there, in S."""
_HEM = 0.06
"""How far below the end of a hand a garment has a side still, in S."""
_ON_HIP, _AKIMBO, _BESIDE_RIBS = 0.85, 0.2, 0.38
"""Height, in T, above which a hand is on the hip, how much further out the elbow is, and the
lateral beyond which there are arms, in S."""
_EVEN = 0.05
"""Blur along the side of cloth that is stretched, in S, in which its unevenness vanishes."""


def reaching_pockets(
    wearer: Wearer, layers: tuple[Layer, ...], hems: tuple[float, float]
) -> tuple[Layer, ...]:
    """Return the pieces of a garment, stretched to hands in pockets beyond its sides.

    Args:
        wearer: the person.
        layers: the pieces.
        hems: how low a top hangs over them at the left and the right side, in T.
    """
    trunk = [layer.alpha for layer in layers if not layer.is_sleeve]
    cover = np.max(trunk, axis=0)
    for side in SIDES:
        end = _end_of_hand(wearer, side)
        if end is None:
            continue
        x, y = end
        if wearer.height[y, x] < hems[side]:
            continue
        unit, sign = wearer.frame.shoulders_px, SIGNS[side]
        edge, lower = (_edge(wearer, cover, row, sign) for row in (y, y + round(_HEM * unit)))
        # A hem that ends there is no side.
        if edge is None or lower is None or sign * (edge - lower) > _HEM * unit:
            continue
        short = sign * (x - edge) + _PAST * unit
        if 0 < short < _MOST * unit:
            layers = tuple(
                layer
                if layer.is_sleeve
                else _stretched(wearer, layer, sign, short_px=short, at=(edge, y), cover=cover)
                for layer in layers
            )
    return layers


def _edge(wearer: Wearer, cover: FloatArray, row: int, sign: float) -> int | None:
    """Return the column in which a garment ends in a row on one side; None where it is not."""
    if row >= len(cover):
        return None
    here = (cover[row] > 0.5) & (wearer.lateral[row] * sign > _INNER)  # noqa: PLR2004
    columns = np.flatnonzero(here)
    return int(columns[-1] if sign > 0 else columns[0]) if columns.size else None


def _hem(wearer: Wearer, cover: FloatArray, sign: float) -> float:
    """Return the last row of a garment on one side; infinity where it goes on below the photo."""
    here = (cover > 0.5) & (wearer.lateral * sign > _INNER)  # noqa: PLR2004  (half covered)
    last = int(np.flatnonzero(here.any(axis=1))[-1])
    return last if last < len(cover) - 1 else np.inf


def ending_at_hips(wearer: Wearer, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Return the pieces of a top without what stands out beyond a hand on the hip above its end.

    Args:
        wearer: the person.
        layers: the pieces.
    """
    for side in SIDES:
        hand, sign = stretched_hand(wearer.body, side), SIGNS[side]
        elbow = wearer.arm(side)[1]
        heights, laterals = wearer.frame.coordinates(np.stack([elbow, *hand]))
        out = laterals * sign
        is_akimbo = heights[2] < _ON_HIP and out[0] > out[1] + _AKIMBO
        if not is_akimbo:
            continue
        trunk = [layer.alpha for layer in layers if not layer.is_sleeve]
        hem = side_hems(wearer, np.max(trunk, axis=0))[side]
        if not heights[0] < hem < heights.max():
            continue
        arm = wearer.labelled(Label.SKIN) & (wearer.lateral * sign > _BESIDE_RIBS)
        outwards = np.s_[:] if sign > 0 else np.s_[:, ::-1]
        beyond = np.logical_or.accumulate(arm[outwards], axis=1)[outwards] & ~arm
        beyond &= wearer.height > heights[0]
        shown = 1 - beyond.astype(np.float32)
        layers = tuple(
            layer if layer.is_sleeve else attrs.evolve(layer, alpha=layer.alpha * shown)
            for layer in layers
        )
    return layers


def _end_of_hand(wearer: Wearer, side: int) -> tuple[int, int] | None:
    """Return the outer corner at which a hand goes into a pocket, x and y; None beside the hips."""
    wrist, knuckle, tips = stretched_hand(wearer.body, side)
    if not in_pocket(wearer, side):
        return None
    near = chain_mask(
        wearer.shape, np.stack([wrist, knuckle, tips]), _HAND * wearer.frame.shoulders_px
    )
    hand = near & wearer.labelled(Label.SKIN)
    rows = np.flatnonzero(hand.sum(axis=1) > max(_SLIVER * wearer.frame.shoulders_px, 1))
    if not rows.size:
        return None
    y = int(np.percentile(rows, 97))
    columns = np.flatnonzero(hand[y])
    if not columns.size:
        return None
    return int(columns[-1] if side else columns[0]), y


def _stretched(
    wearer: Wearer,
    layer: Layer,
    sign: float,
    *,
    short_px: float,
    at: tuple[int, int],
    cover: FloatArray,
) -> Layer:
    unit, (edge, row) = wearer.frame.shoulders_px, at
    # At its hem it is as wide as ever.
    below = float(np.clip((_hem(wearer, cover, sign) - row) / unit, *_BELOW))
    y1 = max(round(row - _ABOVE * unit), 0)
    y2 = min(round(row + below * unit), wearer.shape[0])
    away = np.arange(y1, y2, dtype=np.float32) - row
    reach = np.where(away < 0, _ABOVE, below) * unit
    falling = np.clip((np.abs(away) - _LEVEL * unit) / (reach - _LEVEL * unit), 0, 1)
    full = short_px * (0.5 + 0.5 * np.cos(np.pi * falling))
    lateral = wearer.lateral[y1:y2] * np.float32(sign)
    # A hem that is wide already stays.
    side_px = np.where(cover[y1:y2] > 0.5, lateral * unit, 0).max(axis=1)  # noqa: PLR2004
    end_px = float(wearer.lateral[row, edge]) * sign * unit + short_px
    least = np.where(away > _EVEN * unit, np.minimum(full, np.maximum(end_px - side_px, 0)), full)
    window = 2 * round(2 * _EVEN * unit) + 1
    shift = cv2.GaussianBlur(least[:, None], (1, window), _EVEN * unit)[:, 0]
    share = np.clip((lateral - _INNER) / (end_px / unit - _INNER), 0, 1)
    columns = np.arange(share.shape[1], dtype=np.float32)
    return layer.pulled(np.s_[y1:y2, :], columns - sign * shift[:, None] * share)
