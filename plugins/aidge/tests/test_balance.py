from decimal import Decimal

import pytest

from servers import drop_after_body, json_answer
from tryon_core import errors


def _says(left):
    return {"data": {"balance": left}, "success": True, "code": "0", "request_id": "g"}


@pytest.mark.parametrize("left", [17047245, 0, 2.5, "12"])
def test_the_balance_is_that_of_try_on(vendor, client, clock, left):
    vendor.says(_says(left))
    balance = client.read_balance()
    assert (balance.amount, balance.unit) == (Decimal(str(left)), "credits")
    assert balance.as_of == clock.now()
    assert vendor.path() == "/rest/ai/query/balance"
    assert vendor.body() == {"apiPath": "/ai/virtual/tryon-pro"}


@pytest.mark.parametrize("left", [None, True, "many", "NaN", [1]])
def test_a_balance_that_is_no_number_names_the_place(vendor, client, left):
    vendor.says(_says(left))
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.data\.balance"):
        client.read_balance()


@pytest.mark.parametrize(
    ("code", "error"), [("500", errors.VendorUnavailable), ("700", errors.InputRefused)]
)
def test_a_refused_question_is_an_error(vendor, client, code, error):
    vendor.says({"code": "0", "resCode": code, "resMessage": "no"})
    with pytest.raises(error):
        client.read_balance()


def test_the_question_is_free_and_therefore_repeated(vendor, client):
    vendor.play(drop_after_body, json_answer(_says(5)))
    assert client.read_balance().amount == 5
