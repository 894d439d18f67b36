"""Whatever is asked of the plugin, and whatever DashScope answers."""

import attrs
from hypothesis import strategies as st

from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest

REFINED = {"resolution": -1, "restore_face": True, "gender": "woman"}


def with_options_of_its_model(request):
    """Leave out the options that the model does not know, and give those that it needs."""
    options = request.options
    if options.model == "aitryon-refiner":
        options = attrs.evolve(options, coarse_image=request.person, **REFINED)
    else:
        options = attrs.evolve(options, coarse_image=None, gender=None)
    return attrs.evolve(request, options=options)


def violations_of_the_model(request):
    """Leave out what the model needs, or give what it does not know."""
    is_refiner = request.options.model == "aitryon-refiner"
    wrong = {"coarse": None, "gender": None} if is_refiner else {"gender": "man"}
    return st.sampled_from(
        [
            InvalidRequest.of(
                request,
                field=f"options.{name}",
                why=f"{name}={value} with {request.options.model}",
                options={name: value},
            )
            for name, value in wrong.items()
        ]
    )


class TestDashScopeProperties(ProviderProperties):
    provider = "dashscope"

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_options_of_its_model)

    def invalid_requests(self):
        return super().invalid_requests() | self.valid_requests().flatmap(violations_of_the_model)


class TestOtherReading(TestDashScopeProperties):
    """Where the documents are silent, the vendor is as strict and as odd as it may be."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "image_errors": "submit",
        "image_url": "list",
        "lag": 1,
        "mask_size": "box",
        "parameters": "required",
        "parse_errors": "nested",
        "states": "suspended",
        "unknown_fields": "refuse",
        "worn": "dress",
    }
