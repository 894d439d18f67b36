"""What is known of how long a provider's jobs take, learned from the jobs seen so far."""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

_LEAST_S, _MOST_S = 1e-3, 1e7
_MOST_VARIANCE = 100.0
# Old jobs are forgotten, since vendors change; more than this would hardly be more exact.
_MOST_SEEN = 64
# The declared time is worth a third of an observed job, and its spread is worth two: before any
# job was seen, the true median is within a factor of two of the declared one in 68 of 100 cases.
_TIME_WEIGHT, _SPREAD_WEIGHT = 1 / 3, 2.0
_USUAL_SPREAD = 0.35
# Durations further than this from the median, in robust standard deviations, are drawn in.
_OUTLIER, _LEAST_OUTLIER = 3.0, 0.3
_MAD_TO_SIGMA = 1.4826
# An interval that holds nearly all of what is believed anyway says nothing.
_UNINFORMATIVE, _IMPOSSIBLE = 0.9, 1e-9


def _within(seconds: float) -> float:
    return min(max(_LEAST_S, seconds), _MOST_S)


@attrs.frozen(kw_only=True)
class DurationModel:
    """A log-normal distribution of the seconds from submission to the end of a job. Immutable.

    It starts from what the provider declares and moves to what was seen, the last 64 jobs
    counting. The spread is that of the prediction: wide while little is known.

    Attributes:
        typical_s: seconds that a job usually takes, as the provider declares.
        seen: the latest jobs, oldest first: seconds taken, and how exactly they are known, as the
            variance of their natural logarithm.
    """

    typical_s: float = attrs.field(converter=_within)
    seen: tuple[tuple[float, float], ...] = ()
    _fit: tuple[float, float] = attrs.field(init=False, repr=False, eq=False)

    @_fit.default
    def _fit_now(self) -> tuple[float, float]:
        return _fitted(self.typical_s, self.seen)

    @property
    def median_s(self) -> float:
        """Half of all jobs are expected to take longer, in seconds."""
        return math.exp(self._fit[0])

    @property
    def sigma(self) -> float:
        """Standard deviation of the natural logarithm of the next job's duration."""
        return self._fit[1]

    def observed(self, seconds: float, *, at_least_s: float = 0.0) -> "DurationModel":
        """Return the model that has seen one more finished job.

        When a job ended is known between two questions only. It is put where the model expects it
        between the two, which is better than the middle of a long interval. An interval that any
        job fits into teaches nothing, and neither does a time that is none.

        Args:
            seconds: the job's age when it was found finished.
            at_least_s: its age when it was last found running, 0 when it never was.
        """
        if not 0 < seconds < math.inf:
            return self
        job = self._expected_between(at_least_s, _within(seconds))
        if job is None:
            return self
        return DurationModel(typical_s=self.typical_s, seen=(*self.seen, job)[-_MOST_SEEN:])

    def _expected_between(self, low_s: float, high_s: float) -> tuple[float, float] | None:
        """Return mean and variance of the logarithm within an interval, the mean as seconds."""
        if not 0 < low_s <= high_s:
            low_s = 0.0
        low, high = self._score(low_s), self._score(high_s)
        inside = _normal_cdf(high) - _normal_cdf(low)
        if inside > _UNINFORMATIVE:
            return None
        if inside < _IMPOSSIBLE:
            return _within((low_s + high_s) / 2 if low_s else high_s), 0.0
        mean = (_normal_density(low) - _normal_density(high)) / inside
        # At minus infinity the product is 0, not the NaN that arithmetic makes of it.
        edges = (low * _normal_density(low) if low_s else 0.0) - high * _normal_density(high)
        variance = min(max(0.0, 1 + edges / inside - mean * mean), 1.0)
        seconds = min(max(low_s, self.median_s * math.exp(self.sigma * mean)), high_s)
        return _within(seconds), variance * self.sigma**2

    def _score(self, seconds: float) -> float:
        if seconds <= 0:
            return -math.inf
        return (math.log(seconds) - self._fit[0]) / self.sigma

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"seen": [[round(number, 4) for number in job] for job in self.seen]}

    @classmethod
    def from_dict(cls, values: object, *, typical_s: float) -> "DurationModel":
        """Return what `to_dict()` described.

        Args:
            values: plain values from anywhere.
            typical_s: what the provider declares now.

        Raises:
            ValueError: it is something else.
        """
        seen = values.get("seen") if isinstance(values, Mapping) else None
        if not isinstance(seen, list) or not all(map(_is_job, seen)):
            raise ValueError(f"durations of jobs are expected, not {values!r:.200}.")
        return cls(typical_s=typical_s, seen=tuple(map(tuple, seen[-_MOST_SEEN:])))


class Durations:
    """The current model of one provider and model, shared by all who wait for its jobs.

    Args:
        model: what is known at the start.
    """

    __slots__ = ("_lock", "_model")

    def __init__(self, model: DurationModel) -> None:
        self._lock = threading.Lock()
        self._model = model

    @property
    def model(self) -> DurationModel:
        """What is known now."""
        return self._model

    def observe(self, seconds: float, *, at_least_s: float = 0.0) -> None:
        """Learn from a finished job; the arguments are those of `DurationModel.observed()`."""
        with self._lock:
            self._model = self._model.observed(seconds, at_least_s=at_least_s)


def _is_job(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  (a pair)
        return False
    if not all(type(number) in {int, float} for number in value):
        return False
    seconds, variance = value
    return bool(_LEAST_S <= seconds <= _MOST_S and 0 <= variance <= _MOST_VARIANCE)


def _fitted(typical_s: float, seen: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return mean and predictive standard deviation of the logarithm.

    The prior is conjugate (normal-inverse-gamma), so that the estimate moves smoothly from what
    was declared to what was seen.
    """
    declared = math.log(typical_s)
    logs = _without_outliers([math.log(seconds) for seconds, _ in seen])
    count = len(logs)
    mean = math.fsum(logs) / count if count else declared
    weight = _TIME_WEIGHT + count
    mu = (_TIME_WEIGHT * declared + count * mean) / weight
    squares = math.fsum((value - mean) ** 2 for value in logs)
    squares += math.fsum(variance for _, variance in seen)
    squares += _SPREAD_WEIGHT * _USUAL_SPREAD**2
    squares += _TIME_WEIGHT * count / weight * (mean - declared) ** 2
    variance = squares / (_SPREAD_WEIGHT + count)
    return mu, math.sqrt(variance * (1 + 1 / weight))


def _without_outliers(logs: list[float]) -> list[float]:
    if not logs:
        return logs
    middle = _median(logs)
    sigma = _MAD_TO_SIGMA * _median([abs(value - middle) for value in logs])
    reach = max(_OUTLIER * sigma, _LEAST_OUTLIER)
    return [min(max(middle - reach, value), middle + reach) for value in logs]


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2


def _normal_cdf(score: float) -> float:
    return math.erfc(-score / math.sqrt(2)) / 2


def _normal_density(score: float) -> float:
    return math.exp(-score * score / 2) / math.sqrt(2 * math.pi)
