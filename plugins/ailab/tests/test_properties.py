"""Whatever is asked of the plugin, and whatever AILabTools answers."""

import attrs
from hypothesis import strategies as st

from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest

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


def violations_of_the_model(request):
    """Leave out what the model needs, or give what it does not know."""
    is_refiner = request.options.model == "refiner"
    wrong = {"coarse_image": None, "gender": None} if is_refiner else {"gender": "man"}
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


class TestAilabProperties(ProviderProperties):
    provider = "ailab"
    knobs = {"credit_count": 1e9}  # noqa: RUF012  (as the contract declares it)

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_options_of_its_model)

    def invalid_requests(self):
        return super().invalid_requests() | self.valid_requests().flatmap(violations_of_the_model)


class TestOtherReading(TestAilabProperties):
    """Where the documents differ, the vendor is as strict and as odd as it may be."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "booleans": "lower",
        "credit_count": 1e9,
        "early_data": "missing",
        "envelope": "E3",
        "failure_mode": "C",
        "image_checks": "submit",
        "poll_ids": False,
        "size_codes": "precise",
        "unknown_fields": "refuse",
    }
