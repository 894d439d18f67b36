"""The wall in the slit between an arm and the hips, which is taken for a part of the arm."""

import attrs
import numpy as np

from tryon_local.body import Label
from tryon_local.compose.cuffs import around_hands
from tryon_local.imaging import dilate
from tryon_local.warp import Wearer

_SLIT, _ALONG = 0.04, 0.07
"""How far from the clothes and from the arm a slit is looked for, and how far it goes on where the
labels interrupt it, in S."""
_FEWEST_PX = 20
"""Pixels of wall from which its colour is known."""
_NEARER = 10.0
"""How much nearer to the colour of the wall than to that of skin such a pixel is."""
_SHADE = (0.3, 1.2)
"""Darkest and lightest that skin may be, in its usual tone."""


def with_slits(wearer: Wearer) -> Wearer:
    """Return a person whose arms have none of the wall between them and the clothes of the hips."""
    unit = wearer.frame.shoulders_px
    skin, lower = wearer.labelled(Label.SKIN), wearer.labelled(Label.LOWER)
    arms, by_clothes = around_hands(wearer) | wearer.arms, dilate(lower, _SLIT * unit)
    slit = wearer.labelled(Label.BACKGROUND) & by_clothes
    slit &= dilate(skin & arms, _SLIT * unit)
    if slit.sum() < _FEWEST_PX:
        return wearer
    wall, tone = (np.median(wearer.rgb[mask], axis=0) for mask in (slit, skin & arms))
    rows, columns = np.nonzero(skin & by_clothes & dilate(slit, _ALONG * unit))
    colours = wearer.rgb[rows, columns].astype(np.float32)
    shade = np.clip(colours @ tone / max(tone @ tone, 1), *_SHADE)
    from_skin, from_wall = (
        np.sqrt(np.square(colours - model).sum(axis=1)) for model in (shade[:, None] * tone, wall)
    )
    is_wall = from_wall + _NEARER < from_skin
    labels = wearer.parse.labels.copy()
    labels[rows[is_wall], columns[is_wall]] = Label.BACKGROUND
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
