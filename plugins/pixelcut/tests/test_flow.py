"""The whole way with a client, against the emulator."""

import itertools

import pytest

from tryon_core import Client, Job, JobState, errors
from tryon_core.results import TryOnResult
from tryon_core.submitting import SubmitPolicy

MODES = {"top": "upper", "bottom": "lower", "dress": "full"}


@pytest.fixture
def given(image, tmp_path, host):
    """Return a function that gives an image as path, bytes or address."""

    def give(kind, name):
        data = image(colour=(90, 120, 200))
        if kind == "path":
            (tmp_path / f"{name}.jpg").write_bytes(data)
            return tmp_path / f"{name}.jpg"
        return host(data) if kind == "url" else data

    return give


FORMS = ("path", "bytes", "url")


@pytest.mark.parametrize("waits", ["false", "true"])
@pytest.mark.parametrize(("person", "garment"), list(itertools.product(FORMS, FORMS)))
@pytest.mark.parametrize("category", MODES)
def test_every_garment_in_every_form_in_both_modes(  # noqa: PLR0917  (fixtures and parameters)
    emulate, given, clock, category, person, garment, waits
):
    client, running = emulate(settings={"wait_for_result": waits})
    began_s = clock.monotonic()
    result = client.try_on(given(person, "person"), **{category: given(garment, "garment")})
    assert isinstance(result, TryOnResult)
    image = result.images[0]
    assert (image.format, image.width_px, image.height_px) == ("JPEG", 300, 400)
    assert clock.monotonic() - began_s >= 10
    (sent,) = [entry for entry in running.log if entry.operation == "submit"]
    assert (sent.json is not None) == (person == garment == "url")
    fields = sent.json or dict(sent.fields)
    assert fields["garment_mode"] == MODES[category]
    assert fields["wait_for_result"] == waits
    assert (running.log.count("poll") > 0) == (waits == "false")


@pytest.mark.parametrize("waits", ["false", "true"])
def test_a_lost_answer_is_one_request_although_the_job_runs(emulate, image, waits):
    client, running = emulate("submit:drop", settings={"wait_for_result": waits})
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.try_on(image(), top=image())
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert running.log.count("submit") == 1
    assert len(running.ctx.jobs.all()) == 1


@pytest.mark.parametrize("fault", ["submit:drop-before", "submit:page=200", "submit:html"])
def test_an_answer_that_is_no_answer_is_never_repeated(emulate, image, fault):
    client, running = emulate(fault)
    with pytest.raises(errors.TryOnError) as caught:
        client.try_on(image(), top=image())
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert running.log.count("submit") == 1


def test_every_stage_is_reported(emulate, image):
    client, _ = emulate(job_s=60)
    states = []
    client.try_on(image(), top=image(), on_update=lambda update: states.append(update.state))
    assert states[0] is JobState.PENDING
    assert JobState.RUNNING in states
    assert states[-1] is JobState.SUCCEEDED


@pytest.mark.parametrize("location", ["absolute", "relative", "none", "foreign"])
def test_a_job_is_found_wherever_the_vendor_says_it_is(emulate, image, location):
    client, running = emulate(location=location)
    result = client.try_on(image(), top=image())
    assert {entry.path for entry in running.log if entry.operation == "poll"} == {
        f"/v1/try-on/job/{result.job.id}"
    }


def test_a_location_at_which_there_is_nothing_costs_nobody_the_job(emulate, image):
    client, running = emulate(location="dead")
    assert client.try_on(image(), top=image()).images[0].format == "JPEG"
    assert running.log.count("submit") == 1


@pytest.mark.parametrize("fault", ["empty", "truncated"])
def test_an_accepted_submission_without_a_body_is_the_job_at_its_location(emulate, image, fault):
    client, running = emulate(f"submit:{fault}")
    assert client.try_on(image(), top=image()).images[0].format == "JPEG"
    assert len(running.ctx.jobs.all()) == 1


def test_the_status_of_another_job_gives_no_image(emulate, image):
    client, _ = emulate(status_job_id="other")
    job = client.submit(image(), top=image())
    with pytest.raises(errors.TryOnError) as caught:
        client.wait(job, timeout_s=900)
    assert caught.value.job == job
    assert not isinstance(caught.value, (errors.JobFailed, errors.JobExpired))


@pytest.mark.parametrize(
    "fault",
    [
        "page=200", "empty", "truncated", "page=302", "page=404", "page=408", "page=503", "foreign",
        "not_found", "unknown_foreground", "500",
    ],
)  # fmt: skip
def test_one_odd_answer_costs_nobody_the_job(emulate, image, fault):
    client, running = emulate(f"poll:{fault}*1", job_s=30)
    assert client.try_on(image(), top=image()).images[0].format == "JPEG"
    assert running.log.count("submit") == 1


