"""What a run would cost at list prices, and the limits of that."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs

from tryon_batch.costs import Money, What, counted
from tryon_batch.ids import is_first_step
from tryon_batch.items import BatchItem
from tryon_core import Price, ProviderInfo, UrlSource
from tryon_core.engine import amount_text, canonical, parse_amount
from tryon_core.errors import InputError


@attrs.frozen(kw_only=True)
class EstimateLine:
    """What one model of one provider would do.

    Attributes:
        provider: id of the provider.
        model: the option `model`, empty when the provider has none.
        what: `try_on`, `first_step` for the first of two steps of an outfit, or `parsing` for
            finding what is worn.
        requests: paid requests.
        units: images that they should give; for parsing, calls.
        price: of one unit, None when it is unknown.
        uploads: local images that are sent with them, or to the vendor's store; those cost nothing.
    """

    provider: str
    model: str
    what: Literal["try_on", "first_step", "parsing"]
    requests: int
    units: int
    price: Price | None
    uploads: int = 0

    @property
    def amount(self) -> Decimal | None:
        """Units times price, None when the price is unknown; never zero instead."""
        return None if self.price is None else self.price.amount * self.units

    @property
    def money(self) -> Money:
        """The amount; of a line without a known price, the number of its units."""
        if self.price is None or self.amount is None:
            return Money(unpriced=self.units)
        return Money({self.price.currency: self.amount})

    def __str__(self) -> str:
        name = " ".join(filter(None, (self.provider, self.model)))
        units = counted(self.units, _UNITS[self.what])
        if self.price is None or self.amount is None:
            return f"{name}: {units}, price unknown"
        price, currency = self.price.amount, self.price.currency
        total = amount_text(self.amount, currency)
        if not price:
            return f"{name}: {units}, free"
        return f"{name}: {units} x {amount_text(price, currency)} = {total}"

    def as_row(self) -> dict[str, Any]:
        """Return the line as plain values for a table or JSON; amounts are text, to stay exact."""
        price = self.price
        return {
            "provider": self.provider,
            "model": self.model,
            "what": self.what,
            "requests": self.requests,
            "units": self.units,
            "uploads": self.uploads,
            "price": None if price is None else f"{price.amount:f}",
            "amount": None if self.amount is None else f"{self.amount:f}",
            "currency": None if price is None else price.currency,
            "price_as_of": None if price is None else price.as_of.isoformat(),
            "price_source": None if price is None else price.source,
        }


@attrs.frozen
class Estimate:
    """What a run would cost at most, if every request gives what it should.

    It may cost less: work that was done before is not bought again, and some vendors charge
    nothing for what failed.

    Attributes:
        lines: by provider, model and kind of work.
    """

    lines: tuple[EstimateLine, ...] = ()

    @property
    def total(self) -> Money:
        """The sum of the lines, and how many images have no known price."""
        return sum((line.money for line in self.lines), Money(thing="image"))

    @property
    def unpriced(self) -> tuple[EstimateLine, ...]:
        """The lines without a known price, which are in no total."""
        return tuple(line for line in self.lines if line.price is None)

    def rows(self) -> list[dict[str, Any]]:
        """Return all lines as plain values."""
        return [line.as_row() for line in self.lines]


_UNITS = {"try_on": "image", "first_step": "first step", "parsing": "parsing"}
_Key: TypeAlias = tuple[str, str, What, Price | None]
"""A provider, its model, the kind of work, and what one image costs, in which requests differ."""


@attrs.define
class _ModelCount:
    """What was counted so far for one model of one provider."""

    requests: int = 0
    units: int = 0
    sent: int = 0
    published: set[str] = attrs.field(factory=set)


def estimate(items: Iterable[BatchItem], infos: Mapping[str, ProviderInfo]) -> Estimate:
    """Return what items would cost at list prices.

    What is kept of a photo is looked for once: many items share a parsing.

    Args:
        items: valid ones; all of them are counted, see `to_send()`.
        infos: the providers that they name, by id.
    """
    counts: dict[_Key, _ModelCount] = {}
    photos: dict[str, set[tuple[object, str]]] = {}
    for item in items:
        info, request = infos[item.provider], item.step
        able = info.capabilities_for(request)
        price = info.price_for(request)
        what: What = "first_step" if is_first_step(item.id) else "try_on"
        key = item.provider, getattr(request.options, "model", ""), what, price
        count = counts.setdefault(key, _ModelCount())
        count.requests += 1
        count.units += info.count_outputs(request)
        _count_uploads(count, item, is_sent="upload" in able.delivery)
        if request.keep is not None and not able.keeps_unnamed_garments:
            parsed = photos.setdefault(item.parser or item.provider, set())
            parsed.add((request.person, request.keep))
    lines = [_line(*key, counts[key]) for key in _by_provider(counts)]
    lines += [_parsings(infos[name], len(parsed)) for name, parsed in photos.items()]
    return Estimate(tuple(lines))


def _parsings(info: ProviderInfo, number: int) -> EstimateLine:
    return EstimateLine(
        provider=info.id,
        model="",
        what="parsing",
        requests=number,
        units=number,
        price=info.capabilities.parse_price,
    )


def _by_provider(keys: Collection[_Key]) -> list[_Key]:
    """Return models in the order of their first items, those of one provider together."""
    providers = list(dict.fromkeys(provider for provider, *_ in keys))
    return sorted(keys, key=lambda key: providers.index(key[0]))


def _count_uploads(count: _ModelCount, item: BatchItem, *, is_sent: bool) -> None:
    local = [image for image in item.step.images.values() if not isinstance(image, UrlSource)]
    if is_sent:
        count.sent += len(local)
    elif local:
        # An address counts for the same content with equal options only.
        options = canonical(item.step.options)
        count.published |= {f"{image!r} {options}" for image in local}


def _line(
    provider: str, model: str, what: What, price: Price | None, count: _ModelCount
) -> EstimateLine:
    return EstimateLine(
        provider=provider,
        model=model,
        what=what,
        requests=count.requests,
        units=count.units,
        price=price,
        uploads=count.sent + len(count.published),
    )


_SHOWN_LINES = 3
_NOTHING_SPENT: Mapping[str, Decimal] = MappingProxyType({})


class BudgetExceeded(InputError):
    """A run would cost more than it may, or its cost is not known; nothing was sent.

    Attributes:
        estimate: what it would cost.
    """

    def __init__(self, message: str, *, estimate: Estimate, **answers: Any) -> None:
        self.estimate = estimate
        super().__init__(message, **answers)


@attrs.frozen
class Budget:
    """What a run may cost in one currency.

    Attributes:
        amount: the most, inclusive.
        currency: ISO 4217 code, or `credits`.
    """

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read a limit such as `25USD`, `25.50 CNY` or `300 credits`.

        Raises:
            InputError: it is none.
        """
        found = parse_amount(text)
        if found is None:
            raise InputError(
                f"{text!r} is no limit of cost.",
                remedy="Give a number and its currency, such as 25USD, 25.50CNY or 300credits; "
                "prices are kept in the currency in which the vendor names them.",
            )
        return cls(*found)

    def __str__(self) -> str:
        return amount_text(self.amount, self.currency)


