"""The contract holds for a well-behaved provider."""

from datetime import date
from decimal import Decimal

import attrs

from acme import INFO, AcmeProvider, provider as acme
from acme_emulator import emulator as acme_emulator
from tryon_core import Price
from tryon_testing.contract import ProviderContract


class TestAcme(ProviderContract):
    provider = acme
    emulator = acme_emulator


class FreeAcme(AcmeProvider):
    info = attrs.evolve(
        INFO,
        capabilities=attrs.evolve(
            INFO.capabilities,
            price=Price(
                amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="a server of ours"
            ),
        ),
    )


class TestAcmeThatIsFree(ProviderContract):
    """What costs nothing may be done again, and its errors say so."""

    provider = FreeAcme()
    emulator = acme_emulator
    # What a body says has nothing to do with the price.
    test_any_body_gives_a_value_or_an_error = None
    test_any_wrong_value_gives_a_value_or_an_error = None
