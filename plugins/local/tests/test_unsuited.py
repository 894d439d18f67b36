"""Garments that cannot be put on are refused; those that look a little like them are drawn."""

import attrs
import cv2
import numpy as np
import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, GarmentStyle, draw_garment, draw_person
from tryon_local import engine
from tryon_local.body import Joint, Refused
from tryon_local.engine import dress_person
from tryon_local.garment import read_garment
from tryon_local.perception import perceive

OFF_SHOULDER = (
    [(20, 60), (280, 60), (300, 170), (240, 180), (228, 120), (235, 280)],
    [(65, 280), (72, 120), (60, 180), (0, 170)],
)
HANGING_SLEEVES = (
    [(110, 40), (125, 52), (175, 52), (190, 40), (215, 60), (248, 100), (260, 160), (285, 330)],
    [(15, 330), (40, 160), (52, 100), (85, 60)],
)
VEST = (
    [(105, 40), (125, 90), (175, 90), (195, 40), (225, 44), (228, 100), (245, 130), (245, 330)],
    [(55, 330), (55, 130), (72, 100), (75, 44)],
)


def points_of(outline, shift=(5, 10)):
    points = np.array([point for part in outline for point in part], np.int32)
    return np.add(points, shift, dtype=np.int32)


def image_of(outline):
    image = np.full((380, 310, 3), 250, np.uint8)
    cv2.fillPoly(image, [points_of(outline)], (150, 40, 60))
    return image


@pytest.mark.parametrize(
    ("outline", "why"),
    [(OFF_SHOULDER, "shoulders bare"), (HANGING_SLEEVES, "sleeves cannot be told")],
    ids=["off the shoulder", "hanging sleeves"],
)
def test_a_garment_without_shoulders_or_armpits_is_refused_unless_forced(person, outline, why):
    photo = np.asarray(person.image)
    with pytest.raises(
        Refused, match=f"top: the garment would be drawn wrongly: .*{why}"
    ) as caught:
        dress_person(photo, {"top": image_of(outline)})
    assert caught.value.code == "garment_unsuited"
    assert dress_person(photo, {"top": image_of(outline)}, force=True).edit_mask.any()


def test_a_vest_can_be_put_on():
    assert not read_garment(image_of(VEST), "top").obstacle


@pytest.mark.parametrize("name", GARMENT_STYLES)
def test_no_drawn_garment_is_refused(name):
    style = GARMENT_STYLES[name]
    image = np.asarray(draw_garment(style, (384, 512)).image)
    assert not read_garment(image, style.category).obstacle


def test_the_sharp_shadow_of_a_coloured_garment_is_no_garment():
    image = np.full((380, 310, 3), 250, np.uint8)
    points = points_of(VEST)
    cv2.fillPoly(image, [points_of(VEST, (10, 14))], (185, 185, 187))
    cv2.fillPoly(image, [points], (90, 30, 150))
    truth = np.zeros((380, 310), np.uint8)
    cv2.fillPoly(truth, [points], 255)
    found = read_garment(image, "top")
    cut = read_garment(np.dstack([image, truth]), "top")
    assert abs(float(found.alpha.sum()) / float(cut.alpha.sum()) - 1) < 0.02


def test_the_front_of_a_neckline_is_found_below_a_back_that_is_cut_low_too():
    image = np.full((380, 310, 3), 250, np.uint8)
    cv2.fillPoly(image, [points_of(VEST)], (90, 150, 90))
    front = np.zeros((380, 310), np.uint8)
    cv2.ellipse(front, (155, 50), (45, 72), 0, 0, 180, 255, -1)
    image[(front > 0) & (image[..., 0] < 250)] = (25, 50, 25)
    found = read_garment(image, "top")
    assert found.landmarks.collar_y - found.landmarks.necks[:, 1].mean() > 120


@pytest.mark.parametrize(("sleeves", "is_refused"), [("long", True), ("short", False)])
def test_long_sleeves_are_refused_on_a_bent_arm_unless_forced(monkeypatch, sleeves, is_refused):
    style = attrs.evolve(PERSON_STYLES["ivan"], left_arm="hip", top=GARMENT_STYLES["coral tee"])
    photo = np.asarray(draw_person(style, (384, 512)).image)
    body = perceive(photo)
    joints = body.joints.copy()
    x, y = joints[Joint.LEFT_ELBOW]
    joints[Joint.LEFT_WRIST] = x + 0.3 * (joints[Joint.RIGHT_SHOULDER, 0] - x), y + 4
    sharply_bent = attrs.evolve(body, joints=joints)
    monkeypatch.setattr(engine, "perceive", lambda *_args, **_options: sharply_bent)
    top = GarmentStyle("top", (36, 132, 66), sleeves=sleeves)
    flat = np.asarray(draw_garment(top, (384, 512), background=None).image)
    if not is_refused:
        assert dress_person(photo, {"top": flat}).edit_mask.any()
        return
    with pytest.raises(Refused, match="person: an arm is bent, and the long sleeves") as caught:
        dress_person(photo, {"top": flat})
    assert caught.value.code == "pose_unsuited"
    assert dress_person(photo, {"top": flat}, force=True).edit_mask.any()
