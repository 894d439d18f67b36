import numpy as np
import pytest

from tryon_local.imaging import disc_mask
from tryon_local.perception.backdrop import estimate_backdrop
from tryon_local.perception.silhouette_mask import corrected_by_colour


def lab_of(lightness):
    lab = np.zeros((*lightness.shape, 3), dtype=np.float32)
    lab[..., 0] = lightness
    return lab


@pytest.fixture
def scene():
    """A dark disc before a wall that grows lighter to the right, and where it is not."""
    wall = np.tile(np.linspace(60, 80, 160, dtype=np.float32), (120, 1))
    disc = disc_mask(wall.shape, np.array([80.0, 60.0]), 30)
    return lab_of(np.where(disc, np.float32(30), wall)), disc


def test_a_gradual_wall_is_continued_behind_the_object(scene):
    lab, disc = scene
    backdrop = estimate_backdrop(lab, ~disc_mask(disc.shape, np.array([80.0, 60.0]), 36))
    assert backdrop.plain
    assert (backdrop.difference[disc] > 25).all()
    assert np.median(backdrop.difference[~disc]) < backdrop.same


def test_a_busy_wall_is_not_plain(scene):
    lab, disc = scene
    noise = np.random.default_rng(4).normal(0, 12, lab.shape).astype(np.float32)
    assert not estimate_backdrop(lab + noise, ~disc).plain


def test_nothing_is_known_of_a_wall_that_cannot_be_seen(scene):
    lab, disc = scene
    assert not estimate_backdrop(lab, np.zeros_like(disc)).plain


def test_a_busy_wall_leaves_the_mask_of_the_network_alone(person):
    from tryon_local.perception import perceive

    body = perceive(np.asarray(person.image))
    noise = np.random.default_rng(6).uniform(0, 100, (*body.mask.shape, 3)).astype(np.float32)
    assert np.array_equal(corrected_by_colour(noise, body.mask, body), body.mask)
