"""Status, result, cancelling and the balance, with answers as published and as measured."""

import base64
import io
import json
from decimal import Decimal

import pytest
from PIL import Image

from servers import answer, json_answer
from tryon_core import Job, JobState, TransportPolicy, errors

PERSON, GARMENT = "https://shop.example/person.jpg", "https://shop.example/garment.jpg"
ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
PATH = f"/fal-ai/fashn/requests/{ID}"
URL = "https://v3b.fal.media/files/b/0a8b1c2d/result.png"
QUEUED = "IN_QUEUE (queue_position"
ONCE = TransportPolicy(retries=0)
COMPLETED = {"status": "COMPLETED", "request_id": ID, "logs": None, "metrics": {}}
DONE = json_answer(COMPLETED)
IMAGES = json_answer({"images": [{"url": URL, "width": None, "content_type": None}]})


def accepted(**addresses):
    return json_answer({"request_id": ID, **addresses})


def polled(vendor, *replies, first=None, options=None):
    client, server = vendor(first or accepted(), *replies, transport=ONCE)
    job = client.submit(PERSON, top=GARMENT, options=options or {})
    return client.poll(job), server


def targets(server):
    return [(request.method, request.target) for request in server.requests[1:]]


# Status


@pytest.mark.parametrize(
    ("body", "status", "state", "shown"),
    [
        ({"status": "IN_QUEUE", "queue_position": 3}, 202, JobState.PENDING, f"{QUEUED} 3)"),
        ({"status": "IN_QUEUE", "queue_position": 0}, 200, JobState.PENDING, f"{QUEUED} 0)"),
        ({"status": "IN_PROGRESS", "logs": None}, 202, JobState.RUNNING, "IN_PROGRESS"),
        ({"status": "IN_PROGRESS", "logs": []}, 200, JobState.RUNNING, "IN_PROGRESS"),
        ({"status": "CANCELED"}, 200, JobState.UNKNOWN, "CANCELED"),
        ({"status": "FAILED"}, 200, JobState.FAILED, "FAILED"),
    ],
)  # fmt: skip
def test_states_with_either_status_and_the_place_in_the_queue(vendor, body, status, state, shown):
    """Fact 4, with 202 as one page has it and 200 as another."""
    update, server = polled(vendor, json_answer(body, status))
    assert (update.state, update.vendor_status) == (state, shown)
    assert targets(server) == [("GET", f"{PATH}/status")]


def test_a_job_may_go_back_to_the_queue(vendor):
    bodies = ({"status": "IN_PROGRESS"}, {"status": "IN_QUEUE", "queue_position": 0})
    client, _ = vendor(accepted(), *(json_answer(body, 202) for body in bodies))
    job = client.submit(PERSON, top=GARMENT)
    states = [client.poll(job).state for _ in bodies]
    assert states == [JobState.RUNNING, JobState.PENDING]


@pytest.mark.parametrize(
    ("model", "owner_and_app"),
    [
        ("fal-ai/kling/v1-5/kolors-virtual-try-on", "fal-ai/kling"),
        ("fal-ai/leffa/virtual-tryon", "fal-ai/leffa"),
        ("fal-ai/cat-vton", "fal-ai/cat-vton"),
        ("fal-ai/image-apps-v2/virtual-try-on", "fal-ai/image-apps-v2"),
    ],
)
def test_addresses_that_are_not_named_are_of_owner_and_app(vendor, model, owner_and_app):
    """Fact 3."""
    update, server = polled(
        vendor, json_answer({"status": "IN_PROGRESS"}, 202), options={"model": model}
    )
    assert update.state is JobState.RUNNING
    assert targets(server) == [("GET", f"/{owner_and_app}/requests/{ID}/status")]


def test_the_addresses_of_the_answer_are_asked(vendor):
    client, server = vendor(accepted())
    base = server.url("/fal-ai/fashn/tryon/v1.6/requests/x")
    named = accepted(status_url=f"{base}/status", response_url=base, cancel_url=f"{base}/cancel")
    server.play(named, DONE, IMAGES, json_answer({"status": "OK"}))
    job = client.submit(PERSON, top=GARMENT)
    assert client.poll(job).state is JobState.SUCCEEDED
    client.cancel(job)
    path = "/fal-ai/fashn/tryon/v1.6/requests/x"
    assert targets(server) == [
        ("GET", f"{path}/status"),
        ("GET", path),
        ("PUT", f"{path}/cancel"),
    ]


@pytest.mark.parametrize(
    "named",
    [
        "https://evil.example/{}",
        "//evil.example/{}",
        "http://127.0.0.1:1/{}",
        "ftp://x/{}",
        "",
        None,
    ],
)
def test_no_address_takes_the_key_to_another_host(vendor, named):
    urls = {name: named.format(name) if isinstance(named, str) else named
            for name in ("status_url", "response_url", "cancel_url")}  # fmt: skip
    update, server = polled(vendor, DONE, IMAGES, first=accepted(**urls))
    assert update.state is JobState.SUCCEEDED
    assert targets(server) == [("GET", f"{PATH}/status"), ("GET", PATH)]


