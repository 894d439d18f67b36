from pathlib import Path

import pytest

from tryon_aidge.declaration import Options
from tryon_core import BytesSource, PathSource, UrlSource, errors

URL = "https://shop.example/a.jpg"


def test_one_image_is_made_by_default():
    assert Options().generate_count == 1


def test_further_photos_come_alone_or_in_a_list():
    assert Options(more_photos="a.png").more_photos == (PathSource(Path("a.png")),)
    several = Options(more_photos=[URL, b"data", Path("b.png")])
    assert [type(entry) for entry in several.more_photos] == [UrlSource, BytesSource, PathSource]


def test_options_come_as_text_from_a_command_line(client):
    given = {
        "generate_count": "3",
        "view_type": "mixed",
        "input_quality_detect": "true",
        "more_photos": URL,
        "detect_garment_type": "no",
    }
    assert client.request(URL, top=URL, options=given).options == Options(
        generate_count=3,
        view_type="mixed",
        input_quality_detect=True,
        more_photos=(UrlSource(URL),),
    )


@pytest.mark.parametrize(
    "given",
    [
        {"generate_count": "many"},
        {"view_type": "sideways"},
        {"input_quality_detect": "perhaps"},
        {"more_photos": [3]},
    ],
    ids=str,
)
def test_a_value_of_another_type_is_named(client, given):
    (name,) = given
    with pytest.raises(errors.UnknownOption, match=name):
        client.request(URL, top=URL, options=given)


@pytest.mark.parametrize(
    "given",
    [
        {"generate_count": "3"},
        {"generate_count": True},
        {"view_type": None},
        {"input_quality_detect": 1},
        {"detect_garment_type": "no"},
    ],
    ids=str,
)
def test_options_that_are_built_directly_are_checked_too(client, given):
    (name,) = given
    with pytest.raises(errors.UnknownOption, match=name):
        client.request(URL, top=URL, options=Options(**given))
