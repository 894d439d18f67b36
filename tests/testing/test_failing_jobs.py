"""The kit's checks of jobs that fail: each bad provider, and each bad emulator, is found out."""

import re

import attrs
import pytest

from acme import INFO, TABLE, AcmeProvider
from acme_emulator import Service, build, emulator as acme_emulator
from flash import provider as flash
from flash_emulator import emulator as flash_emulator
from tryon_core import Failure, JobState, hookimpl
from tryon_core.errors import JobFailed, RateLimited
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed

ENDS, AT_ONCE = "a_failed_job_ends_as_its_code_says", "a_job_may_fail_at_once"
USED_UP = "what_is_used_up_is_not_submitted_again"


def contract(subject, vendor=acme_emulator):
    class Contract(ProviderContract):
        provider = subject
        emulator = vendor

    return Contract()


def with_entry(code, **changes):
    """Return a provider whose entry of a code is another one, None for a provider without it."""
    kept = [entry for entry in INFO.errors if entry.code != code]
    own = [attrs.evolve(entry, **changes) for entry in INFO.errors if entry.code == code]
    provider = AcmeProvider()
    provider.info = attrs.evolve(INFO, errors=[*kept, *(own if changes else ())])
    return provider


class Says(AcmeProvider):
    """Takes the vendor's word for a failed job for something else."""

    def __init__(self, state):
        self.state = state

    def update(self, status):
        update = super().update(status)
        failed = {"state": self.state, "failure": None}
        return attrs.evolve(update, **failed) if update.state is JobState.FAILED else update


class Fails(AcmeProvider):
    """Tells otherwise why a job failed."""

    def __init__(self, why):
        self.why = why

    def update(self, status):
        update = super().update(status)
        is_failed = update.state is JobState.FAILED
        return attrs.evolve(update, failure=self.why(status)) if is_failed else update


class PollsInSubmit(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        if self.poll(job, ctx).state is JobState.FAILED:
            raise JobFailed("Acme: it failed.")
        return job


def _by_hand(status):
    return Failure(code=status.code, message=status.reason, billed="no")


def _failure(**changes):
    return lambda status: TABLE.failure(
        **{"code": status.code, "message": status.reason, "billed": "no", **changes}
    )


SILENT = attrs.evolve(acme_emulator, failures=None)
CASES = [
    (Says(JobState.RUNNING), ENDS, r"with bad_image: .* said RUNNING \(failed\).*JobState.FAILED"),
    (Says(JobState.SUCCEEDED), ENDS, r"said SUCCEEDED \(failed\).*JobState.FAILED"),
    (Says(JobState.UNKNOWN), ENDS, r"said UNKNOWN \(failed\).*JobState.FAILED"),
    (Says(JobState.CANCELLED), ENDS, "JobCancelled came instead of JobFailed"),
    (Says(JobState.FAILED), ENDS, "gave no `failure`.*TABLE.failure"),
    (Says(JobState.RUNNING), AT_ONCE, r"said RUNNING \(failed\)"),
    (PollsInSubmit(), AT_ONCE, r"submit\(\) raised JobFailed.*Return the job"),
    (Fails(_failure(code="")), ENDS, "the failure has the code ''. Pass the vendor's code on"),
    (Fails(_failure(code="", message="?")), ENDS, "TryonKitUnheardOf: the failure says '.'"),
    (Fails(_failure(message="It failed.")), ENDS, "text 'what the vendor writes' is lost"),
    (Fails(_failure(message="")), ENDS, "no message. Pass the vendor's text on"),
    (Fails(_failure(billed="yes")), ENDS, "billed is 'yes', and the emulator charged nothing"),
    (Fails(_by_hand), ENDS, "fault is 'vendor', the table says 'input'"),
    (Fails(_by_hand), ENDS, "remedy is '', the table says 'Give a sharp photo"),
    (with_entry("bad_image", billed="yes"), ENDS, "billed is 'no', the table says 'yes'"),
    (with_entry("bad_image", retry="never_automatically"), ENDS, "retry is 'after_change'"),
    (with_entry("bad_image"), ENDS, "bad_image: the code has no entry"),
    (with_entry("no_credits", error=RateLimited), USED_UP, "'no_credits'.*as CreditsExhausted"),
    (
        with_entry("slow_down", meaning="The credits are used up."),
        USED_UP,
        "'slow_down'.*is RateLimited, which is submitted again",
    ),
    (
        with_entry("slow_down", meaning="The pack is used up."),
        USED_UP,
        "'slow_down'.*Declare it as CreditsExhausted",
    ),
    (
        with_entry("slow_down", meaning="The quota of the account is used up for now."),
        USED_UP,
        "'slow_down'.*this limit lasts. Declare it as LimitError",
    ),
    (
        with_entry("slow_down", meaning="Too many submissions for a day."),
        USED_UP,
        "'slow_down'.*Declare it as LimitError",
    ),
]


@pytest.mark.parametrize(("subject", "check", "message"), CASES, ids=range(len(CASES)))
def test_a_bad_provider_is_found_out(subject, check, message):
    with pytest.raises(CheckFailed) as caught:
        getattr(contract(subject), f"test_{check}")()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)


class Fulfils(Service):
    """Gives images to a job that was to fail."""

    def poll(self, task):
        self.find(task).failure = None
        return super().poll(task)


class Charges(Service):
    """Charges for a job that fails."""

    def submit(self):
        answer = super().submit()
        self.ctx.bill(answer["task_id"])
        return answer


class Forgets(Service):
    """Makes a job of its own beside the one that is to fail."""

    def submit(self):
        self.ctx.jobs.create()
        return super().submit()


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (
            Fulfils,
            "it ended with images. Let the emulator answer.*`job.failure`.*write-an-emulator",
        ),
        (Charges, "billed is 'no', and the emulator charged 1"),
        (Forgets, r"jobs with the failures \['bad_image', 'bad_image'\]"),
    ],
)
def test_a_bad_emulator_is_found_out(service, message, monkeypatch):
    monkeypatch.setattr("acme_emulator.Service", service)
    vendor = attrs.evolve(acme_emulator, build=build)
    with pytest.raises(CheckFailed, match=message):
        getattr(contract(AcmeProvider(), vendor), f"test_{ENDS}")()


@pytest.mark.parametrize("check", [ENDS, AT_ONCE])
@pytest.mark.parametrize(
    ("subject", "vendor", "why"),
    [
        (AcmeProvider(), SILENT, r"Give `Emulator\(failures=.*write-an-emulator.md"),
        (flash, flash_emulator, "finished images at once"),
    ],
)
def test_what_cannot_be_checked_says_why(subject, vendor, why, check):
    with pytest.raises(pytest.skip.Exception, match=why):
        getattr(contract(subject, vendor), f"test_{check}")()


def test_failed_jobs_of_a_vendor_without_codes_have_their_text():
    vendor = attrs.evolve(acme_emulator, failures=())
    getattr(contract(AcmeProvider(), vendor), f"test_{ENDS}")()
    with pytest.raises(CheckFailed, match=r"TryonKitUnheardOf.*said RUNNING"):
        getattr(contract(Says(JobState.RUNNING), vendor), f"test_{ENDS}")()
