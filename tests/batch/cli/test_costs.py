from decimal import Decimal

import pytest

from tryon_batch.cli.costs import costs_document, print_costs
from tryon_batch.costs import summarise
from tryon_batch.items import Cost, Entry
from tryon_batch.reading import RunFolder
from tryon_core.cli.invocation import Invocation
from tryon_core.errors import OutcomeUnknown


@pytest.fixture
def batch(tryon, folder):
    def run(*more):
        (folder / "cat.csv").write_text("id,person,top\na,person.png,tee.png\nb,tee.png,tee.png")
        return tryon("batch", "cat.csv", "-p", "fake", "--out", "run", *more)

    return run


@pytest.mark.usefixtures("fake")
def test_what_a_run_has_cost(tryon, batch):
    batch()
    ended = tryon("costs", "run")
    assert ended.out.splitlines()[1].split() == [
        "fake", "-", "try", "on", "saved", "yes", "2", "2", "0.20", "USD", "list", "price"
    ]  # fmt: skip
    assert ended.out.splitlines()[2:] == ["spent: 0.20 USD"]


def test_an_unknown_price_is_named_and_never_counted_as_nothing(tryon, offer, batch):
    offer(price=None)
    batch()
    ended = tryon("costs", "run")
    assert ended.out.splitlines()[1].split()[-3:] == ["price", "unknown", "-"]
    assert ended.out.splitlines()[-1] == "spent: 2 requests at unknown price"
    document = tryon("costs", "run", "--json").json
    assert (document["spent"], document["unpriced"]) == ({}, 2)
    assert document["lines"][0]["amount"] is None


def test_what_is_in_doubt_stands_beside_what_was_spent(tryon, offer, batch):
    provider = offer(on_submit=OutcomeUnknown("lost."))
    batch()
    provider.on_submit = None
    batch("--retry-unknown")
    assert tryon("costs", "run").out.splitlines()[-2:] == [
        "spent: 0.20 USD",
        "in doubt besides: 2 requests, at most 0.20 USD",
    ]


@pytest.mark.usefixtures("fake")
def test_work_that_had_been_done_is_free(tryon, batch):
    batch()
    tryon("batch", "cat.csv", "-p", "fake", "--out", "other")
    assert tryon("costs", "other").out.splitlines() == [
        "spent: nothing",
        "2 items cost nothing: the same work had been done before",
    ]


def test_the_basis_of_an_amount_is_said(tryon, monkeypatch, capsys, fake, batch):
    del tryon, fake
    batch()
    entries = [
        Entry(
            id=str(number),
            provider="dashscope",
            model="aitryon",
            state="saved",
            cost=Cost(amount=Decimal("0.2"), currency="CNY", units=Decimal(1), basis=basis),
        )
        for number, basis in enumerate(["usage", "usage", "list"])
    ]
    for given, told in (
        (entries[:2], "said by the vendor"),
        (entries, "2 said by the vendor, 1 at"),
    ):
        monkeypatch.setattr(
            "tryon_batch.cli.costs.summarise", lambda _, given=given: summarise(given)
        )
        print_costs(Invocation(), ["run"], lists=None)
        assert told in capsys.readouterr().out


def test_a_document_has_all_that_a_ledger_has(folder):
    document = costs_document([RunFolder(folder, {})], summarise(()))
    assert document == {
        "journals": [str(folder)],
        "lines": [],
        "spent": {},
        "unpriced": 0,
        "possible": {},
        "possibly_billed": 0,
        "free": 0,
        "lists": [],
    }


@pytest.mark.usefixtures("fake")
def test_several_runs_are_read_as_one(tryon, folder):
    for name in ("a", "b"):
        (folder / "cat.csv").write_text(f"id,person,top\n{name},person.png,tee.png")
        tryon("batch", "cat.csv", "-p", "fake", "--out", name, "--again")
    ended = tryon("costs", "a", "b", "--lists", "both")
    assert ended.out.splitlines()[-3:] == [
        "spent: 0.20 USD",
        "both/manifest.out.csv",
        "both/results.jsonl",
    ]
    assert ended.err == ""
    document = tryon("costs", "a", "b", "--lists", "both", "--json").json
    assert document["journals"] == ["a/run.tryon", "b/run.tryon"]
    assert document["lists"] == ["both/manifest.out.csv", "both/results.jsonl"]


@pytest.mark.usefixtures("fake")
def test_ids_that_two_runs_have_are_named(tryon, batch):
    batch()
    tryon("batch", "cat.csv", "-p", "fake", "--out", "other", "--again")
    ended = tryon("costs", "run", "other")
    assert (
        "note: in several of these runs, and counted in each: 'a' and 1 more id (run, other)."
        in ended.err
    )
    assert ended.out.splitlines()[-1] == "spent: 0.40 USD"
