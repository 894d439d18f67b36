"""What the plugin sends and reads, one fact of the vendor's documents each."""

import base64
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from servers import answer, json_answer, serving
from tryon_core import BytesSource, Client, JobState, UrlSource, errors
from tryon_replicate.declaration import INFO

PERSON, GARMENT = "https://shop.example/person.jpg", "https://shop.example/garment.jpg"
P_IMAGE, IDM = "prunaai/p-image-try-on", "cuuupid/idm-vton"
ID = "gm3qorzdhgbfurvjtvhg6dckhu"
OUTPUT = "https://replicate.delivery/xezq/abc/out.jpg"
MADE = {"id": ID, "model": P_IMAGE, "version": "hidden", "status": "starting", "output": None}
DONE = {
    **MADE,
    "status": "succeeded",
    "output": OUTPUT,
    "completed_at": "2026-01-02T03:14:05.123Z",
    "metrics": {"predict_time": 17.2, "total_time": 21.9},
}


def prediction(**changed):
    return json_answer({**MADE, **changed})


@pytest.fixture
def submitted(vendor):
    """Submit with options, and give the body and headers of the request."""

    def submit(garments=("top",), **options):
        client, server = vendor(json_answer(MADE, 201))
        images = dict.fromkeys(garments, GARMENT)
        client.submit(PERSON, **images, options=options)
        (request,) = server.requests
        assert (request.method, request.target) == ("POST", "/v1/predictions")
        return json.loads(request.body), request.headers

    return submit


@pytest.fixture
def polled(vendor):
    """Submit, and give what a poll makes of an answer."""

    def poll(reply):
        client, server = vendor(json_answer(MADE, 201), reply)
        job = client.submit(PERSON, top=GARMENT)
        update = client.poll(job)
        assert server.requests[1].target == f"/v1/predictions/{ID}"
        return update

    return poll


def test_the_token_is_in_the_vendors_customary_variable(monkeypatch):
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_in_the_environment")
    with serving(json_answer(MADE, 201)) as server:
        base_url = server.url("").rstrip("/")
        with Client("replicate", base_url=base_url) as client:
            client.submit(PERSON, top=GARMENT)
        assert server.requests[0].headers["authorization"] == "Bearer r8_in_the_environment"


# Submitting


def test_the_official_model_is_named_without_a_version(submitted):
    body, headers = submitted(("top", "bottom"), seed=0, turbo=False)
    assert body == {
        "version": P_IMAGE,
        "input": {
            "person_image": PERSON,
            "garment_images": [GARMENT, GARMENT],
            "seed": 0,
            "turbo": False,
        },
    }
    assert headers["authorization"] == "Bearer r8_canary_0123456789abcdef"


@pytest.mark.parametrize(
    ("category", "word"), [("top", "upper_body"), ("bottom", "lower_body"), ("dress", "dresses")]
)
def test_a_community_model_is_named_by_its_version(submitted, category, word):
    body, _ = submitted((category,), model=IDM)
    assert body == {
        "version": "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985",
        "input": {
            "human_img": PERSON,
            "garm_img": GARMENT,
            "category": word,
            "garment_des": "",  # published clients always send it
            "crop": True,
        },
    }


def test_another_version_may_be_given(submitted):
    assert submitted(version="ab" * 32)[0]["version"] == "ab" * 32
    assert submitted(model=IDM, version="cd" * 32)[0]["version"] == "cd" * 32


def test_the_answer_is_never_waited_for(submitted):
    _, headers = submitted()
    assert not {"prefer", "cancel-after"} & {*headers}


def test_a_deadline_is_written_in_the_form_that_the_vendor_shows(submitted):
    assert submitted(cancel_after_minutes=1)[1]["cancel-after"] == "1m"


@pytest.mark.parametrize("status", [200, 201, 202])
def test_every_2xx_is_alike(vendor, status):
    client, _ = vendor(json_answer(MADE, status))
    assert client.submit(PERSON, top=GARMENT).id == ID


