"""Jobs that are submitted one by one are on disk before anything can be lost."""

import errno
import json
import os
import pickle
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from providers import KEY, CancellableProvider, FakeProvider, fake_info, picture
from tryon_core import (
    Client,
    JobState,
    LookUp,
    NotAccepted,
    errors,
    hookimpl,
    remembered,
    remembered_jobs,
)
from tryon_core.models import Failure
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore, data_folder
from tryon_testing.clocks import FakeClock


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    monkeypatch.delenv(REMEMBER_ENV)
    return data_folder() / "jobs"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def make(clock):
    def make(provider=None, **more):
        return Client(provider or FakeProvider(), clock=clock, config={}, **more)

    return make


@pytest.fixture
def known(clock):
    return JobStore.of_user(clock=clock).jobs


def _submit(client):
    return client.submit(picture(), top=picture())


def test_an_accepted_job_is_on_disk_before_submit_returns(make, known):
    job = _submit(make())
    (found,) = known()
    assert (found.state, found.job, found.begun_at) == ("accepted", job, job.submitted_at)


def test_while_a_request_is_under_way_it_stands_there_as_unknown(make, known):
    seen = []
    _submit(make(FakeProvider(before_submit=lambda: seen.extend(known()))))
    assert [(found.state, found.job) for found in seen] == [("unknown", None)]
    assert [found.state for found in known()] == ["accepted"]


def test_nothing_is_noted_beforehand_for_a_provider_that_is_free(make, known):
    price = fake_info().capabilities.price
    free = fake_info(price=type(price)(amount=0, currency="USD", as_of=price.as_of, source="-"))
    seen = []
    _submit(make(FakeProvider(info=free, before_submit=lambda: seen.extend(known()))))
    assert seen == []
    assert [found.state for found in known()] == ["accepted"]


@pytest.mark.parametrize(
    ("error", "states"),
    [
        (errors.OutcomeUnknown("lost."), ["unknown"]),
        (KeyboardInterrupt(), ["unknown"]),
        (ZeroDivisionError(), []),  # before a byte was sent
        (errors.InputRefused("no."), []),
        (errors.CreditsExhausted("none left."), []),
    ],
)
def test_of_a_submission_that_ends_otherwise_only_what_may_be_billed_stays(
    make, known, error, states
):
    with pytest.raises(BaseException):  # noqa: B017, PT011  (whatever it is)
        _submit(make(FakeProvider(on_submit=error)))
    assert [found.state for found in known()] == states


def test_nothing_is_noted_while_a_refused_request_waits_to_be_repeated(known):
    seen = []

    class Watched(FakeClock):
        def sleep(self, seconds):
            seen.append(known())
            super().sleep(seconds)

    provider = FakeProvider(on_submit=errors.RateLimited("slowly."))
    with pytest.raises(errors.RateLimited):
        _submit(Client(provider, clock=Watched(), config={}))
    assert seen
    assert not any(seen)


