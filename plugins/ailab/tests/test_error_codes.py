"""Every documented code, refused and failed."""

import json

import pytest

from tryon_ailab.emulator.codes import CODES
from tryon_ailab.error_codes import FAILED_STATUS, TABLE
from tryon_core import HttpResponse, errors

INPUT = {
    "ERROR_PARAMETERS", "MISSING_PARAMETERS", "ERROR_INVALID_PARAMETER", "PARAMETERS_CANNOT_EMPTY",
    "UNSUPPORTED_PARAMETER_VALUES", "ERROR_INVALID_PARAMETER_FORMAT", "FILE_SIZE_EXCEEDS_LIMIT",
    "FILE_RESOLUTION_EXCEEDS_LIMITS", "ERROR_HIGH_RESOLUTION", "ERROR_REQUEST_BODY_TOO_LARGE",
    "ERROR_TOO_MANY_FILES", "UNSUPPORTED_FILE_TYPES", "ERROR_UNSUPPORTED_GRAYSCALE_IMAGE",
    "FILE_DECODING_FAILURE", "ERROR_ILLEGAL_FILE", "ERROR_INVALID_FILE", "ERROR_LOW_RESOLUTION",
    "FILE_CONTENT_NON_COMPLIANCE", "ERROR_CONTENT_NON_COMPLIANCE", "ERROR_NO_FACE_IN_FILE",
    "ERROR_NO_RECOGNITION_TARGET_DETECTED", "ERROR_POSE_NOT_ENOUGH_KEYPOINTS",
    "ERROR_FACE_COUNT_INVALID",
}  # fmt: skip
KINDS = {
    **dict.fromkeys(INPUT, errors.InputRefused),
    "ERROR_USER_NOT_EXISTS": errors.AuthenticationFailed,
    "ERROR_APPLICATIONS_NOT_EXISTS": errors.AuthenticationFailed,
    "ERROR_USER_LOCKED": errors.AccessDenied,
    "ERROR_ILLEGAL_OPERATION": errors.AccessDenied,
    "ERROR_NOT_ENOUGH_CREDITS": errors.CreditsExhausted,
    "EXCEEDING_LIMITS": errors.RateLimited,
    "ERROR_BATCH_TASK_LIMIT_EXCEEDED": errors.RateLimited,
    "ERROR_FACE_TRACE_LIMIT_EXCEEDED": errors.LimitError,
    "ERROR_DATABASE_LIMIT_EXCEEDED": errors.LimitError,
    "ERROR_AI_NOT_EXISTS": errors.VendorUnavailable,
    "ERROR_RESOURCE_NOT_FOUND": errors.JobExpired,
    "ERROR_FILE_NOT_FOUND": errors.JobExpired,
    "ERROR_CONTENT_NOT_FOUND": errors.JobExpired,
    "ERROR_RESOURCE_RECLAIMED": errors.JobExpired,
    "ERROR_INVALID_RESPONSE_FORMAT": errors.UnexpectedResponse,
    "ERROR_TASK_STOPPED_PROCESSING": errors.JobFailed,
    "ERROR_TASK_REVOKED": errors.JobFailed,
}


def _answer(status):
    return HttpResponse(status=status, headers={}, body=json.dumps({}).encode(), url="http://v/")


def _refusal(code, status):
    return TABLE.refusal(_answer(status), code=code, message="as it says", request_id="r-1")


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("edition", ["status", "old_status"])
def test_a_code_means_the_same_whatever_its_status(code, edition):
    status = getattr(CODES[code], edition)
    error = _refusal(code, status)
    assert type(error) is KINDS.get(code, errors.OutcomeUnknown)
    assert (error.vendor_code, error.http_status, error.request_id) == (code, status, "r-1")
    assert code in str(error)
    assert error.billed == ("unknown" if type(error) is errors.OutcomeUnknown else "no")


@pytest.mark.parametrize("code", sorted(set(CODES) - set(KINDS)))
def test_an_outage_leaves_open_whether_work_began(code):
    error = _refusal(code, CODES[code].status)
    assert (error.fault, error.retry, error.billed) == ("vendor", "never_automatically", "unknown")
    assert "credits" in error.remedy


def test_429_is_two_different_things():
    rate, credit = _refusal("EXCEEDING_LIMITS", 429), _refusal("ERROR_NOT_ENOUGH_CREDITS", 429)
    assert (rate.fault, rate.retryable) == ("limit", True)
    assert (credit.fault, credit.retryable) == ("account", False)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InputRefused),
        (401, errors.AuthenticationFailed),
        (403, errors.AccessDenied),
        (404, errors.VendorUnavailable),
        (406, errors.UnexpectedResponse),
        (409, errors.JobFailed),
        (410, errors.JobExpired),
        (413, errors.InputRefused),
        (415, errors.InputRefused),
        (422, errors.InputRefused),
        (429, errors.RateLimited),
        (500, errors.OutcomeUnknown),
        (501, errors.OutcomeUnknown),
        (502, errors.OutcomeUnknown),
        (503, errors.OutcomeUnknown),
        (504, errors.OutcomeUnknown),
        (418, errors.UnexpectedResponse),
        (302, errors.UnexpectedResponse),
    ],
)
@pytest.mark.parametrize("code", ["", "BRAND_NEW"])
def test_an_unknown_code_goes_by_its_status(status, kind, code):
    assert type(_refusal(code, status)) is kind


@pytest.mark.parametrize(
    "entry", TABLE.entries, ids=lambda entry: f"{entry.code}{entry.http_status}"
)
def test_every_entry_is_a_failure_as_well(entry):
    failure = TABLE.failure(
        code=entry.code, message="why", http_status=entry.http_status, billed="no"
    )
    assert failure.billed == "no"
    assert failure.fault != "network"
    assert entry.meaning.endswith(".")


def test_a_task_that_failed_without_a_code_says_so():
    assert TABLE.failure(code=FAILED_STATUS, message="").remedy.startswith("Use another image")
