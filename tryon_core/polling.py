"""When to ask again, and when to stop: decisions without clock, network or state of their own."""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import attrs

from tryon_core.durations import DurationModel
from tryon_core.models import JobState, JobUpdate, Quota
from tryon_core.schedule import plan_for

_at_least = attrs.validators.ge

Verdict: TypeAlias = Literal["done", "ask_again", "not_found", "status_unknown"]


@attrs.frozen(kw_only=True)
class PollPolicy:
    """The schedule of status questions.

    The server's `Retry-After` comes first, then the vendor's recommended interval as a floor,
    then a schedule fitted to how long jobs took so far: the first question comes when a job is
    likely to be finished soon, the next ones close together while it is most likely to end.

    Attributes:
        mean_polls: questions per job that may be asked on average. More of them find a finished
            job sooner; where the floor leaves no room for as many, fewer are asked.
        growth: factor from one interval to the next for jobs that take far longer than expected,
            1 to 10.
        min_interval_s: shortest interval, in seconds, whatever provider or server say.
        max_interval_s: longest interval, in seconds, after the first question, unless server or
            vendor ask for more.
        max_faults: status questions in a row that may fail before waiting is given up.
        max_unknown: unknown statuses in a row that are tolerated.
        not_found_grace_s: seconds after submission in which the vendor may not know the job yet.
    """

    mean_polls: float = attrs.field(
        default=5.0, validator=[attrs.validators.gt(1), attrs.validators.lt(math.inf)]
    )
    growth: float = attrs.field(default=1.25, validator=[_at_least(1), attrs.validators.le(10)])
    min_interval_s: float = attrs.field(default=0.02, validator=attrs.validators.gt(0))
    max_interval_s: float = attrs.field(default=15.0, validator=attrs.validators.gt(0))
    max_faults: int = attrs.field(default=5, validator=_at_least(1))
    max_unknown: int = attrs.field(default=10, validator=_at_least(1))
    not_found_grace_s: float = attrs.field(default=15.0, validator=_at_least(0))


def next_delay_s(
    policy: PollPolicy,
    *,
    asked: int,
    typical_job_s: float,
    quota: Quota,
    age_s: float = 0.0,
    retry_after_s: float | None = None,
    durations: DurationModel | None = None,
) -> float:
    """Return the seconds to wait before the next status question.

    Args:
        policy: the schedule.
        asked: questions asked so far in this wait.
        typical_job_s: seconds that a job usually takes.
        quota: the vendor's recommended interval and query rate.
        age_s: seconds since the job was submitted; whoever comes back to an old job need not wait
            for the first question.
        retry_after_s: what the server asked for last, which wins; "at once" is no such wish.
        durations: what is known of the provider's jobs, None for `typical_job_s` alone.
    """
    least_s = max(policy.min_interval_s, _least_interval_s(quota))
    if retry_after_s is not None and retry_after_s > 0:
        return max(least_s, retry_after_s)
    floor_s = max(least_s, quota.poll_interval_s)
    model = durations or DurationModel(typical_s=typical_job_s)
    unit_s = model.median_s
    plan = plan_for(model.sigma, mean_polls=policy.mean_polls, least_gap=floor_s / unit_s)
    waited_s = max(0.0, age_s)
    if asked == 0:
        return max(0.0, max(floor_s, plan.first * unit_s) - waited_s)
    delay_s = plan.delay(waited_s / unit_s, policy.growth) * unit_s
    return max(floor_s, min(policy.max_interval_s, delay_s))


def _least_interval_s(quota: Quota) -> float:
    return 1.0 / quota.queries_per_s if quota.queries_per_s else 0.0


def judge(policy: PollPolicy, updates: Sequence[JobUpdate], *, age_s: float) -> Verdict:
    """Say what the latest answer means for whoever waits.

    Args:
        policy: the tolerances.
        updates: the answers of this wait, oldest first, at least one.
        age_s: seconds since the job was submitted.
    """
    state = updates[-1].state
    if state.is_final:
        return "done"
    if state is JobState.NOT_FOUND and age_s > policy.not_found_grace_s:
        return "not_found"
    tail = updates[-policy.max_unknown :]
    is_stuck = len(tail) == policy.max_unknown
    if is_stuck and all(update.state is JobState.UNKNOWN for update in tail):
        return "status_unknown"
    return "ask_again"
