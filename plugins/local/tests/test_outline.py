"""Edges and lengths of a worn garment, measured against drawings whose truth is known."""

import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.garment import read_garment
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import make_wearer, warp_garment

SIZE = (576, 768)


def wearer_of(name):
    photo = np.asarray(draw_person(PERSON_STYLES[name], SIZE).image)
    body = perceive(photo)
    return make_wearer(photo, body, parse_person(photo, body))


def cut_out(style):
    return np.asarray(draw_garment(style, SIZE, background=None).image)


def warped(style, wearer):
    return warp_garment(read_garment(cut_out(style), style.category), wearer)


@pytest.mark.parametrize("name", ["ada", "femi"])
def test_both_hems_of_trousers_are_level_on_level_feet(name):
    legs = warped(GARMENT_STYLES["navy trousers"], wearer_of(name))
    hems = [np.flatnonzero(leg.mask.any(axis=1))[-1] for leg in legs]
    assert abs(int(hems[0]) - int(hems[1])) <= 0.003 * SIZE[1]
