import io
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import attrs
import pytest
from PIL import Image

import tryon_core
from providers import (
    KEY,
    CancellableProvider,
    FakeOptions,
    FakeProvider,
    dressed,
    fake_info,
    picture,
)
from tryon_core import (
    Artifact,
    Balance,
    BytesSource,
    Client,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    ParseRequest,
    PathSource,
    Problem,
    Quota,
    TryOnRequest,
    errors,
    hookimpl,
)
from tryon_testing.clocks import FakeClock


def _client(provider=None, **arguments):
    return Client(provider or FakeProvider(), clock=FakeClock(), **arguments)


def test_a_try_on_gives_the_vendor_s_bytes():
    provider = FakeProvider(images=[picture(colour=(1, 2, 3)), picture(kind="JPEG")])
    result = _client(provider).try_on(picture(), top=picture())
    assert [image.data for image in result.images] == provider.images
    assert result.job.id == "job-1"
    assert result.job.fingerprint


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "file", "pillow", "source"])
def test_pictures_may_come_in_any_form(tmp_path, kind):
    data = picture()
    path = tmp_path / "person.png"
    path.write_bytes(data)
    given = {
        "path": path,
        "text": str(path),
        "bytes": data,
        "file": io.BytesIO(data),
        "pillow": Image.open(io.BytesIO(data)),
        "source": PathSource(path),
    }[kind]
    provider = FakeProvider()
    _client(provider).submit(given, top=given if kind != "file" else data)
    assert provider.calls == ["submit"]


def test_a_bad_request_is_reported_whole_and_nothing_is_submitted(tmp_path):
    provider = FakeProvider(problems=[Problem("options.seed", "odd")])
    with pytest.raises(errors.ValidationFailed) as caught:
        _client(provider).try_on(
            tmp_path / "nobody.png", top=b"not an image", dress=picture(size=(8, 8))
        )
    fields = [problem.field for problem in caught.value.problems]
    assert set(fields) == {"person", "top", "dress", "options.seed"}
    assert provider.calls == []
    assert caught.value.fault == "input"


def test_validate_returns_what_submit_would_raise():
    client = _client()
    problems = client.validate(picture(), top=picture(size=(8, 8)))
    with pytest.raises(errors.ValidationFailed) as caught:
        client.submit(picture(), top=picture(size=(8, 8)))
    assert caught.value.problems == problems


def test_a_warning_does_not_stop_a_submission(caplog):
    warning = Problem("top", "is rather dark", severity="warning")
    provider = FakeProvider(problems=[warning])
    _client(provider).submit(picture(), top=picture())
    assert provider.calls == ["submit"]
    assert "is rather dark" in caplog.text


def test_fit_makes_a_large_picture_acceptable_and_says_so(caplog):
    provider = FakeProvider()
    client = _client(provider)
    large = picture(size=(1000, 500))
    assert client.validate(large, top=picture())
    assert client.validate(large, top=picture(), fit=True) == ()
    client.submit(large, top=picture(), fit=True)
    sent = Image.open(io.BytesIO(provider.requests[0].person.data))
    assert max(sent.size) <= 256
    assert "person" in caplog.text


def test_an_option_is_checked_before_anything_is_read():
    with pytest.raises(errors.UnknownOption, match="did you mean 'seed'"):
        _client().submit("nowhere.png", top="nowhere.png", options={"sed": 3})


def test_options_are_taken_as_mapping_or_instance():
    client = _client()
    mapping = client.request(picture(), top=picture(), options={"seed": "3", "quality": "high"})
    assert mapping.options == FakeOptions(seed=3, quality="high")
    assert client.request(picture(), options=mapping.options).options is mapping.options


def test_a_missing_key_is_named_before_anything_is_sent():
    provider = FakeProvider(info=fake_info(settings=[KEY]))
    with pytest.raises(errors.MissingCredential, match="FAKE_API_KEY"):
        _client(provider).submit(picture(), top=picture())
    assert provider.calls == []


def test_a_client_never_shows_its_key():
    client = _client(FakeProvider(info=fake_info(settings=[KEY])), api_key="sk_canary")
    assert "sk_canary" not in repr(client) + repr(vars(client)) + repr(client._session.context())


def test_waiting_reports_every_answer_and_polls_at_the_due_times():
    provider = FakeProvider(polls=3)
    client = _client(provider)
    seen = []
    client.wait(client.submit(picture(), top=picture()), on_update=seen.append)
    assert [update.vendor_status for update in seen] == ["BUSY 1", "BUSY 2", "BUSY 3", "DONE"]


