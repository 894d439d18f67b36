"""A job that was accepted is never given up by odd answers, and its row is never settled by them.

The run stops buying long before, when the vendor seems to know none of its jobs.
"""

import logging
import re

import attrs
import pytest

from batch_runs import ScriptedProvider, client_of, requests_of, run, states
from providers import fake_info
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import Failure, JobState, JobUpdate, Quota, SettingSpec, errors, hookimpl

MISSING = JobUpdate(state=JobState.NOT_FOUND, vendor_status="UNKNOWN")
RUNNING = JobUpdate(state=JobState.RUNNING)
ODD = {
    "not found": MISSING,
    "unknown word": JobUpdate(state=JobState.UNKNOWN, vendor_status="PONDERING"),
    "no result": JobUpdate(state=JobState.SUCCEEDED),
    "page 200": errors.UnexpectedResponse("expected JSON, got text/html.", http_status=200),
    "page 404": errors.UnexpectedResponse("a page.", http_status=404),
    "408": errors.UnexpectedResponse("too slow.", http_status=408),
    "302": errors.ServiceMoved("moved.", http_status=302),
    "422": errors.InputRefused("422.", http_status=422),
    "700": errors.InputRefused("taskId is missing.", vendor_code="700"),
    "403 page": errors.AccessDenied("a page.", http_status=403),
    "lost": errors.AnswerLost("lost."),
    "503": errors.VendorUnavailable("503."),
    "bug": errors.ProviderBug("KeyError.", hook="poll", version="1"),
}
FOUR_PLACES = Quota(running_jobs=4, poll_interval_s=3)
SETTINGS = [
    SettingSpec(name="api_key", secret=True, default="sk-mine"),
    SettingSpec(name="base_url", default="https://here.example"),
]


@attrs.define(kw_only=True, eq=False)
class Odd(ScriptedProvider):
    """Answers polls by a script, one for each job, and then as its knobs say.

    Attributes:
        answers: by the number of the job; an answer, or an error to be raised.
        always: the answer to every further poll.
    """

    answers: dict = attrs.field(factory=dict)
    always: object = None

    @hookimpl
    def poll(self, job, ctx):
        script = self.answers.get(int(job.id.removeprefix("job-")), [])
        answer = script.pop(0) if script else self.always
        if isinstance(answer, Exception):
            raise answer
        return answer or super().poll(job, ctx)


def _run(provider, folder, count, *, client=None, **policy):
    client = client or client_of(provider)
    outcomes, stopped = {}, None
    try:
        outcomes = run(client, requests_of(client, count), out=folder, policy=BatchPolicy(**policy))
    except errors.BatchStopped as error:
        stopped = error
    with JournalReader(folder / JOURNAL_NAME) as journal:
        found = {entry.id: entry.state for entry in journal.entries()}
    assert not outcomes or states(outcomes) == found
    return found, stopped


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_one_odd_answer_is_followed_by_another_poll_in_the_same_run(tmp_path, odd):
    provider = Odd(answers={1: [odd], 2: [RUNNING, odd], 3: [odd, RUNNING, odd, odd]})
    found, stopped = _run(provider, tmp_path, 3)
    assert stopped is None
    assert set(found.values()) == {"saved"}
    assert len(provider.seeds) == 3


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_vendor_that_knows_no_job_gets_no_more_than_the_run_bears(tmp_path, odd):
    provider = Odd(always=odd)
    found, stopped = _run(provider, tmp_path, 40, stop_after=5)
    assert len(provider.seeds) == 5
    assert sorted(found.values()) == ["accepted"] * 5 + ["planned"] * 35
    assert isinstance(stopped.cause, errors.AnswerLost)
    assert "gave no usable answer" in str(stopped)
    provider.always = None
    found, stopped = _run(provider, tmp_path, 40)
    assert set(found.values()) == {"saved"}
    assert len(provider.seeds) == 40


def test_a_run_with_such_a_vendor_ends_within_minutes(tmp_path):
    client = client_of(Odd(always=MISSING))
    began_s = client.session.clock.monotonic()
    _run(None, tmp_path, 40, client=client)
    assert 180 <= client.session.clock.monotonic() - began_s < 300


