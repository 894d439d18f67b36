"""Whatever is asked of the plugin, and whatever fal answers."""

import attrs
from hypothesis import strategies as st

from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest

FLUX = "fal-ai/flux-2-lora-gallery/virtual-tryon"
KOLORS = "fal-ai/kling/v1-5/kolors-virtual-try-on"


def with_a_prompt_where_it_is_needed(request):
    own = request.options
    prompt = (own.prompt or "Dress the person.") if own.model == FLUX else None
    return attrs.evolve(request, options=attrs.evolve(own, prompt=prompt))


def an_option_of_another_model(request):
    wrong = {"mode": "quality"} if request.options.model == KOLORS else {"preserve_pose": True}
    ((name, value),) = wrong.items()
    why = f"{name}={value} with {request.options.model}"
    return InvalidRequest.of(request, field=f"options.{name}", why=why, options=wrong)


def is_not_of_apps(request):
    return request.options.model != "fal-ai/image-apps-v2/virtual-try-on"


class TestFalProperties(ProviderProperties):
    provider = "fal"
    knobs = {"balance": 10.0**9}  # noqa: RUF012  (as the contract declares it)
    # A text that is empty is none for the vendor.
    options = {"prompt": st.none() | st.just("Dress the person.")}  # noqa: RUF012

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_a_prompt_where_it_is_needed)

    def invalid_requests(self):
        others = self.valid_requests().filter(is_not_of_apps).map(an_option_of_another_model)
        return super().invalid_requests() | others


class TestOtherReading(TestFalProperties):
    """Where the documents differ, the vendor is as strict and as odd as it may be."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "addresses": "suffix_405",
        "balance": 10.0**9,
        "cancel_answer": "OK",
        "cancelled_running": "stops",
        "failed_units": "untold",
        "failure_told": True,
        "unfinished_status": 200,
    }
