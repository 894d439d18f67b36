import json

import pytest
from hypothesis import given, settings, strategies as st

from tryon_core import errors
from tryon_core.errors import UnexpectedResponse
from tryon_core.http import HttpResponse, NoHttp, ask_where_named, named_address


def _response(body=b"", status=200, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=body, url="https://api.example/v1/tasks")


@pytest.mark.parametrize(
    ("body", "value"),
    [(b'{"a": [1, null]}', {"a": [1, None]}), ('"ä"'.encode(), "ä"), ('"ä"'.encode("utf-16"), "ä")],
)
def test_a_json_body_is_read(body, value):
    assert _response(body).json() == value


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"a":', b"\xff\xfe\xff", b"[" * 200_000, b"1" * 10_000],
    ids=["html", "cut", "not text", "nested without end", "endless number"],
)
def test_a_body_that_is_no_json_is_an_unexpected_response(body):
    with pytest.raises(UnexpectedResponse) as caught:
        _response(body, 502, content_type="text/html").json()
    message = caught.value.message
    assert "HTTP 502 from https://api.example/v1/tasks: expected JSON, got text/html" in message
    assert f"({len(body)} bytes)" in message
    assert len(message) < 400
    assert caught.value.http_status == 502


def test_no_body_is_called_so():
    with pytest.raises(UnexpectedResponse, match="tasks: expected JSON, got no body"):
        _response(b"").json()


@pytest.mark.parametrize(("status", "retry"), [(200, "no"), (404, "no"), (500, "later")])
def test_an_error_page_of_the_service_is_no_fault_of_the_plugin(status, retry):
    with pytest.raises(UnexpectedResponse) as caught:
        _response(b"<html>", status, retry_after="9").json()
    assert (caught.value.retry, caught.value.retry_after_s) == (retry, 9.0)
    assert ("plugin" in caught.value.remedy) is (retry == "no")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"output": {"task_id": "t-1"}, "code": 0}', "t-1"),
        (b'{"output": {"task_id": 7}}', "7"),
        (b'{"output": "{\\"task_id\\": \\"t-1\\"}"}', "t-1"),
        ('{"output": {"task_id": "ä-é"}}'.encode("utf-16"), "ä-é"),
        (b'[{"output": [{"task_id": "t-1"}]}]', "t-1"),
        (b'{"id": "other", "task": "t-2"}', "t-2"),
        (b'{"output": {"task_status": "PENDING", "task_id": "t-1"}, "re', "t-1"),
        (b'{"data": {"output": "{\\"task_id\\":\\"t-1\\"}"', "t-1"),
        (b'<p>{"task_id" : "t-1"}</p>', "t-1"),
        (b'{"output": {"task_status": "PENDING", "task_id": "t-1', None),
        (b'{"output": {"task_id": null}}', None),
        (b'{"output": {"task_id": true}}', None),
        (b'{"output": {"task_id": 1.5}}', None),
        (b'{"output": {"task_id": ""}}', None),
        (b'{"output": {"task_id": " "}}', None),
        (b'{"output": {"task_id": "\\ud800"}}', None),
        (b'{"output": {"task_id": "a\\nb"}}', None),
        (b'{"output": {"task_id": ["t-1"]}}', None),
        (b'{"output": ["task_id"]}', None),
        (b'{"elsewhere": {"task_id": "t-1"}}', None),
        (b"null", None),
        (b"", None),
        (b"\xff\xfe\x00{", None),
        (b"[" * 200_000, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_id_of_a_job_is_found_however_odd_the_answer(body, found):
    assert _response(body).id_at("output.task_id", "task") == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'<!DOCTYPE html><script>page = {"id": "main", "lang": "en"}</script>', None),
        (b'\n <html><pre>{"data": {"id": "main"}}</pre>', None),
        (b'{"status": "queued", "id": "t-1", "re', "t-1"),
    ],
)
def test_an_id_in_a_page_is_no_job(body, found):
    assert _response(body).id_at("id", "data.id") == found


