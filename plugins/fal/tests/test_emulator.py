"""The emulator as any client meets it, without ours."""

import base64

import pytest

FASHN = "/fal-ai/fashn/tryon/v1.6"
LEFFA = "/fal-ai/leffa/virtual-tryon"
FLUX = "/fal-ai/flux-2-lora-gallery/virtual-tryon"
STRANGER = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def inputs(image, host):
    return {"model_image": host(image()), "garment_image": host(image(kind="PNG"))}


def job_path(call, path, body, **arguments):
    answer = call("POST", path, json=body, **arguments)
    assert answer.status_code == 200, answer.text
    owner_and_app = "/".join(path.split("/")[:3])
    return f"{owner_and_app}/requests/{answer.json()['request_id']}"


def test_a_submission_is_answered_with_200_and_all_addresses(service, inputs):
    """Facts 1 to 3: Key, 200, follow-ups with owner and app alone."""
    call = service()
    body = call("POST", FASHN, json=inputs).json()
    base = f"{call.running.base_url}/fal-ai/fashn/requests/{body['request_id']}"
    assert body == {
        "request_id": body["request_id"],
        "queue_position": 0,
        "status_url": f"{base}/status",
        "response_url": base,
        "cancel_url": f"{base}/cancel",
    }


def test_there_are_three_states_and_completed_says_nothing_of_success(service, inputs, clock):
    """Facts 4 and 5: no FAILED; the failure shows in the result."""
    call = service(job_failure="content_policy_violation")
    path = job_path(call, FASHN, inputs)
    seen = []
    for seconds in (0, 5, 5):
        clock.advance(seconds)
        seen.append(call("GET", f"{path}/status"))
    assert [answer.json()["status"] for answer in seen] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert [answer.status_code for answer in seen] == [202, 202, 200]
    assert "error" not in seen[-1].json()
    result = call("GET", path)
    assert (result.status_code, result.json()["detail"][0]["type"]) == (
        422,
        "content_policy_violation",
    )
    assert result.headers["X-Fal-Billable-Units"] == "0"


def test_a_queued_status_has_its_position_and_the_others_have_logs(service, inputs, clock):
    call = service(running_jobs=1)
    first, second, third = (job_path(call, FASHN, inputs) for _ in range(3))
    clock.advance(5)
    assert call("GET", f"{third}/status").json()["queue_position"] == 1
    assert call("GET", f"{second}/status").json()["queue_position"] == 0
    assert call("GET", f"{first}/status").json()["logs"] is None
    for word in ("1", "true"):
        assert call("GET", f"{first}/status?logs={word}").json()["logs"][0]["message"]


def test_a_result_is_the_models_output_without_envelope(service, inputs, image, host, clock):
    call = service()
    many = job_path(call, FASHN, {**inputs, "num_samples": 2})
    human = {"human_image_url": host(image()), "garment_image_url": host(image())}
    one = job_path(call, LEFFA, {**human, "garment_type": "dresses"})
    clock.advance(20)
    assert len(call("GET", many).json()["images"]) == 2
    assert call("GET", many).headers["X-Fal-Billable-Units"] == "2"
    answer = call("GET", one)
    assert set(answer.json()["image"]) >= {"url", "content_type", "width"}
    assert answer.headers["x-fal-request-id"] == one.rpartition("/")[2]
    image_answer = call("GET", answer.json()["image"]["url"], headers={})
    assert image_answer.content.startswith(b"\x89PNG")


