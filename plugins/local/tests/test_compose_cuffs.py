"""Sleeves of a worn dress beside and before its hips."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose import Outfit, compose
from tryon_local.frame import along
from tryon_local.imaging import chain_mask
from tryon_local.warp import SIGNS, make_wearer
from wearers import skirt, wearer_in

CUFF = (120, 30, 160)


@pytest.fixture(scope="module")
def in_dress():
    """A person in a dress of one colour with long sleeves, which hang before its hips."""
    drawn = wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image))
    unit, height, across = drawn.frame.shoulders_px, drawn.height, np.abs(drawn.lateral)
    half = 0.45 + 0.4 * np.clip(height - 0.75, 0, 0.25)
    dress = (across < half) & (height > 0) & (height < 1.6)
    labels = np.where(drawn.labelled(Label.HAIR), Label.HAIR, Label.BACKGROUND)
    labels[dress] = Label.UPPER
    for side in (0, 1):
        sleeve = chain_mask(drawn.shape, drawn.arm(side), 0.08 * unit)
        wrist = drawn.arm(side)[2]
        hand = chain_mask(drawn.shape, wrist + np.array([[0, 0], [0, 0.25]]) * unit, 0.07 * unit)
        labels[hand] = Label.SKIN
        labels[sleeve & (np.arange(drawn.shape[0])[:, None] < wrist[1])] = Label.UPPER
    rgb = np.where((labels == Label.UPPER)[..., None], np.uint8(CUFF), np.uint8(220))
    body = attrs.evolve(drawn.body, mask=(labels != Label.BACKGROUND).astype(np.float32))
    parse = attrs.evolve(drawn.parse, labels=labels.astype(np.uint8), is_dress=True)
    return make_wearer(rgb, body, parse)


def test_sleeves_of_a_dress_hang_before_new_trousers_up_to_their_inner_side(in_dress):
    layers = (skirt(in_dress, 0.75),)
    outfit = Outfit(category="bottom", layers=layers, sleeve_reach=(0.0, 0.0))
    image, _edited = compose(in_dress, (outfit,))
    unit = in_dress.frame.shoulders_px
    for side in (0, 1):
        forearm = along(in_dress.arm(side), np.array([0.88, 0.95]))
        inner = forearm - 0.05 * unit * SIGNS[side] * in_dress.frame.across
        sleeve = chain_mask(in_dress.shape, inner, 0.01 * unit)
        assert (image[sleeve] == CUFF).all()
        beside = forearm - 0.2 * unit * SIGNS[side] * in_dress.frame.across
        cloth = chain_mask(in_dress.shape, beside, 0.01 * unit)
        assert (image[cloth] != CUFF).any(axis=1).all()
