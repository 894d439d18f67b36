import itertools
import math

import pytest
from hypothesis import given, settings, strategies as st

from tryon_core import errors
from tryon_core.models import Artifact, JobResult, JobState, JobUpdate, Quota, UrlSource
from tryon_core.polling import JobTimes, PollPolicy, is_odd, judge, next_delay_s

POLICY = PollPolicy()
SLOW = Quota(poll_interval_s=3.0)


def _delay(polls, *, policy=POLICY, usual_job_s=10.0, quota=SLOW, **facts):
    return next_delay_s(policy, polls=polls, usual_job_s=usual_job_s, quota=quota, **facts)


def _verdict(answer, *, policy=POLICY, **facts):
    usual = {"odd_polls": 1, "odd_s": 0.0, "is_past_expiry": False, "is_elsewhere": False}
    answer = JobUpdate(state=answer) if isinstance(answer, JobState) else answer
    return judge(policy, answer, **{**usual, **facts})


def _asked_at(count, *, policy=POLICY, **facts):
    ages = []
    for polls in range(count):
        age_s = ages[-1] if ages else 0.0
        ages.append(age_s + _delay(polls, policy=policy, age_s=age_s, **facts))
    return ages


def test_the_first_poll_comes_at_two_thirds_of_the_usual_time():
    assert _delay(0, usual_job_s=60) == 40
    assert _delay(0, usual_job_s=60, age_s=15) == 25


def test_then_it_is_polled_at_the_recommended_interval_and_stragglers_less_often():
    ages = _asked_at(12, usual_job_s=30)
    gaps = [after - before for before, after in itertools.pairwise(ages)]
    assert ages[0] == 20
    assert gaps[:8] == pytest.approx([3.0] * 8)
    assert _delay(9, age_s=120) == 8.0
    assert _delay(9, age_s=1e5) == POLICY.max_interval_s == 15.0


def test_a_provider_of_this_machine_is_polled_quickly():
    here = Quota(poll_interval_s=0.05)
    assert _delay(1, quota=here, age_s=0.6) == 0.05
    assert _delay(9, quota=here, age_s=9.0) == pytest.approx(0.6)


def test_the_usual_time_is_the_median_of_what_is_declared_and_of_the_latest_jobs():
    times = JobTimes(20)
    assert times.usual_s == 20
    times.observe(30)
    assert times.usual_s == 25
    for seconds in (30, 31, 4000):
        times.observe(seconds)
    assert times.usual_s == 30
    for _ in range(16):
        times.observe(8)
    assert times.usual_s == 8


def test_the_first_question_comes_no_sooner_than_the_vendor_recommends():
    assert _delay(0, usual_job_s=1) == 3.0


def test_whoever_comes_back_to_an_old_job_asks_at_once():
    first_s = _delay(0, usual_job_s=40)
    assert _delay(0, usual_job_s=40, age_s=15) == pytest.approx(first_s - 15)
    assert _delay(0, usual_job_s=40, age_s=3600) == 0.0
    assert _delay(1, usual_job_s=40, age_s=3600) >= 3.0


@pytest.mark.parametrize("age_s", [-3600, math.nan])
def test_a_clock_that_went_back_does_not_change_the_first_question(age_s):
    assert _delay(0, usual_job_s=40, age_s=age_s) == _delay(0, usual_job_s=40)


def test_a_job_that_takes_far_too_long_is_asked_for_less_and_less_often():
    delays = [_delay(20, age_s=age_s) for age_s in (90, 100, 110, 120)]
    assert delays == sorted(set(delays))
    assert _delay(20, age_s=3600) == _delay(20, age_s=math.inf) == 15.0


def test_a_recommended_interval_beyond_the_longest_is_kept():
    assert _delay(50, quota=Quota(poll_interval_s=60)) == 60.0


def test_the_allowed_rate_of_polls_is_kept():
    seldom = Quota(poll_interval_s=1, queries_per_s=0.2)
    assert _delay(0, usual_job_s=1, quota=seldom) == 5.0
    assert _delay(1, usual_job_s=1, quota=seldom, age_s=5) == 5.0


@pytest.mark.parametrize("polls", [0, 1, 30])
def test_what_the_server_asks_for_wins(polls):
    assert _delay(polls, retry_after_s=0.5) == 0.5
    assert _delay(polls, retry_after_s=120) == 120


def test_no_server_can_ask_for_a_pause_without_end():
    assert _delay(1, retry_after_s=86_400) == POLICY.max_retry_after_s == 300


def test_the_more_odd_answers_the_longer_the_pause_up_to_a_minute():
    delays = [_delay(9, age_s=10, odd_polls=odd_polls) for odd_polls in range(1, 9)]
    assert delays == sorted(delays)
    assert delays[-1] == 60
    assert _delay(9, odd_polls=10**6) == 60


@pytest.mark.parametrize("silly", [0.0, -5.0, math.nan])
def test_a_server_that_asks_for_no_pause_is_polled_by_the_schedule(silly):
    assert _delay(1, retry_after_s=silly) == _delay(1)


def test_no_server_is_asked_more_often_than_it_allows():
    assert _delay(1, retry_after_s=1e-9) == POLICY.min_interval_s
    assert _delay(1, retry_after_s=1e-9, quota=Quota(queries_per_s=2)) == 0.5


facts = {
    "usual_job_s": st.floats(0, 1e6),
    "quota": st.builds(
        Quota,
        poll_interval_s=st.floats(0, 1e4),
        queries_per_s=st.none() | st.floats(0, 1e4).filter(lambda rate: rate == 0 or rate > 1e-4),
    ),
    "policy": st.builds(
        PollPolicy,
        min_interval_s=st.floats(0.001, 10),
        max_interval_s=st.floats(0.01, 1e4),
    ),
}


