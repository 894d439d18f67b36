"""Whatever is asked of the plugin, and whatever AILabTools answers."""

import attrs

from tryon_core.testing.properties import ProviderProperties

REFINED = {"resolution": None, "restore_face": None, "gender": "woman"}
MADE = {"coarse_image": None, "gender": None}
PLAIN = {**MADE, "resolution": None, "restore_face": None}


def with_options_of_its_model(request):
    """Leave out the options that the model does not know, and give those that it needs."""
    options = request.options
    if options.model == "refiner":
        options = attrs.evolve(options, coarse_image=request.person, **REFINED)
    else:
        options = attrs.evolve(options, **(PLAIN if options.model == "base" else MADE))
    return attrs.evolve(request, options=options)


class TestAilabProperties(ProviderProperties):
    provider = "ailab"
    knobs = {"credit_count": 1e9}  # noqa: RUF012  (as the contract declares it)

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_options_of_its_model)
