"""What a run does before it begins with what earlier processes left."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from tryon_batch.duplicates import Duplicates
from tryon_batch.history import RunHistory
from tryon_batch.ids import require_known
from tryon_batch.items import IN_DOUBT, SENT, BatchItem, BatchPolicy, Entry, State, gone, was_saved
from tryon_batch.journal import Journal, Record
from tryon_batch.outfits import both_steps
from tryon_batch.output import OutputFolder
from tryon_core import Clock, Found, Job, NotAccepted, ProviderInfo, TryOnRequest, engine
from tryon_core.engine import (
    BASE_URL,
    Finding,
    JobStore,
    Session,
    can_look_up,
    looks_like_token,
    sent_then,
)
from tryon_core.errors import Billed, InputError, OutcomeUnknown, TryOnError, describe_error

_log = logging.getLogger("tryon.batch")


@attrs.frozen(kw_only=True)
class Known:
    """What a run begins with.

    Attributes:
        entries: its items as they are now.
        duplicates: finds work that is the same as theirs.
        all_entries: all items of the journal, those included that the run is not about.
    """

    entries: list[Entry]
    duplicates: Duplicates
    all_entries: list[Entry]


def resume(
    items: Mapping[str, BatchItem],
    sessions: Mapping[str, Session],
    *,
    journal: Journal,
    record: Record,
    output: OutputFolder | None,
    history: RunHistory | None,
    policy: BatchPolicy,
) -> Known:
    """Set right what earlier processes left, for a run that begins now.

    Args:
        items: those of the run, by id; they are planned.
        sessions: the providers, by id.
        journal: what is known of them.
        record: writes into it.
        output: where their images are.
        history: knows the work of other runs.
        policy: says what is sent once more.

    Raises:
        InputError: an item that is named is not there, or cannot be sent once more.
        OutputError: the journal cannot be written.
    """
    require_known(policy.redo, items)
    policy = attrs.evolve(policy, redo=both_steps(policy.redo, items.values()))
    settle(journal, policy.settle, sessions, record=record)
    clock = next(iter(sessions.values())).clock
    found = list(journal.entries())
    entries = _reopened(
        [entry for entry in found if entry.id in items],
        record=record,
        clock=clock,
        sessions=sessions,
        items=items,
        policy=policy,
    )
    lost = None
    if output is not None:
        output.remove_parts()
        lost = _LostFiles(output, clock=clock, record=record)
        entries = lost.reopen(entries)
    others = [entry for entry in found if entry.id not in items]
    if policy.retry_unknown:
        others = [entry for entry in others if entry.state == "saved"]
    own = {name for name, session in sessions.items() if session.is_own_service}
    duplicates = Duplicates(
        entries,
        others=others,
        output=output,
        history=history,
        scopes={name: str(sessions[name].settings.get(BASE_URL)) for name in own},
        is_reusing=not policy.again,
    )
    if lost is not None:
        entries = lost.copy_again(entries, duplicates)
    return Known(entries=entries, duplicates=duplicates, all_entries=found)


class _LostFiles:
    """Looks for the files of saved items; by size, since reading them all would take minutes.

    Args:
        output: the folder of the run.
        clock: source of time.
        record: writes down what changes.
    """

    def __init__(self, output: OutputFolder, *, clock: Clock, record: Record) -> None:
        self._output = output
        self._clock = clock
        self._record = record

    def reopen(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the items, those with a job opened again whose files are gone."""
        found = list(entries)
        done = _without_need(found)
        needed = (entry for entry in found if entry.state == "saved" and entry.id not in done)
        lost = {entry.id: self._lost(entry) for entry in needed}
        changed = {
            entry.id: self._reopened(entry) for entry in found if lost.get(entry.id) and entry.job
        }
        self._tell([name for names in lost.values() for name in names])
        return self._written(found, changed)

    def copy_again(self, entries: Sequence[Entry], duplicates: Duplicates) -> list[Entry]:
        """Return the items, those copied again that were copies and are gone."""
        done = _without_need(entries)
        changed = {
            entry.id: self._copied(entry, duplicates)
            for entry in entries
            if entry.state == "saved" and entry.job is None and entry.id not in done
            if self._lost(entry)
        }
        return self._written(entries, changed)

    def _lost(self, entry: Entry) -> list[str]:
        sizes = {file.path: self._output.size_of(file) for file in entry.files}
        for file in entry.files:
            if sizes[file.path] not in {None, file.bytes}:
                _log.warning(
                    "%s was changed since it was saved; it is left as it is.",
                    self._output.path / file.path,
                )
        return [path for path, size in sizes.items() if size is None]

    def _reopened(self, entry: Entry) -> Entry:
        now, job = self._clock.now(), entry.job
        if job is None:
            raise AssertionError(f"{entry.id} has no job")
        if _is_dead(job, now):
            job = attrs.evolve(job, result=None)
        if job.result is None and job.expires_at is not None and job.expires_at <= now:
            return self._given_up(entry, billed="yes", why="the vendor has it no longer")
        state: State = "accepted" if job.result is None else "finished"
        return attrs.evolve(
            entry, state=state, job=job, error=None, times={**entry.times, state: now}
        )

    def _copied(self, entry: Entry, duplicates: Duplicates) -> Entry:
        equal = duplicates.source_of(entry)
        try:
            if equal is not None:
                return attrs.evolve(entry, files=self._output.copy(entry.id, equal.files))
        except TryOnError as error:
            _log.warning("%s: %s", entry.id, error.message)
        return self._given_up(entry, billed="no", why="so is the one that it was a copy of")

    def _given_up(self, entry: Entry, *, billed: Billed, why: str) -> Entry:
        return attrs.evolve(
            entry,
            state="failed",
            error=describe_error(gone(entry, billed=billed, why=why)),
            files=(),
            notices=(),
            problems=None,
            times={**entry.times, "failed": self._clock.now()},
        )

    def _written(self, entries: Iterable[Entry], changed: Mapping[str, Entry]) -> list[Entry]:
        self._record(list(changed.values()))
        return [changed.get(entry.id, entry) for entry in entries]

    def _tell(self, names: Sequence[str]) -> None:
        if names:
            what = f"{len(names):,} files are" if len(names) > 1 else "1 file is"
            _log.warning(
                "%s gone from %s, such as %s: fetched again where that is free.",
                what,
                self._output.path,
                names[0],
            )