def test_a_client_learns_how_long_its_jobs_take():
    info = fake_info(typical_job_s=10, quota=Quota(poll_interval_s=5))
    client, firsts = _client(FakeProvider(polls=3, info=info)), []
    clock = client._session.clock
    for _ in range(20):
        job = client.submit(picture(), top=picture())
        slept = len(clock.sleeps)
        client.wait(job)
        firsts.append(clock.sleeps[slept])
    assert firsts[-1] > firsts[0]


def test_a_time_out_keeps_the_job_which_another_client_finishes():
    provider = FakeProvider(polls=None, info=fake_info(typical_job_s=10))
    with pytest.raises(errors.PollTimeout) as caught:
        _client(provider).try_on(picture(), top=picture(), timeout_s=60)
    token = caught.value.job.to_token()
    provider.polls = 0
    result = _client(provider).resume(token)
    assert result.images[0].data == dressed()
    assert provider.calls.count("submit") == 1


def test_the_question_at_the_deadline_really_leaves(http_folder):
    folder, address = http_folder
    (folder / "status").write_text("done")

    class Asking(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            assert ctx.http.get(f"{address}/status").body == b"done"
            return super().poll(job, ctx)

    client = _client(Asking())
    job = client.submit(picture(), top=picture())
    assert client.wait(job, timeout_s=0).images[0].data == dressed()


def test_an_interrupt_while_waiting_carries_the_job():
    provider = FakeProvider(on_poll=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt) as caught:
        _client(provider).try_on(picture(), top=picture())
    assert caught.value.job.id == "job-1"


def test_a_fault_in_the_caller_s_callback_carries_the_job():
    def fail(update):
        raise ZeroDivisionError(update.vendor_status)

    with pytest.raises(ZeroDivisionError) as caught:
        _client().try_on(picture(), top=picture(), on_update=fail)
    assert caught.value.job.id == "job-1"


def test_a_failed_job_answers_the_four_questions():
    failure = tryon_core.Failure(
        code="NoPerson",
        message="nobody there",
        fault="input",
        retry="after_change",
        billed="no",
        remedy="Use another photo.",
    )
    with pytest.raises(errors.JobFailed, match=r"nobody there \(NoPerson\)") as caught:
        _client(FakeProvider(failure=failure)).try_on(picture(), top=picture())
    error = caught.value
    assert (error.fault, error.retry, error.billed, error.remedy, error.job.id) == (
        "input",
        "after_change",
        "no",
        "Use another photo.",
        "job-1",
    )
    assert error.request_id == "poll-9"


def test_a_result_that_is_no_image_is_fetched_again_without_a_new_submission():
    provider = FakeProvider(images=[b"<html>busy</html>"])
    client = _client(provider)
    with pytest.raises(errors.DownloadFailed) as caught:
        client.try_on(picture(), top=picture())
    assert caught.value.billed == "yes"
    provider.images = [picture()]
    assert client.wait(caught.value.job).images[0].data == picture()
    assert provider.calls.count("submit") == 1


def test_a_lost_answer_is_never_repeated_and_names_the_work():
    provider = FakeProvider(on_submit=errors.OutcomeUnknown("the answer was lost."))
    client = _client(provider)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(picture(), top=picture())
    assert provider.calls == ["submit"]
    provider.on_submit = None
    assert client.submit(picture(), top=picture()).fingerprint == caught.value.fingerprint


def test_notices_reach_the_result():
    notice = Notice("sleeve_uncertain", "The sleeves are a guess.")
    result = _client(FakeProvider(notices=[notice])).try_on(picture(), top=picture())
    assert result.notices == (notice,)


def test_a_job_that_is_finished_at_once_is_not_polled():
    class AtOnce(FakeProvider):
        @hookimpl
        def submit(self, request, ctx):
            image = Artifact(source=tryon_core.BytesSource(picture()))
            return ctx.new_job("1", result=tryon_core.JobResult(images=[image]))

    provider = AtOnce()
    assert _client(provider).try_on(picture(), top=picture()).images[0].data == picture()
    assert provider.calls == []


def test_a_job_of_another_provider_is_refused():
    other = Job(provider="other", id="1", submitted_at=FakeClock().now())
    with pytest.raises(errors.InputError, match=r"of the provider 'other'.*Client\('other'\)"):
        _client().poll(other)


def test_parsing_keeps_the_order_and_fetches_both_pictures():
    client = _client()
    bottom, top = client.parse_garment(picture(), ["bottom", "top"])
    assert bottom is None
    assert top.bbox == (1, 2, 30, 40)
    assert top.crop.source.data == picture()


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        (["tops"], "Did you mean 'top'"),
        (["dress"], "top, bottom"),
        ([], "none was given"),
    ],
)
def test_parsing_for_what_is_not_offered_is_refused(categories, message):
    provider = FakeProvider()
    with pytest.raises(errors.ValidationFailed, match=message):
        _client(provider).parse_garment(picture(), categories)
    assert provider.calls == []


