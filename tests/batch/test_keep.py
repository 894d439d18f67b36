"""Runs that keep what a person wears: one parsing for a photo, and its cost in the ledger."""

from contextlib import closing
from datetime import date
from decimal import Decimal

import attrs
import pytest

from batch_runs import PERSON, ScriptedProvider, client_of, run, states
from providers import FakeProvider, fake_info, picture
from servers import ScriptedServer, answer
from tryon_batch.costs import summarise
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import Price, UrlSource, hookimpl
from tryon_core.errors import (
    BatchStopped,
    CreditsExhausted,
    InputRefused,
    OutcomeUnknown,
    RateLimited,
)
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import FakeClock

PRICE = Price(amount=Decimal("0.004"), currency="CNY", as_of=date(2026, 1, 2), source="invented")
INFO = fake_info(parse_price=PRICE)


def _requests(client, count, *, person=PERSON, first=1, keep="bottom"):
    return {
        f"item-{seed}": client.request(
            person, top=picture((64, 64 + seed)), keep=keep, options={"seed": seed}
        )
        for seed in range(first, first + count)
    }


class Noting(ScriptedProvider):
    """Keeps what was submitted, too."""

    @hookimpl
    def submit(self, request, ctx):
        self.requests.append(request)
        return ScriptedProvider.submit(self, request, ctx)


def _provider(**changes):
    return Noting(**{"info": INFO, "worn": ("top", "bottom"), **changes})


def _entries(folder):
    with JournalReader(folder / JOURNAL_NAME) as journal:
        return list(journal.entries())


def _ledger(folder):
    return summarise(_entries(folder))


def _parsings(folder):
    return [one for entry in _entries(folder) for one in entry.parsings]


def test_many_tops_on_one_photo_pay_one_parsing_that_stands_in_the_ledger(tmp_path):
    provider = _provider()
    client = client_of(provider)
    outcomes = run(client, _requests(client, 12), out=tmp_path)
    assert set(states(outcomes).values()) == {"saved"}
    assert provider.calls.count("parse_garment") == 1
    assert [request.bottom.data for request in provider.requests] == [provider.crop] * 12
    assert len(_parsings(tmp_path)) == 1
    ledger = _ledger(tmp_path)
    assert ledger.spent.amounts == {"USD": Decimal("1.20"), "CNY": Decimal("0.004")}
    assert [line.what for line in ledger.lines] == ["parsing", "try_on"]


def test_each_photo_pays_its_own(tmp_path):
    provider = _provider()
    client = client_of(provider)
    requests = _requests(client, 3) | _requests(client, 3, person=picture((70, 90)), first=4)
    run(client, requests, out=tmp_path)
    assert provider.calls.count("parse_garment") == 2
    assert _ledger(tmp_path).spent.amounts["CNY"] == Decimal("0.008")


def test_a_run_that_was_left_in_the_middle_pays_no_second_one(tmp_path):
    provider = _provider()
    clock = FakeClock()
    with (
        client_of(provider, clock=clock) as client,
        closing(client.run_batch(_requests(client, 9), out=tmp_path)) as outcomes,
    ):
        next(outcomes)
    again = client_of(provider, clock=clock)
    outcomes = run(again, _requests(again, 9), out=tmp_path)
    assert set(states(outcomes).values()) == {"saved"}
    assert provider.calls.count("parse_garment") == 1
    assert len(_parsings(tmp_path)) == 1


def test_what_was_paid_before_a_process_died_is_noted_by_the_next_one(tmp_path):
    provider = _provider()
    client = client_of(provider)

    class Died(Exception):
        pass

    def dies(entry):
        if entry.parsings:
            raise Died  # the journal is not written then

    from tryon_batch import run as runs

    with pytest.MonkeyPatch.context() as patch:
        record = runs.Journal.record
        patch.setattr(
            runs.Journal, "record", lambda self, found: [*map(dies, found)] and record(self, found)
        )
        with pytest.raises(Died):
            run(client, _requests(client, 1), out=tmp_path)
    assert _parsings(tmp_path) == []
    run(client, _requests(client, 1), out=tmp_path)
    assert provider.calls.count("parse_garment") == 1
    assert [one.amount for one in _parsings(tmp_path)] == [Decimal("0.004")]


