"""The paid request: sent once, and repeated only where it certainly did not start."""

from collections.abc import Callable
from contextlib import nullcontext

import attrs

from tryon_core.clock import Clock, full_jitter_s
from tryon_core.context import CallContext
from tryon_core.errors import (
    InputError,
    OutcomeUnknown,
    RateLimited,
    TryOnError,
    is_outcome_open,
    may_repeat,
)
from tryon_core.lost_answers import find_again
from tryon_core.models import Attempt, Job, Quota
from tryon_core.preparing import Prepared
from tryon_core.remembered import JobStore
from tryon_core.session import Session
from tryon_core.settings import ProviderSettings

_SUCCESS = range(200, 300)


@attrs.frozen(kw_only=True)
class SubmitPolicy:
    """When a submission may be repeated.

    Only what `errors.may_repeat` allows is repeated: what certainly did not reach the vendor, or
    was refused for coming too fast. Everything else is final.

    Attributes:
        attempts: most submissions tried, the first included.
        backoff_s: upper bound of the first random pause, in seconds; it doubles each time.
        max_pause_s: most seconds spent in pauses; a vendor that asks for more is not asked again.
        on_wait: called with the seconds before each wait for the vendor's rate limit.
        is_paced: whether the declared rate of the vendor is kept.
        look_up_s: most seconds for which a submission is looked up whose answer was lost, where the
            vendor can be asked; 0 for never.
    """

    attempts: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    backoff_s: float = attrs.field(default=1.0, validator=attrs.validators.ge(0))
    max_pause_s: float = attrs.field(default=180.0, validator=attrs.validators.ge(0))
    on_wait: Callable[[float], None] | None = None
    is_paced: bool = True
    look_up_s: float = attrs.field(default=90.0, validator=attrs.validators.ge(0))


def submit_prepared(
    session: Session,
    prepared: Prepared,
    *,
    policy: SubmitPolicy,
    jobs: JobStore | None = None,
    attempt: Attempt | None = None,
) -> Job:
    """Send the paid request; return the job that the vendor accepted.

    Args:
        session: whose provider.
        prepared: what to send.
        policy: when it may be repeated.
        jobs: notes each request on disk before it is sent, and what came of it; then a lost answer
            is looked up. None for a caller that has a journal.
        attempt: what such a caller noted of the one request that its policy allows.

    Raises:
        InputError: what is to be kept was not looked for yet, see `keep_worn`.
        OutcomeUnknown: the answer was lost; with the fingerprint of the work. Never repeated.
            Whatever error leaves open whether a job runs has the `attempt`, for `look_up()`.
        NotSent: still unreachable after the last attempt; or the vendor says that it did not
            accept it.
        RateLimited: still too fast after the last attempt, or asked to wait too long.
        TryOnError: the vendor refused.
        KeyboardInterrupt: with `billed` "no" where nothing was sent.
    """

    def tell(wait_s: float) -> None:
        session.logger.info("Waiting %.0f s for the vendor's rate limit.", wait_s)
        if policy.on_wait is not None:
            policy.on_wait(wait_s)

    _require_whole(prepared)
    left_s = policy.max_pause_s
    for number in range(1, policy.attempts + 1):
        turn = session.pacer.turn(tell) if policy.is_paced else nullcontext()
        try:
            with turn:
                # Each time one of its own, which is noted when it is about to be sent.
                this = attempt or new_attempt(prepared, session.settings, session.clock)
                return _send(session, prepared, this, jobs)
        except TryOnError as error:
            if isinstance(error, OutcomeUnknown):
                error.fingerprint = error.fingerprint or prepared.fingerprint
            if jobs is not None and error.attempt is not None:
                return find_again(session, error, jobs=jobs, most_s=policy.look_up_s)
            if not may_repeat(error):
                raise
            pause_s = _pause_s(policy, number, error, session.info.capabilities.quota)
            if number == policy.attempts or pause_s > left_s:
                raise
            if isinstance(error, RateLimited):
                tell(pause_s)
        left_s -= pause_s
        session.clock.sleep(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _require_whole(prepared: Prepared) -> None:
    if prepared.keep is not None:
        raise InputError(
            f"keep: the {prepared.keep} was not looked for yet.",
            remedy="Call keep_worn() first, and send what it gives.",
        )


def new_attempt(prepared: Prepared, settings: ProviderSettings, clock: Clock) -> Attempt:
    """Return what is to be noted of a request that is about to be sent."""
    return Attempt.new(
        prepared.request,
        provider=settings.provider,
        sent_at=clock.now(),
        fingerprint=prepared.fingerprint,
        account=settings.account,
        base_url=settings.address,
    )


def _send(session: Session, prepared: Prepared, attempt: Attempt, jobs: JobStore | None) -> Job:
    """Send the request once, noted before and after."""
    request, is_free = prepared.request, session.info.is_free(prepared.request)
    note = jobs.sending(attempt, is_free=is_free) if jobs else nullcontext(_keep)
    # A context of its own knows whether this request left.
    ctx = session.context(
        request=request,
        fingerprint=prepared.fingerprint,
        attempt=attempt,
        digests=prepared.digests,
    )
    with note as accepted:
        try:
            job = session.bound.submit(request, ctx)
        except KeyboardInterrupt as error:
            _say_unsent(error, ctx)
            raise
        except TryOnError as error:
            if is_outcome_open(error):
                error.attempt = attrs.evolve(
                    attempt,
                    ended_at=session.clock.now(),
                    was_taken=error.http_status in _SUCCESS,
                )
            raise
        accepted(job)
        return job


def _say_unsent(error: KeyboardInterrupt, ctx: CallContext) -> None:
    if not getattr(ctx.http, "may_have_sent", True):
        error.billed = "no"  # type: ignore[attr-defined]


def _keep(job: Job) -> None:
    """Do nothing: the caller notes the job."""


def _pause_s(policy: SubmitPolicy, number: int, error: TryOnError, quota: Quota) -> float:
    if error.retry_after_s is not None:
        return max(0.0, error.retry_after_s)
    # After a refusal for speed no pause is shorter than the vendor's window.
    is_window = quota.submissions and isinstance(error, RateLimited)
    least_s = quota.window_s if is_window else 0.0
    most_s = policy.max_pause_s
    return least_s + full_jitter_s(number, base_s=policy.backoff_s, most_s=most_s)