def test_a_file_has_at_most_25_mb(emulate, image):
    client, _ = emulate()
    padded = image().ljust(25_000_000, b"\0")
    assert not client.validate(padded, top=image())
    (problem,) = client.validate(padded + b"\0", top=image())
    assert (problem.field, problem.severity) == ("person", "error")


@pytest.mark.parametrize("answer", ["job", "result"])
@pytest.mark.parametrize("waits", ["false", "true"])
def test_either_answer_in_either_mode_gives_a_result(emulate, image, waits, answer):
    client, _ = emulate(settings={"wait_for_result": waits}, submit_answer=answer)
    assert client.try_on(image(), top=image()).images[0].format == "JPEG"


def test_the_waiting_modes_job_is_named_like_the_result(emulate, image):
    client, _ = emulate(settings={"wait_for_result": "true"})
    job = client.submit(image(), top=image())
    assert job.result.images[0].source.url.endswith(f"/{job.id}")
    assert job.id.endswith(".jpg")


def test_a_job_is_resumed_by_its_token_with_another_client(emulate, image, clock):
    client, running = emulate()
    token = client.submit(image(), top=image()).to_token()
    clock.advance(600)
    with Client("pixelcut", clock=clock, **running.settings) as other:
        assert other.resume(token).images[0].format == "JPEG"
    assert running.log.count("submit") == 1


@pytest.mark.parametrize(
    "code",
    [
        "invalid_parameter",
        "content_filter_error",
        "request_timeout",
        "unexpected_error",
        "service_unavailable",
    ],
)
@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_a_failed_job_says_why(emulate, image, code, shape):
    client, running = emulate(job_failure=code, job_error_shape=shape)
    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(image(), top=image())
    assert caught.value.vendor_code == code
    assert running.ctx.billed == {}


@pytest.mark.parametrize("code", ["content_filter_error", "invalid_parameter"])
def test_a_failure_about_the_input_while_waiting_is_a_refusal(emulate, image, code):
    client, _ = emulate(job_failure=code, settings={"wait_for_result": "true"})
    with pytest.raises(errors.InputRefused) as caught:
        client.submit(image(), top=image())
    assert caught.value.vendor_code == code


@pytest.mark.parametrize(
    ("code", "how"), [("unexpected_error", "code"), ("content_filter_error", "empty")]
)
def test_another_failure_while_waiting_is_an_empty_error_that_may_be_billed(
    emulate, image, code, how
):
    client, _ = emulate(job_failure=code, waiting_failure=how, settings={"wait_for_result": "true"})
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(image(), top=image())
    assert (caught.value.http_status, caught.value.billed) == (500, "unknown")


@pytest.mark.parametrize("wait_s", [0.0, 5.0])
@pytest.mark.parametrize("status", ["failed", "cancelled", "canceled"])
def test_a_job_is_cancelled_before_and_while_it_runs(emulate, image, clock, wait_s, status):
    client, running = emulate(cancelled_status=status)
    job = client.submit(image(), top=image())
    clock.advance(wait_s)
    assert client.cancel(job).state is JobState.CANCELLED
    assert client.poll(job).state is JobState.CANCELLED
    assert client.read_balance().amount == 1000
    with pytest.raises(errors.JobCancelled):
        client.wait(job)
    with pytest.raises(errors.CancelRefused):
        client.cancel(job)
    assert running.ctx.billed == {job.id: 0}


def test_a_finished_job_cannot_be_cancelled(emulate, image, clock):
    client, _ = emulate()
    job = client.submit(image(), top=image())
    clock.advance(11)
    with pytest.raises(errors.CancelRefused, match="Resume the job"):
        client.cancel(job)


def test_a_job_of_the_waiting_mode_is_finished_already(emulate, image):
    client, running = emulate(settings={"wait_for_result": "true"})
    job = client.submit(image(), top=image())
    with pytest.raises(errors.CancelRefused):
        client.cancel(job)
    assert running.log.count("cancel") == 0


@pytest.mark.parametrize("gone", ["failed", "not_found"])
def test_a_forgotten_job_has_expired(emulate, image, clock, gone):
    client, _ = emulate(expired_job=gone)
    job = client.submit(image(), top=image())
    clock.advance(3600)
    with pytest.raises(errors.JobExpired) as caught:
        client.wait(job)
    assert caught.value.job == job


