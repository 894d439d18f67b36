"""The contract of all providers."""

import attrs

from tryon_replicate.emulator.catalogue import OLDER
from tryon_testing import ProviderContract
from tryon_testing.checks.look_up import LookUpChecks


class TestReplicate(ProviderContract):
    provider = "replicate"

    def requests(self):
        """Ask for an older version, too, whose id the kit cannot make up."""
        found = list(super().requests())
        older = attrs.evolve(found[-1].options, version=OLDER)
        return [*found, attrs.evolve(found[-1], options=older)]


class TestSeveralPages(LookUpChecks):
    """A list of predictions that goes on, on another page."""

    provider = "replicate"
    knobs = {"page_size": 1}  # noqa: RUF012  (as the contract has it)
