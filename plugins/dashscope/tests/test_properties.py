"""Whatever is asked of the plugin, and whatever DashScope answers."""

import attrs

from tryon_core.testing.properties import ProviderProperties

REFINED = {"resolution": -1, "restore_face": True, "gender": "woman"}


def with_options_of_its_model(request):
    """Leave out the options that the model does not know, and give those that it needs."""
    options = request.options
    if options.model == "aitryon-refiner":
        options = attrs.evolve(options, coarse_image=request.person, **REFINED)
    else:
        options = attrs.evolve(options, coarse_image=None, gender=None)
    return attrs.evolve(request, options=options)


class TestDashScopeProperties(ProviderProperties):
    provider = "dashscope"

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_options_of_its_model)


class TestOtherReading(TestDashScopeProperties):
    """Where the documents are silent, the vendor is as strict and as odd as it may be."""

    knobs = {  # noqa: RUF012  (as the contract declares it)
        "image_errors": "submit",
        "image_url": "list",
        "kilobyte": 1000,
        "lag": 2,
        "mask_size": "box",
        "parameters": "required",
        "parse_errors": "nested",
        "states": "suspended",
        "unknown_fields": "refuse",
        "worn": "dress",
    }