def _floor_s(policy, quota):
    rate = quota.queries_per_s
    return max(policy.min_interval_s, 1 / rate if rate else 0.0)


@given(
    polls=st.integers(0, 10**9),
    age_s=st.floats(),
    retry_after_s=st.none() | st.floats(),
    **facts,
)
@settings(deadline=None, max_examples=300)
def test_every_delay_is_a_number_within_the_bounds(polls, age_s, retry_after_s, policy, **given):
    quota = given["quota"]
    delay_s = next_delay_s(policy, polls=polls, age_s=age_s, retry_after_s=retry_after_s, **given)
    least_s = _floor_s(policy, quota)
    if retry_after_s is not None and retry_after_s > 0:
        assert delay_s == max(least_s, min(retry_after_s, policy.max_retry_after_s))
    elif polls:
        floor_s = max(least_s, quota.poll_interval_s)
        assert floor_s <= delay_s <= max(floor_s, policy.max_interval_s)
    else:
        assert 0 <= delay_s < math.inf


@given(ages_s=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted), **facts)
@settings(deadline=None, max_examples=200)
def test_whoever_asks_later_asks_again_later(ages_s, policy, **given):
    early, late = (age_s + next_delay_s(policy, polls=1, age_s=age_s, **given) for age_s in ages_s)
    assert early <= late * (1 + 1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_interval_s": 0},
        {"max_interval_s": 0},
        {"max_retry_after_s": 0},
        {"tolerated_polls": 0},
        {"tolerated_s": -1},
    ],
    ids=str,
)
def test_a_policy_that_could_wait_for_ever_cannot_be_made(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PollPolicy(**wrong)


RESULT = JobResult(images=[Artifact(source=UrlSource("https://cdn.example/1.png"))])
ODD = [
    JobUpdate(state=JobState.NOT_FOUND),
    JobUpdate(state=JobState.UNKNOWN, vendor_status="PONDERING"),
    JobUpdate(state=JobState.SUCCEEDED),
    errors.AnswerLost("lost."),
    errors.UnexpectedResponse("a page.", http_status=200),
    errors.ServiceMoved("302.", http_status=302),
    errors.InputRefused("task_id is missing.", vendor_code="700"),
    errors.AccessDenied("a page of a firewall.", http_status=403),
    errors.CreditsExhausted("a page of a firewall.", http_status=403),
    errors.RateLimited("too fast."),
    errors.VendorUnavailable("503."),
    errors.ProviderBug("KeyError.", hook="poll", version="1"),
]
FINAL = [
    JobUpdate(state=JobState.SUCCEEDED, result=RESULT),
    JobUpdate(state=JobState.FAILED),
    JobUpdate(state=JobState.CANCELLED),
    errors.AuthenticationFailed("no."),
    errors.AccessDenied("not yours.", vendor_code="Forbidden"),
    errors.MissingCredential("none."),
    errors.JobExpired("the vendor says so."),
    errors.JobFailed("the vendor says so."),
]


def _name(answer):
    if isinstance(answer, JobUpdate):
        return answer.state.name
    return type(answer).__name__


@pytest.mark.parametrize("answer", FINAL, ids=_name)
def test_a_final_answer_ends_the_wait(answer):
    assert not is_odd(answer)
    assert _verdict(answer, odd_polls=0) == "over"


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RUNNING])
def test_a_job_under_way_is_polled_again_however_old_it_is(state):
    assert _verdict(state, odd_polls=0, is_past_expiry=True, is_elsewhere=True) == "poll_again"


@pytest.mark.parametrize("answer", ODD, ids=_name)
def test_an_odd_answer_ends_a_wait_only_when_both_tolerances_are_used_up(answer):
    assert is_odd(answer)
    assert _verdict(answer) == "poll_again"
    assert _verdict(answer, odd_polls=4, odd_s=1e9) == "poll_again"
    assert _verdict(answer, odd_polls=10**9, odd_s=179) == "poll_again"
    assert _verdict(answer, odd_polls=5, odd_s=180) == "given_up"


@pytest.mark.parametrize("answer", ODD, ids=_name)
def test_only_a_job_that_is_past_its_time_and_not_known_is_expired(answer):
    is_unknown_job = _name(answer) == "NOT_FOUND"
    verdict = _verdict(answer, is_past_expiry=True)
    assert verdict == ("expired" if is_unknown_job else "poll_again")


DENIALS = {"NOT_FOUND", "FAILED", "CANCELLED"}


def test_a_job_is_judged_only_where_it_was_accepted():
    denials = [
        *(JobUpdate(state=state) for state in JobState if state.name in DENIALS),
        errors.InputRefused("no such task."),
        errors.UnexpectedResponse("a page.", http_status=404),
        errors.VendorUnavailable("a page.", http_status=404),
        errors.ServiceMoved("moved.", http_status=301),
        errors.JobExpired("gone."),
        errors.JobFailed("failed."),
    ]
    for answer in denials:
        assert _verdict(answer, is_elsewhere=True, is_past_expiry=True) == "elsewhere"


def test_a_wrong_key_and_an_outage_are_the_same_everywhere():
    assert _verdict(errors.AuthenticationFailed("no."), is_elsewhere=True) == "over"
    for outage in (errors.NotSent("off."), errors.VendorUnavailable("a page.", http_status=503)):
        assert _verdict(outage, is_elsewhere=True) == "poll_again"
    assert _verdict(FINAL[0], is_elsewhere=True) == "over"
