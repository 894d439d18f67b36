import collections.abc
import json
import math
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal, Optional

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from tryon_core.codec import (
    Amount,
    NonEmpty,
    WebAddress,
    decode,
    make_converter,
    read_time,
    rename_keys,
)
from tryon_core.errors import UnexpectedResponse


@attrs.frozen
class Image:
    url: str
    width: int = 0


@attrs.frozen
class Detail:
    text: str = ""


@attrs.frozen
class Answer:
    task_id: str
    images: tuple[Image, ...] = ()
    score: float | None = None
    done: bool = False
    labels: Mapping[str, str] = attrs.field(factory=dict)
    detail: Detail | None = None
    grid: list[list[int]] = attrs.field(factory=list)
    size: tuple[int, int] | None = None
    kind: Literal["new", "old"] | None = None


GOOD = {
    "task_id": "t1",
    "images": [{"url": "u", "width": 3, "later": "ignored"}],
    "score": 3,
    "done": True,
    "labels": {"a": "b"},
    "detail": {"text": "x"},
    "grid": [[1, 2], []],
    "size": [3, 4],
    "kind": "old",
    "added_next_year": {"by": "the vendor"},
}


def _decoded(data, kind: Any = Answer):
    return decode(make_converter(), data, kind)


def _faults(data, kind: Any = Answer) -> str:
    with pytest.raises(UnexpectedResponse) as caught:
        _decoded(data, kind)
    assert caught.value.billed == "no"
    return caught.value.message


def test_an_answer_within_its_contract_becomes_a_value():
    answer = _decoded(GOOD)
    assert answer == Answer(
        task_id="t1",
        images=(Image("u", 3),),
        score=3.0,
        done=True,
        labels={"a": "b"},
        detail=Detail("x"),
        grid=[[1, 2], []],
        size=(3, 4),
        kind="old",
    )
    assert type(answer.score) is float
    assert type(answer.images) is tuple


def test_what_is_not_sent_takes_its_default():
    assert _decoded({"task_id": "t1"}) == Answer("t1")
    assert _decoded({"task_id": "t1", "detail": None, "score": None}) == Answer("t1")


COERCIONS = [
    (None, str, "expected str, got null"),
    (5, str, "expected str, got int"),
    ({"a": 1}, str, "expected str, got dict"),
    ("false", bool, "expected bool, got str"),
    (0, bool, "expected bool, got int"),
    (3.9, int, "expected int, got float"),
    ("3", int, "expected int, got str"),
    (True, int, "expected int, got bool"),
    (True, float, "expected number, got bool"),
    ("3.5", float, "expected number, got str"),
    (math.nan, float, "expected finite number, got nan"),
    (math.inf, float, "expected finite number, got inf"),
    (10**400, float, "expected finite number"),
    (5, bytes, "expected bytes, got int"),
    ("abc", tuple[str, ...], "expected list, got str"),
    ("abc", list[str], "expected list, got str"),
    ("abc", Sequence[str], "expected list, got str"),
    ("abc", set[str], "expected list, got str"),
    ("abc", frozenset[str], "expected list, got str"),
    ("abc", collections.abc.Set[str], "expected list, got str"),
    ("abc", list, "expected list, got str"),
    ("abc", tuple, "expected list, got str"),
    ({"a": 1}, list[str], "expected list, got dict"),
    (None, list[str], "expected list, got null"),
    ([1, 2, 3], tuple[int, int], "expected 2 items, got 3"),
    ([["a", 1]], dict[str, int], "expected object, got list"),
    ("ab", Mapping[str, str], "expected object, got str"),
    ([["a", 1]], dict, "expected object, got list"),
    ({"1": 1}, dict[int, int], "expected int, got str"),
    ([{}], set[typing.Any], "unhashable type: 'dict'"),
    ("new!", Literal["new", "old"], "expected one of 'new', 'old', got 'new!'"),
    (True, Literal[1, 2], "expected one of 1, 2, got True"),
    ([], Literal["a"], "expected one of 'a', got []"),
    (1.5, str | int, "expected str or int, got 1.5"),
    ({}, int | Literal["auto"], "expected int or 'auto', got {}"),
    (5, Detail, "expected object, got int"),
    (None, Detail, "expected object, got null"),
    ("text", Detail, "expected object, got str"),
    ([], Detail, "expected object, got list"),
    ("text", Optional[Detail], "expected object, got str"),  # noqa: UP045  (plugins may use it)
]


