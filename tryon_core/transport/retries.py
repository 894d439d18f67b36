"""Ask again what is safe to ask again."""

import random
from collections.abc import Callable

from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from tryon_core.clock import Clock
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.redirects import Answer, Fault, Outcome

RETRY_STATUSES = frozenset({429, 502, 503, 504})


class FullJitterRetry(Retry):
    """Pauses for a random part of an exponentially growing time, so that clients spread out."""

    def get_backoff_time(self) -> float:
        """Return the seconds of the next pause."""
        ceiling = self.backoff_factor * 2 ** max(0, len(self.history) - 1)
        return random.uniform(0, min(ceiling, self.backoff_max))  # noqa: S311  (no secret)


def _rules(policy: TransportPolicy) -> Retry:
    return FullJitterRetry(
        total=policy.retries,
        status_forcelist=RETRY_STATUSES,
        allowed_methods=None,
        backoff_factor=policy.backoff_s,
        backoff_max=policy.max_backoff_s,
    )


def _should_repeat(outcome: Outcome, rules: Retry) -> bool:
    if isinstance(outcome, Answer):
        return rules.is_retry("GET", outcome.status)
    return outcome.may_pass


def _asked_pause_s(outcome: Outcome, rules: Retry) -> float | None:
    header = outcome.headers.get("retry-after") if isinstance(outcome, Answer) else None
    try:
        return None if header is None else rules.parse_retry_after(header)
    except (InvalidHeader, OverflowError, ValueError):
        return None


def ask(
    trip: Callable[[], Outcome],
    *,
    policy: TransportPolicy,
    clock: Clock,
    deadline_s: float,
) -> Outcome:
    """Make a trip until it succeeds, cannot succeed, or patience is at its end.

    Args:
        trip: one attempt.
        policy: how often and with which pauses.
        clock: for the pauses.
        deadline_s: no pause goes past it.

    Returns:
        The last outcome, whatever it is.
    """
    rules = _rules(policy)
    while True:
        outcome = trip()
        if not _should_repeat(outcome, rules):
            return outcome
        try:
            rules = rules.increment("GET", None, error=_note(outcome))
        except MaxRetryError:
            return outcome
        asked_s = _asked_pause_s(outcome, rules)
        pause_s = rules.get_backoff_time() if asked_s is None else asked_s
        if pause_s > policy.max_backoff_s:
            return outcome
        if clock.monotonic() + pause_s >= deadline_s:
            return outcome
        clock.sleep(pause_s)


def _note(outcome: Outcome) -> HTTPError:
    return ResponseError(outcome.reason if isinstance(outcome, Fault) else str(outcome.status))
