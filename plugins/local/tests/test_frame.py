import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from bodies import standing_body
from tryon_local import frame
from tryon_local.body import Joint

numbers = st.floats(-2, 2)


def test_heights_run_from_the_shoulders_to_the_hips():
    body = standing_body()
    of_body = frame.body_frame(body)
    assert of_body.point(0, 0) == pytest.approx((200, 160))
    assert of_body.point(1, 0) == pytest.approx((200, 300))
    assert of_body.point(0, 0.5) == pytest.approx(body.at(Joint.RIGHT_SHOULDER))


@given(numbers, numbers, st.floats(-50, 50), st.floats(-50, 50))
def test_coordinates_invert_point_for_any_posture(height, lateral, shift, tilt):
    of_body = frame.body_frame(
        standing_body(left_hip=(170 + shift, 300 + tilt), right_shoulder=(250, 160 + tilt))
    )
    back = of_body.coordinates(of_body.point(height, lateral))
    assert np.array(back) == pytest.approx([height, lateral], abs=1e-3)


def test_a_row_is_the_points_at_its_laterals():
    of_body = frame.body_frame(standing_body(right_shoulder=(250, 170)))
    laterals = np.linspace(-0.7, 0.8, 9, dtype=np.float32)
    points = [of_body.point(0.3, float(lateral)) for lateral in laterals]
    assert np.array_equal(of_body.row(0.3, laterals), points)


def test_the_grid_gives_the_coordinates_of_every_pixel():
    of_body = frame.body_frame(standing_body(left_hip=(160, 310)))
    height, lateral = of_body.grid((600, 400))
    one = of_body.coordinates(np.array([37.0, 411.0]))
    assert np.array(one) == pytest.approx([height[411, 37], lateral[411, 37]], abs=1e-4)


@given(st.floats(0.3, 3), st.floats(-0.6, 0.6))
def test_turning_and_scaling_a_body_turns_and_scales_its_frame(scale, angle):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    body = standing_body()
    turned = attrs.evolve(body, joints=(body.joints @ turn.T).astype(np.float32))
    before, after = frame.body_frame(body), frame.body_frame(turned)
    assert after.torso_px == pytest.approx(scale * before.torso_px, rel=1e-3)
    assert after.point(0.7, 0.3) == pytest.approx(turn @ before.point(0.7, 0.3), abs=0.05)


def test_narrow_shoulders_do_not_make_the_lateral_unit_vanish():
    of_body = frame.body_frame(standing_body(left_shoulder=(200, 160), right_shoulder=(200, 160)))
    assert of_body.shoulders_px == pytest.approx(0.55 * of_body.torso_px)
    assert np.isfinite(of_body.grid((10, 10))).all()


def test_a_torso_seen_end_on_still_has_a_frame():
    place = (200, 200)
    of_body = frame.body_frame(
        standing_body(left_shoulder=place, right_shoulder=place, left_hip=place, right_hip=place)
    )
    assert np.isfinite(of_body.coordinates(np.array([3.0, 4.0]))).all()


def test_the_chin_is_as_far_below_the_mouth_as_the_nose_is_above():
    assert frame.body_frame(standing_body()).chin == pytest.approx((200, 118))


def test_limbs_start_at_the_trunk():
    body = standing_body()
    assert frame.arm(body, frame.LEFT)[0] == pytest.approx(body.at(Joint.LEFT_SHOULDER))
    assert frame.leg(body, frame.RIGHT)[2] == pytest.approx(body.at(Joint.RIGHT_ANKLE))
    assert frame.hand(body, frame.RIGHT)[0] == pytest.approx(body.at(Joint.RIGHT_WRIST))


def test_a_point_along_a_chain_counts_the_length_of_all_parts():
    chain = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 30.0]], dtype=np.float32)
    assert frame.along(chain, 0.0) == pytest.approx((0, 0))
    assert frame.along(chain, 0.5) == pytest.approx((10, 10))
    assert frame.along(chain, 1.0) == pytest.approx((10, 30))


def test_many_shares_of_a_chain_give_the_points_of_each():
    chain = np.array([[3, 4], [20, 31], [22, 77]], dtype=np.float32)
    shares = np.array([0, 0.2, 0.5, 0.9, 1], dtype=np.float32)
    points = [frame.along(chain, float(share)) for share in shares]
    assert np.array_equal(frame.along(chain, shares), points)


def test_resizing_a_body_there_and_back_changes_nothing():
    body = standing_body()
    back = frame.resized_body(frame.resized_body(body, 133, 250), 400, 600)
    assert back.joints == pytest.approx(body.joints, abs=1e-3)
    assert back.mask.shape == body.mask.shape