def test_a_result_that_is_asked_for_too_early_says_so(service, inputs):
    call = service()
    answer = call("GET", job_path(call, FASHN, inputs))
    assert (answer.status_code, answer.json()) == (400, {"detail": "Request is still in progress"})


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "invalid key credentials"),
        ({"Authorization": "Key a:b"}, "invalid key credentials"),
        ({"Authorization": "Bearer a:b"}, "bearer: unable to decode issuer"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", FASHN),
        ("POST", "/fal-ai/nothing"),
        ("GET", f"/fal-ai/fashn/requests/{STRANGER}/status"),
        ("GET", f"/fal-ai/fashn/requests/{STRANGER}"),
        ("PUT", f"/fal-ai/fashn/requests/{STRANGER}/cancel"),
        ("POST", "/_rest/storage/upload/initiate"),
        ("GET", "/_account/v1/account/billing"),
    ],
)
def test_the_key_is_looked_at_first(service, method, path, headers, said):
    answer = service(balance=0)(method, path, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": said})


def test_an_empty_balance_locks_the_account_before_the_queue(service):
    answer = service(balance=0)("POST", FASHN, json={})
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("User is locked. Reason: Exhausted balance")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/fal-ai/nothing", 404), ("/fal-ai/fashn/tryon", 410), ("/easel-ai/fashion-tryon", 410)],
)
def test_what_is_no_model_is_refused(service, path, status):
    assert service()("POST", path, json={}).status_code == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
def test_a_body_that_is_no_object_is_a_bad_request(service, body):
    call = service()
    key = {"Authorization": f"Key {call.running.settings['api_key']}"}
    headers = {**key, "Content-Type": "application/json"}
    answer = call("POST", FASHN, data=body, headers=headers)
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        (FASHN, {"model_image": None}, ("missing", "model_image")),
        (FASHN, {"category": "shoes"}, ("one_of", "category")),
        (FASHN, {"num_samples": 5}, ("one_of", "num_samples")),
        (FASHN, {"seed": "1"}, ("value_error", "seed")),
        (FASHN, {"human_image_url": "x"}, ("extra_forbidden", "human_image_url")),
        (
            FASHN,
            {"garment_image": "https://shop.example/x"},
            ("file_download_error", "garment_image"),
        ),
        (
            FASHN,
            {"garment_image": "data:image/png;base64,AA"},
            ("image_load_error", "garment_image"),
        ),
        (LEFFA, {}, ("missing", "human_image_url")),
        (FLUX, {"image_urls": "x"}, ("missing", "prompt")),
    ],
)
def test_wrong_fields_fail_the_job_with_the_input_echoed(service, inputs, path, change, found):
    call = service()
    job = job_path(call, path, {**inputs, **change})
    call.running.ctx.clock.advance(10)
    answer = call("GET", job)
    first = answer.json()["detail"][0]
    kind, field = found
    assert (answer.status_code, first["type"], first["loc"]) == (422, kind, ["body", field])
    assert first["url"].endswith(kind)
    assert "input" in first


def test_odd_entries_of_a_list_are_no_images(service):
    call = service()
    job = job_path(call, FLUX, {"image_urls": [7, None], "prompt": "x"})
    call.running.ctx.clock.advance(10)
    details = call("GET", job).json()["detail"]
    assert {entry["type"] for entry in details} == {"image_load_error"}


def test_a_data_uri_is_an_image_and_may_come_out(service, inputs, image, clock):
    call = service()
    uri = f"data:image/jpeg;base64,{base64.b64encode(image()).decode()}"
    job = job_path(call, FASHN, {**inputs, "model_image": uri, "sync_mode": True})
    clock.advance(10)
    assert call("GET", job).json()["images"][0]["url"].startswith("data:image/png;base64,")


def test_cancelling_takes_a_job_out_of_the_queue(service, inputs):
    call = service()
    job = job_path(call, FASHN, inputs)
    answer = call("PUT", f"{job}/cancel")
    assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert call("GET", f"{job}/status").json()["status"] == "COMPLETED"
    result = call("GET", job)
    assert (result.status_code, result.json()["error_type"]) == (499, "client_cancelled")
    assert result.headers["X-Fal-Billable-Units"] == "0"
    late = call("PUT", f"{job}/cancel")
    assert (late.status_code, late.json()) == (400, {"status": "ALREADY_COMPLETED"})


@pytest.mark.parametrize(("knob", "status"), [("finishes", 200), ("stops", 499)])
def test_a_running_job_may_finish_all_the_same(service, inputs, clock, knob, status):
    call = service(cancelled_running=knob, cancel_answer="OK")
    job = job_path(call, FASHN, inputs)
    clock.advance(5)
    answer = call("PUT", f"{job}/cancel")
    assert (answer.status_code, answer.json()) == (200, {"status": "OK"})
    clock.advance(5)
    assert call("GET", job).status_code == status


