import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Joint, Refused
from tryon_local.frame import body_frame
from tryon_local.perception import perceive

SIZE = (384, 512)


@pytest.fixture(scope="module")
def body(person):
    """The person of the tests, seen as an outline."""
    return perceive(np.asarray(person.image), backend="silhouette")


def refusal(rgb):
    with pytest.raises(Refused) as caught:
        perceive(rgb, backend="silhouette")
    return caught.value.code


@pytest.mark.parametrize("name", PERSON_STYLES)
def test_the_outline_is_that_of_the_person(name):
    drawn = draw_person(PERSON_STYLES[name], SIZE)
    body = perceive(np.asarray(drawn.image), backend="silhouette")
    mask, truth = body.mask > 0.5, np.asarray(drawn.masks["person"]) > 127
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9


def test_joints_lie_in_the_order_of_a_standing_body(body):
    heights = [
        body.at(joint)[1]
        for joint in (
            Joint.LEFT_EYE,
            Joint.NOSE,
            Joint.LEFT_MOUTH,
            Joint.LEFT_SHOULDER,
            Joint.LEFT_ELBOW,
            Joint.LEFT_HIP,
            Joint.LEFT_KNEE,
            Joint.LEFT_ANKLE,
        )
    ]
    assert heights == sorted(heights)


def test_shoulders_are_about_where_they_were_drawn(body, person):
    for name in ("left_shoulder", "right_shoulder"):
        away = np.hypot(*(body.at(Joint[name.upper()]) - person.joints[name]))
        assert away < 0.5 * body_frame(body).shoulders_px


def test_the_backend_always_warns(body):
    assert body.backend == "silhouette"
    assert "silhouette_only" in body.warnings


def test_two_outlines_are_refused(person):
    inside = np.asarray(person.masks["person"])[..., None] > 127
    one = np.where(inside, np.asarray(person.image), np.uint8(230))
    assert refusal(np.hstack([one, one[:, ::-1]])) == "several_people"


def test_a_busy_background_is_refused(person):
    noise = np.random.default_rng(5).integers(0, 255, (512, 384, 3), dtype=np.uint8)
    inside = np.asarray(person.masks["person"])[..., None] > 127
    assert refusal(np.where(inside, np.asarray(person.image), noise)) == "no_person"


def test_an_empty_image_is_refused():
    assert refusal(np.full((400, 300, 3), 200, dtype=np.uint8)) == "no_person"


def test_a_box_is_not_a_person():
    image = np.full((400, 300, 3), 220, dtype=np.uint8)
    image[50:350, 100:200] = (40, 60, 90)
    assert refusal(image) == "no_person"
