from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from providers import KEY, FakeProvider, dressed, picture
from tryon_core import hookimpl
from tryon_core.cli.failure import report
from tryon_core.cli.invocation import Invocation
from tryon_core.errors import (
    AuthenticationFailed,
    CreditsExhausted,
    DownloadFailed,
    OutcomeUnknown,
    OutputError,
    RateLimited,
    UnexpectedResponse,
)
from tryon_core.models import (
    Artifact,
    BytesSource,
    Failure,
    Job,
    JobResult,
    LibraryModel,
    Notice,
    Price,
    Problem,
)
from tryon_core.registry import REGISTRY

TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")
RUN = ("run", *TRY, "--out", "out.png")
_SMALL = picture((24, 24))


@attrs.frozen
class _Tagged:
    tags: tuple[str, ...] = ()


def _token_in(text):
    (line,) = [line for line in text.splitlines() if line.startswith("  tryon resume ")]
    return line.split()[2]


def test_the_result_is_written_and_its_path_printed_alone(tryon, fake, folder):
    ended = tryon(*RUN)
    assert (ended.code, ended.out) == (0, "out.png\n")
    assert (folder / "out.png").read_bytes() == fake.images[0]


def test_several_results_go_into_a_folder_one_path_a_line(tryon, offer):
    offer(images=[picture(), _SMALL])
    ended = tryon("run", *TRY, "--out", "results/")
    paths = [Path(line) for line in ended.out.splitlines()]
    assert [path.read_bytes() for path in paths] == [picture(), _SMALL]
    assert {path.parent.name for path in paths} == {"results"}


def test_several_results_for_one_file_are_not_lost(tryon, offer, folder):
    provider = offer(images=[picture(), _SMALL])
    ended = tryon(*RUN)
    assert ended.code == 0
    assert [(folder / path).read_bytes() for path in ended.out.split()] == provider.images
    assert provider.calls.count("submit") == 1


def test_options_reach_the_provider_in_their_types(tryon, fake):
    assert tryon(*RUN, "-o", "seed=7", "-o", "quality=high").code == 0
    (request,) = fake.requests
    assert (request.options.seed, request.options.quality) == (7, "high")


@pytest.mark.usefixtures("fake")
def test_the_provider_may_come_from_the_environment(tryon, monkeypatch):
    monkeypatch.setenv("TRYON_PROVIDER", "fake")
    assert tryon("run", *TRY[2:], "--out", "out.png").code == 0


def test_progress_says_each_status_once_and_only_on_stderr(tryon, offer):
    offer(polls=2)
    ended = tryon(*RUN)
    stages = [line.split("s  ", 1)[1].partition(":")[0] for line in ended.err.splitlines()]
    before = ["preparing", "checking", "submitting", "accepted", "waiting"]
    assert stages == [*before, "running (BUSY 1)", "running (BUSY 2)", "succeeded (DONE)"]


def test_quiet_shows_no_progress(tryon, offer):
    offer(polls=2)
    ended = tryon(*RUN, "--quiet")
    assert (ended.out, ended.err) == ("out.png\n", "")


def test_remarks_about_the_picture_are_notes_on_stderr(tryon, offer):
    offer(notices=[Notice("sleeve_uncertain", "The sleeve may be wrong.")])
    ended = tryon(*RUN, "--quiet")
    assert ended.out == "out.png\n"
    assert ended.err == "note: sleeve_uncertain: The sleeve may be wrong.\n"


def test_a_doubtful_image_is_written_and_noted_and_the_command_ends_well(tryon, offer, folder):
    offer(images=[picture()])
    ended = tryon(*RUN, "--quiet")
    assert (ended.code, ended.out) == (0, "out.png\n")
    assert ended.err.startswith("note: result_blank: the image has one colour all over")
    assert (folder / "out.png").read_bytes() == picture()


