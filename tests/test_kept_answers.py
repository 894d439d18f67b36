"""Images that came with the answer to a submission outlive the process, on any bad day."""

import errno
import os
import stat
import threading
from datetime import timedelta

import attrs
import pytest

import flash_emulator
from flash import FlashProvider, provider as flash
from providers import FakeProvider, picture
from tryon_core import (
    Artifact,
    Attempt,
    BytesSource,
    Client,
    Found,
    Job,
    JobResult,
    JobState,
    PathSource,
    UrlSource,
    errors,
    hookimpl,
    kept_answers,
)
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, remembered_jobs
from tryon_testing.cassettes import draw_png
from tryon_testing.clocks import START, FakeClock
from tryon_testing.emulation import start

DAY = timedelta(days=1)
PHOTO = draw_png(256, 256)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "data"))
    monkeypatch.setenv(REMEMBER_ENV, "1")
    return tmp_path / "data" / "answers"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(params=[False, True], ids=["image", "base64"])
def vendor(request, clock):
    """The vendor on a socket."""
    knobs = {"is_json": request.param}
    with start(flash_emulator.emulator, clock=clock, knobs=knobs) as running:
        yield running


def client_of(vendor, clock, provider=flash, **more):
    return Client(provider, clock=clock, config={}, **vendor.settings, **more)


def submitted(client):
    return client.submit(PHOTO, top=PHOTO)


IMAGE = Artifact(source=BytesSource(picture()))
ADDRESS = Artifact(source=UrlSource("https://files.example/2.png"))


class AtOnce(FakeProvider):
    answer = (IMAGE,)

    @hookimpl
    def submit(self, request, ctx):
        return ctx.new_job("at once", result=JobResult(images=self.answer))


def at_once(clock, provider=None, **more):
    return Client(provider or AtOnce(), clock=clock, config={}, **more)


def test_another_process_has_the_image_by_the_token(clock, vendor):
    token = submitted(client_of(vendor, clock)).to_token()
    clock.advance(3600)
    other = client_of(vendor, clock)
    job = Job.from_token(token)
    assert other.poll(job).state is JobState.SUCCEEDED
    result = other.resume(token)
    assert (result.images[0].format, result.images[0].is_checked) == ("PNG", True)
    assert other.resume(token) == result, "as often as it is wanted"
    assert vendor.log.count("submit") == len(vendor.log)


def test_the_image_is_private_and_on_disk_before_the_job_is_known(folder, clock, vendor):
    job = submitted(client_of(vendor, clock))
    (image,) = job.result.images
    assert image.kept.parent == folder
    assert image.kept.read_bytes() == image.source.data
    assert job.expires_at == image.expires_at == START + DAY
    if os.name == "posix":
        assert stat.S_IMODE(image.kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="the system syncs no folders")
def test_file_and_folder_are_synced_before_the_job_is_handed_out(folder, clock, monkeypatch):
    synced, real = [], os.fsync

    def fsync(number):
        synced.append(stat.S_ISDIR(os.fstat(number).st_mode))
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    kept_answers.KeptAnswers(clock).keep(attrs.evolve(_job(), result=JobResult(images=[IMAGE])))
    assert synced == [False, True]
    assert len(list(folder.iterdir())) == 1


def test_the_short_id_leads_to_it_too(clock, vendor):
    client = client_of(vendor, clock)
    job = submitted(client)
    (known,) = remembered_jobs()
    assert (known.job.id, known.expires_at) == (job.id, START + DAY)
    assert (
        client_of(vendor, clock).resume(known.id).images[0].data == job.result.images[0].source.data
    )


@pytest.mark.parametrize("remember", [True, False])
def test_it_is_kept_even_where_jobs_are_not_remembered(clock, remember):
    job = submitted(at_once(clock, remember=remember))
    assert at_once(clock).resume(job.to_token()).images[0].data == picture()


def test_only_what_has_no_address_is_kept(folder, clock):
    provider = AtOnce()
    provider.answer = (IMAGE, ADDRESS)
    first, second = submitted(at_once(clock, provider)).result.images
    assert second == ADDRESS
    assert [first.kept] == list(folder.iterdir())


def test_a_job_without_images_in_it_leaves_no_folder(folder, clock):
    submitted(Client(FakeProvider(), clock=clock, config={}))
    assert not folder.exists()


def test_after_a_day_it_is_gone_and_that_is_said(folder, clock, vendor):
    token = submitted(client_of(vendor, clock)).to_token()
    clock.advance(DAY.total_seconds() - 1)
    assert client_of(vendor, clock).resume(token)
    clock.advance(2)
    with pytest.raises(errors.JobExpired, match="were kept until") as caught:
        client_of(vendor, clock).resume(token)
    assert (caught.value.billed, caught.value.job.id) == ("yes", Job.from_token(token).id)
    assert list(folder.iterdir()) == []


def test_another_machine_says_where_it_is(folder, clock):
    token = submitted(at_once(clock)).to_token()
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(errors.DownloadFailed) as caught:
        at_once(clock).resume(token)
    assert "there is no file" in caught.value.message
    assert "that submitted the job" in caught.value.remedy
    assert caught.value.billed == "yes"


def test_a_token_by_anybody_leads_to_no_other_file(folder, clock, vendor, tmp_path):
    job = submitted(client_of(vendor, clock))
    (tmp_path / "private.jpg").write_bytes(picture())
    for path in (tmp_path / "private.jpg", folder / "answers" / ".." / "private.jpg"):
        image = Artifact(source=PathSource(path))
        token = attrs.evolve(job, result=JobResult(images=[image])).to_token()
        with pytest.raises(errors.JobExpired, match="once, in its answer"):
            client_of(vendor, clock).resume(token)


