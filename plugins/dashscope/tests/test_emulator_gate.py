"""What the emulator checks before it looks at fields, in the vendor's order and words."""

import pytest

SUBMIT = "/services/aigc/image2image/image-synthesis"
PARSE = "/services/vision/image-process/process"
ASYNC = {"X-DashScope-Async": "enable"}


def told(answer):
    body = answer.json()
    assert answer.headers["x-request-id"] == body["request_id"]
    return answer.status_code, body["code"], body["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SUBMIT),
        ("POST", PARSE),
        ("GET", "/tasks/1"),
        ("GET", "/tasks"),
        ("POST", "/tasks/1/cancel"),
        ("GET", "/uploads?action=getPolicy&model=aitryon"),
        ("POST", "/services/aigc/text2image/image-synthesis"),
    ],
)
def test_every_call_needs_a_key(call, method, path):
    caller = call()

    missing = told(caller.send(method, path, headers={"Authorization": None}))
    wrong = told(caller.send(method, path, key="sk-of-singapore"))
    basic = told(caller.send(method, path, headers={"Authorization": f"Basic {caller.key}"}))

    assert missing == (401, "InvalidApiKey", "No API-key provided.")
    assert wrong == basic == (401, "InvalidApiKey", "Invalid API-key provided.")


def test_the_text_for_a_missing_key_is_a_knob(call):
    caller = call(missing_key="Invalid API-key provided.")

    answer = caller.get("/tasks/1", headers={"Authorization": None})

    assert told(answer)[2] == "Invalid API-key provided."


@pytest.mark.parametrize("path", [SUBMIT, PARSE])
@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain"), (b"", "")],
)
def test_bodies_are_json_objects(call, path, data, media_type):
    answer = call().post(path, data=data, headers={**ASYNC, "Content-Type": media_type})

    assert told(answer)[:2] == (400, "InvalidParameter")
    assert told(answer)[2].startswith("Required body invalid")


@pytest.mark.parametrize(
    ("path", "model", "code", "start"),
    [
        (SUBMIT, None, "BadRequest.EmptyModel", 'Required parameter "model"'),
        (SUBMIT, "aitryon-pro", "InvalidParameter", "Model not exist."),
        (PARSE, "wan", "InvalidParameter", "Model not exist."),
        (SUBMIT, "aitryon-parsing-v1", "InvalidParameter", "url error, please check url"),
        (PARSE, "aitryon", "InvalidParameter", "url error, please check url"),
        ("/services/aigc/text2image/image-synthesis", "aitryon", "InvalidParameter", "url error"),
    ],
)
def test_models_have_their_addresses(call, path, model, code, start):
    answer = call().post(path, json={"model": model, "input": {}}, headers=ASYNC)

    assert told(answer)[:2] == (400, code)
    assert told(answer)[2].startswith(start)


def test_one_call_is_asynchronous_and_the_other_is_not(call):
    caller = call()

    submitted = caller.post(SUBMIT, json={"model": "aitryon", "input": {}})
    parsed = caller.parse("http://127.0.0.1/x", headers=ASYNC)

    assert told(submitted)[:2] == told(parsed)[:2] == (403, "AccessDenied")
    assert "synchronous" in told(submitted)[2]
    assert "asynchronous" in told(parsed)[2]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_slash_at_the_end_makes_no_difference(call, person, top, slash):
    caller = call()
    given = caller.images(person_image=person, top_garment=top)
    body = {"model": "aitryon", "input": given}

    task = caller.post(SUBMIT + slash, json=body, headers=ASYNC).json()["output"]["task_id"]

    assert caller.get(f"/tasks/{task}{slash}").json()["output"]["task_id"] == task
    assert caller.get(f"/tasks{slash}").json()["total"] == 1
    cancelled = caller.post(f"/tasks/{task}/cancel{slash}", json={"model": "", "input": ""})
    assert [*cancelled.json()] == ["request_id"]


def test_ten_calls_a_second_are_taken_for_all_of_an_account(call, clock, person, top):
    caller = call(retry_after_s=3)
    given = caller.images(person_image=person, top_garment=top)

    statuses = [caller.submit(given).status_code for _ in range(12)]
    limited = caller.submit(given)
    other = caller.submit(given, key="sk-emulated-other-account")
    clock.advance(1.01)

    assert statuses == [200] * 10 + [429] * 2
    assert told(limited)[:2] == (429, "Throttling.RateQuota")
    assert limited.headers["Retry-After"] == "3"
    assert other.status_code == caller.submit(given).status_code == 200


def test_parsing_and_asking_have_limits_too(call, person):
    caller = call()
    (url,) = caller.images(image=person).values()

    parsed = [caller.parse(url).status_code for _ in range(11)]
    asked = [caller.get("/tasks/1").status_code for _ in range(21)]

    assert parsed == [200] * 10 + [429]
    assert asked == [200] * 20 + [429]
    assert "Retry-After" not in caller.parse(url).headers


def test_a_sixth_task_may_be_refused(call, person, top):
    caller = call(waiting="refuse")
    given = caller.images(person_image=person, top_garment=top)

    answers = [caller.submit(given) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert told(answers[5])[1] == "Throttling"


@pytest.mark.parametrize(("knob", "status"), [("NotFound", 404), ("InvalidParameter", 400)])
def test_addresses_that_do_not_exist(call, knob, status):
    caller = call(unknown_path=knob)

    assert told(caller.get("/nothing"))[:2] == (status, knob)
    assert told(caller.get(SUBMIT))[1:] == (
        "InvalidParameter",
        "Request method 'GET' is not supported.",
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("400", "InvalidParameter"),
        ("401", "InvalidApiKey"),
        ("403", "AccessDenied"),
        ("404", "NotFound"),
        ("429", "Throttling.RateQuota"),
        ("500", "InternalError"),
        ("503", "ModelUnavailable"),
        ("Arrearage", "Arrearage"),
    ],
)
def test_faults_are_told_in_the_vendors_words(call, fault, code):
    answer = call(f"poll:{fault}").get("/tasks/1")

    assert told(answer)[1] == code


def test_faults_that_the_vendor_has_no_words_for(call):
    answer = call("poll:418").get("/tasks/1")

    assert (answer.status_code, answer.text) == (418, "418 as told")