def test_a_prediction_that_has_failed_at_once_is_a_job_all_the_same(vendor):
    failed = {**MADE, "status": "failed", "error": "boom (E1000)"}
    client, _ = vendor(json_answer(failed, 201), json_answer(failed))
    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(PERSON, top=GARMENT)
    assert caught.value.job.id == ID


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"version": "latest"}, "version"),
        ({"model": IDM, "steps": 41}, "steps"),
        ({"output_quality": 101}, "output_quality"),
        ({"model": IDM, "turbo": True}, "turbo"),
        ({"crop": False}, "crop"),
        ({"cancel_after_minutes": 0}, "cancel_after_minutes"),
    ],
)
def test_options_that_the_vendor_would_refuse_are_not_sent(vendor, options, name):
    client, server = vendor()
    with pytest.raises(errors.InputError, match=name):
        client.submit(PERSON, top=GARMENT, options=options)
    assert server.requests == []


def test_only_one_model_takes_two_garments(vendor):
    client, server = vendor()
    with pytest.raises(errors.ValidationFailed):
        client.submit(PERSON, top=GARMENT, bottom=GARMENT, options={"model": IDM})
    assert server.requests == []


# Files


def test_files_go_to_the_store_first_and_for_each_submission_anew(emulate, image):
    client, running = emulate()
    for _ in range(2):
        client.try_on(BytesSource(image()), top=BytesSource(image(colour=(1, 2, 3))))
    uploads = [each for each in running.log if each.operation == "upload"]
    assert len(uploads) == 4
    ((name, file),) = uploads[0].fields
    assert (name, file["filename"], file["media_type"]) == ("content", "image.jpg", "image/jpeg")
    sent = [
        each.json["input"]["person_image"] for each in running.log if each.operation == "submit"
    ]
    assert sent[0] != sent[1]
    assert all(url.startswith(f"{running.base_url}/v1/files/") for url in sent)


def test_an_address_stays_what_it_is(submitted):
    assert submitted()[0]["input"]["person_image"] == PERSON


def test_a_refused_upload_costs_nothing_and_sends_no_submission(vendor, image):
    client, server = vendor(json_answer({"detail": "limit of 100 MB", "status": 413}, 413))
    with pytest.raises(errors.InputRefused, match="limit of 100 MB"):
        client.submit(BytesSource(image()), top=GARMENT)
    assert [each.target for each in server.requests] == ["/v1/files"]


# Polling


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("starting", JobState.PENDING),
        ("processing", JobState.RUNNING),
        ("failed", JobState.FAILED),
        ("canceled", JobState.CANCELLED),
        ("aborted", JobState.FAILED),
        ("unheard of", JobState.UNKNOWN),
    ],
)
def test_each_state_is_known(polled, word, state):
    update = polled(prediction(status=word))
    assert (update.state, update.vendor_status) == (state, word)


def test_a_job_that_never_began_is_not_charged_and_a_failed_one_perhaps(polled):
    aborted = polled(prediction(status="aborted")).failure
    assert (aborted.code, aborted.billed) == ("aborted", "no")
    assert polled(prediction(status="failed", error="boom")).failure.billed == "unknown"


def test_a_result_is_taken_to_expire_an_hour_after_its_submission(vendor):
    """The vendor deletes it an hour after the end, which is later."""
    client, _ = vendor(json_answer(MADE, 201), json_answer(DONE))
    job = client.submit(PERSON, top=GARMENT)
    (image,) = client.poll(job).result.images
    assert (image.source, image.expires_at - job.submitted_at) == (
        UrlSource(OUTPUT),
        timedelta(hours=1),
    )


@pytest.mark.parametrize("output", [OUTPUT, [OUTPUT], [OUTPUT, OUTPUT]])
def test_an_output_may_be_a_text_or_a_list(polled, output):
    images = polled(json_answer({**DONE, "output": output})).result.images
    assert [each.source.url for each in images] == [OUTPUT] * len(images)
    assert len(images) == (len(output) if isinstance(output, list) else 1)


def test_an_output_may_be_a_data_uri(polled, image):
    uri = f"data:image/jpeg;base64,{base64.b64encode(image()).decode()}"
    (found,) = polled(json_answer({**DONE, "output": uri})).result.images
    assert found.source.data == image()


@pytest.mark.parametrize("output", [None, [], "", {"text": "Alice"}, 7])
def test_an_output_without_an_image_is_no_end_of_the_job(vendor, output):
    client, _ = vendor(json_answer(MADE, 201), json_answer({**DONE, "output": output}))
    with pytest.raises(errors.UnexpectedResponse):
        client.poll(client.submit(PERSON, top=GARMENT))


