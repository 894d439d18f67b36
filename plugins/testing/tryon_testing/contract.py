"""The contract that every provider keeps, as one class of pytest tests."""

from tryon_testing.flow import FlowChecks
from tryon_testing.hostile import HostileChecks
from tryon_testing.identity import IdentityChecks
from tryon_testing.money import MoneyChecks
from tryon_testing.redirects import RedirectChecks
from tryon_testing.refusals import RefusalChecks
from tryon_testing.resuming import ResumeChecks
from tryon_testing.secrecy import SecrecyChecks
from tryon_testing.structure import StructureChecks
from tryon_testing.validation import ValidationChecks


class ProviderContract(
    StructureChecks,
    ValidationChecks,
    FlowChecks,
    RefusalChecks,
    MoneyChecks,
    HostileChecks,
    IdentityChecks,
    RedirectChecks,
    ResumeChecks,
    SecrecyChecks,
):
    """Inherit from it in a class whose name begins with `Test`, and say what to test.

    Only `provider` must be given; see `docs/how-to/test-a-provider.md`. A check that does not apply
    is switched off by setting it to None in the class.
    """