@pytest.mark.usefixtures("fake")
def test_the_path_is_printed_before_judges_take_their_time(tryon, folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tryon_core.judging.judge", interrupt)
    ended = tryon(*RUN)
    assert (ended.code, ended.out) == (130, "out.png\n")
    assert (folder / "out.png").exists()


def test_the_command_compares_the_image_with_the_photo_which_resuming_cannot(tryon, offer, folder):
    photo = dressed((120, 160))
    (folder / "person.png").write_bytes(photo)
    offer(images=[photo])
    document = tryon(*RUN, "--json").json
    assert document["verdict"] == "doubtful"
    assert [problem["code"] for problem in document["problems"]] == ["result_unchanged"]
    again = tryon("resume", document["job"]["token"], "--out", "again.png", "--json").json
    assert (again["verdict"], again["problems"]) == ("passed", [])


def test_warnings_of_validation_do_not_stop_it(tryon, offer):
    offer(problems=[Problem("person", "It is dark.", severity="warning")])
    ended = tryon(*RUN, "--quiet")
    assert (ended.code, ended.err) == (0, "note: person: It is dark.\n")


def test_images_beyond_the_limits_are_fitted_unless_refused(tryon, fake, folder):
    (folder / "person.png").write_bytes(picture((600, 800)))
    fitted = tryon(*RUN, "--quiet")
    assert fitted.code == 0
    assert fitted.err.startswith("note: ")
    refused = tryon(*RUN, "--no-fit", "--force")
    assert refused.code == 2
    assert fake.calls.count("submit") == 1


def test_every_problem_is_named_by_its_option_before_anything_is_sent(tryon, fake, folder):
    (folder / "tee.png").write_bytes(b"not an image")
    call = ["nobody.png" if word == "person.png" else word for word in RUN]
    ended = tryon(*call, "-o", "sed=1")
    assert ended.code == 2
    lines = ended.err.splitlines()
    starts = [line.split(":")[0] for line in lines if line.startswith("-")]
    assert starts == ["-o", "--person", "--top"]
    assert "error: 3 problems found; nothing was submitted." in lines
    assert "did you mean 'seed'" in ended.err
    assert fake.calls == []


def test_a_warning_beside_a_problem_is_a_note_and_is_not_counted(tryon, offer):
    offer(
        problems=[
            Problem("top", "it is torn.", code="torn"),
            Problem("person", "it is dark.", severity="warning", code="dark"),
        ]
    )
    ended = tryon("check", *RUN[1:-2])
    assert "error: 1 problem found; nothing was submitted.\n--top: it is torn.\n" in ended.err
    assert ended.err.count("note: --person: it is dark.\n") == 1


def test_an_existing_file_is_refused_before_anything_is_sent(tryon, fake, folder):
    (folder / "out.png").write_text("mine")
    ended = tryon(*RUN)
    assert ended.code == 2
    assert "exists already" in ended.err
    assert (fake.calls, (folder / "out.png").read_text()) == ([], "mine")


def test_force_replaces_an_existing_file(tryon, fake, folder):
    (folder / "out.png").write_text("mine")
    assert tryon(*RUN, "--force").code == 0
    assert (folder / "out.png").read_bytes() == fake.images[0]


def test_a_missing_folder_of_a_file_is_refused_and_named(tryon, fake, folder):
    ended = tryon("run", *TRY, "--out", "nowhere/out.png")
    assert ended.code == 2
    assert "cannot write 'nowhere/out.png': the folder 'nowhere' does not exist." in ended.err
    assert fake.calls == []
    assert not (folder / "nowhere").exists()


def test_a_missing_key_is_named_with_its_variables(tryon, offer):
    provider = offer(settings=[KEY])
    ended = tryon(*RUN)
    assert ended.code == 3
    assert "FAKE_API_KEY" in ended.err
    assert provider.calls == []


def test_a_key_is_read_from_the_named_configuration_file(tryon, offer, folder):
    offer(settings=[KEY])
    (folder / "my.toml").write_text('[fake]\napi_key = "hush-hush"\n')
    ended = tryon(*RUN, "--config", "my.toml")
    assert ended.code == 0
    assert "hush" not in ended.out + ended.err


@pytest.mark.usefixtures("fake")
def test_an_unknown_provider_is_answered_with_what_is_installed(tryon):
    ended = tryon("run", "-p", "fakr", *TRY[2:], "--out", "out.png")
    assert ended.code == 3
    assert "Did you mean 'fake'?" in ended.err


def test_a_failed_job_tells_the_vendors_reason_and_offers_no_resuming(tryon, offer):
    offer(failure=Failure(code="E7", message="no luck", billed="yes", remedy="Try again."))
    ended = tryon(*RUN, "--quiet")
    assert ended.code == 1
    assert ended.err.splitlines() == [
        "error: job job-1 failed: no luck (E7). Try again.",
        "billed: yes",
        "request id: poll-9",
    ]


def test_a_vendor_that_refuses_the_picture_counts_as_invalid_input(tryon, offer):
    offer(failure=Failure(code="NoPerson", message="nobody there", fault="input", billed="no"))
    assert tryon(*RUN).code == 2


def test_a_refusal_of_the_account_ends_with_1(tryon, offer):
    offer(on_submit=CreditsExhausted("no credits left.", remedy="Buy some."))
    ended = tryon(*RUN, "--quiet")
    assert (ended.code, ended.err) == (1, "error: no credits left. Buy some.\n")


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("the answer was lost."), UnexpectedResponse("gibberish.")]
)
def test_a_lost_answer_ends_with_4_and_says_that_it_may_be_billed(tryon, offer, error):
    provider = offer(on_submit=error)
    ended = tryon(*RUN)
    assert ended.code == 4
    assert "billed: unknown" in ended.err
    assert provider.calls == ["submit"]