def test_a_job_that_an_extension_loses_is_kept(make, known):
    class Careless:
        @hookimpl(wrapper=True)
        def submit(self):
            yield
            raise RuntimeError("careless")

    with pytest.raises(errors.ProviderBug):
        _submit(make(extensions=[Careless()]))
    assert [found.state for found in known()] == ["accepted"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_only_the_user_can_read_it(make, folder):
    _submit(make())
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_key_is_in_it(make, folder):
    _submit(make(FakeProvider(info=fake_info(settings=[KEY])), api_key="sk_canary"))
    assert "sk_canary" not in "".join(path.read_text() for path in folder.iterdir())


def test_the_images_are_named_once_they_are_saved(make, known, tmp_path):
    client = make()
    result = client.try_on(picture(), top=picture())
    assert [found.state for found in known()] == ["fetched"]
    paths = result.save(tmp_path / "one.png")
    (found,) = known()
    assert (found.state, found.paths) == ("saved", paths)
    client.resume(result.job)
    assert known() == [found]
    pickle.loads(pickle.dumps(client.resume(found.id)))  # noqa: S301  (our own)


@pytest.mark.parametrize(
    ("knobs", "state"),
    [
        ({"failure": Failure(code="E", message="nobody there")}, "failed"),
        ({"state": JobState.CANCELLED}, "cancelled"),
    ],
)
def test_what_gave_no_image_says_so(make, known, knobs, state):
    with pytest.raises(errors.JobError):
        make(FakeProvider(**knobs)).try_on(picture(), top=picture())
    (found,) = known()
    assert found.state == state
    assert "job-1" in found.message


@pytest.mark.parametrize(
    ("knobs", "state", "message"),
    [
        ({"failure": Failure(code="E", message="nobody there")}, "failed", "nobody there"),
        ({"state": JobState.CANCELLED}, "cancelled", ""),
        ({"polls": None}, "accepted", ""),
    ],
)
def test_one_answer_is_noted_when_it_is_the_last(make, known, knobs, state, message):
    client = make(FakeProvider(**knobs))
    client.poll(_submit(client))
    (found,) = known()
    assert (found.state, found.message) == (state, message)


def test_what_was_cancelled_says_so(make, known):
    client = make(CancellableProvider(polls=None))
    client.cancel(_submit(client))
    assert known()[0].state == "cancelled"


def test_whatever_goes_wrong_while_a_job_is_noted_stops_nothing(make, monkeypatch, caplog):
    monkeypatch.setattr(remembered, "_line", lambda _: 1 / 0)
    assert make().try_on(picture(), top=picture())
    assert caplog.text.count("are not remembered") == 1


def test_the_short_id_goes_on_with_the_job_in_every_call(make, known):
    provider = CancellableProvider(polls=1)
    job = _submit(make(provider))
    (found,) = known()
    for name in (found.id, found.id[:4], job.to_token(), job):
        assert make(provider).poll(name).vendor_status
        assert make(provider).cancel(name).vendor_status == "TAKEN BACK"
        assert make(provider).resume(name).job == job
    assert remembered_jobs()[0].id == found.id


@pytest.mark.parametrize("given", ["nonsense", "", "jzzzz", "../jobs", None, 5])
@pytest.mark.parametrize("call", ["poll", "wait", "resume", "cancel"])
def test_what_names_no_job_is_refused(make, call, given):
    with pytest.raises(errors.InputError, match="token"):
        getattr(make(), call)(given)


def test_a_job_whose_outcome_is_unknown_cannot_be_asked_for(make, known):
    client = make(FakeProvider(on_submit=errors.OutcomeUnknown("lost.")))
    with pytest.raises(errors.OutcomeUnknown):
        _submit(client)
    with pytest.raises(errors.InputError, match="dashboard"):
        client.resume(known()[0].id)


def test_the_beginning_of_several_ids_is_refused(make):
    client = make()
    _submit(client)
    _submit(client)
    with pytest.raises(errors.InputError, match="beginning of 2 ids"):
        client.resume("j")


def test_it_can_be_switched_off_by_argument_and_by_variable(make, folder, monkeypatch):
    _submit(make(remember=False))
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "0")
    _submit(make())
    assert not folder.exists()
    _submit(make(remember=True))
    assert len([*folder.iterdir()]) == 1


def test_rows_of_a_run_stand_in_its_journal_only(make, folder, tmp_path):
    client = make()
    request = client.request(picture(), top=picture())
    (outcome,) = client.run_batch({"a": request}, out=tmp_path / "out")
    assert outcome.state == "saved"
    assert not folder.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_cannot_be_written_is_said_once_and_stops_nothing(
    make, known, monkeypatch, caplog, number
):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(remembered, "write_new", fail)
    client = make()
    client.try_on(picture(), top=picture())
    client.try_on(picture(), top=picture())
    assert caplog.text.count("are not remembered") == 1
    assert known() == []


def test_a_folder_that_cannot_be_made_stops_nothing(make, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "file" / "data"))
    assert make().try_on(picture(), top=picture())
    assert caplog.text.count("are not remembered") == 1
    assert "is a file, not a folder" in caplog.text
    assert "Errno" not in caplog.text


def test_a_user_without_a_home_stops_nothing(make, monkeypatch, caplog):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(remembered, "data_folder", nowhere)
    assert make().try_on(picture(), top=picture())
    assert caplog.text.count("are not remembered") == 1


