"""The whole way with a client, against the emulator."""

import itertools

import pytest

from tryon_core import Client, JobState, errors

FORMS = ("path", "bytes", "url")


@pytest.fixture
def given(image, tmp_path, host):
    """Return a function that gives an image as path, bytes or address."""

    def give(kind, name):
        data = image()
        if kind == "path":
            (tmp_path / f"{name}.jpg").write_bytes(data)
            return tmp_path / f"{name}.jpg"
        return host(data) if kind == "url" else data

    return give


@pytest.mark.parametrize(("person", "garment"), list(itertools.product(FORMS, FORMS)))
@pytest.mark.parametrize("model", ["tryon-v1.6", "tryon-max"])
def test_every_image_in_every_form_with_both_models(emulate, given, model, person, garment):
    client, running = emulate()
    result = client.try_on(
        given(person, "person"), top=given(garment, "garment"), options={"model": model}
    )
    image = result.images[0]
    assert (image.format, image.width_px, image.height_px) == ("PNG", 300, 400)
    assert (running.log.count("submit"), running.log.count("balance")) == (1, 0)
    assert sum(running.ctx.billed.values()) == {"tryon-v1.6": 1, "tryon-max": 2}[model]


@pytest.mark.parametrize("garment", ["top", "bottom", "dress"])
def test_every_garment_gives_as_many_images_as_asked_for(emulate, image, garment):
    client, _ = emulate()
    options = {"num_samples": 4, "output_format": "jpeg"}
    result = client.try_on(image(), options=options, **{garment: image()})
    assert [found.format for found in result.images] == ["JPEG"] * 4
    assert len({found.data for found in result.images}) == 4


def test_results_are_fetched_without_the_key(emulate, image):
    client, running = emulate()
    client.try_on(image(), top=image())
    (fetched,) = [entry for entry in running.log if entry.operation == "result"]
    assert "authorization" not in fetched.headers


def test_other_formats_and_large_images_are_made_to_fit(emulate, image):
    client, running = emulate(formats="JPEG,PNG")
    job = client.submit(image((2400, 30), kind="WEBP"), top=image(kind="WEBP"), fit=True)
    assert client.wait(job).images[0].width_px == 2000
    assert running.log.count("submit") == 1


def test_every_stage_is_reported(emulate, image):
    client, _ = emulate(job_s=60)
    seen = []
    client.try_on(image(), top=image(), on_update=lambda update: seen.append(update.state))
    assert (seen[0], seen[-1]) == (JobState.PENDING, JobState.SUCCEEDED)
    assert JobState.RUNNING in seen


def test_top_and_bottom_are_two_calls_the_first_result_is_the_person_of_the_second(emulate, image):
    client, running = emulate()
    first = client.try_on(image(), top=image())
    second = client.try_on(first.images[0].source_url, bottom=image())
    assert second.images[0].format == "PNG"
    bodies = [entry.json for entry in running.log if entry.operation == "submit"]
    assert [body["inputs"]["category"] for body in bodies] == ["tops", "bottoms"]
    assert bodies[1]["inputs"]["model_image"] == first.images[0].source_url


def test_a_lost_answer_is_one_request_although_the_job_runs(emulate, image):
    client, running = emulate("submit:drop")
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.try_on(image(), top=image())
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert running.log.count("submit") == 1
    assert len(running.ctx.jobs.all()) == 1


@pytest.mark.parametrize("code", ["RateLimitExceeded", "ConcurrencyLimitExceeded"])
def test_two_of_the_three_429_pass_by_waiting(emulate, image, code):
    client, running = emulate(f"submit:{code}*1")
    assert client.try_on(image(), top=image()).images[0].format == "PNG"
    assert running.log.count("submit") == 2
    assert len(running.ctx.jobs.all()) == 1


def test_the_third_429_is_no_money_and_is_not_repeated(emulate, image):
    client, running = emulate("submit:OutOfCredits")
    with pytest.raises(errors.CreditsExhausted) as caught:
        client.try_on(image(), top=image())
    assert (caught.value.http_status, caught.value.retry) == (429, "after_change")
    assert running.log.count("submit") == 1


def test_two_failed_polls_cost_nobody_the_job(emulate, image):
    client, running = emulate("poll:500*2", job_s=0)
    assert client.try_on(image(), top=image()).images[0].format == "PNG"
    assert (running.log.count("submit"), running.log.count("poll")) == (1, 3)