def test_what_is_not_worn_is_refused_and_only_the_parsing_is_paid(tmp_path):
    provider = _provider(worn=("top",))
    client = client_of(provider)
    outcomes = run(client, _requests(client, 4), out=tmp_path)
    assert set(states(outcomes).values()) == {"refused"}
    assert all("wears no bottom" in outcome.error.message for outcome in outcomes.values())
    assert provider.calls == ["parse_garment"]
    assert _ledger(tmp_path).spent.amounts == {"CNY": Decimal("0.004")}


def test_equal_work_of_another_run_is_copied_and_nothing_is_parsed(tmp_path):
    provider, clock = _provider(), FakeClock()
    client = client_of(provider, clock=clock)
    run(client, _requests(client, 2), out=tmp_path / "one")
    clock.advance(3 * 24 * 3600)  # what was found is forgotten
    outcomes = run(client, _requests(client, 2), out=tmp_path / "two")
    assert {outcome.is_earlier for outcome in outcomes.values()} == {True}
    assert provider.calls.count("parse_garment") == 1
    assert not _ledger(tmp_path / "two").spent


def test_an_item_that_is_bought_again_keeps_what_its_parsing_cost(tmp_path):
    provider = _provider()
    client = client_of(provider)
    run(client, _requests(client, 1), out=tmp_path)
    run(client, _requests(client, 1), out=tmp_path, policy=BatchPolicy(redo="item-1"))
    assert provider.calls.count("parse_garment") == 1
    assert _ledger(tmp_path).spent.amounts == {"USD": Decimal("0.20"), "CNY": Decimal("0.004")}


def test_an_item_that_asks_for_something_else_keeps_what_its_parsing_cost(tmp_path):
    provider = _provider(script={1: [InputRefused("too dark.")]})
    client = client_of(provider)
    assert states(run(client, _requests(client, 1), out=tmp_path)) == {"item-1": "refused"}
    other = client.request(PERSON, top=picture((90, 90)), options={"seed": 2})
    run(client, {"item-1": other}, out=tmp_path)
    assert _ledger(tmp_path).spent.amounts == {"USD": Decimal("0.10"), "CNY": Decimal("0.004")}


class Losing(ScriptedProvider):
    """Loses the answer to the first parsing."""

    @hookimpl
    def parse_garment(self, request, ctx):
        self.calls.append("parse_garment")
        if self.calls.count("parse_garment") == 1:
            raise OutcomeUnknown("the answer was lost.")
        return [self._region(category) for category in request.categories]


def test_a_lost_answer_is_paid_again_only_when_that_is_said(tmp_path):
    provider = Losing(info=INFO, worn=("top", "bottom"))
    client = client_of(provider)
    outcomes = run(client, _requests(client, 3), out=tmp_path)
    assert set(states(outcomes).values()) == {"planned"}
    outcomes = run(client, _requests(client, 3), out=tmp_path)
    assert set(states(outcomes).values()) == {"planned"}
    assert (provider.calls, _ledger(tmp_path).possible.amounts) == (
        ["parse_garment"], {"CNY": Decimal("0.004")}
    )  # fmt: skip
    policy = BatchPolicy(retry_unknown=True)
    outcomes = run(client, _requests(client, 3), out=tmp_path, policy=policy)
    assert set(states(outcomes).values()) == {"saved"}
    assert provider.calls.count("parse_garment") == 2
    ledger = _ledger(tmp_path)
    assert (ledger.spent.amounts["CNY"], ledger.possible.amounts["CNY"]) == (
        Decimal("0.004"), Decimal("0.004")
    )  # fmt: skip


