from decimal import Decimal

import attrs
import pytest

import tryon_aidge
import tryon_dashscope
from batch_entries import item
from providers import fake_info
from tryon_batch.estimate import estimate, unpaid
from tryon_batch.items import STATES, BatchItem, Entry
from tryon_core import LibraryModel, TryOnRequest, UrlSource

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
    def test_a_call_is_counted_for_each_item_that_keeps_what_is_worn(self):
        items = [_dashscope(n) for n in (1, 2, 3)]
        found = estimate(items, INFOS, keeping={"d1", "d3"})
        line = found.lines[1]
        assert (line.what, line.requests, line.amount) == ("parsing", 2, Decimal("0.008"))
        assert found.total.amounts == {"CNY": Decimal("1.508")}

    def test_none_is_counted_where_the_vendor_keeps_it_anyway(self):
        keeps = fake_info(keeps_unnamed_garments=True)
        assert len(estimate([item()], {"fake": keeps}, keeping={"a"}).lines) == 1


def test_lines_are_plain_for_tables_and_for_people():
    known, unknown = estimate([_dashscope(1), _aidge(1, ANNA, generate_count=2)], INFOS).lines
    assert str(known) == "dashscope aitryon-plus: 1 image x 0.50 CNY = 0.50 CNY"
    assert str(unknown) == "aidge: 2 images, price unknown"
    assert known.as_row()["price_as_of"] == "2026-02-11"
    assert (known.as_row()["amount"], unknown.as_row()["amount"]) == ("0.50", None)
    assert set(known.as_row()) == set(unknown.as_row())


class TestUnpaid:
    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ({}, {"planned"}),
            ({"retry_failed": True}, {"planned", "refused", "failed"}),
            ({"retry_unknown": True}, {"planned", "intent", "outcome_unknown"}),
        ],
    )
    def test_only_what_would_be_sent_is_counted(self, given, sent):
        entries = [Entry(id=state, provider="fake", state=state) for state in STATES]
        items = [item(state) for state in STATES]
        assert {one.id for one in unpaid(items, entries, **given)} == sent

    def test_what_the_journal_does_not_know_would_be_sent(self):
        others = [Entry(id="gone", provider="fake")]
        assert unpaid([item("new")], others) == [item("new")]

    def test_the_order_stays(self):
        items = [item(name) for name in "cab"]
        assert unpaid(items, []) == items
        assert unpaid([attrs.evolve(one, row=1) for one in items], [])[0].id == "c"
