from datetime import datetime, timezone
from decimal import Decimal

import pytest

from tryon_core import Balance, Client


@pytest.mark.usefixtures("fake")
def test_a_provider_without_such_a_question_says_where_to_look(tryon):
    ended = tryon("balance", "-p", "fake")
    assert ended.code == 3
    assert "Fake try-on does not tell what is left on an account" in ended.err
    assert "dashboard" in ended.err


@pytest.mark.usefixtures("fake")
def test_what_pays_for_one_part_only_stands_apart(tryon, monkeypatch):
    left = Balance(
        amount=Decimal(2),
        unit="credits",
        as_of=datetime(2026, 1, 2, tzinfo=timezone.utc),
        reserved={"pro\x1b[2K": Decimal("9.5")},
    )
    monkeypatch.setattr(Client, "read_balance", lambda _: left)
    assert tryon("balance", "-p", "fake").out.splitlines() == [
        "2 credits",
        r"9.5 credits for pro\x1b[2K only",
    ]
    assert tryon("balance", "-p", "fake", "--json").json["reserved"] == {"pro\x1b[2K": "9.5"}
