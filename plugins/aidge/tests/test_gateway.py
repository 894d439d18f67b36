"""How calls are addressed, signed and refused."""

import pytest

from servers import answer
from tryon_aidge.declaration import CHINA_URL, GLOBAL_URL, INFO
from tryon_aidge.gateway import sign_iop, sign_v2
from tryon_core import Client, errors

URL = "https://shop.example/a.jpg"


def test_a_v2_call_has_its_signature_in_the_query_and_json_in_the_body(
    vendor, client, accepted, keys, clock
):
    vendor.says(accepted)
    client.submit(URL, top=URL)
    query = vendor.query()
    timestamp_ms = str(int(clock.now().timestamp() * 1000))
    assert vendor.requests[0].method == "POST"
    assert vendor.path() == "/rest/ai/virtual/tryon-pro"
    assert vendor.requests[0].headers["content-type"] == "application/json"
    assert query == {
        "partner_id": "aidge",
        "sign_method": "sha256",
        "sign_ver": "v2",
        "app_key": keys["app_key"],
        "timestamp": timestamp_ms,
        "sign": sign_v2(keys["app_secret"], timestamp_ms),
    }


def test_an_iop_call_is_a_form_of_which_every_parameter_is_signed(vendor, connect, accepted, keys):
    vendor.says(accepted)
    connect(vendor.url(""), signing="iop").submit(URL, top=URL)
    query, form = vendor.query(), vendor.body()
    assert (
        vendor.requests[0].headers["content-type"].startswith("application/x-www-form-urlencoded")
    )
    assert "sign_ver" not in query
    assert list(form) == ["paramJson"]
    assert query["sign"] == sign_iop(keys["app_secret"], "/ai/virtual/tryon-pro", {**query, **form})


@pytest.mark.parametrize("field", ["task_id", "taskId"])
def test_a_status_question_names_the_task(vendor, connect, accepted, stands, field):
    vendor.says(accepted, stands("running"))
    client = connect(vendor.url(""), query_field=field)
    client.poll(client.submit(URL, top=URL))
    assert vendor.path() == "/rest/ai/virtual/tryon-results"
    assert vendor.body() == {field: "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"}


@pytest.mark.parametrize(("trial", "sent"), [("true", "true"), (True, "true"), ("false", None)])
def test_the_trial_is_a_header_of_every_call(vendor, connect, accepted, *, trial, sent):
    running = {"code": "0", "data": {"taskStatus": "running"}}
    vendor.says(accepted, running, {"code": "0", "data": {"balance": 1}})
    client = connect(vendor.url(""), trial=trial)
    client.poll(client.submit(URL, top=URL))
    client.read_balance()
    assert [request.headers.get("x-iop-trial") for request in vendor.requests] == [sent] * 3


def test_both_hosts_are_named_and_the_global_one_is_the_default():
    (spec,) = [spec for spec in INFO.settings if spec.name == "base_url"]
    assert spec.default == GLOBAL_URL == "https://api.aidc-ai.com"
    assert CHINA_URL == "https://cn-api.aidc-ai.com"
    assert CHINA_URL in spec.help


@pytest.mark.parametrize("missing", ["app_key", "app_secret"])
def test_a_missing_key_is_named_with_its_variable(vendor, keys, missing):
    del keys[missing]
    with (
        Client("aidge", base_url=vendor.url(""), **keys) as client,
        pytest.raises(errors.MissingCredential, match=f"AIDGE_{missing.upper()}"),
    ):
        client.submit(URL, top=URL)


def test_keys_come_from_the_vendors_variables(monkeypatch, vendor, accepted):
    monkeypatch.setenv("AIDGE_APP_KEY", "600001")
    monkeypatch.setenv("AIDGE_APP_SECRET", "obviously-fake")
    monkeypatch.setenv("AIDGE_BASE_URL", vendor.url("/"))
    vendor.says(accepted)
    with Client("aidge") as client:
        client.submit(URL, top=URL)
    assert vendor.query()["app_key"] == "600001"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.InputRefused),
        (401, errors.AuthenticationFailed),
        (402, errors.CreditsExhausted),
        (403, errors.AccessDenied),
        (404, errors.UnexpectedResponse),
        (429, errors.RateLimited),
        (500, errors.UnexpectedResponse),
        (502, errors.UnexpectedResponse),
        (503, errors.VendorUnavailable),
        (504, errors.UnexpectedResponse),
    ],
)
def test_a_page_instead_of_an_answer_goes_by_its_status(vendor, client, status, error):
    vendor.play(answer(status, "<html>no</html>", headers={"Retry-After": "3000"}))
    with pytest.raises(error) as caught:
        client.submit(URL, top=URL)
    assert type(caught.value) is error
    assert caught.value.http_status == status
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("body", ["{}", '{"code": null}', '{"code": "0"}', "[]"])
def test_json_that_refuses_nothing_goes_by_its_status(vendor, client, body):
    vendor.play(answer(403, body))
    with pytest.raises(errors.AccessDenied):
        client.submit(URL, top=URL)


def test_the_code_counts_more_than_the_status(vendor, client):
    vendor.says({"code": "IncompleteSignature", "message": "no", "request_id": "g"}, status=400)
    with pytest.raises(errors.AuthenticationFailed) as caught:
        client.submit(URL, top=URL)
    assert (caught.value.vendor_code, caught.value.request_id) == ("IncompleteSignature", "g")
