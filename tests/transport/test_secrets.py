import base64
import logging
import pickle
import traceback
from urllib.parse import quote_plus

import pytest

from servers import answer, answer_in_plain, drop_after_body, json_answer, silent, unused_port
from tryon_core.errors import DownloadFailed, TryOnError
from tryon_core.transport import Transport, TransportPolicy, Trust

SECRET = 'canary+/="é key'
PATIENT = TransportPolicy(read_timeout_s=5, connect_timeout_s=5, retries=1, backoff_s=0)


def spellings(secret: str) -> list[str]:
    return ["canary", quote_plus(secret), base64.b64encode(secret.encode()).decode()]


def assert_clean(text: str) -> None:
    for spelling in spellings(SECRET):
        assert spelling not in text


@pytest.fixture
def patient():
    with Transport(PATIENT) as transport:
        yield transport


def call(transport: Transport, url: str, kind: str):
    client = transport.client(provider="acme", secrets=[SECRET])
    key = {"X-API-KEY": base64.b64encode(SECRET.encode()).decode()}
    if kind == "get":
        return client.get(url, headers=key, params={"sign": SECRET})
    if kind == "put":
        return client.put(url, headers=key, params={"sign": SECRET})
    bodies = {
        "json": {"json": {"key": SECRET}},
        "form": {"form": {"key": SECRET}},
        "multipart": {"multipart": [("key", SECRET)]},
        "idempotent": {"json": {"key": SECRET}, "idempotent": True},
    }
    return client.post(url, headers=key, params={"sign": SECRET}, **bodies[kind])


@pytest.mark.parametrize("kind", ["get", "put", "json", "form", "multipart", "idempotent"])
@pytest.mark.parametrize("fault", ["refused", "unresolved", "tls", "closed", "silent", "cut"])
def test_no_error_shows_a_secret_or_a_query(serve, request, caplog, kind, fault):
    caplog.set_level(logging.DEBUG)
    steps = {"silent": silent, "cut": answer(200, "{", announced=9), "tls": answer_in_plain}
    server = serve(steps.get(fault, drop_after_body))
    path = f"/jobs/{quote_plus(SECRET)}?app_key={quote_plus(SECRET)}&sign=abcdef"
    url = {
        "refused": f"http://127.0.0.1:{unused_port()}{path}",
        "unresolved": f"http://vendor.invalid{path}",
        "tls": server.url(path).replace("http:", "https:"),
    }.get(fault, server.url(path))
    transport = "impatient" if fault == "silent" else "patient"
    with pytest.raises(TryOnError) as caught:
        call(request.getfixturevalue(transport), url, kind)
    shown = "".join(traceback.format_exception(caught.value))
    assert_clean(shown + repr(caught.value) + repr(vars(caught.value)))
    assert "abcdef" not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert_clean(pickle.dumps(caught.value).decode("latin-1"))
    assert_clean(caplog.text)
    assert "abcdef" not in caplog.text


@pytest.mark.parametrize("fault", ["closed", "status", "private", "redirect"])
def test_no_failed_download_shows_its_query(serve, patient, caplog, fault):
    caplog.set_level(logging.DEBUG)
    step = {
        "closed": drop_after_body,
        "redirect": answer(302, headers={"Location": "ftp://x/a?Signature=canary"}),
    }.get(fault, answer(403, "canary"))
    url = serve(step).url("/a.jpg?Expires=1&Signature=canary#canary")
    with pytest.raises(DownloadFailed) as caught:
        patient.download(url, trust=Trust(everything=fault != "private"))
    assert_clean("".join(traceback.format_exception(caught.value)) + caplog.text)
    assert caught.value.__context__ is None


def test_each_request_is_logged_without_its_query(serve, patient, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve(json_answer({"key": SECRET}))
    call(patient, server.url("/jobs"), "json")
    [record] = [record for record in caplog.records if record.name == "tryon.http"]
    assert record.getMessage().startswith(f"POST {server.url('/jobs')}: 200 (")
    assert record.getMessage().endswith("bytes)")
    assert_clean(caplog.text)


def test_a_lost_answer_is_logged_with_its_reason(serve, patient, caplog):
    caplog.set_level(logging.DEBUG, logger="tryon.http")
    server = serve(drop_after_body)
    with pytest.raises(TryOnError):
        call(patient, server.url("/jobs"), "json")
    assert "closed without an answer" in caplog.text


def test_the_log_of_the_network_stack_is_silent_about_our_requests_only(serve, patient, caplog):
    caplog.set_level(logging.DEBUG)
    call(patient, serve(json_answer({})).url(), "get")
    logging.getLogger("urllib3.connectionpool").debug("of somebody else")
    names = [record.name for record in caplog.records]
    assert names == ["tryon.http", "urllib3.connectionpool"]


def test_nothing_shows_its_secrets(serve, patient):
    client = patient.client(provider="acme", secrets=[SECRET])
    response = client.get(serve(json_answer({"key": SECRET}, X_Echo="canary")).url("/?a=canary"))
    assert_clean(repr(client) + repr(patient) + repr(response))
    assert "acme" in repr(client)
