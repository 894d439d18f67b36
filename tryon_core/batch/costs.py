"""What work costs: by the vendor's own count where it gives one, else by the price card."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal

from tryon_core.batch.items import Cost
from tryon_core.models import ProviderInfo, TryOnRequest

# What vendors call the number of what they charged for.
_UNITS = ("credits", "image_count", "images")


def cost_of(
    info: ProviderInfo, request: TryOnRequest, *, images: int, usage: Mapping[str, str]
) -> Cost:
    """Return what a finished try-on cost.

    Args:
        info: the provider, for its price card.
        request: says which model did it.
        images: pictures that came.
        usage: what the vendor says was used, which beats the price card.
    """
    price = info.capabilities_for(request).price
    counted = next((_number(usage[name]) for name in _UNITS if name in usage), None)
    units = Decimal(images) if counted is None else counted
    basis: Literal["usage", "list"] = "list" if counted is None else "usage"
    if price is None:
        return Cost(amount=None, currency="", units=units, basis=basis)
    if price.currency == "credits" and counted is not None and "credits" in usage:
        return Cost(amount=counted, currency="credits", units=units, basis=basis)
    return Cost(amount=price.amount * units, currency=price.currency, units=units, basis=basis)


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
