"""The contract of all providers."""

from tryon_testing import ProviderContract
from tryon_testing.checks.failing_jobs import FailureChecks
from tryon_testing.checks.hostile import HostileChecks, IdentityChecks
from tryon_testing.checks.refusals import RefusalChecks
from tryon_testing.checks.secrecy import RedirectChecks, SecrecyChecks
from tryon_testing.checks.sending import SendingChecks
from tryon_testing.checks.smoke import SmokeChecks
from tryon_testing.checks.understood import UnderstoodChecks
from tryon_testing.checks.workflow import FlowChecks, ResumeChecks

NEW = "virtual-try-on-3.0"


class TestKling(ProviderContract):
    provider = "kling"


class TestLater(
    FlowChecks,
    UnderstoodChecks,
    FailureChecks,
    HostileChecks,
    IdentityChecks,
    ResumeChecks,
    SmokeChecks,
):
    """Virtual Try-On 3.0, whose answers have another form."""

    provider = "kling"

    def requests(self):
        return [each for each in super().requests() if each.options.model == NEW]


class TestWithTokens(RefusalChecks, RedirectChecks, SendingChecks, SecrecyChecks, SmokeChecks):
    """With an access key and its secret in place of an API key."""

    provider = "kling"
    settings = {"api_key": ""}  # noqa: RUF012  (as the contract declares it)

    def requests(self):
        return [each for each in super().requests() if each.options.model != NEW]


class TestKlingCharges(FailureChecks):
    """A service whose failed tasks cost a unit."""

    provider = "kling"
    knobs = {"failed_units": 1}  # noqa: RUF012  (as the contract declares it)
