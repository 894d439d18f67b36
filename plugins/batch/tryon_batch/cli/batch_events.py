"""A run as a stream of JSON objects, one a line; `docs/reference/cli.md` shows each of them."""

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import click

from tryon_batch.cli.batch_tally import Tally
from tryon_batch.estimate import Estimate
from tryon_batch.items import STATES, Entry, State
from tryon_batch.lists import record_of
from tryon_core.cli.printing import Document, in_shell
from tryon_core.text import json_text

NAMES: Mapping[State, str] = MappingProxyType(
    {
        "accepted": "submitted",
        "saved": "saved",
        "refused": "refused",
        "failed": "failed",
        "outcome_unknown": "unknown",
    }
)
"""The events of items, by the state in which these are then."""


def print_event(name: str, facts: Document) -> None:
    """Print one event on standard output, at once."""
    # Into a file Windows writes a code page of 256 characters; a vendor's words may have others.
    is_ascii = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    event = {"event": name, **facts}
    click.echo(json.dumps(event) if is_ascii else json_text(event))


def print_item(entry: Entry) -> None:
    """Print what has become of an item, unless it is something in between."""
    name = NAMES.get(entry.state)
    if name is not None:
        print_event(name, item_document(entry))


def item_document(entry: Entry) -> Document:
    """Return an item as in `results.jsonl`, in the words of the shell."""
    record = record_of(entry)
    error = record["error"]
    if error is not None:
        told = {name: in_shell(str(error.get(name, ""))) for name in ("message", "remedy")}
        record["error"] = {**error, **told}
    return record


def planned(tally: Tally, *, out: Path, resume: str, planned_cost: Estimate) -> Document:
    """Return what is to be done, before anything is sent."""
    return {
        "items": tally.total,
        "counts": counts(tally.counts),
        "out": str(out),
        "resume": resume,
        "estimate": amounts(planned_cost.totals),
        "unpriced": sum(line.units for line in planned_cost.unpriced),
    }


def summary(tally: Tally, *, lists: tuple[Path, Path] | None) -> Document:
    """Return how a run ended."""
    table, lines = lists or (None, None)
    return {
        "items": tally.total,
        "counts": counts(tally.counts),
        "spent": amounts(tally.spent),
        "unpriced": tally.unpriced,
        "free": tally.free,
        "noticed": len(tally.noticed),
        "table": None if table is None else str(table),
        "lines": None if lines is None else str(lines),
    }


def counts(found: Mapping[State, int]) -> Document:
    """Return the number of items in each state, those with none included."""
    return {state: found.get(state, 0) for state in STATES}


def amounts(totals: Mapping[str, Decimal]) -> Document:
    """Return money by currency; amounts are text, so that no digit is lost."""
    return {currency: f"{amount:f}" for currency, amount in sorted(totals.items())}
