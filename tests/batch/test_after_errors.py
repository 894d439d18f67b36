"""What becomes of an item after each error there is: a new class without a decision fails here."""

import itertools

import pytest

from batch_entries import ERRORS, make_error
from tryon_batch.after_errors import (
    MOST_ATTEMPTS,
    after_fetching,
    after_polling,
    after_preparing,
    after_sending,
)
from tryon_core import errors

AGAIN, BACK, REFUSED = "retry", "leave", "refused"
FAILED, UNKNOWN, STOP = "failed", "outcome_unknown", "stop"

# Classes with their own answers: after preparing, after sending, after polling, after fetching.
TABLE = {
    "TryOnError": (BACK, REFUSED, BACK, BACK),
    "InputError": (REFUSED, REFUSED, BACK, BACK),
    "ValidationFailed": (REFUSED, REFUSED, BACK, BACK),
    "UnusableImage": (REFUSED, REFUSED, BACK, BACK),
    "UnknownOption": (REFUSED, REFUSED, BACK, BACK),
    "InputRefused": (REFUSED, REFUSED, BACK, BACK),
    "OutputError": (REFUSED, REFUSED, BACK, BACK),
    "ConfigurationError": (BACK, BACK, BACK, BACK),
    "UnknownProvider": (BACK, BACK, BACK, BACK),
    "ProviderConflict": (BACK, BACK, BACK, BACK),
    "BrokenPlugin": (BACK, REFUSED, BACK, BACK),
    "MissingCredential": (BACK, BACK, BACK, BACK),
    "SettingsError": (BACK, BACK, BACK, BACK),
    "ServiceMoved": (BACK, BACK, BACK, BACK),
    "MissingExtra": (BACK, BACK, BACK, BACK),
    "JournalBusy": (BACK, BACK, BACK, BACK),
    "AccountError": (BACK, BACK, BACK, BACK),
    "AuthenticationFailed": (BACK, BACK, BACK, BACK),
    "CreditsExhausted": (BACK, BACK, BACK, BACK),
    "AccessDenied": (BACK, BACK, BACK, BACK),
    "LimitError": (BACK, BACK, BACK, BACK),
    "RateLimited": (AGAIN, AGAIN, BACK, BACK),
    "VendorError": (BACK, REFUSED, BACK, BACK),
    "VendorUnavailable": (AGAIN, BACK, BACK, BACK),
    "UnexpectedResponse": (BACK, REFUSED, BACK, BACK),
    "ProviderBug": (BACK, REFUSED, BACK, BACK),
    "NetworkError": (BACK, BACK, BACK, BACK),
    "NotSent": (AGAIN, AGAIN, BACK, BACK),
    "AnswerLost": (AGAIN, BACK, AGAIN, BACK),
    "OutcomeUnknown": (BACK, UNKNOWN, BACK, BACK),
    "DownloadFailed": (BACK, FAILED, BACK, AGAIN),
    "JobError": (BACK, UNKNOWN, FAILED, BACK),
    "JobFailed": (BACK, UNKNOWN, FAILED, BACK),
    "JobCancelled": (BACK, UNKNOWN, FAILED, BACK),
    "JobExpired": (BACK, UNKNOWN, FAILED, BACK),
    "CancelRefused": (BACK, UNKNOWN, FAILED, BACK),
    "PollTimeout": (BACK, UNKNOWN, BACK, BACK),
    "BatchStopped": (BACK, REFUSED, BACK, BACK),
}


def test_there_is_a_decision_for_every_error():
    assert sorted(TABLE) == ERRORS


@pytest.mark.parametrize("name", TABLE)
def test_what_follows_from_the_answers_of_a_class(name):
    error = make_error(name)
    assert TABLE[name] == (
        after_preparing(error, 1),
        after_sending(error, 1),
        after_polling(error),
        after_fetching(error, 1),
    )


@pytest.mark.parametrize("name", TABLE)
def test_what_may_have_been_paid_is_never_sent_again(name):
    # The first rule of all, whatever class an error is of, and however often it was tried.
    for attempts in (1, MOST_ATTEMPTS, 1000):
        assert after_sending(make_error(name, billed="unknown"), attempts) == "outcome_unknown"
        assert after_sending(make_error(name, billed="yes"), attempts) == "failed"


@pytest.mark.parametrize("name", TABLE)
def test_a_submission_is_repeated_where_the_one_rule_says_so(name):
    retries = ("no", "after_change", "never_automatically", "later")
    for retry, billed in itertools.product(retries, ("no", "yes", "unknown")):
        error = make_error(name, billed=billed, retry=retry)
        may_repeat = errors.may_repeat(error)
        assert (after_sending(error, 1) == AGAIN) is may_repeat, (retry, billed)
        is_certain = isinstance(error, (errors.NotSent, errors.RateLimited)) and billed == "no"
        assert may_repeat is (is_certain and retry == "later"), (retry, billed)
        assert after_preparing(error, 1) != AGAIN or retry == "later", billed


@pytest.mark.parametrize("name", TABLE)
def test_accepted_and_finished_work_is_never_sent_again(name):
    for billed in ("no", "yes", "unknown"):
        error = make_error(name, billed=billed)
        assert after_polling(error) in {"retry", "failed", "leave"}
        for attempts in (1, MOST_ATTEMPTS):
            assert after_fetching(error, attempts) in {"retry", "leave", "stop"}


@pytest.mark.parametrize("name", TABLE)
def test_what_a_change_is_needed_for_is_not_tried_again(name):
    error = make_error(name, billed="no", retry="after_change")
    assert after_fetching(error, 1) != "retry"


@pytest.mark.parametrize("name", TABLE)
def test_no_step_is_tried_for_ever(name):
    error = make_error(name, billed="no")
    assert after_preparing(error, MOST_ATTEMPTS) != "retry"
    assert after_fetching(error, MOST_ATTEMPTS) != "retry"
    if name != "RateLimited":  # which only says that it is too early
        assert after_sending(error, MOST_ATTEMPTS) != "retry"


@pytest.mark.parametrize(
    ("cause", "decision"),
    [
        (None, "leave"),
        (OSError(28, "No space left on device"), "stop"),
        (PermissionError(13, "Permission denied"), "stop"),
        (FileExistsError(17, "File exists"), "leave"),
    ],
)
def test_only_a_folder_that_fails_every_item_stops_the_run(cause, decision):
    error = errors.OutputError("cannot write.")
    error.__cause__ = cause
    assert after_fetching(error, 1) == decision