@pytest.mark.parametrize(
    "fault", ["page=200", "empty", "truncated", "page=404", "foreign", "NotFound", "BadRequest"]
)
def test_one_odd_answer_costs_nobody_the_job(emulate, image, fault):
    client, running = emulate(f"poll:{fault}*1", job_s=30)
    assert client.try_on(image(), top=image()).images[0].format == "PNG"
    assert running.log.count("submit") == 1


@pytest.mark.parametrize(
    "knobs",
    [
        {"output_form": "object"},
        {"output_form": "text"},
        {"id_suffix": ""},
        {"unfinished_output": "null"},
        {"submit_error": "odd"},
        {"credits_header": False},
    ],
)
def test_where_the_pages_differ_either_reading_works(emulate, image, knobs):
    client, _ = emulate(**knobs)
    assert client.try_on(image(), top=image()).images[0].format == "PNG"


def test_a_word_that_no_page_has_is_not_taken_for_running(emulate, image, clock):
    client, _ = emulate(job_s=600, running_status="warming")
    job = client.submit(image(), top=image())
    clock.advance(300)
    assert client.poll(job).state is JobState.UNKNOWN


@pytest.mark.parametrize("name", ["ContentModerationError", "PipelineError"])
def test_a_failed_job_costs_nothing_and_says_why(emulate, image, name):
    client, _ = emulate(job_failure=name)
    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(image(), top=image())
    assert (caught.value.vendor_code, caught.value.billed) == (name, "no")
    assert client.read_balance().amount == 1000


def test_an_image_that_cannot_be_read_is_a_failed_job_about_the_input(emulate, image, host):
    client, _ = emulate()
    with pytest.raises(errors.JobFailed, match="Content-Type") as caught:
        client.try_on(host(image(), "text/plain"), top=image())
    assert (caught.value.vendor_code, caught.value.fault) == ("ImageLoadError", "input")


def test_what_a_job_cost_is_what_the_vendor_says(emulate, image):
    client, _ = emulate()
    options = {"model": "tryon-max", "resolution": "2k", "num_images": 3}
    result = client.try_on(image(), top=image(), options=options)
    assert dict(result.usage) == {"credits": "9"}
    assert client.read_balance().amount == 991


def test_images_inside_the_answer_are_saved_at_once_and_gone_an_hour_later(emulate, image, clock):
    client, running = emulate()
    result = client.try_on(image(), top=image(), options={"return_base64": True, "num_samples": 2})
    assert [found.format for found in result.images] == ["PNG", "PNG"]
    assert running.log.count("result") == 0
    clock.advance(3600)
    with pytest.raises(errors.JobExpired) as caught:
        client.wait(result.job)
    assert caught.value.billed == "yes"


def test_a_job_is_resumed_by_its_token_until_72_hours_are_over(emulate, image, clock):
    client, running = emulate()
    token = client.submit(image(), top=image()).to_token()
    clock.advance(71 * 3600)
    with Client("fashn", clock=clock, **running.settings) as other:
        assert other.resume(token).images[0].format == "PNG"
        clock.advance(3600)
        with pytest.raises(errors.JobExpired):
            other.resume(token)
    assert running.log.count("submit") == 1


def test_a_wrong_key_is_an_error_of_the_account_for_every_call(emulate, image, clock):
    client, running = emulate()
    job = client.submit(image(), top=image())
    wrong = {**running.settings, "api_key": "fa-wrong000-00000000"}
    with Client("fashn", clock=clock, **wrong) as other:
        for call in (lambda: other.submit(image(), top=image()), other.read_balance):
            with pytest.raises(errors.AuthenticationFailed):
                call()
    assert client.wait(job).images[0].format == "PNG"


def test_a_client_that_submits_too_fast_waits_and_loses_nothing(emulate, image, clock):
    client, running = emulate(job_s=1)
    began_s = clock.monotonic()
    jobs = {client.submit(image((20, 20)), top=image((20, 20))).id for _ in range(60)}
    assert len(jobs) == len(running.ctx.jobs.all()) == 60
    assert {entry.status for entry in running.log} == {200, 429}
    assert clock.monotonic() - began_s >= 60
