from datetime import timedelta, timezone

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from tryon_core import errors
from tryon_core.models import (
    Artifact,
    Capabilities,
    Failure,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Quota,
    Secret,
    UrlSource,
)
from tryon_core.polling import JobTimes, PollPolicy, next_delay_s
from tryon_core.settings import ProviderSettings
from tryon_core.waiting import job_expired, result_of, wait_for
from tryon_testing.clocks import START, FakeClock

JOB = Job(provider="acme", id="t-1", submitted_at=START)
RESULT = JobResult(images=[Artifact(source=UrlSource("https://cdn.example/1.png"))])
DONE = JobUpdate(state=JobState.SUCCEEDED, vendor_status="OK", result=RESULT)
RUNNING = JobUpdate(state=JobState.RUNNING, vendor_status="BUSY", request_id="r-9")
MISSING = JobUpdate(state=JobState.NOT_FOUND)
CAPABILITIES = Capabilities(garments=[["top"]], typical_job_s=8.0, quota=Quota(poll_interval_s=2.0))
LOST = errors.AnswerLost("the answer was lost.")


@attrs.define
class Vendor:
    """Answers as its script says, and then for ever as it ends; every question takes time."""

    clock: FakeClock
    script: list = attrs.field(converter=list)
    answer_s: float = 0.0
    asked_at: list = attrs.field(factory=list)

    def ask(self, job):
        assert job.id == JOB.id
        self.asked_at.append(self.clock.monotonic() - 1000)
        self.clock.advance(self.answer_s)
        answer = self.script[min(len(self.asked_at), len(self.script)) - 1]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _wait(
    *script,
    times=None,
    timeout_s=None,
    policy=None,
    on_update=lambda _: None,
    answer_s=0.0,
    job=JOB,
    **facts,
):
    clock = FakeClock()
    vendor = Vendor(clock, script, answer_s)
    try:
        outcome = wait_for(
            job,
            vendor.ask,
            capabilities=CAPABILITIES,
            policy=policy or PollPolicy(),
            clock=clock,
            deadline_s=None if timeout_s is None else clock.monotonic() + timeout_s,
            on_update=on_update,
            times=times,
            **facts,
        )
    except Exception as error:  # noqa: BLE001  (whatever comes is what the test looks at)
        outcome = error
    return outcome, vendor


def _asked_at(*pauses, odd=()):
    """Return the times of questions, where None is a pause of the schedule's own."""
    times, odd = [], dict(odd)
    for pause in pauses:
        age_s = sum(times[-1:])
        scheduled = next_delay_s(
            PollPolicy(),
            polls=len(times),
            odd_polls=odd.get(len(times), 0),
            usual_job_s=CAPABILITIES.typical_job_s,
            quota=CAPABILITIES.quota,
            age_s=age_s,
        )
        times.append(age_s + (scheduled if pause is None else pause))
    return pytest.approx(times)


def test_a_finished_job_gives_its_result():
    seen = []
    outcome, vendor = _wait(RUNNING, RUNNING, DONE, on_update=seen.append)
    assert outcome is RESULT
    assert seen == [RUNNING, RUNNING, DONE]
    assert vendor.asked_at == _asked_at(None, None, None)


def test_what_the_server_asks_for_sets_the_next_pause_only():
    _, vendor = _wait(attrs.evolve(RUNNING, retry_after_s=7.0), RUNNING, DONE)
    assert vendor.asked_at == _asked_at(None, 7.0, None)


def test_whoever_waits_learns_how_long_jobs_take():
    times = JobTimes(8)
    for _ in range(20):
        _, vendor = _wait(*[RUNNING] * 6, DONE, times=times)
    assert times.usual_s > 12
    assert vendor.asked_at[0] == pytest.approx(2 / 3 * times.usual_s, rel=0.05)


def test_a_job_is_taken_to_have_ended_between_the_last_two_polls_that_say_something():
    times = JobTimes(8)
    _, vendor = _wait(RUNNING, LOST, MISSING, DONE, times=times)
    ended_s = (vendor.asked_at[0] + vendor.asked_at[3]) / 2
    assert times.usual_s == pytest.approx((8 + ended_s) / 2)


