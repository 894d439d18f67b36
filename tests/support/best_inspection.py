"""The least mean delay that any schedule of polls can have, when the distribution is known.

Independent of the schedule that is measured: a fine grid, linear in time where jobs end, and no
search for a price. Every price of a poll gives one point of the lower hull; between two points it
is taken as straight, which is too high by less than the 2 % that the grids make of error.
"""

import functools
import math

import numpy as np

_normal = np.vectorize(lambda score: 0.5 + 0.5 * math.erf(score / math.sqrt(2)))
PRICES_S = np.geomspace(0.01, 30, 40)


@functools.cache
def best_possible(median_s, sigma, *, floor_s):
    """Return (mean polls, mean delay in seconds) of the best schedules, one per price."""
    times = _times(median_s, sigma)
    with np.errstate(divide="ignore"):
        scores = np.log(times / median_s) / sigma
    ended = _normal(scores)
    ended_mean = median_s * math.exp(sigma**2 / 2) * _normal(scores - sigma)
    soonest = np.maximum(np.searchsorted(times, times + floor_s - 1e-9), np.arange(len(times)) + 1)
    points = [_solved(price_s, times, ended, ended_mean, soonest) for price_s in PRICES_S]
    return np.array(sorted(points)).T


def least_delay_s(median_s, sigma, mean_polls, *, floor_s=0.0):
    """Return the least mean delay that so many polls allow, in seconds."""
    polls, delays_s = best_possible(median_s, sigma, floor_s=floor_s)
    return float(np.interp(mean_polls, polls, delays_s))


def _times(median_s, sigma, count=500):
    low_s, high_s = (median_s * math.exp(sigma * score) for score in (-4, 3))
    tail_s = high_s * np.geomspace(1, math.exp(2.5 * sigma), 60)[1:]
    return np.concatenate([[0.0], np.linspace(low_s, high_s, count), tail_s])


def _solved(price_s, times, ended, ended_mean, soonest):
    last = len(times) - 1
    cost, polls = np.zeros(last + 1), np.zeros(last + 1)
    for i in range(last - 1, -1, -1):
        j = soonest[i]
        if j > last:
            continue
        waits = times[j:] * (ended[j:] - ended[i]) - (ended_mean[j:] - ended_mean[i]) + cost[j:]
        best = int(np.argmin(waits))
        cost[i] = price_s * (1 - ended[i]) + waits[best]
        polls[i] = 1 - ended[i] + polls[j + best]
    return polls[0], cost[0] - price_s * polls[0]
