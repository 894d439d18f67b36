"""Limits for what a run may cost, and the refusal of one that would cost more."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from tryon_batch.costs import shown
from tryon_batch.estimate import Estimate, EstimateLine
from tryon_core.errors import InputError
from tryon_core.prices import parse_amount

_SHOWN_LINES = 3
_NOTHING_SPENT: Mapping[str, Decimal] = MappingProxyType({})


class BudgetExceeded(InputError):
    """A run would cost more than it may, or nobody knows what it would cost; nothing was sent.

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
        return shown(self.amount, self.currency)


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
        spent: what the run has cost already or may have, by currency: `Ledger.at_most`.

    Raises:
        BudgetExceeded: names everything that stands against it.
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
    for currency, limit in limits.items():
        planned, gone = estimate.totals.get(currency, Decimal(0)), spent.get(currency, Decimal(0))
        # What is spent already is not saved by refusing to go on with what is free.
        if planned == 0 or planned + gone <= limit:
            continue
        before = f" on top of {shown(gone, currency)} spent" if gone else ""
        most = "; ".join(map(str, _largest(estimate, currency)))
        fault = (
            f"the estimate is {shown(planned, currency)}{before}, and the limit is "
            f"{shown(limit, currency)} ({most})."
        )
        yield fault, "Raise the limit, or take rows out of the manifest."


def _largest(estimate: Estimate, currency: str) -> list[EstimateLine]:
    lines = [
        line
        for line in estimate.lines
        if line.price is not None and line.price.currency == currency
    ]
    return sorted(lines, key=lambda line: line.amount or Decimal(0), reverse=True)[:_SHOWN_LINES]


def _without_limit(estimate: Estimate, limits: Mapping[str, Decimal]) -> Iterable[tuple[str, str]]:
    named = ", ".join(shown(limit, currency) for currency, limit in limits.items())
    for currency, total in estimate.totals.items():
        if total and currency not in limits:
            fault = (
                f"{shown(total, currency)} of the estimate are in a currency for which there is no "
                f"limit (there is {named}), and amounts in different currencies are not compared."
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
