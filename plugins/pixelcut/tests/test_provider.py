import json
from datetime import timedelta
from decimal import Decimal

import pytest

from servers import answer, json_answer
from tryon_core import Client, Job, JobState, TransportPolicy, errors

PERSON = "https://shop.example/person.jpg"
GARMENT = "https://shop.example/garment.jpg"
ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
ACCEPTED = json_answer({"job_id": ID}, 202)
RESULT = "https://assets.pixelcut.app/public/result/a16646be-91c8-4e3a-b359.jpg"


def accepted_at(location):
    return json_answer({"job_id": ID}, 202, Location=location)


def targets(server):
    return [(received.method, received.target) for received in server.requests]


# Submitting


def test_an_accepted_job_has_the_vendors_id(vendor):
    client, _ = vendor(json_answer({"job_id": ID, "new": [1]}, 202, X_Request_Id="call-7"))
    job = client.submit(PERSON, top=GARMENT)
    assert (job.id, job.request_id, job.result) == (ID, "call-7", None)
    assert job.expires_at - job.submitted_at == timedelta(hours=1)


@pytest.mark.parametrize("waits", ["true", "false"])
def test_a_finished_image_is_taken_in_either_mode(vendor, waits):
    client, _ = vendor(json_answer({"result_url": RESULT}), wait_for_result=waits)
    job = client.submit(PERSON, top=GARMENT)
    assert job.id == "a16646be-91c8-4e3a-b359.jpg"
    assert job.result.images[0].source.url == RESULT
    assert job.result.images[0].expires_at == job.submitted_at + timedelta(hours=1)
    assert client.poll(job).state is JobState.SUCCEEDED


@pytest.mark.parametrize("waits", ["true", "false"])
@pytest.mark.parametrize("status", [200, 202])
def test_a_job_is_taken_in_either_mode(vendor, waits, status):
    client, _ = vendor(json_answer({"job_id": ID}, status), wait_for_result=waits)
    assert client.submit(PERSON, top=GARMENT).id == ID


def test_a_finished_image_is_taken_with_202_too(vendor):
    client, _ = vendor(json_answer({"job_id": ID, "result_url": RESULT}, 202))
    assert client.submit(PERSON, top=GARMENT).result is not None


def test_an_address_without_a_path_still_names_the_job(vendor):
    client, _ = vendor(json_answer({"result_url": "https://assets.pixelcut.app"}))
    assert client.submit(PERSON, top=GARMENT).id == "assets.pixelcut.app"


@pytest.mark.parametrize(
    ("status", "body", "path"),
    [
        (200, {}, "response.result_url"),
        (200, {"result_url": 7}, "response.result_url"),
        (200, {"result_url": ""}, "response.result_url"),
        (200, {"result_url": "ftp://x/y.jpg"}, "response.result_url"),
        (200, {"result_url": "https://[x"}, "response.result_url"),
        (202, {}, "response.job_id"),
        (202, {"job_id": None}, "response.job_id"),
        (202, {"job_id": ""}, "response.job_id"),
        (202, {"job_id": " "}, "response.job_id"),
        (202, {"job_id": 1.5}, "response.job_id"),
        (202, [], "response"),
    ],
)
def test_an_answer_that_breaks_the_contract_names_the_path_and_may_be_billed(
    vendor, status, body, path
):
    client, server = vendor(json_answer(body, status))
    with pytest.raises(errors.UnexpectedResponse, match=path) as caught:
        client.submit(PERSON, top=GARMENT)
    assert caught.value.billed == "unknown"
    assert caught.value.retry == "never_automatically"
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("body", ["", "<html>ok</html>", '{"job_id": "6b', "null"])
def test_an_answer_that_cannot_be_read_may_be_billed(vendor, status, body):
    client, _ = vendor(answer(status, body))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.submit(PERSON, top=GARMENT)
    assert caught.value.billed == "unknown"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused(vendor, status):
    client, server = vendor(answer(status, headers={"Location": "/v1/elsewhere"}))
    with pytest.raises(errors.ServiceMoved) as caught:
        client.submit(PERSON, top=GARMENT)
    assert caught.value.billed == "no"
    assert targets(server) == [("POST", "/v1/try-on")]


