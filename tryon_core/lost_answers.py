"""Look up what became of a paid request whose answer was lost, where the vendor can be asked."""

import math
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import attrs

from tryon_core.context import CallContext
from tryon_core.errors import InputError, NotSent, OutcomeUnknown, TryOnError
from tryon_core.models import Attempt, Finding, Found, Job, NotAccepted, ProviderInfo, Undecided
from tryon_core.remembered import JobStore, RememberedJob, name_of_attempt
from tryon_core.session import Session

_LOOK_FOR_S = 60.0
_MOST_PAUSE_S = 30.0
# A margin for the windows of time that plugins ask for is twice as much.
_MOST_CLOCK_ERROR_S = 60.0


def can_look_up(info: ProviderInfo, attempt: Attempt | None) -> bool:
    """Return whether the vendor can be asked what became of a request."""
    return attempt is not None and info.look_up is not None


def look_up(
    session: Session, attempt: Attempt, *, known_jobs: frozenset[str] = frozenset()
) -> Finding:
    """Ask the vendor once what became of a paid request; this is free, and never raises.

    Only where the request was sent to the same address by the same account. What the plugin calls
    not accepted counts when the time is past that the provider declares, and when the clock of this
    machine is that of the vendor.

    Args:
        session: whose provider.
        attempt: the request.
        known_jobs: ids of jobs of the provider that are certainly those of other requests.
    """
    if (attempt.account, attempt.base_url) != (session.account, session.settings.address):
        return Undecided(reason="It was sent with another key, or to another address.")
    deadline_s = session.clock.monotonic() + session.transport.policy.read_timeout_s
    ctx = session.context(
        deadline_s=deadline_s, fingerprint=attempt.fingerprint, known_jobs=known_jobs
    )
    try:
        answer = session.bound.find_submission(attempt, ctx)
    except TryOnError as error:
        return Undecided(reason=error.message)
    if isinstance(answer, Found):
        if answer.job.id in known_jobs:
            return Undecided(reason=f"The job {answer.job.id} is that of another request.")
        return Found(sent_then(session, answer.job, attempt.sent_at))
    if isinstance(answer, NotAccepted) and (doubt := _doubt(session, attempt, ctx)):
        return Undecided(reason=doubt)
    return answer


def sent_then(session: Session, job: Job, sent_at: datetime) -> Job:
    """Return a job that was found later, with the times of its submission."""
    lifetime_s = session.info.capabilities.job_lifetime_s
    expires_at = None if lifetime_s is None else sent_at + timedelta(seconds=lifetime_s)
    return attrs.evolve(job, submitted_at=sent_at, expires_at=expires_at)


