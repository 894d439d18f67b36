"""The wall in the slit between an arm and the hips, which is taken for a part of the arm."""

import attrs

from tryon_local.body import Label
from tryon_local.compose.cuffs import around_hands
from tryon_local.compose.tones import is_rather
from tryon_local.imaging import dilate
from tryon_local.warp import Wearer

_SLIT, _ALONG = 0.04, 0.07
"""How far from the clothes and from the arm a slit is looked for, and how far it goes on where the
labels interrupt it, in S."""
_FEWEST_PX = 20
"""Pixels of wall from which its colour is known."""


def with_slits(wearer: Wearer) -> Wearer:
    """Return a person whose arms have none of the wall between them and the clothes of the hips."""
    unit = wearer.frame.shoulders_px
    skin, lower = wearer.labelled(Label.SKIN), wearer.labelled(Label.LOWER)
    arms, by_clothes = around_hands(wearer) | wearer.arms, dilate(lower, _SLIT * unit)
    slit = wearer.labelled(Label.BACKGROUND) & by_clothes
    slit &= dilate(skin & arms, _SLIT * unit)
    if slit.sum() < _FEWEST_PX:
        return wearer
    beside = skin & by_clothes & dilate(slit, _ALONG * unit)
    labels = wearer.parse.labels.copy()
    labels[is_rather(wearer.rgb, slit, skin & arms, beside)] = Label.BACKGROUND
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
