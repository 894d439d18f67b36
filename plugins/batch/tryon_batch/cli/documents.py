"""What is printed of a run: its estimate as sentences, and its JSON documents."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import attrs
import click

from tryon_batch.cli.commands import BatchCall
from tryon_batch.cli.progress import Progress
from tryon_batch.costs import Money, counted, summarise
from tryon_batch.estimate import Budget, Estimate, EstimateLine, check_budget, estimate
from tryon_batch.ids import is_first_step
from tryon_batch.items import IN_DOUBT, STATES, BatchItem, Entry, State
from tryon_batch.output import record_of
from tryon_core import ProviderInfo
from tryon_core.cli.printing import Document, in_shell
from tryon_core.engine import json_text

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
    # On Windows a file gets a code page of 256 characters, and a vendor's words may have others.
    is_ascii = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    event = {"event": name, **facts}
    click.echo(json.dumps(event) if is_ascii else json_text(event))


def print_item(entry: Entry) -> None:
    """Print the event of an item, if its state has one."""
    name = NAMES.get(entry.state)
    if name is not None:
        step = "first_step_" if is_first_step(entry.id) else ""
        print_event(f"{step}{name}", item_document(entry))


def item_document(entry: Entry) -> Document:
    """Return an item as in `results.jsonl`, in the words of the shell."""
    record = record_of(entry)
    error = record["error"]
    if error is not None:
        words = {name: in_shell(str(error.get(name, ""))) for name in ("message", "remedy")}
        record["error"] = {**error, **words}
    return record


def planned(progress: Progress, *, out: Path, resume: str, planned_cost: Estimate) -> Document:
    """Return what is to be done, before anything is sent."""
    return {
        "items": progress.total,
        "counts": counts(progress.counts),
        "out": str(out),
        "resume": resume,
        "estimate": amounts(planned_cost.total.amounts),
        "unpriced": planned_cost.total.unpriced,
    }


def summary(
    progress: Progress,
    *,
    lists: tuple[Path, Path] | None,
    redo: Estimate,
    to_see: Sequence[Path] = (),
) -> Document:
    """Return how a run ended; `redo` is what it would cost to buy what is doubtful again."""
    table, lines = lists or (None, None)
    return {
        "items": progress.total,
        "counts": counts(progress.counts),
        "spent": amounts(progress.spent.amounts),
        "unpriced": progress.spent.unpriced,
        "free": progress.free,
        "noticed": len(progress.noticed),
        "doubtful": len(progress.doubtful),
        "redo_doubtful": amounts(redo.total.amounts),
        "table": None if table is None else str(table),
        "lines": None if lines is None else str(lines),
        "to_see": [str(path) for path in to_see],
    }


def counts(found: Mapping[State, int]) -> Document:
    """Return the number of items in each state, those with none included."""
    return {state: found.get(state, 0) for state in STATES}


def amounts(totals: Mapping[str, Decimal]) -> Document:
    """Return money by currency; amounts are text, so that no digit is lost."""
    return {currency: f"{amount:f}" for currency, amount in sorted(totals.items())}


@attrs.frozen(kw_only=True)
class Forecast:
    """What a run would send, and what it would not.

    Attributes:
        items: all that are to be done; the first steps of outfits are none of their own.
        free: those for which nothing would be sent, by the state in which the journal has them.
        estimate: what the others would cost.
        spent: what the run has cost so far, or may have, by currency.
    """

    items: int
    free: Mapping[State, int]
    estimate: Estimate
    spent: Mapping[str, Decimal]

    @property
    def to_send(self) -> int:
        """Items for which a paid request would be sent."""
        return self.items - sum(self.free.values())


def forecast(
    items: Sequence[BatchItem],
    entries: Iterable[Entry],
    infos: Mapping[str, ProviderInfo],
    *,
    sent: Sequence[BatchItem],
) -> Forecast:
    """Return what a run would cost.

    Args:
        items: valid ones.
        entries: what the journal has of the run.
        infos: the providers, by id.
        sent: those of the items for which a submission is sent.
    """
    known = list(entries)
    rows = {item.id for item in items if not is_first_step(item.id)}
    free = rows - {item.id for item in sent}
    return Forecast(
        items=len(rows),
        free=Counter(entry.state for entry in known if entry.id in free),
        estimate=estimate(sent, infos),
        spent=summarise(known).at_most.amounts,
    )


def read_limits(call: BatchCall) -> list[Budget]:
    """Return the limits of cost. They are read before the rows are checked, which may take minutes.

    Raises:
        InputError: a limit cannot be read.
    """
    return [Budget.parse(text) for text in call.max_cost]


def check_limits(call: BatchCall, found: Forecast) -> None:
    """Refuse a run that may cost more than it is allowed to.

    Raises:
        InputError: a limit cannot be read.
        BudgetExceeded: it may cost more, or a price is not known.
    """
    budgets = read_limits(call)
    check_budget(found.estimate, budgets, allow_unpriced=call.allow_unpriced, spent=found.spent)


def sentences(found: Forecast) -> Iterator[str]:
    """Yield the estimate for people, a line each."""
    for line in found.estimate.lines:
        yield str(line)
        yield from (f"  {fact}" for fact in _facts(line))
    yield f"total: {total(found)}"
    if found.free:
        done = sum(found.free.values())
        verb = "costs" if done == 1 else "cost"
        items = counted(found.items, "item")
        yield f"{done:,} of {items} {verb} nothing more: {in_words(found.free)}"
    if found.spent:
        yield f"spent so far, or in doubt: {Money(found.spent)}"


def estimate_document(found: Forecast) -> Document:
    """Return the estimate for a program."""
    return {
        "items": found.items,
        "to_send": found.to_send,
        "free": counts(found.free),
        "lines": found.estimate.rows(),
        "totals": amounts(found.estimate.total.amounts),
        "unpriced": found.estimate.total.unpriced,
        "spent": amounts(found.spent),
    }


def _facts(line: EstimateLine) -> Iterator[str]:
    price = line.price
    if price is not None and price.amount:
        yield price.source if price.is_own else f"list price of {price.as_of}: {price.source}"
    if line.what != "parsing":
        requests = counted(line.requests, "request" if line.amount == 0 else "paid request")
        images = "" if line.units == line.requests else f" for {counted(line.units, 'image')}"
        yield f"{requests}{images}, {counted(line.uploads, 'upload')} (free)"


def total(found: Forecast) -> str:
    """Return what is to be paid, for people."""
    money = found.estimate.total
    return str(money) if money else "nothing is to be sent"


def state_word(state: State) -> str:
    """Return a state for people; a request that may have been sent is `unknown`."""
    return "unknown" if state in IN_DOUBT else state


def in_words(found: Mapping[State, int]) -> str:
    """Return the number of items in each state for people, such as `12 saved, 1 unknown`."""
    words: Counter[str] = Counter()
    for state in STATES:
        if number := found.get(state):
            words[state_word(state)] += number
    return ", ".join(f"{number:,} {word}" for word, number in words.items())
