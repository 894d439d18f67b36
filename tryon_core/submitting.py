"""The paid request: sent once, and repeated only where it certainly did not start."""

import random
from collections.abc import Callable
from contextlib import nullcontext

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import OutcomeUnknown, RateLimited, TryOnError, may_repeat
from tryon_core.models import Job
from tryon_core.preparing import Prepared
from tryon_core.session import Session


@attrs.frozen(kw_only=True)
class SubmitPolicy:
    """When a submission may be repeated.

    Only what `errors.may_repeat` allows is repeated: what certainly did not reach the vendor, or
    was refused for coming too fast. Everything else is final.

    Attributes:
        attempts: most submissions tried, the first included.
        backoff_s: upper bound of the first random pause, in seconds; it doubles each time.
        max_pause_s: most seconds spent in pauses; a vendor that asks for more is not asked again.
        on_wait: told the seconds before each wait for the vendor's rate limit.
        is_paced: whether the declared rate of the vendor is kept.
    """

    attempts: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    backoff_s: float = attrs.field(default=1.0, validator=attrs.validators.ge(0))
    max_pause_s: float = attrs.field(default=180.0, validator=attrs.validators.ge(0))
    on_wait: Callable[[float], None] | None = None
    is_paced: bool = True


def submit_prepared(
    session: Session,
    prepared: Prepared,
    *,
    policy: SubmitPolicy,
    noting: Callable[[Callable[[], Job]], Job] | None = None,
) -> Job:
    """Send the paid request.

    Args:
        session: whose provider.
        prepared: what to send.
        policy: when it may be repeated.
        noting: makes each paid call, with notes on disk before and after it; None for a caller that
            has a journal.

    Raises:
        OutcomeUnknown: the answer was lost.
        NotSent: it did not reach the vendor.
        TryOnError: the vendor refused.
        KeyboardInterrupt: with `billed` "no" where nothing was sent.
    """

    def submit() -> Job:
        # Each time a context of its own, which knows whether this request left.
        ctx = session.context(request=prepared.request, fingerprint=prepared.fingerprint)
        try:
            return session.bound.submit(prepared.request, ctx)
        except KeyboardInterrupt as error:
            if not getattr(ctx.http, "may_have_sent", True):
                error.billed = "no"  # type: ignore[attr-defined]
            raise

    def send_in_turn() -> Job:
        turn = session.pacer.turn(tell) if policy.is_paced else nullcontext()
        with turn:
            return submit() if noting is None else noting(submit)

    def tell(wait_s: float) -> None:
        session.logger.info("Waiting %.0f s for the vendor's rate limit.", wait_s)
        if policy.on_wait is not None:
            policy.on_wait(wait_s)

    quota = session.info.capabilities.quota
    return submit_once(
        send_in_turn,
        policy=policy,
        clock=session.clock,
        fingerprint=prepared.fingerprint,
        window_s=quota.window_s if quota.submissions else 0.0,
        on_wait=tell,
    )


def submit_once(
    send: Callable[[], Job],
    *,
    policy: SubmitPolicy,
    clock: Clock,
    fingerprint: str | None,
    window_s: float = 0.0,
    on_wait: Callable[[float], None] | None = None,
) -> Job:
    """Return the job that the vendor accepted.

    Args:
        send: sends the request.
        policy: when to repeat it.
        clock: source of time.
        fingerprint: identifies the work.
        window_s: length of the vendor's window; no pause after a refusal for speed is shorter.
        on_wait: told the seconds before each pause after a refusal for speed.

    Raises:
        OutcomeUnknown: with the fingerprint of the work; never repeated.
        NotSent: still unreachable after the last attempt.
        RateLimited: still too fast after the last attempt, or asked to wait too long.
        TryOnError: the vendor refused.
    """
    left_s = policy.max_pause_s
    for attempt in range(1, policy.attempts + 1):
        try:
            return send()
        except OutcomeUnknown as error:
            error.fingerprint = error.fingerprint or fingerprint
            raise
        except TryOnError as error:
            if not may_repeat(error):
                raise
            pause_s = _pause_s(policy, attempt, error, window_s)
            if attempt == policy.attempts or pause_s > left_s:
                raise
            if on_wait is not None and isinstance(error, RateLimited):
                on_wait(pause_s)
        left_s -= pause_s
        clock.sleep(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _pause_s(policy: SubmitPolicy, attempt: int, error: TryOnError, window_s: float) -> float:
    if error.retry_after_s is not None:
        return max(0.0, error.retry_after_s)
    least_s = window_s if isinstance(error, RateLimited) else 0.0
    # Full jitter: many clients that failed together must not come back together.
    return least_s + random.uniform(0, policy.backoff_s * 2 ** (attempt - 1))  # noqa: S311
