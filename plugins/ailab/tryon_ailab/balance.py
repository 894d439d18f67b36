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
    """Return the universal credits, and apart from them those bought for one try-on model.

    Args:
        body: the parsed answer of the vendor's credits query.
        now: when it was asked.

    Raises:
        UnexpectedResponse: a pool lacks its name or its balance.
    """
    universal, reserved = Decimal(0), dict[str, Decimal]()
    for pool in decode(_CONVERTER, body, _Credits).data:
        amount = Decimal(str(pool.balance))
        if pool.unique_sign == _UNIVERSAL:
            universal += amount
        elif _TRY_ON in pool.unique_sign and amount:
            reserved[pool.unique_sign] = reserved.get(pool.unique_sign, Decimal(0)) + amount
    return Balance(amount=universal, unit="credits", as_of=now, reserved=reserved)