@pytest.mark.parametrize(
    "reply",
    [
        json_answer({"job_id": ID, "result_url": 5}, 200),
        json_answer({"job_id": ID, "error": "odd", "error_code": "unexpected_error"}, 200),
        json_answer({"job_id": ID}, 201),
        json_answer({"job_id": ID}, 500),
        answer(202, f'{{"job_id": "{ID}", "cut'),
        answer(202, headers={"Location": f"/v1/try-on/job/{ID}"}),
        answer(202, "<html>ok</html>", headers={"Location": f"try-on/job/{ID}"}),
        json_answer({"job_id": 5}, 202, Location=f"/v1/try-on/job/{ID}"),
        json_answer({"job_id": ID}, 202, Location="/v1/try-on/job/other"),
        json_answer({"job_id": None}, 202, Location=f"https://elsewhere.example/jobs/{ID}/"),
        json_answer({}, 202, Location=f"/v1/try-on/{ID}?x=1"),
    ],
)
def test_an_odd_answer_that_names_a_job_is_that_job(vendor, reply):
    client, server = vendor(reply)
    assert client.submit(PERSON, top=GARMENT).id == ID
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location", ["", "/", "/v1/try-on", "/v1/try-on/job/", "http://[", "/login"]
)
def test_an_empty_answer_whose_location_names_no_job_may_be_billed(vendor, location):
    client, _ = vendor(answer(202, headers={"Location": location}))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.submit(PERSON, top=GARMENT)
    assert caught.value.billed == "unknown"


def test_a_redirect_that_names_a_job_is_none(vendor):
    client, _ = vendor(answer(302, headers={"Location": f"/v1/try-on/job/{ID}"}))
    with pytest.raises(errors.TryOnError):
        client.submit(PERSON, top=GARMENT)


def test_an_image_beside_its_job_keeps_the_job(vendor):
    client, _ = vendor(json_answer({"job_id": ID, "result_url": RESULT}))
    job = client.submit(PERSON, top=GARMENT)
    assert (job.id, job.result.images[0].source.url) == (ID, RESULT)


def slow(seconds):
    def step(link):
        link.read_request()
        link.server.ended.wait(seconds)
        body = json.dumps({"result_url": RESULT}).encode()
        link.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return False

    return step


def test_the_waiting_mode_is_given_its_time(vendor):
    impatient = TransportPolicy(read_timeout_s=0.1)
    settings = {"wait_for_result": True, "wait_timeout_s": 5, "transport": impatient}
    client, _ = vendor(slow(0.4), **settings)
    assert client.submit(PERSON, top=GARMENT).result is not None


@pytest.mark.parametrize("settings", [{"wait_for_result": True, "wait_timeout_s": 0.2}, {}])
def test_an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown(vendor, settings):
    client, server = vendor(slow(2), transport=TransportPolicy(read_timeout_s=0.1), **settings)
    with pytest.raises(errors.OutcomeUnknown):
        client.submit(PERSON, top=GARMENT)
    assert len(server.requests) == 1


# Polling


def polled(vendor, reply, location=None):
    client, server = vendor(accepted_at(location) if location else ACCEPTED, reply)
    return client.poll(client.submit(PERSON, top=GARMENT)), server


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", JobState.PENDING),
        ("running", JobState.RUNNING),
        ("failed", JobState.FAILED),
        ("cancelled", JobState.CANCELLED),
        ("canceled", JobState.CANCELLED),
        ("dreaming", JobState.UNKNOWN),
        ("RUNNING", JobState.UNKNOWN),
    ],
)
def test_every_status_is_a_state(vendor, status, state):
    update, server = polled(vendor, json_answer({"job_id": ID, "status": status, "more": {}}))
    assert (update.state, update.vendor_status) == (state, status)
    assert targets(server)[1] == ("GET", f"/v1/try-on/job/{ID}")


def test_a_question_is_asked_with_the_key(vendor, key):
    _, server = polled(vendor, json_answer({"job_id": ID, "status": "running"}))
    assert server.requests[1].headers["x-api-key"] == key


def test_a_completed_job_has_its_image(vendor):
    error = {"message": "", "error_code": "unexpected_error"}  # as in the vendor's own sample
    body = {"job_id": ID, "status": "completed", "result_url": RESULT, "error": error}
    update, _ = polled(vendor, json_answer(body, Retry_After="3", X_Request_Id="call-8"))
    assert update.state is JobState.SUCCEEDED
    assert update.result.images[0].source.url == RESULT
    assert (update.retry_after_s, update.request_id) == (3.0, "call-8")


