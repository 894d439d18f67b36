"""Documented exchanges of real vendors: right providers pass, and planted mistakes are found.

No emulator takes part: what is known of the vendors here is what their documents say.
"""

import base64
import re
from pathlib import Path

import attrs
import pytest

from tryon_core import JobState, errors, hookimpl
from tryon_core.registry import REGISTRY
from tryon_fashn.provider import FashnProvider, provider as fashn
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.unchecked import take_unchecked

PLUGINS = Path(__file__).parents[2] / "plugins"
SENT, UNDERSTOOD = "every_sample_request_gives_images", "the_vendor_understands_what_was_asked"
FAILED, REFUSED = (
    "a_failed_job_ends_as_its_code_says",
    "every_documented_error_comes_out_as_declared",
)
STATES, KEY = "a_job_is_followed_until_it_is_final", "a_wrong_key_is_refused_in_our_words"
LOST = "a_lost_answer_is_one_request_and_an_unknown_outcome"
CHECKS = [
    SENT, UNDERSTOOD, FAILED, REFUSED, STATES, KEY, LOST, "files_bytes_and_addresses_are_taken",
    "an_unknown_job_is_not_found", "a_refused_poll_is_no_progress",
]  # fmt: skip


def _contract(subject, vendor):
    path = PLUGINS / vendor / "tests" / "exchanges.yaml"
    return type("Contract", (ProviderContract,), {"provider": subject, "exchanges": path})()


@pytest.mark.parametrize("vendor", ["fal", "fashn", "pixelcut", "replicate"])
def test_a_provider_keeps_the_contract_by_the_documents_of_its_vendor(vendor):
    contract = _contract(REGISTRY.load(vendor).provider, vendor)
    for check in CHECKS:
        getattr(contract, f"test_{check}")()
    take_unchecked()


def test_what_the_documents_do_not_show_is_listed():
    contract = _contract(REGISTRY.load("fal").provider, "fal")
    take_unchecked()
    contract.test_every_sample_request_gives_images()
    assert "no entry is about the model 'fal-ai/cat-vton': add a submit, or `model:` to one" in (
        take_unchecked()
    )


def _fashn(kind=FashnProvider, **changes):
    parts = {name: getattr(fashn, name) for name in attrs.fields_dict(FashnProvider)}
    return kind(**{**parts, **changes})


def _bodies(change):
    routes = fashn.submit_route
    return {
        name: attrs.evolve(route, body={**route.body, "inputs": change(dict(route.body["inputs"]))})
        for name, route in routes.items()
    }


def _renamed(inputs):
    return {"person_image" if key == "model_image" else key: it for key, it in inputs.items()}


def _swapped(inputs):
    other = {"{person}": "{garment}", "{garment}": "{person}"}
    return {key: other.get(value, value) for key, value in inputs.items()}


def _categories(route):
    return attrs.evolve(route, categories={**route.categories, "bottom": "tops"})


def _polled(change):
    """Return a provider whose updates are changed."""

    class Mistaken(FashnProvider):
        @hookimpl
        def poll(self, job, ctx):
            return change(super().poll(job, ctx))

    return _fashn(Mistaken)


def _submitted(change):
    """Return a provider whose way to submit is changed."""

    class Mistaken(FashnProvider):
        @hookimpl
        def submit(self, request, ctx):
            return change(super().submit, request, ctx)

    return _fashn(Mistaken)


def _again(submit, request, ctx):
    try:
        return submit(request, ctx)
    except errors.OutcomeUnknown:
        return submit(request, ctx)


def _with_key(submit, request, ctx):
    # The core hides a key that it can read; one that is encoded shows.
    key = base64.b64encode(f"{ctx.settings.text('api_key')}:".encode()).decode()
    return attrs.evolve(submit(request, ctx), data={"auth": key})


def _without_reason(submit, request, ctx):
    try:
        return submit(request, ctx)
    except errors.InputRefused as error:
        raise errors.InputRefused("refused") from error


def _failing(update):
    return update if update.failure is None else attrs.evolve(update, failure=None)


def _coded(update):
    failure = update.failure
    return (
        update
        if failure is None
        else attrs.evolve(update, failure=attrs.evolve(failure, code="", message="It failed."))
    )


def _known(update):
    is_unknown = update.state is JobState.UNKNOWN
    return attrs.evolve(update, state=JobState.RUNNING) if is_unknown else update


def _first(update):
    result = update.result
    return (
        update
        if result is None
        else attrs.evolve(update, result=attrs.evolve(result, images=result.images[:1]))
    )


def _states(**changes):
    route = fashn.poll_route
    return _fashn(poll_route=attrs.evolve(route, states={**route.states, **changes}))


def _info(**changes):
    return _fashn(info=attrs.evolve(fashn.info, **changes))


MISTAKES = {
    "wrong header": (
        lambda: _info(headers={"X-API-Key": "{api_key}"}), SENT,
        "the header Authorization: Bearer .api_key, the provider sends it in the header x-api-key",
    ),
    "wrong word before the key": (
        lambda: _info(headers={"Authorization": "Key {api_key}"}), SENT, "the header Authorization",
    ),
    "wrong field": (
        lambda: _fashn(submit_route=_bodies(_renamed)), SENT,
        "the exchange says inputs.model_image, the provider sends inputs.person_image",
    ),
    "bare base64": (
        lambda: _fashn(submit_route={
            name: attrs.evolve(it, local_images="base64")
            for name, it in fashn.submit_route.items()
        }), SENT, "inputs.model_image: no image .expected data_uri or url",
    ),
    "unknown status is running": (
        lambda: _polled(_known), "an_unknown_state_is_unknown", "never said UNKNOWN|said RUNNING",
    ),
    "a state is forgotten": (
        lambda: _states(in_queue=JobState.UNKNOWN), STATES, "UNKNOWN .in_queue",
    ),
    "sent again after a lost answer": (lambda: _submitted(_again), LOST, "2 paid"),
    "failed without a reason": (lambda: _polled(_failing), FAILED, "gave no `failure`|no reason"),
    "the code of a failed job is lost": (lambda: _polled(_coded), FAILED, "code"),
    "failed is running": (
        lambda: _states(failed=JobState.RUNNING), FAILED, "said RUNNING",
    ),
    "key in the token": (
        lambda: _submitted(_with_key), "no_key_shows_in_texts_and_tokens", r"Job\.data",
    ),
    "wrong category": (
        lambda: _fashn(submit_route={
            name: _categories(it) for name, it in fashn.submit_route.items()
        }), UNDERSTOOD, "the bottom was understood as 'top'",
    ),
    "error body forgotten": (lambda: _submitted(_without_reason), REFUSED, "vendor_code is None"),
    "images swapped": (
        lambda: _fashn(submit_route=_bodies(_swapped)), UNDERSTOOD, "the image of the person was",
    ),
    "only the first of the paid images": (lambda: _polled(_first), UNDERSTOOD, "1 images came"),
    "images are not counted": (
        lambda: _info(count_outputs=lambda _: 1), UNDERSTOOD, "`count_outputs` says 1",
    ),
    "an option is not sent": (
        lambda: _fashn(submit_route={
            name: attrs.evolve(it, unsent=("seed",)) for name, it in fashn.submit_route.items()
        }), UNDERSTOOD, "the option seed=.* did not come",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found_by_the_documents_alone(name):
    make, check, message = MISTAKES[name]
    contract = _contract(make(), "fashn")
    with pytest.raises(CheckFailed) as caught:
        getattr(contract, f"test_{check}")()
    take_unchecked()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)