def test_nothing_is_learned_from_a_job_without_result_or_from_one_that_was_over_long_ago():
    times = JobTimes(8)
    _wait(RUNNING, JobUpdate(state=JobState.FAILED), times=times)
    _wait(RUNNING, timeout_s=20, times=times)
    _wait(DONE, job=attrs.evolve(JOB, submitted_at=START - timedelta(hours=1)), times=times)
    assert times.usual_s == 8


def test_a_refused_question_is_repeated_when_the_server_says():
    slow_down = errors.RateLimited("slow down.", retry_after_s=9.0)
    outcome, vendor = _wait(slow_down, LOST, DONE)
    assert outcome is RESULT
    assert vendor.asked_at == _asked_at(None, 9.0, None, odd={2: 2})


def test_the_last_question_is_asked_at_the_deadline_and_none_after_it():
    outcome, vendor = _wait(RUNNING, timeout_s=11.0)
    assert isinstance(outcome, errors.PollTimeout)
    assert vendor.asked_at[:3] == _asked_at(None, None, None)
    assert vendor.asked_at[-1] == 11.0
    assert len(vendor.asked_at) == 4
    assert vendor.clock.monotonic() == 1011.0


def test_a_job_that_finishes_at_the_deadline_is_a_success():
    assert _wait(RUNNING, RUNNING, RUNNING, DONE, timeout_s=11.0)[0] is RESULT


def test_a_long_retry_after_does_not_outlast_the_deadline():
    outcome, vendor = _wait(attrs.evolve(RUNNING, retry_after_s=1e6), timeout_s=20.0)
    assert isinstance(outcome, errors.PollTimeout)
    assert vendor.asked_at[:1] == _asked_at(None)
    assert vendor.asked_at[1:] == [20.0]


@pytest.mark.parametrize("timeout_s", [0.0, -5.0])
def test_without_any_time_the_job_is_still_asked_for_once(timeout_s):
    outcome, vendor = _wait(DONE, timeout_s=timeout_s)
    assert outcome is RESULT
    assert vendor.asked_at == [0.0]
    outcome, vendor = _wait(RUNNING, timeout_s=timeout_s)
    assert isinstance(outcome, errors.PollTimeout)
    assert outcome.last_update is RUNNING
    assert vendor.asked_at == [0.0]


def test_a_question_that_outlasts_the_deadline_is_the_last():
    outcome, vendor = _wait(RUNNING, timeout_s=6.0, answer_s=30.0)
    assert isinstance(outcome, errors.PollTimeout)
    assert vendor.asked_at == _asked_at(None)


def test_a_time_out_keeps_all_that_is_needed_to_go_on():
    outcome, _ = _wait(RUNNING, timeout_s=9.0)
    assert (outcome.job, outcome.provider, outcome.last_update) == (JOB, "acme", RUNNING)
    assert outcome.request_id == "r-9"
    assert outcome.message == "job t-1 is still BUSY and the time is up."
    assert "resume" in outcome.remedy


def test_a_time_out_without_any_answer_says_why():
    outcome, _ = _wait(LOST, timeout_s=5.0)
    assert isinstance(outcome, errors.PollTimeout)
    assert outcome.last_update is None
    assert outcome.__cause__ is LOST
    assert "gave no usable answer (the answer was lost)" in outcome.message


def test_a_time_out_after_answers_is_not_blamed_on_an_old_fault():
    outcome, _ = _wait(LOST, RUNNING, timeout_s=9.0)
    assert outcome.__cause__ is None


def test_an_old_job_is_asked_for_at_once():
    old = attrs.evolve(JOB, submitted_at=START - timedelta(hours=1))
    clock = FakeClock()
    answers = iter([RUNNING, DONE])
    wait_for(
        old,
        lambda _: next(answers),
        capabilities=CAPABILITIES,
        policy=PollPolicy(),
        clock=clock,
        deadline_s=None,
        on_update=lambda _: None,
    )
    assert clock.sleeps[0] == 0.0
    assert clock.sleeps[1] >= 2.0


