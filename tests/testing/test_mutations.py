"""Mutations reach every part of an answer and leave the original alone."""

import copy
import json

import pytest
from hypothesis import given, strategies as st

from tryon_testing.mutations import (
    STRANGE_VALUES,
    as_text,
    body_mutations,
    doubled,
    inner_paths,
    json_mutations,
    nested,
    paths,
    removed,
    replaced,
    shown,
    value_at,
    with_new_field,
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


def test_every_inner_path_is_named():
    assert [shown(path) for path in inner_paths(SAMPLE)] == [
        "response.output",
        "response.output.task_id",
        "response.output.results",
        "response.output.results[0]",
        "response.output.results[0].url",
        "response.n",
    ]


@given(JSON)
def test_replacing_changes_one_part_of_a_copy(value):
    before = copy.deepcopy(value)
    for path in inner_paths(value):
        changed = replaced(value, path, "another")
        assert value_at(changed, path) == "another"
        assert list(inner_paths(removed(value, path))) != list(inner_paths(value))
    assert value == before


@given(JSON)
def test_a_path_that_is_not_there_changes_nothing(value):
    nowhere = ("no such key", 7, "inside")
    assert replaced(value, nowhere, 1) == value
    assert removed(value, nowhere) == value


@given(LEAVES | st.just([]) | st.just({}))
def test_a_wrong_value_is_of_another_type_or_unheard_of(value):
    wrong = list(wrong_values(value))
    assert len(wrong) >= 3
    assert all(repr(entry) != repr(value) for entry in wrong if value is not None)


def test_long_lists_are_sampled_and_deep_ones_end():
    assert len(list(inner_paths(list(range(1000))))) == 3
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert len(list(inner_paths(deep))) < 20


def test_each_mutation_says_what_is_wrong_and_does_it():
    answer = Answer(operation="submit", method="POST", status=200).with_json(SAMPLE)
    mutations = list(json_mutations(SAMPLE))
    assert "response.output.task_id is missing" in [entry.label for entry in mutations]
    for mutation in mutations:
        assert mutation.change(answer).json != SAMPLE, mutation.label


def test_bodies_are_mutated_whatever_they_are():
    answer = Answer(operation="submit", method="POST", status=200, body=b'{"a": 1}')
    for mutation in body_mutations():
        faulty = mutation.change(answer)
        assert (faulty.status, faulty.body) != (answer.status, answer.body), mutation.label


REPLY = {"job_id": "j-1", "status": "done", "images": [{"url": "http://x.example/1", "px": 3}]}


def test_every_part_has_a_path():
    assert list(paths(REPLY)) == [
        (),
        ("job_id",),
        ("status",),
        ("images",),
        ("images", 0),
        ("images", 0, "url"),
        ("images", 0, "px"),
    ]


def test_a_part_is_replaced_in_a_copy():
    before = copy.deepcopy(REPLY)
    assert replaced(REPLY, ("images", 0, "px"), None)["images"][0]["px"] is None
    assert replaced(REPLY, (), 5) == 5
    assert before == REPLY


SMALL = {"urls": ["u"]}


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        (removed, ("urls",), {}),
        (removed, (), {}),
        (doubled, ("urls",), {"urls": ["u", "u"]}),
        (doubled, ("urls", 0), {"urls": ["uu"]}),
        (as_text, ("urls",), {"urls": '["u"]'}),
        (with_new_field, (), SMALL | {"x_new": {"since": [2027]}}),
        (with_new_field, ("urls",), SMALL),
    ],
)
def test_a_part_is_changed_by_what_it_is(change, path, expected):
    assert change(SMALL, path) == expected
    assert SMALL == {"urls": ["u"]}


def test_a_part_is_nested_deeply():
    assert json.dumps(nested(SMALL, ("urls", 0))).count("[") > 100


def test_strange_values_are_all_of_json():
    for value in STRANGE_VALUES:
        json.loads(json.dumps(value))
