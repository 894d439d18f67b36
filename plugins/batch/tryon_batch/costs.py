"""What work cost: by the vendor's own count where it gives one, else by the price card."""

import re
from collections.abc import Mapping
from decimal import Decimal

from tryon_batch.items import Basis, Cost
from tryon_core.models import ProviderInfo, TryOnRequest

# What vendors call the number of images that they charged for, and what they charged itself. Other
# names are left alone: what AIDGE's `usage` counts, for one, its documents do not say.
_IMAGES = ("image_count", "images")
_CREDITS = "credits"
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


def cost_of(
    info: ProviderInfo, request: TryOnRequest, *, images: int, usage: Mapping[str, str]
) -> Cost:
    """Return what a finished try-on cost.

    Credits that the vendor says it took beat everything but a price of the caller's own; images
    that it says it charged for beat those that came. Without either, the price card counts for the
    images that came. An unknown price is None, whatever is counted.

    Args:
        info: the provider, for its price card.
        request: says which model did it.
        images: pictures that came.
        usage: what the vendor says was used.
    """
    counted = next((n for name in _IMAGES if (n := _number(usage.get(name))) is not None), None)
    units = Decimal(images) if counted is None else counted
    basis: Basis = "list" if counted is None else "usage"
    taken = _number(usage.get(_CREDITS))
    price = info.capabilities_for(request).price
    # Who gives a price of their own wants to know the cost in that currency.
    if taken is not None and not (price and price.is_own):
        return Cost(amount=taken, currency=_CREDITS, units=units, basis="usage")
    return _at_list_price(info, request, units, basis)


def expected_cost(info: ProviderInfo, request: TryOnRequest) -> Cost:
    """Return what a try-on costs if it gives what it should; no more is known while it is open.

    Args:
        info: the provider, for its price card.
        request: a valid one.
    """
    return _at_list_price(info, request, Decimal(info.count_outputs(request)), "expected")


def _at_list_price(info: ProviderInfo, request: TryOnRequest, units: Decimal, basis: Basis) -> Cost:
    price = info.capabilities_for(request).price
    if price is None:
        return Cost(amount=None, currency="", units=units, basis=basis)
    return Cost(amount=price.amount * units, currency=price.currency, units=units, basis=basis)


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def add(totals: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    """Add an amount to the total of its own currency; those of others stay as they are."""
    totals[currency] = totals.get(currency, Decimal(0)) + amount


def counted(number: int, thing: str) -> str:
    """Return a number of things for people, such as `1 image` or `1,200 images`."""
    return f"{number:,} {thing}" + "s" * (number != 1)


def shown(amount: Decimal, currency: str) -> str:
    """Return an amount for people, such as `1,250.50 CNY`; no digit of it is lost."""
    return f"{amount:,f} {currency}"
