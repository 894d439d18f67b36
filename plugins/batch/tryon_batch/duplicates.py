"""Equal work is done once: in this run, and in earlier ones whose images are still there."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import attrs

from tryon_batch.history import RunHistory
from tryon_batch.items import Entry, EqualWork, SavedFile
from tryon_batch.journal import JournalReader
from tryon_batch.journal_file import is_being_written
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import Ticket
from tryon_core import Notice, Problem
from tryon_core.errors import JournalBusy, OutcomeUnknown, OutputError, TryOnError

# An accepted job is not polled while its item is not part of the run.
_IN_DOUBT = frozenset({"intent", "accepted", "finished", "outcome_unknown"})
_Saved: TypeAlias = tuple[tuple[SavedFile, ...], tuple[Notice, ...], tuple[Problem, ...] | None]
_log = logging.getLogger("tryon.batch")


@attrs.frozen
class Claim:
    """Equal work of another run, which is not to be bought at the same time.

    Attributes:
        folder: of the other run.
        entry: its item, when that was sent and has no images yet.
        is_busy: whether a process works on that run.
    """

    folder: Path
    entry: Entry | None
    is_busy: bool = attrs.field(kw_only=True)


class Duplicates:
    """Knows which work is done, under way, or of unknown outcome, to do equal work once.

    Args:
        entries: what the journal has of earlier processes.
        output: where this run's images are, None when it saves none.
        history: knows other runs, None to look at this one only.
        scopes: by provider, what tells its work from that of other services of the same kind, such
            as an emulator's from the vendor's; empty for the vendor.
        others: what the journal has of items that are not part of this run: their images are
            used, and work of theirs that is in doubt is not bought under another id.
        is_reusing: whether images of equal work are used; else all work is bought.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        output: OutputFolder | None,
        history: RunHistory | None,
        scopes: Mapping[str, str],
        others: Iterable[Entry] = (),
        is_reusing: bool = True,
    ) -> None:
        self._output = output
        self._history = history if output is not None else None
        self._scopes = scopes
        self._is_reusing = is_reusing
        # Not the items themselves: ten thousand would fill the memory.
        self._saved: dict[str, list[_Saved]] = {}
        self._unknown: dict[str, Entry] = {}
        self._leaders: dict[str, tuple[str, list[Ticket]]] = {}
        self._unpublished: list[Entry] = []
        for entry in others:
            if entry.fingerprint and entry.state == "saved":
                self._note(entry)
            elif entry.fingerprint and entry.state in _IN_DOUBT:
                self._unknown[self._mark(entry)] = entry
        found = [entry for entry in entries if entry.fingerprint]
        for entry in found:
            self._note(entry)
        # A process that was killed may have saved work that the history does not know.
        self._unpublished = [entry for entry in found if entry.state == "saved"]
        self.publish()

    def saved(self, entry: Entry) -> EqualWork | None:
        """Return what equal work gave, None when there is none whose images are as they were."""
        return self.source_of(entry) if self._is_reusing else None

    def source_of(self, entry: Entry) -> EqualWork | None:
        """Return what equal work gave, also in a run that buys all work."""
        if self._output is None:
            return None
        for files, notices, problems in reversed(self._saved.get(self._mark(entry), ())):
            if all(self._output.has(file) for file in files):
                paths = tuple(self._output.path / file.path for file in files)
                return EqualWork(paths, notices, problems)
        if self._history is None:
            return None
        try:
            return self._history.find(self._mark(entry))
        except OutputError as error:
            self._do_without(error)
            return None

    def unknown(self, entry: Entry) -> Entry | None:
        """Return equal work that may have been paid for and gave nothing."""
        return self._unknown.get(self._mark(entry)) if self._is_reusing else None

    def claimed(self, entry: Entry) -> Claim | None:
        """Claim work for this run; return the claim of another run where there is one."""
        if not self._is_reusing or self._history is None:
            return None
        mark = self._mark(entry)
        try:
            holder = self._history.claim(mark)
            if holder is None:
                return None
            found = _under_way(holder, entry.fingerprint or "")
            if found is not None or is_being_written(holder):
                return Claim(holder.parent, found, is_busy=is_being_written(holder))
            holder = self._history.claim(mark, instead_of=holder)
        except OutputError as error:
            self._do_without(error)
            return None
        return None if holder is None else Claim(holder.parent, None, is_busy=True)

    def follows(self, ticket: Ticket) -> bool:
        """Return whether equal work is under way, for which this item then waits."""
        if not self._is_reusing:
            return False
        mark = self._mark(ticket.entry)
        if self._leaders.setdefault(mark, (ticket.item.id, []))[0] == ticket.item.id:
            return False
        self._leaders[mark][1].append(ticket)
        return True

    def settle(self, entry: Entry) -> list[Ticket]:
        """Note that work has come to its end; return the items that waited for it."""
        if not entry.fingerprint:
            return []
        self._note(entry)
        if entry.state in {"saved", "refused", "failed"}:
            self._unpublished.append(entry)
        leader, followers = self._leaders.get(self._mark(entry), ("", []))
        # An item whose photo has changed since it got its fingerprint is not the one they wait for.
        if entry.state != "saved" and entry.id != leader:
            return []
        self._leaders.pop(self._mark(entry), None)
        return followers

    def _note(self, entry: Entry) -> None:
        if entry.state == "saved":
            if entry.files:
                saved = entry.files, entry.notices, entry.problems
                self._saved.setdefault(self._mark(entry), []).append(saved)
        elif entry.state == "outcome_unknown":
            self._unknown[self._mark(entry)] = entry
        elif entry.state in {"intent", "accepted", "finished"}:
            self._leaders.setdefault(self._mark(entry), (entry.id, []))

    def publish(self) -> None:
        """Tell other runs of the work that came to its end, once that is written down."""
        ended, self._unpublished = self._unpublished, []
        if not ended or self._history is None or self._output is None:
            return
        marked = [attrs.evolve(entry, fingerprint=self._mark(entry)) for entry in ended]
        try:
            self._history.settle(marked, self._output.path)
        except OutputError as error:
            self._do_without(error)

    def _do_without(self, error: OutputError) -> None:
        """Go on without the history: a run must not end because of it."""
        _log.warning("%s Work of other runs is not found.", error)
        self._history = None

    def _mark(self, entry: Entry) -> str:
        return f"{entry.fingerprint}{self._scopes.get(entry.provider, '')}"