def test_few_jobs_that_nobody_knows_are_left_within_minutes(tmp_path):
    client = client_of(Odd(always=MISSING))
    began_s = client.session.clock.monotonic()
    found, stopped = _run(None, tmp_path, 2, client=client, stop_after=5)
    assert (set(found.values()), stopped) == ({"accepted"}, None)
    assert 180 <= client.session.clock.monotonic() - began_s < 240


def test_a_vendor_that_knows_its_jobs_late_is_bought_from_as_soon_as_it_does(tmp_path):
    late = {number: [MISSING] * 3 for number in range(1, 6)}
    provider = Odd(answers=late)
    found, stopped = _run(provider, tmp_path, 20, stop_after=5)
    assert (stopped, set(found.values())) == (None, {"saved"})


def test_what_stops_the_buying_is_said_once(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "tryon.run"):
        _run(Odd(always=MISSING), tmp_path, 10, stop_after=3)
    first, second = (r.getMessage() for r in caplog.records if r.name == "tryon.run")
    # Which of the first jobs is polled first is left to the threads.
    assert re.sub(r"job-[123]\b", "job-N", first) == (
        "job job-N: a poll gave no usable answer: fake does not know the job (UNKNOWN). It is "
        "polled again."
    )
    assert second == (
        "Fake try-on gives no usable answer for 3 jobs in a row: nothing more is submitted to it "
        "until it does."
    )


TOLD = JobUpdate(
    state=JobState.UNKNOWN,
    vendor_status="422 NoFace",
    failure=Failure(code="NoFace", message="no face", fault="input", billed="no"),
)


def test_a_failure_that_may_pass_fails_its_row_when_it_stays_and_only_then(tmp_path):
    provider = Odd(answers={1: [TOLD] * 10, 2: [TOLD] * 4, 4: [TOLD] * 10})
    found, stopped = _run(provider, tmp_path, 6, stop_after=3)
    assert stopped is None
    # Jobs are numbered as they come, which need not be the order of the rows.
    row_of = {number: f"item-{seed}" for number, seed in enumerate(provider.seeds, 1)}
    assert [found[row_of[number]] for number in (1, 2, 4)] == ["failed", "saved", "failed"]
    assert sorted(found.values()) == ["failed"] * 2 + ["saved"] * 4
    assert len(provider.seeds) == 6


def test_jobs_that_stay_odd_give_their_places_back_and_hold_up_no_other(tmp_path):
    info = fake_info(quota=FOUR_PLACES)
    lost_ones = dict.fromkeys((2, 5, 9, 14), [MISSING] * 10_000)
    provider = Odd(info=info, answers=lost_ones)
    found, stopped = _run(provider, tmp_path, 20)
    assert stopped is None
    assert sorted(found.values()) == ["accepted"] * 4 + ["saved"] * 16
    provider.answers = {}
    found, stopped = _run(provider, tmp_path, 20)
    assert (set(found.values()), len(provider.seeds)) == ({"saved"}, 20)


def test_a_job_that_stays_odd_is_polled_seldom_until_its_time_is_up(tmp_path):
    provider = Odd(answers={1: [MISSING] * 10_000})
    client = client_of(provider)
    began_s = client.session.clock.monotonic()
    found, _ = _run(provider, tmp_path, 2, client=client, job_timeout_s=3600)
    assert sorted(found.values()) == ["accepted", "saved"]
    assert client.session.clock.monotonic() - began_s == pytest.approx(3600, abs=5)
    assert 60 <= 10_000 - len(provider.answers[1]) < 80


def test_a_job_that_is_known_again_after_an_hour_long_outage_is_saved(tmp_path):
    provider = Odd(answers={1: [MISSING] * 40})
    found, _ = _run(provider, tmp_path, 2, job_timeout_s=3600)
    assert set(found.values()) == {"saved"}