def test_opening_any_client_removes_what_is_not_needed_and_nothing_else(folder, clock):
    job = submitted(at_once(clock))
    later = FakeClock(START + DAY / 2)
    newer = submitted(at_once(later))
    (folder / "notes.txt").write_text("mine")
    (folder / "1-short.image").write_text("mine")
    Client(FakeProvider(), clock=FakeClock(START + DAY + timedelta(seconds=2)), config={})
    left = {path.name for path in folder.iterdir()}
    assert left == {"notes.txt", "1-short.image", newer.result.images[0].kept.name}
    assert job.result.images[0].kept.name not in left


def test_several_that_tidy_at_once_do_not_disturb_one_another(folder, clock):
    answers = kept_answers.KeptAnswers(clock)
    job = attrs.evolve(_job(), result=JobResult(images=[IMAGE] * 50))
    answers.keep(job)
    clock.advance(DAY.total_seconds() + 2)
    faults = []

    def work():
        own = kept_answers.KeptAnswers(clock)
        try:
            own.tidy()
            own.keep(job)
        except Exception as error:  # noqa: BLE001  (told by the test)
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(list(folder.iterdir())) == 4 * 50


def _job():
    return Job(provider="fake", id="1", submitted_at=START)


def test_only_its_own_files_are_forgotten(folder, clock, tmp_path):
    answers = kept_answers.KeptAnswers(clock)
    kept = answers.keep(attrs.evolve(_job(), result=JobResult(images=[IMAGE, ADDRESS])))
    mine = tmp_path / f"1-{'0' * 32}.image"
    inside = folder / "diary.txt"
    for path in (mine, inside):
        path.write_text("mine")
        image = Artifact(source=PathSource(path))
        answers.forget(attrs.evolve(_job(), result=JobResult(images=[image])))
        assert path.read_text() == "mine"
    answers.forget(_job())
    answers.forget(Job.from_token(kept.to_token()))
    assert list(folder.iterdir()) == [inside]


def test_a_program_that_saves_thousands_does_not_fill_the_disk(
    folder, clock, monkeypatch, tmp_path
):
    monkeypatch.setattr(kept_answers, "_MOST_SAVED", 3)
    client = at_once(clock, remember=False)
    for number in range(5):
        client.try_on(PHOTO, top=PHOTO).save(tmp_path / f"{number}.png")
    unsaved = submitted(client)
    assert len(list(folder.iterdir())) == 3 + 1
    assert client.resume(unsaved.to_token()).images[0].data == picture()


def _full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def _no_home():
    raise RuntimeError("Could not determine home directory.")


@pytest.fixture(params=["disk full", "folder is a file", "no home"])
def unwritable(request, monkeypatch, tmp_path):
    if request.param == "disk full":
        monkeypatch.setattr(kept_answers, "write_new", _full)
    elif request.param == "no home":
        monkeypatch.setattr(kept_answers, "data_folder", _no_home)
    else:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "file" / "data"))


@pytest.mark.usefixtures("unwritable")
def test_what_cannot_be_kept_is_told_and_still_here(clock, vendor, caplog):
    client = client_of(vendor, clock)
    job = submitted(client)
    assert "paid for and could not be kept on disk" in caplog.text
    assert "memory of this process only" in caplog.text
    assert client.wait(job).images[0].is_checked
    assert Job.from_token(job.to_token()).result is None
    with pytest.raises(errors.JobExpired, match="once"):
        client.resume(job.to_token())


def test_a_job_that_is_found_again_with_its_image_has_it_on_disk(folder, clock):
    class Finds(AtOnce):
        @hookimpl
        def find_submission(self, attempt, ctx):
            return Found(ctx.new_job("found", result=JobResult(images=[IMAGE])))

    session = at_once(clock, Finds()).session
    attempt = Attempt(provider="fake", key="k", sent_at=START)
    found = session.bound.find_submission(attempt, session.context())
    assert [image.kept for image in found.job.result.images] == list(folder.iterdir())


def test_the_job_on_an_error_of_an_extension_has_its_image_too(clock):
    class Fails:
        @hookimpl(wrapper=True)
        def submit(self, request, ctx):
            yield
            raise errors.RateLimited("an own limit.")

    with pytest.raises(errors.RateLimited) as caught:
        submitted(at_once(clock, extensions=[Fails()]))
    assert at_once(clock).resume(caught.value.job.to_token()).images[0].data == picture()


def test_an_interrupt_while_it_is_written_loses_nothing(clock, monkeypatch):
    write, calls = kept_answers.write_new, []

    def interrupted(*arguments, **more):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        write(*arguments, **more)

    monkeypatch.setattr(kept_answers, "write_new", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        submitted(at_once(clock))
    (known,) = remembered_jobs()
    assert known.job.id == caught.value.job.id
    assert at_once(clock).resume(known.id).images[0].data == picture()


def test_no_more_is_billed_than_was_asked_for(clock, vendor):
    client = client_of(vendor, clock)
    for _ in range(2):
        client.resume(submitted(client).to_token())
        clock.advance(60)
    assert sum(vendor.ctx.billed.values()) == 2


def test_a_failure_after_an_answer_of_success_is_not_free(clock, vendor):
    class Fails(FlashProvider):
        @hookimpl
        def submit(self, request, ctx):
            super().submit(request, ctx)
            raise errors.MissingCredential("flash: the setting 'project' has no value.")

    with pytest.raises(errors.MissingCredential) as caught:
        submitted(client_of(vendor, clock, Fails()))
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert "dashboard" in caught.value.remedy