def is_in_doubt(entry: Entry, unknown: Entry) -> OutcomeUnknown:
    """Return the error for an item that is not bought, since the outcome of equal work is unknown.

    Args:
        entry: the item.
        unknown: the equal work.
    """
    what, remedy = "whose outcome is not known", None
    if unknown.state in {"accepted", "finished"}:
        what = f"which is {unknown.state} and not asked for any more"
        remedy = f"Ask for {unknown.id} again: its images are paid for."
    return OutcomeUnknown(
        f"{entry.id} is the same work as {unknown.id}, {what}.",
        fingerprint=unknown.fingerprint,
        provider=unknown.provider,
        billed="no",
        remedy=remedy,
    )


def is_claimed(entry: Entry, claim: Claim) -> TryOnError:
    """Return the error for an item that another run buys, or has bought and has no image of yet.

    Args:
        entry: the item.
        claim: of the other run.
    """
    folder, found = str(claim.folder), claim.entry
    name = "work" if found is None else found.id
    if claim.is_busy:
        return JournalBusy(
            f"{entry.id} is the same as {name} of the run in {folder!r}, which is working on it.",
            remedy="Go on with this run when that one has ended: its images are copied then.",
        )
    state = "unknown" if found is None else found.state.removeprefix("outcome_")
    return OutcomeUnknown(
        f"{entry.id} is the same as {name} of the run in {folder!r}, which is {state} and may be "
        "paid for.",
        fingerprint=entry.fingerprint,
        provider=entry.provider,
        billed="no",
        remedy=f"Go on with the run in {folder!r} first, or settle it there: its images are copied "
        "then. To buy all again, use again=True.",
    )


def _under_way(journal: Path, fingerprint: str) -> Entry | None:
    try:
        with JournalReader(journal) as reader:
            return reader.under_way(fingerprint)
    except TryOnError:
        # It was moved or deleted, which is the user's decision.
        return None
