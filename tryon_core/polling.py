"""When to poll again, and when to stop. No clock and no network is used here."""

import statistics
from typing import Literal, TypeAlias

import attrs

from tryon_core.errors import (
    AccessDenied,
    AuthenticationFailed,
    CancelRefused,
    ConfigurationError,
    JobError,
    LimitError,
    NetworkError,
    ServiceMoved,
    TryOnError,
    VendorUnavailable,
)
from tryon_core.models import JobState, JobUpdate, Quota

_at_least = attrs.validators.ge
_FIRST = 2 / 3
"""Share of the usual time of a job before which it is not polled."""
_GROWTH = 1 / 15
"""Share of a job's age that a pause takes at least: stragglers are polled less and less often."""
_MOST_ODD_PAUSE_S = 60.0
_MOST_SEEN = 16
_NO_SUCH_PLACE = range(300, 500)

Answer: TypeAlias = JobUpdate | TryOnError
"""What came of one poll."""
Verdict: TypeAlias = Literal["over", "poll_again", "expired", "elsewhere", "given_up"]
"""`over` the answer itself ends the wait; `expired` the vendor has forgotten the job; `elsewhere`
the job was accepted at another address or by another account; `given_up` too many odd answers."""


@attrs.frozen(kw_only=True)
class PollPolicy:
    """When a job is polled, and how many odd answers end a wait.

    The server's `Retry-After` comes first. Else the first poll comes at two thirds of the time that
    such jobs usually take, and the next ones at the interval that the vendor recommends, or at a
    fifteenth of the job's age where that is longer.

    An odd answer is one that does not give the state of the job: the vendor does not know the job,
    uses a status that the plugin does not know, refuses the poll, or its answer cannot be read or
    does not come. The job may be running all the same. Polls go on, at growing intervals up to
    60 s, until **both** tolerances are used up. Where the vendor tells of a failure that may pass,
    `tolerated_polls` alone counts: then the job has failed.

    Attributes:
        min_interval_s: shortest interval, in seconds, whatever provider or server say.
        max_interval_s: longest interval, in seconds, after the first poll, unless server or
            vendor ask for more, or answers are odd.
        max_retry_after_s: longest interval, in seconds, that a server's `Retry-After` can ask for.
        tolerated_polls: odd answers in a row that never end a wait.
        tolerated_s: seconds since the first odd answer in a row in which they never end a wait.
    """

    min_interval_s: float = attrs.field(default=0.02, validator=attrs.validators.gt(0))
    max_interval_s: float = attrs.field(default=15.0, validator=attrs.validators.gt(0))
    max_retry_after_s: float = attrs.field(default=300.0, validator=attrs.validators.gt(0))
    tolerated_polls: int = attrs.field(default=5, validator=_at_least(1))
    tolerated_s: float = attrs.field(default=180.0, validator=_at_least(0))


class JobTimes:
    """How long the latest jobs of one kind took; shared by all who wait for such jobs.

    Args:
        typical_s: seconds that the provider declares, which counts as one job.
    """

    __slots__ = ("_seen", "_typical_s", "usual_s")

    def __init__(self, typical_s: float) -> None:
        self._typical_s = typical_s
        self.usual_s: float = typical_s
        """The median of the declared time and of the latest 16 jobs, in seconds."""
        self._seen: tuple[float, ...] = ()

    def observe(self, seconds: float) -> None:
        """Learn from a finished job."""
        self._seen = (*self._seen, seconds)[-_MOST_SEEN:]
        self.usual_s = statistics.median((self._typical_s, *self._seen))