def test_a_parsing_whose_images_are_gone_does_not_speak_of_a_job():
    provider = FakeProvider(crop=b"<html>gone</html>")
    with pytest.raises(errors.DownloadFailed) as caught:
        _client(provider).parse_garment(picture())
    assert (caught.value.provider, caught.value.billed) == ("fake", "yes")
    assert "Parse the photo again" in caught.value.remedy
    assert "Resume" not in str(caught.value)


def test_one_category_may_come_without_a_list():
    (region,) = _client().parse_garment(picture(), "top")
    assert region.category == "top"


def test_finished_requests_are_taken_as_they_are():
    provider = FakeProvider()
    client = _client(provider)
    client.submit(TryOnRequest(person=picture(), top=picture(), options=FakeOptions(seed=5)))
    assert provider.requests[0].options.seed == 5
    region = client.parse_garment(
        ParseRequest(image=picture(), categories=["top"], options=FakeOptions())
    )
    assert region[0] is not None


def test_cancel_is_refused_unless_the_provider_offers_it():
    client = _client()
    job = client.submit(picture(), top=picture())
    with pytest.raises(errors.CancelRefused, match="Fake try-on cannot cancel") as caught:
        client.cancel(job)
    assert caught.value.job == job
    able = _client(CancellableProvider())
    assert able.cancel(able.submit(picture(), top=picture())).state is JobState.CANCELLED


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED])
def test_a_job_that_is_over_is_not_cancelled_whatever_the_provider_returns(state):
    class TellsTheState(CancellableProvider):
        @hookimpl
        def cancel(self, job, ctx):
            return JobUpdate(state=state, vendor_status="OVER")

    client = _client(TellsTheState())
    job = client.submit(picture(), top=picture())
    with pytest.raises(errors.CancelRefused, match=r"the job is over \(OVER\)") as caught:
        client.cancel(job)
    assert caught.value.job == job


def test_many_threads_share_a_client():
    provider = FakeProvider(polls=1)
    client = Client(provider)
    barrier = threading.Barrier(8)

    def work(shade):
        barrier.wait()
        return client.try_on(picture(colour=(shade, 0, 0)), top=picture())

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert len({result.job.fingerprint for result in results}) == 8


def test_a_client_is_found_by_the_id_of_a_registered_provider():
    provider = FakeProvider(info=fake_info("registered_here"))
    tryon_core.register(provider)
    try:
        with Client("registered_here") as client:
            assert client.info is provider.info
    finally:
        tryon_core.unregister("registered_here")


@pytest.mark.parametrize("how", ["mapping", "file"])
def test_settings_come_from_the_configuration(tmp_path, how):
    config = {"fake": {"api_key": "from_file"}}
    path = tmp_path / "tryon.toml"
    path.write_text('[fake]\napi_key = "from_file"\n')
    provider = FakeProvider(info=fake_info(settings=[KEY]))
    client = _client(provider, config=config if how == "mapping" else path)
    assert client._session.settings.text("api_key") == "from_file"


def test_validation_that_uses_the_network_is_a_bug_of_the_plugin():
    class Talkative(FakeProvider):
        @hookimpl
        def validate_inputs(self, request, ctx):
            return ctx.http.get("http://127.0.0.1:9/?key=secret")

    with pytest.raises(errors.ProviderBug, match="must not use the network") as caught:
        _client(Talkative()).validate(picture(), top=picture())
    assert "secret" not in str(caught.value)


def test_an_extension_sees_calls_and_may_veto():
    class NoDresses:
        @hookimpl
        def validate_inputs(self, request, ctx):
            return [Problem("dress", "not on Mondays")] if request.garments.get("dress") else []

    client = _client(extensions=[NoDresses()])
    assert client.validate(picture(), dress=picture()) == (Problem("dress", "not on Mondays"),)
    assert client.validate(picture(), top=picture()) == ()


