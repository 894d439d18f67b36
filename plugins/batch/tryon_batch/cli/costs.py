"""What a run has cost, as a table and as a document."""

from collections.abc import Iterator
from pathlib import Path

import click

from tryon_batch.cli.documents import amounts, state_word
from tryon_batch.costs import Ledger, LedgerLine, counted, shown, summarise
from tryon_batch.journal import JournalReader
from tryon_batch.reading import named_journal
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import Document, print_document
from tryon_core.cli.terminal import print_table

_HEADINGS = ("PROVIDER", "MODEL", "STATE", "CHARGED", "REQUESTS", "UNITS", "AMOUNT", "BASIS")


def print_costs(invocation: Invocation, name: str) -> None:
    """Print what a run has cost.

    Raises:
        InputError: there is no such run.
    """
    path = named_journal(name)
    with JournalReader(path) as journal:
        ledger = summarise(journal.entries())
    if invocation.as_json:
        print_document(costs_document(path, ledger))
        return
    if ledger.lines or ledger.open:
        print_table(_HEADINGS, [_row(line) for line in (*ledger.lines, *ledger.open)])
    click.echo("\n".join(_sentences(ledger)))


def costs_document(path: Path, ledger: Ledger) -> Document:
    """Return what a run has cost for a program; amounts are text, so that no digit is lost."""
    return {
        "journal": str(path),
        "lines": ledger.rows(),
        "spent": amounts(ledger.spent.amounts),
        "unpriced": ledger.spent.unpriced,
        "possible": amounts(ledger.possible.amounts),
        "possibly_billed": ledger.possibly_billed,
        "free": ledger.free,
    }


def _row(line: LedgerLine) -> list[str]:
    return [
        line.provider,
        line.model or "-",
        state_word(line.state),
        "perhaps" if line.billed == "unknown" else line.billed,
        f"{line.items:,}",
        f"{line.units:,f}",
        "price unknown" if line.amount is None else shown(line.amount, line.currency),
        _basis(line),
    ]


def _basis(line: LedgerLine) -> str:
    if line.amount is None:
        return "-"
    if line.billed == "unknown":
        return "at most, at list price"
    if line.by_usage in {0, line.items}:
        return "said by the vendor" if line.by_usage else "list price"
    return f"{line.by_usage:,} said by the vendor, {line.items - line.by_usage:,} at list price"


def _sentences(ledger: Ledger) -> Iterator[str]:
    yield f"spent: {ledger.spent}"
    if ledger.open:
        requests = counted(ledger.possibly_billed, "request")
        yield f"in doubt besides: {requests}, at most {ledger.possible}"
    if ledger.free:
        yield f"{counted(ledger.free, 'item')} cost nothing: the same work had been done before"
