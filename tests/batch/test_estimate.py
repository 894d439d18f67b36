from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

import tryon_aidge
import tryon_dashscope
from batch_entries import item
from providers import fake_info
from tryon_batch.costs import expected_cost
from tryon_batch.estimate import (
    Budget,
    BudgetExceeded,
    Estimate,
    EstimateLine,
    check_budget,
    estimate,
)
from tryon_batch.items import BatchItem
from tryon_core import LibraryModel, TryOnRequest, UrlSource
from tryon_core.errors import InputError
from tryon_core.models import Price

DASHSCOPE = tryon_dashscope.provider.info
AIDGE = tryon_aidge.provider.info
ANNA = LibraryModel(name="anna")
INFOS = {"fake": fake_info(), "dashscope": DASHSCOPE, "aidge": AIDGE}


def _dashscope(number, model="aitryon-plus", **images):
    images = {"person": "person.png", "top": f"{number}.png", **images}
    request = TryOnRequest(**images, options=DASHSCOPE.options(model=model))
    return BatchItem(id=f"d{number}", provider="dashscope", request=request)


def _aidge(number, person="person.png", **options):
    request = TryOnRequest(person=person, top=f"{number}.png", options=AIDGE.options(**options))
    return BatchItem(id=f"a{number}", provider="aidge", request=request)


def test_nothing_costs_nothing():
    assert estimate([], INFOS).lines == ()
    assert estimate([], INFOS).total.amounts == {}


def test_each_model_has_its_own_price_and_an_unknown_one_is_in_no_total():
    models = ["aitryon-plus"] * 3 + ["aitryon"] * 2 + ["aitryon-refiner"]
    found = estimate([_dashscope(n, model) for n, model in enumerate(models)], INFOS)
    assert [(line.model, line.units, line.amount) for line in found.lines] == [
        ("aitryon-plus", 3, Decimal("1.50")),
        ("aitryon", 2, Decimal("0.40")),
        ("aitryon-refiner", 1, None),
    ]
    assert found.total.amounts == {"CNY": Decimal("1.90")}
    assert [line.model for line in found.unpriced] == ["aitryon-refiner"]


def test_models_of_one_provider_stand_together():
    items = [_dashscope(1, "aitryon"), item("b"), _dashscope(2), item("c"), _dashscope(3)]
    found = estimate(items, INFOS)
    assert [(line.provider, line.model, line.units) for line in found.lines] == [
        ("dashscope", "aitryon", 1), ("dashscope", "aitryon-plus", 2), ("fake", "", 2)
    ]  # fmt: skip


def test_a_price_may_depend_on_the_request_and_then_has_a_line_of_its_own():
    dear = attrs.evolve(fake_info().capabilities.price, amount=Decimal("0.18"))
    info = attrs.evolve(
        fake_info(),
        price_of=lambda request: dear if "bottom" in request.garments else None,
    )
    pair = TryOnRequest(person="person.png", top="top.png", bottom="bottom.png")
    items = [item("a"), BatchItem(id="b", provider="fake", request=pair), item("c")]
    found = estimate(items, {"fake": info})
    assert [(line.requests, line.amount) for line in found.lines] == [(2, None), (1, dear.amount)]
    assert expected_cost(info, pair).amount == dear.amount
    own = attrs.evolve(dear, amount=Decimal(1), is_own=True)
    bought = attrs.evolve(info, capabilities=attrs.evolve(info.capabilities, price=own))
    assert expected_cost(bought, pair).amount == own.amount


def test_the_images_of_a_request_are_counted_as_the_provider_counts_them():
    items = [
        _aidge(1, ANNA, generate_count=4),
        _aidge(2, ANNA, generate_count=1),
        # One image for each photo of the person, whatever is asked for.
        _aidge(3, generate_count=8, more_photos=["p2.png", "p3.png"]),
    ]
    (line,) = estimate(items, INFOS).lines
    assert (line.requests, line.units, line.amount) == (3, 4 + 1 + 3, None)