@attrs.define(kw_only=True, eq=False)
class OfOnePlace(Odd):
    """Knows its jobs at one address and for one key only, and elsewhere says what it is told to."""

    elsewhere: object = MISSING

    @hookimpl
    def poll(self, job, ctx):
        place = ctx.settings.text("base_url"), ctx.settings.text("api_key")
        if place == ("https://here.example", "sk-mine"):
            return super().poll(job, ctx)
        if isinstance(self.elsewhere, Exception):
            raise self.elsewhere
        return self.elsewhere


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"base_url": "https://there.example"}, "https://there.example was asked"),
        ({"api_key": "sk-other"}, "with another key"),
    ],
    ids=["address", "account"],
)
@pytest.mark.parametrize(
    "denial",
    [
        MISSING,
        JobUpdate(state=JobState.FAILED),
        errors.UnexpectedResponse("a page.", http_status=404),
        errors.VendorUnavailable("a page of a stranger."),
        errors.JobExpired("gone."),
    ],
    ids=["not found", "failed", "page", "outage", "expired"],
)
def test_one_resume_at_a_wrong_place_settles_nothing(tmp_path, place, words, denial):
    provider = OfOnePlace(info=fake_info(settings=SETTINGS, job_lifetime_s=3600), elsewhere=denial)
    provider.always = errors.AnswerLost("the network was down.")
    found, _ = _run(provider, tmp_path, 8, stop_after=4)
    assert sorted(found.values()) == ["accepted"] * 4 + ["planned"] * 4
    provider.always = None

    wrong = client_of(provider, **place)
    wrong.session.clock.advance(2 * 3600)
    again, stopped = _run(provider, tmp_path, 8, client=wrong, stop_after=4)
    assert again == found
    assert words in str(stopped)
    assert "sk-" not in str(stopped)
    assert len(provider.seeds) == 4

    done, _ = _run(provider, tmp_path, 8, client=client_of(provider))
    assert set(done.values()) == {"saved"}
    assert len(provider.seeds) == 8


def test_a_wrong_key_leaves_its_rows_accepted_and_ends_at_once(tmp_path):
    provider = Odd(always=errors.AuthenticationFailed("the key is not valid."))
    client = client_of(provider)
    began_s = client.session.clock.monotonic()
    found, stopped = _run(provider, tmp_path, 8, client=client, stop_after=3)
    assert isinstance(stopped.cause, errors.AuthenticationFailed)
    assert sorted(found.values()) == ["accepted"] * 3 + ["planned"] * 5
    assert client.session.clock.monotonic() - began_s < 60


def test_only_what_is_past_its_time_has_failed(tmp_path):
    provider = Odd(info=fake_info(job_lifetime_s=150), always=MISSING)
    found, _ = _run(provider, tmp_path, 2)
    assert set(found.values()) == {"failed"}
    assert len(provider.seeds) == 2


class TooFast(ScriptedProvider):
    """Refuses its first submission, and wants the next one tomorrow."""

    @hookimpl
    def submit(self, request, ctx):
        if not self.seeds:
            self.seeds.append(0)
            raise errors.RateLimited("slow down.", retry_after_s=86_400.0)
        return super().submit(request, ctx)


def test_a_vendor_cannot_halt_a_run_for_a_day_and_a_long_pause_is_said(tmp_path, caplog):
    provider = TooFast()
    client = client_of(provider)
    began_s = client.session.clock.monotonic()
    with caplog.at_level(logging.WARNING, "tryon.run"):
        found, _ = _run(provider, tmp_path, 3, client=client)
    assert set(found.values()) == {"saved"}
    assert 300 <= client.session.clock.monotonic() - began_s < 320
    (told,) = [record.getMessage() for record in caplog.records if record.name == "tryon.run"]
    assert told == (
        "Fake try-on refused a submission for coming too fast and asks for a pause of 86400 s; "
        "the next one is in 300 s."
    )


@attrs.define(kw_only=True, eq=False)
class Noting(ScriptedProvider):
    """Notes how long each poll may take."""

    left_s: list = attrs.field(factory=list)

    @hookimpl
    def poll(self, job, ctx):
        self.left_s.append(ctx.deadline_s - ctx.clock.monotonic())
        return super().poll(job, ctx)


def test_each_poll_of_a_run_has_a_deadline(tmp_path):
    provider = Noting(polls=1)
    _run(provider, tmp_path, 2)
    assert len(provider.left_s) == 4
    assert 0 < max(provider.left_s) <= 60
