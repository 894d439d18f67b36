"""Find what a hand holds before the clothes, as a bag: it stays in front of new ones."""

import numpy as np

from tryon_local.body import BoolArray, Label
from tryon_local.compose.cuffs import unlike_skin
from tryon_local.frame import SIDES
from tryon_local.imaging import (
    bounding_box,
    chain_mask,
    closed,
    dilate,
    disc_mask,
    fill_holes,
    opened,
    to_lab,
    touching,
)
from tryon_local.parsing.colours import fit_colours
from tryon_local.warp import Wearer, stretched_hand

_BESIDE_HAND, _REACH = 0.3, 0.9
"""How far from a hand a thing begins to be looked for, and how far it reaches, in S."""
_NARROWEST, _SMALLEST = 0.03, 0.02
"""Half the width of a thing, in S, and its area beside the clothes, in squares of S."""
_LINES, _BUMP = 0.012, 0.08
"""Half the width of seams on a thing, and of what juts out of it, in S."""
_CLUSTERS, _SAMPLES, _STEP = 3, 400, 4


def held_in_hands(wearer: Wearer) -> BoolArray:
    """Return what hands hold, shape (H, W).

    Beside the hips it was taken for skin, whose colour it has not, and before them for cloth.

    Args:
        wearer: the person.
    """
    held = np.zeros(wearer.shape, bool)
    coarse = np.s_[::_STEP, ::_STEP]
    skin = wearer.parse.labels[coarse] == np.uint8(Label.SKIN)
    bare = wearer.rgb[coarse][skin & wearer.arms[coarse]]
    if not len(bare):
        return held
    tone = np.asarray(np.median(bare, axis=0), np.float32)
    for side in SIDES:
        hand = stretched_hand(wearer.body, side)
        radius_px = _BESIDE_HAND * wearer.frame.shoulders_px
        near = chain_mask(skin.shape, hand / _STEP, radius_px / _STEP) & skin
        smallest = _SMALLEST * (wearer.frame.shoulders_px / _STEP) ** 2
        if unlike_skin(wearer.rgb[coarse], near, tone).sum() > smallest:
            near = chain_mask(wearer.shape, hand, radius_px) & wearer.labelled(Label.SKIN)
            held |= _held(wearer, side, unlike_skin(wearer.rgb, near, tone))
    return held


def _held(wearer: Wearer, side: int, unlike: BoolArray) -> BoolArray:
    """Follow the colours of what is beside a hand over the clothes around it."""
    unit, nothing = wearer.frame.shoulders_px, np.zeros(wearer.shape, bool)
    seed = opened(unlike, _NARROWEST * unit)
    if seed.sum() < _SMALLEST * unit**2:
        return nothing
    around = disc_mask(wearer.shape, stretched_hand(wearer.body, side)[1], _REACH * unit)
    lower = wearer.labelled(Label.LOWER)
    x1, y1, x2, y2 = bounding_box(around) or (0, 0, 0, 0)
    part = np.s_[y1:y2, x1:x2]
    lab = to_lab(np.ascontiguousarray(wearer.rgb[part]))
    worn = wearer.rgb[lower & ~around]
    if not len(worn):
        return nothing
    worn = worn[:: 1 + len(worn) // _SAMPLES]
    cloth = fit_colours(to_lab(np.ascontiguousarray(worn[None]))[0], _CLUSTERS)
    samples = lab[seed[part]]
    thing = fit_colours(samples[:: 1 + len(samples) // _SAMPLES], _CLUSTERS)
    alike = lower[part] & around[part] & (thing.cost(lab) < cloth.cost(lab))
    whole = closed(alike | unlike[part], _LINES * unit) & (lower | unlike)[part]
    whole = opened(fill_holes(whole), _LINES * unit)
    # What juts out belongs to a pale top beside it; shadows of the arm may be as dark as skin.
    whole &= dilate(opened(whole, _BUMP * unit), _LINES * unit)
    beside_arm = wearer.labelled(Label.SKIN)[part] & ~wearer.arms[part]
    whole |= closed(whole, _BUMP * unit) & beside_arm
    held = nothing
    # The hand may part it.
    hand = dilate(wearer.labelled(Label.SKIN)[part], _LINES * unit)
    held[part] = touching(whole | hand, seed[part]) & whole
    return held
