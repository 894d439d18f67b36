"""Edges and lengths of a worn garment, measured against drawings whose truth is known."""

import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local.engine import dress_person
from tryon_local.garment import read_garment
from tryon_local.warp import warp_garment
from wearers import wearer_in

SIZE = (576, 768)
BLUE = GarmentStyle("top", (40, 70, 190), sleeves="long")


def wearer_of(name):
    photo = np.asarray(draw_person(PERSON_STYLES[name], SIZE).image)
    return wearer_in(photo)


def cut_out(style):
    return np.asarray(draw_garment(style, SIZE, background=None).image)


def warped(style, wearer):
    return warp_garment(read_garment(cut_out(style), style.category), wearer)


@pytest.mark.parametrize("name", ["ada", "femi"])
def test_both_hems_of_trousers_are_level_on_level_feet(name):
    legs = warped(GARMENT_STYLES["navy trousers"], wearer_of(name))
    hems = [np.flatnonzero(leg.mask.any(axis=1))[-1] for leg in legs]
    assert abs(int(hems[0]) - int(hems[1])) <= 0.003 * SIZE[1]


def test_hands_come_out_of_the_cuffs_and_do_not_cover_them():
    person = draw_person(PERSON_STYLES["femi"], SIZE)
    photo = np.asarray(person.image)
    preview = dress_person(photo, {"top": cut_out(BLUE)})
    sleeves = warped(BLUE, wearer_of("femi"))[1:]
    for sleeve in sleeves:
        cuff = sleeve.alpha > 0.98
        cuff[: np.flatnonzero(cuff.any(axis=1))[-1] - 40] = False
        red, _green, blue = np.moveaxis(preview.image[cuff].astype(int), -1, 0)
        assert (red > blue).mean() < 0.005


def test_bare_arms_take_the_place_of_wide_sleeves():
    style = PERSON_STYLES["ivan"]
    photo = np.asarray(draw_person(style, SIZE).image)
    preview = dress_person(photo, {"top": cut_out(GARMENT_STYLES["emblem tee"])})
    truth = draw_person(attrs.evolve(style, top=GARMENT_STYLES["emblem tee"]), SIZE)
    hoodie = np.asarray(draw_person(style, SIZE).masks["top"]) > 0
    freed = hoodie & (np.asarray(truth.masks["person"]) == 0)
    assert _skin_share(preview.image, freed) < 0.28
    above_shoulders = freed.copy()
    above_shoulders[round(truth.joints["left_shoulder"][1]) :] = False
    # A neck widens towards the shoulders.
    assert _skin_share(preview.image, above_shoulders) < 0.5
    assert max(_roughness(preview.image, truth.joints, side) for side in ("left", "right")) < 0.19


def _skin_share(image, where):
    """Return how much of an area that shows the wall is painted as skin."""
    red, _green, blue = np.moveaxis(image[where].astype(int), -1, 0)
    return float((red - blue > 40).mean())


def _roughness(image, joints, side):
    """Return how far the outer edge of a forearm strays from a smooth line, in pixels RMS."""
    first, last = (round(joints[f"{side}_{name}"][1]) for name in ("elbow", "wrist"))
    x = round(joints[f"{side}_elbow"][0])
    rows = np.arange(first + 8, last - 20)
    outer = image[rows, x - 45 : x] if side == "left" else image[rows, x : x + 45][:, ::-1]
    tint = outer[..., 0].astype(float) - outer[..., 2]
    edges = np.clip(tint / 40, 0, 1)[:, ::-1].cumprod(axis=1).sum(axis=1)
    smooth = np.polyval(np.polyfit(rows, edges, 3), rows)
    return float(np.sqrt(np.mean((edges - smooth) ** 2)))
