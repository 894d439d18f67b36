"""What a request ends with, and when one that is safe to repeat is sent again."""

from typing import TypeAlias

import attrs

from tryon_core.clock import full_jitter_s
from tryon_core.http import HttpResponse
from tryon_core.transport.policy import TransportPolicy

RETRY_STATUSES = frozenset({429, 502, 503, 504})


@attrs.frozen(kw_only=True)
class NoAnswer:
    """Why a request got no usable answer.

    Attributes:
        reason: what happened, to follow a colon in a sentence; holds no URL and no secret.
        may_have_arrived: whether the service may have received and accepted the request.
        is_temporary: whether the same request may succeed later.
        remedy: what to do, empty when there is nothing special.
        is_setup: whether a setting of this machine is the cause.
    """

    reason: str
    may_have_arrived: bool
    is_temporary: bool = True
    remedy: str = ""
    is_setup: bool = False


Outcome: TypeAlias = HttpResponse | NoAnswer


def cannot_be_written(error: Exception) -> NoAnswer:
    """Return what follows when a request cannot be written: nothing of it was sent."""
    return NoAnswer(
        reason=f"the request cannot be written ({type(error).__name__}: {error})",
        may_have_arrived=False,
        is_temporary=False,
        remedy="Nothing was sent. Check the texts given, or tell the plugin's author.",
    )


def retry_pause_s(outcome: Outcome, failures: int, policy: TransportPolicy) -> float | None:
    """Return the seconds to wait before a repeatable request is sent again, None for not at all.

    Args:
        outcome: of the last attempt.
        failures: how many attempts were made.
        policy: how often, and with which pauses.
    """
    if isinstance(outcome, NoAnswer):
        is_worth_it, asked_s = outcome.is_temporary, None
    else:
        is_worth_it, asked_s = outcome.status in RETRY_STATUSES, outcome.retry_after_s
    if not is_worth_it or failures > policy.retries:
        return None
    if asked_s is None:
        asked_s = full_jitter_s(failures, base_s=policy.backoff_s, most_s=policy.max_backoff_s)
    return asked_s if asked_s <= policy.max_backoff_s else None
