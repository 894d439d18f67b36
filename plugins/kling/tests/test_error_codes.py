"""Each code of the vendor's page on errors is its error, whatever stands around it."""

import pytest

from servers import answer, json_answer
from tryon_core import Attempt, JobState, SubmitPolicy, errors
from tryon_kling.provider import provider
from tryon_testing.samples import sample_image

# HTTP status, code, class: the page "Error Code" of the vendor.
CODES = {
    "1000": (401, errors.AuthenticationFailed),
    "1001": (401, errors.AuthenticationFailed),
    "1002": (401, errors.AuthenticationFailed),
    "1003": (401, errors.AuthenticationFailed),
    "1004": (401, errors.AuthenticationFailed),
    "1100": (429, errors.AccountError),
    "1101": (429, errors.CreditsExhausted),
    "1102": (429, errors.CreditsExhausted),
    "1103": (403, errors.AccessDenied),
    "1200": (400, errors.InputRefused),
    "1201": (400, errors.InputRefused),
    "1202": (404, errors.UnexpectedResponse),
    "1203": (404, errors.InputRefused),
    "1300": (400, errors.InputRefused),
    "1301": (400, errors.InputRefused),
    "1302": (429, errors.RateLimited),
    "1303": (429, errors.RateLimited),
    "1304": (429, errors.AccessDenied),
    "5000": (500, errors.OutcomeUnknown),
    "5001": (503, errors.OutcomeUnknown),
    "5002": (504, errors.OutcomeUnknown),
}
ACCEPTED = {"code": 0, "message": "SUCCEED", "request_id": "r-1", "data": {"task_id": "t-1"}}
IS_OPEN = {code for code in CODES if code[0] == "5"}


def envelope(code, message="What the vendor says"):
    return {"code": int(code), "message": message, "request_id": "call-9"}


@pytest.fixture
def refused(vendor, image):
    """Return a function that submits once, without a look-up, and gives the error."""

    def submit(reply):
        client, server = vendor(reply)
        client._submitting = SubmitPolicy(attempts=1)
        request = client.request(image(), top=image())
        session = client._session
        attempt = Attempt(provider="kling", key="0" * 32, sent_at=session.clock.now())
        with pytest.raises(errors.TryOnError) as caught:
            session.bound.submit(request, session.context(request=request, attempt=attempt))
        assert len(server.requests) == 1
        return caught.value

    return submit


@pytest.mark.parametrize("status", ["its own", 200])
@pytest.mark.parametrize("code", CODES)
def test_each_code_is_its_error_and_goes_before_the_status(refused, code, status):
    """Errors are `{code, message, request_id}`, without `data`; a 200 may have one as well."""
    own_status, kind = CODES[code]
    sent = own_status if status == "its own" else status
    error = refused(json_answer(envelope(code), sent))
    assert type(error) is kind
    assert (error.vendor_code, error.http_status, error.request_id) == (code, sent, "call-9")
    assert "What the vendor says" in str(error)
    assert error.remedy
    if sent == own_status:
        assert error.billed == ("unknown" if code in IS_OPEN else "no")


def test_of_the_six_codes_with_429_two_pass_by_waiting():
    limits = {code for code, (status, _) in CODES.items() if status == 429}
    entries = {entry.code: entry for entry in provider.info.errors}
    passing = {code for code in limits if issubclass(entries[code].error, errors.RateLimited)}
    assert passing == {"1302", "1303"}
    assert limits - passing == {"1100", "1101", "1102", "1304"}


def test_the_table_has_the_codes_of_the_page_and_no_others():
    assert {entry.code for entry in provider.info.errors if entry.code} == {*CODES}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.AuthenticationFailed),
        (403, errors.AccessDenied),
        (429, errors.RateLimited),
        (500, errors.OutcomeUnknown),
        (502, errors.OutcomeUnknown),
        (503, errors.OutcomeUnknown),
        (504, errors.OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>no</html>", '{"code": null}', '{"code": "x"}'])
def test_an_answer_without_a_known_code_goes_by_its_status(refused, status, kind, body):
    """A gateway answers with a page."""
    assert type(refused(answer(status, body))) is kind


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "message": "SUCCEED"},
        {"code": 0, "data": None},
        {"code": 0, "data": {"task_id": ""}},
        {"code": 9999, "message": "of tomorrow"},
        [],
    ],
)
def test_a_success_without_a_task_may_be_billed(refused, body):
    error = refused(json_answer(body))
    assert isinstance(error, errors.UnexpectedResponse)
    assert (error.billed, error.retry) == ("unknown", "never_automatically")


@pytest.mark.parametrize("task_id", ["815335657866002502", "CmZtE2b1P4sAAAAAAiZD_w", 815335657866])
def test_the_id_of_a_task_is_opaque(vendor, image, task_id):
    """18 digits today, a word in 2024."""
    client, _ = vendor(json_answer({**ACCEPTED, "data": {"task_id": task_id}}))
    job = client.submit(image(), top=image())
    assert (job.id, job.request_id) == (str(task_id), "r-1")


