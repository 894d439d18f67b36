"""Poll a job until it is final, or until the time is up."""

import contextlib
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any, TypeAlias

from tryon_core.clock import Clock
from tryon_core.errors import (
    AnswerLost,
    JobCancelled,
    JobExpired,
    JobFailed,
    NetworkError,
    PollTimeout,
    SettingsError,
    TryOnError,
    UnexpectedResponse,
)
from tryon_core.models import Capabilities, Failure, Job, JobResult, JobState, JobUpdate
from tryon_core.polling import (
    Answer,
    JobTimes,
    PollPolicy,
    is_odd,
    judge,
    next_delay_s,
    tells_failure,
)
from tryon_core.session import Session
from tryon_core.settings import ProviderSettings

OnUpdate: TypeAlias = Callable[[JobUpdate], None]

_UNDER_WAY = (JobState.PENDING, JobState.RUNNING)
_LOOK = "Look at the vendor's dashboard whether it was charged before you submit the work again."
_NO_REASON = Failure(code="unknown", message="the vendor gave no reason")
LONG_PAUSE_S = 30.0
"""Pauses that a server asks for are reported from this length on."""


def poll_job(session: Session, job: Job, *, deadline_s: float | None = None) -> JobUpdate:
    """Ask once for the state of a job; a job that carries its result is finished.

    Raises:
        TryOnError: the poll was refused or not answered; it carries the job.
    """
    if job.result is not None:
        return JobUpdate(state=JobState.SUCCEEDED, result=job.result)
    return session.bound.poll(job, session.context(deadline_s=deadline_s))


