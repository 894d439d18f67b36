from decimal import Decimal

import attrs
import pytest

from tryon_core import Amount, ErrorCode, ErrorTable, HttpResponse, codes, errors

TABLE = ErrorTable(
    "Acme",
    [
        ErrorCode(code="Bad*", error=errors.InputRefused, meaning="Something is bad."),
        ErrorCode(code="BadKey*", error=errors.AuthenticationFailed, meaning="The key is bad."),
        ErrorCode(code="BadKeyAge", error=errors.AccessDenied, meaning="The key is too old."),
        ErrorCode(
            code="BadKeyAge", error=errors.RateLimited, http_status=429, meaning="Too many keys."
        ),
        ErrorCode(
            code="", error=errors.CreditsExhausted, http_status=429, meaning="No credits.",
            remedy="Buy some.",
        ),
        ErrorCode(code="Lost", error=errors.VendorUnavailable, meaning="Gone.", billed="yes"),
    ],
)  # fmt: skip


def _answer(status=400, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=b"", url="https://api.acme.example")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("BadKeyAge", 400, errors.AccessDenied),
        ("BadKeyAge", 429, errors.RateLimited),
        ("BadKeyShape", 400, errors.AuthenticationFailed),
        ("BadPhoto", 400, errors.InputRefused),
        ("Whatever", 429, errors.CreditsExhausted),
        ("Whatever", 401, errors.AuthenticationFailed),
        ("Whatever", 418, errors.UnexpectedResponse),
    ],
)
def test_the_most_exact_entry_counts_and_the_status_comes_last(code, status, error):
    found = TABLE.refusal(_answer(status), code=code, message="No.")
    assert type(found) is error


def test_the_order_of_entries_does_not_matter():
    turned = ErrorTable("Acme", reversed(TABLE.entries))
    for code in ("BadKeyAge", "BadKeyShape", "BadPhoto", "Whatever", ""):
        for status in (None, 400, 429):
            assert turned.find(code, status) == TABLE.find(code, status)


def test_a_refusal_keeps_everything_that_the_vendor_said():
    error = TABLE.refusal(
        _answer(429, retry_after="7"), code="BadKeyAge", message="Slow down.", request_id="r-9"
    )
    assert error.message == "Acme: HTTP 429 BadKeyAge: Slow down."
    assert (error.vendor_code, error.http_status) == ("BadKeyAge", 429)
    assert (error.retry_after_s, error.request_id) == (7.0, "r-9")
    assert "Wait 7 s" in error.remedy


def test_a_text_that_stands_for_a_code_is_said_once():
    error = TABLE.refusal(_answer(403), code="You are locked.", message="You are locked.")
    assert error.message == "Acme: HTTP 403 You are locked."


def test_a_refusal_without_code_and_words_names_the_status():
    assert TABLE.refusal(_answer(503), code="", message="").message == "Acme: HTTP 503."


def test_a_refusal_names_the_proxy_that_may_have_written_it():
    given = attrs.evolve(_answer(503), proxy="http://127.0.0.1:7890")
    assert "HTTP 503 through the proxy http://127.0.0.1:7890" in str(
        TABLE.refusal(given, code="", message="")
    )


def test_a_failed_job_has_the_answers_of_its_code():
    failure = TABLE.failure(code="BadPhoto", message="No person.")
    assert (failure.code, failure.message) == ("BadPhoto", "No person.")
    assert (failure.fault, failure.retry) == ("input", "after_change")


@pytest.mark.parametrize(
    ("code", "given", "billed"),
    [
        ("BadPhoto", None, "unknown"),
        ("BadPhoto", "no", "no"),
        ("Lost", None, "yes"),
        ("Lost", "unknown", "unknown"),
        ("Nonsense", None, "unknown"),
        ("Nonsense", "no", "no"),
    ],
)
def test_whether_a_failed_job_was_billed_is_never_guessed(code, given, billed):
    assert TABLE.failure(code=code, message="", billed=given).billed == billed


def test_two_entries_for_the_same_code_and_status_are_refused():
    with pytest.raises(ValueError, match="Acme: two entries for code 'Lost' with status None"):
        ErrorTable("Acme", [*TABLE.entries, TABLE.entries[-1]])


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("BadKeyShape", 400, errors.AuthenticationFailed),
        ("BadKeyAge", 429, errors.RateLimited),
        ("", 401, errors.AuthenticationFailed),
        ("", 429, errors.CreditsExhausted),
        ("", 403, errors.VendorUnavailable),
        ("", 404, errors.VendorUnavailable),
        ("", 500, errors.VendorUnavailable),
        ("BadPhoto", 400, errors.VendorUnavailable),
        ("Lost", 410, errors.VendorUnavailable),
    ],
)
def test_a_refused_question_is_about_the_account_or_passes(code, status, kind):
    answer = _answer(status, retry_after="7")
    error = TABLE.poll_refusal(answer, code=code, message="why", request_id="r-1")
    assert type(error) is kind
    assert (error.vendor_code, error.http_status) == (code or None, status)
    assert (error.request_id, error.retry_after_s) == ("r-1", 7.0)
    assert "why" in str(error)


def test_a_question_that_passes_was_free_and_may_be_asked_again():
    error = TABLE.poll_refusal(_answer(404), code="", message="")
    assert (error.fault, error.retry, error.billed) == ("vendor", "later", "no")
    assert "base_url" in error.remedy


