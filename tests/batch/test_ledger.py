from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

from batch_entries import EXPECTED, UNPRICED, USD, costs, told
from clocks import FakeClock
from providers import FakeProvider, fake_info, picture
from tryon_batch.costs import Ledger, summarise, was_charged
from tryon_batch.items import STATES, BatchPolicy, Entry
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import BytesSource, Client, Failure, TryOnRequest
from tryon_core.errors import OutcomeUnknown

OPEN = ("intent", "accepted", "finished", "outcome_unknown")
TEN_CENTS = {"USD": Decimal("0.10")}


def _entry(state="saved", cost=USD, *, billed=None, **facts):
    error = None if billed is None else told(billed)
    return Entry(**{"id": "a", "provider": "fake", "attempts": 1, **facts}, state=state, cost=cost,
                 error=error)  # fmt: skip


class TestWhatIsCharged:
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
