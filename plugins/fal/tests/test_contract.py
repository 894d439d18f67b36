"""The contract of all providers."""

import attrs

from tryon_testing import ProviderContract
from tryon_testing.checks.failing_jobs import FailureChecks
from tryon_testing.checks.told import ToldChecks

FLUX = "fal-ai/flux-2-lora-gallery/virtual-tryon"


class TestFal(ProviderContract):
    provider = "fal"

    def requests(self):
        """Give the FLUX gallery the prompt that it cannot do without."""
        for request in ProviderContract.requests(self):
            own = request.options
            prompt = "Dress the person." if own.model == FLUX else None
            yield attrs.evolve(request, options=attrs.evolve(own, prompt=prompt))


class TestFalOtherwise(ToldChecks):
    """A queue that only takes note of a stop, in a word that says less."""

    provider = "fal"
    knobs = {"cancel_answer": "OK"}  # noqa: RUF012  (as the contract has it)
    requests = TestFal.requests


class TestFalCharges(FailureChecks):
    """A queue whose failed jobs cost a unit, and do not say so."""

    provider = "fal"
    knobs = {"failed_units": "untold"}  # noqa: RUF012  (as the contract has it)
    requests = TestFal.requests
