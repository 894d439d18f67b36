"""What FASHN answers, as its pages and its OpenAPI description have it, and what that is for us."""

import base64

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import JobState, errors
from tryon_fashn import provider

PERSON, GARMENT = "https://a.test/p.jpg", "https://a.test/g.jpg"
JOB = "123a87r9-4129-4bb3-be18-9c9fb5bd7fc1-u1"
ACCEPTED = json_answer({"id": JOB, "error": None})
URL = f"https://cdn.fashn.ai/{JOB}/output_0.png"


@pytest.fixture
def submitted(vendor):
    """Return a function that submits to a vendor that answers so; gives client, server and job."""

    def submit(*steps):
        client, server = vendor(ACCEPTED, *steps)
        return client, server, client.submit(PERSON, top=GARMENT)

    return submit


@pytest.fixture
def polled(submitted):
    """Return a function that polls a vendor that answers so."""

    def poll(body, *, status=200, **headers):
        client, server, job = submitted(json_answer(body, status, **headers))
        update = client.poll(job)
        assert server.requests[-1].target == f"/v1/status/{JOB}"
        return update

    return poll


def status(word, **more):
    return {"id": JOB, "status": word, **more}


# The submission.


def test_an_accepted_submission_names_its_job(submitted):
    _, server, job = submitted()
    assert (job.id, job.result, len(server.requests)) == (JOB, None, 1)
    assert (job.expires_at - job.submitted_at).total_seconds() == 72 * 3600


@pytest.mark.parametrize("job_id", [JOB, JOB.removesuffix("-u1"), "any text"])
def test_the_id_of_a_job_is_any_text(vendor, job_id):
    client, _ = vendor(json_answer({"id": job_id, "error": None}))
    assert client.submit(PERSON, top=GARMENT).id == job_id


@pytest.mark.parametrize("error", ["overloaded", {"name": "x", "message": "y"}, 7])
def test_an_id_with_an_error_beside_it_is_a_job(vendor, error):
    client, _ = vendor(json_answer({"id": JOB, "error": error}))
    assert client.submit(PERSON, top=GARMENT).id == JOB


@pytest.mark.parametrize(
    "reply",
    [
        json_answer({"error": None}),
        json_answer({"id": "", "error": None}),
        json_answer([]),
        answer(200, "<html>"),
        answer(200),
    ],
)
def test_a_success_without_an_id_leaves_the_outcome_open(vendor, reply):
    client, server = vendor(reply)
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert len(server.requests) == 1


REFUSALS = [
    (400, "BadRequest", errors.InputRefused, "after_change"),
    (401, "UnauthorizedAccess", errors.AuthenticationFailed, "after_change"),
    (429, "OutOfCredits", errors.CreditsExhausted, "after_change"),
]


@pytest.mark.parametrize(("http_status", "code", "kind", "retry"), REFUSALS)
def test_a_refusal_is_not_billed_and_sent_once(vendor, http_status, code, kind, retry):
    client, server = vendor(json_answer({"error": code, "message": "Words."}, http_status))
    with pytest.raises(kind) as caught:
        client.submit(PERSON, top=GARMENT)
    error = caught.value
    assert (error.vendor_code, error.http_status) == (code, http_status)
    assert (error.billed, error.retry) == ("no", retry)
    assert "Words" in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", ["RateLimitExceeded", "ConcurrencyLimitExceeded"])
def test_a_429_of_too_many_calls_or_jobs_passes_by_waiting(vendor, clock, code):
    refused = json_answer({"error": code, "message": "x"}, 429)
    client, server = vendor(refused, ACCEPTED)
    assert client.submit(PERSON, top=GARMENT).id == JOB
    assert [request.target for request in server.requests] == ["/v1/run"] * 2
    assert sum(clock.sleeps) > 0