def _without_need(entries: Iterable[Entry]) -> frozenset[str | None]:
    """Return the first steps whose image is needed no more: the second step was sent."""
    return frozenset(entry.after for entry in entries if entry.state != "planned")


def _is_dead(job: Job, now: datetime) -> bool:
    images = () if job.result is None else job.result.images
    return any(image.expires_at is not None and image.expires_at <= now for image in images)


NOT_CHARGED = "not-charged"
"""What is said instead of a job when the vendor has none."""


def settle(
    journal: Journal,
    found: Mapping[str, str],
    sessions: Mapping[str, Session],
    *,
    record: Record | None = None,
) -> None:
    """Note what became of items whose outcome was unknown.

    Nothing is sent. The job of an item is polled by the next run; an item that was not charged is
    planned again. As long as the vendor has not answered about a job that was named so, another
    one can be named instead.

    Args:
        journal: of the run.
        found: by id of the item, the id of the job on the vendor's dashboard or its token;
            `not-charged` when there is none.
        sessions: the providers of these items, by id.
        record: writes into the journal, None for `journal.record`.

    Raises:
        InputError: there is no such item, its outcome is known, or the job is another item's.
    """
    if not found:
        return
    known = {entry.id: entry for entry in journal.entries()}
    require_known(found, known)
    meant = {_step_meant(known, item_id): text for item_id, text in found.items()}
    settled = [_settled(known[item_id], text, sessions) for item_id, text in meant.items()]
    _refuse_doubles(settled, [entry for entry in known.values() if entry.id not in meant])
    # A request that cost nothing leaves no trace in the ledger: so it must not cost when it goes.
    record = record or journal.record
    record([attrs.evolve(entry, state="outcome_unknown") for entry in settled])
    record(settled)


def look_up(journal: Journal, sessions: Mapping[str, Session]) -> Mapping[str, Finding]:
    """Ask the vendors once for what is unknown, and note what they are certain of.

    Args:
        journal: of the run.
        sessions: the providers of these items, by id; others are passed over.

    Returns:
        By id of the item, what the vendor said.
    """
    found: dict[str, Finding] = {}
    for session in sessions.values():
        unknown = [
            _ended(entry, session.clock.now())
            for entry in journal.entries(*IN_DOUBT)
            if entry.provider == session.info.id and can_look_up(session.info, entry.attempt)
        ]
        journal.record(unknown)
        known = frozenset(known_jobs(session, journal.entries()))
        for entry in unknown:
            if entry.attempt is not None:
                found[entry.id] = engine.look_up(session, entry.attempt, known_jobs=known)
    settle(journal, {name: text for name, one in found.items() if (text := _word(one))}, sessions)
    return found


def _word(finding: Finding) -> str:
    """Return a finding as `settle` takes it, nothing when it is not certain."""
    if isinstance(finding, Found):
        return finding.job.to_token()
    return NOT_CHARGED if isinstance(finding, NotAccepted) else ""