UNKNOWN_WORD = JobUpdate(state=JobState.UNKNOWN, vendor_status="PONDERING")
ODD = [
    MISSING,
    UNKNOWN_WORD,
    JobUpdate(state=JobState.SUCCEEDED),
    errors.AnswerLost("lost."),
    errors.NotSent("refused."),
    errors.RateLimited("too fast."),
    errors.LimitError("busy."),
    errors.VendorUnavailable("503."),
    errors.ServiceMoved("302."),
    errors.UnexpectedResponse("a page.", http_status=200),
    errors.UnexpectedResponse("a page.", http_status=404),
    errors.UnexpectedResponse("a page.", http_status=408),
    errors.UnexpectedResponse("a page.", http_status=504),
    errors.InputRefused("task_id is missing.", vendor_code="700"),
    errors.InputRefused("422.", http_status=422),
    errors.AccessDenied("a page of a firewall.", http_status=403),
    errors.ProviderBug("KeyError.", hook="poll", version="1"),
    errors.OutcomeUnknown("lost."),
    errors.CancelRefused("too late."),
]


def _name(answer):
    if isinstance(answer, JobUpdate):
        return answer.state.name
    return type(answer).__name__


@pytest.mark.parametrize("odd", ODD, ids=_name)
def test_one_odd_answer_never_ends_a_wait(odd):
    for script in ([odd], [RUNNING, odd], [RUNNING, odd, RUNNING, odd, odd], [odd] * 4):
        assert _wait(*script, DONE)[0] is RESULT


@pytest.mark.parametrize("odd", ODD, ids=_name)
def test_odd_answers_in_a_row_for_minutes_end_it_with_a_job_that_can_be_resumed(odd):
    outcome, vendor = _wait(RUNNING, odd)
    assert isinstance(outcome, errors.AnswerLost)
    assert (outcome.job, outcome.provider, outcome.billed) == (JOB, "acme", "unknown")
    assert outcome.retry == "later"
    assert "resume" in outcome.remedy
    assert f"{len(vendor.asked_at) - 1} polls in a row" in outcome.message
    odd_s = vendor.asked_at[-1] - vendor.asked_at[1]
    assert 180 <= odd_s < 240
    assert len(vendor.asked_at) < 15
    assert outcome.__cause__ is (odd if isinstance(odd, Exception) else None)


def test_the_vendors_sentence_and_code_are_told():
    outcome, _ = _wait(errors.InputRefused("700 task_id is missing.", vendor_code="700"))
    assert "task_id is missing" in outcome.message
    assert (outcome.vendor_code, outcome.fault) == ("700", "vendor")
    assert "'PONDERING'" in _wait(UNKNOWN_WORD)[0].message
    assert "does not know the job" in _wait(MISSING)[0].message


TOLD = JobUpdate(
    state=JobState.UNKNOWN,
    vendor_status="422 NoFace",
    failure=Failure(code="NoFace", message="no face", fault="input", billed="no"),
)


def test_a_failure_that_may_pass_ends_a_wait_when_the_vendor_keeps_saying_so():
    outcome, vendor = _wait(RUNNING, TOLD)
    assert isinstance(outcome, errors.JobFailed)
    assert (outcome.vendor_code, outcome.fault, outcome.billed) == ("NoFace", "input", "no")
    assert outcome.job == JOB
    assert len(vendor.asked_at) == 6
    assert vendor.asked_at[-1] - vendor.asked_at[1] < 60


@pytest.mark.parametrize("between", [RUNNING, MISSING, LOST])
def test_a_failure_that_passes_is_none(between):
    script = [TOLD] * 3 + [between] + [TOLD] * 3 + [DONE]
    assert _wait(*script)[0] is RESULT


def test_a_failure_that_may_pass_is_told_as_one():
    told = []
    _wait(TOLD, DONE, note=told.append)
    (sentence,) = told
    assert "it failed, which may pass: no face (NoFace)." in sentence


def test_an_answer_starts_the_count_anew():
    policy = PollPolicy(tolerated_polls=3, tolerated_s=0)
    script = [LOST, MISSING, RUNNING] * 4 + [DONE]
    assert _wait(*script, policy=policy)[0] is RESULT
    assert isinstance(_wait(LOST, MISSING, LOST, DONE, policy=policy)[0], errors.AnswerLost)


def test_only_the_first_odd_answer_in_a_row_is_told_and_each_long_pause():
    told = []
    slow = attrs.evolve(RUNNING, retry_after_s=86_400.0)
    _wait(LOST, MISSING, RUNNING, MISSING, RUNNING, slow, DONE, note=told.append)
    assert told == [
        "job t-1: a poll gave no usable answer: the answer was lost. It is polled again.",
        "job t-1: a poll gave no usable answer: acme does not know the job. It is polled again.",
        "job t-1: acme asks for a pause of 86400 s; the next poll is in 300 s.",
    ]