@pytest.mark.parametrize(("value", "kind", "fault"), COERCIONS, ids=lambda value: str(value)[:40])
def test_nothing_is_coerced_in_silence(value, kind, fault):
    assert fault in _faults(value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, str | int, 5),
        ("5", int | str, "5"),
        (5, float | int, 5),
        (5, float | None, 5.0),
        (None, str | int | None, None),
        ("auto", Literal["auto"] | int, "auto"),
        (["a"], str | list[str], ["a"]),
        ({"text": "x"}, Detail | str, Detail("x")),
        ("why", Detail | str, "why"),
        ([1, 1], set[int], {1}),
        (["a", 2], list, ["a", 2]),
        ({"a": [1]}, dict[str, list[int]], {"a": [1]}),
        ({"a": None}, Any, {"a": None}),
        ([[1], [2, 3]], tuple[tuple[int, ...], ...], ((1,), (2, 3))),
    ],
    ids=str,
)
def test_a_value_of_a_declared_type_is_kept(value, kind, expected):
    found = _decoded(value, kind)
    assert (found, type(found)) == (expected, type(expected))


def test_all_faults_of_an_answer_are_named_at_once_with_their_paths():
    bad = {
        "images": [{"url": None}, {"url": "u", "width": "9"}, {}, "x"],
        "done": "false",
        "labels": {"a": 1},
        "grid": [[1], [2, "3"]],
        "size": [1],
        "detail": {"text": 5},
    }
    message = _faults(bad)
    for fault in (
        "required field missing @ response.task_id",
        "expected str, got null @ response.images[0].url",
        "expected int, got str @ response.images[1].width",
        "required field missing @ response.images[2].url",
        "expected object, got str @ response.images[3]",
        "expected bool, got str @ response.done",
        "expected str, got int @ response.labels['a']",
        "expected int, got str @ response.grid[1][1]",
        "expected 2 items, got 1 @ response.size",
        "expected str, got int @ response.detail.text",
    ):
        assert fault in message


@pytest.mark.parametrize("data", [None, "text", [], [GOOD], 5, True], ids=str)
def test_a_whole_that_is_not_an_object_is_said_to_be_so(data):
    assert "expected object" in _faults(data)


def _renamed():
    converter = make_converter()
    rename_keys(converter, Answer, task_id="taskId")
    rename_keys(converter, Detail, text="reasonText")
    return converter


def test_renamed_keys_are_read_at_every_depth_whatever_the_order_of_renaming():
    data = {"taskId": "t1", "detail": {"reasonText": "x", "text": "not this"}}
    assert decode(_renamed(), data, Answer) == Answer("t1", detail=Detail("x"))


@pytest.mark.parametrize("detail", ["text", [], 0, False, ["reasonText"]], ids=str)
def test_a_class_with_renamed_keys_is_as_strict_as_any_other(detail):
    # A plain cattrs override makes Detail() of a text and of a list.
    with pytest.raises(UnexpectedResponse, match=r"expected object, got \w+ @ response.detail"):
        decode(_renamed(), {"taskId": "t1", "detail": detail}, Answer)


def test_renaming_a_field_that_does_not_exist_is_refused_at_once():
    with pytest.raises(ValueError, match="Answer has no field taskid"):
        rename_keys(make_converter(), Answer, taskid="task_id")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, r"response\.taskId"),
        ({"taskId": None}, r"response\.taskId"),
        ({"taskId": "t1", "detail": {"reasonText": 3}}, r"response\.detail\.reasonText"),
    ],
    ids=str,
)
def test_a_fault_in_a_renamed_key_is_named_as_the_vendor_writes_it(data, path):
    with pytest.raises(UnexpectedResponse, match=rf"@ {path}\."):
        decode(_renamed(), data, Answer)


