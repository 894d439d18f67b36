"""Skin is told from what only looks like it: dark cloth, prints, sequins."""

import numpy as np
import pytest

from tryon_local.parsing.skin import SKIN_LIKE, _sample, print_cost, skin_distance

FACE = np.array([50.0, 20.0, 24.0], np.float32)
BLACK_CLOTH = np.array([9.0, 0.0, 1.0], np.float32)


def _pixels(colour, count=400, spread=3.0):
    noise = np.random.default_rng(3).normal(0, spread, (count, 3))
    return (colour + noise).astype(np.float32)


def test_a_hand_on_black_cloth_does_not_make_the_cloth_skin():
    mixed = np.vstack([_pixels(FACE), _pixels(BLACK_CLOTH, 250)])
    tone = _sample(mixed)
    distance = skin_distance([tone], _pixels(BLACK_CLOTH, spread=1.0))
    assert np.median(distance) > SKIN_LIKE
    assert np.median(skin_distance([tone], _pixels(FACE, spread=1.0))) < SKIN_LIKE


@pytest.mark.parametrize("colour", [(9.0, 1.0, 2.5), (60.0, 3.0, 4.0)])
def test_a_sample_without_colour_is_no_skin(colour):
    assert _sample(_pixels(np.array(colour, np.float32), spread=0.5)) is None


def test_a_leopard_print_costs_more_than_skin_and_the_edge_of_an_arm_does_not():
    lab = np.zeros((160, 200, 3), np.float32)
    lab[..., 0] = 70
    lab[:, :60, 0] = 95  # a wall beside an arm
    tiles = (np.indices((160, 100)) // 4).sum(axis=0) % 2
    lab[:, 100:, 0] = np.where(tiles, 70, 25)
    cost = print_cost(lab, 80.0)
    assert cost[40:120, 125:175].min() > 8
    assert cost[40:120, 20:80].max() == 0
