import inspect

import pytest

from tryon_core import errors
from tryon_core.cli.exit_codes import ExitCode, exit_code, run_exit_code
from tryon_core.models import Job, Problem
from tryon_testing.clocks import START

JOB = Job(provider="fake", id="t-1", submitted_at=START)

_EXPECTED = {
    "Interrupted": 130,
    "PollTimeout": 5,
    "OutcomeUnknown": 4,
    "AuthenticationFailed": 3,
    "ConfigurationError": 3,
    "ServiceMoved": 3,
    "UnknownProvider": 3,
    "ProviderConflict": 3,
    "BrokenPlugin": 3,
    "MissingCredential": 3,
    "SettingsError": 3,
    "MissingExtra": 3,
    "JournalBusy": 3,
    "InputError": 2,
    "ValidationFailed": 2,
    "UnusableImage": 2,
    "UnknownOption": 2,
    "InputRefused": 2,
    "OutputError": 2,
    "UsageError": 2,
    "TryOnError": 1,
    "InternalError": 1,
    "AccountError": 1,
    "CreditsExhausted": 1,
    "AccessDenied": 1,
    "LimitError": 1,
    "RateLimited": 1,
    "VendorError": 1,
    "VendorUnavailable": 1,
    "UnexpectedResponse": 1,
    "ProviderBug": 1,
    "NetworkError": 1,
    "NotSent": 1,
    "AnswerLost": 1,
    "DownloadFailed": 1,
    "JobError": 1,
    "JobFailed": 1,
    "JobCancelled": 1,
    "JobExpired": 1,
    "CancelRefused": 1,
    "BatchStopped": 1,
}


def _family(cls):
    return [cls, *(member for child in cls.__subclasses__() for member in _family(child))]


def _make(cls):
    given = {
        "message": "what happened.",
        "problems": [Problem("person", "bad")],
        "cause": errors.VendorError("it broke."),
    }
    needed = {
        name: given.get(name, "x")
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind != parameter.VAR_KEYWORD
    }
    return cls(**needed)


FAMILY = [
    cls
    for cls in dict.fromkeys(_family(errors.TryOnError))
    if cls.__module__ in {"tryon_core.errors", "tryon_core.cli.exit_codes"}
]


@pytest.mark.parametrize("cls", FAMILY, ids=lambda cls: cls.__name__)
def test_every_error_has_its_exit_code(cls):
    error = _make(cls)
    if isinstance(error, errors.JobError):
        error.job = JOB
    assert exit_code(error) == _EXPECTED[cls.__name__]


@pytest.mark.parametrize("cls", FAMILY, ids=lambda cls: cls.__name__)
def test_what_may_have_been_billed_and_has_no_job_is_an_unknown_outcome(cls):
    error = _make(cls)
    error.billed = "unknown"
    own = {"Interrupted": 130, "PollTimeout": 5, "BatchStopped": 1}
    assert exit_code(error) == own.get(cls.__name__, ExitCode.OUTCOME_UNKNOWN)


def test_a_job_of_which_nothing_is_known_can_be_resumed_like_one_that_runs():
    assert exit_code(errors.AnswerLost("no usable answer.", job=JOB)) == ExitCode.TIMED_OUT


def test_no_expected_error_is_missing_from_the_library():
    assert {cls.__name__ for cls in FAMILY} == set(_EXPECTED)


def test_a_stopped_run_ends_as_its_cause_would_have():
    cause = errors.AuthenticationFailed("bad key.")
    assert exit_code(errors.BatchStopped("it stopped.", cause=cause)) == 3


@pytest.mark.parametrize("cls", [errors.JobFailed, errors.VendorError, errors.AccessDenied])
def test_a_vendor_that_blames_the_input_makes_it_invalid_input(cls):
    assert exit_code(cls("bad picture.", fault="input", job=JOB)) is ExitCode.INVALID_INPUT


@pytest.mark.parametrize("cls", [errors.UnexpectedResponse, errors.VendorUnavailable])
def test_an_error_of_a_submission_that_may_be_billed_is_an_unknown_outcome(cls):
    assert exit_code(cls("gibberish.", billed="unknown")) is ExitCode.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    ("states", "left_by", "has_unchecked", "code"),
    [
        ({"saved"}, None, False, 0),
        (set(), None, False, 0),
        ({"saved"}, None, True, 6),
        ({"saved", "accepted"}, None, True, 1),
        ({"saved", "failed"}, errors.AuthenticationFailed("no key."), True, 1),
        ({"saved", "refused", "outcome_unknown"}, None, False, 4),
        ({"saved", "planned"}, errors.AuthenticationFailed("no key."), False, 3),
        ({"saved"}, errors.InputError("no image."), False, 2),
    ],
)
def test_a_run_ends_with_what_needs_most_care(states, left_by, has_unchecked, code):
    assert run_exit_code(states, left_by=left_by, has_unchecked=has_unchecked) == code
