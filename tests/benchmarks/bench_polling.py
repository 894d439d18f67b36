"""How soon a finished job is noticed for how many polls, on simulated durations of jobs."""

import itertools
import time

import attrs
import numpy as np
import pytest

from best_inspection import least_delay_s
from tryon_core.models import Quota
from tryon_core.polling import JobTimes, PollPolicy, next_delay_s

MEDIANS_S = (10, 20, 45)
SIGMAS = (0.15, 0.3, 0.45, 0.6)
CASES = list(itertools.product(MEDIANS_S, SIGMAS))
INTERVALS_S = (3.0, 5.0)
"""What our vendors declare."""
JOBS = 100_000
SEEN = 200


@attrs.frozen
class Figures:
    """What a rule costs: polls per job, seconds from the end of a job to its detection."""

    polls: float
    delay_s: float


def _jobs(median_s, sigma, *, count=JOBS, seed=1):
    generator = np.random.default_rng([seed, round(median_s), round(100 * sigma)])
    return median_s * np.exp(sigma * generator.standard_normal(count))


def _figures(ages_s, jobs_s):
    found = np.searchsorted(ages_s, jobs_s)
    return Figures(float((found + 1).mean()), float((np.asarray(ages_s)[found] - jobs_s).mean()))


def _polled_at_s(usual_s, until_s, interval_s):
    """Return the ages at which a job is polled that takes so long."""
    ages_s = [0.0]
    while ages_s[-1] < until_s:
        delay_s = next_delay_s(
            PollPolicy(),
            polls=len(ages_s) - 1,
            usual_job_s=usual_s,
            quota=Quota(poll_interval_s=interval_s),
            age_s=ages_s[-1],
        )
        ages_s.append(ages_s[-1] + delay_s)
    return ages_s[1:]


def _learned(median_s, sigma, interval_s):
    """Measure jobs that are themselves only seen by polling, from a declared time of 15 s on."""
    times = JobTimes(15)
    polls, delays_s = [], []
    for job_s in _jobs(median_s, sigma, count=SEEN, seed=2):
        ages_s = [0.0, *_polled_at_s(times.usual_s, job_s, interval_s)]
        times.observe((ages_s[-1] + ages_s[-2]) / 2)
        polls.append(len(ages_s) - 1)
        delays_s.append(ages_s[-1] - job_s)
    return Figures(float(np.mean(polls)), float(np.mean(delays_s)))


@pytest.mark.parametrize("interval_s", INTERVALS_S)
def test_distance_from_the_best_possible(record, interval_s):
    known, learned, polls = [], [], []
    for median_s, sigma in CASES:
        jobs_s = _jobs(median_s, sigma)
        ours = _figures(_polled_at_s(median_s, jobs_s.max(), interval_s), jobs_s)
        seen = _learned(median_s, sigma, interval_s)
        for figures, ratios in ((ours, known), (seen, learned)):
            best_s = least_delay_s(median_s, sigma, figures.polls, floor_s=interval_s)
            ratios.append(figures.delay_s / best_s)
        polls.append(ours.polls)
    name = f"polling: delay / best possible, never within {interval_s:g} s"
    figures = f"{np.mean(known):.2f} mean, {max(known):.2f} most, {np.mean(polls):.1f} polls"
    record(name, figures, "<= 1.15 mean")
    record(f"{name}, learned", f"{np.mean(learned):.2f} mean, {max(learned):.2f} most", "none")
    assert np.mean(known) <= 1.15
    assert np.mean(learned) <= 1.25


def test_what_a_decision_costs(record):
    generator = np.random.default_rng(1)
    jobs_s = np.exp(generator.normal(3, 0.3, 2000))
    times, policy, quota = JobTimes(20), PollPolicy(), Quota(poll_interval_s=3.0)
    calls, started = 0, time.process_time()
    for job_s in jobs_s:
        for polls in range(5):
            next_delay_s(
                policy, polls=polls, usual_job_s=times.usual_s, quota=quota, age_s=5.0 * polls
            )
            calls += 1
        times.observe(float(job_s))
    cost_us = (time.process_time() - started) / calls * 1e6
    record("polling: CPU per poll, learning included", f"{cost_us:.0f} µs", "<= 50 µs")
    assert cost_us <= 50
