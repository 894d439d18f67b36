"""The whole way with the client, against the emulator."""

import io
from decimal import Decimal

import pytest
from PIL import Image

from tryon_ailab.emulator.codes import CODES
from tryon_ailab.error_codes import ABOUT_POLL, MAY_PASS
from tryon_core import Client, Job, JobState, errors

TWO = [("top",), ("dress",), ("top", "bottom")]
CASES = [
    *[("base", (name,)) for name in ("top", "bottom", "dress")],
    *[(model, garments) for model in ("pro", "premium", "refiner") for garments in TWO],
]
CREDITS = {"base": 10, "pro": 30, "premium": 50, "refiner": 25}


def _options(model, photo):
    more = {"coarse_image": photo, "gender": "woman"} if model == "refiner" else {}
    return {"model": model, **more}


@pytest.mark.parametrize(("model", "garments"), CASES)
def test_every_model_and_combination_gives_an_image(emulate, photo, tee, model, garments):
    with emulate() as (running, client):
        result = client.try_on(
            photo, **dict.fromkeys(garments, tee), options=_options(model, photo)
        )
        assert client.read_balance().amount == 10_000 - CREDITS[model]
    assert Image.open(io.BytesIO(result.images[0].data)).size == (240, 320)
    assert running.log.count("submit") == 1
    assert list(running.ctx.billed.values()) == [CREDITS[model]]


