import attrs
import numpy as np
import pytest

from bodies import hidden, standing_body
from tryon_local.body import Joint
from tryon_local.frame import arm
from tryon_local.perception.posture import (
    is_cut_off,
    is_unusual,
    obstacle,
    with_hanging_forearms,
)

UNUSUAL = {
    "arms crossed": standing_body(left_wrist=(215, 230), right_wrist=(185, 230)),
    "hand on the chest": standing_body(right_wrist=(205, 200)),
    "seated": standing_body(left_knee=(150, 330), right_knee=(250, 330)),
    "from the side": standing_body(left_shoulder=(190, 160), right_shoulder=(212, 160)),
    "leaning": standing_body(left_hip=(290, 280), right_hip=(350, 280)),
    "hips below the photo": standing_body(left_hip=(170, 640), right_hip=(230, 640)),
    "a shoulder beside the photo": standing_body(left_shoulder=(-9, 160)),
    "hips hidden": hidden(standing_body(), Joint.LEFT_HIP, Joint.RIGHT_HIP),
}


def test_standing_upright_is_usual():
    assert not is_unusual(standing_body(), facing=True)


def test_a_hand_on_the_hip_is_usual():
    akimbo = standing_body(right_elbow=(310, 230), right_wrist=(245, 285))
    assert not is_unusual(akimbo, facing=True)


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual(name):
    assert is_unusual(UNUSUAL[name], facing=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("arms crossed", "in front of the chest"),
        ("hand on the chest", "in front of the chest"),
        ("seated", "sits"),
        ("from the side", "from the side"),
        ("leaning", "does not stand upright"),
    ],
)
def test_a_pose_that_cannot_be_dressed_is_an_obstacle_with_its_reason(name, why):
    assert why in obstacle(UNUSUAL[name], facing=True)


@pytest.mark.parametrize("name", ["hips below the photo", "a shoulder beside the photo"])
def test_an_unusual_pose_that_can_be_tried_is_no_obstacle(name):
    assert obstacle(UNUSUAL[name], facing=True) == ""


def test_a_person_seen_from_behind_is_an_obstacle():
    assert "behind" in obstacle(standing_body(), facing=False)
    assert obstacle(standing_body(), facing=True) == ""


def test_hands_hidden_in_folded_arms_are_before_the_chest():
    folded = standing_body(
        left_elbow=(152, 230), right_elbow=(248, 230), left_wrist=(170, 290), right_wrist=(230, 290)
    )
    assert obstacle(folded, facing=True) == ""
    unseen = hidden(folded, Joint.LEFT_WRIST, Joint.RIGHT_WRIST)
    assert "in front of the chest" in obstacle(unseen, facing=True)
    behind = standing_body(
        left_elbow=(125, 230), right_elbow=(275, 230), left_wrist=(170, 290), right_wrist=(230, 290)
    )
    assert obstacle(hidden(behind, Joint.LEFT_WRIST, Joint.RIGHT_WRIST), facing=True) == ""


def test_seen_from_behind_is_unusual():
    assert is_unusual(standing_body(), facing=False)


def test_a_shoulder_far_nearer_than_the_other_is_a_view_from_the_side():
    body = standing_body()
    depth = np.zeros_like(body.depth)
    depth[Joint.LEFT_SHOULDER] = -150
    assert is_unusual(attrs.evolve(body, depth=depth), facing=True)


def test_knees_below_the_photo_do_not_make_a_person_seated():
    body = standing_body(left_knee=(170, 310), right_knee=(230, 310))
    assert not is_unusual(hidden(body, Joint.LEFT_KNEE, Joint.RIGHT_KNEE), facing=True)


def test_a_photo_of_a_head_alone_is_cut_off():
    assert is_cut_off(standing_body(left_shoulder=(150, 620), right_shoulder=(250, 610)))


def test_one_shoulder_in_the_photo_is_not_cut_off():
    assert not is_cut_off(standing_body(left_shoulder=(-20, 160)))


def test_a_forearm_goes_on_straight_where_the_elbow_is_out_of_the_photo():
    body = standing_body(right_elbow=(300, 700), right_wrist=(250, 560))
    seen = with_hanging_forearms(body)
    shoulder, elbow, wrist = arm(seen, 1)
    upper_arm, forearm = elbow - shoulder, wrist - elbow
    assert upper_arm @ forearm == pytest.approx(np.hypot(*upper_arm) * np.hypot(*forearm))
    assert np.hypot(*forearm) == pytest.approx(np.hypot(50, 140))
    assert np.array_equal(arm(seen, 0), arm(body, 0))


def test_a_bent_forearm_that_is_seen_stays_bent():
    akimbo = standing_body(right_elbow=(310, 230), right_wrist=(245, 285))
    assert np.array_equal(with_hanging_forearms(akimbo).joints, akimbo.joints)