def test_a_timeout_ends_with_5_and_the_printed_command_goes_on(tryon, offer):
    provider = offer(polls=None)
    ended = tryon(*RUN, "--force", "--timeout", "0.01")
    assert ended.code == 5
    (line,) = [line for line in ended.err.splitlines() if line.startswith("  tryon resume ")]
    assert line.split()[3:] == ["--out", "out.png", "--force"]
    provider.polls = 0
    again = tryon(*line.split()[1:])
    assert (again.code, again.out) == (0, "out.png\n")
    assert provider.calls.count("submit") == 1


def test_the_resume_command_repeats_what_it_needs_and_quotes_it(tryon, offer, folder):
    offer(polls=None)
    (folder / "my file.toml").write_text("")
    ended = tryon(
        "run", *TRY, "--out", "my out.png", "--timeout", "0.01", "--config", "my file.toml"
    )
    assert "--out 'my out.png' --config 'my file.toml'" in ended.err


def test_an_image_that_is_missing_is_told_with_how_to_fetch_it(tryon, offer):
    offer(images=[picture(), b""])
    ended = tryon("run", *TRY, "--out", "results/")
    assert ended.code == 6
    assert ended.out == f"{Path('results/fake-job-1.png')}\n"
    assert "image_not_fetched: image 2 of 2" in ended.err
    assert "fetch it again, which is free, with:" in ended.err
    assert "tryon resume" in ended.err


@pytest.mark.usefixtures("fake")
def test_a_failed_download_is_resumable(tryon, monkeypatch):
    def fetch(*_):
        raise DownloadFailed("the picture did not come.")

    monkeypatch.setattr("tryon_core.client.fetch_result", fetch)
    ended = tryon(*RUN)
    assert ended.code == 1
    assert Job.from_token(_token_in(ended.err)).id == "job-1"


def test_a_result_that_cannot_be_written_is_resumable(tryon, offer, folder):
    provider = offer()
    provider.before_submit = lambda: (folder / "out.png").write_text("late")
    ended = tryon(*RUN)
    assert ended.code == 2
    assert Job.from_token(_token_in(ended.err)).id == "job-1"


def test_an_interruption_while_waiting_prints_the_resume_command(tryon, offer):
    offer(on_poll=KeyboardInterrupt())
    ended = tryon(*RUN)
    assert ended.code == 130
    assert Job.from_token(_token_in(ended.err)).id == "job-1"
    assert "Traceback" not in ended.err


def test_an_interruption_while_submitting_says_that_the_outcome_is_unknown(tryon, offer):
    offer(on_submit=KeyboardInterrupt())
    ended = tryon(*RUN)
    assert ended.code == 130
    assert "whether the work was accepted is not known" in ended.err
    assert "resume" not in ended.err


def test_an_interruption_before_the_request_left_says_that_nothing_was_submitted(tryon, offer):
    offer(before_submit=_interrupt)
    ended = tryon(*RUN)
    assert (ended.code, "billed" in ended.err) == (130, False)
    assert "interrupted before anything was submitted." in ended.err
    assert "unknown" not in tryon("jobs").out


_FREE = Price(amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="invented")


def test_nothing_that_is_free_is_said_to_be_billed(tryon, offer):
    offer(on_submit=KeyboardInterrupt(), price=_FREE)
    ended = tryon(*RUN, "--quiet")
    assert (ended.code, ended.err) == (130, "error: interrupted.\n")
    offer("endless", polls=None, price=_FREE)
    late = tryon(
        *["endless" if word == "fake" else word for word in RUN], "--timeout", "0.01", "--json"
    )
    assert (late.code, late.error["billed"]) == (5, "no")
    assert "billed" not in late.err


