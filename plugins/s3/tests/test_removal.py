"""An object is there for as long as a job may read it, and no longer."""

import base64
import contextlib

import pytest

from providers import CancellableProvider, FakeProvider, fake_info, picture
from servers import serving
from tryon_core import (
    Artifact,
    BytesSource,
    Client,
    Failure,
    Found,
    JobResult,
    JobState,
    JobUpdate,
    LookUp,
    SubmitPolicy,
    engine,
    errors,
    hookimpl,
)
from tryon_s3 import S3
from tryon_testing import FakeClock


@pytest.fixture
def make(bucket):
    """Make clients of one service with one bucket, each as another process would."""

    def make(provider, **settings):
        return Client(
            provider,
            extensions=[S3(**{**bucket.settings, **settings})],
            allow_private_addresses=True,
            clock=FakeClock(),
            config={},
            submitting=SubmitPolicy(look_up_s=0),
        )

    return make


def _provider(kind=FakeProvider, **knobs):
    return kind(info=fake_info(delivery={"url"}, look_up=knobs.pop("look_up", None)), **knobs)


def test_the_images_are_there_while_the_job_runs_and_gone_afterwards(make, bucket):
    client = make(_provider(polls=1))
    job = client.submit(picture(), top=picture())
    assert len(bucket.keys) == 2
    assert client.poll(job).state is JobState.RUNNING
    assert len(bucket.keys) == 2
    assert client.wait(job).images
    assert bucket.keys == []


def test_another_process_that_sees_the_end_deletes_them(make, bucket):
    provider = _provider()
    token = make(provider).submit(picture(), top=picture()).to_token()
    assert len(bucket.keys) == 2
    make(provider).resume(token)
    assert bucket.keys == []


def test_a_run_that_was_left_and_resumed_by_another_process_leaves_nothing(make, bucket, tmp_path):
    class Slow(FakeProvider):
        ready = ("job-1",)

        @hookimpl
        def poll(self, job, ctx):
            if job.id not in self.ready:
                return JobUpdate(state=JobState.RUNNING)
            result = JobResult(images=[Artifact(source=BytesSource(picture()))])
            return JobUpdate(state=JobState.SUCCEEDED, result=result)

    provider = _provider(Slow)
    client = make(provider)
    requests = {
        f"r{n}": client.request(picture(), top=picture(), options={"seed": n}) for n in range(3)
    }
    outcomes = client.run_batch(requests, out=tmp_path / "run")
    assert next(outcomes).state == "saved"
    outcomes.close()
    assert len(bucket.keys) == 2 * (len(provider.requests) - 1) > 0
    provider.ready = ("job-1", "job-2", "job-3")
    resumed = [*make(provider).run_batch(requests, out=tmp_path / "run")]
    assert {outcome.state for outcome in resumed} == {"saved"}
    assert len(provider.requests) == 3
    assert bucket.keys == []


def test_the_end_of_one_job_leaves_the_same_images_of_another_one_alone(make, bucket):
    client = make(_provider())
    photo = picture()
    first, second = (client.submit(photo, top=photo) for _ in range(2))
    client.wait(first)
    assert len(bucket.keys) == 2
    assert {*second.data["s3_keys"].split()} == {*bucket.keys}


@pytest.mark.parametrize(
    "knobs",
    [
        {"failure": Failure(code="x", message="bad photo", billed="no")},
        {"state": JobState.CANCELLED},
        {"on_poll": errors.JobExpired("forgotten.")},
    ],
    ids=["failed", "cancelled", "expired"],
)
def test_a_job_without_a_result_is_over_too(make, bucket, knobs):
    client = make(_provider(**knobs))
    with pytest.raises(errors.TryOnError):
        client.try_on(picture(), top=picture())
    assert bucket.keys == []


@pytest.mark.parametrize(
    "knobs",
    [
        {"state": JobState.NOT_FOUND},
        {"state": JobState.UNKNOWN},
        {"on_poll": errors.VendorUnavailable("503.")},
    ],
    ids=["not found", "unknown", "unavailable"],
)
def test_an_answer_that_leaves_it_open_deletes_nothing(make, bucket, knobs):
    client = make(_provider(**knobs))
    job = client.submit(picture(), top=picture())
    with contextlib.suppress(errors.VendorUnavailable):
        client.poll(job)
    assert len(bucket.keys) == 2


