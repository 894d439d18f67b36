"""What runs have cost, as a table and as a document."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from tryon_batch.cli.documents import amounts, state_word
from tryon_batch.cli.runs import note_same_ids
from tryon_batch.costs import Ledger, LedgerLine, counted, summarise
from tryon_batch.reading import RunFolder, read_runs, write_lists_of
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import Document, print_document
from tryon_core.cli.terminal import print_table
from tryon_core.engine import amount_text

HEADINGS = (
    "PROVIDER",
    "MODEL",
    "WHAT",
    "STATE",
    "CHARGED",
    "REQUESTS",
    "UNITS",
    "AMOUNT",
    "BASIS",
)


def print_costs(invocation: Invocation, names: Sequence[str], *, lists: Path | None) -> None:
    """Print what runs have cost together.

    Args:
        invocation: the command.
        names: of the runs.
        lists: the folder for the lists of all of them, None for no lists.

    Raises:
        InputError: there is no such run, or a list would be in the way.
        OutputError: a list cannot be written.
    """
    runs = read_runs(names)
    note_same_ids(runs)
    ledger = summarise(chain.from_iterable(run.entries() for run in runs))
    written = () if lists is None else write_lists_of(runs, lists)
    if invocation.as_json:
        print_document(costs_document(runs, ledger, lists=written))
        return
    if ledger.lines or ledger.open:
        print_table(HEADINGS, [cells(line) for line in (*ledger.lines, *ledger.open)])
    click.echo("\n".join((*sentences(ledger), *map(str, written))))


def costs_document(
    runs: Sequence[RunFolder], ledger: Ledger, *, lists: Sequence[Path] = ()
) -> Document:
    """Return what runs have cost for a program; amounts are text, so that no digit is lost."""
    return {
        "journals": [str(run.journal) for run in runs],
        "lines": ledger.rows(),
        "spent": amounts(ledger.spent.amounts),
        "unpriced": ledger.spent.unpriced,
        "possible": amounts(ledger.possible.amounts),
        "possibly_billed": ledger.possibly_billed,
        "free": ledger.free,
        "lists": [str(path) for path in lists],
    }


def cells(line: LedgerLine) -> list[str]:
    """Return a line of costs for people, a cell for each of `HEADINGS`."""
    return [
        line.provider,
        line.model or "-",
        line.what.replace("_", " "),
        state_word(line.state),
        "perhaps" if line.billed == "unknown" else line.billed,
        f"{line.items:,}",
        f"{line.units:,f}",
        "price unknown" if line.amount is None else amount_text(line.amount, line.currency),
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


def sentences(ledger: Ledger) -> Iterator[str]:
    """Yield what runs have cost in all, for people."""
    yield f"spent: {ledger.spent}"
    if ledger.open:
        requests = counted(ledger.possibly_billed, "request")
        yield f"in doubt besides: {requests}, at most {ledger.possible}"
    if ledger.free:
        yield f"{counted(ledger.free, 'item')} cost nothing: the same work had been done before"
