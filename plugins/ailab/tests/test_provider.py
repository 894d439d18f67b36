"""The hooks over a real socket, against a server that says what a test wants."""

import json
import logging

import pytest

from servers import (
    answer,
    drop_after_body,
    drop_unread,
    json_answer,
    raw_answer,
    reset_after_body,
    serving,
)
from tryon_ailab.provider import provider
from tryon_core import Client, JobState, errors
from tryon_testing.emulation import read_parts

CANARY = "canaryKeyThatMustNotShow"
ACCEPTED = {
    "request_id": "e2117b88-6b8a-9807-a775-190e183706fb",
    "log_id": "e2117b88-6b8a-9807-a775-190e183706fb",
    "error_code": 0,
    "error_code_str": "",
    "error_msg": "",
    "error_detail": {"status_code": 200, "code": "", "code_message": "", "message": ""},
    "task_type": "async",
    "task_id": "1788109088348.1e968d25-86f6-cef9-9010-69b485b12ecd",
}


def _refusal(code, status):
    detail = {"status_code": status, "code": code, "code_message": "text", "message": "more"}
    return json_answer({"request_id": "r-9", "error_code": status, "error_detail": detail}, status)


@pytest.fixture
def serve(clock):
    """Run a server with a client on it."""
    return lambda *steps, **settings: _Served(clock, steps, settings)


class _Served:
    def __init__(self, clock, steps, settings):
        self._clock, self._steps, self._settings = clock, steps, settings

    def __enter__(self):
        self._serving = serving(*self._steps)
        server = self._serving.__enter__()
        self._client = Client(
            provider,
            clock=self._clock,
            **{"api_key": CANARY, "base_url": server.url(""), **self._settings},
        )
        return server, self._client

    def __exit__(self, *error):
        self._client.close()
        self._serving.__exit__(*error)


def _parts(received):
    return read_parts(received.body, received.headers["content-type"])


def _names_and_words(received):
    return [
        (part.name, part.data.decode() if part.filename is None else part.filename)
        for part in _parts(received)
    ]


@pytest.mark.parametrize(
    ("category", "word"),
    [("top", "upper_body"), ("bottom", "lower_body"), ("dress", "full_body")],
)
def test_the_base_model_is_asked_with_four_parts(serve, photo, jeans, category, word):
    with serve(json_answer(ACCEPTED)) as (server, client):
        job = client.submit(photo, **{category: jeans})
    (received,) = server.requests
    assert (received.method, received.target) == ("POST", "/api/portrait/editing/try-on-clothes")
    assert received.headers["ailabapi-api-key"] == CANARY
    assert _names_and_words(received) == [
        ("task_type", "async"),
        ("person_image", "image.jpg"),
        ("clothes_image", "image.png"),
        ("clothes_type", word),
    ]
    assert [part.media_type for part in _parts(received)[1:3]] == ["image/jpeg", "image/png"]
    assert (job.id, job.request_id) == (ACCEPTED["task_id"], ACCEPTED["request_id"])
    assert job.data == {"model": "base"}


@pytest.mark.parametrize(
    "case",
    [
        (["top"], ["top_garment"]),
        (["dress"], ["top_garment"]),
        (["top", "bottom"], ["top_garment", "bottom_garment"]),
    ],
)
@pytest.mark.parametrize("model", ["pro", "premium"])
def test_pro_and_premium_take_two_garments_and_a_dress_as_the_top(serve, photo, tee, case, model):
    garments, parts = case
    with serve(json_answer(ACCEPTED)) as (server, client):
        client.submit(photo, **dict.fromkeys(garments, tee), options={"model": model})
    (received,) = server.requests
    assert received.target == f"/api/portrait/editing/try-on-clothes-{model}"
    names = [part.name for part in _parts(received)]
    assert names == ["task_type", "person_image", *parts]


def test_the_options_of_pro_go_out_as_documented(serve, photo, tee):
    options = {"model": "pro", "resolution": 1280, "restore_face": False}
    with serve(json_answer(ACCEPTED)) as (server, client):
        client.submit(photo, top=tee, options=options)
    assert _names_and_words(server.requests[0])[-2:] == [
        ("resolution", "1280"),
        ("restore_face", "false"),
    ]


