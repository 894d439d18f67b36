"""From the arguments of `tryon batch` to a run that is ready to begin."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tryon_batch.cli.batch_sessions import Sessions
from tryon_batch.cli.batch_watch import WatchedJournal
from tryon_batch.cli.commands import META, BatchCall
from tryon_batch.cli.documents import (
    Forecast,
    check_limits,
    estimate_document,
    forecast,
    read_limits,
    sentences,
)
from tryon_batch.cli.run import Batch
from tryon_batch.cli.source import (
    Work,
    open_sessions,
    tell_changes,
    work_of_journal,
    work_of_manifest,
)
from tryon_batch.items import UNFINISHED, BatchItem, Entry
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_batch.output import OutputFolder, check_lists
from tryon_batch.resuming import settle
from tryon_core import Clock
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import print_document, show_notes
from tryon_core.engine import RUN_LOGGER, SystemClock, check_target
from tryon_core.errors import InputError


def estimate_batch(invocation: Invocation, call: BatchCall, *, is_from_journal: bool) -> None:
    """Print what a run would cost; nothing is sent, and no key is needed.

    Raises:
        InputError: the manifest has problems, or the run may cost more than a limit.
    """
    invocation.as_lines = False
    read_limits(call)
    sessions = Sessions(clock=SystemClock(), config=call.config)
    path = None if call.out is None else call.out / JOURNAL_NAME
    with ExitStack() as stack:
        journal = None
        if path is not None and path.is_file():
            journal = stack.enter_context(JournalReader(path))
        work = _work(invocation, call, sessions, journal if is_from_journal else None)
        entries: Iterable[Entry] = ()
        if journal is not None:
            # What a run takes from its journal is no other work, and may lack its images.
            entries = journal.entries() if is_from_journal else journal.as_planned(work.items)
        found = _forecast(call, work.items, entries, sessions)
    if invocation.as_json:
        check_limits(call, found)
        print_document(estimate_document(found))
    else:
        click.echo("\n".join(sentences(found)))
        check_limits(call, found)


def run_batch_call(
    invocation: Invocation, call: BatchCall, *, is_resumed: bool, is_from_journal: bool
) -> ExitCode:
    """Check everything, then do the run; return what the command ends with.

    Args:
        invocation: the command.
        call: what was asked.
        is_resumed: whether a run is gone on with.
        is_from_journal: whether its journal says what is to be done.

    Raises:
        InputError: something cannot be used, or may cost too much; nothing was sent.
        JournalBusy: another process works in the folder.
        TryOnError: all that `Batch.run()` raises.
    """
    read_limits(call)
    sessions = Sessions(clock=SystemClock(), config=call.config)
    with ExitStack() as stack:
        journal = existing_journal(invocation, call, is_resumed=is_resumed, clock=sessions.clock)
        if journal is not None:
            stack.enter_context(closing(journal))
        stack.enter_context(show_notes(most=_MOST_NOTES, always=RUN_LOGGER))
        _settle(call, journal, sessions)
        work = _work(invocation, call, sessions, journal if is_from_journal else None)
        if journal is not None:
            if not is_from_journal:
                tell_changes(work.items, journal)
            # What a row asks for anew is to be paid anew.
            journal.plan(work.items)
        entries = () if journal is None else journal.entries()
        found = _forecast(call, work.items, entries, sessions)
        check_limits(call, found)
        sessions.require_keys()
        if journal is None:
            journal = new_journal(call, clock=sessions.clock)
            stack.enter_context(closing(journal))
        batch = Batch(
            invocation=invocation,
            call=call,
            work=work,
            sessions=sessions,
            journal=journal,
            forecast=found,
        )
        return batch.run()


def _work(
    invocation: Invocation, call: BatchCall, sessions: Sessions, journal: JournalReader | None
) -> Work:
    """Return what is to be done: what the journal says, or without one what the manifest says."""
    if journal is None:
        work = work_of_manifest(invocation, call, sessions)
    else:
        work = work_of_journal(invocation, call, sessions, journal)
    work.require(call.redo)
    return work.only(call.named_ids())


def _settle(call: BatchCall, journal: Journal | None, sessions: Sessions) -> None:
    """Note what was found out about unknown items.

    Raises:
        InputError: there is no run, or no such item.
    """
    if not call.settle:
        return
    if journal is None:
        raise InputError("there is no run in which anything could be settled (--settle).")
    open_sessions(journal, sessions)
    known = {entry.id for entry in journal.entries()}
    found: dict[str, str] = {}
    for text in call.settle:
        item_id, said = _pair(text, known)
        if found.setdefault(item_id, said) != said:
            raise InputError(
                f"--settle: two different things are said of {item_id!r}.",
                remedy="Say what the vendor's dashboard shows of it, once.",
            )
    settle(journal, found, sessions.by_id)


def _pair(text: str, known: Collection[str]) -> tuple[str, str]:
    """Return the id and what was found, of `ID=JOB`; ids may have `=` in them, too."""
    places = [place for place, char in enumerate(text) if char == "="]
    if not places:
        raise InputError(
            f"--settle: {text[:100]!r} is not ID=not-charged or ID=JOB.",
            remedy="Name the item, and what the vendor's dashboard shows.",
        )
    place = next((place for place in places if text[:place] in known), places[0])
    return text[:place], text[place + 1 :]


# A catalogue whose pictures are all too large would give one for each of them.
_MOST_NOTES = 5


def _forecast(
    call: BatchCall, items: Sequence[BatchItem], entries: Iterable[Entry], sessions: Sessions
) -> Forecast:
    infos = {name: session.info for name, session in sessions.by_id.items()}
    return forecast(call, items, entries, infos)


def earlier_call(folder: Path, given: Mapping[str, Any]) -> BatchCall:
    """Return what an earlier process was asked in this folder, with what is given now.

    Raises:
        InputError: there is no run.
    """
    path = folder / JOURNAL_NAME
    _require_run(path)
    with JournalReader(path) as journal:
        noted = journal.meta.get(META)
    # A program that began a run notes no call.
    return BatchCall(**given) if noted is None else BatchCall.from_json(noted, given)


def _require_run(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"there is no run in {str(path.parent)!r} that could be resumed.",
            remedy="Leave out --resume to begin one, or name the folder of the run with --out.",
        )


def existing_journal(
    invocation: Invocation, call: BatchCall, *, is_resumed: bool, clock: Clock
) -> WatchedJournal | None:
    """Return the journal of the run that is in the folder, held for this process alone.

    Raises:
        InputError: a run is there and shall not be resumed, or is not and shall be.
        JournalBusy: another process works on it.
        OutputError: the folder cannot be used.
    """
    path = call.folder / JOURNAL_NAME
    check_target(f"{call.folder}/")
    check_lists(call.folder)
    if is_resumed:
        _require_run(path)
    if not path.is_file():
        return None
    journal = WatchedJournal(path, clock=clock)
    try:
        if not is_resumed:
            _check_finished(invocation, call, journal)
    except BaseException:
        journal.close()
        raise
    return journal


def new_journal(call: BatchCall, *, clock: Clock) -> WatchedJournal:
    """Return the journal of a run that begins, in a folder that is made when it is missing.

    Raises:
        JournalBusy: another process began one in this moment.
        OutputError: it cannot be made.
    """
    OutputFolder(call.folder)
    return WatchedJournal(call.folder / JOURNAL_NAME, clock=clock)


def _check_finished(invocation: Invocation, call: BatchCall, journal: JournalReader) -> None:
    counts = journal.counts
    if not any(counts.get(state) for state in UNFINISHED):
        return
    invocation.go_on = call.resume_command()
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    raise InputError(
        f"the run in {str(call.folder)!r} was left unfinished at {last_moment(journal)} ({told}).",
        remedy="Go on with it by adding --resume, or choose another output folder.",
    )


def last_moment(journal: JournalReader) -> str:
    """Return when something was written into a journal last, for people."""
    begun = datetime.fromisoformat(journal.meta["created_at"])
    latest = max((at for entry in journal.entries() for at in entry.times.values()), default=begun)
    return f"{latest.astimezone():%Y-%m-%d %H:%M:%S}"