class JobWatch:
    """What is known of one job while it is waited for; decides, and never waits or polls itself.

    Args:
        job: what is waited for.
        capabilities: the provider's, for its polling hints.
        policy: schedule and tolerances.
        clock: source of time.
        settings: those that the job is polled with, None where it does not matter: a job is judged
            only at the address and by the account that accepted it.
        times: how long such jobs take, read and added to; None for what the provider declares.
    """

    __slots__ = (
        "_answer",
        "_capabilities",
        "_clock",
        "_failed_polls",
        "_is_young",
        "_odd_since_s",
        "_policy",
        "_polls",
        "_ran_until_s",
        "_settings",
        "_times",
        "_update",
        "job",
        "odd_polls",
    )

    def __init__(
        self,
        job: Job,
        *,
        capabilities: Capabilities,
        policy: PollPolicy,
        clock: Clock,
        settings: ProviderSettings | None = None,
        times: JobTimes | None = None,
    ) -> None:
        self.job: Job = job
        self.odd_polls: int = 0
        """Odd answers in a row, up to the latest one."""
        self._capabilities = capabilities
        self._policy = policy
        self._clock = clock
        self._settings = settings
        self._times = times or JobTimes(capabilities.typical_job_s)
        self._polls = 0
        self._answer: Answer | None = None
        self._update: JobUpdate | None = None
        self._odd_since_s = 0.0
        self._failed_polls = 0
        self._ran_until_s = 0.0
        # A program that comes back to an old job does not see how long it took.
        self._is_young = self.next_delay_s > 0

    @property
    def next_delay_s(self) -> float:
        """The seconds to wait before the next poll."""
        return next_delay_s(
            self._policy,
            polls=self._polls,
            usual_job_s=self._times.usual_s,
            quota=self._capabilities.quota,
            age_s=age_s(self.job, self._clock),
            retry_after_s=self._answer.retry_after_s if self._answer else None,
            odd_polls=self.odd_polls,
        )

    @property
    def is_known(self) -> bool:
        """Whether the latest answer shows that the vendor knows the job."""
        return not self.odd_polls or bool(self._failed_polls)

    @property
    def remark(self) -> str | None:
        """A remark about the latest answer, None when it is as usual."""
        asked_s = self._answer.retry_after_s if self._answer else None
        if self.odd_polls == 1:
            return (
                f"job {self.job.id}: a poll gave no usable answer: {self._oddity} "
                "It is polled again."
            )
        if asked_s is not None and asked_s >= LONG_PAUSE_S:
            waits_s = self.next_delay_s
            return (
                f"job {self.job.id}: {self.job.provider} asks for a pause of {asked_s:g} s; "
                f"the next poll is in {waits_s:g} s."
            )
        return None

    def answered(self, answer: Answer) -> JobResult | None:
        """Note what came of a poll, and return the result when there is one.

        Raises:
            JobError: no result will come.
            SettingsError: the vendor denies a job that another address or account accepted.
            AnswerLost: more odd answers in a row than are tolerated; polling again may help.
            TryOnError: the poll was refused for good, such as for a wrong key.
        """
        age = age_s(self.job, self._clock)
        self._polls += 1
        self._answer = answer
        if isinstance(answer, JobUpdate):
            self._update = answer
            if answer.state in _UNDER_WAY:
                self._ran_until_s = age
        if not is_odd(answer):
            self.odd_polls = 0
        else:
            if not self.odd_polls:
                self._odd_since_s = self._clock.monotonic()
            self.odd_polls += 1
        self._failed_polls = self._failed_polls + 1 if tells_failure(answer) else 0
        return self._concluded(answer, age)

    def _concluded(self, answer: Answer, age: float) -> JobResult | None:
        job = self.job
        verdict = judge(
            self._policy,
            answer,
            odd_polls=self.odd_polls,
            odd_s=self._clock.monotonic() - self._odd_since_s,
            failed_polls=self._failed_polls,
            is_past_expiry=job.expires_at is not None and self._clock.now() >= job.expires_at,
            is_elsewhere=bool(elsewhere(job, self._settings)),
        )
        if verdict == "poll_again":
            return None
        if verdict == "elsewhere":
            raise _accepted_elsewhere(job, elsewhere(job, self._settings), answer)
        if verdict == "expired":
            raise job_expired(job)
        if verdict == "given_up":
            raise self.doubt
        if isinstance(answer, TryOnError):
            raise answer
        result = result_of(job, answer)
        if self._is_young or self._ran_until_s:
            # It ended at some time between the last two polls.
            self._times.observe((self._ran_until_s + age) / 2)
        return result

    @property
    def doubt(self) -> AnswerLost:
        """The error for a job of which nothing is known since some odd answers."""
        answer, job = self._answer, self.job
        polls = "1 poll" if self.odd_polls == 1 else f"{self.odd_polls} polls in a row"
        passed_s = self._clock.monotonic() - self._odd_since_s
        error = AnswerLost(
            f"job {job.id}: {polls} within {passed_s:.0f} s gave no usable answer; the last one: "
            f"{self._oddity}",
            provider=job.provider,
            job=job,
            fault="network" if isinstance(answer, NetworkError) else "vendor",
            billed="unknown",
            remedy="The job is not lost: resume it later. Do not submit the work again before.",
            request_id=answer.request_id if answer else None,
            vendor_code=getattr(answer, "vendor_code", None),
            http_status=getattr(answer, "http_status", None),
        )
        error.__cause__ = answer if isinstance(answer, TryOnError) else None
        return error

    def timed_out(self) -> PollTimeout:
        """Return the error for a job that is still running when the time is up."""
        job, update = self.job, self._update
        if self.odd_polls:
            why = f"gave no usable answer ({self._oddity.rstrip('.')})"
        elif update is not None:
            why = f"is still {update.vendor_status or update.state.value}"
        else:
            why = "was not polled"
        error = PollTimeout(
            f"job {job.id} {why} and the time is up.",
            provider=job.provider,
            job=job,
            request_id=update.request_id if update else None,
            last_update=update,
        )
        error.__cause__ = self._answer if isinstance(self._answer, TryOnError) else None
        return error

    @property
    def _oddity(self) -> str:
        """What is odd about the latest answer, and where else it should have been asked for."""
        return " ".join(filter(None, (self._odd_words, elsewhere(self.job, self._settings))))

    @property
    def _odd_words(self) -> str:
        answer, job = self._answer, self.job
        if isinstance(answer, TryOnError):
            return f"{answer.message.rstrip('. ')}."
        if answer is None:
            return "none came."
        theirs = f" ({answer.vendor_status})" if answer.vendor_status else ""
        if answer.state is JobState.NOT_FOUND:
            return f"{job.provider} does not know the job{theirs}."
        if answer.state is JobState.UNKNOWN and answer.failure is not None:
            return f"it failed, which may pass: {answer.failure.shown}."
        if answer.state is JobState.UNKNOWN:
            return f"its status {answer.vendor_status!r} is not known to the plugin."
        return f"it is finished{theirs}, but the plugin gave no result."