def test_the_refiner_gets_the_coarse_image_and_the_gender(serve, photo, tee, jeans):
    options = {"model": "refiner", "coarse_image": jeans, "gender": "man"}
    with serve(json_answer(ACCEPTED)) as (server, client):
        client.submit(photo, top=tee, options=options)
    (received,) = server.requests
    assert received.target == "/api/portrait/enhance/try-on-clothes-refiner"
    assert [part.name for part in _parts(received)][1:] == [
        "person_image",
        "top_garment",
        "coarse_image",
        "gender",
    ]
    assert _parts(received)[-1].data == b"man"


def test_conflicting_forms_of_a_request_are_settings(serve, photo, tee):
    old = "/api/portrait/enhance/try-on-clothes-pro"
    options = {"model": "pro", "restore_face": True}
    with serve(json_answer(ACCEPTED), pro_path=old, boolean_case="capital") as (server, client):
        client.submit(photo, top=tee, options=options)
    assert server.requests[0].target == old
    assert ("restore_face", "True") in _names_and_words(server.requests[0])


def test_an_unknown_case_of_booleans_is_refused_when_the_client_is_made():
    with pytest.raises(errors.SettingsError, match=r"'loud'.*lower or capital"):
        Client(provider, api_key="k", boolean_case="loud")


@pytest.mark.parametrize("name", ["AILABAPI_API_KEY", "AILAB_API_KEY"])
def test_the_key_may_stand_in_the_vendors_variables(monkeypatch, name):
    monkeypatch.setenv(name, "from-there")
    with Client(provider) as client:
        assert client._session.settings.text("api_key") == "from-there"


@pytest.mark.parametrize(
    "case",
    [
        ({"resolution": 1024}, ["top"], ["options.resolution"]),
        ({"restore_face": False}, ["top"], ["options.restore_face"]),
        ({"gender": "man"}, ["top"], ["options.gender"]),
        ({"model": "pro", "gender": "man"}, ["top"], ["options.gender"]),
        ({"model": "refiner"}, ["top"], ["options.coarse_image", "options.gender"]),
        (
            {"model": "refiner", "resolution": -1, "gender": "man"},
            ["top"],
            ["options.resolution", "options.coarse_image"],
        ),
        ({}, ["top", "bottom"], ["bottom"]),
        ({"model": "pro"}, ["bottom"], ["bottom"]),
        ({"model": "pro"}, ["top", "dress"], ["dress"]),
    ],
)
def test_what_the_model_does_not_take_or_lacks_is_named_and_nothing_is_sent(
    serve, photo, tee, case
):
    options, garments, fields = case
    with serve(json_answer(ACCEPTED)) as (server, client):
        found = client.validate(photo, **dict.fromkeys(garments, tee), options=options)
        assert server.requests == []
    assert [problem.field for problem in found] == fields


def test_a_coarse_image_with_another_model_is_a_problem(serve, photo, tee):
    with serve(json_answer(ACCEPTED)) as (_, client):
        found = client.validate(photo, top=tee, options={"coarse_image": tee})
    assert [problem.code for problem in found] == ["option_not_offered"]


def test_parsing_is_not_offered(serve, photo):
    with serve(json_answer(ACCEPTED)) as (server, client):
        with pytest.raises(errors.ValidationFailed, match="cannot parse"):
            client.parse_garment(photo, ["top"])
        assert server.requests == []


@pytest.mark.parametrize(
    "case",
    [
        (400, "UNSUPPORTED_PARAMETER_VALUES", errors.InputRefused),
        (401, "ERROR_APPLICATIONS_NOT_EXISTS", errors.AuthenticationFailed),
        (413, "FILE_SIZE_EXCEEDS_LIMIT", errors.InputRefused),
        (429, "ERROR_NOT_ENOUGH_CREDITS", errors.CreditsExhausted),
        (502, "AI_SERVICE_ERROR", errors.OutcomeUnknown),
        (503, "AI_SERVICE_FLOW_RESTRICTION", errors.OutcomeUnknown),
        (504, "AI_SERVICE_TIMEOUT", errors.OutcomeUnknown),
        (500, "BRAND_NEW", errors.OutcomeUnknown),
    ],
)
def test_a_refused_submission_is_sent_once(serve, photo, tee, case):
    status, code, kind = case
    with serve(_refusal(code, status)) as (server, client):
        with pytest.raises(kind) as caught:
            client.submit(photo, top=tee)
        assert len(server.requests) == 1
    error = caught.value
    assert (error.vendor_code, error.http_status, error.request_id) == (code, status, "r-9")
    assert error.billed == ("unknown" if status >= 500 else "no")


