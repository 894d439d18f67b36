"""The astronaut of scikit-image, where that is installed."""

import importlib.util

import numpy as np
import pytest

from drawings import GARMENT_STYLES, draw_garment
from tryon_local.body import Label
from tryon_local.demo import scenes
from tryon_local.garment import read_garment
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import warp_garment
from wearers import wearer_in


@pytest.fixture
def astronaut():
    """Head and shoulders; the collar of the suit is black, the hair is fair."""
    found = scenes.portrait()
    if found is None:
        pytest.skip("scikit-image is not installed")
    return np.asarray(found)


def test_without_scikit_image_there_is_no_portrait(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert scenes.portrait() is None


def test_a_black_collar_is_no_hair_of_a_fair_person(astronaut):
    labels = parse_person(astronaut, perceive(astronaut)).labels
    throat = labels[470:, 200:420]
    assert (throat == Label.HAIR).mean() < 0.05
    assert (throat == Label.UPPER).mean() > 0.9


def test_a_top_lies_on_shoulders_that_hair_and_a_lean_hide_in_part(astronaut):
    worn = wearer_in(astronaut)
    pullover = np.asarray(draw_garment(GARMENT_STYLES["striped pullover"]).image)
    layers = warp_garment(read_garment(pullover, "top"), worn)
    covered = np.max([layer.alpha for layer in layers], axis=0) > 0.5
    columns = np.arange(90, 150, 5)
    outline = worn.labelled(Label.UPPER)[:, columns].argmax(axis=0)
    assert np.abs(covered[:, columns].argmax(axis=0) - outline).max() < 8
