"""The journal of a run as the command line opens it: made, gone on with, or refused."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tryon_batch.cli.batch_call import META, BatchCall
from tryon_batch.cli.batch_watch import WatchedJournal
from tryon_batch.items import State
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_batch.lists import check_lists
from tryon_batch.output import OutputFolder
from tryon_core.cli.invocation import Invocation
from tryon_core.clock import Clock
from tryon_core.errors import InputError
from tryon_core.saving import check_target

UNFINISHED: tuple[State, ...] = ("planned", "intent", "accepted", "finished")


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