def test_a_page_that_finds_nothing_names_the_setting_of_the_address():
    assert "check base_url" in TABLE.refusal(_answer(404), code="", message="").remedy
    assert "base_url" not in TABLE.refusal(_answer(404), code="NoSuchModel", message="").remedy


def test_a_line_for_each_code():
    entries = codes(
        errors.InputRefused,
        "Change it.",
        {"Wrong": "A value is wrong.", "Odd": ("It is odd.", "Even it."), 422: "Cannot be used."},
        billed="unknown",
    )
    assert [(e.code, e.http_status, e.meaning, e.remedy) for e in entries] == [
        ("Wrong", None, "A value is wrong.", "Change it."),
        ("Odd", None, "It is odd.", "Even it."),
        ("", 422, "Cannot be used.", "Change it."),
    ]
    assert {(e.error, e.billed) for e in entries} == {(errors.InputRefused, "unknown")}


READING = ErrorTable(
    "Acme",
    codes(errors.CreditsExhausted, "", {"7": "Nothing left."}),
    code=("error.code", "code"),
    message=("error.text", "text"),
    request_id=("id", "header:x-request-id"),
)


@pytest.mark.parametrize(
    "body", [b'{"error": {"code": 7, "text": "Pay."}}', b'{"code": "7", "text": "Pay."}']
)
def test_an_answer_is_read_where_the_table_says(body):
    answer = HttpResponse(status=403, headers={"x-request-id": "r-1"}, body=body, url="https://a")
    error = READING.refusal(answer)
    assert isinstance(error, errors.CreditsExhausted)
    assert (error.vendor_code, error.request_id) == ("7", "r-1")
    assert "Pay." in error.message
    polled = READING.poll_refusal(answer)
    assert (type(polled), polled.vendor_code) == (errors.CreditsExhausted, "7")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": 5, "text": 9}', b""])
def test_an_answer_without_the_places_goes_by_its_status(body):
    answer = HttpResponse(status=429, headers={}, body=body, url="https://a")
    error = READING.refusal(answer)
    assert (type(error), error.vendor_code, error.request_id) == (errors.RateLimited, None, None)


def test_code_and_text_may_be_read_by_functions():
    table = ErrorTable(
        "Acme",
        TABLE.entries,
        code=lambda answer: answer.headers["x-code"].upper(),
        message=lambda answer: answer.headers["x-text"],
    )
    error = table.refusal(_answer(x_code="lost", x_text="Nothing is left"))
    assert error.message == "Acme: HTTP 400 LOST: Nothing is left."


def test_a_place_may_stand_alone_and_one_that_cannot_be_is_refused():
    table = ErrorTable(
        "Acme", TABLE.entries, code="error.code", message="error.text", request_id="header:x-id"
    )
    body = b'{"error": {"code": "BadKeyAge", "text": "No."}}'
    answer = HttpResponse(status=403, headers={"x-id": "r-9"}, body=body, url="https://a.example")
    error = table.refusal(answer)
    assert (error.vendor_code, error.request_id) == ("BadKeyAge", "r-9")
    assert error.message.endswith("BadKeyAge: No.")
    with pytest.raises(ValueError, match=r"message: 'tasks\[\].text' is no place"):
        ErrorTable("Acme", (), message=["text", "tasks[].text"])


def _read(body, kind, *, at="", status=200):
    table = ErrorTable("Acme", TABLE.entries, code="code", message="text", request_id="id")
    answer = HttpResponse(status=status, headers={}, body=body, url="https://api.acme.example")
    return table.read(answer, kind, at=at)


def test_an_answer_is_read_as_a_whole_or_at_a_place():
    assert _read(b'{"left": "12.50"}', dict[str, Amount]) == {"left": Decimal("12.50")}
    assert _read(b'{"data": {"left": 3}}', Amount, at="data.left") == Decimal(3)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"id": "r-1", "data": {}}', r"response\.data\.left"),
        (b'{"id": "r-1", "data": {"left": "x"}}', r"response\.data\.left"),
        (b'{"id": "r-1", "data": []}', r"response\.data"),
    ],
)
def test_an_answer_that_breaks_its_contract_keeps_the_id_of_the_call(body, path):
    with pytest.raises(errors.UnexpectedResponse, match=path) as caught:
        _read(body, Amount, at="data.left")
    assert (caught.value.request_id, caught.value.http_status) == ("r-1", 200)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "BadKeyShape", errors.AuthenticationFailed),
        (400, "BadPhoto", errors.VendorUnavailable),
    ],
)
def test_a_refused_call_is_read_as_a_refused_poll(status, code, kind):
    with pytest.raises(kind) as caught:
        _read(f'{{"code": "{code}", "id": "r-2"}}'.encode(), Amount, at="left", status=status)
    assert (caught.value.vendor_code, caught.value.request_id) == (code, "r-2")


@pytest.mark.parametrize(("given", "billed"), [({}, "no"), ({"billed": "yes"}, "yes")], ids=str)
def test_what_an_answer_lacks_is_told_with_the_id_of_the_call(given, billed):
    table = ErrorTable("Acme", [], request_id="id")
    answer = HttpResponse(status=200, headers={}, body=b'{"id": "r-3"}', url="")
    error = table.broken(answer, "expected a list @ response.images", **given)
    assert str(error).startswith(
        "the answer breaks its contract: expected a list @ response.images."
    )
    assert (error.request_id, error.http_status, error.billed) == ("r-3", 200, billed)