def test_an_error_in_a_200_refuses_the_submission_too(serve, photo, tee):
    body = {"error_code": 400, "error_detail": {"code": "MISSING_PARAMETERS"}}
    with serve(json_answer(body)) as (_, client), pytest.raises(errors.InputRefused):
        client.submit(photo, top=tee)


def test_a_limit_of_calls_has_the_core_submit_again(serve, photo, tee, clock):
    limited = _refusal("EXCEEDING_LIMITS", 429)
    with serve(limited, limited, json_answer(ACCEPTED)) as (server, client):
        assert client.submit(photo, top=tee).id == ACCEPTED["task_id"]
        assert len(server.requests) == 3
    assert len(clock.sleeps) == 2


@pytest.mark.parametrize(
    "lost", [drop_after_body, reset_after_body, raw_answer(b"HTTP/1.1 200 OK\r\nContent-Le")]
)
def test_a_lost_answer_is_one_request_and_an_unknown_outcome(serve, photo, tee, lost):
    with serve(lost) as (server, client):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            client.submit(photo, top=tee)
        assert len(server.requests) == 1
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert caught.value.fingerprint


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, r"response\.task_id"),
        ({"task_id": None}, r"response\.task_id"),
        ({"task_id": 1.5}, r"response\.task_id"),
        ({"task_id": ""}, r"response\.task_id"),
        ({"task_id": " \n"}, r"response\.task_id"),
        ({"data": {"job_id": "1"}}, r"response\.task_id"),
        ([], "expected object, got list @ response"),
        (None, "expected object, got null @ response"),
    ],
)
def test_an_answer_without_a_task_names_the_path_and_may_have_been_billed(
    serve, photo, tee, body, path
):
    with serve(json_answer(body)) as (server, client):
        with pytest.raises(errors.UnexpectedResponse, match=path) as caught:
            client.submit(photo, top=tee)
        assert len(server.requests) == 1
    assert caught.value.billed == "unknown"


@pytest.mark.parametrize(
    "step",
    [
        answer(200, "<html>fine</html>"),
        answer(200, b'{"task_id": "17'),
        answer(201, "accepted"),
        answer(200, b"[" * 100_000),
    ],
)
def test_a_hostile_answer_to_a_submission_is_one_clear_error(serve, photo, tee, step):
    with serve(step) as (server, client):
        with pytest.raises(errors.UnexpectedResponse) as caught:
            client.submit(photo, top=tee)
        assert len(server.requests) == 1
    assert caught.value.billed == "unknown"


def test_a_redirected_submission_is_a_refusal(serve, photo, tee):
    step = answer(302, "", headers={"Location": "http://elsewhere.example"})
    with serve(step) as (server, client):
        with pytest.raises(errors.ServiceMoved) as caught:
            client.submit(photo, top=tee)
        assert len(server.requests) == 1
    assert caught.value.billed == "no"


@pytest.mark.parametrize(
    ("step", "task"),
    [
        (answer(201, json.dumps(ACCEPTED)), ACCEPTED["task_id"]),
        (json_answer({**ACCEPTED, "task_id": 17}), "17"),
        (json_answer({"data": {"task_id": "t-1"}}), "t-1"),
        (json_answer({**ACCEPTED, "error_code": 500, "task_id": "t-1"}), "t-1"),
        (json_answer({**ACCEPTED, "error_code": 403, "task_id": "t-1"}), "t-1"),
        (answer(200, b'{"task_id": "t-1", "log_id": "cut o'), "t-1"),
        (answer(500, b'{"task_id": "t-1"}'), "t-1"),
    ],
)
def test_an_odd_answer_that_names_a_task_is_a_job(serve, photo, tee, step, task):
    with serve(step) as (server, client):
        assert client.submit(photo, top=tee).id == task
        assert len(server.requests) == 1


def test_an_answer_without_a_task_keeps_the_id_of_the_call(serve, photo, tee):
    with (
        serve(json_answer({"request_id": "r-5"})) as (_, client),
        pytest.raises(errors.UnexpectedResponse) as caught,
    ):
        client.submit(photo, top=tee)
    assert caught.value.request_id == "r-5"


