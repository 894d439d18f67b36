"""The emulator as any client meets it, without ours."""

import struct
import zlib

import pytest
import requests

from tryon_pixelcut.emulator import emulator
from tryon_pixelcut.emulator.answers import FAILURES

TINY_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@pytest.fixture
def service(emulate):
    """Return a function that runs the emulator and gives a way to call it."""

    def run(*faults, **knobs):
        _, running = emulate(*faults, **knobs)
        session = requests.Session()
        session.trust_env = False
        session.headers["X-API-KEY"] = running.settings["api_key"]

        def call(method, path, **arguments):
            with session:
                return session.request(method, running.base_url + path, timeout=10, **arguments)

        return call

    return run


@pytest.fixture
def files(image):
    """The two images of a form."""
    return {
        "person_image": ("person.jpg", image(), "image/jpeg"),
        "garment_image": ("garment.png", image(kind="PNG"), "image/png"),
    }


@pytest.fixture
def addresses(image, host):
    """The two images as addresses."""
    return {f"{role}_image_url": host(image()) for role in ("person", "garment")}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["error"]


def test_two_files_alone_are_enough_and_the_answer_is_an_image(service, files):
    answer = service()("POST", "/v1/try-on", files=files)
    assert answer.status_code == 200
    assert list(answer.json()) == ["result_url"]
    image = requests.get(answer.json()["result_url"], timeout=10)
    assert image.headers["content-type"] == "image/jpeg"
    assert image.content.startswith(b"\xff\xd8")


def test_a_form_with_every_field_is_taken_as_published_clients_send_it(service, image):
    fields = ("garment_mode", "preprocess_garment", "remove_background", "wait_for_result")
    values = ("auto", "true", "false", "true")
    form = [(name, (None, value)) for name, value in zip(fields, values, strict=True)]
    form += [
        (f"{role}_image", (f"{role}.jpg", image(), "image/jpeg")) for role in ("person", "garment")
    ]
    assert list(service()("POST", "/v1/try-on", files=form).json()) == ["result_url"]


def test_a_client_that_asks_for_a_job_is_told_where_it_is(service, addresses, clock):
    call = service()
    answer = call("POST", "/v1/try-on", json={**addresses, "wait_for_result": "false"})
    job_id = answer.json()["job_id"]
    assert answer.status_code == 202
    assert list(answer.json()) == ["job_id"]
    assert answer.headers["Location"].endswith(f"/v1/try-on/job/{job_id}")
    seen = []
    for seconds in (0, 5, 5):
        clock.advance(seconds)
        seen.append(call("GET", f"/v1/try-on/job/{job_id}").json())
    assert [reply["status"] for reply in seen] == ["pending", "running", "completed"]
    assert {reply["job_id"] for reply in seen} == {job_id}
    assert [("result_url" in reply) for reply in seen] == [False, False, True]


def test_asking_twice_gives_the_same_address(service, files, clock):
    call = service()
    form = {"wait_for_result": "false"}
    job_id = call("POST", "/v1/try-on", files=files, data=form).json()["job_id"]
    clock.advance(11)
    first, second = (call("GET", f"/v1/try-on/job/{job_id}").json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": "sk_other"}, {"X-API-Key": None}, {"X-API-Key": ""}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/try-on"),
        ("GET", "/v1/try-on/job/x"),
        ("POST", "/v1/try-on/job/x/cancel"),
        ("GET", "/v1/credits"),
    ],
)
def test_the_key_is_looked_at_first(service, method, path, headers):
    refused(service()(method, path, headers=headers), 401, "invalid_auth_token")


