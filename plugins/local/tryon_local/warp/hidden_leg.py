"""Legs that a skirt or a dress hides, under new trousers."""

import numpy as np

from tryon_local.body import FloatArray, Label
from tryon_local.frame import SIDES, along
from tryon_local.warp.wearer import SIGNS, Wearer, sample

HIP_HEIGHT = 1.1
"""Where the hips are widest, in T."""
TOUCHING = 0.05
"""How far legs that touch lie over each other, in S, so that no slit opens between them."""
_PARTING = (0.12, 0.55)
"""Shares of the way from hips to knees from which hidden thighs touch less, and no more."""
_THIGHS, _THIGH, _FEW_GAPS = (0.3, 1.0), 0.2, 0.25
"""Where thighs are seen between hip and knee, how far from the middle, in S, and the share of
rows with a gap between them that a skirt may show."""


def wears_skirt(wearer: Wearer) -> bool:
    """Return whether the worn clothes do not show how wide the thighs are: no gap parts them."""
    if wearer.parse.is_dress:
        return True
    lower = wearer.labelled(Label.LOWER)
    hips, knees = (np.mean([wearer.leg(side)[at] for side in SIDES], axis=0) for at in (0, 1))
    middles = hips + np.linspace(*_THIGHS, 25)[:, None] * (knees - hips)
    beside = wearer.frame.across * (_THIGH * wearer.frame.shoulders_px)
    clothed = sample(lower, middles - beside) & sample(lower, middles + beside)
    if not clothed.any():
        return False
    gaps = [sample(lower, middles + beside * share) for share in (-0.4, -0.2, 0.0, 0.2, 0.4)]
    apart = ~np.min(gaps, axis=0) & clothed
    return bool(apart.sum() < _FEW_GAPS * clothed.sum())


def is_hidden(wearer: Wearer, chain: FloatArray, share: float, side: int) -> bool:
    """Return whether cloth is seen before a leg, and between both, or it is below the photo."""
    own = along(chain, share)
    if own[1] >= wearer.shape[0]:
        return True
    between = (own + along(wearer.leg(1 - side), share)) / 2
    is_bare = bool(sample(wearer.labelled(Label.SKIN), own[None])[0])
    return not is_bare and bool(sample(wearer.trunk, between[None])[0])


def hidden_leg(
    wearer: Wearer,
    chain: FloatArray,
    share: float,
    side: int,
    *,
    half_px: float,
    hips: float,
    seen: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:
    """Return outer and inner edge of a leg that a skirt hides, as wide as the trousers are.

    Args:
        wearer: the person.
        chain: hip, knee and ankle.
        share: how far down the leg.
        side: 0 left, 1 right.
        half_px: half the width of the trouser leg.
        hips: half width of the hips on this side, in S.
        seen: where its outside is seen first below the skirt; None if nowhere. A thigh that is
            seen tells where the rest of it goes.
    """
    unit, sign = wearer.frame.shoulders_px, SIGNS[side]
    base = 0.30 - 0.15 * share
    half = float(np.clip(half_px / unit, 0.92 * base, 1.35 * base))
    centre, knee = along(chain, share), chain[1]
    heights, laterals = wearer.frame.coordinates(
        np.stack([centre, knee, along(wearer.leg(1 - side), share)])
    )
    down = (heights[0] - HIP_HEIGHT) / max(float(heights[1] - HIP_HEIGHT), 0.1)
    down = float(np.clip(down, 0, 1))
    # From the hips the outside of a thigh goes straight to the knee.
    outer = hips + down * (sign * float(laterals[0]) + half - hips)
    if seen is not None:
        height, lateral = (float(value) for value in wearer.frame.coordinates(seen))
        if height < heights[1]:
            down_to = (float(heights[0]) - HIP_HEIGHT) / max(height - HIP_HEIGHT, 0.1)
            outer = min(outer, hips + float(np.clip(down_to, 0, 1)) * (sign * lateral - hips))
    middle = sign * float(laterals[0] + laterals[2]) / 2
    touching = middle - TOUCHING
    parted = float(np.clip((down - _PARTING[0]) / (_PARTING[1] - _PARTING[0]), 0, 1))
    inner = touching + parted * max(outer - 2 * half - touching, 0)
    at = float(heights[0])
    return wearer.frame.point(at, sign * outer), wearer.frame.point(at, sign * inner)
