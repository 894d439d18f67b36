import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tryon_core.models import JobState, JobUpdate, Quota
from tryon_core.polling import PollPolicy, judge, next_delay_s

POLICY = PollPolicy()
SLOW = Quota(poll_interval_s=3.0)


def _delay(asked, *, policy=POLICY, typical_job_s=10.0, quota=SLOW, **facts):
    return next_delay_s(policy, asked=asked, typical_job_s=typical_job_s, quota=quota, **facts)


def _verdict(*states, age_s=0.0, policy=POLICY):
    return judge(policy, [JobUpdate(state=state) for state in states], age_s=age_s)


def test_the_first_question_waits_for_a_share_of_the_usual_time():
    assert _delay(0, typical_job_s=40) == 20.0
    assert _delay(0, typical_job_s=40, policy=PollPolicy(first_share=0.25)) == 10.0


def test_the_first_question_comes_no_sooner_than_the_vendor_recommends():
    assert _delay(0, typical_job_s=1) == 3.0


def test_whoever_comes_back_to_an_old_job_asks_at_once():
    assert _delay(0, typical_job_s=40, age_s=15) == 5.0
    assert _delay(0, typical_job_s=40, age_s=3600) == 0.0
    assert _delay(1, typical_job_s=40, age_s=3600) == 3.0


def test_a_clock_that_went_back_does_not_lengthen_the_wait():
    assert _delay(0, typical_job_s=40, age_s=-3600) == 20.0


def test_intervals_grow_from_the_recommended_one_to_the_longest():
    delays = [_delay(asked) for asked in range(1, 12)]
    assert delays[:3] == [3.0, 3.75, 4.6875]
    assert delays == sorted(delays)
    assert delays[-1] == 15.0


def test_a_recommended_interval_beyond_the_longest_is_kept():
    assert _delay(50, quota=Quota(poll_interval_s=60)) == 60.0


def test_the_allowed_rate_of_questions_is_kept():
    assert _delay(1, quota=Quota(poll_interval_s=1, queries_per_s=0.2)) == 5.0


@pytest.mark.parametrize("asked", [0, 1, 30])
def test_what_the_server_asks_for_wins(asked):
    assert _delay(asked, retry_after_s=0.5) == 0.5
    assert _delay(asked, retry_after_s=120) == 120


@pytest.mark.parametrize("silly", [0.0, -5.0, math.nan])
def test_a_server_that_asks_for_no_pause_is_asked_by_the_schedule(silly):
    assert _delay(1, retry_after_s=silly) == 3.0


def test_no_server_is_asked_more_often_than_it_allows():
    assert _delay(1, retry_after_s=1e-9) == POLICY.min_interval_s
    assert _delay(1, retry_after_s=1e-9, quota=Quota(queries_per_s=2)) == 0.5


@given(
    asked=st.integers(0, 10**9),
    typical_job_s=st.floats(0, 1e6),
    quota=st.builds(
        Quota,
        poll_interval_s=st.floats(0, 1e4),
        queries_per_s=st.none() | st.floats(0, 1e4).filter(lambda rate: rate == 0 or rate > 1e-4),
    ),
    policy=st.builds(
        PollPolicy,
        first_share=st.floats(0, 10),
        growth=st.floats(1, 10),
        min_interval_s=st.floats(0.001, 10),
        max_interval_s=st.floats(0.01, 1e4),
    ),
    retry_after_s=st.none() | st.floats(),
)
@settings(deadline=None, max_examples=300)
def test_every_delay_is_a_positive_number(asked, typical_job_s, quota, policy, retry_after_s):
    delay = next_delay_s(
        policy,
        asked=asked,
        typical_job_s=typical_job_s,
        quota=quota,
        retry_after_s=retry_after_s,
    )
    assert delay >= policy.min_interval_s or (asked == 0 and delay >= 0)
    if retry_after_s is None and asked:
        longest = [policy.min_interval_s, policy.max_interval_s, quota.poll_interval_s]
        assert delay <= max(*longest, 1 / quota.queries_per_s if quota.queries_per_s else 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_share": -1},
        {"growth": 0.5},
        {"growth": 1e5},
        {"min_interval_s": 0},
        {"max_interval_s": 0},
        {"max_faults": 0},
        {"max_unknown": 0},
        {"not_found_grace_s": -1},
    ],
    ids=str,
)
def test_a_policy_that_could_wait_for_ever_cannot_be_made(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PollPolicy(**wrong)


@pytest.mark.parametrize("state", [state for state in JobState if state.is_final])
def test_a_final_state_ends_the_wait(state):
    assert _verdict(JobState.RUNNING, state) == "done"


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RUNNING])
def test_a_job_under_way_is_asked_for_again_however_old_it_is(state):
    assert _verdict(*[state] * 500, age_s=1e9) == "ask_again"


def test_a_job_that_is_not_known_yet_has_a_grace():
    assert _verdict(JobState.NOT_FOUND, age_s=15) == "ask_again"
    assert _verdict(JobState.NOT_FOUND, age_s=15.1) == "not_found"
    assert _verdict(JobState.RUNNING, JobState.NOT_FOUND, age_s=16) == "not_found"


def test_unknown_words_are_borne_only_so_often_in_a_row():
    policy = PollPolicy(max_unknown=3)
    unknown, running = JobState.UNKNOWN, JobState.RUNNING
    assert _verdict(unknown, unknown, policy=policy) == "ask_again"
    assert _verdict(unknown, unknown, unknown, policy=policy) == "status_unknown"
    assert _verdict(running, unknown, unknown, unknown, policy=policy) == "status_unknown"
    assert _verdict(unknown, unknown, running, unknown, policy=policy) == "ask_again"
    assert _verdict(unknown, unknown, unknown, running, policy=policy) == "ask_again"
