import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from tryon_local.parsing.colours import fit_colours, k_means

samples = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.just(3)),
    elements=st.floats(-100, 100, width=32),
)


def two_colours():
    random = np.random.default_rng(1)
    centres = np.repeat(np.array([[30, 10, 0], [80, -10, 20]], dtype=np.float32), 200, axis=0)
    return centres + random.normal(0, 2, centres.shape).astype(np.float32)


@given(samples, st.integers(1, 6))
def test_every_sample_belongs_to_its_nearest_mean(lab, clusters):
    means, nearest = k_means(lab, clusters)
    distances = np.square(lab[:, None].astype(float) - means[None]).sum(axis=-1)
    chosen = distances[np.arange(len(lab)), nearest]
    assert (chosen <= distances.min(axis=1) * 1.001 + 0.1).all()


@given(samples, st.integers(1, 4))
def test_the_same_samples_give_the_same_clusters(lab, clusters):
    assert np.array_equal(k_means(lab, clusters)[0], k_means(lab.copy(), clusters)[0])


def test_two_colours_are_found():
    means, nearest = k_means(two_colours(), 2)
    assert sorted(means[:, 0]) == pytest.approx([30, 80], abs=1)
    assert np.bincount(nearest).tolist() == [200, 200]


def test_a_colour_of_the_model_costs_less_than_another():
    model = fit_colours(two_colours(), 2)
    lab = np.array([[30, 10, 0], [80, -10, 20], [55, 0, 10], [0, 60, -60]], dtype=np.float32)
    dark, light, between, far = model.cost(lab)
    assert max(dark, light) < between < far


def test_rare_colours_are_left_out():
    lab = np.vstack([two_colours(), np.full((3, 3), 99, dtype=np.float32)])
    model = fit_colours(lab, 4)
    assert model.weights.min() > 0.03
    assert model.cost(np.full((1, 3), 99, dtype=np.float32))[0] > 10


def test_one_sample_is_enough():
    model = fit_colours(np.array([[50, 0, 0]], dtype=np.float32), 4)
    assert model.means.tolist() == [[50, 0, 0]]
    assert np.isfinite(model.cost(np.zeros((2, 2, 3), dtype=np.float32))).all()
