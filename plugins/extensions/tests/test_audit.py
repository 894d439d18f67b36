import hashlib
import json
import os
import threading

import pytest

from providers import KEY, FakeProvider, fake_info, picture
from tryon_core import Client, Failure, SubmitPolicy, UrlSource, engine, errors, hookimpl
from tryon_core.models import LookUp
from tryon_extensions import Audit
from tryon_testing.clocks import START, FakeClock

SECRET = "sk-obviously-fake-0000"


@pytest.fixture
def trail(tmp_path):
    """The lines so far."""

    def read():
        return [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]

    return read


@pytest.fixture
def make(tmp_path):
    def make(provider=None, *extensions, **settings):
        config = {"extensions": {"audit": {"file": str(tmp_path / "audit.jsonl")}}}
        return Client(
            provider or FakeProvider(),
            extensions=["audit", *extensions],
            config=config,
            clock=FakeClock(),
            submitting=SubmitPolicy(attempts=1, look_up_s=0),
            **settings,
        )

    return make


def test_a_try_on_is_a_line_for_each_call(make, trail):
    person, top = picture(), picture(colour=(1, 2, 3))
    client = make(FakeProvider(polls=1))
    result = client.try_on(person, top=top)
    submitted, first, last = trail()
    assert submitted.pop("seconds") >= 0
    assert submitted.pop("attempt")
    assert submitted == {
        "at": START.isoformat(),
        "process": os.getpid(),
        "hook": "submit",
        "provider": "fake",
        "account": client.session.account,
        "fingerprint": result.job.fingerprint,
        "images": {
            "person": hashlib.sha256(person).hexdigest(),
            "top": hashlib.sha256(top).hexdigest(),
        },
        "expected_cost": {"amount": "0.10", "currency": "USD"},
        "outcome": "accepted",
        "job": "job-1",
    }
    assert [(one["hook"], one["outcome"], one["job"]) for one in (first, last)] == [
        ("poll", "running", "job-1"),
        ("poll", "succeeded", "job-1"),
    ]
    assert last["fingerprint"] == submitted["fingerprint"]


def test_images_are_named_by_their_content_also_when_they_are_published(make, trail):
    class Bucket:
        @hookimpl
        def publish_image(self, image, ctx):
            return UrlSource("https://bucket.example/a?X-Amz-Signature=obviously-fake")

    person = picture()
    client = make(FakeProvider(info=fake_info(delivery={"url"})), Bucket())
    client.submit(person, top="https://shop.example/t.png?sig=obviously-fake")
    published, submitted = trail()
    assert published["hook"] == "publish_image"
    assert published["image"] == hashlib.sha256(person).hexdigest()
    assert submitted["images"]["person"] == published["image"]
    assert "obviously-fake" not in json.dumps(trail())


def test_a_parsing_a_cancelling_and_a_look_up_have_their_lines(make, trail):
    provider = FakeProvider(info=fake_info(look_up=LookUp(settles_s=0)))
    client = make(provider)
    photo = picture()
    client.parse_garment(photo, need=())
    provider.on_submit = errors.OutcomeUnknown("lost.")
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(picture(), top=picture())
    provider.finding = "job-9"
    engine.look_up(client.session, caught.value.attempt)
    provider.on_submit = None
    with pytest.raises(errors.CancelRefused):
        client.cancel(client.submit(picture(), top=picture()))
    parsed, lost, found, _, cancelled = trail()
    assert (parsed["hook"], parsed["outcome"]) == ("parse_garment", "done")
    assert parsed["images"] == {"image": hashlib.sha256(photo).hexdigest()}
    assert (lost["outcome"], lost["error"], lost["billed"]) == (
        "failed",
        "OutcomeUnknown",
        "unknown",
    )
    assert (found["hook"], found["outcome"], found["job"]) == ("find_submission", "found", "job-9")
    assert found["attempt"] == lost["attempt"]
    assert (cancelled["hook"], cancelled["error"]) == ("cancel", "CancelRefused")


def test_a_refusal_says_its_class_its_code_and_whether_it_is_billed(make, trail):
    fault = errors.InputRefused("no person in https://a.example/?sig=x", vendor_code="NoPerson")
    with pytest.raises(errors.InputRefused):
        make(FakeProvider(on_submit=fault)).submit(picture(), top=picture())
    (line,) = trail()
    assert (line["error"], line["billed"], line["vendor_code"]) == (
        "InputRefused",
        "no",
        "NoPerson",
    )
    assert "sig=x" not in json.dumps(line)


def test_a_failed_job_says_why(make, trail):
    failure = Failure(code="NoPerson", message="nobody", billed="no")
    with pytest.raises(errors.JobFailed):
        make(FakeProvider(failure=failure)).try_on(picture(), top=picture())
    assert trail()[-1]["failure"] == {"code": "NoPerson", "billed": "no"}


def test_no_key_is_written(make, trail):
    provider = FakeProvider(info=fake_info(settings=[KEY]))
    provider.on_submit = errors.InputRefused("no.", vendor_code=f"bad {SECRET}")
    with pytest.raises(errors.InputRefused):
        make(provider, api_key=SECRET).submit(picture(), top=picture())
    assert SECRET not in json.dumps(trail())


def test_nothing_is_sent_that_cannot_be_noted(make, tmp_path):
    (tmp_path / "audit.jsonl").mkdir()
    provider = FakeProvider()
    with pytest.raises(errors.SettingsError, match=r"audit trail .* cannot be written") as caught:
        make(provider).submit(picture(), top=picture())
    assert caught.value.billed == "no"
    assert provider.calls == []


def test_a_line_that_cannot_be_written_afterwards_loses_no_job(make, tmp_path, caplog):
    def vanish():
        (tmp_path / "audit.jsonl").unlink()
        (tmp_path / "audit.jsonl").mkdir()

    job = make(FakeProvider(before_submit=vanish)).submit(picture(), top=picture())
    assert job.id == "job-1"
    assert "A line is missing in the audit trail" in caplog.text


def test_lines_of_threads_stay_whole(make, trail):
    clients = [make() for _ in range(4)]
    threads = [
        threading.Thread(target=client.try_on, args=(picture(),), kwargs={"top": picture()})
        for client in clients * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trail()) == 16
    assert sum(line["hook"] == "submit" for line in trail()) == 8


def test_the_file_is_for_its_owner_only(tmp_path):
    file = tmp_path / "a.jsonl"
    Client(FakeProvider(), extensions=[Audit(file=file)], clock=FakeClock()).submit(
        picture(), top=picture()
    )
    assert file.stat().st_mode & 0o777 == 0o600
