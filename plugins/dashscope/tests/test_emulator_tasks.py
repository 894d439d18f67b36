"""Tasks, lists, parsing and the store of the emulator, as any client sees them."""

import base64
import json
import re

import pytest
import requests

from heif_files import heic_header

OTHER_KEY = "sk-emulated-other-account"
TIME = re.compile(r"2026-01-02 11:0\d:\d\d\.\d{3}")


@pytest.fixture
def task(person, top):
    """Make a task and return its id."""

    def make(caller, **more):
        given = caller.images(person_image=person, top_garment=top)
        answer = caller.submit(given, **more)
        assert answer.status_code == 200
        assert answer.json()["output"]["task_status"] == "PENDING"
        return answer.json()["output"]["task_id"]

    return make


def test_a_task_tells_its_times_in_beijing(call, clock, task):
    caller = call(job_s=20.0)
    number = task(caller)

    waiting = caller.get(f"/tasks/{number}").json()
    clock.advance(10)
    running = caller.get(f"/tasks/{number}").json()
    clock.advance(10)
    done = caller.get(f"/tasks/{number}").json()

    assert [*waiting["output"]] == ["submit_time", "task_id", "task_status"]
    assert "scheduled_time" in running["output"]
    assert done["usage"] == {"image_count": 1}
    output = done["output"]
    assert output["task_status"] == "SUCCEEDED"
    assert all(TIME.fullmatch(output[f"{name}_time"]) for name in ("submit", "scheduled", "end"))
    assert output["submit_time"] == "2026-01-02 11:04:05.000"
    assert output["end_time"] == "2026-01-02 11:04:25.000"
    assert "Expires=1767409465&" in output["image_url"]


def test_a_result_is_served_for_a_day_and_always_the_same(call, clock, task):
    caller = call(job_s=20.0)
    number = task(caller)
    clock.advance(20)
    first, second = (caller.get(f"/tasks/{number}").json()["output"]["image_url"] for _ in range(2))
    assert first == second
    assert requests.get(first, timeout=10).headers["content-type"] == "image/jpeg"

    clock.advance(24 * 3600)

    assert requests.get(first, timeout=10).status_code == 403


@pytest.mark.parametrize("failed_times", [False, True])
def test_a_failed_task_may_tell_its_times(call, clock, task, failed_times):
    caller = call(task_failure="InternalError.Algo", failed_times=failed_times)
    number = task(caller)
    clock.advance(100)

    answer = caller.get(f"/tasks/{number}")

    assert answer.status_code == 200
    assert answer.json()["output"]["message"] == "inference internal error."
    assert ("end_time" in answer.json()["output"]) is failed_times
    assert "usage" not in answer.json()


@pytest.mark.parametrize("number", ["1111", "0385dc79-5ff8-4d82-bcb6-000000000000"])
def test_an_unknown_task_is_an_answer(call, number):
    answer = call().get(f"/tasks/{number}")

    assert answer.status_code == 200
    assert answer.json()["output"] == {"task_id": number, "task_status": "UNKNOWN"}


def test_tasks_are_forgotten_after_a_day_and_never_shown_to_others(call, clock, task):
    caller = call()
    number = task(caller)

    other = caller.get(f"/tasks/{number}", key=OTHER_KEY).json()["output"]["task_status"]
    clock.advance(24 * 3600)

    assert other == "UNKNOWN"
    assert caller.get(f"/tasks/{number}").json()["output"]["task_status"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("knob", "expected"),
    [
        ("UnsupportedOperation", (400, "UnsupportedOperation")),
        ("NotFound", (404, "NotFound")),
    ],
)
def test_cancelling_what_is_not_there(call, task, knob, expected):
    caller = call(cancel_unknown=knob)
    number = task(caller)

    for answer in (
        caller.post("/tasks/1/cancel"),
        caller.post(f"/tasks/{number}/cancel", key=OTHER_KEY),
    ):
        assert (answer.status_code, answer.json()["code"]) == expected


def test_only_waiting_tasks_are_cancelled(call, clock, task):
    caller = call(job_s=100.0)
    first, second = task(caller), task(caller)

    assert caller.post(f"/tasks/{first}/cancel").status_code == 200
    again = caller.post(f"/tasks/{first}/cancel")
    clock.advance(50)
    late = caller.post(f"/tasks/{second}/cancel")

    assert again.json()["code"] == late.json()["code"] == "UnsupportedOperation"
    assert "PENDING status" in late.json()["message"]


