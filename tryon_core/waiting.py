"""Ask for a job until it is final, or until the time is up."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, TypeAlias

from tryon_core.clock import Clock
from tryon_core.durations import Durations
from tryon_core.errors import (
    AnswerLost,
    JobCancelled,
    JobExpired,
    JobFailed,
    LimitError,
    NotSent,
    PollTimeout,
    ServiceMoved,
    TryOnError,
    UnexpectedResponse,
    VendorUnavailable,
)
from tryon_core.models import Capabilities, Failure, Job, JobResult, JobState, JobUpdate
from tryon_core.polling import PollPolicy, Verdict, judge, next_delay_s

OnUpdate: TypeAlias = Callable[[JobUpdate], None]

# Faults of the question, not of the job: the job goes on whatever became of them.
_PASSING = (AnswerLost, NotSent, LimitError, ServiceMoved, VendorUnavailable)
_PASSING_STATUSES = (429, *range(500, 600))
_UNDER_WAY = (JobState.PENDING, JobState.RUNNING)
_NO_REASON = Failure(code="unknown", message="the vendor gave no reason")


class JobWatch:
    """What is known of one job while it is waited for; decides, and never waits or asks itself.

    Args:
        job: what is waited for.
        capabilities: the provider's, for its polling hints.
        policy: schedule and tolerances.
        durations: how long such jobs take, read and added to; None for what the provider declares.
    """

    __slots__ = (
        "_asked",
        "_capabilities",
        "_durations",
        "_faults",
        "_policy",
        "_ran_until_s",
        "_updates",
        "job",
    )

    def __init__(
        self,
        job: Job,
        *,
        capabilities: Capabilities,
        policy: PollPolicy,
        durations: Durations | None = None,
    ) -> None:
        self.job = job
        self._durations = durations
        self._ran_until_s = 0.0
        self._capabilities = capabilities
        self._policy = policy
        self._asked = 0
        self._updates: list[JobUpdate] = []
        self._faults: list[TryOnError] = []

    def next_delay_s(self, *, age_s: float) -> float:
        """Return the seconds to wait before the next question.

        Args:
            age_s: seconds since the job was submitted.
        """
        latest = (self._faults or self._updates)[-1:]
        return next_delay_s(
            self._policy,
            asked=self._asked,
            typical_job_s=self._capabilities.typical_job_s,
            quota=self._capabilities.quota,
            age_s=age_s,
            retry_after_s=latest[0].retry_after_s if latest else None,
            durations=self._durations.model if self._durations else None,
        )

    def missed(self, error: TryOnError) -> None:
        """Note that a question had no usable answer.

        Raises:
            TryOnError: the error, when it will not pass, or too many came in a row.
        """
        self._asked += 1
        self._faults.append(error)
        if not _may_pass(error) or len(self._faults) >= self._policy.max_faults:
            raise error

    def answered(self, update: JobUpdate, *, age_s: float) -> JobResult | None:
        """Note an answer, and return the result when there is one.

        Raises:
            JobError: no result will come.
            UnexpectedResponse: the status stayed one that the plugin does not know.
        """
        self._asked += 1
        self._faults.clear()
        self._updates.append(update)
        del self._updates[: -self._policy.max_unknown]
        verdict = judge(self._policy, self._updates, age_s=age_s)
        if update.state in _UNDER_WAY:
            self._ran_until_s = age_s
        if verdict == "ask_again":
            return None
        result = _concluded(self.job, verdict, self._updates)
        if self._durations:
            self._durations.observe(age_s, at_least_s=self._ran_until_s)
        return result

    def timed_out(self) -> PollTimeout:
        """Return the error for a job that is still running when the time is up."""
        error = _timed_out(self.job, self._updates)
        error.__cause__ = self._faults[-1] if self._faults else None
        return error


def wait_for(
    job: Job,
    ask: Callable[[Job], JobUpdate],
    *,
    capabilities: Capabilities,
    policy: PollPolicy,
    clock: Clock,
    deadline_s: float | None,
    on_update: OnUpdate,
    durations: Durations | None = None,
) -> JobResult:
    """Return the result of a job once it is finished.

    Args:
        job: what to wait for.
        ask: asks the vendor once.
        capabilities: the provider's, for its polling hints.
        policy: schedule and tolerances.
        clock: source of time.
        deadline_s: point on `clock.monotonic()` at which to give up, None for never. The last
            question is asked at the deadline, and at least one is, however short the time.
        on_update: told of every answer.
        durations: as for `JobWatch`.

    Raises:
        JobFailed: the vendor says that it failed.
        JobCancelled: it was cancelled.
        JobExpired: the vendor does not know it.
        PollTimeout: it is still running at the deadline.
        UnexpectedResponse: its status stayed one that the plugin does not know.
        TryOnError: too many questions in a row went unanswered, or the vendor refused one.
    """
    watch = JobWatch(job, capabilities=capabilities, policy=policy, durations=durations)
    left_s = math.inf if deadline_s is None else max(0.0, deadline_s - clock.monotonic())
    while True:
        clock.sleep(min(watch.next_delay_s(age_s=age_s(job, clock)), left_s))
        try:
            update = ask(job)
        except TryOnError as error:
            watch.missed(error)
        else:
            on_update(update)
            result = watch.answered(update, age_s=age_s(job, clock))
            if result is not None:
                return result
        left_s = math.inf if deadline_s is None else max(0.0, deadline_s - clock.monotonic())
        if left_s == 0:
            raise watch.timed_out()


def _may_pass(error: TryOnError) -> bool:
    # The error page of a gateway is no contract of the vendor's: it cannot be read, and it passes.
    is_page = isinstance(error, UnexpectedResponse) and error.http_status in _PASSING_STATUSES
    return is_page or isinstance(error, _PASSING)


def _concluded(job: Job, verdict: Verdict, updates: Sequence[JobUpdate]) -> JobResult:
    if verdict == "not_found":
        raise job_expired(job)
    if verdict == "status_unknown":
        raise UnexpectedResponse(
            f"job {job.id} has the status {updates[-1].vendor_status!r}, which the plugin does "
            f"not know, and keeps it.",
            provider=job.provider,
            job=job,
            billed="unknown",
        )
    return result_of(job, updates[-1])


def age_s(job: Job, clock: Clock) -> float:
    """Return the seconds since a job was submitted."""
    return (clock.now() - job.submitted_at).total_seconds()


def result_of(job: Job, update: JobUpdate) -> JobResult:
    """Return the result of a final update, or raise what became of the job instead."""
    if update.state is JobState.CANCELLED:
        raise JobCancelled(f"job {job.id} was cancelled.", **_about(job, update))
    if update.state is JobState.FAILED:
        raise _failed(job, update)
    if update.result is None:
        raise UnexpectedResponse(
            f"job {job.id} is finished, but the plugin gave no result.",
            billed="unknown",
            **_about(job, update),
        )
    return update.result


def job_expired(job: Job) -> JobExpired:
    """Return the error for a job that the vendor does not know."""
    until = f", kept until {_utc(job.expires_at)}" if job.expires_at else ""
    return JobExpired(
        f"{job.provider} does not know the job {job.id} "
        f"(submitted {_utc(job.submitted_at)}{until}).",
        provider=job.provider,
        job=job,
    )


def _utc(time: datetime) -> str:
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _about(job: Job, update: JobUpdate) -> dict[str, Any]:
    return {"provider": job.provider, "job": job, "request_id": update.request_id}


def _failed(job: Job, update: JobUpdate) -> JobFailed:
    failure = update.failure or _NO_REASON
    # To do the work again may cost once more: nobody shall do so by itself.
    is_open = failure.retry == "later" and failure.billed != "no"
    return JobFailed(
        f"job {job.id} failed: {failure.message} ({failure.code}).",
        failure=failure,
        vendor_code=failure.code,
        fault=failure.fault,
        retry="never_automatically" if is_open else failure.retry,
        billed=failure.billed,
        remedy=failure.remedy,
        **_about(job, update),
    )


def _timed_out(job: Job, updates: Sequence[JobUpdate]) -> PollTimeout:
    last = updates[-1] if updates else None
    state = f"is still {last.vendor_status or last.state.value}" if last else "gave no answer"
    return PollTimeout(
        f"job {job.id} {state} and the time is up.",
        provider=job.provider,
        job=job,
        request_id=last.request_id if last else None,
        last_update=last,
    )


@contextlib.contextmanager
def keeping(job: Job) -> Iterator[None]:
    """Attach the job to whatever is raised inside, so that paid work is never lost."""
    try:
        yield
    except TryOnError as error:
        error.job = error.job or job
        raise
    except BaseException as error:
        error.job = job  # type: ignore[attr-defined]
        raise