def polled(vendor, reply):
    client, _ = vendor(json_answer(ACCEPTED), reply)
    photo = sample_image("person", provider.info.capabilities.person_rules)
    job = client.submit(photo, top=photo)
    return client.poll(job)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("submitted", JobState.PENDING),
        ("processing", JobState.RUNNING),
        ("succeed", JobState.SUCCEEDED),
        ("succeeded", JobState.SUCCEEDED),
        ("success", JobState.SUCCEEDED),
        ("failed", JobState.FAILED),
        ("fail", JobState.FAILED),
        ("on_hold", JobState.UNKNOWN),
    ],
)
def test_each_word_for_a_state_is_known(vendor, word, state):
    images = [{"url": "https://h1.inkwai.com/tryon.png"}]  # one that was seen has no `index`
    data = {"task_id": "t-1", "task_status": word, "task_result": {"images": images}}
    update = polled(vendor, json_answer({"code": 0, "data": data}))
    assert (update.state, update.vendor_status) == (state, word)
    assert (update.result is not None) == (state is JobState.SUCCEEDED)


@pytest.mark.parametrize(
    ("units", "billed"), [("1", "yes"), ("0", "no"), ("0.0", "no"), (None, "unknown")]
)
def test_units_say_whether_a_failed_task_was_charged(vendor, units, billed):
    data = {
        "task_id": "t-1",
        "task_status": "failed",
        "task_status_msg": "no human",
        "final_unit_deduction": units,
    }
    update = polled(vendor, json_answer({"code": 0, "message": "SUCCEED", "data": data}))
    assert (update.failure.message, update.failure.code) == ("no human", "")
    assert update.failure.billed == billed


@pytest.mark.parametrize(
    ("bill", "usage"),
    [
        ({"charge_type": "unit", "amount": "2", "package_type": "image"}, {"credits": "2"}),
        ({"charge_type": "cash", "amount": "0.07", "currency": "USD"}, {}),
    ],
)
def test_units_are_credits_and_cash_is_not(vendor, bill, usage):
    """The later interface has `billing`: units of a pack, or cash."""
    accepted = {"code": 0, "data": {"task_id": "t-1", "status": "submitted"}}
    outputs = [{"type": "image", "url": "https://a.test/1.png"}]
    data = [{"id": "t-1", "status": "succeed", "outputs": outputs, "billing": [bill]}]
    client, _ = vendor(json_answer(accepted), json_answer({"code": 0, "data": data}))
    address = "https://shop.example/1.jpg"
    job = client.submit(address, top=address, options={"model": "virtual-try-on-3.0"})
    assert dict(client.poll(job).result.usage) == usage


@pytest.mark.parametrize("told", [{}, {"task_status_msg": ""}, {"task_status_msg": None}])
def test_a_task_may_fail_without_a_word(vendor, told):
    data = {"task_id": "t-1", "task_status": "failed", **told}
    update = polled(vendor, json_answer({"code": 0, "message": "SUCCEED", "data": data}))
    assert update.failure.message == "no reason given"


@pytest.mark.parametrize("images", [[], None, [{}], [{"url": ""}], [{"url": "ftp://a/b.png"}]])
def test_a_finished_task_without_an_image_breaks_the_contract(vendor, images):
    data = {"task_id": "t-1", "task_status": "succeed", "task_result": {"images": images}}
    with pytest.raises(errors.UnexpectedResponse) as caught:
        polled(vendor, json_answer({"code": 0, "data": data}))
    assert caught.value.job.id == "t-1"


def test_the_second_link_with_a_watermark_is_not_taken(vendor):
    image = {"url": "https://a.test/1.png", "watermark_url": "https://a.test/2.png"}
    data = {"task_id": "t-1", "task_status": "succeed", "task_result": {"images": [image]}}
    update = polled(vendor, json_answer({"code": 0, "data": data}))
    assert [image.source.url for image in update.result.images] == ["https://a.test/1.png"]


def test_the_status_of_another_task_is_not_taken(vendor):
    data = {"task_id": "t-2", "task_status": "succeed", "task_result": {}}
    with pytest.raises(errors.UnexpectedResponse, match="speaks of t-2"):
        polled(vendor, json_answer({"code": 0, "data": data}))


def packs(*entries):
    infos = [
        {"resource_pack_name": name, "status": status, "remaining_quantity": left}
        for name, status, left in entries
    ]
    inner = {"code": 0, "msg": "ok", "resource_pack_subscribe_infos": infos}
    return json_answer({"code": 0, "message": "SUCCEED", "data": inner})


@pytest.mark.parametrize(
    ("entries", "amount", "others"),
    [
        ((), 0, {}),
        ((("Virtual Try-On", "online", 3), ("Virtual Try-On", "online", "4.5")), 7.5, {}),
        ((("virtual-tryon 1", "online", 3), ("Image", "online", 5)), 3, {"Image": 5}),
        ((("Try On", "expired", 3), ("Try On", "runOut", 1), ("Try On", "toBeOnline", 9)), 0, {}),
    ],
)
def test_the_balance_adds_up_what_is_online(vendor, entries, amount, others):
    client, server = vendor(packs(*entries))
    balance = client.read_balance()
    assert (balance.amount, dict(balance.reserved)) == (amount, others)
    assert server.requests[0].target.startswith("/account/costs?start_time=")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (json_answer(envelope("1002"), 401), errors.AuthenticationFailed),
        (json_answer(envelope("1002")), errors.AuthenticationFailed),
        (json_answer({"code": 0, "data": {}}), errors.UnexpectedResponse),
        (answer(200, "<html>login</html>"), errors.TryOnError),
    ],
)
def test_a_balance_that_is_not_told(vendor, reply, kind):
    client, _ = vendor(reply)
    with pytest.raises(kind):
        client.read_balance()
