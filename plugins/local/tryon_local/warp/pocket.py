"""How the side of a top hangs over a hand in a pocket."""

from collections.abc import Sequence

import numpy as np

from tryon_local.body import Label
from tryon_local.frame import SIDES
from tryon_local.warp.wearer import Wearer, sample, stretched_hand


def hem_over_pockets(wearer: Wearer, halves: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return how wide the hem of a top is, which falls over a hand in a pocket.

    It falls back halfway from there to its own side: straight down it would be a flap.

    Args:
        wearer: the person.
        halves: half its width at the left and the right side, from the armpits down, in S.
    """
    left, right = (
        (float(widest) + own) / 2 if _is_in_pocket(wearer, side) else own
        for side, own, widest in zip(SIDES, halves[-1], np.max(halves, axis=0), strict=True)
    )
    return left, right


def _is_in_pocket(wearer: Wearer, side: int) -> bool:
    _wrist, knuckle, tips = stretched_hand(wearer.body, side)
    fingers = np.linspace(knuckle, tips, 4)[:2]
    return bool(sample(wearer.labelled(Label.LOWER), fingers).all())
