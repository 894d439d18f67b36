import pytest

from tryon_batch.items import SETTLED, STATES, Entry
from tryon_core import errors
from tryon_core.errors import describe_error


def test_a_new_entry_was_neither_sent_nor_paid():
    entry = Entry(id="a", provider="fake")
    assert (entry.state, entry.attempts, entry.cost, entry.earlier) == ("planned", 0, None, ())


def test_a_settled_item_is_one_that_nothing_is_under_way_for():
    assert set(STATES) - SETTLED == {"planned", "intent", "accepted", "finished"}


def test_an_error_keeps_its_answers_and_nothing_that_json_cannot_hold():
    error = errors.CreditsExhausted(
        "no credits.", vendor_code="Arrearage", request_id="r-1", http_status=400
    )
    assert describe_error(error) == {
        "type": "CreditsExhausted",
        "message": "no credits.",
        "remedy": errors.CreditsExhausted.remedy,
        "fault": "account",
        "retry": "after_change",
        "billed": "no",
        "vendor_code": "Arrearage",
        "request_id": "r-1",
    }


@pytest.mark.parametrize("billed", ["no", "yes", "unknown"])
def test_whether_it_was_paid_is_what_the_vendor_said(billed):
    assert describe_error(errors.JobFailed("bad.", billed=billed))["billed"] == billed
