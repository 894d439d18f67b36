"""Checks of jobs that fail: what the vendor says of them arrives as the table has it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from tryon_core.client import Client
from tryon_core.errors import (
    JobCancelled,
    JobError,
    JobExpired,
    JobFailed,
    OutcomeUnknown,
    RateLimited,
    TryOnError,
    VendorUnavailable,
)
from tryon_core.models import ErrorCode, Failure, Job, JobUpdate, TryOnRequest
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.checks.understood import emulated_jobs
from tryon_testing.emulation import EmulatedJob
from tryon_testing.harness import PAUSE_S, Harness, vendor_harness
from tryon_testing.pages import SHOWN
from tryon_testing.unchecked import skip_unchecked

_TIMEOUT_S = 400.0
"""Longer than a wait tolerates answers that leave the state open."""
_MOST_OF_AN_ENTRY = 3
_UNHEARD_OF = "TryonKitUnheardOf"
_SAY_FAILED = (
    "Map the vendor's word for a failed job to JobState.FAILED, and give "
    "`failure=TABLE.failure(code=..., message=...)`."
)
_SENTENCE = re.compile("[A-Za-z]{2,} [A-Za-z]{2,}")
_USED_UP = re.compile(
    r"out.?of.?(credit|fund)|(no|insufficient|not.?enough).{0,10}(credit|fund|balance|calls left)"
    r"|(credit|fund|balance|pack|unit)\w*.{0,20}(used up|exhausted|not enough|left)|arrear|overdue",
    re.IGNORECASE,
)
_LASTS = re.compile(
    r"(quota|allowance|allocation)\w*.{0,40}(used up|exhausted)|\b(day|daily|month|monthly)\b",
    re.IGNORECASE,
)


class FailureChecks(ProviderUnderTest):
    """A job that fails says why, and who pays."""

    @since("0.1")
    def test_a_failed_job_ends_as_its_code_says(self) -> None:
        """For each code of a failed job: a Failure with the answers of the table's entry."""
        with vendor_harness(self) as at:
            codes = _codes(at)
            client, request, is_billed = at.client(), at.request(), _is_success_billed(at)
            faults = [
                fault
                for code in (*codes, *[_UNHEARD_OF] * _answers_without_code(self))
                for fault in _faults(_ended(at, client, request, code), is_billed=is_billed)
            ]
        require(not faults, "\n".join(faults))

    @since("0.1")
    def test_a_job_may_fail_at_once(self) -> None:
        """A job that has failed before it is polled first is a job all the same."""
        with vendor_harness(self, job_s=0) as at:
            code = next(iter(_codes(at)), _UNHEARD_OF)
            _ended(at, at.client(), at.request(), code)

    @since("0.1")
    def test_what_is_used_up_is_not_submitted_again(self) -> None:
        """An account without credits is no limit of a moment: the same call fails again."""
        for entry in self.documented_errors:
            said = f"{re.sub('[_.-]', ' ', entry.code)} {entry.meaning}"
            require(
                entry.to_error("").retry != "later" or not _USED_UP.search(said),
                f"the code {entry.code!r} ({entry.meaning}) is {entry.error.__name__}, which is "
                "submitted again later by itself. Declare it as CreditsExhausted.",
            )
            require(
                not issubclass(entry.error, RateLimited) or not _LASTS.search(said),
                f"the code {entry.code!r} ({entry.meaning}) is RateLimited, which is submitted "
                "again within seconds, and this limit lasts. Declare it as LimitError.",
            )


@attrs.frozen(kw_only=True)
class _End:
    """What became of a job that failed with a code.

    Attributes:
        code: that code.
        error: what `wait` raised.
        texts: the sentences in the vendor's last answer.
        is_coded: whether that answer has the code.
        update: the last answer of `poll`, None when it raised.
        entry: the one for the code and the status that it came with.
        charged: units that the emulator charged.
    """

    code: str
    error: TryOnError
    texts: Sequence[str]
    is_coded: bool
    update: JobUpdate | None
    entry: ErrorCode | None
    charged: int


def _codes(at: Harness) -> Sequence[str]:
    """Return the codes that end jobs, a few of each entry.

    Raises:
        Skipped: the vendor has no jobs to poll, or the emulator does not say.
    """
    at.unfinished_job()
    at.need_shown("a failed job")
    if at.running is None or at.running.emulator.failures is None:
        skip_unchecked(
            "the emulator fails no jobs. Give `Emulator(failures=[...])` the vendor's codes of "
            f"failed jobs, and answer the poll of a job that has `job.failure`; {SHOWN}."
        )
    of_entries: dict[str, list[str]] = {}
    for code in at.running.emulator.failures:
        fitting = [entry.code for entry in at.subject.documented_errors if entry.fits(code, None)]
        of_entries.setdefault(max(fitting, key=len, default=""), []).append(code)
    return [code for codes in of_entries.values() for code in codes[:_MOST_OF_AN_ENTRY]]


def _answers_without_code(subject: ProviderUnderTest) -> int:
    """Return how many documented answers of failed jobs have no code; each is tried once."""
    return sum(one.is_failed and not one.failures for one in subject.documented) or 1


def _is_success_billed(at: Harness) -> bool:
    """Return whether the emulator charges for a job that succeeds, and so says who pays.

    Documented exchanges do not say it.
    """
    charged = bool(at.running and any(at.running.ctx.billed.values()))
    return charged and not at.subject.documented


