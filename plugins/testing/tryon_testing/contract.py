"""The contract that every provider keeps, as one class of pytest tests."""

from tryon_testing.checks.declaration import StructureChecks, ValidationChecks
from tryon_testing.checks.failing_jobs import FailureChecks
from tryon_testing.checks.finished import FinishedChecks
from tryon_testing.checks.hostile import HostileChecks, IdentityChecks
from tryon_testing.checks.judging import JudgementChecks
from tryon_testing.checks.look_up import LookUpChecks
from tryon_testing.checks.refusals import MoneyChecks, RefusalChecks
from tryon_testing.checks.secrecy import RedirectChecks, SecrecyChecks
from tryon_testing.checks.sending import SendingChecks
from tryon_testing.checks.smoke import SmokeChecks
from tryon_testing.checks.told import ToldChecks
from tryon_testing.checks.understood import UnderstoodChecks
from tryon_testing.checks.workflow import FlowChecks, ResumeChecks


class ProviderContract(
    StructureChecks,
    ValidationChecks,
    JudgementChecks,
    FlowChecks,
    FinishedChecks,
    UnderstoodChecks,
    ToldChecks,
    RefusalChecks,
    MoneyChecks,
    FailureChecks,
    LookUpChecks,
    HostileChecks,
    IdentityChecks,
    RedirectChecks,
    SendingChecks,
    ResumeChecks,
    SecrecyChecks,
    SmokeChecks,  # pytest begins with the tests of the last one
):
    """Inherit from it in a class whose name begins with `Test`, and say what to test.

    Only `provider` must be given; see the page "Test a provider". A check that does not apply is
    switched off by setting it to None in the class.
    """
