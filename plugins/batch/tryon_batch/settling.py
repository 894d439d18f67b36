"""What somebody found out about requests whose answer was lost: on the vendor's dashboard."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import attrs

from tryon_batch.ids import require_known
from tryon_batch.items import Entry
from tryon_batch.journal import Journal
from tryon_core.errors import InputError
from tryon_core.models import Job
from tryon_core.models.token import looks_like_token
from tryon_core.session import Session

NOT_CHARGED = "not-charged"
"""What stands instead of a job when the vendor has none."""


def settle(journal: Journal, found: Mapping[str, str], sessions: Mapping[str, Session]) -> None:
    """Note what became of items of which nobody knew whether they were accepted.

    Nothing is sent. An item with a job is asked for by the next run; one that was not charged is
    planned again. As long as the vendor has not answered about a job that was named so, another
    one can be named instead.

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
    _refuse_doubles(settled, [entry for entry in known.values() if entry.id not in found])
    # A request that cost nothing leaves no trace in the ledger: so it must not cost when it goes.
    journal.record([attrs.evolve(entry, state="outcome_unknown") for entry in settled])
    journal.record(settled)


def _has_named_job(entry: Entry) -> bool:
    """Whether its job was named by somebody, and the vendor has given no result of it."""
    unknown_at = entry.times.get("outcome_unknown")
    # An answer that was accepted comes after the intent, never at once with a lost one.
    return entry.state == "accepted" and unknown_at == entry.times["accepted"]


def _settled(entry: Entry, text: str, sessions: Mapping[str, Session]) -> Entry:
    if entry.state not in {"intent", "outcome_unknown"} and not _has_named_job(entry):
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
    # No vendor has such an id: it is the word, written as it is remembered.
    if text.strip().lower().replace("_", "-") == NOT_CHARGED:
        times = {**entry.times, "planned": now}
        return attrs.evolve(entry, state="planned", job=None, cost=None, error=None, times=times)
    job = _job(entry, text, session)
    times = {**entry.times, "outcome_unknown": now, "accepted": now}
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