def test_currencies_are_never_mixed():
    found = estimate([_dashscope(1), item(), item("b")], INFOS)
    assert found.total.amounts == {"CNY": Decimal("0.50"), "USD": Decimal("0.20")}


class TestUploads:
    def test_pictures_that_are_published_are_counted_once_for_each_model(self):
        items = [_dashscope(n) for n in (1, 2, 2)] + [_dashscope(1, "aitryon")]
        found = estimate(items, INFOS)
        assert [line.uploads for line in found.lines] == [3, 2]

    def test_pictures_that_are_sent_along_are_counted_each_time(self):
        (line,) = estimate([item("a"), item("b")], INFOS).lines
        assert line.uploads == 4

    def test_what_has_an_address_or_no_picture_is_not_uploaded(self):
        there = UrlSource("https://shop.example/person.png")
        items = [_dashscope(1, person=there), _aidge(1, ANNA)]
        assert [line.uploads for line in estimate(items, INFOS).lines] == [1, 1]


class TestParsing:
    def test_a_call_is_counted_for_each_photo_of_which_something_is_kept(self):
        items = [_keeping(_dashscope(n), person="a.png") for n in (1, 2, 3)]
        items += [_dashscope(4), _keeping(_dashscope(5), person="b.png")]
        found = estimate(items, INFOS)
        line = found.lines[1]
        assert (line.what, line.requests, line.amount) == ("parsing", 2, Decimal("0.008"))
        assert found.total.amounts == {"CNY": Decimal("2.508")}

    def test_it_is_that_of_the_provider_that_parses(self):
        found = estimate([_keeping(item(), parser="dashscope")], INFOS)
        assert [(line.provider, line.what) for line in found.lines] == [
            ("fake", "try_on"), ("dashscope", "parsing")
        ]  # fmt: skip

    def test_none_is_counted_where_the_vendor_keeps_it_anyway(self):
        keeps = fake_info(keeps_unnamed_garments=True)
        assert len(estimate([_keeping(item())], {"fake": keeps}).lines) == 1


def _keeping(one, *, parser="", **changes):
    request = attrs.evolve(one.request, keep="bottom", **changes)
    return attrs.evolve(one, request=request, parser=parser)


def test_lines_are_plain_for_tables_and_for_people():
    known, unknown = estimate([_dashscope(1), _aidge(1, ANNA, generate_count=2)], INFOS).lines
    assert str(known) == "dashscope aitryon-plus: 1 image x 0.50 CNY = 0.50 CNY"
    assert str(unknown) == "aidge: 2 images, price unknown"
    assert known.as_row()["price_as_of"] == "2026-02-11"
    assert (known.as_row()["amount"], unknown.as_row()["amount"]) == ("0.50", None)
    assert set(known.as_row()) == set(unknown.as_row())


AS_OF = fake_info().capabilities.price.as_of


def _line(units, price="0.10", currency="USD", provider="fake"):
    known = price and Price(amount=Decimal(price), currency=currency, as_of=AS_OF, source="x")
    return EstimateLine(
        provider=provider, model="", what="try_on", requests=units, units=units, price=known
    )


def _refused(lines, *limits, **given):
    with pytest.raises(BudgetExceeded) as caught:
        check_budget(Estimate(tuple(lines)), map(Budget.parse, limits), **given)
    assert caught.value.remedy
    assert caught.value.estimate.lines == tuple(lines)
    return str(caught.value)


def _allow(lines, *limits, **given):
    check_budget(Estimate(tuple(lines)), map(Budget.parse, limits), **given)


