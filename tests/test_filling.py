"""What a declared provider reads in answers."""

import json

import pytest

from tryon_core import HttpResponse
from tryon_core.filling import outputs_at

IMAGE = "https://cdn.vendor.example/1.png"


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
    body = json.dumps({"output": output}).encode()
    answer = HttpResponse(status=200, headers={}, body=body, url="https://vendor.example")
    assert outputs_at(answer, "output") == expected
    assert outputs_at(answer, lambda answer: answer.json()["output"]) == expected
