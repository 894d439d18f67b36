"""The contract that every provider keeps, as one class of pytest tests."""

from tryon_core.testing.flow import FlowChecks
from tryon_core.testing.hostile import HostileChecks
from tryon_core.testing.identity import IdentityChecks
from tryon_core.testing.money import MoneyChecks
from tryon_core.testing.redirects import RedirectChecks
from tryon_core.testing.refusals import RefusalChecks
from tryon_core.testing.resuming import ResumeChecks
from tryon_core.testing.secrecy import SecrecyChecks
from tryon_core.testing.structure import StructureChecks
from tryon_core.testing.validation import ValidationChecks


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
