from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

import tryon_aidge
import tryon_dashscope
from batch_entries import EXPECTED, UNPRICED, USD, costs, told
from providers import FakeProvider, fake_info, picture
from tryon_batch.costs import Ledger, Money, cost_of, expected_cost, summarise, was_charged
from tryon_batch.items import STATES, BatchPolicy, Cost, Entry
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import BytesSource, Client, Failure, LibraryModel, Price, TryOnRequest
from tryon_core.engine import amount_text
from tryon_core.errors import OutcomeUnknown
from tryon_testing.clocks import FakeClock

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
        (1, {"predict_time_s": "17.2", "USD": "0.02408"}, _usd("0.02408", 1, "usage")),
        (1, {"USD": "much"}, _usd("0.10", 1, "list")),
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
    assert amount_text(Decimal(amount), "USD") == text


OPEN = ("intent", "accepted", "finished", "outcome_unknown")
TEN_CENTS = {"USD": Decimal("0.10")}


def _entry(state="saved", cost=USD, *, billed=None, **facts):
    error = None if billed is None else told(billed)
    return Entry(**{"id": "a", "provider": "fake", "attempts": 1, **facts}, state=state, cost=cost,
                 error=error)  # fmt: skip


class TestWhatIsCharged:
    def test_an_answer_from_a_cache_was_not_charged(self):
        taken = Cost(amount=Decimal(0), currency="USD", units=Decimal(0), basis="usage")
        ledger = summarise([_entry(), _entry(cost=taken)])
        assert (len(ledger.lines), ledger.lines[0].items, ledger.free) == (1, 1, 1)

    def test_a_saved_item_costs_what_it_cost(self):
        ledger = summarise([_entry(), _entry()])
        assert ledger.spent.amounts == {"USD": Decimal("0.20")}
        assert ledger.possible.amounts == {}
        assert ledger.possibly_billed == 0

    def test_an_unknown_price_is_none_and_never_zero(self):
        ledger = summarise([_entry(cost=UNPRICED), _entry()])
        assert ledger.spent.amounts == TEN_CENTS
        assert ledger.spent.unpriced == 1
        assert [line.amount for line in ledger.lines] == [None, Decimal("0.10")]
        assert [row["amount"] for row in ledger.rows()] == [None, "0.10"]
        assert ledger.rows()[0]["currency"] is None

    def test_a_copy_of_equal_work_costs_nothing(self):
        ledger = summarise([_entry(cost=None, attempts=0), _entry()])
        assert (ledger.free, ledger.spent.amounts) == (1, TEN_CENTS)
        assert [line.items for line in ledger.lines] == [1]

    def test_a_failure_that_the_vendor_charged_is_charged(self):
        ledger = summarise([_entry("failed", EXPECTED, billed="yes"), _entry()])
        assert ledger.spent.amounts == {"USD": Decimal("0.20")}
        assert [line.state for line in ledger.lines] == ["failed", "saved"]

    @pytest.mark.parametrize("cost", [None, EXPECTED])
    def test_a_failure_that_the_vendor_did_not_charge_is_not(self, cost):
        assert summarise([_entry("failed", cost, billed="no")]) == Ledger()

    @pytest.mark.parametrize("state", ["planned", "refused"])
    def test_what_was_not_accepted_is_not(self, state):
        assert summarise([_entry(state, None, billed="no")]) == Ledger()
        assert was_charged(_entry(state, EXPECTED)) == "no"


class TestWhatMayBeCharged:
    @pytest.mark.parametrize("state", OPEN)
    def test_what_is_open_is_apart_from_what_was_charged(self, state):
        ledger = summarise([_entry(state, EXPECTED), _entry()])
        assert ledger.spent.amounts == TEN_CENTS
        assert ledger.possible.amounts == TEN_CENTS
        assert ledger.at_most.amounts == {"USD": Decimal("0.20")}
        assert ledger.possibly_billed == 1
        assert [row["billed"] for row in ledger.rows()] == ["yes", "unknown"]

    def test_a_failure_of_which_nobody_says_whether_it_was_charged_is_open(self):
        ledger = summarise([_entry("failed", EXPECTED, billed="unknown")])
        assert (ledger.spent.amounts, ledger.possible.amounts) == ({}, TEN_CENTS)

    @pytest.mark.parametrize("state", STATES)
    def test_an_item_that_ended_like_equal_work_was_never_sent(self, state):
        assert summarise([_entry(state, None, attempts=0, billed="unknown")]).possible.amounts == {}

    def test_an_open_request_without_a_price_is_counted_without_an_amount(self):
        ledger = summarise([_entry("outcome_unknown", attrs.evolve(UNPRICED, basis="expected"))])
        assert (ledger.possibly_billed, ledger.possible.amounts) == (1, {})


