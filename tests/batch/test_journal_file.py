from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given

from batch_entries import USD, entries, item
from tryon_batch.items import Entry, request_digest
from tryon_batch.journal_file import ITEM_COLUMNS, entry_of, values_of
from tryon_core import BytesSource, LibraryModel, UrlSource
from tryon_core.models import Artifact, Job, JobResult
from tryon_testing.clocks import START


def _back(entry):
    values = values_of(entry)
    return entry_of([values[name] for name in ITEM_COLUMNS])


@given(entry=entries())
def test_an_entry_survives_its_row(entry):
    assert _back(entry) == entry


@given(entry=entries())
def test_a_row_holds_nothing_but_what_sqlite_takes(entry):
    assert all(isinstance(value, (str, int, type(None))) for value in values_of(entry).values())


def test_every_field_of_an_entry_has_its_column_but_what_the_journal_keeps_itself():
    assert [*ITEM_COLUMNS, "earlier"] == [field.name for field in attrs.fields(Entry)]


@pytest.mark.parametrize("text", ["0.10", "0.071677", "0E-6", "100", "1E+2"])
def test_no_digit_of_an_amount_is_lost(text):
    cost = attrs.evolve(USD, amount=Decimal(text))
    kept = _back(Entry(id="a", provider="fake", cost=cost)).cost
    assert kept.amount.as_tuple() == Decimal(text).as_tuple()


def test_pictures_in_memory_are_too_large_for_a_row_so_the_job_is_asked_again():
    picture = Artifact(source=BytesSource(b"x" * 10_000))
    job = Job(provider="fake", id="1", submitted_at=START, result=JobResult(images=[picture]))
    entry = Entry(id="a", provider="fake", job=job)
    assert _back(entry).job == attrs.evolve(job, result=None)


class TestRequestDigest:
    def test_the_row_does_not_matter_and_the_rest_does(self):
        first = request_digest(item(row=1))
        assert first == request_digest(item(row=2))
        others = {
            request_digest(item(top="other.png")),
            request_digest(item(provider="other")),
            request_digest(item(seed=1)),
            request_digest(item(quality="high")),
            request_digest(_with(person=LibraryModel(name="anna"))),
            request_digest(_with(person=UrlSource("https://x.example/a.png"))),
            request_digest(_with(person=BytesSource(b"a"))),
            request_digest(_with(person=BytesSource(b"b"))),
            request_digest(_with(top=None, bottom="top.png")),
        }
        assert len(others | {first}) == 10

    def test_a_file_is_the_same_from_whatever_folder_it_is_named(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        absolute = _with(person=Path("person.png").absolute())
        assert request_digest(item(top=tmp_path / "top.png")) == request_digest(
            attrs.evolve(absolute, request=attrs.evolve(absolute.request, top=Path("top.png")))
        )

    def test_no_file_is_opened(self):
        assert request_digest(item(top="/nowhere/at/all.png"))


def _with(**changes):
    one = item()
    return attrs.evolve(one, request=attrs.evolve(one.request, **changes))