@pytest.mark.parametrize(
    "fault",
    [
        errors.AuthenticationFailed("no."),
        errors.AccessDenied("not yours.", vendor_code="Forbidden"),
        errors.MissingCredential("none."),
        errors.JobExpired("gone."),
        ZeroDivisionError(),
    ],
    ids=_name,
)
def test_what_cannot_pass_ends_the_wait_at_once(fault):
    outcome, vendor = _wait(fault, DONE)
    assert outcome is fault
    assert len(vendor.asked_at) == 1


def test_a_job_that_is_not_known_before_its_time_is_not_expired():
    job = attrs.evolve(JOB, expires_at=START + timedelta(seconds=150))
    outcome, vendor = _wait(MISSING, job=job)
    assert isinstance(outcome, errors.JobExpired)
    assert (outcome.job, outcome.provider) == (job, "acme")
    assert vendor.asked_at[-1] >= 150 > vendor.asked_at[-2]
    assert _wait(*[MISSING] * 5, DONE, job=job)[0] is RESULT


HERE = ProviderSettings("acme", {"api_key": Secret("sk-1"), "base_url": "https://here.example"})
ACCEPTED_HERE = attrs.evolve(JOB, account=HERE.account, base_url="https://here.example")


def _settings(key="sk-1", base_url="https://here.example"):
    return ProviderSettings("acme", {"api_key": Secret(key), "base_url": base_url})


@pytest.mark.parametrize(
    ("asked_with", "words"),
    [
        (_settings(base_url="https://me:pw@there.example?k=1"), "https://there.example was asked"),
        (_settings(key="sk-2"), "with another key"),
    ],
    ids=["address", "account"],
)
@pytest.mark.parametrize(
    "denial",
    [
        MISSING,
        JobUpdate(state=JobState.FAILED),
        JobUpdate(state=JobState.CANCELLED),
        errors.InputRefused("no such task."),
        errors.UnexpectedResponse("a page.", http_status=404),
        errors.JobExpired("gone."),
    ],
    ids=_name,
)
def test_a_job_is_not_judged_anywhere_but_where_it_was_accepted(asked_with, words, denial):
    job = attrs.evolve(ACCEPTED_HERE, expires_at=START)
    outcome, vendor = _wait(denial, job=job, settings=asked_with)
    assert isinstance(outcome, errors.SettingsError)
    assert outcome.job is job
    assert words in outcome.message
    assert "resume" in outcome.remedy
    assert not any(secret in str(outcome) for secret in ("sk-1", "sk-2", "pw", "k=1"))
    assert len(vendor.asked_at) == 1


def test_a_job_is_delivered_wherever_the_vendor_knows_it():
    asked_with = _settings(key="sk-2", base_url="https://moved.example")
    assert _wait(RUNNING, LOST, DONE, job=ACCEPTED_HERE, settings=asked_with)[0] is RESULT


def test_a_job_of_an_old_token_is_judged_by_its_answers_alone():
    assert _wait(MISSING, DONE, settings=HERE)[0] is RESULT
    assert isinstance(_wait(MISSING, settings=HERE)[0], errors.AnswerLost)


@given(
    script=st.lists(st.sampled_from([*ODD, RUNNING]), max_size=40),
    answer_s=st.sampled_from([0.0, 0.5, 20.0]),
)
@settings(deadline=None, max_examples=200)
def test_whatever_odd_answers_come_below_the_tolerance_a_later_result_is_delivered(
    script, answer_s
):
    # Four in a row at most, however long they take.
    kept = []
    for answer in script:
        if [entry is RUNNING for entry in kept[-4:]] == [False] * 4:
            kept.append(RUNNING)
        kept.append(answer)
    assert _wait(*kept, DONE, answer_s=answer_s)[0] is RESULT


def test_what_the_callback_raises_comes_through_as_it_is():
    fault = RuntimeError("the caller's own")

    def fail(_):
        raise fault

    outcome, vendor = _wait(DONE, on_update=fail)
    assert outcome is fault
    assert len(vendor.asked_at) == 1


