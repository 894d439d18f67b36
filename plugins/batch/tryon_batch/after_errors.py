"""What a run does after an error: decided from the error's own answers, without state."""

from typing import Literal, TypeAlias

from tryon_core import Job
from tryon_core.engine import GONE, full_jitter_s
from tryon_core.errors import (
    AnswerLost,
    DownloadFailed,
    JobError,
    JobExpired,
    NotSent,
    OutputError,
    PollTimeout,
    RateLimited,
    TryOnError,
    VendorUnavailable,
    may_repeat,
)

Decision: TypeAlias = Literal["retry", "leave", "refused", "failed", "outcome_unknown", "stop"]
"""`retry` the same step, later; `leave` the item stays as it is for a later run; `stop` the
whole run; the others are states in which the item ends."""

MOST_ATTEMPTS = 10
"""Times that one step of one item is tried before it is left to a later run.

With the pauses between them that is some two minutes on average, up to four: a vendor that is
restarted, or a router, does not end a run that runs overnight.
"""
MOST_UNCHECKED = 4
"""Times that images are fetched of which some did not come, or came whole and are not sound, before
the others are kept."""
_BACKOFF_S, _MOST_BACKOFF_S = 1.0, 60.0
_NOT_ITS_OWN = frozenset({"account", "network", "limit"})
# Some stores need a moment until a new image is everywhere: five tries take 7 s on average.
_MOST_DEAD = 5


def after_preparing(error: TryOnError, attempts: int) -> Decision:
    """Decide about an item whose preparation failed; nothing was paid."""
    may_pass = isinstance(error, (NotSent, AnswerLost, RateLimited, VendorUnavailable))
    if may_pass and error.retryable:
        return _retry(attempts)
    return "refused" if error.fault == "input" else "leave"


def after_keeping(error: TryOnError, attempts: int) -> Decision:
    """Decide about an item of which what it keeps was not found, or not fetched."""
    if isinstance(error, DownloadFailed):
        return after_fetching(error, attempts)
    return after_preparing(error, attempts)


def after_sending(error: TryOnError, attempts: int) -> Decision:
    """Decide about an item whose paid request was refused or lost."""
    if error.billed != "no":
        return "failed" if error.billed == "yes" else "outcome_unknown"
    if may_repeat(error):
        return _retry(attempts)
    is_passing = isinstance(error, VendorUnavailable) or error.fault in _NOT_ITS_OWN
    return "leave" if is_passing else "refused"


def after_polling(error: TryOnError) -> Decision:
    """Decide about an item whose job gave no result, or of which the vendor says nothing usable."""
    if isinstance(error, AnswerLost):
        return "retry"
    is_over = isinstance(error, JobError) and not isinstance(error, PollTimeout)
    return "failed" if is_over else "leave"


def after_fetching(error: TryOnError, attempts: int) -> Decision:
    """Decide about a finished item whose images are not on disk."""
    if isinstance(error, OutputError):
        # A folder that is full or read-only fails every item; a name that is taken only this one.
        cause = error.__cause__
        is_general = isinstance(cause, OSError) and not isinstance(cause, FileExistsError)
        return "stop" if is_general else "leave"
    may_pass = isinstance(error, DownloadFailed) and error.retryable
    return _retry(attempts) if may_pass else "leave"


def is_dead(error: TryOnError, attempts: int) -> bool:
    """Return whether the address of an image is dead for good, not only failing now."""
    if isinstance(error, JobExpired):
        return True
    is_gone = isinstance(error, DownloadFailed) and error.http_status in GONE
    return is_gone and attempts >= _MOST_DEAD


def _retry(attempts: int) -> Decision:
    return "retry" if attempts < MOST_ATTEMPTS else "leave"


def is_dated(job: Job) -> bool:
    """Return whether the vendor says until when it keeps the images of a job."""
    return job.result is not None and all(image.expires_at for image in job.result.images)


def pause_s(attempts: int, error: TryOnError) -> float:
    """Return the seconds until a step is tried again: those that the vendor asks for, if it does.

    Args:
        attempts: how often it was tried.
        error: how it ended last.
    """
    if error.retry_after_s is not None:
        return max(0.0, error.retry_after_s)
    return backoff_s(attempts)


def backoff_s(attempts: int) -> float:
    """Return a random number of seconds, at most 1 after the first attempt and 60 after many."""
    return full_jitter_s(attempts, base_s=_BACKOFF_S, most_s=_MOST_BACKOFF_S)