def _doubt(session: Session, attempt: Attempt, ctx: CallContext) -> str:
    """Say why an absence proves nothing, or nothing at all when it does."""
    name, now = session.info.name, session.clock.now()
    if attempt.was_taken:
        return f"{name} does not show it, but answered it with success."
    settled_at = _settled_at(session.info, attempt)
    if settled_at is None or now < settled_at:
        return f"{name} does not show it, which proves nothing{' yet' if settled_at else ''}."
    answer = getattr(ctx.http, "last_answer", None)
    try:
        told = parsedate_to_datetime(answer.headers["date"]) if answer else now
        differs_s = abs((told - now).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return ""
    if differs_s > _MOST_CLOCK_ERROR_S:
        return (
            f"{name} does not show it, but the clock of this machine is {differs_s:.0f} s off, so "
            "that it may have looked at the wrong time."
        )
    return ""


def _settled_at(info: ProviderInfo, attempt: Attempt) -> datetime | None:
    """Return when an absence becomes a proof, None for never."""
    settles_s = info.look_up.settles_s if info.look_up else None
    return (
        None
        if settles_s is None or attempt.was_taken
        else attempt.is_over_at + timedelta(seconds=settles_s)
    )


def next_look_s(
    info: ProviderInfo,
    attempt: Attempt,
    *,
    looks: int,
    begun_at: datetime,
    now: datetime,
    latest: Undecided | None = None,
) -> float:
    """Return the seconds until the next look, infinity when there is none any more.

    The pauses double from 2 s to 30 s. The last look is a minute after the first, or when an
    absence becomes a proof; there is none to come as long as the vendor shows candidates.

    Args:
        info: of the provider.
        attempt: the request.
        looks: how often it was looked for.
        begun_at: when that began.
        now: the present time.
        latest: what the last look gave.
    """
    end = begun_at + timedelta(seconds=_LOOK_FOR_S)
    if latest is None or not latest.candidates:
        end = max(end, _settled_at(info, attempt) or end)
    left_s = (end - now).total_seconds()
    return math.inf if left_s <= 0 else min(2.0 ** (looks + 1), _MOST_PAUSE_S, left_s)


def find_again(session: Session, error: TryOnError, *, jobs: JobStore, most_s: float) -> Job:
    """Look for the job of a submission whose error leaves it open, for at most `most_s` seconds.

    Raises:
        NotSent: the vendor accepted nothing.
        TryOnError: the same error, when it is still not known.
    """
    attempt, clock = error.attempt, session.clock
    if attempt is None or session.info.look_up is None or not most_s:
        raise error
    session.logger.warning("%s It is looked up.", error.message)
    begun_at = clock.now()
    latest = begun_at + timedelta(seconds=most_s)
    finding: Finding = Undecided()
    looks = 0
    while isinstance(finding, Undecided):
        now = clock.now()
        pause_s = next_look_s(
            session.info, attempt, looks=looks, begun_at=begun_at, now=now, latest=finding
        )
        if math.isinf(pause_s) or now >= latest:
            break
        try:
            clock.sleep(min(pause_s, (latest - now).total_seconds()))
            finding = look_up(session, attempt, known_jobs=jobs_of_others(session, jobs, attempt))
        except KeyboardInterrupt as interrupt:
            interrupt.billed = error.billed  # type: ignore[attr-defined]
            raise
        looks += 1
    return concluded(session, attempt, finding, jobs=jobs, error=error)


def find_remembered(session: Session, known: RememberedJob, *, jobs: JobStore) -> Job:
    """Look once for the job of a submission that is remembered without one; return it.

    Raises:
        NotSent: the vendor accepted nothing.
        OutcomeUnknown: it is still not known.
        InputError: the vendor cannot be asked.
    """
    fault = (
        f"{known.id} is a submission to {known.provider} whose outcome is not known, so there is "
        "no job to ask for."
    )
    if known.attempt is None or session.info.look_up is None:
        remedy = "Look at the vendor's dashboard whether it was accepted."
        raise InputError(fault, provider=known.provider, remedy=remedy)
    error = OutcomeUnknown(fault, provider=known.provider)
    others = jobs_of_others(session, jobs, known.attempt)
    finding = look_up(session, known.attempt, known_jobs=others)
    return concluded(session, known.attempt, finding, jobs=jobs, error=error)


def concluded(
    session: Session, attempt: Attempt, finding: Finding, *, jobs: JobStore, error: TryOnError
) -> Job:
    """Note what was found of a request, and return its job."""
    name = name_of_attempt(attempt)
    if isinstance(finding, Found):
        jobs.accepted(finding.job, replaces=name)
        session.logger.warning("Found again: job %s.", finding.job.id)
        return finding.job
    if isinstance(finding, NotAccepted):
        jobs.forget(name)
        raise not_accepted(session.info) from error
    again = f"Client.resume({name!r}) asks the vendor again." if jobs.find(name) else ""
    unresolved(error, finding, again=again)
    jobs.lost(name, error.message, attempt)
    raise error


def unresolved(error: TryOnError, finding: Undecided, *, again: str) -> TryOnError:
    """Return the error of a request that was looked up in vain, with what was found.

    Args:
        error: what its answer was.
        finding: of the latest look.
        again: how to look once more, as a sentence.
    """
    if finding.candidates:
        may_be = f"It may be the job {' or '.join(finding.candidates)}."
        error.reword(f"{error.message.removesuffix(may_be).rstrip()} {may_be}")
    why = finding.reason[:1].upper() + finding.reason[1:]
    error.remedy = " ".join(filter(None, (error.remedy, why, again)))
    return error


def not_accepted(info: ProviderInfo) -> NotSent:
    """Return the error for a request of which the vendor has no job."""
    return NotSent(
        f"the answer of {info.name} was lost, and it says that it accepted nothing.",
        provider=info.id,
        remedy="Nothing runs and nothing was billed: submit it again.",
    )


def jobs_of_others(
    session: Session, jobs: JobStore, attempt: Attempt | None = None
) -> frozenset[str]:
    """Return the ids of the provider's jobs that are remembered, but for that of this request.

    Another process may have found it meanwhile.
    """
    own = attempt and attempt.key
    known = (entry for entry in jobs.jobs() if entry.provider == session.info.id)
    others = (one for one in known if one.attempt is None or one.attempt.key != own)
    return frozenset(one.job.id for one in others if one.job is not None)
