"""Faulty answers are drawn with each kind of fault; whatever is drawn, the core can read it."""

import contextlib
import functools
import json

import pytest
from hypothesis import Phase, find, given, settings

from tryon_core import errors
from tryon_core.http import HttpResponse
from tryon_testing.mutations import BODIES
from tryon_testing.strategies.answers import faulty_answers, vendor_bodies, vendor_json
from tryon_testing.wire import Answer

SAMPLE = {"job_id": "j-1", "status": "done", "images": [{"url": "http://x.example/1", "px": 3}]}
REPEATABLE = settings(deadline=None, derandomize=True, database=None, phases=[Phase.generate])


@given(vendor_json(SAMPLE))
def test_drawn_replies_can_be_sent_and_leave_the_sample_alone(value):
    assert isinstance(json.dumps(value), str)
    assert SAMPLE["images"] == [{"url": "http://x.example/1", "px": 3}]


SMALL = {"urls": ["u"]}
FAULTS = {
    "null": (SMALL, None),
    "null inside": (SMALL, {"urls": [None]}),
    "huge number": ("u", 10**400),
    "half a surrogate": ("u", "\ud800"),
    "missing": (SMALL, {}),
    "extra": (SMALL, SMALL | {"x_new": {"since": [2027]}}),
    "doubled": (SMALL, {"urls": ["u", "u"]}),
    "as text": (SMALL, {"urls": '["u"]'}),
}


def _find(sample, wanted):
    # It ends with the first that is found; what is not drawn at all is `NoSuchExample`.
    rules = settings(REPEATABLE, max_examples=50_000)
    return find(vendor_json(sample), wanted, settings=rules)


@pytest.mark.parametrize("name", FAULTS)
def test_each_kind_of_fault_is_drawn(name):
    sample, expected = FAULTS[name]
    _find(sample, lambda value: value == expected)


def test_values_are_nested_deeply():
    _find(SMALL, lambda value: json.dumps(value).count("[") > 100)


@settings(deadline=None)
@given(vendor_bodies(SAMPLE))
def test_whatever_the_body_an_answer_gives_json_or_an_error(body):
    answer = HttpResponse(status=200, headers={}, body=body, url="http://vendor.example")
    assert isinstance(answer.json_object(), dict)
    with contextlib.suppress(errors.UnexpectedResponse):
        answer.json()


def _drawn(strategy, *, examples):
    seen = []

    @settings(REPEATABLE, max_examples=examples)
    @given(strategy)
    def collect(value):
        seen.append(value)

    collect()
    return seen


def test_bodies_that_are_no_answer_and_cut_replies_are_drawn():
    seen = set(_drawn(vendor_bodies(SAMPLE), examples=600))
    assert [name for name, body in BODIES.items() if body not in seen] == []
    whole = json.dumps(SAMPLE).encode()
    assert any(whole.startswith(body) and 10 < len(body) < len(whole) for body in seen)


ANSWER = Answer(operation="poll", method="GET", status=200).with_json(SAMPLE)
REFUSAL = Answer(operation="poll", method="GET", status=401).with_json({"code": "bad_key"})
KEY = "sk_obviously_fake"


@functools.cache
def _faulty():
    return _drawn(faulty_answers([ANSWER], refusals=[REFUSAL], secrets=[KEY]), examples=300)


@pytest.mark.parametrize(
    "kind",
    [
        lambda answer: answer == REFUSAL,
        lambda answer: answer.status not in {ANSWER.status, REFUSAL.status},
        lambda answer: KEY.encode() in answer.body,
        lambda answer: KEY in answer.headers.get("Location", ""),
        lambda answer: "Retry-After" in answer.headers,
        lambda answer: "html" in answer.headers.get("Content-Type", ""),
    ],
    ids=["refusal", "status", "key in the body", "key in a header", "pause", "type"],
)
def test_faults_are_in_body_status_and_headers(kind):
    assert any(kind(answer) for answer in _faulty())