def test_a_job_is_expired_when_the_vendor_must_have_forgotten_it(make, known, clock):
    _submit(make(FakeProvider(info=fake_info(job_lifetime_s=3600))))
    clock.advance(3599)
    assert known()[0].state == "accepted"
    clock.advance(2)
    assert known()[0].state == "expired"


@pytest.mark.parametrize("lifetime_s", [3600, None])
def test_what_is_old_is_removed_some_days_after_its_expiry(make, known, clock, folder, lifetime_s):
    _submit(make(FakeProvider(info=fake_info(job_lifetime_s=lifetime_s))))
    kept = timedelta(days=7, hours=1) if lifetime_s else timedelta(days=30)
    for seconds, left in ((kept.total_seconds() - 1, 1), (2, 0)):
        clock.advance(seconds)
        for path in folder.iterdir():
            os.utime(path, (0, 0))
        JobStore.of_user(clock=clock)._tidy()
        assert len(known()) == left


def test_of_settled_jobs_the_latest_are_kept_and_of_open_ones_all(make, known, clock, monkeypatch):
    monkeypatch.setattr(remembered, "_MOST_SETTLED", 3)
    client = make()
    for _ in range(5):
        _submit(client)
        client.try_on(picture(), top=picture())
    JobStore.of_user(clock=clock)._tidy()
    states = [found.state for found in known()]
    assert states.count("accepted") == 5
    assert states.count("fetched") <= 3


def test_a_submission_does_not_look_through_the_jobs_before_it(make, known, monkeypatch):
    client = make()
    _submit(client)  # now and then old ones are removed, first of all here
    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "_names", lambda _: pytest.fail("all jobs were listed"))
        _submit(client)
        client.try_on(picture(), top=picture())
    assert [found.state for found in known()].count("accepted") == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "tryon job 9"}', "\xff", "null"])
def test_a_file_that_is_damaged_or_of_another_version_is_passed_over(make, known, folder, text):
    _submit(make())
    (folder / "jaaaaaaaa.json").write_bytes(text.encode("latin-1"))
    (folder / "something.else").write_text("")
    assert len(known()) == 1


def test_a_file_of_one_json_document_without_a_line_break_is_read_and_continued(
    make, known, folder
):
    # As files were before they became lines of JSON.
    job = _submit(make())
    (path,) = folder.iterdir()
    facts = remembered._facts(path.read_bytes()) | {"paths": [], "replaces": "jaaaaaaaa"}
    (folder / f"{path.stem}.json").write_text(json.dumps(facts), encoding="utf-8")
    assert [(found.state, found.job) for found in known()] == [("accepted", job)]
    make().resume(job)
    assert [found.state for found in known()] == ["fetched"]


def test_a_file_that_was_not_named_after_its_job_before_a_death_is_named_later(
    make, known, folder, monkeypatch
):
    with monkeypatch.context() as killed:
        killed.setattr(JobStore, "_rename", lambda *_: None)
        job = _submit(make())
    (early,) = folder.iterdir()
    (found,) = known()
    assert (found.state, found.job) == ("accepted", job)
    assert early.stem != found.id
    assert [path.stem for path in folder.iterdir()] == [found.id]
    make().resume(found.id)
    assert [found.state for found in known()] == ["fetched"]


@pytest.mark.parametrize("end", [b'{"state": "sav', b"\n\n"])
def test_a_last_line_that_was_cut_off_harms_neither_those_before_nor_those_after(
    make, known, folder, end
):
    job = _submit(make())
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes() + end)
    assert [found.state for found in known()] == ["accepted"]
    make().resume(job)
    assert [found.state for found in known()] == ["fetched"]


def test_the_same_end_again_makes_no_file_longer(make, folder):
    client = make(CancellableProvider(state=JobState.CANCELLED))
    job = _submit(client)
    (path,) = folder.iterdir()
    sizes = []
    for _ in range(3):
        client.poll(job)
        sizes.append(path.stat().st_size)
    assert len(set(sizes)) == 1