@pytest.fixture
def http_served():
    """Serve an image on this machine."""
    from servers import answer, serving

    opened = []

    def serve(data):
        context = serving(answer(200, data, headers={"Content-Type": "image/jpeg"}))
        opened.append(context)
        return context.__enter__().url("/photo.jpg")

    yield serve
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture(params=["path", "bytes", "url"])
def given(request, photo, http_served, tmp_path):
    """The photo in one of the forms that callers have."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    return {"path": path, "bytes": photo, "url": http_served(photo)}[request.param]


def test_an_image_may_be_a_file_bytes_or_an_address(emulate, given, photo, tee):
    with emulate() as (running, client):
        assert client.try_on(given, top=tee).images[0].data
    sent = dict(running.log[0].fields)["person_image"]
    assert (sent["bytes"], sent["media_type"]) == (len(photo), "image/jpeg")
    assert sent["filename"].endswith(".jpg")


def test_an_address_may_also_be_the_coarse_image(emulate, photo, tee, http_served):
    options = {"model": "refiner", "coarse_image": http_served(photo), "gender": "man"}
    with emulate() as (running, client):
        client.try_on(photo, top=tee, options=options)
    assert dict(running.log[0].fields)["coarse_image"]["bytes"] == len(photo)


def test_images_beyond_the_limits_are_made_to_fit(emulate, draw, tee):
    large = draw((1000, 1000), "BMP")
    with emulate() as (running, client):
        with pytest.raises(errors.ValidationFailed, match="BMP"):
            client.submit(large, top=tee)
        client.submit(large, top=tee, fit=True)
    assert running.log.count("submit") == 1


def test_a_grey_image_is_made_to_fit_where_the_vendor_refuses_grey(emulate, photo, tee):
    buffer = io.BytesIO()
    Image.open(io.BytesIO(tee)).convert("L").save(buffer, "JPEG")
    with emulate(knobs={"grey": "refuse"}) as (_, client):
        assert client.try_on(photo, top=buffer.getvalue(), fit=True).images[0].data
        with pytest.raises(errors.JobFailed) as caught:
            client.try_on(photo, top=buffer.getvalue())
    assert caught.value.vendor_code == "ERROR_UNSUPPORTED_GRAYSCALE_IMAGE"
    assert "RGB" in caught.value.remedy


@pytest.mark.parametrize("resolution", [-1, 1024, 1280])
@pytest.mark.parametrize("restore_face", [None, True, False])
def test_every_value_of_the_options_is_accepted(emulate, photo, tee, resolution, restore_face):
    options = {"model": "premium", "resolution": resolution, "restore_face": restore_face}
    with emulate(knobs={"booleans": "lower", "unknown_fields": "refuse"}) as (_, client):
        size = client.try_on(photo, top=tee, options=options).images[0]
    assert (size.width_px, size.height_px) == {
        -1: (240, 320),
        1024: (576, 1024),
        1280: (720, 1280),
    }[resolution]


@pytest.mark.parametrize("envelope", ["E1", "E2", "E3"])
@pytest.mark.parametrize("early", ["missing", "empty", "blank", "null"])
def test_every_generation_of_answers_is_read(emulate, photo, tee, envelope, early):
    knobs = {"envelope": envelope, "early_data": early, "poll_ids": False}
    with emulate(knobs=knobs) as (_, client):
        assert client.try_on(photo, top=tee).images[0].data


@pytest.mark.parametrize("mode", ["A", "B", "C"])
@pytest.mark.parametrize("envelope", ["E1", "E2", "E3"])
def test_a_failed_task_is_seen_however_it_shows(emulate, photo, tee, mode, envelope):
    knobs = {"failure_mode": mode, "envelope": envelope, "job_failure": "FILE_SIZE_EXCEEDS_LIMIT"}
    with emulate(knobs=knobs) as (running, client), pytest.raises(errors.JobFailed) as caught:
        client.try_on(photo, top=tee)
    assert caught.value.billed == "no"
    assert caught.value.fault == ("vendor" if mode == "C" else "input")
    assert running.ctx.billed == {}


@pytest.mark.parametrize("statuses", ["current", "before_2026"])
@pytest.mark.parametrize("code", ["PROCESSING_FAILURE", "ERROR_NO_FACE_IN_FILE"])
def test_a_failure_that_stays_fails_the_task(emulate, photo, tee, statuses, code):
    knobs = {"statuses": statuses, "job_failure": code}
    with emulate(knobs=knobs) as (_, client), pytest.raises(errors.JobFailed) as caught:
        client.try_on(photo, top=tee)
    assert (caught.value.vendor_code, caught.value.billed) == (code, "no")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_documented_code_ends_a_submission_with_one_request(emulate, photo, tee, code):
    with emulate(faults=[f"submit:{code}"]) as (running, client):
        with pytest.raises(errors.TryOnError) as caught:
            client.submit(photo, top=tee)
        assert running.ctx.jobs.all() == []
        is_repeated = isinstance(caught.value, errors.RateLimited)
        assert running.log.count("submit") == (4 if is_repeated else 1)
    assert caught.value.vendor_code == code
    assert caught.value.request_id
    assert caught.value.job is None


QUESTION_STATUSES = (401, 403, 429, *range(500, 600))
REFUSED_QUESTIONS = sorted(
    ({code for code in CODES if CODES[code].status in QUESTION_STATUSES} | ABOUT_POLL) - MAY_PASS
)
ENDS = sorted(set(CODES) - set(REFUSED_QUESTIONS) - MAY_PASS)


@pytest.mark.parametrize("code", REFUSED_QUESTIONS)
def test_a_refused_question_is_an_error_that_keeps_the_job(emulate, photo, tee, code):
    with emulate(faults=[f"poll:{code}"]) as (_, client):
        job = client.submit(photo, top=tee)
        with pytest.raises(errors.TryOnError) as caught:
            client.poll(job)
    assert (caught.value.job, caught.value.vendor_code) == (job, code)
    kinds = (errors.AccountError, errors.LimitError, errors.VendorUnavailable)
    assert isinstance(caught.value, kinds)


@pytest.mark.parametrize("code", ENDS)
def test_every_other_code_is_about_the_job(emulate, photo, tee, code):
    with emulate(faults=[f"poll:{code}"]) as (_, client):
        update = client.poll(client.submit(photo, top=tee))
    state = JobState.UNKNOWN if CODES[code].status == 422 else JobState.FAILED
    is_gone = CODES[code].status == 404 or code == "ERROR_RESOURCE_RECLAIMED"
    assert update.state is (JobState.NOT_FOUND if is_gone else state)
    assert update.vendor_status == f"{CODES[code].status} {code}"


@pytest.mark.parametrize("statuses", ["current", "before_2026"])
def test_a_processing_failure_is_no_end_yet_in_either_edition(emulate, photo, tee, statuses):
    with emulate(faults=["poll:PROCESSING_FAILURE"], knobs={"statuses": statuses}) as (_, client):
        update = client.poll(client.submit(photo, top=tee))
    assert (update.state, update.failure.code) == (JobState.UNKNOWN, "PROCESSING_FAILURE")


def test_a_refusal_with_422_that_passes_costs_nobody_the_job(emulate, photo, tee):
    with emulate(knobs={"transient_422": 4}) as (running, client):
        assert client.try_on(photo, top=tee).images[0].data
    assert running.log.count("submit") == 1


@pytest.mark.parametrize(
    "fault",
    [
        "page=200", "foreign", "empty", "truncated", "page=302", "page=404", "page=408", "page=503",
        "ERROR_AI_NOT_EXISTS", "UNSUPPORTED_PARAMETER_VALUES", "ERROR_RESOURCE_NOT_FOUND",
    ],
)  # fmt: skip
def test_one_odd_answer_costs_nobody_the_job(emulate, photo, tee, fault):
    with emulate(faults=[f"poll:{fault}*1"], job_s=30) as (running, client):
        assert client.try_on(photo, top=tee).images[0].data
    assert running.log.count("submit") == 1


@pytest.mark.parametrize("fault", ["submit:drop", "submit:cut"])
def test_a_lost_answer_is_one_request_and_may_have_been_billed(emulate, photo, tee, fault):
    with emulate(faults=[fault]) as (running, client):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            client.try_on(photo, top=tee)
        assert running.log.count("submit") == 1
        assert list(running.ctx.billed.values()) == [10]
    assert caught.value.billed == "unknown"


def test_passing_faults_are_not_the_end_of_a_wait(emulate, photo, tee):
    with emulate(faults=["poll:drop*1", "poll:html*1", "poll:500*1"]) as (_, client):
        assert client.try_on(photo, top=tee).images[0].data


def test_a_job_is_resumed_from_its_token_in_another_client(emulate, photo, jeans):
    with emulate() as (running, client):
        token = client.submit(photo, top=jeans, options={"model": "pro"}).to_token()
        with Client("ailab", clock=client._session.clock, **running.settings) as other:
            assert other.resume(token).images[0].data
        assert running.log.count("submit") == 1
    assert running.settings["api_key"] not in token
    assert Job.from_token(token).data == {"model": "pro"}


def test_a_job_is_gone_after_a_day(emulate, photo, tee, clock):
    with emulate() as (_, client):
        token = client.submit(photo, top=tee).to_token()
        clock.advance(86_400)
        with pytest.raises(errors.JobExpired):
            client.resume(token)


def test_a_result_that_cannot_be_fetched_can_be_resumed(emulate, photo, tee):
    with emulate(faults=["result:403"]) as (running, client):
        with pytest.raises(errors.DownloadFailed) as caught:
            client.try_on(photo, top=tee)
        running.faults.clear()
        assert client.resume(caught.value.job.to_token()).images[0].data
        assert running.log.count("submit") == 1


def test_credits_run_out_and_nothing_is_repeated(emulate, photo, tee):
    with emulate(knobs={"credit_count": 15.5}) as (running, client):
        client.submit(photo, top=tee)
        with pytest.raises(errors.CreditsExhausted, match="tryon balance"):
            client.submit(photo, top=tee)
        assert client.read_balance().amount == Decimal("5.5")
    assert running.log.count("submit") == 2


def test_a_limit_of_calls_is_waited_out(emulate, photo, tee, clock):
    knobs = {"submissions": 1, "window_s": 30, "retry_after_s": 30}
    with emulate(knobs=knobs) as (running, client):
        client.submit(photo, top=tee)
        client.submit(photo, top=tee)
    assert running.log.count("submit") == 3
    assert 30 in clock.sleeps


def test_a_wrong_key_is_told_before_anything_is_paid(emulate, photo, tee):
    with (
        emulate(api_key="wrongAndObviouslyFake") as (running, client),
        pytest.raises(errors.AuthenticationFailed, match="key") as caught,
    ):
        client.try_on(photo, top=tee)
    assert running.ctx.billed == {}
    assert "wrongAndObviouslyFake" not in str(caught.value) + repr(caught.value.__dict__)


def test_an_unknown_status_ends_the_wait_after_minutes_only(emulate, photo, tee):
    with (
        emulate(knobs={"status": 4}) as (running, client),
        pytest.raises(errors.AnswerLost, match="'4'") as caught,
    ):
        client.try_on(photo, top=tee, timeout_s=100_000)
    assert caught.value.job.id
    assert 5 < running.log.count("poll") < 15


def test_a_lasting_task_times_out_and_keeps_its_job(emulate, photo, tee):
    with emulate(job_s=1000) as (_, client), pytest.raises(errors.PollTimeout) as caught:
        client.try_on(photo, top=tee, timeout_s=60)
    assert caught.value.job.id


def test_the_pace_of_questions_is_the_recommended_one(emulate, photo, tee, clock):
    with emulate(job_s=12) as (_, client):
        client.try_on(photo, top=tee)
    assert min(clock.sleeps) >= 5


@pytest.mark.parametrize("fault", ["503", "502", "AI_SERVICE_FLOW_RESTRICTION"])
def test_a_run_buys_no_row_twice_where_work_goes_on_behind_an_outage(
    emulate, draw, photo, tmp_path, fault
):
    with emulate(knobs={"work_behind_5xx": True}, faults=[f"submit:{fault}*3"]) as (
        running,
        client,
    ):
        requests = {f"row-{n}": client.request(photo, top=draw(seed=n)) for n in range(9)}
        for _ in (1, 2):
            outcomes = list(client.run_batch(requests, out=tmp_path / "out"))
        assert running.log.count("submit") == len(running.ctx.billed) == len(requests)
    unknown = [outcome for outcome in outcomes if outcome.state == "outcome_unknown"]
    assert len(unknown) == 3
    assert {outcome.state for outcome in outcomes} == {"outcome_unknown", "saved"}
