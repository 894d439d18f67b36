"""The contract of all providers."""

import attrs

from tryon_testing import ProviderContract

FLUX = "fal-ai/flux-2-lora-gallery/virtual-tryon"


class TestFal(ProviderContract):
    provider = "fal"

    def requests(self):
        """Give the FLUX gallery the prompt that it cannot do without."""
        for request in super().requests():
            own = request.options
            prompt = "Dress the person." if own.model == FLUX else None
            yield attrs.evolve(request, options=attrs.evolve(own, prompt=prompt))