def test_a_failure_is_told_in_the_vendors_words_with_its_answers():
    failure = Failure(
        code="E7", message="no person", fault="input", retry="after_change", billed="no",
        remedy="Use another photo.",
    )  # fmt: skip
    outcome, _ = _wait(JobUpdate(state=JobState.FAILED, failure=failure, request_id="r-1"))
    assert isinstance(outcome, errors.JobFailed)
    assert str(outcome) == "job t-1 failed: no person (E7). Use another photo."
    assert outcome.failure is failure
    for name in ("fault", "retry", "billed", "remedy"):
        assert getattr(outcome, name) == getattr(failure, name)
    assert (outcome.vendor_code, outcome.request_id) == ("E7", "r-1")
    assert (outcome.job, outcome.provider) == (JOB, "acme")


def test_a_failure_without_reason_may_have_been_billed():
    outcome, _ = _wait(JobUpdate(state=JobState.FAILED))
    assert (outcome.billed, outcome.retry) == ("unknown", "never_automatically")
    assert "gave no reason" in outcome.message
    assert "dashboard" in outcome.remedy


def test_a_cancelled_job_is_told_with_its_job():
    with pytest.raises(errors.JobCancelled) as caught:
        result_of(JOB, JobUpdate(state=JobState.CANCELLED, request_id="r-1"))
    assert (caught.value.job, caught.value.provider) == (JOB, "acme")
    assert (caught.value.request_id, caught.value.billed) == ("r-1", "unknown")


def test_a_cancelled_job_is_billed_as_the_vendor_says():
    failure = Failure(code="cancelled", message="Gone", billed="no")
    for told, billed in ((failure, "no"), (None, "unknown")):
        with pytest.raises(errors.JobCancelled) as caught:
            result_of(JOB, JobUpdate(state=JobState.CANCELLED, failure=told))
        assert caught.value.billed == billed


def test_a_success_without_result_is_a_fault_of_the_plugin():
    with pytest.raises(errors.UnexpectedResponse, match="gave no result") as caught:
        result_of(JOB, JobUpdate(state=JobState.SUCCEEDED))
    assert (caught.value.job, caught.value.billed) == (JOB, "unknown")


def test_an_expired_job_tells_its_times_in_utc():
    beijing = timezone(timedelta(hours=8))
    job = Job(
        provider="acme",
        id="t-1",
        submitted_at=START.astimezone(beijing),
        expires_at=(START + timedelta(days=1)).astimezone(beijing),
    )
    assert job_expired(job).message == (
        "acme does not know the job t-1 any more "
        "(submitted 2026-01-02 03:04 UTC, kept until 2026-01-03 03:04 UTC)."
    )
    assert "kept until" not in job_expired(JOB).message


updates = st.builds(
    JobUpdate,
    state=st.sampled_from(JobState),
    result=st.sampled_from([None, RESULT]),
    retry_after_s=st.sampled_from([None, 0.0, 0.5, 30.0, 1e4]),
)
faults = st.sampled_from(
    [
        *(odd for odd in ODD if isinstance(odd, Exception)),
        errors.AuthenticationFailed("no."),
        errors.InputError("bad."),
    ]
)


@given(
    script=st.lists(updates | faults, min_size=1, max_size=15),
    timeout_s=st.floats(0, 500),
    answer_s=st.sampled_from([0.0, 0.5, 40.0]),
)
@settings(deadline=None, max_examples=300)
def test_every_wait_ends_in_time_with_a_result_or_one_of_our_errors(script, timeout_s, answer_s):
    outcome, vendor = _wait(*script, timeout_s=timeout_s, answer_s=answer_s)
    assert outcome is RESULT or isinstance(outcome, errors.TryOnError)
    assert len(vendor.asked_at) >= 1
    # Sleeping never goes past the deadline; only the last answer may.
    assert vendor.asked_at[-1] <= timeout_s + 1e-6
    if isinstance(outcome, errors.PollTimeout):
        assert vendor.clock.monotonic() >= 1000 + timeout_s - 1e-6
    if not isinstance(outcome, JobResult) and outcome not in script:
        assert outcome.job is JOB


@given(script=st.lists(updates | faults, min_size=1, max_size=15))
@settings(deadline=None, max_examples=100)
def test_without_a_deadline_only_a_job_under_way_is_waited_for(script):
    # A vendor that ends its script in a final state never keeps the caller.
    outcome, vendor = _wait(*script, DONE)
    assert outcome is RESULT or isinstance(outcome, errors.TryOnError)
    assert len(vendor.asked_at) <= len(script) + 1