def test_a_429_without_a_code_is_one_of_rate_and_its_wait_is_kept(vendor, clock):
    client, server = vendor(answer(429, "slow down", headers={"Retry-After": "7"}), ACCEPTED)
    client.submit(PERSON, top=GARMENT)
    assert len(server.requests) == 2
    assert sum(clock.sleeps) >= 7


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [(402, errors.CreditsExhausted), (403, errors.AccessDenied), (422, errors.InputRefused)],
)
def test_a_status_that_no_page_has_is_what_it_usually_is(vendor, http_status, kind):
    client, _ = vendor(json_answer({"message": "x"}, http_status))
    with pytest.raises(kind):
        client.submit(PERSON, top=GARMENT)


@pytest.mark.parametrize(
    "reply",
    [
        drop_after_body,
        answer(500, "<html>"),
        answer(502, "<html>"),
        json_answer({"error": "InternalServerError", "message": "Server error"}, 500),
    ],
)
def test_a_lost_answer_or_a_500_may_be_billed_and_is_never_sent_again(vendor, reply):
    client, server = vendor(reply)
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert len(server.requests) == 1


def test_a_500_that_is_not_the_vendors_says_that_images_may_be_too_large(vendor):
    client, _ = vendor(answer(500, "Internal Server Error"))
    with pytest.raises(errors.OutcomeUnknown, match="too large"):
        client.submit(PERSON, top=GARMENT)


def test_a_redirect_is_not_followed(vendor):
    client, server = vendor(answer(307, headers={"Location": "/elsewhere"}))
    with pytest.raises(errors.ServiceMoved):
        client.submit(PERSON, top=GARMENT)
    assert len(server.requests) == 1


# The status.


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("starting", JobState.PENDING),
        ("in_queue", JobState.PENDING),
        ("processing", JobState.RUNNING),
        ("warming", JobState.UNKNOWN),
        ("canceled", JobState.CANCELLED),
        ("cancelled", JobState.CANCELLED),
    ],
)
@pytest.mark.parametrize("more", [{}, {"output": None}])
def test_every_word_of_the_status_is_known_or_unknown(polled, word, state, more):
    update = polled(status(word, error=None, **more))
    assert (update.state, update.vendor_status) == (state, word)


@pytest.mark.parametrize("host", ["cdn.fashn.ai", "media.fashn.ai", "cdn.staging.fashn.ai"])
@pytest.mark.parametrize("form", [lambda url: [url], lambda url: {"images": [url]}, str])
def test_images_come_as_list_object_or_text_from_any_host(polled, form, host):
    url = URL.replace("cdn.fashn.ai", host)
    update = polled(status("completed", output=form(url), error=None))
    assert update.state is JobState.SUCCEEDED
    assert [image.source.url for image in update.result.images] == [url]


def test_an_address_lives_72_hours(polled, clock):
    update = polled(status("completed", output=[URL], error=None))
    (image,) = update.result.images
    assert (image.expires_at - clock.now()).total_seconds() == 72 * 3600


@pytest.mark.parametrize("media_type", ["png", "jpeg"])
def test_images_inside_the_answer_are_decoded(polled, image, media_type):
    data = image(kind=media_type.upper())
    uri = f"data:image/{media_type};base64,{base64.b64encode(data).decode()}"
    update = polled(status("completed", output=[uri, uri], error=None))
    assert [found.source.data for found in update.result.images] == [data] * 2


def test_an_answer_with_a_large_image_is_read_whole(polled, image):
    data = image(kind="PNG") + bytes(7 * 2**20)
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    update = polled(status("completed", output=[uri], error=None))
    assert [len(found.source.data) for found in update.result.images] == [len(data)]


def test_images_that_were_inside_the_answer_are_gone_after_an_hour(submitted):
    body = status("completed", output=["<base64>_expired"], error=None)
    client, _, job = submitted(json_answer(body))
    with pytest.raises(errors.JobExpired) as caught:
        client.poll(job)
    assert (caught.value.billed, caught.value.job) == ("yes", job)


