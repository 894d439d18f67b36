"""Ways to spoil JSON reach every place and leave the original alone."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from tryon_testing.twists import (
    at,
    body_spoilings,
    json_spoilings,
    places,
    removed,
    replaced,
    shown,
    wrong_values,
)
from tryon_testing.wire import Answer

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
SAMPLE = {"output": {"task_id": "t1", "results": [{"url": "https://x.example/1.png"}]}, "n": 2}


def test_every_place_is_named():
    assert [shown(place) for place in places(SAMPLE)] == [
        "response.output",
        "response.output.task_id",
        "response.output.results",
        "response.output.results[0]",
        "response.output.results[0].url",
        "response.n",
    ]


@given(JSON)
def test_replacing_changes_one_place_of_a_copy(value):
    before = copy.deepcopy(value)
    for place in places(value):
        changed = replaced(value, place, "another")
        assert at(changed, place) == "another"
        assert list(places(removed(value, place))) != list(places(value))
    assert value == before


@given(JSON)
def test_a_place_that_is_not_there_changes_nothing(value):
    nowhere = ("no such key", 7, "inside")
    assert replaced(value, nowhere, 1) == value
    assert removed(value, nowhere) == value


@given(LEAVES | st.just([]) | st.just({}))
def test_a_wrong_value_is_of_another_type_or_unheard_of(value):
    wrong = list(wrong_values(value))
    assert len(wrong) >= 3
    assert all(repr(entry) != repr(value) for entry in wrong if value is not None)


def test_long_lists_are_sampled_and_deep_ones_end():
    assert len(list(places(list(range(1000))))) == 3
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert len(list(places(deep))) < 20


def test_each_spoiling_says_what_is_wrong_and_does_it():
    answer = Answer(operation="submit", method="POST", status=200).with_json(SAMPLE)
    spoilings = list(json_spoilings(SAMPLE))
    assert "response.output.task_id is missing" in [entry.label for entry in spoilings]
    for spoiling in spoilings:
        assert spoiling.twist(answer).json != SAMPLE, spoiling.label


def test_bodies_are_spoilt_whatever_they_are():
    answer = Answer(operation="submit", method="POST", status=200, body=b'{"a": 1}')
    for spoiling in body_spoilings():
        spoilt = spoiling.twist(answer)
        assert (spoilt.status, spoilt.body) != (answer.status, answer.body), spoiling.label