def test_jobs_of_one_vendor_with_the_same_id_are_told_apart(make, known, clock):
    for _ in range(2):  # an emulator that was started again counts from 1
        _submit(make())
        clock.advance(1)
    assert len({found.id for found in known()}) == 2


def test_processes_at_once_do_not_disturb_each_other(folder, known):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from providers import FakeProvider, picture\n"
        "from tryon_core import Client\n"
        "client = Client(FakeProvider(), config={})\n"
        "for _ in range(20): client.try_on(picture(), top=picture())\n"
    )
    support = Path(__file__).parent / "support"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(support)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in processes:
        assert process.communicate() == (None, b"")
    assert [found.state for found in known()] == ["fetched"] * 60
    assert not [path for path in folder.iterdir() if path.suffix != ".json"]


def test_the_folder_of_the_core_alone_is_that_of_platformdirs(monkeypatch):
    found = data_folder()
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert data_folder() == found


@pytest.mark.parametrize(
    ("platform", "environ", "parts"),
    [
        ("linux", {}, ".local/share/tryon"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/tryon"),
        ("darwin", {}, "Library/Application Support/tryon"),
        ("win32", {}, "AppData/Local/tryon"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/tryon"),
    ],
)
def test_the_folder_by_system(platform, environ, parts):
    assert remembered._data_folder(platform, environ) == Path.home() / parts


class TestRunWithoutAFolder:
    def _run(self, client, **more):
        request = client.request(picture(), top=picture())
        return client.run_batch({"a": request}, **more)

    def test_its_job_is_on_disk_before_it_is_polled_and_until_it_is_saved(
        self, make, known, tmp_path
    ):
        seen = []

        class Watched(FakeProvider):
            @hookimpl
            def poll(self, job, ctx):
                seen.extend((found.state, found.job.id) for found in known())
                return super().poll(job, ctx)

        provider = Watched(before_submit=lambda: seen.extend(found.state for found in known()))
        (outcome,) = self._run(make(provider))
        assert seen == ["unknown", ("accepted", "job-1")]
        assert [found.state for found in known()] == ["fetched"]
        (path,) = outcome.result.save(tmp_path / "new.png")
        assert [(found.state, found.paths) for found in known()] == [("saved", (path,))]

    @pytest.mark.parametrize(
        ("error", "states"),
        [
            (errors.OutcomeUnknown("lost."), [("unknown", "lost.")]),
            (errors.InputRefused("no."), []),
            (errors.CreditsExhausted("none left."), []),
        ],
    )
    def test_of_other_ends_only_what_may_be_billed_stays(self, make, known, error, states):
        list(self._run(make(FakeProvider(on_submit=error))))
        found = [(one.state, one.message.split(": ")[-1]) for one in known()]
        assert found == states

    @pytest.mark.parametrize("finding", ["job-9", NotAccepted()], ids=["found", "sent again"])
    def test_a_lost_answer_that_is_looked_up_leaves_one_note(self, make, known, finding):
        provider = FakeProvider(
            info=fake_info(look_up=LookUp(settles_s=0)),
            on_submit=errors.OutcomeUnknown("lost."),
            finding=finding,
        )
        seen = []

        @hookimpl(wrapper=True)
        def find_submission():
            seen.extend((one.state, one.message.split(": ")[-1]) for one in known())
            provider.on_submit = None
            return (yield)

        (outcome,) = self._run(
            make(provider, extensions=[SimpleNamespace(find_submission=find_submission)])
        )
        assert outcome.state == "saved"
        assert seen[:1] == [("unknown", "lost.")]
        assert [one.state for one in known()] == ["fetched"]
        assert provider.calls.count("submit") == (1 if finding == "job-9" else 2)

    def test_its_failed_job_says_why(self, make, known):
        failure = Failure(code="x", message="nobody there", fault="input", billed="no")
        list(self._run(make(FakeProvider(failure=failure))))
        assert [(one.state, "nobody there" in one.message) for one in known()] == [("failed", True)]

    def test_nothing_is_kept_when_it_is_told_so_or_has_a_folder(self, make, known, tmp_path):
        list(self._run(make(remember=False)))
        list(self._run(make(), out=tmp_path / "out"))
        assert known() == []
