"""What is left of the credits that try-on can be paid with."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from tryon_core import Balance, decode, make_converter

_UNIVERSAL = "common"
# The vendor's documents and its programs disagree on the rest of the Premium pool's name.
_TRY_ON = "try_on_clothes"
_CONVERTER = make_converter()


@attrs.frozen
class _Pool:
    unique_sign: str
    balance: float


@attrs.frozen
class _Credits:
    data: list[_Pool]


def balance_of(body: Any, now: datetime) -> Balance:
    """Return the sum of the universal credits and of those bought for a try-on model.

    Args:
        body: the parsed answer of the vendor's credits query.
        now: when it was asked.

    Raises:
        UnexpectedResponse: a pool lacks its name or its balance.
    """
    pools = decode(_CONVERTER, body, _Credits).data
    amounts = [
        Decimal(str(pool.balance))
        for pool in pools
        if pool.unique_sign == _UNIVERSAL or _TRY_ON in pool.unique_sign
    ]
    return Balance(amount=sum(amounts, Decimal(0)), unit="credits", as_of=now)