def test_a_token_cannot_take_the_key_elsewhere(vendor, clock):
    client, server = vendor(json_answer({"status": "IN_PROGRESS"}))
    data = {"model": "../../evil", "poll_url": "https://evil.example/x"}
    token = Job(provider="fal", id=ID, submitted_at=clock.now(), data=data).to_token()
    client.poll(Job.from_token(token))
    assert [request.target for request in server.requests] == [f"{PATH}/status"]


def test_the_suffix_of_a_result_that_is_not_served_is_left_out(vendor):
    """One client met 405 at the address that the guide shows."""
    client, server = vendor(accepted())
    named = accepted(response_url=server.url(f"{PATH}/response"))
    server.play(named, DONE, answer(405), IMAGES)
    assert client.poll(client.submit(PERSON, top=GARMENT)).state is JobState.SUCCEEDED
    assert [target for _, target in targets(server)[1:]] == [f"{PATH}/response", PATH]


def test_an_unknown_job_is_not_found(vendor):
    update, _ = polled(vendor, json_answer({"status": "NOT_FOUND"}, 404))
    assert update.state is JobState.NOT_FOUND


def test_a_bad_key_ends_the_polling_by_name(vendor):
    client, _ = vendor(accepted(), json_answer({"detail": "invalid key credentials"}, 401))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.AuthenticationFailed):
        client.wait(job)


def test_the_status_of_another_job_is_never_taken(vendor):
    client, _ = vendor(accepted(), json_answer({**COMPLETED, "request_id": "other"}))
    with pytest.raises(errors.UnexpectedResponse, match="other"):
        client.poll(client.submit(PERSON, top=GARMENT))


# Result


@pytest.mark.parametrize("output", [{"images": [{"url": URL}]}, {"image": {"url": URL}}])
def test_either_form_of_an_output_is_read(vendor, output):
    """Section 9: `images[]` or `image`, by the model."""
    reply = json_answer(output, X_Fal_Billable_Units="1.0")
    update, server = polled(vendor, DONE, reply)
    (image,) = update.result.images
    assert image.source.url == URL
    assert update.result.usage == {"billable_units": "1.0"}
    assert targets(server) == [("GET", f"{PATH}/status"), ("GET", PATH)]


def test_results_are_taken_to_live_for_seven_days(vendor):
    """Fact 10: one page says seven days, another for ever; seven are asked for."""
    client, _ = vendor(accepted(), DONE, IMAGES)
    job = client.submit(PERSON, top=GARMENT)
    (image,) = client.poll(job).result.images
    assert (image.expires_at - job.submitted_at).days == 7


def test_a_result_may_be_a_data_uri(vendor):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    update, _ = polled(vendor, DONE, json_answer({"images": [{"url": uri}]}))
    assert update.result.images[0].source.data == buffer.getvalue()


def test_a_result_that_is_not_there_yet_is_asked_for_again(vendor):
    early = json_answer({"detail": "Request is still in progress"}, 400)
    client, _ = vendor(accepted(), DONE, early, DONE, IMAGES)
    job = client.submit(PERSON, top=GARMENT)
    assert not client.poll(job).state.is_final
    assert client.poll(job).state is JobState.SUCCEEDED


def test_a_suspect_image_is_delivered_and_told(vendor):
    output = {"image": {"url": URL}, "has_nsfw_concepts": True}
    update, _ = polled(vendor, DONE, json_answer(output))
    assert update.state is JobState.SUCCEEDED
    assert update.result.usage == {"has_nsfw_concepts": "True"}


def failed(vendor, body, status, **headers):
    update, _ = polled(vendor, DONE, json_answer(body, status, **headers))
    return update


@pytest.mark.parametrize(
    ("kind", "status", "fault"),
    [
        ("missing", 422, "input"),
        ("one_of", 422, "input"),
        ("greater_than_equal", 422, "input"),
        ("sequence_too_long", 422, "input"),
        ("file_download_error", 422, "input"),
        ("image_too_small", 422, "input"),
        ("unsupported_image_format", 422, "input"),
        ("content_policy_violation", 422, "input"),
        ("feature_not_supported", 422, "input"),
        ("never_heard_of", 422, "input"),
        ("no_media_generated", 422, "vendor"),
        ("downstream_service_error", 400, "vendor"),
        ("downstream_service_error", 500, "vendor"),
        ("downstream_service_unavailable", 500, "vendor"),
        ("internal_server_error", 500, "vendor"),
        ("generation_timeout", 504, "vendor"),
    ],
)
def test_a_failed_job_shows_only_in_its_result(vendor, kind, status, fault):
    """Fact 5, in the model's shape: a list of typed entries."""
    entry = {"loc": ["body", "x"], "msg": "No", "type": kind, "input": "photo", "ctx": {}}
    update = failed(vendor, {"detail": [entry]}, status)
    assert (update.state, update.failure.code) == (JobState.FAILED, kind)
    assert (update.failure.message, update.failure.fault) == ("No", fault)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("request_timeout", 504),
        ("startup_timeout", 504),
        ("runner_scheduling_failure", 503),
        ("runner_connection_refused", 503),
        ("runner_incomplete_response", 502),
        ("runner_server_error", 500),
        ("internal_error", 500),
    ],
)
@pytest.mark.parametrize("where", ["body", "header"])
def test_a_failure_of_the_platform_has_its_type_in_body_or_header(vendor, kind, status, where):
    """Fact 6, and fact 7: server errors are never charged."""
    body = {"detail": "It broke", **({"error_type": kind} if where == "body" else {})}
    headers = {} if where == "body" else {"X_Fal_Error_Type": kind}
    update = failed(vendor, body, status, **headers)
    assert (update.state, update.failure.code) == (JobState.FAILED, kind)
    assert (update.failure.fault, update.failure.billed) == ("vendor", "no")


