from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from providers import fake_info
from tryon_batch.estimate import Budget, BudgetExceeded, Estimate, EstimateLine, check_budget
from tryon_core.errors import InputError
from tryon_core.models import Price

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


class TestParsing:
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
