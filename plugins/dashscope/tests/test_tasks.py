"""Every status of a task, and answers that no contract allows."""

import re

import pytest

from servers import answer, json_answer, serving
from tryon_core import JobState, UrlSource, errors
from tryon_core.errors import describe_error
from tryon_dashscope.tasks import STATES

PERSON, TOP = "https://x.example/p.png", "https://x.example/t.png"
ACCEPTED = {"output": {"task_status": "PENDING", "task_id": "t-1"}, "request_id": "r-1"}
LINK = "https://x.oss-cn-beijing.aliyuncs.com/r.jpg"
URL = "http://dashscope-result-hz.oss-cn-hangzhou.aliyuncs.com/tryon.jpg?Expires=1767330000"


def told(status, **more):
    return {"request_id": "r-2", "output": {"task_id": "t-1", "task_status": status, **more}}


@pytest.fixture
def ask(scripted):
    """Submit a task and ask once, with these answers."""

    def ask_once(reply, status=200):
        with serving(json_answer(ACCEPTED), json_answer(reply, status)) as server:
            client = scripted(server)
            return client.poll(client.submit(PERSON, top=TOP))

    return ask_once


@pytest.mark.parametrize("status", [*STATES, "SUSPENDED", "", "running", "Нет"])
def test_every_status(ask, status):
    update = ask(told(status, image_url=URL))

    assert update.state is STATES.get(status, JobState.UNKNOWN)
    assert update.vendor_status == status
    assert update.request_id == "r-2"


def test_the_documented_states():
    assert [*STATES] == [
        "PENDING",
        "PRE-PROCESSING",
        "RUNNING",
        "POST-PROCESSING",
        "SUCCEEDED",
        "FAILED",
        "CANCELED",
        "UNKNOWN",
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("long", ["PENDING", "PRE-PROCESSING", "RUNNING", "POST-PROCESSING", "SUCCEEDED"]),
        ("short", ["PENDING", "RUNNING", "SUCCEEDED"]),
        ("suspended", ["PENDING", "SUSPENDED", "RUNNING", "SUCCEEDED"]),
    ],
)
def test_tasks_walk_through_their_states(*, open_emulator, clock, person, top, states, expected):
    _, client = open_emulator(job_s=100.0, states=states)
    job = client.submit(person, top=top)
    seen = []
    while "SUCCEEDED" not in seen:
        seen.append(client.poll(job).vendor_status)
        clock.advance(5)

    assert list(dict.fromkeys(seen)) == expected


def test_a_status_that_nobody_knows_is_not_running_for_ever(scripted):
    with serving(json_answer(ACCEPTED), json_answer(told("SUSPENDED"))) as server:
        client = scripted(server)
        with pytest.raises(errors.AnswerLost, match="SUSPENDED") as caught:
            client.try_on(PERSON, top=TOP, timeout_s=None)
    assert caught.value.job.id == "t-1"


def test_the_address_of_a_result_becomes_safe_and_tells_when_it_dies(ask):
    update = ask(told("SUCCEEDED", image_url=URL))

    (image,) = update.result.images
    assert image.source.url == URL.replace("http://", "https://")
    assert image.expires_at.isoformat() == "2026-01-02T05:00:00+00:00"


def test_several_addresses_are_several_images(ask):
    update = ask(told("SUCCEEDED", image_url=["https://a.example/1", "https://a.example/2"]))

    assert [image.source.url for image in update.result.images] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


@pytest.mark.parametrize("usage", [None, [], "1", 1])
def test_a_result_is_not_lost_for_odd_counts_and_times(ask, usage):
    reply = told("SUCCEEDED", image_url="https://a.example/1", end_time=7, task_metrics=[])

    update = ask({**reply, "usage": usage, "request_id": 5})

    assert update.result.usage == {}
    assert update.result.images[0].source == UrlSource("https://a.example/1")
    assert update.request_id is None


