"""How the answers of one error agree: all rules about money and sending again are here.

An error of a submission keeps these, whatever a plugin's table says:

* What may have been billed is never to be repeated by itself: `retry` is not `later`.
* Its remedy does not tell to send the work again without looking first.
* A failure of the vendor's service costs nothing only where the vendor says so, or where the status
  is 4xx. A limit with a status of 500 and above is one: the work may go on behind it.
* After an answer of success only a code of the vendor tells that it refused. Without one, what
  fails is our own reading of the answer, and the work may have been billed.
* A call that costs nothing is billed nothing.

`errors.may_repeat` says what may be repeated.
"""

import re

from tryon_core.errors import (
    AnswerLost,
    LimitError,
    OutcomeUnknown,
    ProviderBug,
    TryOnError,
    UnexpectedResponse,
    VendorError,
)

_CLIENT_ERRORS, _SERVER_ERRORS = range(400, 500), 500
_RESUME = "The job was accepted: resume it instead of submitting the work again."
_SENDS_AGAIN = re.compile(r"(submit|send|try|repeat)\b[^.:;]*\bagain", re.IGNORECASE)


def settle(error: TryOnError, *, is_paid: bool, has_succeeded: bool = False) -> None:
    """Make the answers of an error of one call agree with each other.

    Args:
        error: what a hook raised; it is changed.
        is_paid: whether the call sends a request that costs money.
        has_succeeded: whether that request was answered with a 2xx.
    """
    if not is_paid:
        _settle_free(error)
        return
    is_misread = has_succeeded and error.billed == "no" and error.vendor_code is None
    if is_misread:
        error.billed = "unknown"
    is_refused = error.http_status in _CLIENT_ERRORS or error.says_billed
    is_limit = isinstance(error, LimitError) and (error.http_status or 0) >= _SERVER_ERRORS
    is_outage = is_limit or isinstance(error, VendorError)
    if is_outage and error.job is None and not is_refused:
        error.billed = "unknown"
    if error.billed == "no":
        return
    is_unread = is_misread or isinstance(error, (UnexpectedResponse, ProviderBug))
    if error.job is not None:
        error.remedy = _RESUME if error.retryable else error.remedy
    elif error.retryable or _SENDS_AGAIN.match(error.remedy):
        error.remedy = OutcomeUnknown.remedy
    elif is_unread and not error.remedy.startswith(OutcomeUnknown.remedy):
        error.remedy = f"{OutcomeUnknown.remedy} {error.remedy}".strip()
    if error.retryable or is_unread:
        error.retry = "never_automatically"


def _settle_free(error: TryOnError) -> None:
    """A call that costs nothing is billed nothing, and may be made again."""
    if error.job is not None or error.billed == "no":
        return
    error.billed = "no"
    if error.retry == "never_automatically":
        usual = AnswerLost if isinstance(error, OutcomeUnknown) else type(error)
        error.retry, error.remedy = usual.retry, usual.remedy


def contradictions(error: TryOnError) -> tuple[str, ...]:
    """Return what the answers of an error of a submission say against each other, as sentences."""
    found = []
    may_be_billed = error.billed != "no"
    if may_be_billed and error.retryable:
        found.append(f"it says billed={error.billed!r}, and yet retry='later'.")
    if may_be_billed and error.job is None and _SENDS_AGAIN.match(error.remedy):
        found.append(f"it says billed={error.billed!r}, and the remedy is {error.remedy!r}.")
    if isinstance(error, OutcomeUnknown) and error.retryable:
        found.append("its outcome is unknown, and yet retry='later'.")
    return tuple(found)