def test_a_status_may_come_with_202(vendor):
    update, _ = polled(vendor, json_answer({"status": "running"}, 202))
    assert update.state is JobState.RUNNING


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_question_is_not_redirected(vendor, status):
    client, server = vendor(ACCEPTED, answer(status, headers={"Location": "/v1/elsewhere"}))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.ServiceMoved) as caught:
        client.poll(job)
    assert caught.value.job == job
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"status": "completed"}, "response.result_url"),
        ({"status": "completed", "result_url": None}, "response.result_url"),
        ({"job_id": ID}, "response.status"),
        ({"status": 4}, "response.status"),
        ({"status": None}, "response.status"),
        (["running"], "response"),
    ],
)
def test_a_status_that_breaks_the_contract_names_the_path(vendor, body, path):
    client, _ = vendor(ACCEPTED, json_answer(body))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.UnexpectedResponse, match=path) as caught:
        client.poll(job)
    assert caught.value.job == job


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "Flagged", "error_code": "content_filter_error"}},
        {"error": "Flagged", "error_code": "content_filter_error"},
        {"error": {"message": "Flagged"}, "error_code": "content_filter_error"},
        {"message": "Flagged", "error_code": "content_filter_error"},
    ],
)
def test_errors_of_jobs_are_read_nested_and_flat(vendor, error):
    update, _ = polled(vendor, json_answer({"status": "failed", **error}))
    assert update.state is JobState.FAILED
    assert (update.failure.code, update.failure.message) == ("content_filter_error", "Flagged")
    assert (update.failure.fault, update.failure.billed) == ("input", "unknown")


@pytest.mark.parametrize("error", [{}, {"error": None}, {"error": 7}, {"error": {"message": []}}])
def test_a_job_may_fail_without_a_reason(vendor, error):
    update, _ = polled(vendor, json_answer({"status": "failed", **error}))
    assert (update.failure.code, update.failure.message) == ("", "no reason given")


def test_a_cancelled_job_is_no_failed_one(vendor):
    error = {"message": "Gone", "error_code": "job_cancelled"}
    update, _ = polled(vendor, json_answer({"status": "failed", "error": error}))
    assert (update.state, update.vendor_status) == (JobState.CANCELLED, "failed")


def test_a_job_of_which_the_vendor_says_that_it_expired_has(vendor):
    error = {"message": "Gone", "error_code": "job_expired"}
    client, _ = vendor(ACCEPTED, json_answer({"status": "failed", "error": error}))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.JobExpired) as caught:
        client.poll(job)
    assert (caught.value.job, caught.value.billed) == (job, "unknown")


def test_a_job_that_the_vendor_does_not_know_is_not_found(vendor):
    body = {"error": "Job not found", "error_code": "not_found"}
    update, _ = polled(vendor, json_answer(body, 404))
    assert update.state is JobState.NOT_FOUND


@pytest.mark.parametrize("status", [403, 404, 406, 408, 413, 500, 503])
@pytest.mark.parametrize("body", ["", "<html>", '{"message": "no route"}'])
def test_a_page_says_nothing_about_the_job(vendor, status, body):
    client, _ = vendor(ACCEPTED, answer(status, body), transport=TransportPolicy(retries=0))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.VendorUnavailable) as caught:
        client.poll(job)
    assert (caught.value.job, caught.value.http_status) == (job, status)


def test_the_status_of_another_job_is_never_taken(vendor):
    other = json_answer({"job_id": "other", "status": "completed", "result_url": RESULT})
    client, _ = vendor(ACCEPTED, other)
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.UnexpectedResponse, match="other"):
        client.poll(job)


@pytest.mark.parametrize("name", [None, "", 5, []])
def test_a_status_without_the_name_of_its_job_is_taken(vendor, name):
    update, _ = polled(vendor, json_answer({"job_id": name, "status": "running"}))
    assert update.state is JobState.RUNNING


