"""What a declared provider reads in answers."""

import base64
import json

import pytest

from tryon_core import HttpResponse, result_at
from tryon_core.errors import UnexpectedResponse
from tryon_core.filling import outputs_at

IMAGE = "https://cdn.vendor.example/1.png"
INLINE = base64.b64encode(b"\x89PNG\r\n\x1a\n, then the rest").decode()
PLACES = ["url", "base64", "images[].url"]


def _answer(**body):
    data = json.dumps(body).encode()
    return HttpResponse(status=200, headers={}, body=data, url="https://vendor.example")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ([IMAGE, IMAGE], [IMAGE, IMAGE]),
        (IMAGE, [IMAGE]),
        ({"images": [IMAGE]}, [IMAGE]),
        ([{"url": IMAGE}], [IMAGE]),
        ([], []),
        (None, []),
        ([None, IMAGE], [IMAGE]),
    ],
)
def test_a_function_gives_images_in_the_same_forms_as_a_place(output, expected):
    answer = _answer(output=output)
    assert outputs_at(answer, "output") == expected
    assert outputs_at(answer, lambda answer: answer.json()["output"]) == expected


@pytest.mark.parametrize(
    "empty", ["", "  ", None, [], {}, [""], [None], False, 0, "pending", "<no>"]
)
def test_what_is_no_image_at_one_place_hides_none_at_another(empty):
    assert outputs_at(_answer(url=empty, base64=INLINE), PLACES) == [INLINE]
    several = _answer(url=empty, base64=empty, images=[{"url": ""}, {"url": IMAGE}])
    assert outputs_at(several, PLACES) == ["", IMAGE]


def test_the_first_place_with_an_image_counts():
    assert outputs_at(_answer(base64=INLINE, url=IMAGE), PLACES) == [IMAGE]


def test_an_image_of_an_unknown_kind_is_better_than_no_image():
    unknown = base64.b64encode(bytes(range(128, 256))).decode()
    assert outputs_at(_answer(url="<no>", base64=unknown), PLACES) == [unknown]


def test_where_no_place_has_an_image_the_first_that_has_anything_is_told():
    with pytest.raises(UnexpectedResponse, match=r"str of 1 letters.*response\.url or base64"):
        result_at(_answer(url="?", base64="!!"), PLACES)
    with pytest.raises(UnexpectedResponse, match=r"it has nothing @ response\.url or "):
        result_at(_answer(url=None), PLACES)


def test_one_image_that_cannot_be_read_does_not_lose_the_others():
    result = result_at(_answer(images=[{"url": ""}, {"url": IMAGE}]), PLACES)
    assert [image.source.url for image in result.images] == [IMAGE]
    assert [notice.code for notice in result.notices] == ["output_unreadable"]
