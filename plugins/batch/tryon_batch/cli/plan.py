"""From the arguments of `tryon batch` to a run that is ready to begin."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import click

from tryon_batch.cli.commands import META, BatchCall
from tryon_batch.cli.documents import (
    Forecast,
    check_limits,
    estimate_document,
    forecast,
    in_words,
    read_limits,
    sentences,
)
from tryon_batch.cli.run import Batch
from tryon_batch.cli.source import (
    Sessions,
    Work,
    note_changes,
    open_sessions,
    policy_of,
    work_of_journal,
    work_of_manifest,
)
from tryon_batch.ids import SHARD, Shard, is_first_step
from tryon_batch.items import UNFINISHED, Entry
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_batch.output import check_lists
from tryon_batch.resuming import settle, to_send
from tryon_batch.run import open_run
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import print_document, show_notes
from tryon_core.engine import RUN_LOGGER, SystemClock, check_target
from tryon_core.errors import InputError

# A catalogue of which every image is too large would print one note for each image.
_MOST_NOTES = 5


def estimate_batch(invocation: Invocation, call: BatchCall, *, is_from_journal: bool) -> None:
    """Print what a run would cost; nothing is sent, and no key is needed.

    Raises:
        InputError: the manifest has problems, or the run may cost more than a limit.
    """
    invocation.as_lines = False
    read_limits(call)
    sessions = Sessions(clock=SystemClock(), config=call.config, extensions=call.extensions)
    path = None if call.out is None else call.out / JOURNAL_NAME
    with ExitStack() as stack:
        journal = None
        if path is not None and path.is_file():
            journal = stack.enter_context(JournalReader(path))
            _check_shard(call, journal)
        call = _with_doubtful(call, journal)
        work = _work(invocation, call, sessions, journal if is_from_journal else None)
        found = _forecast(call, work, sessions, journal, is_from_journal=is_from_journal)
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
        is_resumed: whether an earlier run is continued.
        is_from_journal: whether its journal says what is to be done.

    Raises:
        InputError: something cannot be used, or may cost too much; nothing was sent.
        JournalBusy: another process works in the folder.
        TryOnError: all that `Batch.run()` raises.
    """
    read_limits(call)
    clock = SystemClock()
    sessions = Sessions(clock=clock, config=call.config, extensions=call.extensions)
    with ExitStack() as stack:
        # A run that is there is held from here on; a new one is made only when all checks passed.
        opened = journal = None
        if _is_there(call, is_resumed=is_resumed):
            opened = stack.enter_context(open_run(call.folder, clock=clock))
            journal = opened.journal
            _check_shard(call, journal)
            if not is_resumed:
                _check_finished(invocation, call, journal)
        stack.enter_context(show_notes(most=_MOST_NOTES, always=RUN_LOGGER))
        _settle(call, journal, sessions)
        call = _with_doubtful(call, journal)
        work = _work(invocation, call, sessions, journal if is_from_journal else None)
        if journal is not None and not is_from_journal:
            note_changes(work.items, journal)
        found = _forecast(call, work, sessions, journal, is_from_journal=is_from_journal)
        check_limits(call, found)
        sessions.require_keys()
        batch = Batch(
            invocation=invocation,
            call=call,
            work=work,
            sessions=sessions,
            opened=opened or stack.enter_context(open_run(call.folder, clock=clock)),
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
    _check_rows(call, work)
    work.require(call.redo)
    return work.only(call.named_ids())


def _forecast(
    call: BatchCall,
    work: Work,
    sessions: Sessions,
    journal: JournalReader | None,
    *,
    is_from_journal: bool,
) -> Forecast:
    entries: Iterable[Entry] = ()
    if journal is not None:
        # Items from the journal ask for what it has, and their images may be gone. Rows of a
        # manifest may ask for other work, which must be paid.
        entries = journal.entries() if is_from_journal else journal.as_planned(work.items)
    known = list(entries)
    infos = sessions.infos
    sent = to_send(work.items, known, infos, policy_of(call))
    return forecast(work.items, known, infos, sent=sent)


def _settle(call: BatchCall, journal: Journal | None, sessions: Sessions) -> None:
    """Note what the caller found out about unknown items.

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


def _with_doubtful(call: BatchCall, journal: JournalReader | None) -> BatchCall:
    """Return the call with the ids of all doubtful items among those that are bought again.

    Raises:
        InputError: there is no run.
    """
    if not call.redo_doubtful:
        return call
    if journal is None:
        raise InputError("there is no run in which anything could be doubtful (--redo-doubtful).")
    saved = [entry for entry in journal.entries("saved") if not is_first_step(entry.id)]
    found = [entry.id for entry in saved if entry.verdict == "doubtful"]
    return attrs.evolve(call, redo=(*call.redo, *found))


def _pair(text: str, known: Collection[str]) -> tuple[str, str]:
    """Return the id and what was found, of `ID=JOB`; ids may contain `=`, too."""
    places = [place for place, char in enumerate(text) if char == "="]
    if not places:
        raise InputError(
            f"--settle: {text[:100]!r} is not ID=not-charged or ID=JOB.",
            remedy="Name the item, and what the vendor's dashboard shows.",
        )
    place = next((place for place in places if text[:place] in known), places[0])
    return text[:place], text[place + 1 :]


def earlier_call(folder: Path, given: Mapping[str, Any]) -> BatchCall:
    """Return the earlier call for this folder, with what is given now instead.

    Raises:
        InputError: there is no run.
    """
    path = folder / JOURNAL_NAME
    _require_run(path)
    with JournalReader(path) as journal:
        noted, shard = journal.meta.get(META), _noted_shard(journal)
    given = {"shard": shard, **given}
    # `Client.run_batch()` notes no call.
    return BatchCall(**given) if noted is None else BatchCall.from_json(noted, given)


def _require_run(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"there is no run in {str(path.parent)!r} that could be resumed.",
            remedy="Leave out --resume to begin one, or name the folder of the run with --out.",
        )


def _is_there(call: BatchCall, *, is_resumed: bool) -> bool:
    """Return whether there is a run in the folder.

    Raises:
        InputError: there is none, and one is to be resumed.
        OutputError: the folder cannot be used.
    """
    path = call.folder / JOURNAL_NAME
    check_target(f"{call.folder}/")
    check_lists(call.folder)
    if is_resumed:
        _require_run(path)
    return path.is_file()


def _check_shard(call: BatchCall, journal: JournalReader) -> None:
    """Refuse to do other rows in a folder than those of its shard.

    Raises:
        InputError: the folder has items of another shard, or of none.
    """
    noted = _noted_shard(journal)
    is_new = noted is None and not any(journal.counts.values())
    if is_new or noted == call.shard:
        return
    here, asked = _rows_of(noted), _rows_of(call.shard)
    raise InputError(
        f"the run in {str(call.folder)!r} is about {here}, and this call is about {asked}: some "
        "rows would be done on two machines and paid twice, others on none.",
        remedy="Go on with it by --resume without --shard. To divide the rows otherwise, begin in "
        "new folders, with a manifest of those that no machine has sent.",
    )


def _check_rows(call: BatchCall, work: Work) -> None:
    """Refuse rows that are named and are another machine's.

    Raises:
        InputError: one is.
    """
    shard = call.shard
    if shard is None:
        return
    here = {*work.left_out, *(item.id for item in work.items)}
    for name in (*call.only, *call.redo):
        if name not in here and not shard.owns(name):
            raise InputError(
                f"there is no item {name[:100]!r} in this run, which is shard {shard}: a row of "
                f"that id is of shard {Shard.of_row(name, shard.of)}.",
                remedy="Name it where that shard is done.",
            )


def _noted_shard(journal: JournalReader) -> Shard | None:
    noted = journal.meta.get(SHARD)
    return None if noted is None else Shard.parse(noted)


def _rows_of(shard: Shard | None) -> str:
    return "all rows" if shard is None else f"shard {shard}"


def _check_finished(invocation: Invocation, call: BatchCall, journal: JournalReader) -> None:
    counts = journal.counts
    if not any(counts.get(state) for state in UNFINISHED):
        return
    invocation.go_on = call.resume_command()
    items = in_words(counts)
    at = _last_moment(journal)
    raise InputError(
        f"the run in {str(call.folder)!r} was left unfinished at {at} ({items}).",
        remedy="Go on with it by adding --resume, or choose another output folder.",
    )


def _last_moment(journal: JournalReader) -> str:
    """Return when the journal was last written, for people."""
    begun = datetime.fromisoformat(journal.meta["created_at"])
    latest = max((at for entry in journal.entries() for at in entry.times.values()), default=begun)
    return f"{latest.astimezone():%Y-%m-%d %H:%M:%S}"