def next_delay_s(
    policy: PollPolicy,
    *,
    polls: int,
    usual_job_s: float,
    quota: Quota,
    age_s: float = 0.0,
    retry_after_s: float | None = None,
    odd_polls: int = 0,
) -> float:
    """Return the seconds to wait before the next poll.

    Args:
        policy: the bounds.
        polls: polls so far in this wait.
        usual_job_s: seconds that such jobs usually take.
        quota: the vendor's recommended interval and query rate.
        age_s: seconds since the job was submitted; an old job need not wait
            for the first poll.
        retry_after_s: what the server asked for last, which wins; "at once" is no such wish.
        odd_polls: how many odd answers came in a row lately.
    """
    least_s = max(policy.min_interval_s, _least_interval_s(quota))
    if retry_after_s is not None and retry_after_s > 0:
        return max(least_s, min(retry_after_s, policy.max_retry_after_s))
    floor_s = max(least_s, quota.poll_interval_s)
    waited_s = max(0.0, age_s)
    if polls == 0:
        return max(0.0, max(floor_s, _FIRST * usual_job_s) - waited_s)
    delay_s = max(floor_s, min(policy.max_interval_s, _GROWTH * waited_s))
    return max(delay_s, _odd_pause_s(odd_polls)) if odd_polls else delay_s


def _least_interval_s(quota: Quota) -> float:
    return 1.0 / quota.queries_per_s if quota.queries_per_s else 0.0


def _odd_pause_s(odd_polls: int) -> float:
    return min(_MOST_ODD_PAUSE_S, 2.0 ** min(odd_polls, 10))


def is_odd(answer: Answer) -> bool:
    """Say whether an answer leaves the state of the job open."""
    if isinstance(answer, TryOnError):
        return not _is_final(answer)
    if answer.state is JobState.SUCCEEDED:
        return answer.result is None
    return answer.state in {JobState.NOT_FOUND, JobState.UNKNOWN}


def tells_failure(answer: Answer) -> bool:
    """Say whether an answer tells that the job failed, which may pass."""
    if isinstance(answer, TryOnError):
        return False
    return answer.state is JobState.UNKNOWN and answer.failure is not None


def judge(
    policy: PollPolicy,
    answer: Answer,
    *,
    odd_polls: int,
    odd_s: float,
    failed_polls: int = 0,
    is_past_expiry: bool,
    is_elsewhere: bool,
) -> Verdict:
    """Say what the latest answer means for the wait; the one rule, for all vendors.

    Args:
        policy: the tolerances.
        answer: the latest one.
        odd_polls: odd answers in a row, this one included.
        odd_s: seconds since the first of them.
        failed_polls: answers in a row, this one included, that reported a failure which may pass.
        is_past_expiry: whether the time is past at which the vendor forgets the job.
        is_elsewhere: whether the job was accepted at another address or by another account.
    """
    if is_elsewhere and _denies(answer):
        return "elsewhere"
    if not is_odd(answer):
        is_over = isinstance(answer, TryOnError) or answer.state.is_final
        return "over" if is_over else "poll_again"
    if failed_polls >= policy.tolerated_polls:
        return "over"
    is_unknown_job = isinstance(answer, JobUpdate) and answer.state is JobState.NOT_FOUND
    if is_unknown_job and is_past_expiry:
        return "expired"
    is_used_up = odd_polls >= policy.tolerated_polls and odd_s >= policy.tolerated_s
    return "given_up" if is_used_up else "poll_again"


def _is_final(error: TryOnError) -> bool:
    """Whether polling again cannot help: the key is wrong, or the vendor says what became of it.

    A refusal without the vendor's code may be the page of a gateway, as may a redirect.
    """
    if isinstance(error, AccessDenied):
        return error.vendor_code is not None
    if isinstance(error, (CancelRefused, ServiceMoved)):
        return False
    return isinstance(error, (AuthenticationFailed, ConfigurationError, JobError))


def _denies(answer: Answer) -> bool:
    """Whether an answer speaks against the job, which counts where it was accepted only."""
    if isinstance(answer, JobUpdate):
        denials = {JobState.NOT_FOUND, JobState.FAILED, JobState.CANCELLED}
        return answer.state in denials or tells_failure(answer)
    if isinstance(answer, (ServiceMoved, VendorUnavailable)):
        # A page of another server; an outage says nothing.
        return answer.http_status in _NO_SUCH_PLACE
    return not isinstance(
        answer, (AuthenticationFailed, ConfigurationError, LimitError, NetworkError)
    )