def test_a_cancelled_job_is_over(make, bucket):
    client = make(_provider(CancellableProvider, polls=None))
    job = client.submit(picture(), top=picture())
    client.cancel(job)
    assert bucket.keys == []


def test_a_refused_cancelling_deletes_nothing(make, bucket):
    client = make(_provider(polls=None))
    with pytest.raises(errors.CancelRefused):
        client.cancel(client.submit(picture(), top=picture()))
    assert len(bucket.keys) == 2


def test_what_the_vendor_refused_is_deleted(make, bucket):
    client = make(_provider(on_submit=errors.InputRefused("nobody there.")))
    with pytest.raises(errors.InputRefused):
        client.submit(picture(), top=picture())
    assert bucket.keys == []


def test_a_submission_that_is_sent_again_finds_its_images_where_they_were(make, bucket):
    class Busy(FakeProvider):
        def submit(self, request, ctx):
            self.requests.append(request)
            if len(self.requests) == 1:
                raise errors.RateLimited("too fast.")
            assert {
                one.url.partition("?")[0].rpartition("/")[2] for one in request.images.values()
            } == {key.rpartition("/")[2] for key in bucket.keys}
            return ctx.new_job("job-1")

        submit = hookimpl(submit)

    client = make(_provider(Busy))
    client.submit(picture(), top=picture())
    assert len(bucket.keys) == 2


def test_of_a_lost_answer_the_images_stay_and_the_job_that_is_found_deletes_them(make, bucket):
    lost = errors.OutcomeUnknown("the answer was lost.")
    provider = _provider(on_submit=lost, look_up=LookUp(settles_s=0))
    client = make(provider)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(picture(), top=picture())
    assert len(bucket.keys) == 2
    provider.finding = "job-7"
    found = engine.look_up(client.session, caught.value.attempt)
    assert isinstance(found, Found)
    client.wait(found.job)
    assert bucket.keys == []


def test_a_vendor_that_answers_at_once_has_read_them(make, bucket):
    class AtOnce(FakeProvider):
        @hookimpl
        def submit(self, request, ctx):
            result = JobResult(images=[Artifact(source=BytesSource(picture()))])
            return ctx.new_job("job-1", result=result)

    job = make(_provider(AtOnce)).submit(picture(), top=picture())
    assert bucket.keys == []
    assert "s3_keys" not in job.data


@pytest.mark.parametrize("fails", [False, True])
def test_a_parsing_is_over_when_it_is_answered(make, bucket, fails):
    fault = errors.InputRefused("nobody there.") if fails else None
    client = make(_provider(on_parse=fault))
    with contextlib.suppress(errors.InputRefused):
        client.parse_garment(picture(), need=())
    assert bucket.keys == []


def test_addresses_that_the_caller_gave_are_left_alone(make, bucket):
    client = make(_provider())
    mine = f"{bucket.endpoint}/{bucket.name}/mine.png"
    bucket.service.put_object(Bucket=bucket.name, Key="mine.png", Body=picture())
    client.try_on(mine, top=picture())
    assert bucket.keys == ["mine.png"]


def test_a_delete_that_fails_disturbs_nothing_and_names_the_object(make, bucket, caplog):
    provider = _provider()
    job = make(provider).submit(picture(), top="https://shop.example/t.png")
    with serving() as gone:
        address = gone.url()
    client = make(provider, endpoint_url=address)
    assert client.wait(job).images
    (line,) = [one.getMessage() for one in caplog.records if "stays in the bucket" in one.msg]
    assert bucket.keys[0] in line


def test_no_token_holds_a_signature(make):
    provider = _provider()
    token = make(provider).submit(picture(), top=picture()).to_token()
    kept = base64.urlsafe_b64decode(token.partition(".")[2] + "==")
    assert b"s3_keys" in kept
    assert b"X-Amz" not in kept