# Where to ask


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/v1/try-on/job/other", "/v1/try-on/job/other"),
        ("/elsewhere", "/elsewhere"),
        ("status/7", "/v1/status/7"),
        ("https://evil.example/v1/try-on/job/x", f"/v1/try-on/job/{ID}"),
        ("//evil.example/x", f"/v1/try-on/job/{ID}"),
        ("/v1/status?token=secret", f"/v1/try-on/job/{ID}"),
        ("http://[", f"/v1/try-on/job/{ID}"),
        ("http://127.0.0.1:99999/x", f"/v1/try-on/job/{ID}"),
        ("ftp://127.0.0.1/x", f"/v1/try-on/job/{ID}"),
    ],
)
def test_location_is_followed_on_the_same_origin_only(vendor, location, asked):
    _, server = polled(vendor, json_answer({"status": "running"}), location)
    assert targets(server)[1] == ("GET", asked)


def test_an_absolute_location_on_the_same_origin_is_followed(vendor):
    client, server = vendor(ACCEPTED)
    server.play(accepted_at(server.url("/v2/jobs/9")), json_answer({"status": "running"}))
    client.poll(client.submit(PERSON, top=GARMENT))
    assert targets(server)[1] == ("GET", "/v2/jobs/9")


@pytest.mark.parametrize(
    "refused",
    [
        json_answer({"error": "Job not found", "error_code": "not_found"}, 404),
        answer(404),
        answer(302, headers={"Location": "/login"}),
        answer(200, "<html>"),
        answer(503),
        json_answer({"credits_remaining": 5}),
        json_answer({"job_id": "other", "status": "failed"}),
    ],
)
def test_where_the_location_gives_no_answer_the_documented_address_does(vendor, refused):
    running = json_answer({"job_id": ID, "status": "running"})
    policy = TransportPolicy(retries=0)
    client, server = vendor(accepted_at("/elsewhere"), refused, running, transport=policy)
    assert client.poll(client.submit(PERSON, top=GARMENT)).state is JobState.RUNNING
    assert [path for _, path in targets(server)[1:]] == ["/elsewhere", f"/v1/try-on/job/{ID}"]


@pytest.mark.parametrize("status", [401, 429])
def test_what_concerns_the_caller_is_not_asked_twice(vendor, status):
    policy = TransportPolicy(retries=0)
    client, server = vendor(accepted_at("/elsewhere"), answer(status), transport=policy)
    with pytest.raises(errors.TryOnError):
        client.poll(client.submit(PERSON, top=GARMENT))
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "location",
    ["/v1/try-on/job/{id}", "{server}/v1/try-on/job/{id}", "{server}/shop/v1/try-on/job/{id}"],
)
def test_a_gateway_with_a_path_of_its_own_keeps_it(vendor, location):
    _, server = vendor(ACCEPTED)
    base_url = server.url("/shop")
    where = location.format(server=server.url("").rstrip("/"), id=ID)
    server.play(accepted_at(where), json_answer({"job_id": ID, "status": "running"}))
    with Client("pixelcut", api_key="sk_fake", base_url=base_url) as behind:
        assert behind.poll(behind.submit(PERSON, top=GARMENT)).state is JobState.RUNNING
    assert targets(server)[1:] == [("GET", f"/shop/v1/try-on/job/{ID}")]


def test_a_location_that_says_nothing_new_is_not_kept(vendor):
    client, _ = vendor(accepted_at(f"/v1/try-on/job/{ID}"))
    assert client.submit(PERSON, top=GARMENT).data == {}


@pytest.mark.parametrize(
    "location",
    [
        "http://user@127.0.0.1:{port}/x",
        "http://127.0.0.1:1/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}/x?key=y",
        "http://127.0.0.1:{port}@evil.example/x",
        "//127.0.0.1:{port}/x",
        "/x",
        "http://[",
    ],
)
def test_a_token_cannot_send_the_key_elsewhere(vendor, clock, location):
    client, server = vendor(json_answer({"status": "running"}))
    data = {"poll_url": location.format(port=server.port)}
    token = Job(provider="pixelcut", id=ID, submitted_at=clock.now(), data=data).to_token()
    client.poll(Job.from_token(token))
    assert targets(server) == [("GET", f"/v1/try-on/job/{ID}")]


def test_an_odd_id_stays_one_part_of_the_path(vendor, clock):
    client, server = vendor(json_answer({"status": "running"}))
    client.poll(Job(provider="pixelcut", id="a/b?c#d", submitted_at=clock.now()))
    assert targets(server) == [("GET", "/v1/try-on/job/a%2Fb%3Fc%23d")]


# Cancelling


