"""Single jobs in the command line: they are listed, and gone on with by short ids."""

import pytest

from providers import KEY, picture
from tryon_core.cli import jobs
from tryon_core.errors import JobExpired, OutcomeUnknown
from tryon_core.models import JobState
from tryon_core.remembered import data_folder

TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")


@pytest.fixture(autouse=True)
def _remembering(monkeypatch):
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")


@pytest.fixture
def listed(tryon):
    def listed():
        return tryon("jobs", "--json").json["jobs"]

    return listed


@pytest.mark.usefixtures("fake")
def test_jobs_lists_what_was_submitted_with_the_latest_first(tryon, folder, listed):
    tryon("submit", *TRY)
    tryon("run", *TRY, "--out", "one.png")
    ended = tryon("jobs")
    heads, *rows = (line.split() for line in ended.out.splitlines())
    assert heads == ["ID", "STATE", "PROVIDER", "AGE", "EXPIRES", "JOB", "WHERE"]
    assert [(row[1], row[2], row[6]) for row in rows] == [
        ("saved", "fake", "job-2"),
        ("accepted", "fake", "job-1"),
    ]
    assert rows[0][7] == str(folder / "one.png")
    assert [row[0] for row in rows] == [job["id"] for job in listed()]


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("end", [None, 5])
def test_a_short_id_or_its_beginning_goes_on(tryon, folder, listed, end):
    tryon("submit", *TRY)
    (job,) = listed()
    assert tryon("poll", job["id"][:end]).out == "succeeded\n"
    ended = tryon("resume", job["id"][:end], "--out", "one.png")
    assert (ended.code, ended.out) == (0, "one.png\n")
    (now,) = listed()
    assert (now["id"], now["state"]) == (job["id"], "saved")
    assert now["paths"] == [str(folder / "one.png")]
    assert tryon("cancel", job["id"]).code == 1


@pytest.mark.usefixtures("fake")
def test_last_is_the_job_that_was_accepted_last(tryon):
    tryon("submit", *TRY)
    tryon("submit", *TRY)
    assert tryon("resume", "--last", "--out", "out/").out == "out/fake-job-2.png\n"
    assert tryon("poll", "--last").out == "succeeded\n"


def test_last_is_not_the_job_before_one_whose_outcome_is_unknown(tryon, offer):
    provider = offer()
    tryon("submit", *TRY)
    provider.on_submit = OutcomeUnknown("lost.")
    tryon("submit", *TRY)
    ended = tryon("resume", "--last", "--out", "out/")
    assert ended.code == 2
    assert "dashboard" in ended.err


@pytest.mark.parametrize("command", ["poll", "cancel"])
def test_without_a_job_last_says_so(tryon, command):
    ended = tryon(command, "--last")
    assert ended.code == 2
    assert ended.err.startswith("error: no job is remembered here")


@pytest.mark.parametrize("arguments", [(), ("--last", "jaaaa")])
def test_exactly_one_job_is_named(tryon, arguments):
    ended = tryon("poll", *arguments)
    assert ended.code == 2
    assert "--last" in ended.err


def test_an_interrupted_command_names_the_job_by_its_short_id(tryon, offer, listed):
    offer(on_poll=KeyboardInterrupt())
    ended = tryon("run", *TRY, "--out", "one.png", "--quiet")
    (job,) = listed()
    assert ended.err.splitlines()[-1] == f"  tryon resume {job['id']} --out one.png"


def test_it_names_the_token_where_the_job_could_not_be_remembered(
    tryon, offer, folder, monkeypatch
):
    (folder / "file").write_text("")
    monkeypatch.setenv("TRYON_DATA_DIR", str(folder / "file" / "data"))
    offer(on_poll=KeyboardInterrupt())
    ended = tryon("run", *TRY, "--out", "one.png", "--quiet")
    assert ended.err.count("note: jobs are not remembered") == 1
    assert "note: the job is not remembered here" in ended.err
    assert ended.err.splitlines()[-1].startswith("  tryon resume tryon1.")


def test_in_a_log_the_job_is_named_by_its_token(tryon, offer):
    offer()
    ended = tryon("run", *TRY, "--out", "one.png")
    assert "accepted: tryon resume tryon1." in ended.err


def test_what_may_have_been_charged_is_listed_with_what_to_do(tryon, offer, listed):
    offer(on_submit=OutcomeUnknown("lost."))
    assert tryon("run", *TRY, "--out", "one.png").code == 4
    ended = tryon("jobs", "--unknown")
    assert "lost." in ended.out
    assert "dashboard" in ended.err
    (job,) = listed()
    assert (job["state"], job["job"]) == ("unknown", None)
    for command in (("resume", job["id"], "--out", "one.png"), ("poll", job["id"])):
        failed = tryon(*command)
        assert failed.code == 2
        assert "dashboard" in failed.err


@pytest.mark.usefixtures("fake")
def test_one_job_is_shown_with_its_token(tryon, listed):
    token = tryon("submit", *TRY, "--quiet").out.strip()
    (job,) = listed()
    assert tryon("jobs", job["id"]).out.splitlines()[-1] == f"token: {token}"
    assert tryon("jobs", job["id"], "--json").json == {"jobs": [job]}


