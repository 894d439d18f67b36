"""What an answer to a status question means."""

import json

import pytest

from tryon_ailab.error_codes import FAILED_STATUS, TABLE
from tryon_ailab.replies import update_of, with_own_status
from tryon_core import HttpResponse, JobState, UrlSource, errors

URL = "https://ailab-outputs.oss-accelerate.aliyuncs.com/d46f1b9a_1789808369.png"


def _reply(body, status=200, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = HttpResponse(status=status, headers=headers or {}, body=data, url="http://v")
    return with_own_status(answer)


def _update(body, status=200, *, model="base", headers=None):
    return update_of(_reply(body, status, headers), model=model)


def _coded(code, number=None):
    return {"request_id": "r", "error_code": number, "error_detail": {"code": code, "message": "m"}}


@pytest.mark.parametrize(
    ("number", "state"), [(0, JobState.PENDING), (1, JobState.RUNNING), (3, JobState.FAILED)]
)
@pytest.mark.parametrize("early", [{}, {"data": {}}, {"data": {"image": ""}}, {"data": None}])
def test_the_documented_numbers_are_states_whatever_the_data_is_before(number, state, early):
    update = _update({"task_status": number, "request_id": "r", **early})
    assert (update.state, update.vendor_status, update.request_id) == (state, str(number), "r")
    assert update.result is None


@pytest.mark.parametrize("number", [-1, 4, 5, 99])
def test_any_other_number_is_unknown_and_never_running(number):
    update = _update({"task_status": number})
    assert (update.state, update.vendor_status) == (JobState.UNKNOWN, str(number))


@pytest.mark.parametrize(("text", "state"), [("0", "PENDING"), ("1", "RUNNING"), ("9", "UNKNOWN")])
def test_a_status_may_be_a_text(text, state):
    assert _update({"task_status": text}).state is JobState[state]


@pytest.mark.parametrize("name", ["task_status", "taskStatus"])
def test_a_status_may_stand_inside_data(name):
    update = _update({"data": {name: 2, "image": URL}})
    assert (update.state, update.result.images[0].source) == (JobState.SUCCEEDED, UrlSource(URL))


def test_status_3_is_a_failure_that_was_not_billed():
    failure = _update({"task_status": 3}).failure
    assert (failure.code, failure.fault, failure.billed) == (FAILED_STATUS, "vendor", "no")


def test_status_3_keeps_the_vendors_words():
    body = {"task_status": 3, "error_code": 0, "error_msg": "no person"}
    assert _update(body).failure.message == "no person"


def test_the_base_model_tells_its_result_in_data():
    update = _update({"task_status": 2, "data": {"image": URL, "more": 1}, "extra": {}})
    assert update.state is JobState.SUCCEEDED
    assert [image.source for image in update.result.images] == [UrlSource(URL)]


@pytest.mark.parametrize("model", ["base", "pro"])
def test_an_empty_address_in_output_hides_none_in_data(model):
    body = {"task_status": 2, "output": {"image_url": ""}, "data": {"image": URL}}
    result = _update(body, model=model).result
    assert [image.source for image in result.images] == [UrlSource(URL)]


@pytest.mark.parametrize("model", ["pro", "premium", "refiner"])
def test_the_other_models_tell_it_in_output_with_what_was_used(model):
    body = {"task_status": 2, "output": {"image_url": URL}, "usage": {"image_count": 1}}
    result = _update(body, model=model).result
    assert result.images[0].source == UrlSource(URL)
    assert result.usage == {"image_count": "1"}


@pytest.mark.parametrize("model", ["base", "pro"])
def test_the_other_place_is_read_too(model):
    for body in ({"data": {"image": URL}}, {"output": {"image_url": URL}, "data": {}}):
        update = _update({"task_status": 2, **body}, model=model)
        assert update.result.images[0].source == UrlSource(URL)


@pytest.mark.parametrize("usage", [None, 3, "x", [1]])
def test_an_odd_usage_costs_nobody_the_result(usage):
    body = {"task_status": 2, "output": {"image_url": URL}, "usage": usage}
    assert _update(body, model="pro").result.usage == {}


@pytest.mark.parametrize(
    ("model", "body", "path"),
    [
        ("base", {}, "response.data"),
        ("base", {"data": {"image": ""}}, "response.data"),
        ("base", {"data": {"image": 5}}, "response.data.image"),
        ("base", {"data": {"other": 5}}, "response.data.image"),
        ("base", {"data": {"image": "/result/x.png"}}, "response.data.image"),
        ("base", {"data": {"image": "ftp://h/x.png"}}, "response.data.image"),
        ("base", {"data": {"image": "http://["}}, "response.data.image"),
        ("base", {"data": [1]}, "response.data"),
        ("pro", {}, "response.output"),
        ("pro", {"output": {"image_url": None}}, "response.output.image_url"),
    ],
)
def test_a_missing_result_is_named_by_its_path(model, body, path):
    with pytest.raises(errors.UnexpectedResponse, match=path):
        _update({"task_status": 2, **body}, model=model)


@pytest.mark.parametrize("value", ["", "2.0", "-1", "done", "9" * 5000, 2.0, True, None, [2], {}])
def test_a_status_of_a_wrong_type_is_named_by_its_path(value):
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.task_status"):
        _update({"task_status": value})


@pytest.mark.parametrize("body", [{}, [], "text", b"<html>", b'{"task_st'])
def test_a_200_without_a_status_breaks_the_contract(body):
    with pytest.raises(errors.UnexpectedResponse):
        _update(body)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (413, "FILE_SIZE_EXCEEDS_LIMIT"),
        (415, "UNSUPPORTED_FILE_TYPES"),
        (400, "FILE_DECODING_FAILURE"),
        (409, "ERROR_TASK_STOPPED_PROCESSING"),
        (410, "ERROR_TASK_REVOKED"),
    ],
)
def test_a_refusal_with_a_code_of_tasks_is_the_end_of_the_job_and_not_billed(status, code):
    update = _update(_coded(code), status)
    assert (update.state, update.vendor_status) == (JobState.FAILED, f"{status} {code}")
    assert (update.failure.code, update.failure.message) == (code, "m")
    assert update.failure.billed == "no"
    assert update.request_id == "r"


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (422, "ERROR_NO_FACE_IN_FILE", "input"),
        (422, "ERROR_TASK_STOPPED_PROCESSING", "vendor"),
        (422, "BRAND_NEW", "input"),
        (413, "BRAND_NEW", "input"),
        (409, "BRAND_NEW", "vendor"),
        (400, "PROCESSING_FAILURE", "vendor"),
        (500, "PROCESSING_FAILURE", "vendor"),
    ],
)
def test_a_failure_that_may_pass_is_no_end_yet_and_says_what_it_would_be(status, code, fault):
    update = _update(_coded(code), status)
    assert (update.state, update.vendor_status) == (JobState.UNKNOWN, f"{status} {code}")
    assert (update.failure.code, update.failure.fault, update.failure.billed) == (code, fault, "no")


