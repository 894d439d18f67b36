import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

from tryon_local.warp.layer import Pins, warp_piece
from tryon_local.warp.spline import fit_spline

GRID = np.stack(np.meshgrid([0, 50, 100, 150], [0, 60, 120]), axis=-1).reshape(-1, 2).astype(float)
OFFSETS = npst.arrays(float, GRID.shape, elements=st.floats(-20, 20, width=32))


@given(OFFSETS)
def test_control_points_are_met(offsets):
    target = GRID * 1.3 + 10 + offsets
    assert np.allclose(fit_spline(GRID, target).at(GRID), target, atol=0.01)


@given(npst.arrays(float, (3, 2), elements=st.floats(-3, 3, width=32)))
def test_an_affine_map_stays_affine(coefficients):
    elsewhere = np.array([[30.0, 200.0], [-70.0, 11.0]])

    def carried(points):
        return np.column_stack([np.ones(len(points)), points]) @ coefficients

    assert np.allclose(fit_spline(GRID, carried(GRID)).at(elsewhere), carried(elsewhere), atol=0.05)


def test_the_coarse_field_agrees_with_the_points():
    bent = GRID + np.sin(GRID[:, ::-1] / 40) * 8
    spline = fit_spline(GRID, bent)
    field = spline.field((10, 20, 90, 110))
    points = np.array([[12.0, 20.0], [55.0, 77.0], [89.0, 109.0]])
    for point, image in zip(points.astype(int), spline.at(points), strict=True):
        assert np.abs(field[point[1] - 20, point[0] - 10] - image).max() < 0.5


def test_a_ridge_smooths_an_outlier():
    target = GRID.copy()
    target[5] += 40
    missed = np.abs(fit_spline(GRID, target, ridge=1e-2).at(GRID) - target).max()
    assert missed > 1


def square(offset):
    corners = np.array([[0, 0], [40, 0], [0, 40], [40, 40]], np.float32)
    return Pins(garment=corners, person=corners + np.float32(offset))


def test_a_piece_lands_where_its_pins_are():
    rgb = np.full((41, 41, 3), 90, np.uint8)
    alpha = np.ones((41, 41), np.float32)
    layer = warp_piece("torso", rgb, alpha, square((30, 20)), shape=(100, 120), reach_px=8, ridge=0)
    rows, columns = np.nonzero(layer.mask)
    box = columns.min(), rows.min(), columns.max(), rows.max()
    assert box == pytest.approx((30, 20, 70, 60), abs=2)
    assert layer.rgb[40, 50] == pytest.approx(90)


def test_a_piece_outside_the_photo_is_empty():
    rgb = np.full((41, 41, 3), 90, np.uint8)
    alpha = np.ones((41, 41), np.float32)
    layer = warp_piece(
        "torso", rgb, alpha, square((500, 20)), shape=(100, 120), reach_px=8, ridge=0
    )
    assert not layer.alpha.any()
