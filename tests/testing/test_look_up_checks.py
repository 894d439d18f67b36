"""The kit's checks of look-ups: good ones pass, and each bad one fails the check made for it."""

import pytest

import acme_look_up as bad
from acme import AcmeProvider
from acme_emulator import emulator as acme_emulator
from acme_look_up import ByReference, ByTime
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.checks.look_up import LookUpChecks

CHECKS = sorted(name for name in vars(LookUpChecks) if name.startswith("test_"))


def _contract(subject):
    class Contract(ProviderContract):
        provider = subject
        emulator = acme_emulator

    return Contract()


@pytest.mark.parametrize("check", [*CHECKS, "test_any_wrong_value_gives_a_value_or_an_error"])
@pytest.mark.parametrize("provider", [ByReference(), ByTime()], ids=["reference", "time"])
def test_good_ones_pass(provider, check):
    getattr(_contract(provider), check)()


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_look_up_nothing_is_checked(check):
    with pytest.raises(pytest.skip.Exception, match="no look-up"):
        getattr(_contract(AcmeProvider()), check)()


CASES = [
    (bad.Undeclared, "a_look_up_is_declared", "nobody calls it"),
    (bad.Unsourced, "a_look_up_is_declared", "no `source`"),
    (bad.SendsNoReference, "an_accepted_request_is_found_or_named", "paid twice"),
    (bad.SaysNothing, "an_accepted_request_is_found_or_named", "`candidates`"),
    (bad.SubmitsToLook, "an_accepted_request_is_found_or_named", "1 paid requests"),
    (bad.FindsNonsense, "an_accepted_request_is_found_or_named", "gives no image"),
    (bad.DeniesWhatHasNoImages, "a_late_look_up_denies_nothing", "deleted by now.*paid twice"),
    (bad.TakesWhatComes, "an_answer_about_another_request_is_not_taken", "Compare it with `atte"),
    (bad.IsNeverSure, "a_request_that_never_came_is_not_found", "Return NotAccepted"),
    (bad.TakesTheOnlyOne, "the_job_of_another_request_is_never_taken", "of another request"),
    (bad.NamesKnownJobs, "the_job_of_another_request_is_never_taken", "known_jobs"),
    (
        bad.TakesOutagesForAbsence,
        "a_look_up_that_is_refused_is_no_bug_and_decides_nothing",
        "says nothing",
    ),
    (bad.BreaksOnPages, "any_body_gives_a_value_or_an_error", "KeyError"),
    (bad.BreaksOnPages, "a_look_up_that_is_refused_is_no_bug_and_decides_nothing", "KeyError"),
]


@pytest.mark.parametrize(
    ("subject", "check", "message"), CASES, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_bad_one_is_found_out(subject, check, message):
    with pytest.raises(CheckFailed, match=message):
        getattr(_contract(subject()), f"test_{check}")()


def test_every_check_has_a_bad_one():
    assert {*CHECKS} <= {f"test_{check}" for _, check, _ in CASES}
