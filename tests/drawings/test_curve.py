"""Curves and tubes."""

import math

import pytest
from hypothesis import given, strategies as st

from drawings.canvas import ellipse, interpolate, mirror, smooth, tube

coordinates = st.floats(-10, 10)
points = st.tuples(coordinates, coordinates)


@given(st.lists(points, min_size=2, max_size=6, unique=True))
def test_a_smooth_curve_passes_through_all_its_points(path):
    curve = smooth(path, steps=5)
    assert len(curve) == 5 * (len(path) - 1) + 1
    for point, passed in zip(path, curve[::5], strict=True):
        assert passed == pytest.approx(point, abs=1e-6)


def test_a_smooth_curve_through_a_line_is_that_line():
    for x, y in smooth([(0, 0), (1, 2), (2, 4), (5, 10)]):
        assert y == pytest.approx(2 * x)


@given(st.lists(points))
def test_mirroring_twice_changes_nothing(path):
    assert mirror(mirror(path)) == path


def test_an_ellipse_turned_by_a_right_angle_swaps_its_radii():
    path = ellipse((1.0, 2.0), (3.0, 1.0), angle=math.pi / 2)
    assert max(x for x, _ in path) == pytest.approx(2.0, abs=0.01)
    assert max(y for _, y in path) == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize(("end", "reach"), [(True, 12.0), (False, 10.0)])
def test_a_tube_ends_round_or_straight(end, reach):
    shapes = tube([(0.0, 0.0, 2.0), (5.0, 0.0, 2.0), (10.0, 0.0, 2.0)], end=end)
    assert max(x for shape in shapes for x, _ in shape) == pytest.approx(reach)
    assert max(y for shape in shapes for _, y in shape) == pytest.approx(2.0)


def test_interpolation_is_linear_inside_and_constant_outside():
    table = [(0.0, 1.0), (2.0, 5.0)]
    assert [interpolate(table, x) for x in (-1.0, 0.5, 2.0, 9.0)] == [1.0, 2.0, 5.0, 5.0]
