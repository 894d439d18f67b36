import itertools
import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tryon_core.schedule import plan_for

NORMAL = NormalDist()


def _ages(plan, until):
    ages = [0.0, plan.first]
    while ages[-1] < until:
        ages.append(ages[-1] + plan.delay(ages[-1], 1.25))
    return ages


def _mean_polls(plan, sigma):
    ages = _ages(plan, math.exp(4 * sigma))
    return sum(1 - NORMAL.cdf(math.log(age) / sigma) if age else 1.0 for age in ages)


@pytest.mark.parametrize("sigma", [0.15, 0.3, 0.6])
@pytest.mark.parametrize("mean_polls", [1.5, 2.5, 5, 10])
def test_as_many_questions_are_asked_as_are_allowed(sigma, mean_polls):
    plan = plan_for(sigma, mean_polls=mean_polls, least_gap=0)
    assert plan.mean_polls <= mean_polls
    assert _mean_polls(plan, sigma) == pytest.approx(mean_polls, rel=0.06)


@pytest.mark.parametrize("sigma", [0.15, 0.3, 0.6])
def test_the_times_fulfil_the_relation_of_barlow_hunter_and_proschan(sigma):
    # x[k+1] - x[k] = (F(x[k]) - F(x[k-1])) / f(x[k]) - price; a grid knows times to a step only.
    plan = plan_for(sigma, mean_polls=4, least_gap=0)
    ages = _ages(plan, math.exp(1.5 * sigma))

    def ended(age):
        return NORMAL.cdf(math.log(age) / sigma) if age else 0.0

    def density(age):
        return NORMAL.pdf(math.log(age) / sigma) / (sigma * age)

    for before, age, after in zip(ages, ages[1:], ages[2:], strict=False):
        expected = (ended(age) - ended(before)) / density(age) - plan.price
        assert after - age == pytest.approx(expected, abs=0.25 * sigma)


def test_a_wide_gap_leaves_room_for_fewer_questions():
    plan = plan_for(0.3, mean_polls=10, least_gap=0.5)
    assert plan.mean_polls < 4
    ages = _ages(plan, 3)
    gaps = [after - before for before, after in itertools.pairwise(ages)]
    assert min(gaps) > 0.46  # plans are shared by gaps that are up to 8 % wider


def test_a_gap_beyond_all_times_is_kept():
    assert plan_for(0.2, mean_polls=3, least_gap=50).first >= 46


@given(
    sigma=st.floats(0, 100),
    mean_polls=st.sampled_from([1.01, 1.5, 4.0, 30.0, 1e6]),
    least_gap=st.floats(0, 1e9),
    growth=st.floats(1, 10),
    age=st.floats(0, 1e9),
)
@settings(deadline=None, max_examples=200)
def test_every_delay_is_positive_and_no_later_age_has_an_earlier_next_look(
    sigma, mean_polls, least_gap, growth, age
):
    plan = plan_for(sigma, mean_polls=mean_polls, least_gap=least_gap)
    assert all(before < after for before, after in itertools.pairwise(plan.ages))
    assert all(before <= after for before, after in itertools.pairwise(plan.next_ages))
    assert 0 < plan.delay(age, growth) < math.inf


def test_a_plan_is_worked_out_once_for_parameters_that_hardly_differ():
    one = plan_for(0.3, mean_polls=4, least_gap=0.101)
    assert plan_for(0.3 * (1 + 1e-9), mean_polls=4, least_gap=0.102) is one
