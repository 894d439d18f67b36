"""`tryon batch` with garments that are kept: option, columns, estimate, costs, lists."""

import csv
import json
from datetime import date
from decimal import Decimal

import pytest

from providers import KEY, picture
from tryon_core import Price
from tryon_core.errors import CreditsExhausted, OutcomeUnknown

PRICE = Price(amount=Decimal("0.004"), currency="CNY", as_of=date(2026, 1, 2), source="invented")
BATCH = ("batch", "cat.csv", "-p", "fake", "--out", "run")
RESUME = ("batch", "--resume", "--out", "run")


@pytest.fixture
def offer(offer):
    """Offer providers that may change what is not named, as most do."""
    usual = {"keeps_unnamed_garments": False, "parse_price": PRICE, "worn": ("top", "bottom")}
    return lambda *args, **knobs: offer(*args, **{**usual, **knobs})


@pytest.fixture
def write(folder):
    """Write a manifest with these columns behind `id`, `person` and `top`."""

    def make(*rows, head=()):
        with (folder / "cat.csv").open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["id", "person", "top", *head])
            for number, row in enumerate(rows, 1):
                (folder / f"top{number}.png").write_bytes(picture((80, 80 + number)))
                lines.writerow([f"i{number}", "person.png", f"top{number}.png", *row])

    return make


def _table(folder):
    with (folder / "run" / "manifest.out.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_the_option_is_for_all_rows_and_its_cost_stands_beside_theirs(tryon, offer, folder, write):
    fake = offer()
    write((), (), ())
    ended = tryon(*BATCH, "--keep", "bottom")
    assert ended.code == 0
    assert ended.err.splitlines()[-1] == "3 saved; spent 0.004 CNY + 0.30 USD"
    assert "3 of 3 items are to be sent, for at most 0.004 CNY + 0.30 USD" in ended.err
    assert fake.calls.count("parse_garment") == 1
    assert {*fake.requests[0].garments} == {"top", "bottom"}
    table = _table(folder)
    paid = [row["id"] for row in table.values() if row["parsing_amount"]]
    assert [table[name]["parsing_currency"] for name in paid] == ["CNY"]
    assert tryon("costs", "run").out.splitlines()[1:] == [
        "fake      -      parsing  saved  yes      1         1      0.004 CNY  list price",
        "fake      -      try on   saved  yes      3         3      0.30 USD   list price",
        "spent: 0.004 CNY + 0.30 USD",
    ]
    lines = (folder / "run" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in map(json.loads, lines) if line["parsings"]]
    assert line["parsings"][0].items() >= {
        "provider": "fake", "amount": "0.004", "currency": "CNY", "billed": "yes"
    }.items()  # fmt: skip


def test_the_column_wins_and_the_lists_repeat_it(tryon, offer, folder, write):
    fake = offer()
    write(("bottom",), ("",), ("BOTTOM",), head=("Keep",))
    assert tryon(*BATCH).code == 0
    assert [[*request.garments] for request in fake.requests].count(["top", "bottom"]) == 2
    assert [row["keep"] for row in _table(folder).values()] == ["bottom", "", "BOTTOM"]


def test_the_option_leaves_rows_alone_that_replace_what_it_keeps(tryon, offer, folder, write):
    fake = offer()
    (folder / "skirt.png").write_bytes(picture((90, 90)))
    write(("skirt.png",), ("",), head=("bottom",))
    assert tryon(*BATCH, "--keep", "bottom").code == 0
    assert fake.calls.count("parse_garment") == 1


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("top", "row 2, keep: the top cannot be kept, because top replaces it. Leave one out."),
        ("shoes", "row 2, keep: 'shoes' cannot be kept. Write top or bottom."),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_row(tryon, offer, write, cell, said):
    fake = offer()
    write((cell,), head=("keep",))
    ended = tryon(*BATCH)
    assert (ended.code, fake.calls) == (2, [])
    assert said in ended.err


def test_an_estimate_shows_both_costs_and_parses_nothing(tryon, offer, write):
    fake = offer()
    write((), (), ())
    ended = tryon(*BATCH, "--keep", "bottom", "--estimate")
    assert "fake: 1 parsing x 0.004 CNY = 0.004 CNY" in ended.out
    assert ended.out.endswith("total: 0.004 CNY + 0.30 USD\n")
    found = tryon(*BATCH, "--keep", "bottom", "--estimate", "--json").json
    assert [(line["what"], line["requests"]) for line in found["lines"]] == [
        ("try_on", 3), ("parsing", 1)
    ]  # fmt: skip
    assert fake.calls == []


def test_a_limit_counts_both(tryon, offer, write):
    fake = offer()
    write((), ())
    ended = tryon(*BATCH, "--keep", "bottom", "--max-cost", "1USD")
    assert (ended.code, fake.calls) == (2, [])
    assert "0.004 CNY" in ended.err


def test_a_run_that_goes_on_knows_what_it_keeps_and_who_parses(tryon, offer, write):
    finder = offer("finder")
    fake = offer(parse_categories=[], on_submit=CreditsExhausted("no credits."))
    write((), ())
    call = ("batch", "cat.csv", "-p", "fake", "--keep", "bottom", "--parser", "finder")
    assert tryon(*call, "--out", "run", "--stop-after", "1").code != 0
    fake.on_submit = None
    assert tryon(*RESUME).code == 0
    assert {*fake.requests[-1].garments} == {"top", "bottom"}
    assert finder.calls == ["parse_garment"]


def test_a_row_names_who_parses(tryon, offer, write):
    finder = offer("finder")
    fake = offer()
    write(("bottom", "finder"), ("bottom", ""), head=("keep", "parser"))
    assert tryon(*BATCH).code == 0
    assert (finder.calls, fake.calls.count("parse_garment")) == (["parse_garment"], 1)
    write(("bottom", "nobody"), head=("keep", "parser"))
    assert "row 2, parser: no provider 'nobody' is installed" in tryon(*BATCH, "--resume").err


def test_missing_keys_of_both_are_named_at_once(tryon, offer, write):
    offer("finder", settings=[KEY])
    offer(parse_categories=[], settings=[KEY])
    write(())
    ended = tryon(*BATCH, "--keep", "bottom", "--parser", "finder")
    assert ended.code == 3
    assert "TRYON_FAKE_API_KEY" in ended.err
    assert "TRYON_FINDER_API_KEY" in ended.err


def test_a_lost_parsing_is_in_doubt_and_says_how_to_pay_it_again(tryon, offer, write):
    fake = offer(on_parse=OutcomeUnknown("the answer was lost.", billed="unknown"), worn=())
    write((), ())
    tryon(*BATCH, "--keep", "bottom")
    assert "in doubt besides: 1 request, at most 0.004 CNY" in tryon("costs", "run").out
    fake.on_parse, fake.worn = None, ("bottom",)
    ended = tryon(*RESUME)
    assert "--retry-unknown" in ended.err
    assert tryon(*RESUME, "--retry-unknown").code == 0
    assert fake.calls.count("parse_garment") == 2