@pytest.mark.parametrize("image_url", [None, "", [], [""]])
def test_success_without_an_image_names_the_field(ask, image_url):
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.output\.image_url") as caught:
        ask(told("SUCCEEDED", image_url=image_url))
    assert caught.value.billed == "unknown"
    assert caught.value.request_id == "r-2"


def test_a_failure_without_words_is_a_failure(ask):
    failure = ask(told("FAILED")).failure

    assert (failure.code, failure.message) == ("unknown", "the service gave no reason")


def test_the_failure_of_the_documents(ask):
    failure = ask(
        told(
            "FAILED",
            code="InvalidParameter",
            message="The request is missing required parameters xxxxx",
        )
    ).failure

    assert (failure.code, failure.fault, failure.billed) == ("InvalidParameter", "input", "no")


@pytest.mark.parametrize(
    ("reply", "path"),
    [
        ({}, "response"),
        ([], "response"),
        (None, "response"),
        ({"output": None}, "response.output"),
        ({"output": "x"}, "response.output"),
        ({"output": {}}, "response.output"),
        (told(None), "response.output.task_status"),
        (told(5), "response.output.task_status"),
        (told("SUCCEEDED", image_url=5), "response.output.image_url"),
        (told("SUCCEEDED", image_url=[None]), "response.output.image_url"),
        (told("SUCCEEDED", image_url=["", {}]), "response.output.image_url"),
    ],
)
def test_broken_answers_name_the_path(ask, reply, path):
    with pytest.raises(errors.UnexpectedResponse, match=re.escape(path)) as caught:
        ask(reply)
    assert caught.value.job.id == "t-1"


_ODD = (None, 0, 200, True, [], {}, {"a": 1}, "", "Success", "9999-12-31 23:59:59.000")


@pytest.mark.parametrize("value", _ODD, ids=repr)
@pytest.mark.parametrize(
    "field",
    [
        *("code", "message", "usage", "request_id"),
        *("output.code", "output.message", "output.submit_time", "output.end_time"),
    ],
)
def test_a_finished_image_is_never_withheld_for_a_field_that_decides_nothing(ask, field, value):
    reply = told("SUCCEEDED", image_url=LINK)
    (reply["output"] if "." in field else reply)[field.removeprefix("output.")] = value
    update = ask(reply)
    assert [image.source.url for image in update.result.images] == [LINK]


def test_an_entry_without_an_address_loses_no_other_image(ask):
    result = ask(told("SUCCEEDED", image_url=[None, LINK])).result
    assert [image.source.url for image in result.images] == [LINK]
    assert [notice.code for notice in result.notices] == ["images_missing"]


@pytest.mark.parametrize("code", [5, "5", None, {}])
def test_the_code_of_a_failure_may_be_of_any_type(ask, code):
    failure = ask(told("FAILED", code=code, message={})).failure
    assert failure.code in {"5", "unknown"}
    assert failure.message == "the service gave no reason"


def test_a_status_of_another_task_is_never_taken(ask):
    with pytest.raises(errors.UnexpectedResponse, match="t-1, and the answer speaks of t-2") as no:
        ask(told("SUCCEEDED", image_url=LINK, task_id="t-2"))
    assert (no.value.job.id, no.value.billed, no.value.retry) == ("t-1", "unknown", "later")


def test_an_answer_that_was_not_understood_is_kept_without_the_key(scripted, canary):
    reply = {"output": {"echo": f"Bearer {canary}"}, "request_id": "r-3", "more": "x " * 4500}
    with serving(json_answer(reply)) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse) as caught:
            client.submit(PERSON, top=TOP)
    body = caught.value.body
    assert body.startswith('{"output": {"echo": "Bearer ********"}')
    assert len(body) == 4096
    assert describe_error(caught.value)["body"] == body


