"""The wall between an arm and the hips is no part of the arm."""

import attrs
import numpy as np

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose.wall import with_slits
from tryon_local.imaging import capsule_mask
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, stretched_hand

SKIN, WALL, JEANS = (198, 150, 124), (211, 219, 223), (40, 60, 110)


def wearer_with_slit(colour):
    """A hand beside trousers; of the slit between them the labels know every other row."""
    photo = np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image).copy()
    body = perceive(photo)
    wearer = make_wearer(photo, body, parse_person(photo, body))
    wrist, knuckle, tips = stretched_hand(body, 0)
    hand = capsule_mask(wearer.shape, wrist, tips, 12.0)
    columns = np.arange(wearer.shape[1])[None, :] - int(knuckle[0])
    labels = wearer.parse.labels.copy()
    labels[hand], photo[hand] = Label.SKIN, SKIN
    slit = hand & (columns > 4) & (columns <= 7)
    photo[slit] = colour
    known = slit & (np.arange(wearer.shape[0])[:, None] % 2 == 0)
    labels[known] = Label.BACKGROUND
    trousers = hand & (columns > 7)
    labels[trousers], photo[trousers] = Label.LOWER, JEANS
    parse = attrs.evolve(wearer.parse, labels=labels)
    return attrs.evolve(wearer, rgb=photo, parse=parse), hand & (columns <= 4), slit


def test_a_slit_that_the_labels_interrupt_is_wall_all_along():
    wearer, hand, slit = wearer_with_slit(WALL)
    found = with_slits(wearer)
    assert found.labelled(Label.BACKGROUND)[slit].all()
    assert found.labelled(Label.SKIN)[hand].all()


def test_a_wall_that_looks_like_skin_takes_nothing_from_an_arm():
    wearer, hand, slit = wearer_with_slit(SKIN)
    found, before = with_slits(wearer).parse.labels, wearer.parse.labels
    assert np.array_equal(found[hand | slit], before[hand | slit])
