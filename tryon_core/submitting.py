"""Submit once: repeat only what certainly did not start."""

import random
from collections.abc import Callable

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import OutcomeUnknown, TryOnError, may_repeat
from tryon_core.models import Job


@attrs.frozen(kw_only=True)
class SubmitPolicy:
    """When a submission may be repeated.

    Only what `errors.may_repeat` allows is repeated: what certainly did not reach the vendor, or
    was refused for coming too fast. Everything else is final.

    Attributes:
        attempts: most submissions tried, the first included.
        backoff_s: upper bound of the first random pause, in seconds; it doubles each time.
        max_pause_s: longest pause, in seconds; a vendor that asks for more is not asked again.
    """

    attempts: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    backoff_s: float = attrs.field(default=1.0, validator=attrs.validators.ge(0))
    max_pause_s: float = attrs.field(default=90.0, validator=attrs.validators.ge(0))


def submit_once(
    send: Callable[[], Job], *, policy: SubmitPolicy, clock: Clock, fingerprint: str | None
) -> Job:
    """Return the job that the vendor accepted.

    Raises:
        OutcomeUnknown: with the fingerprint of the work; never repeated.
        NotSent: still unreachable after the last attempt.
        RateLimited: still too fast after the last attempt, or asked to wait too long.
        TryOnError: the vendor refused.
    """
    for attempt in range(1, policy.attempts + 1):
        try:
            return send()
        except OutcomeUnknown as error:
            error.fingerprint = error.fingerprint or fingerprint
            raise
        except TryOnError as error:
            if not may_repeat(error):
                raise
            pause_s = _pause_s(policy, attempt, error.retry_after_s)
            if attempt == policy.attempts or pause_s > policy.max_pause_s:
                raise
            clock.sleep(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _pause_s(policy: SubmitPolicy, attempt: int, retry_after_s: float | None) -> float:
    if retry_after_s is not None:
        return max(0.0, retry_after_s)
    # Full jitter: many clients that failed together must not come back together.
    return random.uniform(0, policy.backoff_s * 2 ** (attempt - 1))  # noqa: S311