@pytest.mark.parametrize("number", [413, None])
def test_a_code_in_a_200_is_the_end_of_the_job_too(number):
    update = _update(_coded("FILE_SIZE_EXCEEDS_LIMIT", number))
    assert (update.state, update.failure.fault) == (JobState.FAILED, "input")


def test_a_processing_failure_is_not_billed_and_its_remedy_says_no_other():
    failure = _update(_coded("PROCESSING_FAILURE"), 500).failure
    assert failure.billed == "no"
    assert "billed" not in failure.remedy
    assert "Submit the work again" in failure.remedy


def test_an_outage_in_a_200_says_nothing_about_the_job():
    with pytest.raises(errors.VendorUnavailable):
        _update(_coded("AI_SERVICE_ERROR"))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "ERROR_RESOURCE_NOT_FOUND"),
        (404, "BRAND_NEW"),
        (410, "ERROR_RESOURCE_RECLAIMED"),
        (410, "BRAND_NEW"),
    ],
)
def test_a_task_that_nobody_knows_is_not_found(status, code):
    assert _update(_coded(code), status).state is JobState.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "ERROR_USER_NOT_EXISTS", errors.AuthenticationFailed),
        (401, "BRAND_NEW", errors.AuthenticationFailed),
        (403, "ERROR_USER_LOCKED", errors.AccessDenied),
        (429, "ERROR_NOT_ENOUGH_CREDITS", errors.CreditsExhausted),
        (429, "EXCEEDING_LIMITS", errors.RateLimited),
        (422, "EXCEEDING_LIMITS", errors.RateLimited),
        (400, "ERROR_INSUFFICIENT_RESOURCES", errors.VendorUnavailable),
        (404, "ERROR_AI_NOT_EXISTS", errors.VendorUnavailable),
        (400, "UNSUPPORTED_PARAMETER_VALUES", errors.VendorUnavailable),
        (422, "UNSUPPORTED_PARAMETER_VALUES", errors.VendorUnavailable),
        (400, "BRAND_NEW", errors.VendorUnavailable),
        (406, "ERROR_INVALID_RESPONSE_FORMAT", errors.VendorUnavailable),
        (406, "BRAND_NEW", errors.VendorUnavailable),
        (413, "ERROR_REQUEST_BODY_TOO_LARGE", errors.VendorUnavailable),
        (418, "BRAND_NEW", errors.VendorUnavailable),
        (501, "BRAND_NEW", errors.VendorUnavailable),
        (502, "AI_SERVICE_ERROR", errors.VendorUnavailable),
        (503, "BRAND_NEW", errors.VendorUnavailable),
        (504, "AI_SERVICE_TIMEOUT", errors.VendorUnavailable),
    ],
)
def test_what_concerns_the_question_says_nothing_about_the_job(status, code, kind):
    with pytest.raises(kind) as caught:
        _update(_coded(code), status)
    assert (caught.value.vendor_code, caught.value.http_status) == (code, status)
    assert caught.value.request_id == "r"


@pytest.mark.parametrize("status", [302, 400, 404, 406, 408, 413, 422, 500, 502, 503])
@pytest.mark.parametrize("body", [b"<html>", b"", {}, {"error_code": 0}])
def test_a_page_without_any_code_is_a_passing_fault(status, body):
    with pytest.raises(errors.VendorUnavailable) as caught:
        _update(body, status, headers={"retry-after": "7"})
    assert caught.value.retry_after_s == 7


def test_an_odd_code_in_a_200_says_nothing_about_the_job():
    with pytest.raises(errors.VendorUnavailable):
        _update(_coded("BRAND_NEW", 7))


def test_the_wish_to_wait_is_handed_on():
    assert _update({"task_status": 1}, headers={"retry-after": "9"}).retry_after_s == 9


def test_a_refused_question_costs_nothing():
    error = TABLE.poll_refusal(_reply(_coded("AI_SERVICE_TIMEOUT"), 504))
    assert (error.billed, error.retryable) == ("no", True)