@pytest.mark.parametrize(("status", "found"), [(200, "t"), (302, "t"), (500, "t"), (404, None)])
def test_whoever_refuses_a_submission_names_no_job(status, found):
    assert _response(b'{"task_id": "t"}', status).id_at("task_id") == found


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InputRefused),
        (401, errors.AuthenticationFailed),
        (402, errors.CreditsExhausted),
        (403, errors.AccessDenied),
        (422, errors.InputRefused),
        (429, errors.RateLimited),
        (503, errors.VendorUnavailable),
    ],
)
def test_a_status_that_clearly_refuses_has_its_usual_error(status, kind):
    assert _response(status=status).usual_error is kind


@given(st.integers(200, 599))
def test_no_status_that_may_have_been_billed_passes_for_a_refusal(status):
    kind = _response(status=status).usual_error
    assert kind is errors.UnexpectedResponse or 400 <= status < 500 or status == 503


def test_a_body_without_a_type_is_said_to_have_none():
    with pytest.raises(UnexpectedResponse, match="got no content type"):
        _response(b"?").json()


@given(st.binary(max_size=50))
@settings(deadline=None, max_examples=200)
def test_any_body_is_json_or_an_unexpected_response(body):
    try:
        _response(body).json()
    except UnexpectedResponse as error:
        assert error.http_status == 200  # noqa: PT017  (either outcome is allowed)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1e3", None),
        ("nan", None),
        ("\u00b2", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_the_pause_that_the_server_asks_for_is_read_when_it_is_a_number(text, seconds):
    assert _response(retry_after=text).retry_after_s == seconds


def test_a_server_that_asks_for_no_pause_asks_for_none():
    assert _response().retry_after_s is None


def test_an_answer_is_shown_without_body_and_headers():
    shown = repr(_response(b"sk-secret", set_cookie="sk-secret"))
    assert "sk-secret" not in shown
    assert "status=200" in shown


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_where_no_network_is_allowed_the_call_is_named_without_its_query(method):
    with pytest.raises(RuntimeError, match="must not use the network") as caught:
        getattr(NoHttp(), method)("https://api.example/v1?key=sk-secret", json={})
    assert f"({method.upper()} https://api.example/v1?…)" in str(caught.value)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:27:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 09:27:00 +0200", 60.0),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 0.0),
        ("yesterday", None),
        ("Wed, 21 Oct 2015 07:27:30", None),
        ("Wed, 21 Oct 20151234567890 07:27:30 GMT", None),
    ],
)
def test_a_date_to_come_back_counts_from_the_date_of_the_answer(sent, seconds):
    response = _response(retry_after="Wed, 21 Oct 2015 07:28:00 GMT", date=sent)
    assert response.retry_after_s == seconds


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"code": "x"}', {"code": "x"}),
        (b'["code"]', {}),
        (b"null", {}),
        (b"<html>", {}),
        (b"", {}),
        (b"[" * 200_000, {}),
    ],
    ids=["object", "list", "null", "page", "empty", "endless"],
)
def test_a_refusal_may_come_without_an_object(body, found):
    assert _response(body, 502).json_object() == found


DOCUMENTED = "https://api.acme.example/v1/jobs/7"


def _named(named, *, base_url="https://api.acme.example", documented=DOCUMENTED):
    asked = f"{base_url}/v1/jobs"
    return named_address(named, asked=asked, base_url=base_url, documented=documented)


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("/v2/status/7", "https://api.acme.example/v2/status/7"),
        ("status/7", "https://api.acme.example/v1/status/7"),
        ("https://api.acme.example/v2/7#part", "https://api.acme.example/v2/7"),
        ("HTTPS://API.acme.example:443/v2/7", "https://API.acme.example:443/v2/7"),
        ("", None),
        ("/v1/jobs/7", None),
        ("jobs/7", None),
        (DOCUMENTED, None),
        (f"{DOCUMENTED}?key=x", None),
        ("/v2/7?key=x", None),
        ("http://api.acme.example/v2/7", None),
        ("https://evil.example/v1/jobs/7", None),
        ("//evil.example/v1/jobs/7", None),
        ("https://user@api.acme.example/v2/7", None),
        ("https://api.acme.example@evil.example/v2/7", None),
        ("https://api.acme.example:99999/v2/7", None),
        ("http://[", None),
        ("file:///etc/passwd", None),
    ],
)
def test_an_address_of_the_same_origin_that_says_something_new_is_of_use(named, address):
    assert _named(named) == address


