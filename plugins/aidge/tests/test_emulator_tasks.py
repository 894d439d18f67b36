"""What the emulated service takes for a task, and what it refuses."""

import json

import pytest

from tryon_aidge.emulator.answers import Refusal
from tryon_aidge.emulator.knobs import Knobs
from tryon_aidge.emulator.tasks import read_tasks

URL = "http://127.0.0.1/a.png"
TOP, BOTTOM, DRESS = ({"imageUrl": URL, "type": kind} for kind in ("tops", "bottoms", "dresses"))


def _read(element, *, field="paramJson", **knobs):
    (task,) = read_tasks({field: json.dumps([element])}, Knobs(**knobs))
    return task


def _refused(business, **knobs):
    with pytest.raises(Refusal) as caught:
        read_tasks(business, Knobs(**knobs))
    assert caught.value.code == "700"
    return caught.value.detail


def test_defaults_are_the_documented_ones():
    task = _read({"clothesList": [TOP]})
    assert (task.count, task.view, task.check_quality) == (4, "fullbody", False)
    assert task.model == {}
    assert task.photos == []


@pytest.mark.parametrize(
    "clothes",
    [
        [TOP], [BOTTOM], [DRESS], [{"imageUrl": URL}], [{"imageUrl": URL, "type": ""}],
        [TOP, BOTTOM], [BOTTOM, TOP],
    ],
    ids=str,
)  # fmt: skip
def test_valid_garments(clothes):
    assert len(_read({"clothesList": clothes}).garments) == len(clothes)


@pytest.mark.parametrize(
    "clothes",
    [
        None, [], {}, "x", [TOP, TOP], [BOTTOM, BOTTOM], [DRESS, TOP], [DRESS, BOTTOM],
        [TOP, {"imageUrl": URL}], [TOP, BOTTOM, DRESS], ["x"], [{}], [{"imageUrl": 3}],
        [{"imageUrl": "/etc/passwd"}], [{"imageUrl": "oss://b/a.png"}], [{"imageUrl": "http://["}],
        [{"imageUrl": URL, "type": "hats"}], [{"imageUrl": URL, "type": 1}],
        [{"imageUrl": URL, "typ": "tops"}],
    ],
    ids=str,
)  # fmt: skip
def test_invalid_garments(clothes):
    assert "clothesList" in _refused({"paramJson": [{"clothesList": clothes}]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("generateCount", 0), ("generateCount", 9), ("generateCount", "4"),
        ("generateCount", 1.5), ("generateCount", True), ("generateCount", None),
        ("inputQualityDetect", 2), ("inputQualityDetect", "0"), ("inputQualityDetect", True),
        ("viewType", "sideways"), ("viewType", 3), ("viewType", ["mixed"]),
        ("modelImage", URL), ("modelImage", [URL] * 9), ("modelImage", [3]),
        ("modelImage", ["ftp://h/a.png"]),
        ("model", "James"), ("model", {"gender": "other"}), ("model", {"style": "universal_4"}),
        ("model", {"age": "old"}), ("model", {"body": "tall"}), ("model", {"name": 3}),
        ("model", {"height": "2 m"}), ("viewtype", "mixed"),
    ],
)  # fmt: skip
def test_other_fields_are_checked_too(field, value):
    assert field in _refused({"paramJson": json.dumps([{"clothesList": [TOP], field: value}])})


def test_photos_win_over_a_library_model():
    task = _read({"clothesList": [TOP], "modelImage": [URL] * 8, "model": {"gender": "x"}})
    assert len(task.photos) == 8
    assert task.model is None


def test_a_name_wins_over_the_traits_of_a_model():
    task = _read({"clothesList": [TOP], "model": {"name": "James", "gender": "x"}})
    assert task.model["name"] == "James"


def test_the_library_is_a_knob():
    element = {"clothesList": [TOP], "model": {"name": "James"}}
    assert _read(element, model_names="Ariel,James").model == {"name": "James"}
    assert "model.name" in _refused({"paramJson": [element]}, model_names="Ariel")
    assert "model" in _refused({"paramJson": [element]}, own_photos_only=True)


@pytest.mark.parametrize(
    "business",
    [
        {}, {"paramJson": ""}, {"paramJson": "{"}, {"paramJson": "[" * 100_000},
        {"paramJson": "[]"}, {"paramJson": "3"}, {"paramJson": 3}, {"paramJson": "[3]"},
        {"paramJson": [{}, {}]}, {"other": "[]"},
    ],
    ids=lambda business: str(business)[:40],
)  # fmt: skip
def test_an_unreadable_list_is_refused(business):
    assert _refused(business)


@pytest.mark.parametrize("field", ["paramJson", "requestParams"])
def test_the_field_is_either_or_as_the_knob_says(field):
    other = {"paramJson": "requestParams", "requestParams": "paramJson"}[field]
    element = {"clothesList": [TOP]}
    assert _read(element, field=field)
    assert _read(element, field=field, submit_field=field)
    assert other in _refused({field: json.dumps([element])}, submit_field=other)


def test_the_documented_field_wins_when_both_come():
    good, bad = json.dumps([{"clothesList": [TOP]}]), "[]"
    assert read_tasks({"paramJson": good, "requestParams": bad}, Knobs())


def test_a_list_may_be_an_object_or_open_as_the_knobs_say():
    element = {"clothesList": [TOP]}
    for value in (element, json.dumps(element), [element]):
        assert len(read_tasks({"paramJson": value}, Knobs())) == 1
    assert _refused({"paramJson": element}, submit_object=False)


def test_several_tasks_may_come_at_once_as_the_knob_says():
    element = {"clothesList": [TOP]}
    assert len(read_tasks({"paramJson": [element, element]}, Knobs(most_tasks=2))) == 2