def test_a_cancelled_task_that_would_have_failed_was_never_charged(call, task):
    caller = call(task_failure="InternalError", job_s=100.0)

    assert caller.post(f"/tasks/{task(caller)}/cancel").status_code == 200
    assert caller.running.ctx.billed == {}


def test_tasks_are_listed_in_pages(call, clock, task):
    caller = call(job_s=20.0)
    numbers = [task(caller) for _ in range(3)]
    clock.advance(21)
    task(caller, key=OTHER_KEY)

    page = caller.get("/tasks?page_no=2&page_size=2").json()

    assert (page["total"], page["total_page"], page["page_no"], page["page_size"]) == (3, 2, 2, 2)
    (row,) = page["data"]
    assert (row["task_id"], row["status"]) == (numbers[2], "SUCCEEDED")
    assert row["end_time"] - row["gmt_create"] == 20_000
    assert row["user_api_unique_key"].endswith(":aitryon-plus")


@pytest.mark.parametrize(
    ("query", "many"),
    [
        ("status=PENDING", 1),
        ("status=FAILED", 0),
        ("model_name=aitryon-plus", 1),
        ("model_name=aitryon", 0),
        ("task_id=1", 0),
    ],
)
def test_lists_are_filtered(call, task, query, many):
    caller = call()
    task(caller)

    page = caller.get(f"/tasks?{query}").json()

    assert page["total"] == len(page["data"]) == many
    assert all("end_time" not in row for row in page["data"])


@pytest.mark.parametrize("query", ["page_no=0", "page_size=x", "page_no=-1"])
def test_odd_pages_are_refused(call, query):
    assert call().get(f"/tasks?{query}").json()["code"] == "InvalidParameter"


@pytest.mark.parametrize(
    ("kinds", "many"),
    [(None, 1), (["upper"], 1), (["lower"], 1), (["dress"], 1), (["upper", "lower"], 2)],
)
def test_lists_of_clothes(call, person, kinds, many):
    caller = call(worn="dress")

    reply = caller.parse(*caller.images(image=person).values(), kinds).json()

    is_worn = kinds == ["dress"]
    for entries in reply["output"].values():
        assert [entry is not None for entry in entries] == [is_worn] * many
    assert reply["usage"] == {"image_count": 1}


@pytest.mark.parametrize(
    "kinds", [[], ["top"], "upper", ["upper", "dress"], ["upper", "upper"], [1]]
)
def test_other_lists_of_clothes_are_refused(call, person, kinds):
    caller = call()

    reply = caller.parse(*caller.images(image=person).values(), kinds)

    assert (reply.status_code, reply.json()["code"]) == (400, "InvalidParameter.ClothesType")
    assert caller.running.ctx.billed == {}


