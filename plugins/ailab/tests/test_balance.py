"""What is left of the credits."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from tryon_ailab.balance import balance_of
from tryon_core import errors

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)


def _pools(*pairs):
    return {"data": [{"unique_sign": sign, "balance": left, "name": "n"} for sign, left in pairs]}


@pytest.mark.parametrize(
    ("pairs", "amount"),
    [
        ([], "0"),
        ([("common", 120)], "120"),
        ([("common", 0.1), ("portrait_try_on_clothes", 0.2)], "0.3"),
        (
            [
                ("portrait_try_on_clothes_pro", 1),
                ("portrait_try_on_clothes_premium", 2),
                ("portrait_editing_try_on_clothes_premium", 4),
                ("portrait_try_on_clothes_refiner", 8),
            ],
            "15",
        ),
        ([("common", 5), ("portrait_hairstyle", 1000)], "5"),
    ],
)
def test_all_credits_that_pay_for_try_on_are_counted_and_no_others(pairs, amount):
    balance = balance_of(_pools(*pairs), NOW)
    assert balance.amount == Decimal(amount)
    assert (balance.unit, balance.as_of) == ("credits", NOW)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, r"response\.data"),
        ({"data": None}, r"response\.data"),
        ({"data": [{"balance": 1}]}, r"response\.data\[0\]\.unique_sign"),
        (_pools(("common", "12")), r"response\.data\[0\]\.balance"),
        (_pools(("common", None)), r"response\.data\[0\]\.balance"),
    ],
)
def test_what_is_missing_or_mistyped_is_named_by_its_path(body, path):
    with pytest.raises(errors.UnexpectedResponse, match=path):
        balance_of(body, NOW)