def test_renaming_in_one_converter_leaves_another_alone():
    _renamed()
    assert _decoded({"task_id": "t1"}) == Answer("t1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([field.name for field in attrs.fields(Answer)]) | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
CONVERTER = make_converter()


@given(JSON)
@settings(deadline=None, max_examples=300)
def test_any_json_gives_a_value_of_the_declared_types_or_the_one_error(data):
    try:
        answer = decode(CONVERTER, data, Answer)
    except UnexpectedResponse as error:
        assert "@ response" in error.message  # noqa: PT017  (either outcome is allowed)
        return
    assert type(answer.task_id) is str
    assert answer.task_id == data["task_id"]
    assert answer.done is data.get("done", False)
    assert all(type(image.url) is str and type(image.width) is int for image in answer.images)
    assert answer.score is None or math.isfinite(answer.score)


SCHEMA = st.builds(
    Answer,
    task_id=st.text(),
    images=st.lists(st.builds(Image, st.text(), st.integers()), max_size=3).map(tuple),
    score=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    done=st.booleans(),
    labels=st.dictionaries(st.text(), st.text(), max_size=3),
    detail=st.none() | st.builds(Detail, st.text()),
    grid=st.lists(st.lists(st.integers(), max_size=3), max_size=3),
    size=st.none() | st.tuples(st.integers(), st.integers()),
    kind=st.sampled_from([None, "new", "old"]),
)


@given(SCHEMA)
@settings(deadline=None, max_examples=100)
def test_what_a_vendor_sends_within_its_contract_arrives_unchanged(answer):
    data = json.loads(json.dumps(CONVERTER.unstructure(answer)))
    assert decode(CONVERTER, data, Answer) == answer


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (NonEmpty, "task 7", "task 7"),
        (WebAddress, "https://a.example/b?c", "https://a.example/b?c"),
        (Amount, "12.50", Decimal("12.50")),
        (Amount, 0.1, Decimal("0.1")),
        (Amount, -3, Decimal(-3)),
        (datetime, 0, datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (datetime, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
    ],
)
def test_what_vendors_write_often_is_read(kind, value, read):
    assert decode(make_converter(), value, kind) == read


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (NonEmpty, [None, "", "  ", "a\nb", 5]),
        (WebAddress, [None, "", "ftp://a/b", "https://", "a.png", "http://[", 7]),
        (Amount, [None, True, "", "NaN", "1e9", float("inf"), [1], "1,5"]),
        (
            datetime,
            [None, True, "", "today", -1, 1e300, "2026-01-02 03:04:05", "2026-13-02T03:04:05Z"],
        ),
    ],
)
def test_what_is_none_of_it_is_refused(kind, values):
    for value in values:
        with pytest.raises(UnexpectedResponse, match="@ response"):
            decode(make_converter(), value, kind)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-01-02 08:04:05", 0),
        ("2026-01-02T08:04:05.5", 500_000),
        ("2026-01-02 08:04:05.123456789", 123_456),
        ("2026-01-02 01:04:05 -0200", 0),
        ("2026-01-02T03:04:05+00:00", 0),
    ],
)
def test_a_time_without_a_zone_is_of_the_vendors(text, micros):
    zone = timezone(timedelta(hours=5))
    read = datetime(2026, 1, 2, 3, 4, 5, micros, tzinfo=timezone.utc)
    assert read_time(text, zone=zone) == read
    assert decode(make_converter(zone=zone), text, datetime) == read


def test_a_time_before_all_times_is_none():
    with pytest.raises(ValueError, match="expected a time"):
        read_time("0001-01-01 00:00:00", zone=timezone(timedelta(hours=8)))


def test_one_value_is_read_where_it_is():
    data = {"output": {"image_url": "https://a.example/b"}, "left": 5}
    assert (
        decode(make_converter(), data, WebAddress, at="output.image_url") == "https://a.example/b"
    )
    assert decode(make_converter(), data, Amount, at="left") == Decimal(5)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, "expected object, got null @ response."),
        ([], "expected object, got list @ response."),
        ({}, "required field missing @ response.output."),
        ({"output": 7}, "expected object, got int @ response.output."),
        ({"output": {}}, "required field missing @ response.output.url."),
        ({"output": {"url": 7}}, "got 7 @ response.output.url."),
    ],
)
def test_a_value_that_is_not_there_is_named_by_its_path(data, fault):
    with pytest.raises(UnexpectedResponse) as caught:
        decode(make_converter(), data, NonEmpty, at="output.url")
    assert caught.value.message.endswith(fault)
