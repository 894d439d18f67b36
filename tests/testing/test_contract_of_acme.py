"""The contract holds for a well-behaved provider."""

from acme import provider as acme
from tryon_core.testing.structure import StructureChecks
from tryon_core.testing.validation import ValidationChecks


class TestAcme(StructureChecks, ValidationChecks):
    provider = acme


class TestInstalled(StructureChecks, ValidationChecks):
    provider = "local"
