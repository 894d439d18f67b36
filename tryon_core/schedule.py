"""When to look at something that ends at a random time: optimal inspection, without any unit.

A job's duration is taken as log-normal. Times are counted in medians of it, so that a plan depends
on three numbers only and is worked out once for all jobs, and seconds come in elsewhere.
"""

import bisect
import functools
import itertools
import math
from collections.abc import Callable, Sequence

import attrs

# The grid of possible inspection times, in standard deviations of the logarithm.
_STEP = 1 / 16
_FROM, _TO, _TRUSTED = -3.75, 4.25, 3.0
# What saving one question may be worth, in medians: bounds of the search for the right price.
_CHEAPEST, _DEAREST, _HALVINGS = 5e-4, 10.0, 12
_CLOSE_ENOUGH = 0.99
# Parameters this close together share a plan: such a difference hardly changes what it costs.
_RESOLUTION = math.log(1.08)
_LEAST_SPREAD, _MOST_SPREAD = 0.05, 1.5
_LEAST_GAP, _MOST_GAP = 1e-3, 1e3


@attrs.frozen(kw_only=True)
class InspectionPlan:
    """When to look next at something of a given age that has not ended; ages are in medians.

    Attributes:
        ages: increasing, from 0.
        next_ages: for each of `ages`, the age at which to look next; never decreasing.
        price: what saving one question is worth, in medians of waiting.
        mean_polls: questions that the plan needs on average.
    """

    ages: tuple[float, ...]
    next_ages: tuple[float, ...]
    price: float
    mean_polls: float

    @property
    def first(self) -> float:
        """The age at which to look for the first time."""
        return self.next_ages[0]

    def delay(self, age: float, growth: float) -> float:
        """Return the time from one look to the next.

        Args:
            age: when it was seen not to have ended.
            growth: factor between intervals for ages that hardly anything reaches.
        """
        last = self.ages[-1]
        if age >= last:
            # Of intervals that grow by a factor, each is this much longer than the first.
            return self.next_ages[-1] - last + (growth - 1) * (age - last)
        right = bisect.bisect_right(self.ages, age)
        share = (age - self.ages[right - 1]) / (self.ages[right] - self.ages[right - 1])
        before, after = self.next_ages[right - 1 : right + 1]
        return before + share * (after - before) - age


def plan_for(sigma: float, *, mean_polls: float, least_gap: float) -> InspectionPlan:
    """Return the plan with the least mean delay between an end and its detection.

    It is the optimum that Barlow, Hunter and Proschan describe ("Optimum Checking Procedures",
    1963), found on a grid by dynamic programming rather than by their recursion, which allows for
    no least gap and diverges from a first time that is slightly wrong.

    Args:
        sigma: standard deviation of the logarithm of the duration.
        mean_polls: the plan needs about that many questions at most on average, above 1.
        least_gap: least time before the first look and between two, in medians.
    """
    spread = min(max(sigma, _LEAST_SPREAD), _MOST_SPREAD)
    gap = 0.0 if least_gap < _LEAST_GAP else min(least_gap, _MOST_GAP)
    # Gaps are rounded down, as whoever asks keeps the exact one anyway.
    return _cheapest_plan(_rounded(spread, round), mean_polls, _rounded(gap, math.floor))


def _rounded(value: float, rounding: Callable[[float], int]) -> float:
    return math.exp(rounding(math.log(value) / _RESOLUTION) * _RESOLUTION) if value else 0.0


@functools.lru_cache(maxsize=256)
def _cheapest_plan(sigma: float, mean_polls: float, least_gap: float) -> InspectionPlan:
    """Find the price at which the best plan needs as many questions as are allowed."""
    grid = _Grid.of(sigma, least_gap)
    plan = grid.best_plan(_CHEAPEST)
    if plan.mean_polls <= mean_polls:
        return plan
    low, high = math.log(_CHEAPEST), math.log(_DEAREST)
    plan = grid.best_plan(_DEAREST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = grid.best_plan(math.exp(middle))
        if tried.mean_polls > mean_polls:
            low = middle
            continue
        high, plan = middle, tried
        if plan.mean_polls > _CLOSE_ENOUGH * mean_polls:
            break
    return plan


@attrs.frozen
class _Grid:
    """Possible times of inspection, the first of them 0, and the distribution at each.

    Attributes:
        times: in medians.
        left: probability that it has not ended by then.
        ended_mean: mean of the duration, counted only where it has ended by then.
        least_gap: least time between two looks.
        soonest: for each, the index of the first that is far enough away.
    """

    times: Sequence[float]
    left: Sequence[float]
    ended_mean: Sequence[float]
    least_gap: float
    soonest: Sequence[int]

    @classmethod
    def of(cls, sigma: float, least_gap: float) -> "_Grid":
        scores = [_FROM + _STEP * k for k in range(round((_TO - _FROM) / _STEP) + 1)]
        times = [0.0, *(math.exp(sigma * score) for score in scores)]
        left = [1.0, *(_normal_cdf(-score) for score in scores)]
        mean = math.exp(sigma * sigma / 2)
        ended_mean = [0.0, *(mean * _normal_cdf(score - sigma) for score in scores)]
        soonest = [
            max(index + 1, bisect.bisect_left(times, time + least_gap))
            for index, time in enumerate(times)
        ]
        return cls(times, left, ended_mean, least_gap, soonest)

    def best_plan(self, price: float) -> InspectionPlan:
        """Return the plan with the least mean of delay plus price times questions.

        Looking at i and next at j costs the price and, for what ends between the two, the time
        from the end to j. With `fixed[j]` for what depends on j alone that is
        `left[i] * (price + times[j]) + fixed[j]`. These costs fulfil the quadrangle inequality:
        the later one looks, the later is the best next time, so each search is bounded by the one
        before it.
        """
        count = len(self.times)
        steps = [count - 1] * count
        fixed, polls = [0.0] * count, [0.0] * count
        fixed[-1] = -self.times[-1] * self.left[-1] - self.ended_mean[-1]
        for i in range(count - 2, -1, -1):
            left, soonest = self.left[i], min(self.soonest[i], count - 1)
            choices = slice(soonest, max(soonest, steps[i + 1]) + 1)
            costs = [
                left * time + rest
                for time, rest in zip(self.times[choices], fixed[choices], strict=True)
            ]
            cost = min(costs)
            j = soonest + costs.index(cost)
            steps[i], polls[i] = j, left + polls[j]
            fixed[i] = cost + left * (price - self.times[i])
        return self._plan(steps, price, polls[0])

    def _plan(self, steps: Sequence[int], price: float, mean_polls: float) -> InspectionPlan:
        # Near the end of the grid there is too little room beyond it to choose from.
        kept = round((_TRUSTED - _FROM) / _STEP) + 2
        is_free = price <= _CHEAPEST
        next_ages = (self._next_age(i, steps[i], is_free) for i in range(kept))
        return InspectionPlan(
            ages=tuple(self.times[:kept]),
            next_ages=tuple(itertools.accumulate(next_ages, max)),
            price=price,
            mean_polls=mean_polls,
        )

    def _next_age(self, i: int, step: int, is_free: bool) -> float:
        """Undo the rounding to the grid where nothing but the least gap decides."""
        is_bound = is_free and step <= self.soonest[i] and self.soonest[i] > i + 1
        return self.times[i] + self.least_gap if is_bound else self.times[step]


def _normal_cdf(score: float) -> float:
    return math.erfc(-score / math.sqrt(2)) / 2
