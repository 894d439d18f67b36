"""Every documented code, as a refused call and as a failed task."""

import pytest

from servers import json_answer, serving
from tryon_core import errors
from tryon_core.submitting import SubmitPolicy
from tryon_dashscope.codes import TABLE
from tryon_dashscope.emulator.texts import TEXTS

INPUT, ACCOUNT = errors.InputRefused, errors.AccountError
CODES = {
    "InvalidParameter": (INPUT, "input", "after_change"),
    "InvalidParameter.ClothesType": (INPUT, "input", "after_change"),
    "InvalidParameter.DataInspection": (INPUT, "input", "after_change"),
    "invalid_parameter_error": (INPUT, "input", "after_change"),
    "InvalidURL": (INPUT, "input", "after_change"),
    "InvalidURL.ConnectionRefused": (INPUT, "input", "after_change"),
    "InvalidURL.Timeout": (INPUT, "input", "after_change"),
    "InvalidPerson": (INPUT, "input", "after_change"),
    "InvalidGarment": (INPUT, "input", "after_change"),
    "InvalidInputLength": (INPUT, "input", "after_change"),
    "BadRequest.EmptyInput": (INPUT, "input", "after_change"),
    "BadRequest.EmptyModel": (INPUT, "input", "after_change"),
    "BadRequest.EmptyParameters": (INPUT, "input", "after_change"),
    "BadRequest.IllegalInput": (INPUT, "input", "after_change"),
    "DataInspectionFailed": (INPUT, "input", "after_change"),
    "data_inspection_failed": (INPUT, "input", "after_change"),
    "IPInfringementSuspect": (INPUT, "input", "after_change"),
    "Arrearage": (errors.CreditsExhausted, "account", "after_change"),
    "UnsupportedOperation": (errors.CancelRefused, "unknown", "no"),
    "InvalidApiKey": (errors.AuthenticationFailed, "account", "after_change"),
    "invalid_api_key": (errors.AuthenticationFailed, "account", "after_change"),
    "AccessDenied": (errors.AccessDenied, "account", "after_change"),
    "access_denied": (errors.AccessDenied, "account", "after_change"),
    "AccessDenied.Unpurchased": (errors.AccessDenied, "account", "after_change"),
    "Model.AccessDenied": (errors.AccessDenied, "account", "after_change"),
    "Workspace.AccessDenied": (errors.AccessDenied, "account", "after_change"),
    "AllocationQuota.FreeTierOnly": (errors.CreditsExhausted, "account", "after_change"),
    "ModelNotFound": (errors.AccessDenied, "account", "after_change"),
    "model_not_found": (errors.AccessDenied, "account", "after_change"),
    "WorkSpaceNotFound": (errors.AccessDenied, "account", "after_change"),
    "NotFound": (errors.UnexpectedResponse, "account", "after_change"),
    "Throttling": (errors.RateLimited, "limit", "later"),
    "Throttling.RateQuota": (errors.RateLimited, "limit", "later"),
    "Throttling.BurstRate": (errors.RateLimited, "limit", "later"),
    "Throttling.AllocationQuota": (errors.LimitError, "limit", "later"),
    "limit_requests": (errors.RateLimited, "limit", "later"),
    "insufficient_quota": (errors.LimitError, "limit", "later"),
    "CommodityNotPurchased": (errors.AccessDenied, "account", "after_change"),
    "PrepaidBillOverdue": (errors.CreditsExhausted, "account", "after_change"),
    "PostpaidBillOverdue": (errors.CreditsExhausted, "account", "after_change"),
    "InternalError": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "internal_error": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "InternalError.Algo": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "InternalError.Timeout": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "InternalError.Upload": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "InternalError.FileUpload": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "SystemError": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "ModelServiceFailed": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "RequestTimeOut": (errors.VendorUnavailable, "vendor", "never_automatically"),
    "ModelServingError": (errors.VendorUnavailable, "vendor", "later"),
    "ModelUnavailable": (errors.VendorUnavailable, "vendor", "later"),
}
AGAIN = {code for code, (kind, _, _) in CODES.items() if kind is errors.RateLimited}


def test_the_emulator_can_tell_every_code():
    assert set(TEXTS) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_refused_call(open_emulator, person, top, code):
    kind, fault, retry = CODES[code]
    running, client = open_emulator(f"submit:{code}")
    images = [running.ctx.publish(image) for image in (person, top)]

    with pytest.raises(kind) as caught:
        client.submit(images[0], top=images[1])

    error = caught.value
    assert type(error) is kind
    assert (error.fault, error.retry) == (fault, retry)
    assert error.vendor_code == code
    assert error.http_status == TEXTS[code][0]
    assert error.request_id
    assert TEXTS[code][1].rstrip(".") in error.message
    assert error.remedy
    assert (error.billed == "no") is (retry in {"later", "after_change"})
    assert running.log.count("submit") == (4 if code in AGAIN else 1)
    assert not running.ctx.jobs.all()


@pytest.mark.parametrize("code", CODES)
def test_a_failed_task(open_emulator, person, top, code):
    _, fault, retry = CODES[code]
    if fault == "vendor":
        retry = "later"  # what is known to have failed has cost nothing
    running, client = open_emulator(task_failure=code)

    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(running.ctx.publish(person), top=running.ctx.publish(top))

    error = caught.value
    assert (error.vendor_code, error.billed) == (code, "no")
    assert (error.fault, error.retry) == (fault, retry)
    assert error.failure.message == TEXTS[code][1]
    assert error.job
    assert running.ctx.billed == {}


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("InvalidParameter.New", 400, errors.InputRefused),
        ("InvalidURL.New", 400, errors.InputRefused),
        ("AccessDenied.New", 403, errors.AccessDenied),
        ("AllocationQuota.New", 403, errors.CreditsExhausted),
        ("Throttling.New", 429, errors.RateLimited),
        ("InternalError.New", 500, errors.VendorUnavailable),
        ("BadRequest.New", 400, errors.InputRefused),
        ("Brandnew", 400, errors.InputRefused),
        ("Brandnew", 401, errors.AuthenticationFailed),
        ("Brandnew", 402, errors.CreditsExhausted),
        ("Brandnew", 403, errors.AccessDenied),
        ("Brandnew", 429, errors.RateLimited),
        ("Brandnew", 503, errors.VendorUnavailable),
        ("Brandnew", 418, errors.UnexpectedResponse),
    ],
)
def test_unknown_codes_go_by_family_and_status(scripted, code, status, kind):
    with serving(json_answer({"code": code, "message": "New."}, status)) as server:
        client = scripted(server)
        with pytest.raises(kind, match=code):
            client.submit("https://x.example/p.png", top="https://x.example/t.png")


def test_an_unknown_code_of_a_task_is_nobodys_fault_yet(open_emulator, person, top):
    _, client = open_emulator(task_failure="Brandnew")

    with pytest.raises(errors.JobFailed, match="Brandnew") as caught:
        client.try_on(person, top=top)
    assert caught.value.retry == "never_automatically"


def test_every_entry_says_what_to_do():
    assert all(entry.meaning for entry in TABLE.entries)
    assert all(entry.to_error("x").remedy for entry in TABLE.entries)


def test_the_server_may_ask_for_time(open_emulator, clock, person, top):
    running, client = open_emulator(retry_after_s=7)
    client._submitting = SubmitPolicy(is_paced=False)
    images = [running.ctx.publish(image) for image in (person, top)]
    for _ in range(11):
        client.submit(images[0], top=images[1])

    assert 7.0 in clock.sleeps
    assert len(running.ctx.jobs.all()) == 11
