"""Pictures with nobody and with two people."""

from PIL import ImageChops

from drawings import PERSON_STYLES, draw_nobody, draw_two_people


def test_nobody_is_a_picture_with_furniture():
    picture = draw_nobody((96, 128))
    assert picture.mode == "RGB"
    assert picture.size == (96, 128)
    assert len(picture.getcolors(96 * 128)) > 500


def test_two_people_stand_apart():
    ada, ben, femi = (PERSON_STYLES[name] for name in ("ada", "ben", "femi"))
    picture = draw_two_people(ada, ben, size=(128, 128))
    assert picture.size == (128, 128)
    other = draw_two_people(ada, femi, size=(128, 128))
    assert ImageChops.difference(picture, other).getbbox()[0] > 64


def test_scenes_are_the_same_every_time():
    assert draw_nobody((96, 128)).tobytes() == draw_nobody((96, 128)).tobytes()
    first, second = (draw_two_people(size=(96, 96)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
