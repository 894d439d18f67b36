"""What a request costs by the price card, and limits for it."""

from collections.abc import Sequence
from decimal import Decimal

from tryon_core import ParseRequest, ProviderInfo, TryOnRequest, parse_amount


def expected(
    info: ProviderInfo, request: TryOnRequest | ParseRequest
) -> tuple[Decimal, str] | None:
    """Return what a request costs if it gives what it should, None when that is not known.

    Args:
        info: the provider, for its price card.
        request: a valid one.
    """
    if isinstance(request, ParseRequest):
        price, units = info.capabilities.parse_price, 1
    else:
        price, units = info.price_for(request), info.count_outputs(request)
    return None if price is None else (price.amount * units, price.currency)


def words(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return what a list names, or a text with commas, as a variable has it."""
    return tuple(map(str.strip, value.split(","))) if isinstance(value, str) else tuple(value)


def limits(value: str | Sequence[str]) -> dict[str, Decimal]:
    """Return amounts such as `5 USD` by their currency.

    Raises:
        ValueError: one is no amount.
    """
    found = {text: parse_amount(text) for text in words(value)}
    bad = [text for text, amount in found.items() if amount is None]
    if bad:
        raise ValueError(f"{bad[0]!r} is no amount, such as '5 USD'")
    return {amount[1]: amount[0] for amount in found.values() if amount}
