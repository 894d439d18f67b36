"""Ask for a job until it is final, or until the time is up."""

from collections.abc import Callable
from typing import TypeAlias

from tryon_core.clock import Clock
from tryon_core.errors import (
    AnswerLost,
    JobCancelled,
    JobExpired,
    JobFailed,
    LimitError,
    NotSent,
    PollTimeout,
    UnexpectedResponse,
    VendorUnavailable,
)
from tryon_core.models import Capabilities, Failure, Job, JobResult, JobState, JobUpdate
from tryon_core.polling import PollPolicy, judge, next_delay_s

OnUpdate: TypeAlias = Callable[[JobUpdate], None]

# Faults of the question, not of the job: the job goes on whatever became of them.
_PASSING = (AnswerLost, NotSent, LimitError, VendorUnavailable)
_NO_REASON = Failure(code="unknown", message="the vendor gave no reason")


def wait_for(
    job: Job,
    ask: Callable[[Job], JobUpdate],
    *,
    capabilities: Capabilities,
    policy: PollPolicy,
    clock: Clock,
    deadline_s: float | None,
    on_update: OnUpdate,
) -> JobResult:
    """Return the result of a job once it is finished.

    Args:
        job: what to wait for.
        ask: asks the vendor once.
        capabilities: the provider's, for its polling hints.
        policy: schedule and tolerances.
        clock: source of time.
        deadline_s: point on `clock.monotonic()` at which to give up, None for never. The last
            question is asked at the deadline.
        on_update: told of every answer.

    Raises:
        JobFailed: the vendor says that it failed.
        JobCancelled: it was cancelled.
        JobExpired: the vendor does not know it.
        PollTimeout: it is still running at the deadline.
        UnexpectedResponse: its status stayed one that the plugin does not know.
        TryOnError: too many questions in a row went unanswered, or the vendor refused one.
    """
    updates: list[JobUpdate] = []
    asked = faults = 0
    retry_after_s: float | None = None
    while True:
        delay_s = next_delay_s(
            policy,
            asked=asked,
            typical_job_s=capabilities.typical_job_s,
            quota=capabilities.quota,
            retry_after_s=retry_after_s,
        )
        _sleep(job, delay_s, clock, deadline_s, updates)
        asked += 1
        try:
            update = ask(job)
        except _PASSING as error:
            faults += 1
            if faults >= policy.max_faults:
                raise
            retry_after_s = error.retry_after_s
            continue
        faults = 0
        retry_after_s = update.retry_after_s
        updates.append(update)
        on_update(update)
        verdict = judge(policy, updates, age_s=(clock.now() - job.submitted_at).total_seconds())
        if verdict == "done":
            return result_of(job, update)
        if verdict == "not_found":
            raise job_expired(job)
        if verdict == "status_unknown":
            raise UnexpectedResponse(
                f"job {job.id} has the status {update.vendor_status!r}, which the plugin does not "
                f"know, {len(updates)} times in a row.",
                job=job,
                billed="unknown",
            )


def result_of(job: Job, update: JobUpdate) -> JobResult:
    """Return the result of a final update, or raise what became of the job instead."""
    if update.state is JobState.CANCELLED:
        raise JobCancelled(f"job {job.id} was cancelled.", job=job, request_id=update.request_id)
    if update.state is JobState.FAILED:
        raise _failed(job, update.failure or _NO_REASON, update.request_id)
    if update.result is None:
        raise UnexpectedResponse(
            f"job {job.id} is finished, but the plugin gave no result.", job=job, billed="unknown"
        )
    return update.result


def job_expired(job: Job) -> JobExpired:
    """Return the error for a job that the vendor does not know."""
    since = f"{job.submitted_at:%Y-%m-%d %H:%M} UTC"
    until = f", kept until {job.expires_at:%Y-%m-%d %H:%M} UTC" if job.expires_at else ""
    return JobExpired(
        f"{job.provider} does not know the job {job.id} (submitted {since}{until}).", job=job
    )


def _failed(job: Job, failure: Failure, request_id: str | None) -> JobFailed:
    return JobFailed(
        f"job {job.id} failed: {failure.message} ({failure.code}).",
        failure=failure,
        job=job,
        request_id=request_id,
        vendor_code=failure.code,
        fault=failure.fault,
        retry=failure.retry,
        billed=failure.billed,
        remedy=failure.remedy,
    )


def _sleep(
    job: Job, delay_s: float, clock: Clock, deadline_s: float | None, updates: list[JobUpdate]
) -> None:
    if deadline_s is not None:
        left_s = deadline_s - clock.monotonic()
        # At least one question is asked, however short the time.
        if left_s <= 0 and updates:
            last = updates[-1]
            raise PollTimeout(
                f"job {job.id} is still {last.vendor_status or last.state.value} "
                "and the time is up.",
                job=job,
                last_update=last,
            )
        if left_s <= 0 and delay_s > 0:
            raise PollTimeout(f"job {job.id}: the time is up before any answer.", job=job)
        delay_s = min(delay_s, left_s)
    clock.sleep(max(0.0, delay_s))