def wait_for(
    job: Job,
    ask: Callable[[Job], JobUpdate],
    *,
    capabilities: Capabilities,
    policy: PollPolicy,
    clock: Clock,
    deadline_s: float | None,
    on_update: OnUpdate,
    note: Callable[[str], None] | None = None,
    settings: ProviderSettings | None = None,
    times: JobTimes | None = None,
) -> JobResult:
    """Return the result of a job once it is finished.

    Args:
        job: what to wait for.
        ask: polls the vendor once.
        capabilities: the provider's, for its polling hints.
        policy: schedule and tolerances.
        clock: source of time.
        deadline_s: point on `clock.monotonic()` at which to give up, None for never. The last
            poll is at the deadline, and there is at least one, however short the time.
        on_update: called with every answer.
        note: called with a sentence on the first odd answer in a row, and on long pauses.
        settings: as for `JobWatch`.
        times: as for `JobWatch`.

    Raises:
        JobFailed: the vendor says that it failed.
        JobCancelled: it was cancelled.
        JobExpired: the vendor has forgotten it.
        PollTimeout: it is still running at the deadline.
        AnswerLost: odd answers only, more and for longer than the policy tolerates.
        SettingsError: it was accepted at another address or by another account, and the vendor
            denies it here.
        TryOnError: the poll was refused for good, such as for a wrong key.
    """
    watch = JobWatch(
        job,
        capabilities=capabilities,
        policy=policy,
        clock=clock,
        settings=settings,
        times=times,
    )
    left_s = math.inf if deadline_s is None else max(0.0, deadline_s - clock.monotonic())
    while True:
        clock.sleep(min(watch.next_delay_s, left_s))
        answer: Answer
        try:
            answer = ask(job)
        except TryOnError as error:
            answer = error
        else:
            on_update(answer)
        result = watch.answered(answer)
        if result is not None:
            return result
        left_s = math.inf if deadline_s is None else max(0.0, deadline_s - clock.monotonic())
        if left_s == 0:
            raise watch.timed_out()
        if note is not None and watch.remark:
            note(watch.remark)


def elsewhere(job: Job, settings: ProviderSettings | None) -> str:
    """Say where a job was accepted, when it was not with these settings; else an empty text."""
    if settings is None:
        return ""
    differences = []
    if job.base_url and settings.address and job.base_url != settings.address:
        differences.append(f"at {job.base_url}, and {settings.address} was asked")
    if job.account and job.account != settings.account:
        differences.append("with another key than the one in use")
    return f"The job was accepted {' and '.join(differences)}." if differences else ""


def _accepted_elsewhere(job: Job, where: str, answer: Answer) -> SettingsError:
    if isinstance(answer, TryOnError):
        denial = answer.message
    else:
        denial = f"its answer was {answer.vendor_status or answer.state.value!r}."
    return SettingsError(
        f"{job.provider} denies the job {job.id}: {denial} {where}",
        provider=job.provider,
        job=job,
        request_id=answer.request_id,
        billed="unknown",
        remedy="The job is not lost: resume it with the address and the key that accepted it.",
    )


def age_s(job: Job, clock: Clock) -> float:
    """Return the seconds since a job was submitted."""
    return (clock.now() - job.submitted_at).total_seconds()


def result_of(job: Job, update: JobUpdate) -> JobResult:
    """Return the result of a final update, or raise what became of the job instead."""
    if update.state is JobState.CANCELLED:
        billed = update.failure.billed if update.failure else None
        raise JobCancelled(f"job {job.id} was cancelled.", billed=billed, **_about(job, update))
    if update.state is JobState.FAILED or tells_failure(update):
        raise _failed(job, update)
    if update.result is None:
        raise UnexpectedResponse(
            f"job {job.id} is finished, but the plugin gave no result.",
            billed="unknown",
            **_about(job, update),
        )
    return update.result


def job_expired(job: Job) -> JobExpired:
    """Return the error for a job that the vendor has forgotten."""
    until = f", kept until {at_utc(job.expires_at)}" if job.expires_at else ""
    return JobExpired(
        f"{job.provider} does not know the job {job.id} any more "
        f"(submitted {at_utc(job.submitted_at)}{until}).",
        provider=job.provider,
        job=job,
    )


def at_utc(time: datetime) -> str:
    """Return a time as messages show it."""
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _about(job: Job, update: JobUpdate) -> dict[str, Any]:
    return {"provider": job.provider, "job": job, "request_id": update.request_id}


def _failed(job: Job, update: JobUpdate) -> JobFailed:
    failure = update.failure or _NO_REASON
    # To do the work again may cost once more: that is for the user to decide.
    is_open = failure.retry == "later" and failure.billed != "no"
    return JobFailed(
        f"job {job.id} failed: {failure.shown}.",
        failure=failure,
        vendor_code=failure.code,
        fault=failure.fault,
        retry="never_automatically" if is_open else failure.retry,
        billed=failure.billed,
        remedy=failure.remedy or (_LOOK if failure.billed != "no" else ""),
        **_about(job, update),
    )


@contextlib.contextmanager
def keeping(job: Job) -> Iterator[None]:
    """Attach the job to whatever is raised inside, so that paid work is never lost."""
    try:
        yield
    except TryOnError as error:
        if error.job is None:
            error.job = job
            if error.billed == "no":  # what went wrong cost nothing, but the job may
                error.billed = "unknown"
        raise
    except BaseException as error:
        error.job = job  # type: ignore[attr-defined]
        raise
