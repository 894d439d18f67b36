"""The kit's check of what the vendor understood: each bad provider is found out."""

import re

import attrs
import pytest

from acme import AcmeProvider
from acme_emulator import emulator as acme_emulator
from loom import FINE, INFO, QUICK, provider as loom
from loom_emulator import INPUTS, Service, emulator as loom_emulator
from tryon_core import hookimpl
from tryon_core.models.provider import one_output
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.emulation import Field
from tryon_testing.harness import vendor_harness
from tryon_testing.variants import variant

UNDERSTOOD = "test_the_vendor_understands_what_was_asked"
UNSENT = "test_every_option_that_is_not_sent_changes_what_is"


def contract(subject, vendor=loom_emulator):
    class Contract(ProviderContract):
        provider = subject
        emulator = vendor

    return Contract()


def with_inputs(**inputs):
    body = {**QUICK.body, "inputs": {**QUICK.body["inputs"], **inputs}}
    return with_routes(quick=attrs.evolve(QUICK, body=body))


def with_routes(**routes):
    return attrs.evolve(loom, submit_route={**loom.submit_route, **routes})


def with_outputs(outputs):
    return attrs.evolve(loom, poll_route=attrs.evolve(loom.poll_route, outputs=outputs))


def _first_garment(request, _):
    return next(iter(request.garments.values()))


class DropsTheSeed(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        plain = attrs.evolve(request, options=attrs.evolve(request.options, seed=None))
        return super().submit(plain, ctx)


class CallsEverythingATop(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        return super().submit(
            attrs.evolve(request, top=_first_garment(request, ctx), dress=None), ctx
        )


FINE_FOR_QUICK = attrs.evolve(FINE, path="models/loom/fine/runs", headers={}, unsent=("samples",))
ONE = attrs.evolve(QUICK, body={**QUICK.body, "count": lambda *_: 1}, unsent=("samples",))
WORDS = {"top": "lower", "bottom": "upper", "dress": "whole"}
CASES = [
    (
        with_routes(quick=attrs.evolve(QUICK, categories=WORDS)),
        "the bottom was understood as 'top'.*vendor's word for its category",
    ),
    (
        with_inputs(person="{garment}", garment="{person}"),
        "the person was understood to be that of the bottom.*field of its role",
    ),
    (
        with_inputs(garment=lambda request, _: request.person),
        "the bottom did not come as a garment; there came that of the person",
    ),
    (
        with_routes(quick=attrs.evolve(QUICK, unsent=("seed",))),
        r"options .*: the option seed=2 did not come \(there came: person.*Send it",
    ),
    (with_routes(quick=ONE), "the option samples=2 was understood as 1"),
    (
        with_routes(fine=attrs.evolve(FINE, headers={}, unsent=("max_wait_s",))),
        "the option max_wait_s=600 did not come",
    ),
    (
        with_routes(quick=FINE_FOR_QUICK),
        "the model 'quick' was understood as 'fine'",
    ),
    (
        with_routes(fine=attrs.evolve(FINE, body={**FINE.body, "wear": [_first_garment]})),
        "garments top, bottom.*the image of the bottom did not come.*there came that of the top",
    ),
    (
        with_outputs(lambda answer: answer.json_object()["data"]["images"][0]["url"]),
        "1 images came, and the vendor made 2. Return all",
    ),
    (
        attrs.evolve(loom, info=attrs.evolve(INFO, count_outputs=one_output)),
        "`count_outputs` says 1 images, and the vendor makes 2. Correct",
    ),
]
CODED = [
    (DropsTheSeed(), "the option seed=2 did not come"),
    (CallsEverythingATop(), "the dress was understood as 'top'"),
]


@pytest.mark.parametrize(
    ("subject", "vendor", "message"),
    [(subject, loom_emulator, message) for subject, message in CASES]
    + [(subject, acme_emulator, message) for subject, message in CODED],
    ids=range(len(CASES) + len(CODED)),
)
def test_a_bad_provider_is_found_out(subject, vendor, message):
    with pytest.raises(CheckFailed) as caught:
        getattr(contract(subject, vendor), UNDERSTOOD)()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)


def test_an_option_that_never_reaches_the_vendor_is_named_by_the_emulator():
    provider = with_routes(quick=attrs.evolve(QUICK, unsent=("seed",)))
    vendor = attrs.evolve(loom_emulator, unsent_options=["seed"])
    getattr(contract(provider, vendor), UNDERSTOOD)()


class Silent(Service):
    def accepted(self, images, understood):
        job = super().accepted(images, understood)
        job.understood = None
        return job


class Joins(Service):
    """Is shown several garments as one image that was made of them."""

    def accepted(self, images, understood):
        if len(images) > 2:
            understood = attrs.evolve(understood, garments=[b"an image of both"])
        return super().accepted(images, understood)


def test_an_emulator_that_says_nothing_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("loom_emulator.Service", Silent)
    with pytest.raises(pytest.skip.Exception, match=r"`understood=Understood\(.*emulator.md"):
        getattr(contract(loom), UNDERSTOOD)()


def _without_seed(row):
    return attrs.evolve(row, unsent=("seed",))


def test_an_option_that_changes_nothing_is_found_out():
    vendor = attrs.evolve(loom_emulator, unsent_options=["seed"])
    nowhere = with_routes(quick=_without_seed(QUICK), fine=_without_seed(FINE))
    with pytest.raises(CheckFailed, match=r"the option seed changes nothing.*Use it, or remove"):
        getattr(contract(nowhere, vendor), UNSENT)()
    getattr(contract(with_routes(quick=_without_seed(QUICK)), vendor), UNSENT)()


class RefusesLate(Service):
    """Takes any field, and says when the job is over that it was wrong."""

    def accepted(self, images, understood):
        job = super().accepted(images, understood)
        is_wrong = understood.options.get("seed") == 2
        job.failure, job.understood = ("bad_field", None) if is_wrong else (None, understood)
        return job


def test_what_is_refused_when_the_job_is_over_is_told(monkeypatch):
    monkeypatch.setattr("loom_emulator.Service", RefusesLate)
    with pytest.raises(CheckFailed, match=r"is FAILED .*bad_field.*seed=2.*Send what the vendor"):
        getattr(contract(loom), UNDERSTOOD)()


def test_a_number_beyond_the_limit_of_the_vendor_is_found_out(monkeypatch):
    monkeypatch.setitem(INPUTS, "seed", Field(kind=int, least=0, most=2**32 - 1))
    with pytest.raises(CheckFailed, match=r"was not served.*seed=9223372036854775808"):
        getattr(contract(loom), UNDERSTOOD)()


def test_several_garments_may_come_as_one_image(monkeypatch):
    monkeypatch.setattr("loom_emulator.Service", Joins)
    getattr(contract(loom), UNDERSTOOD)()


def test_options_have_other_values_each_time():
    with vendor_harness(contract(loom)) as at:
        quick = at.request()
        made = [variant(at, quick, number).options for number in range(4)]
    assert [one.samples for one in made] == [2, 3, 4, 2]
    assert [one.seed for one in made] == [2, 3, 1, 2]
    assert {(one.model, one.max_wait_s) for one in made} == {("quick", None)}