def test_parsings_that_get_no_usable_answer_end_the_run_early(tmp_path):
    class Garbled(ScriptedProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            raise OutcomeUnknown("the answer was lost.")

    provider = Garbled(info=INFO)
    client = client_of(provider)
    requests = {}
    for number in range(30):
        requests |= _requests(client, 1, person=picture((64, 100 + number)), first=number)
    with pytest.raises(BatchStopped):
        run(client, requests, out=tmp_path, policy=BatchPolicy(max_in_flight=1))
    assert len(provider.calls) == 5


def test_a_run_that_stops_has_parsed_few_photos_ahead_and_notes_them_all(tmp_path):
    broke = {seed: [CreditsExhausted("no credits.")] for seed in range(30)}
    provider = _provider(script=broke)
    client = client_of(provider)
    requests = {}
    for number in range(30):
        requests |= _requests(client, 1, person=picture((64, 100 + number)), first=number)
    policy = BatchPolicy(max_in_flight=2, stop_after=1)
    with pytest.raises(BatchStopped):
        run(client, requests, out=tmp_path, policy=policy)
    assert provider.calls.count("parse_garment") == len(_parsings(tmp_path)) <= 6


def test_a_parsing_that_came_too_fast_is_sent_again(tmp_path):
    class Hasty(ScriptedProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            if len(self.calls) < 3:
                raise RateLimited("too fast.")
            return [self._region(category) for category in request.categories]

    client = client_of(Hasty(info=INFO, worn=("bottom",)))
    assert states(run(client, _requests(client, 1), out=tmp_path)) == {"item-1": "saved"}
    assert len(_parsings(tmp_path)) == 1


def test_a_crop_that_comes_at_the_second_try_is_no_second_parsing(tmp_path):
    crop = picture((40, 50))
    with ScriptedServer(answer(503), answer(200, crop)) as server:
        finder = FakeProvider(
            info=fake_info("finder", parse_price=PRICE),
            worn=("bottom",),
            crop_url=server.url("/crop.png"),
        )
        policy = TransportPolicy(allow_private_addresses=True, retries=0)
        client = client_of(Noting(info=fake_info("wearer", parse_categories=[])))
        parser = client_of(finder, transport=policy)
        outcomes = run(client, _requests(client, 1), out=tmp_path, parser=parser)
    assert states(outcomes) == {"item-1": "saved"}
    assert finder.calls == ["parse_garment"]
    assert len(_parsings(tmp_path)) == 1


def test_another_provider_parses_and_is_what_the_ledger_names(tmp_path):
    finder = FakeProvider(info=fake_info("finder", parse_price=PRICE), worn=("bottom",))
    wearer = ScriptedProvider(info=fake_info("wearer", parse_categories=[]))
    client = client_of(wearer)
    parser = client_of(finder)
    outcomes = run(client, _requests(client, 5), out=tmp_path, parser=parser)
    assert set(states(outcomes).values()) == {"saved"}
    assert (finder.calls, "parse_garment" in wearer.calls) == (["parse_garment"], False)
    assert [(line.provider, line.what) for line in _ledger(tmp_path).lines] == [
        ("finder", "parsing"), ("wearer", "try_on")
    ]  # fmt: skip


def test_a_run_in_memory_keeps_it_too():
    provider = _provider(crop_url="https://vendor.example/crop.png")
    client = client_of(provider)
    outcomes = run(client, _requests(client, 3))
    assert {outcome.state for outcome in outcomes.values()} == {"saved"}
    address = UrlSource("https://vendor.example/crop.png")
    assert [request.bottom for request in provider.requests] == [address] * 3
    assert provider.calls.count("parse_garment") == 1


def test_a_free_parsing_is_in_no_ledger(tmp_path):
    free = fake_info(parse_price=attrs.evolve(PRICE, amount=Decimal(0)))
    provider = _provider(info=free)
    client = client_of(provider)
    run(client, _requests(client, 3), out=tmp_path)
    assert provider.calls.count("parse_garment") == 1
    assert _parsings(tmp_path) == []


def test_the_sources_of_a_photo_on_the_web_share_a_parsing(tmp_path):
    provider = _provider()
    client = client_of(provider)
    photo = UrlSource("https://shop.example/anna.jpg")
    run(client, _requests(client, 4, person=photo), out=tmp_path)
    assert provider.calls.count("parse_garment") == 1
