"""What is left of the credits."""

import json
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from tryon_ailab.replies import balance_of
from tryon_core import HttpResponse, errors

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)


def _answer(body):
    return HttpResponse(status=200, headers={}, body=json.dumps(body).encode(), url="http://v")


def _pools(*pairs):
    return {"data": [{"unique_sign": sign, "balance": left, "name": "n"} for sign, left in pairs]}


@pytest.mark.parametrize(
    ("pairs", "amount", "reserved"),
    [
        ([], "0", {}),
        ([("common", 120)], "120", {}),
        ([("common", 0.1), ("common", 0.2)], "0.3", {}),
        ([("common", 5), ("portrait_hairstyle", 1000)], "5", {}),
        ([("common", 5), ("portrait_try_on_clothes", 0)], "5", {}),
        (
            [
                ("portrait_try_on_clothes", 0.5),
                ("portrait_try_on_clothes_pro", 1),
                ("portrait_editing_try_on_clothes_premium", 4),
                ("common", 2),
                ("portrait_try_on_clothes_pro", 8),
            ],
            "2",
            {
                "portrait_try_on_clothes": "0.5",
                "portrait_try_on_clothes_pro": "9",
                "portrait_editing_try_on_clothes_premium": "4",
            },
        ),
    ],
)
def test_credits_for_one_model_stand_apart_and_those_for_other_services_are_left_out(
    pairs, amount, reserved
):
    balance = balance_of(_answer(_pools(*pairs)), NOW)
    assert balance.amount == Decimal(amount)
    assert balance.reserved == {name: Decimal(left) for name, left in reserved.items()}
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
        balance_of(_answer(body), NOW)
