import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import JobState, SubmitPolicy, errors
from tryon_pixelcut.error_codes import TABLE

PERSON = "https://shop.example/person.jpg"
GARMENT = "https://shop.example/garment.jpg"
ACCEPTED = json_answer({"job_id": "j-1"}, 202)

REFUSALS = {
    (400, "invalid_request_body"): errors.InputRefused,
    (400, "missing_parameter"): errors.InputRefused,
    (400, "invalid_parameter"): errors.InputRefused,
    (400, "unsupported_content_type"): errors.InputRefused,
    (400, "malformed_image"): errors.InputRefused,
    (400, "unsupported_image_format"): errors.InputRefused,
    (400, "file_size_too_large"): errors.InputRefused,
    (400, "resolution_too_high"): errors.InputRefused,
    (400, "unknown_foreground"): errors.InputRefused,
    (401, "invalid_auth_token"): errors.AuthenticationFailed,
    (403, "insufficient_api_credits"): errors.CreditsExhausted,
    (429, "rate_limit_exceeded"): errors.RateLimited,
}
FAILURES = {
    "invalid_parameter": ("input", "after_change"),
    "content_filter_error": ("input", "after_change"),
    "request_timeout": ("vendor", "never_automatically"),
    "unexpected_error": ("vendor", "never_automatically"),
    "service_unavailable": ("vendor", "never_automatically"),
}


def refused(vendor, reply, **settings):
    client, server = vendor(reply, **settings)
    client._submitting = SubmitPolicy(attempts=1)
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert len(server.requests) == 1
    return caught.value


def flat(code):
    return {"error": "What the vendor says", "error_code": code}


def nested(code):
    return {"error": {"message": "What the vendor says", "error_code": code}}


@pytest.mark.parametrize("shape", [flat, nested])
@pytest.mark.parametrize(("status", "code"), REFUSALS)
def test_every_documented_refusal_is_its_error(vendor, status, code, shape):
    error = refused(vendor, json_answer(shape(code), status, X_Request_Id="call-9"))
    assert type(error) is REFUSALS[status, code]
    assert (error.vendor_code, error.http_status, error.billed) == (code, status, "no")
    assert error.request_id == "call-9"
    assert "What the vendor says" in str(error)
    assert error.remedy


def test_a_refusal_says_who_what_and_what_to_do(vendor):
    error = refused(vendor, json_answer(flat("file_size_too_large"), 400))
    assert str(error) == (
        "Pixelcut: HTTP 400 file_size_too_large: What the vendor says. "
        "fit=True makes images fit the documented limits."
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.InputRefused),
        (401, errors.AuthenticationFailed),
        (403, errors.CreditsExhausted),
        (413, errors.InputRefused),
        (429, errors.RateLimited),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>no</html>", "[]", '{"error": 5}'])
def test_a_refusal_without_a_code_goes_by_its_status(vendor, status, error, body):
    assert type(refused(vendor, answer(status, body))) is error


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", ["", "<html>sorry</html>", '{"error": "x"}'])
def test_a_broken_service_may_have_started(vendor, status, body):
    error = refused(vendor, answer(status, body))
    assert type(error) is errors.OutcomeUnknown
    answers = (error.fault, error.billed, error.retry)
    assert answers == ("vendor", "unknown", "never_automatically")
    assert "look at the credits" in error.remedy


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("invalid_mood", errors.InputRefused),
        ("unsupported_pose", errors.InputRefused),
        ("resolution_too_low", errors.InputRefused),
        ("insufficient_quota", errors.CreditsExhausted),
        ("rate_limit_daily", errors.RateLimited),
        ("service_moved", errors.OutcomeUnknown),
        ("something_else", errors.InputRefused),
    ],
)
def test_an_unknown_code_goes_by_its_family_and_then_by_its_status(vendor, code, error):
    found = refused(vendor, json_answer(flat(code), 400))
    assert type(found) is error
    assert found.vendor_code == code


@pytest.mark.parametrize("code", FAILURES)
def test_every_documented_failure_of_a_job_answers_the_four_questions(vendor, code):
    body = {"job_id": "j-1", "status": "failed", **nested(code)}
    client, _ = vendor(ACCEPTED, json_answer(body))
    with pytest.raises(errors.JobFailed, match="What the vendor says") as caught:
        client.try_on(PERSON, top=GARMENT)
    error = caught.value
    assert (error.fault, error.retry) == FAILURES[code]
    assert (error.vendor_code, error.billed, error.job.id) == (code, "unknown", "j-1")
    assert error.remedy


@pytest.mark.parametrize(
    ("code", "error"),
    [("job_expired", errors.JobExpired), ("job_cancelled", errors.JobCancelled)],
)
def test_an_expired_and_a_cancelled_job_have_errors_of_their_own(vendor, code, error):
    client, _ = vendor(ACCEPTED, json_answer({"status": "failed", **nested(code)}))
    with pytest.raises(error) as caught:
        client.try_on(PERSON, top=GARMENT)
    assert caught.value.job.id == "j-1"


def test_an_unknown_failure_is_the_vendors_and_never_repeated(vendor):
    client, _ = vendor(ACCEPTED, json_answer({"status": "failed", **nested("cosmic_ray")}))
    job = client.submit(PERSON, top=GARMENT)
    update = client.poll(job)
    assert update.state is JobState.FAILED
    assert (update.failure.fault, update.failure.retry) == ("vendor", "never_automatically")


@pytest.mark.parametrize("code", [*FAILURES, "job_expired", "job_cancelled"])
def test_a_failure_while_waiting_is_the_same_error(vendor, code):
    error = refused(vendor, json_answer(flat(code), 400), wait_for_result="true")
    assert type(error) is TABLE.find(code).error
    assert error.vendor_code == code
    assert not (error.retryable and error.billed == "unknown")


@pytest.mark.parametrize(("status", "code"), [*REFUSALS, (500, "")])
def test_a_refused_question_is_no_end_of_the_job(vendor, status, code):
    reply = json_answer(flat(code), status)
    client, _ = vendor(ACCEPTED, reply)
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(errors.TryOnError) as caught:
        client.poll(job)
    assert caught.value.job == job
    assert not isinstance(caught.value, errors.JobError)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "invalid_auth_token", errors.AuthenticationFailed),
        (429, "rate_limit_exceeded", errors.RateLimited),
        (500, "", errors.VendorUnavailable),
    ],
)
def test_a_refused_cancellation_is_its_error(vendor, status, code, error):
    client, _ = vendor(ACCEPTED, json_answer(flat(code), status))
    job = client.submit(PERSON, top=GARMENT)
    with pytest.raises(error):
        client.cancel(job)


def test_too_many_requests_are_submitted_again(vendor):
    client, server = vendor(json_answer(flat("rate_limit_exceeded"), 429), ACCEPTED)
    assert client.submit(PERSON, top=GARMENT).id == "j-1"
    assert len(server.requests) == 2


@pytest.mark.parametrize("waits", ["true", "false"])
def test_a_lost_answer_is_one_request_and_an_unknown_outcome(vendor, waits):
    client, server = vendor(drop_after_body, wait_for_result=waits)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(PERSON, top=GARMENT)
    assert caught.value.fingerprint
    assert len(server.requests) == 1


def test_every_entry_says_what_it_means():
    assert all(entry.meaning.endswith(".") for entry in TABLE.entries)