@pytest.mark.parametrize("named", ["/v1/jobs/7", "https://gate.example/v1/jobs/7", "jobs/7"])
def test_a_gateway_s_own_path_comes_before_the_vendor_s(named):
    base_url = "https://gate.example/acme"
    assert _named(named, base_url=base_url, documented=f"{base_url}/v1/jobs/7") is None
    found = _named("/v2/7", base_url=base_url, documented=f"{base_url}/v1/jobs/7")
    assert found == f"{base_url}/v2/7"


class _Vendor:
    """Answers each address as told, and notes what was asked."""

    def __init__(self, answers):
        self._answers = answers
        self.asked = []

    def get(self, url, *, headers, params=None, max_answer_bytes=None):
        self.asked.append((url, headers["key"]))
        answer = self._answers[url]
        if isinstance(answer, Exception):
            raise answer
        return HttpResponse(status=answer, headers={}, body=b"", url=url)


def _ask(address, **answers):
    vendor = _Vendor({"named": answers.get("named"), "documented": answers.get("documented")})
    answer = ask_where_named(
        vendor,
        address,
        "documented",
        headers={"key": "k"},
        is_answer=lambda answer: answer.status == 200,
    )
    return answer.status, [url for url, _ in vendor.asked]


def test_the_named_address_is_asked_first():
    assert _ask("named", named=200) == (200, ["named"])


@pytest.mark.parametrize(
    "failed", [302, 404, 500, errors.AnswerLost("no answer"), errors.ServiceMoved("elsewhere")]
)
def test_the_documented_address_is_asked_when_the_named_one_fails(failed):
    assert _ask("named", named=failed, documented=200) == (200, ["named", "documented"])


@pytest.mark.parametrize("status", [401, 429])
def test_what_concerns_whoever_asks_is_not_asked_again(status):
    assert _ask("named", named=status) == (status, ["named"])


def test_without_a_named_address_the_documented_one_is_asked():
    assert _ask(None, documented=404) == (404, ["documented"])


@pytest.mark.parametrize(
    ("body", "said"),
    [(b'{"task_id": ""}', "it names no job @ response.task_id."), (b"<html>", "expected JSON")],
)
def test_an_accepted_submission_that_names_no_job_says_where_it_should(body, said):
    answer = HttpResponse(status=202, headers={}, body=body, url="https://api.example/v1/tasks")
    error = answer.no_job("task_id", request_id="r-1")
    assert said in error.message
    assert (error.http_status, error.request_id) == (202, "r-1")


def test_texts_are_read_at_the_first_place_that_has_one():
    body = b'{"error": {"code": 7, "text": " no "}, "text": "other", "flag": true}'
    answer = HttpResponse(status=400, headers={"x-id": "r"}, body=body, url="https://a")
    assert answer.text_at("error.text", "text") == "no"
    assert answer.text_at("error.text.more", "error.code", "text") == "other"
    assert answer.text_at("error.code", or_number=True) == "7"
    assert answer.text_at("flag", or_number=True) == ""
    assert answer.text_at("gone", "header:x-id") == "r"


@pytest.mark.parametrize(
    ("detail", "found"),
    [([{"type": "a"}, {"type": "b"}], "a"), ([[{"type": "a"}]], ""), ([], ""), ("a", "")],
)
def test_a_list_on_the_way_to_a_text_stands_for_its_first_entry(detail, found):
    body = json.dumps({"detail": detail}).encode()
    answer = HttpResponse(status=400, headers={}, body=body, url="https://a")
    assert answer.text_at("detail.type") == found


def test_an_answer_is_parsed_once_however_often_it_is_read(monkeypatch):
    parsed = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: parsed.append(text) or loads(text))
    answer = HttpResponse(status=200, headers={}, body=b'{"id": "7"}', url="http://h/")
    assert (answer.json(), answer.id_at("id"), answer.text_at("id")) == ({"id": "7"}, "7", "7")
    assert len(parsed) == 1
