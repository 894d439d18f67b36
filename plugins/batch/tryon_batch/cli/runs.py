"""Runs of this user: found by name, and listed with their items for `tryon jobs`."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import click

from tryon_batch import resuming
from tryon_batch.cli.commands import resume_command
from tryon_batch.cli.documents import amounts, counts, in_words, item_document, state_word
from tryon_batch.cli.source import Sessions
from tryon_batch.costs import Ledger, Money, counted, summarise
from tryon_batch.history import Run, RunHistory
from tryon_batch.ids import SHARD
from tryon_batch.items import IN_DOUBT, Entry, State
from tryon_batch.journal import Journal, JournalReader
from tryon_batch.output import cost_record
from tryon_batch.reading import RunFolder, find_journal, find_run, known_runs, same_ids
from tryon_core import Found, NotAccepted
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.jobs import looked_up
from tryon_core.cli.printing import Document, in_shell, note, print_document
from tryon_core.cli.terminal import print_table as print_rows
from tryon_core.engine import SystemClock, data_folder, one_line, unresolved
from tryon_core.errors import OutcomeUnknown, TryOnError


@attrs.frozen(kw_only=True)
class FoundRun:
    """A run in the list of this user.

    Attributes:
        run: as the history has it.
        journal: open for reading, None when it cannot be read.
        problem: why not.
    """

    run: Run
    journal: JournalReader | None = None
    problem: str | None = None

    @property
    def folder(self) -> Path:
        """Where its images are."""
        return self.run.journal.parent


def open_runs() -> Iterator[FoundRun]:
    """Yield all runs of this user, the latest first; each is open until the next one."""
    for run in known_runs():
        try:
            with JournalReader(run.journal) as journal:
                yield FoundRun(run=run, journal=journal)
        except TryOnError as error:
            yield FoundRun(run=run, problem=error.message)


def forget_run(run: Run) -> None:
    """Remove a run from the list of this user; its files stay.

    Raises:
        OutputError: the history cannot be used.
    """
    with closing(RunHistory(data_folder(), clock=SystemClock())) as index:
        index.forget_run(run.journal)


def note_same_ids(runs: Sequence[RunFolder]) -> None:
    """Say which items several runs have that are read as one."""
    found = same_ids(runs)
    if found:
        item_id, folders = next(iter(found.items()))
        more = f" and {counted(len(found) - 1, 'more id')}" if len(found) > 1 else ""
        places = ", ".join(map(str, folders))
        note(f"in several of these runs, and counted in each: {item_id!r}{more} ({places}).")


# What a person must look at comes first.
_ORDER: tuple[State, ...] = (
    "outcome_unknown", "intent", "failed", "refused", "finished", "accepted", "planned", "saved",
)  # fmt: skip


def documents() -> list[Document]:
    """Return all runs of this user for a program, the latest first.

    Raises:
        OutputError: their list cannot be read.
    """
    return [_run_document(run) for run in open_runs()]


def print_table(documents: Sequence[Document]) -> None:
    """Print a row for each of these runs."""
    print_rows(("ID", "STARTED", "ITEMS", "COST", "JOURNAL"), map(_run_row, documents))


def forget(name: str) -> bool:
    """Remove a run from the list; say whether it was there. Its files stay.

    Raises:
        InputError: several ids begin like that.
    """
    run = find_run(name)
    if run is not None:
        forget_run(run)
    return run is not None


def print_run(invocation: Invocation, name: str, *, is_all: bool) -> bool:
    """Print what became of the items of one run, by state; say whether there is such a run."""
    path = find_journal(name)
    if path is None:
        return False
    with JournalReader(path) as journal:
        entries = sorted(journal.entries(), key=lambda entry: _ORDER.index(entry.state))
        found = journal.counts
    if invocation.as_json:
        items = [item_document(entry) for entry in entries]
        print_document({"journal": str(path), "counts": counts(found), "items": items})
        return True
    shown_entries = [entry for entry in entries if is_all or entry.state != "saved"]
    if shown_entries:
        heads = ("STATE", "ITEM", "ROW", "PROVIDER", "JOB", "REMARK")
        print_rows(heads, map(_item_row, shown_entries))
    click.echo(in_words(found) or "nothing", err=True)
    return True


def unknown(name: str | None) -> list[Document] | None:
    """Return the items of which it is not known whether they were charged.

    Args:
        name: of a run; None for all of them.

    Returns:
        None when there is no such run.
    """
    if name is None:
        return [
            item
            for found in open_runs()
            if found.journal is not None
            for item in _unknown_items(found.run.journal, found.journal)
        ]
    path = find_journal(name)
    if path is None:
        return None
    with JournalReader(path) as journal:
        return list(_unknown_items(path, journal))


def print_unknown(documents: Sequence[Document]) -> None:
    """Print these items, and what to do."""
    heads = ("ITEM", "ROW", "PROVIDER", "SENT", "RUN")
    names = ("id", "row", "provider", "sent_at", "folder")
    print_rows(heads, ([_text(entry[key]) for key in names] for entry in documents))
    click.echo(
        "Look at the vendor's dashboard whether these were accepted, and say what it shows with "
        "tryon batch --resume --out RUN --settle ITEM=not-charged or --settle ITEM=JOB. To send "
        "them once more, and perhaps pay for them twice:",
        err=True,
    )
    for command in dict.fromkeys(entry["send_again"] for entry in documents):
        click.echo(f"  {command}", err=True)


def look_up(name: str | None, config: Path | None) -> list[Document]:
    """Ask the vendors what became of items that may have been charged, and note it.

    Args:
        name: of a run; None for all of them.
        config: configuration file, None for the usual one.
    """
    if name is None:
        paths = [found.run.journal for found in open_runs() if found.journal is not None]
    else:
        path = find_journal(name)
        paths = [] if path is None else [path]
    sessions = Sessions(clock=SystemClock(), config=config)
    return [document for path in paths for document in _look_up(path, sessions)]


def _look_up(path: Path, sessions: Sessions) -> Iterator[Document]:
    with JournalReader(path) as reader:
        providers = {entry.provider for entry in reader.entries(*IN_DOUBT)}
    if not providers:
        return
    try:
        for provider in providers:
            sessions.open(provider)
        sessions.require_keys()
        with Journal(path, clock=sessions.clock) as journal:
            found = resuming.look_up(journal, sessions.by_id)
    except TryOnError as error:
        note(f"{path.parent} is left out: {error}")
        return
    command = resume_command(path.parent)
    for item, finding in found.items():
        if isinstance(finding, Found):
            job = finding.job.id
            message = f"found, it is the job {job}; fetch its images with: {command}"
            yield looked_up(item, "found", message, job=job, folder=path.parent)
        elif isinstance(finding, NotAccepted):
            message = (
                f"the vendor accepted nothing, and nothing was billed; send it with: {command}"
            )
            yield looked_up(item, "not_accepted", message, folder=path.parent)
        else:
            lost = unresolved(OutcomeUnknown("it is still not known."), finding, again="")
            yield looked_up(item, "unknown", str(lost), folder=path.parent)


def _run_document(found: FoundRun) -> Document:
    journal = found.journal
    ledger = Ledger() if journal is None else summarise(journal.entries())
    started_at = found.run.started_at.isoformat()
    if journal is not None:
        # The history has the time when the run was last continued.
        started_at = journal.meta.get("created_at", started_at)
    return {
        "id": found.run.id,
        "journal": str(found.run.journal),
        "started_at": started_at,
        "shard": None if journal is None else journal.meta.get(SHARD),
        "counts": None if journal is None else counts(journal.counts),
        "spent": amounts(ledger.spent.amounts),
        "unpriced": ledger.spent.unpriced,
        "possible": amounts(ledger.possible.amounts),
        "possibly_billed": ledger.possibly_billed,
        "problem": found.problem,
    }


def _run_row(run: Document) -> list[str]:
    items = run["problem"] if run["counts"] is None else in_words(run["counts"]) or "nothing"
    if run["shard"]:
        items = f"shard {run['shard']}: {items}"
    by_currency = {currency: Decimal(amount) for currency, amount in run["spent"].items()}
    spent = Money(by_currency, run["unpriced"])
    in_doubt = run["possibly_billed"]
    cost = [*([str(spent)] if spent else []), *([f"{in_doubt:,} in doubt"] if in_doubt else [])]
    return [
        run["id"],
        _minute(run["started_at"]),
        items,
        " + ".join(cost) or "-",
        run["journal"],
    ]


def _item_row(entry: Entry) -> list[str]:
    error = entry.error or {}
    return [
        state_word(entry.state),
        entry.id,
        _text(entry.row),
        " ".join(filter(None, (entry.provider, entry.model))),
        "-" if entry.job is None else one_line(entry.job.id),
        in_shell(str(error.get("message") or "-")),
    ]


def _unknown_items(path: Path, journal: JournalReader) -> Iterator[Document]:
    for entry in journal.entries(*IN_DOUBT):
        sent_at = entry.times.get("intent")
        yield {
            "folder": str(path.parent),
            "id": entry.id,
            "row": entry.row,
            "provider": entry.provider,
            "model": entry.model or None,
            "fingerprint": entry.fingerprint,
            "sent_at": None if sent_at is None else sent_at.isoformat(timespec="seconds"),
            "at_most": None if entry.cost is None else cost_record(entry.cost),
            "send_again": resume_command(path.parent, "--retry-unknown"),
        }


def _text(value: Any) -> str:
    return "-" if value is None else str(value)


def _minute(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
