"""The hem of a top falls over a hand in a pocket."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.imaging import disc_mask
from tryon_local.warp import stretched_hand
from tryon_local.warp.pocket import hem_over_pockets
from wearers import wearer_in

HALVES = [(0.4, 0.42), (0.6, 0.64), (0.5, 0.54)]


@pytest.fixture(scope="module")
def wearer():
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image)
    return wearer_in(photo)


def test_a_hem_falls_halfway_back_from_a_hand_in_a_pocket_to_its_own_side(wearer):
    _wrist, knuckle, tips = stretched_hand(wearer.body, 0)
    labels = wearer.parse.labels.copy()
    labels[disc_mask(labels.shape, knuckle, float(np.hypot(*(tips - knuckle))))] = Label.LOWER
    pocket = attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))
    assert hem_over_pockets(pocket, HALVES) == pytest.approx((0.55, 0.54))


def test_a_hem_stays_as_it_is_beside_hands_that_are_seen(wearer):
    assert hem_over_pockets(wearer, HALVES) == pytest.approx((0.5, 0.54))