def test_an_interruption_while_a_rate_limit_is_waited_for_says_that_nothing_was_submitted(
    tryon, offer, monkeypatch
):
    offer(on_submit=RateLimited("too fast.", retry_after_s=60))
    monkeypatch.setattr("tryon_core.clock.SystemClock.sleep", _interrupt)
    ended = tryon(*RUN)
    assert ended.code == 130
    assert "s  waiting 60 s for the vendor's rate limit\n" in ended.err
    assert "waiting for the vendor's rate limit; nothing was submitted." in ended.err
    assert "billed" not in ended.err


@pytest.mark.usefixtures("fake")
def test_an_interruption_before_anything_was_sent_says_no_more(tryon, monkeypatch):
    monkeypatch.setattr("tryon_core.cli.run.prepare", _interrupt)
    ended = tryon(*RUN, "--quiet")
    assert (ended.code, ended.err) == (130, "error: interrupted.\n")


def _interrupt(*_, **__):
    raise KeyboardInterrupt


def test_debug_shows_an_answer_that_was_not_understood(capsys):
    error = UnexpectedResponse("what is this?")
    error.body = "<html>\x1b[2J"
    report(error, Invocation(debug=True))
    assert r"<html>\x1b[2J" in capsys.readouterr().err
    report(error, Invocation())
    assert "<html>" not in capsys.readouterr().err


def test_the_traceback_is_shown_only_for_debug(tryon, offer):
    offer(on_submit=ZeroDivisionError("a bug of the plugin"))
    assert "Traceback" not in tryon(*RUN).err
    assert "ZeroDivisionError" in tryon(*RUN, "--debug").err.split("error: ")[0]


@pytest.mark.usefixtures("fake")
def test_a_fault_of_the_program_is_a_sentence_too(tryon, monkeypatch):
    def fail(*_, **__):
        raise LookupError("what?")

    monkeypatch.setattr("tryon_core.cli.run.deliver", fail)
    ended = tryon(*RUN)
    assert ended.code == 1
    assert "error: unexpected LookupError: what?." in ended.err
    assert Job.from_token(_token_in(ended.err)).id == "job-1"


