"""Every documented code, as a refused submission and as a failed task."""

import pytest

from tryon_aidge.error_table import TABLE
from tryon_core import errors

URL = "https://shop.example/a.jpg"
SERVICE = {
    "500": errors.VendorUnavailable,
    "501": errors.RateLimited,
    "700": errors.InputRefused,
    "701": errors.InputRefused,
    "703": errors.InputRefused,
    "707": errors.InputRefused,
    "801": errors.VendorUnavailable,
    "900": errors.VendorUnavailable,
    "1000": errors.InputRefused,
    "1001": errors.VendorUnavailable,
    "1002": errors.InputRefused,
}
GATEWAY = {
    "InvalidAppKey": errors.AuthenticationFailed,
    "IncompleteSignature": errors.AuthenticationFailed,
    "IllegalTimestamp": errors.AuthenticationFailed,
    "MissingParameter": errors.InputRefused,
    "InvalidApiPath": errors.AccessDenied,
    "ApiCallLimit": errors.RateLimited,
    "AppCallLimit": errors.RateLimited,
    "AppWhiteIpLimit": errors.AccessDenied,
    "IllegalAccessToken": errors.AuthenticationFailed,
    "NoResource": errors.CreditsExhausted,
}
FAMILIES = {
    "503": errors.VendorUnavailable,
    "799": errors.InputRefused,
    "888": errors.VendorUnavailable,
    "999": errors.VendorUnavailable,
    "1099": errors.InputRefused,
}


@pytest.fixture
def refused(vendor, connect):
    """Submit, be refused with this answer, and return the error."""
    from tryon_core import SubmitPolicy

    def refused(body):
        vendor.says(body)
        client = connect(vendor.url(""))
        client._submitting = SubmitPolicy(attempts=1)
        with pytest.raises(errors.TryOnError) as caught:
            client.submit(URL, top=URL)
        assert len(vendor.requests) == 1
        return caught.value

    return refused


@pytest.mark.parametrize(("code", "kind"), (SERVICE | FAMILIES).items())
@pytest.mark.parametrize("as_type", [int, str])
def test_a_code_of_the_service(refused, code, kind, as_type):
    error = refused(
        {
            "code": "0",
            "success": "false",
            "resCode": as_type(code),
            "resMessage": "the vendor's words",
            "requestId": "r-1",
            "request_id": "g-1",
        }
    )
    assert type(error) is kind
    assert (error.vendor_code, error.request_id) == (code, "r-1")
    assert "the vendor's words" in str(error)
    assert error.remedy


@pytest.mark.parametrize(("code", "kind"), GATEWAY.items())
def test_a_code_of_the_gateway(refused, code, kind):
    error = refused({"type": "ISV", "code": code, "message": "no", "request_id": "g-1"})
    assert type(error) is kind
    assert (error.vendor_code, error.request_id, error.http_status) == (code, "g-1", 200)
    assert error.billed == "no"
    assert error.remedy


@pytest.mark.parametrize(
    ("kind", "error", "billed"),
    [
        ("ISV", errors.InputRefused, "no"),
        ("ISP", errors.VendorUnavailable, "unknown"),
        ("SYSTEM", errors.VendorUnavailable, "unknown"),
        ("OTHER", errors.UnexpectedResponse, "unknown"),
        (None, errors.UnexpectedResponse, "unknown"),
    ],
)
def test_an_unknown_code_of_the_gateway_goes_by_its_type(refused, kind, error, billed):
    found = refused({"type": kind, "code": "Novelty", "message": "what it says"})
    assert type(found) is error
    assert (found.vendor_code, found.billed) == ("Novelty", billed)
    assert "Novelty: what it says" in str(found)


@pytest.mark.parametrize("code", ["NoResource", "Novelty", "0"])
def test_exhausted_calls_are_known_by_their_words_too(refused, code):
    words = "Sorry, your calling resources have been exhausted, please buy more"
    error = refused({"code": code, "success": "false", "message": words})
    assert type(error) is errors.CreditsExhausted
    assert error.fault == "account"


def test_a_refusal_without_any_code_may_have_been_billed(refused):
    error = refused({"code": "0", "success": "false", "resMessage": "no"})
    assert type(error) is errors.UnexpectedResponse
    assert error.billed == "unknown"


@pytest.mark.parametrize(("code", "pause_s"), [("501", 60.0), ("ApiCallLimit", 1.0)])
def test_the_length_of_a_limit_is_known(refused, code, pause_s):
    body = {"code": "0", "resCode": code} if code.isdecimal() else {"code": code}
    assert refused(body).retry_after_s == pause_s


@pytest.mark.parametrize(
    ("code", "fault", "retry"),
    [
        ("500", "vendor", "never_automatically"),
        ("501", "limit", "later"),
        ("700", "input", "after_change"),
        ("701", "input", "after_change"),
        ("703", "input", "after_change"),
        ("707", "input", "after_change"),
        ("801", "vendor", "never_automatically"),
        ("900", "vendor", "never_automatically"),
        ("1000", "input", "after_change"),
        ("1001", "vendor", "never_automatically"),
        ("1002", "input", "after_change"),
        ("failed", "vendor", "never_automatically"),
    ],
)
def test_a_failed_task_has_the_answers_of_its_code(code, fault, retry):
    failure = TABLE.failure(code=code, message="words")
    assert (failure.fault, failure.retry, failure.billed) == (fault, retry, "unknown")
    assert failure.remedy


def test_what_may_have_been_paid_is_never_repeated_automatically():
    for entry in TABLE.entries:
        error = entry.to_error("It failed.")
        assert error.billed == "no" or error.retry == "never_automatically"


def test_the_table_has_no_code_that_is_not_tested():
    tested = {*SERVICE, *GATEWAY, "ISV", "ISP", "SYSTEM", "failed", "5*", "7*", "8*", "9*", "10*"}
    assert {entry.code for entry in TABLE.entries} == tested