@pytest.mark.usefixtures("fake")
def test_a_job_is_forgotten_when_it_is_told(tryon, listed):
    tryon("submit", *TRY)
    tryon("submit", *TRY)
    latest, first = listed()
    assert tryon("jobs", "--forget", latest["id"]).code == 0
    assert listed() == [first]
    ended = tryon("jobs", "--forget", "nothing")
    assert ended.code == 2
    assert "'nothing'" in ended.err


@pytest.mark.usefixtures("fake")
def test_single_jobs_and_runs_stand_in_one_list(tryon, folder):
    tryon("submit", *TRY)
    (folder / "cat.csv").write_text("id,person,top\na,person.png,tee.png")
    tryon("batch", "cat.csv", "-p", "fake", "--out", "one")
    lines = tryon("jobs").out.splitlines()
    heads = [line.split() for line in lines if line.startswith("ID")]
    assert ["PROVIDER" in heads[0], "JOURNAL" in heads[1]] == [True, True]


@pytest.mark.usefixtures("fake")
def test_a_list_of_runs_that_cannot_be_read_hides_no_single_job(tryon):
    tryon("submit", *TRY)
    assert sorted(path.name for path in data_folder().iterdir()) == ["jobs"]
    ended = tryon("jobs")
    assert ended.out.splitlines()[1].split()[1] == "accepted"
    assert sorted(path.name for path in data_folder().iterdir()) == ["jobs"]
    (data_folder() / "runs.sqlite").write_text("no database")
    ended = tryon("jobs")
    assert (ended.code, ended.out.splitlines()[1].split()[1]) == (0, "accepted")
    assert ended.err.startswith("note: the runs are not listed: ")


@pytest.mark.usefixtures("fake")
def test_a_name_that_is_neither_a_job_nor_a_run_is_refused_as_both(tryon):
    assert tryon("jobs", "jnonesuch").err.startswith("error: there is no job or run 'jnonesuch'.")


def test_a_job_that_the_vendor_calls_expired_has_no_time_left(tryon, offer, listed):
    offer(on_poll=JobExpired("gone."), job_lifetime_s=3600)
    tryon("run", *TRY, "--out", "one.png")
    assert listed()[0]["state"] == "expired"
    row = tryon("jobs").out.splitlines()[1].split()
    assert (row[1], "in" in row) == ("expired", False)


@pytest.mark.usefixtures("fake")
def test_what_cannot_be_written_does_not_say_that_its_job_was_not_billed(tryon, folder):
    (folder / "one.png").write_text("mine")
    tryon("submit", *TRY)
    ended = tryon("resume", "--last", "--out", "one.png", "--json")
    assert (ended.code, ended.json["error"]["billed"]) == (2, "unknown")


@pytest.mark.parametrize("command", ["run", "resume"])
def test_more_images_than_were_foreseen_are_written_all_the_same(tryon, folder, offer, command):
    images = [picture(colour=(1, 2, 3)), picture(colour=(4, 5, 6))]
    offer(images=images)
    (folder / "out").mkdir()
    call = ("run", *TRY)
    if command == "resume":
        tryon("submit", *TRY)
        call = ("resume", "--last")
    ended = tryon(*call, "--out", "out/one.png")
    assert ended.code == 0
    assert [(folder / path).read_bytes() for path in ended.out.split()] == images
    assert "note: 2 images do not fit into the one file 'out/one.png'; they are in" in ended.err


@pytest.mark.parametrize("command", ["poll", "cancel"])
def test_a_poll_says_that_another_account_accepted_the_job(tryon, offer, monkeypatch, command):
    offer(settings=(KEY,), can_cancel=True)
    monkeypatch.setenv("FAKE_API_KEY", "one")
    tryon("submit", *TRY)
    assert "another key" not in tryon(command, "--last").err
    monkeypatch.setenv("FAKE_API_KEY", "two")
    ended = tryon(command, "--last")
    assert "note: The job was accepted with another key than the one in use.\n" in ended.err


@pytest.mark.parametrize("command", ["run", "resume"])
def test_the_resume_command_allows_the_private_addresses_that_were_allowed(tryon, offer, command):
    offer(state=JobState.RUNNING)
    tryon("submit", *TRY)
    call = {"run": ("run", *TRY), "resume": ("resume", "--last")}[command]
    ended = tryon(*call, "--out", "out/", "--timeout", "0.01", "--allow-private-addresses")
    assert ended.code == 5
    assert ended.err.splitlines()[-1].endswith(" --out out/ --allow-private-addresses")
    ended = tryon("resume", "--last", "--out", "out/", "--timeout", "0.01")
    assert "--allow-private-addresses" not in ended.err


@pytest.mark.parametrize(("args", "code"), [(("jobs", "r1"), 2), (("jobs", "--unknown"), 0)])
def test_without_tryon_batch_it_is_said_that_runs_are_not_read(tryon, monkeypatch, args, code):
    monkeypatch.setattr(jobs, "entry_points", lambda _: ())
    ended = tryon(*args)
    assert ended.code == code
    assert "Runs are read by tryon-batch, which is not installed." in ended.err