@pytest.mark.parametrize("status", [403, 404])
def test_an_expired_result_can_no_longer_be_fetched(emulate, image, clock, status):
    client, _ = emulate(
        result_lifetime_s=60, expired_result=status, settings={"wait_for_result": "true"}
    )
    job = client.submit(image(), top=image())
    clock.advance(60)
    with pytest.raises(errors.DownloadFailed) as caught:
        client.wait(job)
    assert caught.value.http_status == status
    assert caught.value.job == job


def test_a_result_that_cannot_be_fetched_is_fetched_again_without_a_second_job(emulate, image):
    client, running = emulate("result:403*1")
    with pytest.raises(errors.DownloadFailed) as caught:
        client.try_on(image(), top=image())
    assert client.resume(caught.value.job).images[0].format == "JPEG"
    assert running.log.count("submit") == 1


def test_credits_run_out(emulate, image):
    client, _ = emulate(credits=7, try_on_credits=5)
    client.submit(image(), top=image())
    assert client.read_balance().amount == 2
    with pytest.raises(errors.CreditsExhausted) as caught:
        client.submit(image(), top=image())
    assert caught.value.vendor_code == "insufficient_api_credits"
    assert client.read_balance().amount == 2


def test_the_balance_may_be_a_text(emulate):
    client, _ = emulate(credits_as_text=True)
    assert client.read_balance().amount == 1000


@pytest.mark.parametrize("shape", ["flat", "nested"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", errors.InputRefused),
        ("401", errors.AuthenticationFailed),
        ("403", errors.CreditsExhausted),
        ("unknown_foreground", errors.InputRefused),
        ("malformed_image", errors.InputRefused),
        ("rate_limit_exceeded", errors.RateLimited),
        ("request_timeout", errors.OutcomeUnknown),
        ("500", errors.OutcomeUnknown),
    ],
)
def test_the_emulator_refuses_as_told(emulate, image, fault, error, shape):
    client, _ = emulate(f"submit:{fault}", error_shape=shape)
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(image(), top=image())
    assert type(caught.value) is error


@pytest.mark.parametrize("is_paced", [True, False])
def test_a_burst_gets_through_and_keeps_the_declared_rate_unless_told_not_to(
    emulate, image, is_paced
):
    client, running = emulate()
    client._submitting = SubmitPolicy(is_paced=is_paced)
    jobs = {client.submit(image(), top=image()).id for _ in range(12)}
    assert len(jobs) == 12
    assert (429 in {entry.status for entry in running.log}) is not is_paced
    assert len(running.ctx.jobs.all()) == 12


def test_faults_of_questions_pass(emulate, image):
    client, _ = emulate("poll:429*2", "poll:html*1", "poll:500*2", "poll:drop*1")
    assert client.try_on(image(), top=image()).images[0].format == "JPEG"


def test_a_failed_job_can_be_told_to_a_question(emulate, image):
    client, _ = emulate("poll:content_filter_error")
    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(image(), top=image())
    assert caught.value.vendor_code == "content_filter_error"


def test_what_the_plugin_refuses_is_never_sent(emulate, image):
    client, running = emulate()
    for person, garments in (
        (image((255, 400)), {"top": image()}),
        (image(), {"dress": image((400, 1921))}),
        (image(kind="WEBP"), {"top": image()}),
        (image(), {"top": image(), "bottom": image()}),
        (image(), {}),
    ):
        with pytest.raises(errors.ValidationFailed):
            client.submit(person, **garments)
    assert len(running.log) == 0


def test_an_image_that_is_made_to_fit_is_taken_by_the_older_edition_too(emulate, image):
    client, _ = emulate(formats="JPEG,PNG")
    result = client.try_on(image((2400, 3000)), top=image((100, 120), kind="WEBP"), fit=True)
    assert result.images[0].height_px == 1920


def test_an_image_without_background_is_a_jpeg_or_what_the_vendor_sends(emulate, image):
    asked = {"remove_background": True}
    first, _ = emulate()
    second, _ = emulate(removed_background="png")
    assert first.try_on(image(), top=image(), options=asked).images[0].format == "JPEG"
    assert second.try_on(image(), top=image(), options=asked).images[0].format == "PNG"


def test_the_key_is_nowhere_to_be_seen(emulate, image, caplog):
    caplog.set_level(0)
    client, running = emulate("poll:drop*1")
    key = running.settings["api_key"]
    result = client.try_on(image(), top=image())
    shown = (caplog.text, repr(list(running.log)), repr(result), repr(client))
    assert not any(key in text for text in shown)
    assert key not in repr(Job.from_token(result.job.to_token()))