def known_jobs(session: Session, entries: Iterable[Entry]) -> set[str]:
    """Return the ids of the provider's jobs that this user knows: these items', and single ones."""
    known = (one.job for entry in entries for one in (entry, *entry.earlier) if one.job)
    own = {job.id for job in known if job.provider == session.info.id}
    return own | engine.jobs_of_others(session, JobStore.of_user())


def _step_meant(known: Mapping[str, Entry], item_id: str) -> str:
    """Return which step is meant by the id of a row: its first one while that is not known."""
    first = known.get(known[item_id].after or "")
    is_first = first is not None and (first.state in IN_DOUBT or _has_named_job(first))
    return first.id if first is not None and is_first else item_id


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
    data = {"model": entry.model} if entry.model else {}  # as a declared provider keeps it
    return sent_then(session, ctx.accepted(ctx.new_job(text.strip(), data=data)), sent_at)


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


def _reopened(
    entries: Sequence[Entry],
    *,
    record: Record,
    clock: Clock,
    sessions: Mapping[str, Session],
    items: Mapping[str, BatchItem],
    policy: BatchPolicy,
) -> list[Entry]:
    """Return the entries with those set right that a process left open, or that go once more."""
    changed: list[Entry] = []
    found: list[Entry] = []
    for entry in entries:
        info = sessions[entry.provider].info
        state = _first_state(entry, policy, info, items[entry.id].request)
        if state != entry.state or state == "intent":
            entry = _with_state(entry, state, clock)  # noqa: PLW2901  (the list is rebuilt)
            changed.append(entry)
        found.append(entry)
    record(changed)
    return found


def to_send(
    items: Iterable[BatchItem],
    entries: Iterable[Entry],
    infos: Mapping[str, ProviderInfo],
    policy: BatchPolicy,
) -> list[BatchItem]:
    """Return the items for which a run would send a submission.

    Args:
        items: what is to be done.
        entries: what the journal of the run has of them after `Journal.plan()`, by which an item
            that asks for something else is planned again; none for a new run.
        infos: the providers that they name, by id.
        policy: what is sent once more.

    Raises:
        InputError: an item is to be bought again that is still in progress.
    """
    known = {entry.id: entry for entry in entries}
    items = list(items)
    policy = attrs.evolve(policy, redo=both_steps(policy.redo, items))

    def is_sent(item: BatchItem) -> bool:
        entry, info = known.get(item.id), infos[item.provider]
        return entry is None or _first_state(entry, policy, info, item.request) == "planned"

    return [item for item in items if is_sent(item)]


def _first_state(
    entry: Entry, policy: BatchPolicy, info: ProviderInfo, request: TryOnRequest
) -> State:
    """Return the state with which a run begins with an item.

    `planned` when it is sent, `intent` when the vendor is asked whether it took it.
    """
    if entry.id in policy.redo:
        return _redone(entry)
    if entry.state in IN_DOUBT:
        # What costs nothing may be done twice.
        if policy.retry_unknown or info.is_free(request):
            return "planned"
        return "intent" if can_look_up(info, entry.attempt) else "outcome_unknown"
    if entry.state in {"refused", "failed"} and policy.retry_failed:
        return "planned"
    return entry.state


def _redone(entry: Entry) -> State:
    if entry.state in SENT and not was_saved(entry):
        raise InputError(
            f"{entry.id!r} is {entry.state}: the vendor works on it, or its images are still to be "
            "fetched.",
            remedy="Go on with the run first, then buy it again.",
        )
    return "planned"


def _ended(entry: Entry, now: datetime) -> Entry:
    """Return an item whose request has ended: its process held the journal that this one holds."""
    attempt = entry.attempt
    if attempt is None or attempt.ended_at is not None or not attempt.ends_with_process:
        return entry
    return attrs.evolve(entry, attempt=attrs.evolve(attempt, ended_at=now))


def _with_state(entry: Entry, state: State, clock: Clock) -> Entry:
    if state == "intent":
        return attrs.evolve(_ended(entry, clock.now()), state=state)
    error = None
    if state == "outcome_unknown":
        lost = OutcomeUnknown(
            f"the process ended while {entry.id} was being sent.", provider=entry.provider
        )
        error = describe_error(lost)
    times = {**entry.times, state: clock.now()}
    if state == "planned":
        # The journal keeps what the request before may have cost.
        entry = attrs.evolve(entry, job=None, cost=None, notices=(), problems=None)
        times.pop("saved", None)
    return attrs.evolve(entry, state=state, error=error, times=times)