def test_equal_work_has_the_same_fingerprint_whatever_the_file_is_called(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(picture())
    client = _client()
    marks = {
        client.submit(tmp_path / "a.png", top=picture()).fingerprint,
        client.submit(tmp_path / "b.png", top=picture()).fingerprint,
    }
    assert len(marks) == 1
    others = {
        client.submit(picture(), bottom=picture()).fingerprint,
        client.submit(picture(), top=picture(), options={"seed": 1}).fingerprint,
        client.submit(picture(colour=(9, 9, 9)), top=picture()).fingerprint,
    }
    assert len(marks | others) == 4


def test_the_declaration_cannot_be_changed_by_accident():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        _client().info.id = "other"


def test_a_picture_whose_end_is_missing_is_found_out_before_it_is_sent():
    provider = FakeProvider(problems=[Problem("options.seed", "odd")])
    whole = picture(size=(120, 120), kind="JPEG")
    with pytest.raises(errors.ValidationFailed, match="cut off") as caught:
        _client(provider).submit(whole[:-200], top=picture(), fit=True)
    assert [problem.field for problem in caught.value.problems] == ["person", "options.seed"]
    assert provider.calls == []


def test_boxes_are_in_pixels_of_the_photo_given_even_when_it_was_made_to_fit():
    photo = picture(size=(1280, 640))
    (fitted,) = _client().parse_garment(photo, ["top"], fit=True)
    # Down to the 256 px that the fake allows, so five times as much again.
    assert fitted.bbox == (5, 10, 150, 200)


def test_a_request_that_was_made_without_options_gets_those_of_the_provider():
    provider = FakeProvider()
    client = _client(provider)
    client.submit(TryOnRequest(person=picture(), top=picture()))
    assert provider.requests[0].options == FakeOptions()
    seen = []

    class Looking(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            seen.append(request.options)
            return super().parse_garment(request, ctx)

    _client(Looking()).parse_garment(ParseRequest(image=picture(), categories="top"))
    assert seen == [FakeOptions()]


def test_a_request_with_options_of_another_provider_is_refused():
    request = TryOnRequest(person=picture(), top=picture(), options=object())
    with pytest.raises(errors.UnknownOption, match="expected a mapping or FakeOptions, got object"):
        _client().submit(request)


def test_a_job_that_came_finished_is_not_asked_for_again():
    class AtOnce(CancellableProvider):
        @hookimpl
        def submit(self, request, ctx):
            result = JobResult(images=[Artifact(source=BytesSource(picture()))])
            return ctx.new_job("at once", result=result)

    provider = AtOnce()
    client = _client(provider)
    job = client.submit(picture(), top=picture())
    assert client.poll(job) == JobUpdate(state=JobState.SUCCEEDED, result=job.result)
    with pytest.raises(errors.CancelRefused, match="already finished"):
        client.cancel(job)
    assert client.wait(job).images[0].data == picture()
    assert provider.calls == []


class _Banker(FakeProvider):
    @hookimpl
    def read_balance(self, ctx):
        return Balance(amount=Decimal("12.5"), unit="credits", as_of=ctx.clock.now())


def test_the_balance_is_what_the_provider_read():
    with Client(_Banker(), clock=FakeClock()) as client:
        balance = client.read_balance()
    assert (balance.amount, balance.unit) == (Decimal("12.5"), "credits")


def test_a_provider_that_tells_no_balance_says_so():
    with (
        Client(FakeProvider()) as client,
        pytest.raises(errors.ConfigurationError, match="does not tell what is left") as caught,
    ):
        client.read_balance()
    assert caught.value.provider == "fake"


@pytest.mark.parametrize("call", ["poll", "wait", "resume", "cancel"])
def test_a_key_that_is_missing_is_named_with_its_places_when_a_job_is_asked_for(call):
    job = Job(provider="fake", id="job-1", submitted_at=FakeClock().now())
    client = _client(FakeProvider(info=fake_info(settings=(KEY,))), config={})
    with pytest.raises(errors.MissingCredential, match="no api_key found") as caught:
        getattr(client, call)(job)
    assert "TRYON_FAKE_API_KEY" in caught.value.remedy
    assert (caught.value.job, caught.value.billed) == (job, "unknown")


@pytest.mark.parametrize(
    "waiting",
    [{"timeout_s": "5"}, {"timeout_s": float("nan")}, {"timeout_s": -1}, {"on_update": 5}],
    ids=["text", "nan", "negative", "no function"],
)
def test_how_to_wait_is_checked_before_anything_is_paid(waiting):
    provider = FakeProvider()
    with pytest.raises(errors.UnknownOption, match=next(iter(waiting))):
        _client(provider).try_on(picture(), top=picture(), **waiting)
    assert provider.calls == []


@pytest.mark.parametrize("waiting", [{"timeout_s": "5"}, {"on_update": 5}])
def test_how_to_wait_is_refused_with_the_job(waiting):
    client = _client()
    job = client.submit(picture(), top=picture())
    with pytest.raises(errors.UnknownOption) as caught:
        client.wait(job, **waiting)
    assert caught.value.job == job
