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


@pytest.mark.parametrize("upright", [True, False])
def test_ribs_too_fine_for_the_photo_become_even_cloth_and_no_moire(upright):
    stripes = np.where(np.arange(240) % 4 < 2, 230, 90).astype(np.uint8)
    rgb = np.repeat(np.broadcast_to(stripes, (240, 240))[..., None], 3, axis=2)
    rgb = np.ascontiguousarray(rgb if upright else rgb.transpose(1, 0, 2))
    corners = np.array([[x, y] for x in (0.0, 120.0, 239.0) for y in (0.0, 120.0, 239.0)])
    pins = Pins(garment=corners.astype(np.float32), person=(corners * 0.47 + 5).astype(np.float32))
    whole = np.ones((240, 240), np.float32)
    layer = warp_piece("torso", rgb, whole, pins, shape=(130, 130), reach_px=4, ridge=0)
    assert layer.rgb[20:100, 20:100].std() < 25


def test_a_garment_drawn_at_its_own_size_stays_sharp():
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[:, 50:] = 255
    corners = np.array([[x, y] for x in (0.0, 50.0, 99.0) for y in (0.0, 50.0, 99.0)], np.float32)
    pins = Pins(garment=corners, person=corners + 10)
    layer = warp_piece(
        "torso", rgb, np.ones((100, 100), np.float32), pins, shape=(120, 120), reach_px=4, ridge=0
    )
    edge = layer.rgb[60, 50:70, 0]
    assert ((edge > 20) & (edge < 235)).sum() <= 1