@pytest.mark.parametrize("output", [[], None, {}, "", [None], 7])
def test_completed_without_an_image_breaks_the_contract(submitted, output):
    client, _, job = submitted(json_answer(status("completed", output=output, error=None)))
    with pytest.raises(errors.UnexpectedResponse):
        client.poll(job)


def test_the_header_says_what_the_job_cost(polled):
    done = status("completed", output=[URL], error=None)
    assert polled(done, x_fashn_credits_used="3").result.usage == {"credits": "3"}
    assert polled(done).result.usage == {}


NAMES = [
    ("ImageLoadError", "input"),
    ("ContentModerationError", "input"),
    ("PoseError", "input"),
    ("InputValidationError", "input"),
    ("PipelineError", "vendor"),
    ("ThirdPartyError", "vendor"),
    ("3rdPartyProviderError", "vendor"),
    ("UnavailableError", "vendor"),
    ("InternalServerError", "vendor"),
    ("LoRALoadError", "vendor"),
]


@pytest.mark.parametrize(("name", "fault"), NAMES)
def test_a_failed_job_is_a_200_with_an_object_and_is_never_charged(polled, name, fault):
    error = {"name": name, "message": "Error loading model image: Invalid URL format"}
    update = polled(status("failed", error=error))
    assert update.state is JobState.FAILED
    failure = update.failure
    assert (failure.code, failure.message) == (name, error["message"])
    assert (failure.fault, failure.billed) == (fault, "no")


@pytest.mark.parametrize("error", ["Out of memory", None, {"name": "NewError"}, {}, 7])
def test_a_failed_job_with_another_error_failed_all_the_same(polled, error):
    update = polled(status("failed", error=error))
    assert (update.state, update.failure.billed) == (JobState.FAILED, "no")


def test_whether_a_time_out_is_charged_is_not_known(polled):
    update = polled(status("time_out", error=None))
    assert (update.state, update.failure.billed) == (JobState.FAILED, "unknown")


def test_a_job_that_the_vendor_does_not_know_is_not_found(polled):
    body = {"error": "NotFound", "message": "Prediction not found"}
    assert polled(body, status=404).state is JobState.NOT_FOUND


@pytest.mark.parametrize(
    "reply",
    [
        json_answer({"error": "InternalServerError", "message": "Failed to fetch"}, 500),
        answer(404, "<html>"),
        answer(502, "<html>"),
    ],
)
def test_an_outage_says_nothing_about_the_job(submitted, reply):
    client, _, job = submitted(reply)
    with pytest.raises((errors.VendorUnavailable, errors.AnswerLost)) as caught:
        client.poll(job)
    assert caught.value.job == job


def test_the_status_of_another_job_gives_no_image(submitted):
    other = status("completed", output=[URL], error=None) | {"id": "another"}
    client, _, job = submitted(json_answer(other))
    with pytest.raises(errors.TryOnError):
        client.wait(job, timeout_s=60)


# The rest.


def test_the_balance_is_the_total(vendor, key):
    credits_ = {"total": 234, "subscription": 100, "on_demand": 134}
    client, server = vendor(json_answer({"credits": credits_}))
    balance = client.read_balance()
    assert (balance.amount, balance.unit) == (234, "credits")
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/v1/credits")
    assert request.headers["authorization"] == f"Bearer {key}"


def test_nothing_can_be_cancelled_and_nobody_is_asked(submitted):
    client, server, job = submitted()
    with pytest.raises(errors.CancelRefused):
        client.cancel(job)
    assert len(server.requests) == 1


def test_garments_are_not_parsed(vendor):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.TryOnError):
        client.parse_garment(PERSON, ["top"])
    assert not provider.info.capabilities.parse_categories
    assert server.connections == 0


def test_the_quota_is_four_fifths_of_the_published_one():
    quota = provider.info.capabilities.quota
    assert quota.submissions / quota.window_s == 0.8 * 50 / 60
    assert quota.queries_per_s == 0.8 * 50 / 10
    assert quota.running_jobs == 6
    assert quota.running_jobs / quota.poll_interval_s <= quota.queries_per_s
