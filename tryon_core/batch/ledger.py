"""What a run has cost, from its journal."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from tryon_core.batch.costs import add
from tryon_core.batch.items import Entry, State

_OPEN: frozenset[State] = frozenset({"intent", "accepted", "finished", "outcome_unknown"})


@attrs.frozen(kw_only=True)
class LedgerLine:
    """What one model of one provider cost in one currency.

    Attributes:
        provider: id of the provider.
        model: as `Entry.model`.
        currency: ISO 4217 code or `credits`; empty when the price is unknown.
        items: finished items.
        units: images, or what else the vendor counts.
        amount: None when the price is unknown, never zero instead.
        by_usage: items of which the vendor said what it charged; the others are at list price.
    """

    provider: str
    model: str
    currency: str
    items: int
    units: Decimal
    amount: Decimal | None
    by_usage: int

    def as_row(self) -> dict[str, Any]:
        """Return the line as plain values for a table or JSON; amounts are text, to stay exact."""
        return {
            "provider": self.provider,
            "model": self.model,
            "state": "saved",
            "items": self.items,
            "units": f"{self.units:f}",
            "amount": None if self.amount is None else f"{self.amount:f}",
            "currency": self.currency or None,
            "by_usage": self.by_usage,
            "by_list": self.items - self.by_usage,
            "billed": "yes",
        }


@attrs.frozen(kw_only=True)
class OpenLine:
    """Items that are in no amount, and may have been charged.

    Attributes:
        provider: id of the provider.
        model: as `Entry.model`.
        state: where they stand: `outcome_unknown` or `intent`, nobody knows whether the vendor has
            them; `accepted` or `finished`, a later run goes on with them; `failed`.
        billed: `yes` when the vendor said so, else `unknown`.
        items: how many.
    """

    provider: str
    model: str
    state: State
    billed: str
    items: int

    def as_row(self) -> dict[str, Any]:
        """Return the line as plain values, with the columns of `LedgerLine.as_row()`."""
        row = dict.fromkeys(("units", "amount", "currency", "by_usage", "by_list"))
        return {
            "provider": self.provider,
            "model": self.model,
            "state": self.state,
            "items": self.items,
            **row,
            "billed": self.billed,
        }


@attrs.frozen(kw_only=True)
class Ledger:
    """What a run has cost, and what may come on top of it.

    Attributes:
        lines: what finished items cost, sorted by provider, model and currency.
        open: what may have been charged besides.
        free: items that were saved without being bought: the same work had been done before.
    """

    lines: tuple[LedgerLine, ...] = ()
    open: tuple[OpenLine, ...] = ()
    free: int = 0

    @property
    def totals(self) -> Mapping[str, Decimal]:
        """The sum by currency; what has no known price is in none."""
        totals: dict[str, Decimal] = {}
        for line in self.lines:
            if line.amount is not None:
                add(totals, line.currency, line.amount)
        return totals

    @property
    def unpriced(self) -> int:
        """How many finished items have no known price."""
        return sum(line.items for line in self.lines if line.amount is None)

    @property
    def possibly_billed(self) -> int:
        """How many items without an amount may have been charged."""
        return sum(line.items for line in self.open)

    def rows(self) -> list[dict[str, Any]]:
        """Return all lines as plain values, each with the same columns, for CSV or JSON."""
        bought = [line.as_row() for line in self.lines]
        return bought + [line.as_row() for line in self.open]


def summarise(entries: Iterable[Entry]) -> Ledger:
    """Return what the items of a journal cost; reads them one by one."""
    lines: dict[tuple[str, str, str], LedgerLine] = {}
    open_lines: dict[tuple[str, str, State, str], OpenLine] = {}
    free = 0
    for entry in entries:
        if entry.cost is not None:
            line = _with_cost(entry, lines)
            lines[line.provider, line.model, line.currency] = line
        elif entry.state == "saved":
            free += 1
        for state, billed in _open(entry):
            key = entry.provider, entry.model, state, billed
            count = open_lines[key].items + 1 if key in open_lines else 1
            open_lines[key] = OpenLine(
                provider=entry.provider, model=entry.model, state=state, billed=billed, items=count
            )
    return Ledger(
        lines=tuple(lines[key] for key in sorted(lines)),
        open=tuple(open_lines[key] for key in sorted(open_lines)),
        free=free,
    )


def _with_cost(entry: Entry, lines: Mapping[tuple[str, str, str], LedgerLine]) -> LedgerLine:
    """Return the line that an item belongs to, with the item in it."""
    cost = entry.cost
    if cost is None:
        raise AssertionError(f"{entry.id} has no cost")
    currency = "" if cost.amount is None else cost.currency
    earlier = lines.get((entry.provider, entry.model, currency))
    items, units, by_usage, amount = 0, Decimal(0), 0, None if cost.amount is None else Decimal(0)
    if earlier is not None:
        items, units, by_usage = earlier.items, earlier.units, earlier.by_usage
        amount = earlier.amount
    return LedgerLine(
        provider=entry.provider,
        model=entry.model,
        currency=currency,
        items=items + 1,
        units=units + cost.units,
        amount=None if amount is None or cost.amount is None else amount + cost.amount,
        by_usage=by_usage + (cost.basis == "usage"),
    )


def _open(entry: Entry) -> Iterator[tuple[State, str]]:
    """Yield what of an item is in no amount and may have been charged: state, and `billed`."""
    if entry.attempts == 0:
        return  # it ended like equal work, and nothing was sent for it
    if entry.state in _OPEN:
        yield entry.state, "unknown"
    elif entry.state == "failed":
        billed = str((entry.error or {}).get("billed", "unknown"))
        if billed != "no":
            yield entry.state, billed
    if entry.state != "outcome_unknown" and "outcome_unknown" in entry.times:
        # It was sent once more; the vendor may have charged for the lost one as well.
        yield "outcome_unknown", "unknown"