@pytest.mark.parametrize(
    ("method", "end"), [("GET", "/status"), ("GET", ""), ("PUT", "/cancel"), ("GET", "/response")]
)
def test_an_unknown_job_is_not_found(service, inputs, method, end):
    call = service()
    job = job_path(call, FASHN, inputs)
    for path in (f"/fal-ai/fashn/requests/{STRANGER}", job.replace("fashn", "leffa")):
        answer = call(method, path + end)
        assert (answer.status_code, answer.json()) == (404, {"status": "NOT_FOUND"})


@pytest.mark.parametrize(("knob", "status"), [("suffix", 200), ("suffix_405", 405)])
def test_the_suffix_of_results_may_be_served_or_not(service, inputs, clock, knob, status):
    call = service(addresses=knob)
    named = call("POST", FASHN, json=inputs).json()
    assert named["response_url"].endswith("/response")
    assert "/fal-ai/fashn/tryon/v1.6/requests/" in named["status_url"]
    clock.advance(10)
    assert call("GET", named["response_url"]).status_code == status
    assert call("GET", named["response_url"].removesuffix("/response")).status_code == 200


def test_the_balance_goes_down_by_what_was_charged(service, inputs):
    call = service(balance=24.5)
    job_path(call, FASHN, inputs)
    left = call("GET", "/_account/v1/account/billing?expand=credits").json()["credits"]
    assert left == {"current_balance": 24.425, "currency": "USD"}


def test_only_a_key_of_the_scope_admin_reads_the_balance(service):
    answer = service(key_scope="api")("GET", "/_account/v1/account/billing")
    assert answer.status_code == 403


# The storage


def announced(call, kind="fal-cdn-v3", **headers):
    key = {"Authorization": f"Key {call.running.settings['api_key']}", **headers}
    body = {"content_type": "image/png", "file_name": "p.png"}
    path = f"/_rest/storage/upload/initiate?storage_type={kind}"
    return call("POST", path, json=body, headers=key)


def test_an_upload_needs_no_key_is_public_and_may_be_repeated(service, image):
    call = service()
    places = announced(call).json()
    for _ in range(2):
        headers = {"Content-Type": "image/png"}
        assert call("PUT", places["upload_url"], data=image(), headers=headers).status_code == 200
    got = call("GET", places["file_url"], headers={})
    assert (got.content, got.headers["Content-Type"]) == (image(), "image/png")


def test_an_upload_without_a_name_has_one(service):
    call = service()
    places = call("POST", "/_rest/storage/upload/initiate", json={"content_type": "image/png"})
    assert places.json()["file_url"].endswith("/upload.bin")


def test_an_upload_with_a_key_is_refused(service):
    call = service()
    assert call("PUT", announced(call).json()["upload_url"], data=b"x").status_code == 400


def test_an_upload_dies_when_it_was_asked_to(service, clock):
    call = service()
    life = '{"expiration_duration_seconds": 60}'
    places = announced(call, **{"X-Fal-Object-Lifecycle": life}).json()
    call("PUT", places["upload_url"], data=b"x", headers={})
    clock.advance(59)
    assert call("GET", places["file_url"], headers={}).status_code == 200
    clock.advance(1)
    assert call("GET", places["file_url"], headers={}).status_code == 404


def test_the_older_storage_is_refused(service):
    answer = announced(service(), "gcs")
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid storage type"})
    assert announced(service(older_uploads=True), "gcs").status_code == 200


def test_every_fault_answers_in_its_shape(service, inputs):
    shapes = {
        "401": (401, "detail"),
        "403": (403, "detail"),
        "413": (413, "detail"),
        "429": (429, "detail"),
        "startup_timeout": (504, "error_type"),
        "image_too_small": (422, "detail"),
        "ALREADY_COMPLETED": (400, "status"),
    }
    call = service(*(f"submit:{code}*1" for code in shapes))
    for status, key in shapes.values():
        answer = call("POST", FASHN, json=inputs)
        assert answer.status_code == status
        assert key in answer.json()
        assert answer.headers["X-Fal-Needs-Retry"] == ("1" if status in {429, 504} else "0")
