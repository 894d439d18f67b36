from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

import tryon_aidge
import tryon_dashscope
from providers import fake_info
from tryon_batch.costs import Money, cost_of, expected_cost, shown
from tryon_batch.items import Cost
from tryon_core import LibraryModel, Price, TryOnRequest

REQUEST = TryOnRequest(person="person.png", top="top.png")
INFO = fake_info()
DASHSCOPE = tryon_dashscope.provider.info
AIDGE = tryon_aidge.provider.info


def _request(info, **options):
    return attrs.evolve(REQUEST, options=info.options(**options))


def _usd(amount, units, basis):
    return Cost(amount=Decimal(amount), currency="USD", units=Decimal(units), basis=basis)


@pytest.mark.parametrize(
    ("images", "usage", "cost"),
    [
        (1, {}, _usd("0.10", 1, "list")),
        (4, {}, _usd("0.40", 4, "list")),
        (4, {"image_count": "3"}, _usd("0.30", 3, "usage")),
        (1, {"images": "2"}, _usd("0.20", 2, "usage")),
        (1, {"image_count": "0"}, _usd("0.00", 0, "usage")),
        (1, {"image_count": "0.5"}, _usd("0.05", "0.5", "usage")),
        (1, {"image_count": "many", "images": "2"}, _usd("0.20", 2, "usage")),
        *((2, {"image_count": odd}, _usd("0.20", 2, "list")) for odd in ("", "-1", "NaN", "1e9")),
        # What else vendors tell is no count of images: AIDGE's own `usage` for one.
        (2, {"usage": "7", "backend": "1"}, _usd("0.20", 2, "list")),
        (
            2,
            {"credits": "12.5", "image_count": "2"},
            Cost(amount=Decimal("12.5"), currency="credits", units=Decimal(2), basis="usage"),
        ),
    ],
)
def test_the_vendors_own_count_beats_the_pictures_that_came(images, usage, cost):
    assert cost_of(INFO, REQUEST, images=images, usage=usage) == cost


@pytest.mark.parametrize("usage", [{}, {"image_count": "3"}])
def test_an_unknown_price_stays_unknown_whatever_is_counted(usage):
    cost = cost_of(fake_info(price=None), REQUEST, images=3, usage=usage)
    assert (cost.amount, cost.currency, cost.units) == (None, "", 3)


def test_a_price_of_zero_is_known():
    free = attrs.evolve(INFO.capabilities.price, amount=Decimal(0))
    assert cost_of(fake_info(price=free), REQUEST, images=1, usage={}).amount == 0


def test_the_model_decides_the_price():
    amounts = {
        model: cost_of(DASHSCOPE, _request(DASHSCOPE, model=model), images=1, usage={}).amount
        for model in DASHSCOPE.models
    }
    assert amounts == {
        "aitryon-plus": Decimal("0.50"),
        "aitryon": Decimal("0.20"),
        "aitryon-refiner": None,
    }


class TestExpected:
    def test_it_is_the_list_price_of_what_was_asked_for(self):
        info = fake_info(count_outputs=lambda _: 3)
        assert expected_cost(info, REQUEST) == _usd("0.30", 3, "expected")

    def test_the_images_are_counted_as_the_provider_counts_them(self):
        request = attrs.evolve(_request(AIDGE, generate_count=4), person=LibraryModel(name="anna"))
        cost = Cost(amount=None, currency="", units=Decimal(4), basis="expected")
        assert expected_cost(AIDGE, request) == cost


@given(
    amount=st.decimals("0.000001", 1000, places=6),
    images=st.integers(1, 8),
    currency=st.sampled_from(("USD", "CNY", "credits")),
)
def test_amounts_are_exact(amount, images, currency):
    price = Price(amount=amount, currency=currency, as_of=date(2026, 1, 2), source="invented")
    cost = cost_of(fake_info(price=price), REQUEST, images=images, usage={})
    assert isinstance(cost.amount, Decimal)
    assert sum([amount] * images) == cost.amount
    assert cost.currency == currency


def test_currencies_are_never_mixed():
    money = Money()
    for currency, amount in (("USD", "0.10"), ("CNY", "0.50"), ("USD", "0.20")):
        money += Money.of(Decimal(amount), currency)
    assert money.amounts == {"USD": Decimal("0.30"), "CNY": Decimal("0.50")}


def test_money_is_said_in_one_way():
    assert str(Money()) == "nothing"
    assert not Money()
    money = Money({"USD": Decimal("1.20"), "CNY": Decimal(3)})
    assert str(money) == "3 CNY + 1.20 USD"
    assert str(money + Money.of(None, "")) == "3 CNY + 1.20 USD + 1 request at unknown price"
    assert str(Money(unpriced=2000, thing="image")) == "2,000 images at unknown price"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.071677", "0.071677 USD"), ("1234567.50", "1,234,567.50 USD"), ("1E+3", "1,000 USD")],
)
def test_no_digit_is_hidden(amount, text):
    assert shown(Decimal(amount), "USD") == text