@pytest.mark.parametrize(
    "wrong",
    [
        ("-o", "seed"),
        ("-o", "=3"),
        ("--person-model", "gender=female"),
        ("--person-model", "gender"),
        ("--person-model", "gendre=female"),
        ("--timeout", "0"),
        ("--timeout", "nan"),
        ("--out", ""),
        ("--out", "-"),
        ("--out", "out.gif"),
        ("--person", ""),
        ("--top", ""),
        ("--keep", "dress"),
        ("--no-such-option",),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(tryon, fake, wrong):
    ended = tryon(*RUN, *wrong)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: tryon run" in ended.err
    assert fake.calls == []


def test_an_option_that_takes_one_value_is_not_given_two(tryon, fake):
    ended = tryon(*RUN, "-o", "seed=1", "-o", "seed=2")
    assert ended.code == 2
    assert "seed=['1', '2']: give it once." in ended.err
    assert fake.calls == []


def test_several_values_of_one_option_come_as_a_list(tryon, offer):
    provider = offer(options=_Tagged)
    tryon(*RUN, "-o", "tags=a", "-o", "tags=b")
    assert provider.requests[0].options == _Tagged(tags=("a", "b"))


def test_a_person_may_come_from_the_vendor_s_library(tryon, offer):
    provider = offer(person_library=True)
    ended = tryon(
        "run", "-p", "fake", "--person-model", "gender=female,age=adult", "--top", "tee.png",
        "--out", "o.png",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert provider.requests[0].person == LibraryModel(gender="female", age="adult")


def test_somebody_has_to_wear_it(tryon, fake):
    ended = tryon("run", "-p", "fake", "--top", "tee.png", "--out", "o.png")
    assert ended.code == 2
    assert "--person' (or '--person-model')" in ended.err
    assert fake.calls == []


def test_a_slash_makes_any_name_a_folder(tryon, fake, folder):
    ended = tryon("run", *TRY, "--out", "out.gif/")
    assert ended.out == "out.gif/fake-job-1.png\n"
    assert (folder / "out.gif" / "fake-job-1.png").read_bytes() == fake.images[0]


_UNSOUND = picture((64, 64))[:-40]


def test_an_image_that_no_decoder_takes_is_written_and_said_to_be_so(tryon, offer, folder):
    provider = offer(images=[_UNSOUND])
    ended = tryon(*RUN)
    assert (ended.code, ended.out) == (6, "out.png.unchecked\n")
    assert (folder / "out.png.unchecked").read_bytes() == _UNSOUND
    assert "note: image_unchecked: " in ended.err
    resume = ("resume", _token_in(ended.err), "--out", "out.png")
    assert ended.err.splitlines()[-1].endswith(" --out out.png")
    again = tryon(*resume)
    assert (again.code, again.out) == (6, "out.png.unchecked\n")
    assert provider.calls.count("submit") == 1
    provider.images = [picture()]
    assert tryon(*resume).out == "out.png\n"
    document = tryon("run", *TRY, "--out", "b.png", "--json").json
    assert document["images"][0]["is_checked"]


@pytest.mark.usefixtures("fake")
def test_resuming_to_the_file_that_holds_the_result_is_done_at_once(tryon, folder):
    token = tryon("submit", *TRY, "--quiet").out.strip()
    for _ in range(2):
        ended = tryon("resume", token, "--out", "out.png")
        assert (ended.code, ended.out) == (0, "out.png\n")
    (folder / "out.png").write_bytes(b"precious")
    ended = tryon("resume", token, "--out", "out.png")
    assert ended.code == 2
    assert "'out.png' exists already and holds something else." in ended.err
    assert ended.err.splitlines()[-1].endswith(" --out PATH")  # the same place would fail again
    assert (folder / "out.png").read_bytes() == b"precious"


@pytest.mark.parametrize("more", [(), ("--keep", "bottom")])
def test_one_file_for_several_images_is_refused_before_anything_is_paid(tryon, offer, more):
    provider = offer(count_outputs=lambda _: 4)
    ended = tryon(*RUN, *more)
    assert ended.code == 2
    assert "4 images do not fit into the one file 'out.png'" in ended.err
    assert provider.calls == []


def test_another_format_than_the_name_says_is_noted(tryon, offer):
    offer(images=[picture(kind="JPEG")])
    ended = tryon(*RUN)
    assert (ended.code, ended.out) == (0, "out.jpg\n")
    assert "note: the image is JPEG, so 'out.png' became 'out.jpg'.\n" in ended.err
    again = tryon(*RUN)
    assert again.code == 2
    assert "'out.jpg' exists already, and 'out.png' may become that." in again.err


def test_the_request_id_of_the_submission_serves_when_the_error_has_none(tryon, offer):
    offer(on_poll=AuthenticationFailed("the key is gone."))
    ended = tryon(*RUN, "--json")
    assert "request id: submit-1" in ended.err
    assert ended.json["error"]["request_id"] == "submit-1"


@pytest.fixture
def at_once():
    """A provider of a vendor without jobs."""

    class AtOnce(FakeProvider):
        @hookimpl
        def submit(self, request, ctx):
            image = Artifact(source=BytesSource(self.images[0]))
            return ctx.new_job("at once", result=JobResult(images=[image], usage={"credits": "3"}))

    REGISTRY.register(provider := AtOnce())
    yield provider
    REGISTRY.unregister("fake")


@pytest.mark.usefixtures("at_once")
def test_what_the_vendor_says_was_used_is_in_the_document(tryon):
    assert tryon(*RUN, "--json").json["usage"] == {"credits": "3"}


def test_a_token_leads_to_the_image_that_came_with_the_answer(tryon, at_once, folder):
    token = tryon("submit", *TRY, "--quiet").out.strip()
    assert tryon("poll", token).out == "succeeded\n"
    ended = tryon("resume", token, "--out", "one.png", "--quiet")
    assert (folder / "one.png").read_bytes() == at_once.images[0]
    assert (ended.code, at_once.calls) == (0, [])


def test_an_image_that_cannot_be_kept_is_written_here_before_the_command_ends(
    tryon, at_once, folder, monkeypatch
):
    (folder / "file").write_text("")
    monkeypatch.setenv("TRYON_DATA_DIR", str(folder / "file" / "data"))
    ended = tryon("submit", *TRY, "--quiet")
    assert ended.code == 0
    assert "could not be kept on disk" in ended.err
    assert "note: its token leads to no image; it is here: " in ended.err
    assert (folder / "fake-at-once.png").read_bytes() == at_once.images[0]


@pytest.mark.usefixtures("at_once")
def test_no_way_to_an_image_is_promised_where_no_file_has_it(tryon, folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("TRYON_DATA_DIR", str(folder / "file" / "data"))

    def full(*_, **__):
        raise OutputError("cannot write 'o': the disk is full.")

    monkeypatch.setattr("tryon_core.cli.run.deliver", full)
    ended = tryon("run", *TRY, "--out", "o/")
    assert "could not be kept on disk" in ended.err
    assert "the disk is full" in ended.err
    assert "tryon resume" not in ended.err
