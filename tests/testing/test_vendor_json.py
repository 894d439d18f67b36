import contextlib
import copy
import json

import pytest
from hypothesis import find, given, settings

from tryon_core import errors
from tryon_core.http import HttpResponse
from tryon_testing.vendor_json import (
    PAGES,
    STRANGE,
    paths,
    replaced,
    vendor_bodies,
    vendor_json,
)

SAMPLE = {"job_id": "j-1", "status": "done", "images": [{"url": "http://x.example/1", "px": 3}]}


def test_every_part_has_a_path():
    assert list(paths(SAMPLE)) == [
        (),
        ("job_id",),
        ("status",),
        ("images",),
        ("images", 0),
        ("images", 0, "url"),
        ("images", 0, "px"),
    ]


def test_a_part_is_replaced_in_a_copy():
    before = copy.deepcopy(SAMPLE)
    assert replaced(SAMPLE, ("images", 0, "px"), None)["images"][0]["px"] is None
    assert replaced(SAMPLE, (), 5) == 5
    assert before == SAMPLE


@given(vendor_json(SAMPLE))
def test_drawn_replies_can_be_sent_and_leave_the_sample_alone(value):
    assert isinstance(json.dumps(value), str)
    assert SAMPLE["images"] == [{"url": "http://x.example/1", "px": 3}]


SMALL = {"urls": ["u"]}
FAULTS = {
    "null": None,
    "null inside": {"urls": [None]},
    "huge number": {"urls": 10**400},
    "half a surrogate": {"urls": ["\ud800"]},
    "missing": {},
    "extra": SMALL | {"x_new": {"since": [2027]}},
    "doubled": {"urls": ["u", "u"]},
    "as text": {"urls": '["u"]'},
}


def _drawn(strategy, *, examples):
    seen = []

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(strategy)
    def collect(value):
        seen.append(value)

    collect()
    return seen


def _find(wanted):
    # It ends with the first that is found; what is not drawn at all is `NoSuchExample`.
    rules = settings(max_examples=50_000, deadline=None, derandomize=True, database=None)
    return find(vendor_json(SMALL), wanted, settings=rules)


@pytest.mark.parametrize("name", FAULTS)
def test_each_kind_of_fault_is_drawn(name):
    _find(lambda value: value == FAULTS[name])


def test_values_are_nested_deeply():
    _find(lambda value: json.dumps(value).count("[") > 100)


def test_strange_values_are_all_of_json():
    for value in STRANGE:
        json.loads(json.dumps(value))


@settings(deadline=None)
@given(vendor_bodies(SAMPLE))
def test_whatever_the_body_an_answer_gives_json_or_an_error(body):
    answer = HttpResponse(status=200, headers={}, body=body, url="http://vendor.example")
    assert isinstance(answer.json_object(), dict)
    with contextlib.suppress(errors.UnexpectedResponse):
        answer.json()


def test_pages_and_cut_replies_are_drawn():
    seen = _drawn(vendor_bodies(SAMPLE), examples=1000)
    assert [name for name, body in PAGES.items() if body not in seen] == []
    whole = json.dumps(SAMPLE).encode()
    assert any(whole.startswith(body) and 10 < len(body) < len(whole) for body in seen)