class TestReadingALimit:
    @pytest.mark.parametrize(
        ("text", "budget"),
        [
            ("25USD", Budget(Decimal(25), "USD")),
            (" 25.50 cny ", Budget(Decimal("25.50"), "CNY")),
            ("300credits", Budget(Decimal(300), "credits")),
            ("1 Credit", Budget(Decimal(1), "credits")),
            ("0EUR", Budget(Decimal(0), "EUR")),
        ],
    )
    def test_a_number_and_its_currency(self, text, budget):
        assert Budget.parse(text) == budget

    @pytest.mark.parametrize(
        "text",
        ["", "25", "USD", "$25", "-1USD", "1e5USD", "1,000USD", "25 dollars", "25USD 3CNY",
         "nanUSD", ".5USD", "\u0662\u0665USD"],
    )  # fmt: skip
    def test_what_is_none_is_named_with_an_example(self, text):
        with pytest.raises(InputError, match="is no limit of cost") as caught:
            Budget.parse(text)
        assert repr(text) in caught.value.message
        assert "25USD" in caught.value.remedy

    @given(
        amount=st.decimals(0, 10**9, places=6), currency=st.sampled_from(("USD", "CNY", "credits"))
    )
    def test_what_is_shown_without_its_commas_is_read_again(self, amount, currency):
        budget = Budget(amount, currency)
        assert Budget.parse(str(budget).replace(",", "")) == budget


def test_without_a_limit_everything_is_allowed():
    _allow([_line(10**6), _line(5, None)])


def test_a_limit_is_inclusive():
    _allow([_line(250)], "25USD")
    said = _refused([_line(251)], "25USD")
    assert "the estimate is 25.10 USD, and the limit is 25 USD" in said
    assert "fake: 251 images x 0.10 USD = 25.10 USD" in said


def test_what_was_spent_counts_too():
    spent = {"USD": Decimal(20)}
    _allow([_line(50)], "25USD", spent=spent)
    assert "on top of 20 USD spent" in _refused([_line(51)], "25USD", spent=spent)


def test_a_run_that_spent_too_much_may_still_do_what_is_free():
    spent = {"USD": Decimal(30)}
    _allow([], "25USD", spent=spent)
    _allow([_line(50, "0")], "25USD", spent=spent)


def test_of_several_limits_in_one_currency_the_lowest_counts():
    _refused([_line(60)], "25USD", "5USD", "10USD")


def test_an_amount_without_a_limit_in_its_currency_is_refused():
    said = _refused([_line(3, "0.50", "CNY")], "25USD")
    assert "1.50 CNY of the estimate are in a currency for which there is no limit" in said
    assert "1.50CNY" in said
    _allow([_line(3, "0.50", "CNY")], "25USD", "2CNY")
    _allow([_line(3, "0", "CNY")], "25USD")


def test_what_has_no_known_price_needs_to_be_allowed():
    said = _refused([_line(1), _line(5, None, provider="aidge")], "25USD")
    assert "aidge: 5 images, price unknown" in said
    assert "allow_unpriced=True" in said
    _allow([_line(1), _line(5, None)], "25USD", allow_unpriced=True)
    _refused([_line(1000), _line(5, None)], "25USD", allow_unpriced=True)


def test_everything_that_stands_against_it_is_said_at_once():
    lines = [_line(1000), _line(1, "0.50", "CNY"), _line(2, None, provider="aidge")]
    said = _refused(lines, "25USD")
    assert "the limit is 25 USD" in said
    assert "0.50 CNY" in said
    assert "aidge: 2 images" in said
    assert ". Nobody knows" in said


def test_the_largest_lines_are_named():
    lines = [_line(units, provider=f"p{units}") for units in (1, 400, 300, 2, 500)]
    said = _refused(lines, "25USD")
    assert said.index("p500") < said.index("p400") < said.index("p300")
    assert "p2:" not in said


units = st.integers(0, 10**6)


@given(planned=units, limit=units, spent=units)
def test_a_run_is_never_allowed_to_go_above_its_limit(planned, limit, spent):
    line = _line(planned, "0.01")
    budget = Budget(Decimal(limit), "USD")
    gone = {"USD": Decimal(spent)}
    try:
        check_budget(Estimate((line,)), [budget], spent=gone)
    except BudgetExceeded:
        assert line.amount + spent > limit
    else:
        assert planned == 0 or line.amount + spent <= limit
