"""Entries of a journal, by hand and by Hypothesis."""

import inspect
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from providers import FakeOptions
from tryon_batch.items import STATES, BatchItem, Cost, Entry, ParsingCost, SavedFile
from tryon_core import PathSource, TryOnRequest, errors
from tryon_core.errors import OutcomeUnknown, TryOnError, describe_error
from tryon_core.models import Notice
from tryon_testing.clocks import START
from tryon_testing.strategies.answers import jobs

USD = Cost(amount=Decimal("0.10"), currency="USD", units=Decimal(1), basis="list")
EXPECTED = Cost(amount=Decimal("0.10"), currency="USD", units=Decimal(1), basis="expected")
UNPRICED = Cost(amount=None, currency="", units=Decimal(1), basis="list")


def item(item_id="a", *, top="top.png", row=None, provider="fake", **options):
    """Return an item whose images need not exist."""
    request = TryOnRequest(
        person=PathSource(Path("person.png")), top=top, options=FakeOptions(**options)
    )
    return BatchItem(id=item_id, provider=provider, request=request, row=row)


def told(billed="unknown", kind=OutcomeUnknown):
    """Return an error as an entry has it."""
    return describe_error(kind("it broke.", billed=billed))


ERRORS = sorted(
    name
    for name, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, TryOnError) and found.__module__ == errors.__name__
)
"""The names of all classes of errors."""
_NEEDED = {
    "UnusableImage": {"code": "broken"},
    "BatchStopped": {"cause": TryOnError("why")},
    "ProviderBug": {"hook": "submit", "version": "tryon-acme 1"},
}


def make_error(name, **answers):
    """Return an error of a class, with its usual answers unless others are given."""
    first = [] if name == "ValidationFailed" else "it broke."
    return getattr(errors, name)(first, **_NEEDED.get(name, {}), **answers)


texts = st.text(max_size=30)
numbers = st.decimals(0, 10**9, places=4, allow_nan=False)
moments = st.timedeltas(timedelta(0), timedelta(days=900)).map(lambda since: START + since)
prices = st.tuples(numbers, st.sampled_from(("USD", "CNY", "credits"))) | st.just((None, ""))
costs = st.builds(
    lambda price, units, basis: Cost(amount=price[0], currency=price[1], units=units, basis=basis),
    prices,
    numbers,
    st.sampled_from(("usage", "list", "expected")),
)
told_errors = st.builds(
    TryOnError,
    texts,
    remedy=texts,
    request_id=st.none() | texts,
    vendor_code=st.none() | texts,
    billed=st.sampled_from(("no", "yes", "unknown")),
).map(describe_error)
parsings = st.builds(
    lambda price, **facts: ParsingCost(amount=price[0], currency=price[1], **facts),
    prices,
    id=texts,
    provider=texts,
    billed=st.sampled_from(("yes", "unknown")),
)
files = st.builds(SavedFile, path=texts, sha256=texts, bytes=st.integers(0, 2**40))


def entries(ids=texts):
    """Return a strategy for entries, whether they make sense or not."""
    return st.builds(
        Entry,
        id=ids,
        provider=texts,
        model=texts,
        row=st.none() | st.integers(1, 10**6),
        state=st.sampled_from(STATES),
        fingerprint=st.none() | texts,
        job=st.none() | jobs("fake"),
        attempts=st.integers(0, 9),
        error=st.none() | told_errors,
        files=st.lists(files, max_size=3).map(tuple),
        cost=st.none() | costs,
        parsings=st.lists(parsings, max_size=2).map(tuple),
        times=st.dictionaries(st.sampled_from(STATES), moments, max_size=4),
        notices=st.lists(st.builds(Notice, texts, texts), max_size=2).map(tuple),
        given=st.dictionaries(st.sampled_from(("person", "top")), texts),
        own=st.dictionaries(texts, texts | st.integers() | st.lists(texts), max_size=3),
    )