def test_odd_public_fields_do_not_cost_an_accepted_task(serve, photo, tee):
    odd = {**ACCEPTED, "request_id": 5, "error_detail": "none", "error_msg": None, "new": [1]}
    with serve(json_answer(odd)) as (_, client):
        job = client.submit(photo, top=tee)
    assert (job.id, job.request_id) == (ACCEPTED["task_id"], ACCEPTED["log_id"])


def test_the_query_names_the_task_and_sends_no_body(serve, photo, tee):
    status = json_answer({"task_status": 1})
    with serve(json_answer(ACCEPTED), status) as (server, client):
        update = client.poll(client.submit(photo, top=tee))
    assert update.state is JobState.RUNNING
    received = server.requests[1]
    path = "/api/common/query-async-task-result"
    assert received.target == f"{path}?task_id={ACCEPTED['task_id']}"
    assert (received.headers["ailabapi-api-key"], received.body) == (CANARY, b"")


def test_the_number_of_a_job_is_encoded(serve, photo, tee):
    odd = {**ACCEPTED, "task_id": "a&b=c d"}
    with serve(json_answer(odd), json_answer({"task_status": 0})) as (server, client):
        client.poll(client.submit(photo, top=tee))
    assert server.requests[1].target.endswith("?task_id=a%26b%3Dc+d")


def test_a_status_that_stays_unknown_ends_the_wait(serve, photo, tee):
    with (
        serve(json_answer(ACCEPTED), json_answer({"task_status": 7})) as (_, client),
        pytest.raises(errors.AnswerLost, match="'7'") as caught,
    ):
        client.try_on(photo, top=tee, timeout_s=100_000)
    assert caught.value.job.id == ACCEPTED["task_id"]


def test_pages_of_a_gateway_pass_while_waiting(serve, photo, tee):
    page = answer(400, "<html>maintenance</html>")
    failed = json_answer({"task_status": 3})
    with (
        serve(json_answer(ACCEPTED), page, page, failed) as (server, client),
        pytest.raises(errors.JobFailed),
    ):
        client.try_on(photo, top=tee)
    assert len(server.requests) == 4


def test_a_key_that_is_refused_while_waiting_leaves_the_job_alive(serve, photo, tee):
    refused = _refusal("ERROR_USER_NOT_EXISTS", 401)
    with (
        serve(json_answer(ACCEPTED), refused) as (_, client),
        pytest.raises(errors.AuthenticationFailed) as caught,
    ):
        client.try_on(photo, top=tee)
    assert caught.value.job.id == ACCEPTED["task_id"]


def test_the_credits_are_a_free_question(serve):
    pools = {"error_code": 0, "data": [{"unique_sign": "common", "balance": 12.5}]}
    with serve(drop_unread, json_answer(pools)) as (server, client):
        assert str(client.read_balance().amount) == "12.5"
    assert server.requests[-1].target == "/api/common/query-credits"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "ERROR_USER_NOT_EXISTS", errors.AuthenticationFailed),
        (500, "SERVICE_INTERNAL_ERROR", errors.VendorUnavailable),
    ],
)
def test_refused_credits_are_an_error_that_costs_nothing(serve, status, code, kind):
    with (
        serve(_refusal(code, status)) as (_, client),
        pytest.raises(kind) as caught,
    ):
        client.read_balance()
    assert caught.value.billed == "no"


@pytest.mark.parametrize(
    "step",
    [
        json_answer(ACCEPTED),
        _refusal("ERROR_USER_NOT_EXISTS", 401),
        answer(200, f"<html>{CANARY}</html>"),
        json_answer({"error_code": 400, "error_msg": f"bad key {CANARY}"}, 400),
        drop_after_body,
    ],
)
def test_the_key_shows_nowhere(serve, photo, tee, caplog, step):
    caplog.set_level(logging.DEBUG)
    shown = []
    with serve(step) as (_, client):
        try:
            job = client.submit(photo, top=tee)
            shown += [job.to_token(), repr(job)]
        except errors.TryOnError as error:
            shown += [repr(error), str(error), repr(error.__dict__)]
        shown.append(repr(client._session.settings))
    assert CANARY not in caplog.text + "".join(shown)