class TestWhatWasPaidBefore:
    def test_every_lost_request_counts_beside_the_one_that_came(self):
        lost = _entry("outcome_unknown", EXPECTED)
        ledger = summarise([_entry(earlier=(lost, lost))])
        assert ledger.spent.amounts == TEN_CENTS
        assert ledger.possible.amounts == {"USD": Decimal("0.20")}
        assert ledger.possibly_billed == 2

    def test_a_copy_after_a_lost_request_is_free_and_the_request_is_not(self):
        ledger = summarise([_entry(cost=None, earlier=(_entry("outcome_unknown", EXPECTED),))])
        assert (ledger.free, ledger.spent.amounts, ledger.possible.amounts) == (1, {}, TEN_CENTS)

    def test_a_charged_failure_stays_charged(self):
        failed = _entry("failed", EXPECTED, billed="yes")
        assert summarise([_entry("planned", None, earlier=(failed,))]).spent.amounts == TEN_CENTS


@given(
    entries=st.lists(
        st.builds(
            _entry,
            state=st.sampled_from(STATES),
            cost=st.none() | costs,
            billed=st.sampled_from((None, "no", "yes", "unknown")),
            provider=st.sampled_from(("fake", "other")),
            model=st.sampled_from(("", "big")),
        ),
        max_size=12,
    )
)
def test_every_amount_is_in_one_line_of_its_own_currency(entries):
    ledger = summarise(entries)
    for billed, totals, lines in (
        ("yes", ledger.spent.amounts, ledger.lines),
        ("unknown", ledger.possible.amounts, ledger.open),
    ):
        counted = [entry for entry in entries if was_charged(entry) == billed]
        priced = [entry.cost for entry in counted if entry.cost.amount is not None]
        assert totals == {
            currency: sum(cost.amount for cost in priced if cost.currency == currency)
            for currency in {cost.currency for cost in priced}
        }
        assert sum(line.items for line in lines) == len(counted)
        assert sum(line.units for line in lines) == sum(entry.cost.units for entry in counted)
        assert all((line.amount is None) <= (line.currency == "") for line in lines)
    assert len({tuple(row) for row in ledger.rows()}) <= 1


class TestOfARealRun:
    """What `run_batch` leaves in the journal is what the ledger reads."""

    def _run(self, folder, provider, **policy):
        request = TryOnRequest(person=BytesSource(picture()), top=BytesSource(picture()))
        request = attrs.evolve(request, options=provider.info.options())
        with Client(provider, clock=FakeClock()) as client:
            outcomes = list(
                client.run_batch({"a": request}, out=folder, policy=BatchPolicy(**policy))
            )
        with JournalReader(folder / JOURNAL_NAME) as journal:
            return outcomes[-1], summarise(journal.entries())

    def test_a_lost_answer_stays_in_doubt_after_it_was_sent_once_more(self, tmp_path):
        provider = FakeProvider(on_submit=OutcomeUnknown("lost."))
        outcome, ledger = self._run(tmp_path / "out", provider)
        assert (outcome.state, ledger.spent.amounts, ledger.possible.amounts) == (
            "outcome_unknown",
            {},
            TEN_CENTS,
        )
        provider.on_submit = None
        assert self._run(tmp_path / "out", provider)[1] == ledger
        outcome, ledger = self._run(tmp_path / "out", provider, retry_unknown=True)
        assert (outcome.state, outcome.entry.attempts) == ("saved", 2)
        assert (ledger.spent.amounts, ledger.possible.amounts) == (TEN_CENTS, TEN_CENTS)

    @pytest.mark.parametrize(
        ("billed", "totals", "possible"),
        [("no", {}, {}), ("yes", TEN_CENTS, {}), ("unknown", {}, TEN_CENTS)],
    )
    def test_a_failed_job_costs_what_the_vendor_says(self, tmp_path, billed, totals, possible):
        failure = Failure(code="Bad", message="no person", billed=billed)
        provider = FakeProvider(failure=failure)
        outcome, ledger = self._run(tmp_path / "out", provider)
        assert outcome.state == "failed"
        assert (ledger.spent.amounts, ledger.possible.amounts) == (totals, possible)
        provider.failure = None
        outcome, ledger = self._run(tmp_path / "out", provider, retry_failed=True)
        assert outcome.state == "saved"
        assert ledger.spent.amounts == {"USD": totals.get("USD", 0) + Decimal("0.10")}
        assert ledger.possible.amounts == possible

    def test_what_may_come_is_counted_by_the_images_that_were_asked_for(self, tmp_path):
        info = fake_info(count_outputs=lambda _: 4)
        provider = FakeProvider(info=info, on_submit=OutcomeUnknown("lost."))
        _, ledger = self._run(tmp_path / "out", provider)
        assert ledger.possible.amounts == {"USD": Decimal("0.40")}

    def test_equal_work_of_another_run_costs_nothing(self, tmp_path):
        provider = FakeProvider()
        self._run(tmp_path / "one", provider)
        outcome, ledger = self._run(tmp_path / "two", provider)
        assert (outcome.state, outcome.is_earlier) == ("saved", True)
        assert (ledger.free, ledger.at_most.amounts) == (1, {})
