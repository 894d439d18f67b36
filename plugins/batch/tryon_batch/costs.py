"""What work costs, by the vendor's count or the price card, and what a run cost in all."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

from tryon_batch.ids import is_first_step
from tryon_batch.items import Basis, Cost, Entry, ParsingCost, State, was_saved
from tryon_core import ProviderInfo, TryOnRequest
from tryon_core.engine import PaidParsing, amount_text

# What vendors call the number of images that they charged for, and what they charged itself. Other
# names are left alone: what AIDGE's `usage` counts, for one, its documents do not say.
_IMAGES = ("image_count", "images")
_CURRENCY = re.compile(r"credits|[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


def cost_of(
    info: ProviderInfo, request: TryOnRequest, *, images: int, usage: Mapping[str, str]
) -> Cost:
    """Return what a finished try-on cost.

    What the vendor says it took, in credits or under a currency's code, beats everything but a
    price of the caller's own; images that it says it charged for beat those that came. Without
    either, the price card counts for the images that came. An unknown price is None, whatever is
    counted.

    Args:
        info: the provider, for its price card.
        request: says which model did it.
        images: images that came.
        usage: what the vendor says was used.
    """
    counted = next((n for name in _IMAGES if (n := _number(usage.get(name))) is not None), None)
    units = Decimal(images) if counted is None else counted
    basis: Basis = "list" if counted is None else "usage"
    price = info.price_for(request)
    # Who gives a price of their own wants to know the cost in that currency.
    if not (price and price.is_own):
        for currency in filter(_CURRENCY.fullmatch, usage):
            if (taken := _number(usage[currency])) is not None:
                return Cost(amount=taken, currency=currency, units=units, basis="usage")
    return _at_list_price(info, request, units, basis)


def expected_cost(info: ProviderInfo, request: TryOnRequest) -> Cost:
    """Return what a try-on costs if it gives what it should; no more is known while it is open.

    Args:
        info: the provider, for its price card.
        request: a valid one.
    """
    return _at_list_price(info, request, Decimal(info.count_outputs(request)), "expected")


def _at_list_price(info: ProviderInfo, request: TryOnRequest, units: Decimal, basis: Basis) -> Cost:
    price = info.price_for(request)
    if price is None:
        return Cost(amount=None, currency="", units=units, basis=basis)
    return Cost(amount=price.amount * units, currency=price.currency, units=units, basis=basis)


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def counted(number: int, thing: str) -> str:
    """Return a number of things for people, such as `1 image` or `1,200 images`."""
    return f"{number:,} {thing}" + "s" * (number != 1)


@attrs.frozen
class Money:
    """Amounts by currency, which are never mixed, and how much has no known price.

    `str()` says it for people, such as `1.20 USD + 2 requests at unknown price`.

    Attributes:
        amounts: by ISO 4217 code, or `credits`.
        unpriced: how many requests, or images of an estimate, have no known price.
        thing: what `unpriced` counts.
    """

    amounts: Mapping[str, Decimal] = attrs.field(factory=dict, hash=False)
    unpriced: int = 0
    thing: str = attrs.field(default="request", kw_only=True)

    @classmethod
    def of(cls, amount: Decimal | None, currency: str) -> "Money":
        """Return the cost of one request; None for the amount when its price is unknown."""
        return cls(unpriced=1) if amount is None else cls({currency: amount})

    def __add__(self, other: "Money") -> "Money":
        amounts = dict(self.amounts)
        for currency, amount in other.amounts.items():
            amounts[currency] = amounts.get(currency, Decimal(0)) + amount
        return attrs.evolve(self, amounts=amounts, unpriced=self.unpriced + other.unpriced)

    def __bool__(self) -> bool:
        return bool(self.amounts or self.unpriced)

    def __str__(self) -> str:
        parts = [amount_text(amount, currency) for currency, amount in sorted(self.amounts.items())]
        if self.unpriced:
            parts.append(f"{counted(self.unpriced, self.thing)} at unknown price")
        return " + ".join(parts) or "nothing"


Charged: TypeAlias = Literal["no", "yes", "unknown"]
What: TypeAlias = Literal["try_on", "first_step", "parsing"]
"""What is paid for; `first_step` is that of an outfit which takes two requests, `parsing` a call
that finds what is kept."""
_Key: TypeAlias = tuple[str, str, What, State, str, Charged]


@attrs.frozen(kw_only=True)
class LedgerLine:
    """What items of one kind cost: of one model of one provider, in one state and currency.

    Attributes:
        provider: id of the provider.
        model: as `Entry.model`.
        what: `try_on`, `first_step` for those of outfits, or `parsing` for the calls that found
            what items keep.
        state: their state: `saved`, or `failed` when the vendor said that it charged them; of
            what may have been charged also `intent`, `accepted`, `finished`, `outcome_unknown`.
        currency: ISO 4217 code or `credits`; empty when the price is unknown.
        items: paid requests; an item that was sent more than once counts for each.
        units: images, or what else the vendor counts.
        amount: None when the price is unknown, never zero instead.
        by_usage: requests of which the vendor said what it charged; the others are at list price.
        billed: `yes`, or `unknown` for what may have been charged.
    """

    provider: str
    model: str
    what: What
    state: State
    currency: str
    items: int
    units: Decimal
    amount: Decimal | None
    by_usage: int
    billed: Charged

    @property
    def money(self) -> Money:
        """The amount; of a line without a known price, the number of its requests."""
        if self.amount is None:
            return Money(unpriced=self.items)
        return Money({self.currency: self.amount})

    def as_row(self) -> dict[str, Any]:
        """Return the line as plain values for a table or JSON; amounts are text, to stay exact."""
        return {
            "provider": self.provider,
            "model": self.model,
            "what": self.what,
            "state": self.state,
            "items": self.items,
            "units": f"{self.units:f}",
            "amount": None if self.amount is None else f"{self.amount:f}",
            "currency": self.currency or None,
            "by_usage": self.by_usage,
            "by_list": self.items - self.by_usage,
            "billed": self.billed,
        }


@attrs.frozen(kw_only=True)
class Ledger:
    """What a run has cost, and what may come on top of it.

    Attributes:
        lines: what was charged, sorted by provider, model, kind of work, state and currency.
        open: what may have been charged besides, at list price for what was asked; sorted likewise.
        free: items that were saved without being bought: the same work had been done before.
    """

    lines: tuple[LedgerLine, ...] = ()
    open: tuple[LedgerLine, ...] = ()
    free: int = 0

    @property
    def spent(self) -> Money:
        """What was charged."""
        return sum((line.money for line in self.lines), Money())

    @property
    def possible(self) -> Money:
        """What may have been charged besides, at most."""
        return sum((line.money for line in self.open), Money())

    @property
    def at_most(self) -> Money:
        """Both together: what counts against a limit of cost."""
        return self.spent + self.possible

    @property
    def possibly_billed(self) -> int:
        """How many requests may have been charged."""
        return sum(line.items for line in self.open)

    def rows(self) -> list[dict[str, Any]]:
        """Return all lines as plain values, each with the same columns, for CSV or JSON."""
        return [line.as_row() for line in (*self.lines, *self.open)]


def summarise(entries: Iterable[Entry]) -> Ledger:
    """Return what the items of a journal cost; reads them one by one.

    What is free are rows: of the first steps of outfits most are copies.
    """
    lines: dict[_Key, LedgerLine] = {}
    free = 0
    for entry in entries:
        free += was_free(entry) and not is_first_step(entry.id)
        for request in (*entry.earlier, entry):
            billed = was_charged(request)
            if billed != "no" and request.cost is not None:
                what: What = "first_step" if is_first_step(entry.id) else "try_on"
                group = request.provider, request.model, what, request.state
                _add(lines, group, request.cost, billed)
        # Of an item that was sent more than once, the latest has them all.
        for parsing in entry.parsings:
            group = parsing.provider, "", "parsing", entry.state
            _add(lines, group, cost_of_parsing(parsing), parsing.billed)
    ordered = [lines[key] for key in sorted(lines)]
    return Ledger(
        lines=tuple(line for line in ordered if line.billed == "yes"),
        open=tuple(line for line in ordered if line.billed == "unknown"),
        free=free,
    )


def was_free(entry: Entry) -> bool:
    """Return whether an item was saved without being bought: the same work had been done before."""
    return entry.state == "saved" and not _units(entry)


def _units(entry: Entry) -> Decimal:
    """Return what was paid for; an answer from a cache says that it was nothing."""
    return Decimal(0) if entry.cost is None else entry.cost.units


def was_charged(entry: Entry) -> Charged:
    """Say whether the last paid request of an item was charged; a saved one was, unless copied."""
    if entry.cost is None or entry.state in {"planned", "refused"}:
        return "no"
    if entry.state == "saved" or was_saved(entry):
        return "yes" if _units(entry) else "no"
    if entry.state == "failed":
        billed: Charged = (entry.error or {}).get("billed", "unknown")
        return billed
    return "unknown"


def cost_of_parsing(parsing: ParsingCost) -> Cost:
    """Return the cost of one parsing, as that of a try-on is kept."""
    return Cost(amount=parsing.amount, currency=parsing.currency, units=Decimal(1), basis="list")


def parsing_costs(
    known: Iterable[ParsingCost], paid: Iterable[PaidParsing], infos: Mapping[str, ProviderInfo]
) -> tuple[ParsingCost, ...]:
    """Return what an item paid for parsings in all.

    Args:
        known: what is noted of it.
        paid: the calls that were paid for it, those among them that are known already.
        infos: the providers that were asked, for their price cards.
    """
    costs = {one.id: one for one in known}
    for one in paid:
        price = infos[one.provider].capabilities.parse_price
        costs[one.id] = ParsingCost(
            id=one.id,
            provider=one.provider,
            amount=None if price is None else price.amount,
            currency="" if price is None else price.currency,
            billed=one.billed,
        )
    return tuple(costs.values())


def _add(
    lines: dict[_Key, LedgerLine],
    group: tuple[str, str, What, State],
    cost: Cost,
    billed: Charged,
) -> None:
    """Add a request to the line that it belongs to."""
    currency = "" if cost.amount is None else cost.currency
    provider, model, what, state = group
    key = provider, model, what, state, currency, billed
    none = LedgerLine(
        provider=provider,
        model=model,
        what=what,
        state=state,
        currency=currency,
        items=0,
        units=Decimal(0),
        amount=None if cost.amount is None else Decimal(0),
        by_usage=0,
        billed=billed,
    )
    line = lines.get(key, none)
    lines[key] = attrs.evolve(
        line,
        items=line.items + 1,
        units=line.units + cost.units,
        amount=_sum(line.amount, cost.amount),
        by_usage=line.by_usage + (cost.basis == "usage"),
    )


def _sum(amount: Decimal | None, more: Decimal | None) -> Decimal | None:
    return None if amount is None or more is None else amount + more
