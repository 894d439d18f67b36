import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Joint, Refused
from tryon_local.frame import body_frame
from tryon_local.perception import ModelsMissingError, networks, perceive

SIZE = (384, 512)


@pytest.fixture(scope="module", params=PERSON_STYLES)
def drawn(request):
    """Each of the drawn people, as large as the networks' crops."""
    return draw_person(PERSON_STYLES[request.param], SIZE)


@pytest.fixture(scope="module")
def photo(person):
    """One drawn person as an array."""
    return np.asarray(person.image)


def side_by_side(*photos):
    return np.hstack([np.asarray(photo) for photo in photos])


def refusal(rgb, **options):
    with pytest.raises(Refused) as caught:
        perceive(rgb, **options)
    assert caught.value.role == "person"
    return caught.value.code


def test_joints_are_where_they_were_drawn(drawn):
    body = perceive(np.asarray(drawn.image))
    unit = body_frame(body).shoulders_px
    for name, place in drawn.joints.items():
        if name.upper() in Joint.__members__:
            away = np.hypot(*(body.at(Joint[name.upper()]) - place))
            assert away < 0.35 * unit, name


def test_the_mask_is_the_person_that_was_drawn(drawn):
    mask = perceive(np.asarray(drawn.image)).mask > 0.5
    truth = np.asarray(drawn.masks["person"]) > 127
    assert (mask & truth).sum() / (mask | truth).sum() > 0.95


def test_a_drawn_person_gives_no_warnings(drawn):
    body = perceive(np.asarray(drawn.image))
    assert body.warnings == ()
    assert body.backend == "blazepose"


def test_left_is_left_in_the_image_for_a_mirrored_person_too(photo):
    for rgb in (photo, np.ascontiguousarray(photo[:, ::-1])):
        body = perceive(rgb)
        for part in ("SHOULDER", "HIP", "EYE"):
            assert body.at(Joint[f"LEFT_{part}"])[0] < body.at(Joint[f"RIGHT_{part}"])[0]


def test_the_body_is_given_in_the_resolution_of_the_photo(person, photo):
    large = np.asarray(person.image.resize((1200, 1600)))
    body, small = perceive(large), perceive(photo)
    assert body.mask.shape == (1600, 1200)
    assert body.joints[7:] == pytest.approx(small.joints[7:] * 3.125, abs=25)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_photo_gives_the_same_bytes(photo, threads):
    once, again = perceive(photo), perceive(photo, num_threads=threads)
    for name in ("joints", "visibility", "depth", "mask"):
        assert getattr(once, name).tobytes() == getattr(again, name).tobytes()


def test_threads_may_share_the_networks(photo):
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    alone = [perceive(rgb).joints for rgb in (photo, mirrored)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda rgb: perceive(rgb).joints, [photo, mirrored] * 4))
    for index, joints in enumerate(together):
        assert np.array_equal(joints, alone[index % 2])


def test_two_people_are_refused(photo):
    assert refusal(side_by_side(photo, photo[:, ::-1])) == "several_people"


def test_three_people_are_counted(photo):
    with pytest.raises(Refused, match="3 people"):
        perceive(side_by_side(photo, photo[:, ::-1], photo))


def test_a_small_figure_in_the_background_does_not_count(person, photo):
    small = person.image.resize((96, 128))
    image = Image.fromarray(side_by_side(photo, np.full_like(photo[:, :120], photo[5, 5])))
    image.paste(small, (390, 300))
    body = perceive(np.asarray(image))
    assert body.at(Joint.NOSE)[0] < 384
    assert not body.mask[:, 400:].any()


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_image_has_no_person(value):
    assert refusal(np.full((300, 200, 3), value, dtype=np.uint8)) == "no_person"


def test_a_garment_is_not_a_person(bottom):
    assert refusal(np.asarray(bottom.image.convert("RGB"))) == "no_person"


def test_a_photo_without_legs_is_taken_with_a_warning(photo):
    assert "pose_unusual" in perceive(np.ascontiguousarray(photo[:200])).warnings


def test_a_photo_that_ends_above_the_shoulders_is_refused(person):
    shoulders_y = person.joints["left_shoulder"][1]
    head = np.asarray(person.image)[: int(shoulders_y) - 18]
    assert refusal(np.ascontiguousarray(head)) == "person_cut_off"


def test_without_networks_the_outline_must_do(photo, monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    body = perceive(photo)
    assert body.backend == "silhouette"
    assert "silhouette_only" in body.warnings


def test_who_insists_on_the_networks_is_told_that_they_are_missing(photo, monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    with pytest.raises(ModelsMissingError, match="silhouette"):
        perceive(photo, backend="blazepose")


@pytest.fixture
def real_people(eval_people):
    """Photos of one person each."""
    return [np.asarray(Image.open(path).convert("RGB")) for path in eval_people]


@pytest.mark.eval
def test_real_people_are_found_without_warnings(real_people):
    assert [perceive(photo).warnings for photo in real_people] == [()] * len(real_people)


@pytest.mark.eval
def test_pairs_of_real_people_are_refused(real_people):
    pairs = itertools.pairwise(real_people)
    assert {refusal(side_by_side(*pair)) for pair in pairs} == {"several_people"}
