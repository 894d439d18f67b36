"""Prices of one's own: what a contract says, or what a vendor does not publish."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from tryon_core.errors import SettingsError
from tryon_core.models import Capabilities, Price, ProviderInfo
from tryon_core.settings import PARSE_PRICE, PRICE

_FORM = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{3}|credits?)", re.IGNORECASE)


def parse_amount(text: str) -> tuple[Decimal, str] | None:
    """Return the amount and the currency of a text such as `0.10 USD` or `3 credits`, or None."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    amount, currency = found.groups()
    is_credits = currency.lower().startswith("credit")
    return Decimal(amount), "credits" if is_credits else currency.upper()


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount for people, such as `1,250.50 CNY` or `1 credit`; no digit of it is lost."""
    unit = "credit" if amount == 1 and currency == "credits" else currency
    return f"{amount:,f} {unit}"


def with_own_prices(
    info: ProviderInfo,
    arguments: Mapping[str, Any],
    table: Mapping[str, Any],
    *,
    today: date,
) -> ProviderInfo:
    """Return a declaration with the prices of one's own instead of the declared ones.

    `price` is that of one image, for all models, or a table with a price for each model that it
    names; `parse_price` is that of one parsing.

    Raises:
        SettingsError: a value is no price, or names a model that the provider has not.
    """
    given = {**table, **arguments}
    price, parse_price = given.get(PRICE), given.get(PARSE_PRICE)
    common, models = info.capabilities, dict(info.models)
    if isinstance(price, Mapping):
        _refuse_unknown(info, price)
        own = {name: _price(info, f"{PRICE}.{name}", text, today) for name, text in price.items()}
        models |= {name: attrs.evolve(models[name], price=found) for name, found in own.items()}
        # What holds without a model is what holds for one of them.
        same = next((name for name in own if info.models[name] == info.capabilities), None)
        common = common if same is None else attrs.evolve(common, price=own[same])
    elif price is not None:
        found = _price(info, PRICE, price, today)
        common = attrs.evolve(common, price=found)
        models = {name: attrs.evolve(one, price=found) for name, one in models.items()}
    if parse_price is not None:
        found = _price(info, PARSE_PRICE, parse_price, today)
        common = attrs.evolve(common, parse_price=found)
    return info if price is None and parse_price is None else _evolved(info, common, models)


def _evolved(
    info: ProviderInfo, common: Capabilities, models: Mapping[str, Capabilities]
) -> ProviderInfo:
    return attrs.evolve(info, capabilities=common, models=models)


def _price(info: ProviderInfo, name: str, text: Any, today: date) -> Price:
    found = parse_amount(text) if isinstance(text, str) else None
    if found is None:
        raise SettingsError(
            f"{info.id}: the setting {name!r} is {text!r}, which is no price.",
            provider=info.id,
            remedy='Write the amount and its currency, such as "0.10 USD" or "3 credits".',
        )
    amount, currency = found
    return Price(
        amount=amount, currency=currency, as_of=today, source="a price of your own", is_own=True
    )


def _refuse_unknown(info: ProviderInfo, prices: Mapping[str, Any]) -> None:
    unknown = [name for name in prices if name not in info.models]
    models = ", ".join(info.models)
    if unknown:
        raise SettingsError(
            f"{info.id}: there is no model {unknown[0]!r} that could have a price of its own.",
            provider=info.id,
            remedy=f"Its models: {models}." if models else "Give one price for all.",
        )