@pytest.mark.parametrize("status", [302, 304, 404, 410, 418, 599])
def test_odd_statuses_are_errors(ask, status):
    with pytest.raises(errors.TryOnError):
        ask(told("RUNNING"), status)


def test_a_refused_question_carries_the_job(ask):
    reply = {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "r-9"}
    with pytest.raises(errors.AuthenticationFailed) as caught:
        ask(reply, 401)
    assert caught.value.job.id == "t-1"
    assert caught.value.request_id == "r-9"


@pytest.mark.parametrize(
    ("reply", "path"),
    [
        ({"output": {"task_status": "PENDING"}}, "response.output.task_id"),
        ({"output": {"task_id": None}}, "response.output.task_id"),
        ({"output": {"task_id": True}}, "response.output.task_id"),
        ({"output": {"task_id": ""}}, "task_id"),
        ({"output": {"task_id": ["t"]}}, "response.output.task_id"),
        ({}, "response.output"),
    ],
)
def test_a_submission_without_a_task_names_the_path(scripted, reply, path):
    with serving(json_answer(reply, x_request_id="r-7")) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse, match=re.escape(path)) as caught:
            client.submit(PERSON, top=TOP)
        assert [one.method for one in server.requests].count("POST") == 1
    assert caught.value.billed == "unknown"
    assert caught.value.request_id == "r-7"


@pytest.mark.parametrize(
    "value", [None, 0, 200, 1.5, True, [], {"a": 1}, "", "Success", "InternalError"], ids=repr
)
@pytest.mark.parametrize("field", ["code", "message", "usage", "request_id", "output.task_status"])
def test_a_task_is_never_lost_for_a_field_that_decides_nothing(scripted, field, value):
    reply = {**ACCEPTED, "output": {**ACCEPTED["output"]}}
    (reply["output"] if "." in field else reply)[field.removeprefix("output.")] = value
    with serving(json_answer(reply)) as server:
        assert scripted(server).submit(PERSON, top=TOP).id == "t-1"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"output": {"task_status": "PENDING", "task_id": "t-1"}, "requ'),
        (200, b'{"output": {"task_id": "t-1"}}{"output": {"task_id": "t-1"}}'),
        (200, b'{"output": {"task_id": 1}}'),
        (500, b'{"code": "InternalError", "output": {"task_id": "t-1"}}'),
    ],
)
def test_whatever_names_a_task_is_a_job(scripted, status, body):
    with serving(answer(status, body)) as server:
        assert scripted(server).submit(PERSON, top=TOP).id in {"t-1", "1"}
        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 5000, b"{"])
def test_bodies_that_are_no_json(scripted, body):
    with serving(answer(200, body)) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse):
            client.submit(PERSON, top=TOP)


def test_an_error_inside_of_output_is_read_as_well(scripted):
    reply = {"output": {"code": "InvalidURL", "message": "No."}, "request_id": "r-3"}
    with serving(json_answer(reply)) as server:
        client = scripted(server)
        with pytest.raises(errors.InputRefused, match="InvalidURL") as caught:
            client.submit(PERSON, top=TOP)
    assert caught.value.request_id == "r-3"


def test_unknown_further_fields_are_ignored(scripted):
    reply = {**ACCEPTED, "new": [{}]}
    reply["output"] = {**ACCEPTED["output"], "new": None}
    with serving(json_answer(reply)) as server:
        job = scripted(server).submit(PERSON, top=TOP)

    assert (job.id, job.request_id) == ("t-1", "r-1")


def test_ids_cannot_leave_their_path(scripted):
    hostile = {"output": {"task_id": "../../uploads?x=1#"}}
    hostile_told = told("RUNNING", **hostile["output"])
    with serving(json_answer(hostile), json_answer(hostile_told)) as server:
        client = scripted(server)
        client.poll(client.submit(PERSON, top=TOP))
        assert server.requests[1].target == "/api/v1/tasks/..%2F..%2Fuploads%3Fx%3D1%23"