def check_budget(
    estimate: Estimate,
    budgets: Iterable[Budget],
    *,
    allow_unpriced: bool = False,
    spent: Mapping[str, Decimal] = _NOTHING_SPENT,
) -> None:
    """Refuse a run that may cost more than it is allowed to.

    Without any budget everything is allowed. With one, all that costs anything needs one in its own
    currency: amounts in different currencies are never compared.

    Args:
        estimate: what the run would cost from now on.
        budgets: the limits; of several in one currency the lowest counts.
        allow_unpriced: do what has no known price all the same, however much it may cost.
        spent: what the run has cost already or may have, by currency, as `Ledger.at_most`
            says.

    Raises:
        BudgetExceeded: names every limit that it breaks, and what has no known price.
    """
    limits: dict[str, Decimal] = {}
    for budget in budgets:
        limits[budget.currency] = min(budget.amount, limits.get(budget.currency, budget.amount))
    if not limits:
        return
    faults = [*_above(estimate, limits, spent), *_without_limit(estimate, limits)]
    if not allow_unpriced:
        faults += _without_price(estimate)
    if faults:
        raise BudgetExceeded(
            " ".join(_as_sentence(number, fault) for number, (fault, _) in enumerate(faults)),
            estimate=estimate,
            remedy=" ".join(dict.fromkeys(remedy for _, remedy in faults)),
        )


def _as_sentence(number: int, fault: str) -> str:
    """The first one follows `error:`, the others follow a full stop."""
    return fault[:1].upper() + fault[1:] if number else fault


def _above(
    estimate: Estimate, limits: Mapping[str, Decimal], spent: Mapping[str, Decimal]
) -> Iterable[tuple[str, str]]:
    totals = estimate.total.amounts
    for currency, limit in limits.items():
        planned, gone = totals.get(currency, Decimal(0)), spent.get(currency, Decimal(0))
        # To refuse what is free would not bring back what is spent.
        if planned == 0 or planned + gone <= limit:
            continue
        before = f" on top of {amount_text(gone, currency)} spent" if gone else ""
        most = "; ".join(map(str, _largest(estimate, currency)))
        fault = (
            f"the estimate is {amount_text(planned, currency)}{before}, and the limit is "
            f"{amount_text(limit, currency)} ({most})."
        )
        yield fault, "Raise the limit, or ask for less."


def _largest(estimate: Estimate, currency: str) -> list[EstimateLine]:
    lines = [
        line
        for line in estimate.lines
        if line.price is not None and line.price.currency == currency
    ]
    return sorted(lines, key=lambda line: line.amount or Decimal(0), reverse=True)[:_SHOWN_LINES]


def _without_limit(estimate: Estimate, limits: Mapping[str, Decimal]) -> Iterable[tuple[str, str]]:
    named = ", ".join(amount_text(limit, currency) for currency, limit in limits.items())
    for currency, total in estimate.total.amounts.items():
        if total and currency not in limits:
            fault = (
                f"{amount_text(total, currency)} of the estimate are in a currency for which there "
                f"is no limit (there is {named}), and different currencies are not compared."
            )
            yield fault, f"Give a limit in {currency} too, such as {total:f}{currency}."


def _without_price(estimate: Estimate) -> Iterable[tuple[str, str]]:
    if estimate.unpriced:
        lines = "; ".join(map(str, estimate.unpriced))
        remedy = (
            "Look at the vendor's prices. Give yours as `price` in tryon.toml, or allow it with "
            "allow_unpriced=True."
        )
        yield f"nobody knows what a part would cost ({lines}).", remedy
