"""Prices of one's own take the place of the declared ones, everywhere."""

from datetime import date
from decimal import Decimal

import attrs
import pytest

from providers import FakeProvider, fake_info, picture
from tryon_ailab import provider as ailab
from tryon_batch.costs import cost_of, expected_cost
from tryon_core import Client, Price
from tryon_core.errors import SettingsError
from tryon_core.prices import amount_text, parse_amount, with_own_prices
from tryon_dashscope import provider as dashscope
from tryon_testing.clocks import FakeClock

TODAY = date(2026, 1, 2)
OWN = Price(
    amount=Decimal("0.07"), currency="USD", as_of=TODAY, source="a price of your own", is_own=True
)


def _with(info, **values):
    return with_own_prices(info, {}, values, today=TODAY)


def _client(**values):
    return Client(FakeProvider(), clock=FakeClock(), config={"fake": values})


def test_without_any_the_declaration_stays_as_it_is():
    info = fake_info()
    assert _with(info) is info


def test_one_price_holds_for_all_models():
    info = _with(dashscope.info, price="0.07 USD")
    assert info.capabilities.price == OWN
    assert {one.price for one in info.models.values()} == {OWN}
    assert info.capabilities.parse_price == dashscope.info.capabilities.parse_price


def test_a_table_holds_for_the_models_that_it_names():
    info = _with(dashscope.info, price={"aitryon-plus": "0.07 USD"})
    assert info.models["aitryon-plus"].price == info.capabilities.price == OWN
    assert info.models["aitryon"] == dashscope.info.models["aitryon"]


def test_the_price_of_parsing_is_one_of_its_own():
    info = _with(fake_info(), parse_price="3 credits")
    assert (info.capabilities.parse_price.amount, info.capabilities.parse_price.currency) == (
        3, "credits"
    )  # fmt: skip
    assert info.capabilities.price == fake_info().capabilities.price


def test_an_argument_wins_over_the_file():
    client = Client(FakeProvider(), config={"fake": {"price": "9 USD"}}, price="0.07 USD")
    assert client.info.capabilities.price.amount == Decimal("0.07")


@pytest.mark.parametrize("price", [0.1, "0.10", "USD", "-1 USD", "1,50 EUR", True, ["1 USD"], ""])
def test_what_is_no_price_is_refused_with_an_example(price):
    with pytest.raises(SettingsError, match=r"fake: the setting 'price' is .*such as \"0.10 USD\""):
        _client(price=price)


def test_a_model_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(SettingsError, match=r"no model 'aitryon-max'.*aitryon-plus"):
        _with(dashscope.info, price={"aitryon-max": "1 CNY"})
    with pytest.raises(SettingsError, match="Give one price for all"):
        _with(fake_info(), price={"x": "1 CNY"})


def test_it_is_free_only_at_a_price_of_zero():
    assert not _client(price="0.07 USD").info.is_free()
    assert _client(price="0 USD").info.is_free()


def test_a_run_and_its_costs_go_by_it():
    client = _client(price="0.07 USD")
    request = client.request(picture(), top=picture(colour=(1, 2, 3)))
    (outcome,) = client.run_batch([request])
    assert (outcome.entry.cost.amount, outcome.entry.cost.currency) == (Decimal("0.07"), "USD")


def test_credits_that_the_vendor_took_count_in_the_currency_of_the_own_price():
    client = _client(price="0.07 USD")
    request = client.request(picture(), top=picture(colour=(1, 2, 3)))
    usage = {"credits": "12"}
    own = cost_of(client.info, request, images=1, usage=usage)
    assert (own.amount, own.currency) == (Decimal("0.07"), "USD")
    assert own == attrs.evolve(expected_cost(client.info, request), basis="list")
    assert cost_of(fake_info(), request, images=1, usage=usage).currency == "credits"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.10 USD", ("0.10", "USD")),
        ("3credits", ("3", "credits")),
        (" 1 credit ", ("1", "credits")),
        ("2.5 cny", ("2.5", "CNY")),
        ("1e3 USD", None),
        ("\u0661 USD", None),
    ],
)
def test_amounts_are_read_with_their_currency(text, amount):
    found = parse_amount(text)
    assert found == (None if amount is None else (Decimal(amount[0]), amount[1]))


def test_every_model_of_a_provider_can_have_its_price():
    names = dict.fromkeys(ailab.info.models, "1 USD")
    assert {one.price.amount for one in _with(ailab.info, price=names).models.values()} == {1}


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1", "credits", "1 credit"),
        ("1.50", "credits", "1.50 credits"),
        ("0", "credits", "0 credits"),
        ("1250.50", "CNY", "1,250.50 CNY"),
        ("1", "USD", "1 USD"),
    ],
)
def test_an_amount_is_written_for_people(amount, currency, text):
    assert amount_text(Decimal(amount), currency) == text