@pytest.mark.parametrize(("kinds", "status"), [(["dress", "upper"], 200), (["x"], 400), ([], 400)])
def test_other_lists_of_clothes_may_be_taken(call, person, kinds, status):
    caller = call(clothes_lists="any")

    assert caller.parse(*caller.images(image=person).values(), kinds).status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "BadRequest.EmptyInput"),
        ({"input": "x"}, "InvalidParameter"),
        ({"input": {}, "parameters": 1}, "InvalidParameter"),
        ({"input": {}}, "InvalidParameter"),
        ({"input": {"image_url": 5}}, "InvalidParameter"),
        ({"input": {"image_url": "http://127.0.0.1:1/x"}}, "InvalidURL"),
    ],
)
def test_fields_of_a_parsing(call, body, code):
    answer = call().post(
        "/services/vision/image-process/process", json={"model": "aitryon-parsing-v1", **body}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_heic_is_parsed_as_well(call):
    caller = call()
    heic = heic_header(600, 800) + bytes(6000)

    assert caller.parse(*caller.images(image=heic).values()).status_code == 200


@pytest.fixture
def form():
    """Return a good form for a policy, with changes; None takes a field out."""

    def make(granted, /, **changes):
        fields = {
            "OSSAccessKeyId": granted["oss_access_key_id"],
            "Signature": granted["signature"],
            "policy": granted["policy"],
            "key": f"{granted['upload_dir']}/a b.png",
            "x-oss-object-acl": "private",
            "x-oss-forbid-overwrite": "true",
            "success_action_status": "200",
            "x-oss-content-type": "image/png",
            **changes,
        }
        parts = [(name, (None, value)) for name, value in fields.items() if value is not None]
        return [*parts, ("file", ("a b.png", b"x" * 6000))]

    return make


def grant(caller, model="aitryon-plus"):
    return caller.get(f"/uploads?action=getPolicy&model={model}").json()


def put(caller, parts, headers=None):
    host = grant(caller)["data"]["upload_host"]
    return caller.post(host, files=parts, headers={"Authorization": None, **(headers or {})})


def test_a_policy_says_what_may_be_put(call):
    granted = grant(call())

    data = granted["data"]
    policy = json.loads(base64.b64decode(data["policy"]))
    assert policy["expiration"] == "2026-01-02T03:27:05.000Z"
    assert ["starts-with", "$key", data["upload_dir"]] in policy["conditions"]
    assert data["x_oss_forbid_overwrite"] == "true"
    assert not data["upload_dir"].startswith("/")
    assert data["upload_dir"].endswith(granted["request_id"])


@pytest.mark.parametrize(
    "query", ["", "action=getPolicy", "action=get&model=aitryon", "action=getPolicy&model=x"]
)
def test_policies_need_action_and_model(call, query):
    assert call().get(f"/uploads?{query}").json()["code"] == "InvalidParameter"


@pytest.mark.parametrize(
    ("wanted", "status"), [("200", 200), ("201", 201), (None, 204), ("7", 204)]
)
def test_the_form_of_the_vendors_own_client(call, form, wanted, status):
    caller = call()
    parts = form(grant(caller)["data"], success_action_status=wanted)

    answer = put(caller, parts)

    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"OSSAccessKeyId": "LTAI"}, "InvalidAccessKeyId"),
        ({"OSSAccessKeyId": None}, "InvalidAccessKeyId"),
        ({"Signature": "AAAA"}, "SignatureDoesNotMatch"),
        ({"policy": "e30="}, "SignatureDoesNotMatch"),
        ({"key": "elsewhere/a.png"}, "AccessDenied"),
        ({"key": None}, "AccessDenied"),
        ({"x-oss-object-acl": "public-read"}, "AccessDenied"),
        ({"x-oss-forbid-overwrite": None}, "AccessDenied"),
    ],
)
def test_forms_that_break_the_policy(call, form, changes, code):
    caller = call()

    answer = put(caller, form(grant(caller)["data"], **changes))

    assert answer.status_code == 403
    assert f"<Code>{code}</Code>" in answer.text
    assert answer.headers["content-type"].startswith("application/xml")


def test_the_file_comes_last_and_alone(call, form):
    caller = call()
    parts = form(grant(caller)["data"])

    after = put(caller, [*parts, ("key", (None, "x"))])
    without = put(caller, parts[:-1])

    assert "must be the last" in after.text
    assert "IncorrectNumberOfFiles" in without.text


def test_the_store_wants_no_key_and_a_form(call, form):
    caller = call()
    parts = form(grant(caller)["data"])

    with_key = put(caller, parts, headers={"Authorization": f"Bearer {caller.key}"})
    host = grant(caller)["data"]["upload_host"]
    no_form = caller.post(host, data=b"x", headers={"Authorization": None})

    assert "<Code>InvalidArgument</Code>" in with_key.text
    assert "<Code>MalformedPOSTRequest</Code>" in no_form.text


@pytest.mark.parametrize(("knob", "status"), [("refuse", 409), ("overwrite", 200)])
def test_a_second_file_of_the_same_name(call, form, knob, status):
    caller = call(store=knob)
    parts = form(grant(caller)["data"])
    put(caller, parts)

    assert put(caller, parts).status_code == status


def test_the_log_holds_no_key(call, task):
    caller = call()
    task(caller)

    log = caller.get(caller.running.ctx.address + "/_tryon/log").text

    assert caller.key not in log
    assert "aitryon-plus" in log