@pytest.mark.parametrize(
    ("units", "billed"),
    [("0", "no"), ("0.0", "no"), ("1", "yes"), ("0.5", "yes"), ("10", "yes"), (None, "unknown")],
)
def test_the_billable_units_say_whether_a_refused_input_was_charged(vendor, units, billed):
    """Fact 7: `0` was measured on refused inputs, and a 422 may be charged."""
    headers = {"X_Fal_Billable_Units": units} if units else {}
    update = failed(vendor, {"detail": [{"type": "value_error", "msg": "x"}]}, 422, **headers)
    assert update.failure.billed == billed


def test_a_failure_without_a_type_is_one_all_the_same(vendor):
    """Not all models keep to the shapes, says the vendor."""
    update = failed(vendor, {"detail": "The garment is too strange."}, 422)
    assert (update.state, update.failure.fault) == (JobState.FAILED, "input")
    assert update.failure.shown == "The garment is too strange"


def test_an_unknown_answer_with_another_status_may_pass(vendor):
    update = failed(vendor, {"detail": "Teapot"}, 418)
    assert (update.state, update.failure.message) == (JobState.UNKNOWN, "Teapot")


@pytest.mark.parametrize("status", [403, 500, 502, 503])
def test_a_page_instead_of_a_result_says_nothing_about_the_job(vendor, status):
    client, _ = vendor(accepted(), DONE, answer(status, "<html>nginx</html>"), transport=ONCE)
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.VendorUnavailable) as caught:
        client.poll(job)
    assert caught.value.job == job


def test_a_cancelled_job_is_cancelled(vendor):
    body = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
    assert failed(vendor, body, 499).state is JobState.CANCELLED


# Cancelling


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "CANCELLATION_REQUESTED"}, 202),
        ({"status": "OK"}, 200),
        ({"success": True}, 200),
    ],
)
def test_every_good_answer_to_a_cancellation_means_that_it_was_asked_for(vendor, key, body, status):
    """Section 5: three pages, three answers; a running job may finish all the same."""
    client, server = vendor(accepted(), json_answer(body, status))
    update = client.cancel(client.submit(PERSON, top=GARMENT))
    assert update.state is JobState.RUNNING
    request = server.requests[1]
    assert (request.method, request.target, request.body) == ("PUT", f"{PATH}/cancel", b"")
    assert request.headers["authorization"] == f"Key {key}"


def test_a_finished_job_is_not_cancelled(vendor):
    client, _ = vendor(accepted(), json_answer({"status": "ALREADY_COMPLETED"}, 400))
    with pytest.raises(errors.CancelRefused) as caught:
        client.cancel(client.submit(PERSON, top=GARMENT))
    assert caught.value.vendor_code == "ALREADY_COMPLETED"


def test_an_unknown_job_cannot_be_cancelled(vendor):
    client, _ = vendor(accepted(), json_answer({"status": "NOT_FOUND"}, 404))
    assert client.cancel(client.submit(PERSON, top=GARMENT)).state is JobState.NOT_FOUND


# Balance


def test_the_balance_is_read_at_the_account(vendor, key):
    body = {"username": "me", "credits": {"current_balance": 24.5, "currency": "USD"}}
    client, server = vendor(json_answer(body))
    balance = client.read_balance()
    assert (balance.amount, balance.unit) == (Decimal("24.5"), "USD")
    (request,) = server.requests
    assert request.target == "/account/billing?expand=credits"
    assert request.headers["authorization"] == f"Key {key}"


@pytest.mark.parametrize(
    ("status", "error"), [(401, errors.AuthenticationFailed), (403, errors.AccessDenied)]
)
def test_a_key_that_may_not_read_it_is_told_which_one_may(vendor, status, error):
    """Fact 14: only a key of the scope Admin."""
    client, _ = vendor(json_answer({"detail": "Forbidden"}, status))
    with pytest.raises(error, match="Admin"):
        client.read_balance()


def test_no_text_of_a_job_holds_the_key(vendor, key):
    client, _ = vendor(accepted(status_url=f"http://x/{key}"))
    job = client.submit(PERSON, top=GARMENT)
    assert key not in repr(job) + json.dumps(dict(job.data)) + job.to_token()
