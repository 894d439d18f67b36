"""What somebody found out about requests whose answer was lost: on the vendor's dashboard."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import attrs

from tryon_core.batch.ids import require_known
from tryon_core.batch.items import Entry
from tryon_core.batch.journal import Journal
from tryon_core.errors import InputError
from tryon_core.models import Job
from tryon_core.models.token import looks_like_token
from tryon_core.session import Session

NOT_CHARGED = "not-charged"
"""What stands instead of a job when the vendor has none."""


def settle(journal: Journal, found: Mapping[str, str], sessions: Mapping[str, Session]) -> None:
    """Note what became of items of which nobody knew whether they were accepted.

    Nothing is sent. An item with a job is asked for by the next run; one that was not charged is
    planned again.

    Args:
        journal: of the run.
        found: by id of the item, the id of the job on the vendor's dashboard or its token;
            `not-charged` when there is none.
        sessions: the providers of these items, by id.

    Raises:
        InputError: there is no such item, its outcome is known, or the job is another item's.
    """
    known = {entry.id: entry for entry in journal.entries()}
    require_known(found, known)
    settled = [_settled(known[item_id], text, sessions) for item_id, text in found.items()]
    _refuse_doubles(settled, known.values())
    # A request that cost nothing leaves no trace in the ledger: so it must not cost when it goes.
    journal.record([attrs.evolve(entry, state="outcome_unknown") for entry in settled])
    journal.record(settled)


def _settled(entry: Entry, text: str, sessions: Mapping[str, Session]) -> Entry:
    if entry.state not in {"intent", "outcome_unknown"}:
        raise InputError(
            f"the outcome of {entry.id!r} is known: it is {entry.state}.",
            remedy="Settle only items whose outcome is unknown.",
        )
    session = sessions.get(entry.provider)
    if session is None:
        raise InputError(
            f"{entry.id!r} is for the provider {entry.provider!r}, of which there is no session."
        )
    now = session.clock.now()
    if text == NOT_CHARGED:
        times = {**entry.times, "planned": now}
        return attrs.evolve(entry, state="planned", cost=None, error=None, times=times)
    job = _job(entry, text, session)
    times = {**entry.times, "accepted": now}
    return attrs.evolve(entry, state="accepted", job=job, error=None, times=times)


def _job(entry: Entry, text: str, session: Session) -> Job:
    if looks_like_token(text):
        job = Job.from_token(text)
        if job.provider != entry.provider:
            raise InputError(
                f"the job {job.id} is of the provider {job.provider!r}, and {entry.id!r} is for "
                f"{entry.provider!r}."
            )
        return job
    if not text.strip():
        raise InputError(
            f"{entry.id}: no job is named.", remedy=f"Name its id, or say {NOT_CHARGED}."
        )
    ctx = session.context(fingerprint=entry.fingerprint)
    sent_at = entry.times.get("intent") or session.clock.now()
    job = ctx.accepted(ctx.new_job(text.strip()))
    return attrs.evolve(job, submitted_at=sent_at, expires_at=_expiry(session, sent_at))


def _expiry(session: Session, sent_at: datetime) -> datetime | None:
    lifetime_s = session.info.capabilities.job_lifetime_s
    return None if lifetime_s is None else sent_at + timedelta(seconds=lifetime_s)


def _refuse_doubles(settled: Iterable[Entry], known: Iterable[Entry]) -> None:
    owners = {(one.provider, one.job.id): one.id for one in known if one.job is not None}
    for entry in settled:
        if entry.job is None:
            continue
        owner = owners.setdefault((entry.provider, entry.job.id), entry.id)
        if owner != entry.id:
            raise InputError(
                f"the job {entry.job.id} is that of {owner!r}; it cannot be that of {entry.id!r} "
                "too.",
                remedy="Look at the vendor's dashboard again: compare the times.",
            )
