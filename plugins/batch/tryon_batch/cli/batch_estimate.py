"""What a run would cost from now on, as sentences and as a document."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from tryon_batch.budget import Budget, check_budget
from tryon_batch.cli.batch_call import BatchCall
from tryon_batch.cli.batch_events import amounts, counts
from tryon_batch.costs import counted, shown
from tryon_batch.estimate import Estimate, EstimateLine, estimate, unpaid
from tryon_batch.items import BatchItem, Entry, State
from tryon_batch.ledger import summarise
from tryon_core.cli.printing import Document
from tryon_core.models import ProviderInfo

_WORDS: Mapping[str, str] = {"outcome_unknown": "unknown", "intent": "unknown"}


@attrs.frozen(kw_only=True)
class Forecast:
    """What a run would send, and what it would not.

    Attributes:
        items: all that shall be done.
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


def to_pay(
    call: BatchCall, items: Sequence[BatchItem], entries: Iterable[Entry]
) -> list[BatchItem]:
    """Return the items for which a call sends a paid request; arguments as for `forecast`."""
    return unpaid(
        items,
        entries,
        retry_unknown=call.retry_unknown,
        retry_failed=call.retry_failed,
        redo=call.redo,
    )


def forecast(
    call: BatchCall,
    items: Sequence[BatchItem],
    entries: Iterable[Entry],
    infos: Mapping[str, ProviderInfo],
) -> Forecast:
    """Return what a run would cost.

    Args:
        call: what was asked.
        items: valid ones.
        entries: what the journal has of the run.
        infos: the providers, by id.
    """
    known = list(entries)
    paid = to_pay(call, items, known)
    sent = {item.id for item in paid}
    free = {item.id for item in items} - sent
    return Forecast(
        items=len(items),
        free=Counter(entry.state for entry in known if entry.id in free),
        estimate=estimate(paid, infos),
        spent=summarise(known).at_most,
    )


def read_limits(call: BatchCall) -> list[Budget]:
    """Return what a run may cost; checking ten thousand rows first would be in vain otherwise.

    Raises:
        InputError: a limit cannot be read.
    """
    return [Budget.parse(text) for text in call.max_cost]


def check_limits(call: BatchCall, found: Forecast) -> None:
    """Refuse a run that may cost more than it is allowed to.

    Raises:
        InputError: a limit cannot be read.
        BudgetExceeded: it may cost more, or nobody knows.
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
        told = ", ".join(_told(found.free))
        done = sum(found.free.values())
        verb = "costs" if done == 1 else "cost"
        yield f"{done:,} of {counted(found.items, 'item')} {verb} nothing more: {told}"
    if found.spent:
        spent = " + ".join(shown(amount, unit) for unit, amount in sorted(found.spent.items()))
        yield f"spent so far, or in doubt: {spent}"


def estimate_document(found: Forecast) -> Document:
    """Return the estimate for a program."""
    return {
        "items": found.items,
        "to_send": found.to_send,
        "free": counts(found.free),
        "lines": found.estimate.rows(),
        "totals": amounts(found.estimate.totals),
        "unpriced": sum(line.units for line in found.estimate.unpriced),
        "spent": amounts(found.spent),
    }


def _facts(line: EstimateLine) -> Iterator[str]:
    price = line.price
    if price is not None and price.amount:
        yield price.source if price.is_own else f"list price of {price.as_of}: {price.source}"
    if line.what == "try_on":
        requests = counted(line.requests, "request" if line.amount == 0 else "paid request")
        images = "" if line.units == line.requests else f" for {counted(line.units, 'image')}"
        yield f"{requests}{images}, {counted(line.uploads, 'upload')} (free)"


def total(found: Forecast) -> str:
    """Return what is to be paid, for people."""
    totals = found.estimate.totals
    parts = [shown(amount, currency) for currency, amount in sorted(totals.items())]
    unpriced = sum(line.units for line in found.estimate.unpriced)
    if unpriced:
        parts.append(f"{unpriced:,} at unknown price")
    return " + ".join(parts) or "nothing is to be sent"


def _told(states: Mapping[State, int]) -> Iterator[str]:
    words: Counter[str] = Counter()
    for state, number in states.items():
        words[_WORDS.get(state, state)] += number
    return (f"{number:,} {word}" for word, number in words.items())
