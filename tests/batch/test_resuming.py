"""What a run begins with: which items it sends."""

from datetime import date
from decimal import Decimal

import attrs
import pytest

from batch_entries import item
from providers import fake_info
from tryon_batch.items import STATES, BatchPolicy, Entry
from tryon_batch.resuming import to_send
from tryon_core import Price
from tryon_core.errors import InputError

INFOS = {"fake": fake_info()}
FREE = Price(amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="invented")


class TestToSend:
    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ({}, {"planned"}),
            ({"retry_failed": True}, {"planned", "refused", "failed"}),
            ({"retry_unknown": True}, {"planned", "intent", "outcome_unknown"}),
            ({"redo": ["saved", "failed"]}, {"planned", "saved", "failed"}),
        ],
    )
    def test_only_what_would_be_sent_is_counted(self, given, sent):
        entries = [Entry(id=state, provider="fake", state=state) for state in STATES]
        items = [item(state) for state in STATES]
        assert {one.id for one in to_send(items, entries, INFOS, BatchPolicy(**given))} == sent

    def test_what_the_journal_does_not_know_would_be_sent(self):
        others = [Entry(id="gone", provider="fake")]
        assert to_send([item("new")], others, INFOS, BatchPolicy()) == [item("new")]

    def test_the_order_stays(self):
        items = [item(name) for name in "cab"]
        assert to_send(items, [], INFOS, BatchPolicy()) == items
        assert (
            to_send([attrs.evolve(one, row=1) for one in items], [], INFOS, BatchPolicy())[0].id
            == "c"
        )

    def test_what_costs_nothing_is_sent_again_when_its_outcome_is_unknown(self):
        free = {"fake": fake_info(price=FREE)}
        unknown = [Entry(id="a", provider="fake", state="outcome_unknown")]
        assert to_send([item("a")], unknown, free, BatchPolicy()) == [item("a")]

    def test_what_is_in_progress_is_not_bought_again(self):
        running = [Entry(id="a", provider="fake", state="accepted")]
        with pytest.raises(InputError, match="the vendor works on it"):
            to_send([item("a")], running, INFOS, BatchPolicy(redo=["a"]))