def cancelled(vendor, *replies):
    client, server = vendor(ACCEPTED, *replies)
    job = client.submit(PERSON, top=GARMENT)
    return client.cancel(job), server


@pytest.mark.parametrize("reply", [json_answer({"message": "Job cancelled"}), answer(200)])
def test_a_job_is_cancelled_at_the_documented_route(vendor, key, reply):
    update, server = cancelled(vendor, reply)
    assert update.state is JobState.CANCELLED
    assert targets(server)[1] == ("POST", f"/v1/try-on/job/{ID}/cancel")
    assert server.requests[1].headers["x-api-key"] == key


def test_cancelling_an_unknown_job_says_not_found(vendor):
    body = {"error": "Job not found", "error_code": "not_found"}
    update, _ = cancelled(vendor, json_answer(body, 404))
    assert update.state is JobState.NOT_FOUND


def test_cancelling_a_finished_job_is_refused(vendor):
    body = {
        "error": "Job has already finished and cannot be canceled",
        "error_code": "job_finished",
    }
    client, _ = vendor(ACCEPTED, json_answer(body, 409))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.CancelRefused) as caught:
        client.cancel(job)
    assert caught.value.vendor_code == "job_finished"
    assert caught.value.job == job


# Credits


@pytest.mark.parametrize(
    ("left", "amount"),
    [(42, "42"), ("42", "42"), (0, "0"), (1.5, "1.5"), ("12.25", "12.25"), (-3, "-3")],
)
def test_credits_come_as_number_or_text(vendor, clock, left, amount):
    client, server = vendor(json_answer({"credits_remaining": left}))
    balance = client.read_balance()
    assert (balance.amount, balance.unit) == (Decimal(amount), "credits")
    assert balance.as_of == clock.now()
    assert targets(server) == [("GET", "/v1/credits")]


@pytest.mark.parametrize("left", [None, True, [], "many", "nan", "Infinity", ""])
def test_credits_that_are_no_number_name_the_path(vendor, left):
    client, _ = vendor(json_answer({"credits_remaining": left}))
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.credits_remaining"):
        client.read_balance()


def test_credits_of_a_wrong_key_are_refused(vendor):
    body = {"error": "API Token not found", "error_code": "invalid_auth_token"}
    client, _ = vendor(json_answer(body, 401))
    with pytest.raises(errors.AuthenticationFailed):
        client.read_balance()


# Validation


def test_addresses_of_another_vendors_store_are_refused(vendor):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed, match="oss://") as caught:
        client.submit("oss://bucket/person.jpg", top=GARMENT)
    assert [problem.field for problem in caught.value.problems] == ["person"]
    assert server.connections == 0


@pytest.mark.parametrize("mode", ["full", "lower"])
def test_a_mode_that_does_not_fit_the_category_is_a_warning(vendor, mode):
    client, _ = vendor(ACCEPTED)
    (problem,) = client.validate(PERSON, top=GARMENT, options={"garment_mode": mode})
    assert (problem.field, problem.severity) == ("options.garment_mode", "warning")
    assert client.submit(PERSON, top=GARMENT, options={"garment_mode": mode}).id == ID


@pytest.mark.parametrize("mode", [None, "auto", "upper"])
def test_a_mode_that_fits_is_no_problem(vendor, mode):
    client, _ = vendor(ACCEPTED)
    assert client.validate(PERSON, top=GARMENT, options={"garment_mode": mode}) == ()


def test_parsing_is_not_offered(vendor):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed, match="cannot parse"):
        client.parse_garment(PERSON)
    assert server.connections == 0


# Secrets


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 429, 500])
def test_the_key_is_in_no_error_even_when_the_vendor_echoes_it(vendor, key, caplog, status):
    caplog.set_level(0)
    body = {"error": f"the key {key} is odd", "error_code": "invalid_auth_token", "status": key}
    client, _ = vendor(json_answer(body, status))
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert key not in caplog.text
    assert key not in str(caught.value)
    assert key not in repr(caught.value)


def test_the_key_is_not_in_the_token(vendor, key):
    client, _ = vendor(accepted_at("/v1/try-on/job/x"))
    job = client.submit(PERSON, top=GARMENT)
    assert key not in repr(job)
    assert key not in json.dumps(dict(job.data))
    (kept,) = Job.from_token(job.to_token()).data.values()
    assert kept.endswith("/v1/try-on/job/x")