def _ended(  # noqa: RET503  (it fails or returns)
    at: Harness, client: Client, request: TryOnRequest, code: str
) -> _End:
    """Have a job fail with a code, and wait for it."""
    updates: list[JobUpdate] = []
    at.pass_time(PAUSE_S)
    job, made = _doomed(at, client, request, code)
    try:
        client.wait(job, timeout_s=_TIMEOUT_S, on_update=updates.append)
    except TryOnError as error:
        require_no_bug(error, f"a job failed with {code}")
        last = updates[-1] if updates else None
        _require_over(code, error, last)
        answer = at.wire.answers[-1]
        declared = at.subject.documented_errors
        fitting = [entry for entry in declared if entry.fits(code, answer.status)]
        return _End(
            code=code,
            error=error,
            texts=[*_sentences(answer.json)],
            is_coded=code.encode() in answer.body,
            update=last,
            entry=max(fitting, key=lambda entry: entry.rank, default=None),
            charged=at.running.ctx.billed.get(made.id, 0) if at.running else 0,
        )
    fail(
        f"a job was to fail with {code}, and it ended with images. Let the emulator answer the "
        f"poll of a job that has `job.failure` as the vendor does; {SHOWN}."
    )


def _doomed(
    at: Harness, client: Client, request: TryOnRequest, code: str
) -> tuple[Job, EmulatedJob]:
    """Submit a job that fails with a code."""
    before = len(emulated_jobs(at))
    with at.failing("poll", "job", code=code):
        try:
            job = client.submit(request)
        except TryOnError as error:
            require_no_bug(error, f"a job failed with {code}")
            fail(
                f"the job of a submission failed with {code}, and submit() raised "
                f"{type(error).__name__}: {error} Return the job: it was accepted, and the core "
                "polls it."
            )
    made = emulated_jobs(at)[before:]
    failures = [one.failure for one in made]
    require(
        failures == [code],
        f"a job was to fail with {code}, and the emulator made jobs with the failures {failures}. "
        f"Make each with `ctx.jobs.create()`, which reads the fault; {SHOWN}.",
    )
    return job, made[0]


def _sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str) and _SENTENCE.search(value):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _sentences(inner)


def _require_over(code: str, error: TryOnError, last: JobUpdate | None) -> None:
    """Fail the check unless the plugin said that the job is over, without a result."""
    is_over = last is None or last.state.is_final or last.failure is not None
    if not isinstance(error, JobError) or not is_over:
        said = f"said {last.state.name} ({last.vendor_status})" if last else "raised"
        fail(
            f"a job failed with {code}: poll() {said}, and wait() raised {type(error).__name__}: "
            f"{error.message} {_SAY_FAILED}"
        )


def _faults(end: _End, *, is_billed: bool) -> Iterator[str]:
    for fault in (*_differences(end), *_wrong_bill(end, is_billed=is_billed)):
        yield f"a job failed with {end.code}: {fault}"


def _differences(end: _End) -> Iterator[str]:
    if end.entry is None and end.code != _UNHEARD_OF:
        yield "the code has no entry in `info.errors`. Declare what it means."
        return
    wanted: type[TryOnError] = JobFailed
    if end.entry is not None and issubclass(end.entry.error, (JobExpired, JobCancelled)):
        wanted = end.entry.error
    if type(end.error) is not wanted:
        yield f"{type(end.error).__name__} came instead of {wanted.__name__}. {_SAY_FAILED}"
    elif wanted is JobFailed and (end.update is None or end.update.failure is None):
        yield f"poll() gave no `failure`, so that the vendor's reason is lost. {_SAY_FAILED}"
    elif end.update is not None and end.update.failure is not None:
        said = end.update.failure.shown
        if end.texts and not any(text.strip(" .") in said for text in end.texts):
            yield f"the vendor's text {end.texts[0]!r} is lost. Pass it on."
        if end.is_coded or end.entry is not None:
            yield from _answers(end.code, end.update.failure, end.entry)


def _answers(code: str, failure: Failure, entry: ErrorCode | None) -> Iterator[str]:
    if entry is None:
        if code not in failure.shown:
            yield f"the failure says {failure.shown!r}. Pass on the vendor's code and text."
        return
    if failure.code != code:
        yield f"the failure has the code {failure.code!r}. Pass the vendor's code on."
    if not failure.message:
        yield "the failure has no message. Pass the vendor's text on."
    expected = Failure.like(entry.to_error(""), code=code, message="")
    may_be_billed = issubclass(entry.error, (OutcomeUnknown, VendorUnavailable))
    # What may have been billed is to be looked for, and not repeated; what certainly was not, may.
    is_settled = may_be_billed and failure.billed == "no"
    for name in ("fault",) if is_settled else ("fault", "retry", "remedy"):
        want, have = getattr(expected, name), getattr(failure, name)
        if have != want:
            yield (
                f"{name} is {have!r}, the table says {want!r}. Make the failure with "
                "`TABLE.failure(...)`."
            )


def _wrong_bill(end: _End, *, is_billed: bool) -> Iterator[str]:
    said, told = end.error.billed, end.entry.billed if end.entry else None
    if told in {"yes", "no"} and said != told:
        yield f"billed is {said!r}, the table says {told!r}."
    elif is_billed and said == "yes" and not end.charged:
        yield "billed is 'yes', and the emulator charged nothing. Correct the one that is wrong."
    elif is_billed and said == "no" and end.charged:
        yield (
            f"billed is 'no', and the emulator charged {end.charged}. Correct the one that is "
            "wrong: an emulator charges after `ctx.jobs.create()`, by `job.failure`."
        )
