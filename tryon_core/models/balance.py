"""What is left on an account."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from tryon_core.models.sources import with_zone
from tryon_core.text import one_line


@attrs.frozen(kw_only=True)
class Balance:
    """What the vendor says is left on the account.

    Attributes:
        amount: how much, in `unit`.
        unit: ISO 4217 code, `credits`, or what the vendor sells, such as `images`.
        as_of: when it was asked (UTC).
        reserved: what pays for one part of the service only, by the vendor's name for it, in
            `unit`; it is not in `amount`.
    """

    amount: Decimal = attrs.field(validator=attrs.validators.instance_of(Decimal))
    unit: str = attrs.field(converter=one_line)
    as_of: datetime = attrs.field(validator=with_zone)
    reserved: Mapping[str, Decimal] = attrs.field(factory=dict, hash=False)
