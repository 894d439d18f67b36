"""The astronaut of scikit-image, where that is installed."""

import importlib.util

import numpy as np
import pytest

from tryon_local.body import Label
from tryon_local.demo import scenes
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive


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