def test_a_job_whose_data_were_removed_has_expired_and_was_paid_for(vendor):
    removed = {**DONE, "output": None, "data_removed": True}
    client, _ = vendor(json_answer(MADE, 201), json_answer(removed))
    with pytest.raises(errors.JobExpired, match="an hour after its end") as caught:
        client.poll(client.submit(PERSON, top=GARMENT))
    assert caught.value.billed == "yes"


def test_the_vendors_own_addresses_get_no_token(vendor):
    """The job is asked for below the own base_url, whatever `urls` says."""
    urls = {"get": "https://elsewhere.example/get", "cancel": "https://elsewhere.example/cancel"}
    client, server = vendor(
        json_answer({**MADE, "urls": urls}, 201), prediction(), prediction(status="canceled")
    )
    job = client.submit(PERSON, top=GARMENT)
    client.poll(job)
    client.cancel(job)
    assert [each.target for each in server.requests[1:]] == [
        f"/v1/predictions/{ID}",
        f"/v1/predictions/{ID}/cancel",
    ]
    assert server.requests[2].body == b""


def test_a_prediction_that_the_vendor_does_not_know_is_not_found(polled):
    assert polled(json_answer({"detail": "no such thing"}, 404)).state is JobState.NOT_FOUND


@pytest.mark.parametrize(
    ("job_s", "error", "billed"),
    [(600, errors.JobFailed, "no"), (90, errors.JobCancelled, "unknown")],
)
def test_a_deadline_is_free_before_the_start_and_not_after_it(emulate, image, job_s, error, billed):
    client, running = emulate(job_s=job_s)
    images = {"person": BytesSource(image()), "top": BytesSource(image())}
    with pytest.raises(error) as caught:
        client.try_on(**images, options={"cancel_after_minutes": 1})
    assert caught.value.billed == billed
    assert len(running.ctx.billed) == (billed != "no")


# Cancelling


@pytest.mark.parametrize(
    ("status", "state"), [("canceled", JobState.CANCELLED), ("processing", JobState.RUNNING)]
)
def test_the_state_after_a_cancellation_is_read(vendor, status, state):
    client, _ = vendor(json_answer(MADE, 201), prediction(status=status))
    assert client.cancel(client.submit(PERSON, top=GARMENT)).state is state


@pytest.mark.parametrize("status", ["succeeded", "failed", "aborted"])
def test_a_finished_prediction_cannot_be_cancelled(vendor, status):
    client, _ = vendor(json_answer(MADE, 201), prediction(status=status))
    with pytest.raises(errors.CancelRefused):
        client.cancel(client.submit(PERSON, top=GARMENT))


# Refusals and failures


def problem(title, detail, status, **more):
    return json_answer({"title": title, "detail": detail, "status": status}, status, **more)


@pytest.mark.parametrize(
    ("title", "status", "error"),
    [
        ("Unauthenticated", 401, errors.AuthenticationFailed),
        ("Insufficient credit", 402, errors.CreditsExhausted),
        ("Input validation failed", 422, errors.InputRefused),
        ("Invalid version or not permitted", 422, errors.InputRefused),
    ],
)
def test_published_refusals_are_what_they_say(vendor, title, status, error):
    client, server = vendor(problem(title, "the vendor's own words", status))
    with pytest.raises(error, match="the vendor's own words") as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.vendor_code, caught.value.billed) == (title, "no")
    assert caught.value.retry == "after_change"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (402, errors.CreditsExhausted),
        (403, errors.AccessDenied),
        (413, errors.InputRefused),
        (422, errors.InputRefused),
    ],
)
def test_refusals_that_nobody_published_go_by_their_status(vendor, status, error):
    client, _ = vendor(json_answer({"detail": "words"}, status))
    with pytest.raises(error, match="words"):
        client.submit(PERSON, top=GARMENT)


@pytest.mark.parametrize(
    ("body", "headers", "wait_s"),
    [
        ({"detail": "Your rate limit resets in ~30s."}, {}, 30),
        ({"detail": "Your rate limit resets in ~30s.", "retry_after": 12}, {}, 12),
        ({"detail": "in ~30s.", "retry_after": 12}, {"Retry_After": "7"}, 7),
        ({"title": "Request was throttled", "detail": "later"}, {}, None),
    ],
)
def test_a_throttled_submission_says_when_to_come_again(vendor, clock, body, headers, wait_s):
    client, server = vendor(json_answer(body, 429, **headers), json_answer(MADE, 201))
    before = clock.monotonic()
    assert client.submit(PERSON, top=GARMENT).id == ID
    assert len(server.requests) == 2
    assert wait_s is None or wait_s <= clock.monotonic() - before < wait_s + 5