@pytest.mark.parametrize("accept", ["text/html", "image/*", "text/html, image/png;q=0.9"])
def test_only_json_is_answered(service, accept):
    answer = service()("GET", "/v1/credits", headers={"Accept": accept})
    refused(answer, 400, "unsupported_content_type")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html, */*;q=0.1"])
def test_whoever_takes_json_is_answered(service, accept):
    assert service()("GET", "/v1/credits", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("knob", ["own", "other", "none"])
def test_a_status_may_name_another_job_or_none(service, files, knob):
    call = service(status_job_id=knob)
    form = {"wait_for_result": "false"}
    job_id = call("POST", "/v1/try-on", files=files, data=form).json()["job_id"]
    status = call("GET", f"/v1/try-on/job/{job_id}").json()
    assert ("job_id" in status, status.get("job_id") == job_id) == {
        "own": (True, True),
        "other": (True, False),
        "none": (False, False),
    }[knob]
    assert status["status"] == "pending"


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_and_forms_are_read(service, kind):
    headers = {"Content-Type": kind} if kind else {}
    answer = service()("POST", "/v1/try-on", data=b"person_image_url=x", headers=headers)
    refused(answer, 400, "unsupported_content_type")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(service, body):
    headers = {"Content-Type": "application/json"}
    answer = service()("POST", "/v1/try-on", data=body, headers=headers)
    refused(answer, 400, "invalid_request_body")


@pytest.mark.parametrize("body", [b"", b"no form at all"])
def test_a_form_that_is_none_is_refused(service, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = service()("POST", "/v1/try-on", data=body, headers=headers)
    refused(answer, 400, "invalid_request_body")


@pytest.mark.parametrize("role", ["person", "garment"])
def test_both_images_are_needed(service, files, addresses, role):
    call = service()
    del files[f"{role}_image"], addresses[f"{role}_image_url"]
    refused(call("POST", "/v1/try-on", files=files), 400, "missing_parameter")
    refused(call("POST", "/v1/try-on", json=addresses), 400, "missing_parameter")
    addresses[f"{role}_image_url"] = ""
    refused(call("POST", "/v1/try-on", json=addresses), 400, "missing_parameter")


@pytest.mark.parametrize(
    "change",
    [
        {"garment_mode": "UPPER"},
        {"garment_mode": None},
        {"garment_mode": 1},
        {"preprocess_garment": "yes"},
        {"remove_background": 1},
        {"remove_background": None},
        {"wait_for_result": ""},
        {"wait_for_result": []},
        {"person_image_url": 7},
        {"person_image_url": "ftp://127.0.0.1/x"},
        {"garment_image_url": None},
        {"person_image": "aGVsbG8="},
        {"webhook": "https://x.example"},
    ],
)
def test_wrong_values_and_unknown_fields_are_refused(service, addresses, change):
    answer = service()("POST", "/v1/try-on", json={**addresses, **change})
    refused(answer, 400, "invalid_parameter")


def test_an_image_as_a_text_field_of_a_form_is_refused(service, files):
    files["person_image"] = (None, "bytes without a name")
    refused(service()("POST", "/v1/try-on", files=files), 400, "invalid_parameter")


def test_unknown_fields_may_be_ignored(service, addresses):
    call = service(unknown_fields="ignore")
    assert call("POST", "/v1/try-on", json={**addresses, "webhook": "x"}).status_code == 200


@pytest.mark.parametrize("value", [False, "false", "False", "FALSE"])
def test_switches_may_be_written_either_way(service, addresses, value):
    answer = service()("POST", "/v1/try-on", json={**addresses, "wait_for_result": value})
    assert answer.status_code == 202


@pytest.mark.parametrize("value", [False, True, "False"])
def test_switches_may_have_to_be_exact_text(service, addresses, value):
    call = service(switches="text")
    answer = call("POST", "/v1/try-on", json={**addresses, "wait_for_result": value})
    refused(answer, 400, "invalid_parameter")
    assert call("POST", "/v1/try-on", json={**addresses, "wait_for_result": "false"}).ok


@pytest.mark.parametrize("mode", ["auto", "full", "upper", "lower"])
def test_every_mode_is_taken(service, files, mode):
    answer = service()("POST", "/v1/try-on", files=files, data={"garment_mode": mode})
    assert answer.status_code == 200


def test_of_a_file_and_an_address_the_file_counts(service, files, addresses):
    addresses["person_image_url"] = "http://127.0.0.1:1/nothing.jpg"
    answer = service()("POST", "/v1/try-on", files=files, data=addresses)
    assert answer.status_code == 200


@pytest.mark.parametrize("code", ["invalid_parameter", "malformed_image"])
@pytest.mark.parametrize("address", ["https://shop.example/x.jpg", None])
def test_an_address_that_cannot_be_fetched_is_refused(service, addresses, host, address, code):
    addresses["garment_image_url"] = address or host(None)
    answer = service(unfetched_code=code)("POST", "/v1/try-on", json=addresses)
    refused(answer, 400, code)


def _broken(image):
    return image()[:2000]


def _claiming(image, width_px, height_px):
    """A small file whose header claims more pixels than anybody would decode."""
    data = image(kind="PNG")
    header = b"IHDR" + struct.pack(">II", width_px, height_px) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize("where", ["file", "address"])
@pytest.mark.parametrize(
    ("make", "knobs", "code"),
    [
        (lambda _: b"no image at all", {}, "malformed_image"),
        (_broken, {}, "malformed_image"),
        (lambda _: TINY_GIF, {}, "unsupported_image_format"),
        (lambda p: p(kind="WEBP"), {"formats": "JPEG,PNG"}, "unsupported_image_format"),
        (lambda p: p((900, 900)), {"max_bytes": 9000}, "file_size_too_large"),
        (lambda p: p((1921, 300)), {}, "resolution_too_high"),
        (lambda p: p((6001, 300)), {"max_side_px": 6000}, "resolution_too_high"),
        (lambda p: _claiming(p, 20000, 9000), {"max_side_px": 30000}, "resolution_too_high"),
        (lambda p: p((255, 400)), {}, "invalid_parameter"),
        (lambda p: p((300, 63)), {"min_side_px": 64}, "invalid_parameter"),
        (
            lambda p: p((255, 400)),
            {"small_image_code": "unknown_foreground"},
            "unknown_foreground",
        ),
    ],
)
def test_images_are_really_looked_at(  # noqa: PLR0917  (fixtures and parameters)
    service, host, image, make, knobs, code, where
):
    data, call = make(image), service(**knobs)
    if where == "file":
        sent = {"files": {"person_image": image(), "garment_image": data}}
    else:
        sent = {"json": {"person_image_url": host(image()), "garment_image_url": host(data)}}
    refused(call("POST", "/v1/try-on", **sent), 400, code)


@pytest.mark.parametrize(
    ("size", "knobs"),
    [
        ((256, 256), {}),
        ((1920, 256), {}),
        ((64, 64), {"min_side_px": 64}),
        ((6000, 300), {"max_side_px": 6000}),
    ],
)
def test_limits_are_inclusive(service, files, image, size, knobs):
    files["garment_image"] = ("garment.jpg", image(size), "image/jpeg")
    assert service(**knobs)("POST", "/v1/try-on", files=files).status_code == 200


def test_a_file_that_is_just_small_enough_is_taken(service, files, image):
    limit = max(len(image()), len(image(kind="PNG")))
    assert service(max_bytes=limit)("POST", "/v1/try-on", files=files).status_code == 200


def test_more_than_five_requests_in_a_second_are_refused(service, clock):
    call = service()
    assert [call("GET", "/v1/credits").status_code for _ in range(6)] == [200] * 5 + [429]
    refused(call("GET", "/v1/try-on/job/x"), 429, "rate_limit_exceeded")
    clock.advance(1)
    assert call("GET", "/v1/credits").json() == {"credits_remaining": 1000}


def test_questions_may_be_free_of_the_limit(service):
    call = service(polling_counts=False, requests_per_s=1)
    assert {call("GET", "/v1/try-on/job/x").status_code for _ in range(9)} == {404}


def test_too_many_jobs_at_once_may_be_refused(service, files, clock):
    call, form = service(running_jobs=1), {"wait_for_result": "false"}
    assert call("POST", "/v1/try-on", files=files, data=form).status_code == 202
    refused(call("POST", "/v1/try-on", files=files, data=form), 429, "rate_limit_exceeded")
    clock.advance(11)
    assert call("POST", "/v1/try-on", files=files, data=form).status_code == 202


def test_a_job_that_nobody_knows(service):
    call = service()
    refused(call("GET", "/v1/try-on/job/x"), 404, "not_found")
    refused(call("POST", "/v1/try-on/job/x/cancel"), 404, "not_found")
    assert call("GET", "/v1/try-on/x").status_code == 404


def test_cancelling_answers_as_documented(service, files):
    call = service()
    form = {"wait_for_result": "false"}
    job_id = call("POST", "/v1/try-on", files=files, data=form).json()["job_id"]
    answer = call("POST", f"/v1/try-on/job/{job_id}/cancel")
    assert (answer.status_code, answer.json()) == (200, {"message": "Job cancelled"})
    answer = call("POST", f"/v1/try-on/job/{job_id}/cancel")
    refused(answer, 409, "job_finished")
    answer = call("GET", f"/v1/try-on/job/{job_id}").json()
    assert (answer["status"], answer["error"]["error_code"]) == ("failed", "job_cancelled")


@pytest.mark.parametrize("code", FAILURES)
def test_a_failed_job_is_answered_with_200_and_a_nested_error(service, files, clock, code):
    call = service(job_failure=code)
    form = {"wait_for_result": "false"}
    job_id = call("POST", "/v1/try-on", files=files, data=form).json()["job_id"]
    clock.advance(11)
    answer = call("GET", f"/v1/try-on/job/{job_id}")
    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": job_id,
        "status": "failed",
        "error": {"message": FAILURES[code], "error_code": code},
    }


def test_errors_of_requests_may_be_nested(service):
    answer = service(error_shape="nested")("GET", "/v1/try-on/job/x")
    assert answer.json() == {"error": {"message": "Job not found", "error_code": "not_found"}}


@pytest.mark.parametrize("location", ["relative", "none", "foreign"])
def test_the_header_location_is_written_as_told(service, files, location):
    answer = service(location=location)(
        "POST", "/v1/try-on", files=files, data={"wait_for_result": "false"}
    )
    path = f"/v1/try-on/job/{answer.json()['job_id']}"
    wanted = {"relative": path, "none": None, "foreign": f"https://other.invalid{path}"}
    assert answer.headers.get("Location") == wanted[location]


def test_a_fault_of_500_has_an_empty_body(service):
    answer = service("balance:500")("GET", "/v1/credits")
    assert (answer.status_code, answer.content) == (500, b"")


def test_what_the_vendor_has_no_words_for_is_left_to_the_toolkit(service):
    assert service("balance:418")("GET", "/v1/credits").status_code == 418


def test_it_is_declared_for_its_provider():
    assert (emulator.provider, emulator.path) == ("pixelcut", "")
    assert emulator.settings["api_key"].startswith("sk_emulated")
