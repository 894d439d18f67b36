"""From what was asked to a run that is ready to begin: manifest, prices, limits, journal."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing

import click

from tryon_core.batch.checking import check_manifest
from tryon_core.batch.items import BatchItem, Entry
from tryon_core.batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.batch.manifest import Manifest, pair_folders, read_manifest
from tryon_core.cli.batch_call import BatchCall
from tryon_core.cli.batch_estimate import (
    Forecast,
    check_limits,
    estimate_document,
    forecast,
    read_limits,
    sentences,
)
from tryon_core.cli.batch_journal import existing_journal, new_journal
from tryon_core.cli.batch_run import DELIMITER, Batch
from tryon_core.cli.batch_sessions import Sessions
from tryon_core.cli.documents import print_document
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.progress import show_progress
from tryon_core.cli.session import show_notes
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError


def estimate_batch(invocation: Invocation, call: BatchCall) -> None:
    """Print what a run would cost; nothing is sent, and no key is needed.

    Raises:
        InputError: the manifest has problems, or the run may cost more than a limit.
    """
    invocation.as_lines = False
    read_limits(call)
    sessions = Sessions(clock=SystemClock(), config=call.config)
    items = _checked(invocation, call, _read(call), sessions)
    path = None if call.out is None else call.out / JOURNAL_NAME
    if path is not None and path.is_file():
        with JournalReader(path) as journal:
            found = _forecast(call, items, journal.entries(), sessions)
    else:
        found = _forecast(call, items, (), sessions)
    if invocation.as_json:
        check_limits(call, found)
        print_document(estimate_document(found))
    else:
        click.echo("\n".join(sentences(found)))
        check_limits(call, found)


def run_batch_call(invocation: Invocation, call: BatchCall, *, is_resumed: bool) -> ExitCode:
    """Check everything, then do the run; return what the command ends with.

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
        stack.enter_context(show_notes(most=_MOST_NOTES))
        manifest = _read(call)
        items = _checked(invocation, call, manifest, sessions)
        if journal is not None:
            # What a row asks for anew is to be paid anew.
            journal.plan(items)
        found = _forecast(call, items, () if journal is None else journal.entries(), sessions)
        check_limits(call, found)
        sessions.require_keys()
        if journal is None:
            journal = new_journal(call, clock=sessions.clock)
            stack.enter_context(closing(journal))
        batch = Batch(
            invocation=invocation,
            call=call,
            items=items,
            sessions=sessions,
            journal=journal,
            forecast=found,
            notes={DELIMITER: manifest.delimiter},
        )
        return batch.run()


# A catalogue whose pictures are all too large would give one for each of them.
_MOST_NOTES = 5


def _checked(
    invocation: Invocation, call: BatchCall, manifest: Manifest, sessions: Sessions
) -> Sequence[BatchItem]:
    """Return what is to be done, every row of it checked."""
    with show_progress(quiet=invocation.quiet) as say:
        if manifest.rows:
            say(f"checking {len(manifest.rows):,} rows")
        return check_manifest(manifest, sessions.open, fit=call.fit)


def _read(call: BatchCall) -> Manifest:
    if call.manifest is not None:
        return read_manifest(call.manifest, provider=call.provider, options=call.options)
    if call.persons is None or call.garments is None or call.category is None:
        raise InputError("--persons, --garments and --category belong together.")
    return pair_folders(
        call.persons,
        call.garments,
        category=call.category,
        provider=call.provider,
        options=call.options,
    )


def _forecast(
    call: BatchCall, items: Sequence[BatchItem], entries: Iterable[Entry], sessions: Sessions
) -> Forecast:
    infos = {name: session.info for name, session in sessions.by_id.items()}
    return forecast(call, items, entries, infos)
