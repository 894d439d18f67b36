"""What a run does after an error: decided from the error's own answers, without state."""

from typing import Literal, TypeAlias

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
from tryon_core.fetching import GONE

Verdict: TypeAlias = Literal["again", "give_back", "refused", "failed", "outcome_unknown", "stop"]
"""`again` the same step, later; `give_back` the item stays as it is for a later run; `stop` the
whole run; the others are states in which the item ends."""

MOST_ATTEMPTS = 10
"""Times that one step of one item is tried before it is left to a later run.

With the pauses between them that is some two minutes on average, up to four: a vendor that is
restarted, or a router, does not end a run that nobody watches.
"""
MOST_UNCHECKED = 4
"""Times that images are fetched of which some did not come, or came whole and are not sound, before
the others are kept."""
_NOT_ITS_OWN = frozenset({"account", "network", "limit"})
# Some stores need a moment until a new picture is everywhere: five tries take 7 s on average.
_MOST_DEAD = 5


def after_preparing(error: TryOnError, attempts: int) -> Verdict:
    """Say what becomes of an item whose preparation failed; nothing was paid."""
    may_pass = isinstance(error, (NotSent, AnswerLost, RateLimited, VendorUnavailable))
    if may_pass and error.retryable:
        return _again(attempts)
    return "refused" if error.fault == "input" else "give_back"


def after_sending(error: TryOnError, attempts: int) -> Verdict:
    """Say what becomes of an item whose paid request was refused or lost."""
    if error.billed != "no":
        return "failed" if error.billed == "yes" else "outcome_unknown"
    if may_repeat(error):
        return _again(attempts)
    is_passing = isinstance(error, VendorUnavailable) or error.fault in _NOT_ITS_OWN
    return "give_back" if is_passing else "refused"


def after_polling(error: TryOnError) -> Verdict:
    """Say what becomes of an item whose job gave no result, or about which nobody answers."""
    if isinstance(error, AnswerLost):
        return "again"
    is_over = isinstance(error, JobError) and not isinstance(error, PollTimeout)
    return "failed" if is_over else "give_back"


def after_fetching(error: TryOnError, attempts: int) -> Verdict:
    """Say what becomes of a finished item whose pictures are not on disk."""
    if isinstance(error, OutputError):
        # A folder that is full or read-only fails every item; a name that is taken only this one.
        cause = error.__cause__
        is_general = isinstance(cause, OSError) and not isinstance(cause, FileExistsError)
        return "stop" if is_general else "give_back"
    may_pass = isinstance(error, DownloadFailed) and error.retryable
    return _again(attempts) if may_pass else "give_back"


def is_dead(error: TryOnError, attempts: int) -> bool:
    """Say whether the address of a picture has died, not just failed."""
    if isinstance(error, JobExpired):
        return True
    is_gone = isinstance(error, DownloadFailed) and error.http_status in GONE
    return is_gone and attempts >= _MOST_DEAD


def _again(attempts: int) -> Verdict:
    return "again" if attempts < MOST_ATTEMPTS else "give_back"