def test_little_credit_is_named(vendor):
    low = "Your rate limit is reduced to 6 requests per minute while you have less than $5.0"
    client, _ = vendor(*[problem("Request was throttled", f"{low}. It resets in ~10s.", 429)] * 99)
    with pytest.raises(errors.RateLimited, match=r"less than \$5.0"):
        client.submit(PERSON, top=GARMENT)


def test_little_credit_is_borne(emulate, image):
    client, _ = emulate(credit_usd=1.0)
    for _ in range(8):
        client.submit(BytesSource(image()), top=BytesSource(image()))


@pytest.mark.parametrize(
    ("text", "code", "fault", "retry"),
    [
        ("Unknown error (E1000)", "E1000", "vendor", "never_automatically"),
        ("out of memory (E1001)", "E1001", "input", "after_change"),
        ("webhook (E4875)", "E4875", "vendor", "never_automatically"),
        ("did not start E6716", "E6716", "vendor", "never_automatically"),
        ("stopped (E8367)", "E8367", "vendor", "never_automatically"),
        ("E8765: health check", "E8765", "vendor", "never_automatically"),
        ("Director: unexpected (E9243)", "E9243", "vendor", "never_automatically"),
        ("upload (E9825)", "E9825", "vendor", "never_automatically"),
        ("Director: unexpected (E9828)", "E9828", "vendor", "never_automatically"),
        ("interrupted; please retry (code: PA)", "PA", "vendor", "never_automatically"),
        ("NSFW content detected", "moderation", "input", "after_change"),
        ("It was flagged as sensitive. (E005)", "moderation", "input", "after_change"),
        ("list index out of range", "exception", "input", "after_change"),
        (None, "exception", "input", "after_change"),
    ],
)
def test_failures_are_told_by_the_code_in_their_text(polled, text, code, fault, retry):
    failure = polled(prediction(status="failed", error=text)).failure
    assert (failure.code, failure.fault, failure.retry) == (code, fault, retry)
    assert text is None or failure.message == text
    assert failure.billed == "unknown"


def test_a_page_in_answer_to_a_submission_leaves_its_outcome_open(vendor):
    client, _ = vendor(answer(502, "<html>"))
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")


# Money


def _price(garments=("top",), **options):
    from tryon_core import TryOnRequest

    request = TryOnRequest(
        person=PERSON, **dict.fromkeys(garments, GARMENT), options=INFO.options(**options)
    )
    price = INFO.price_for(request)
    return price and (price.amount, price.currency)


def test_the_price_goes_by_model_garments_and_speed():
    assert _price() == (Decimal("0.015"), "USD")
    assert _price(("top", "bottom")) == (Decimal("0.023"), "USD")
    assert _price(turbo=True) == (Decimal("0.008"), "USD")
    assert _price(("top", "bottom"), turbo=True) == (Decimal("0.016"), "USD")
    assert _price(model=IDM) == (Decimal("0.025"), "USD")


def test_a_job_that_is_charged_by_time_says_what_it_cost(polled):
    usage = polled(json_answer({**DONE, "model": IDM})).result.usage
    assert usage == {"predict_time_s": "17.2", "USD": "0.024080"}
    assert polled(json_answer(DONE)).result.usage == {"predict_time_s": "17.2"}


@pytest.mark.parametrize("metrics", [None, {}, {"predict_time": "soon"}, {"predict_time": None}])
def test_a_time_that_is_not_told_costs_nothing_that_is_known(polled, metrics):
    usage = polled(json_answer({**DONE, "model": IDM, "metrics": metrics})).result.usage
    assert "USD" not in usage


def test_the_limits_are_those_of_the_documents():
    can = INFO.capabilities
    assert (can.quota.submissions, can.quota.window_s) == (600, 60)
    assert can.quota.queries_per_s * 60 <= 3000
    assert (can.result_lifetime_s, can.job_lifetime_s) == (3600, 3600 + 1800)
    assert can.person_rules.max_bytes == 100_000_000
