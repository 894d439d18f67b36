"""The smaller parts of the contract kit."""

import gc
import socket
import subprocess
import sys
import threading
import time
import weakref
from typing import Literal

import attrs
import pytest
import requests

import acme
from tryon_core import (
    Capabilities,
    ImageRules,
    ImageSource,
    Problem,
    ProviderInfo,
    TryOnRequest,
    as_source,
)
from tryon_core.images import check_image, probe
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.checks.hostile import uncollected
from tryon_testing.monitors import forbidding_the_network, noting_sleeps
from tryon_testing.samples import (
    demanded_options,
    edge_case_requests,
    sample_image,
    sample_parse_requests,
    sample_requests,
    with_options_filled,
)
from tryon_testing.wire import OtherOrigin


@attrs.frozen(kw_only=True)
class Options:
    """Options of every kind."""

    model: str = "base"
    coarse: ImageSource | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_source)
    )
    gender: Literal["woman", "man"] | None = None
    seed: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    strength: float = 0.5
    restore: bool = True
    more: tuple[ImageSource, ...] = ()


INFO = ProviderInfo(
    id="kinds",
    name="Kinds",
    options=Options,
    capabilities=Capabilities(garments=[{"top"}, {"top", "bottom"}]),
    models={"pro": Capabilities(garments=[{"dress"}])},
)
TIGHT = ImageRules(formats={"JPEG"}, min_side_px=700, max_side_px=1000, max_bytes=90_000)


def test_there_is_a_sample_for_each_combination_of_each_model():
    asked = [(set(r.garments), r.options.model) for r in sample_requests(INFO)]
    assert asked == [({"bottom", "top"}, "base"), ({"top"}, "base"), ({"dress"}, "pro")]
    assert list(sample_parse_requests(INFO)) == []


def test_parsings_ask_for_all_categories_and_for_each():
    asked = [request.categories for request in sample_parse_requests(acme.INFO)]
    assert asked == [("top", "bottom"), ("top",), ("bottom",)]


@pytest.mark.parametrize("role", ["person", "top", "bottom", "dress"])
def test_samples_keep_the_limits(role):
    source = sample_image(role, TIGHT)
    assert check_image(probe(source, field=role), TIGHT, field=role) == ()


def test_edge_case_requests_try_each_option_at_its_edges():
    tried = [request.options for request in edge_case_requests(INFO)]
    assert {options.gender for options in tried} == {None, "woman", "man"}
    assert min(options.seed for options in tried) == 0  # the class itself refuses negative ones
    assert {options.restore for options in tried} == {True, False}
    assert any(options.strength > 1e9 for options in tried)
    assert any(options.coarse is not None for options in tried)


def test_options_that_a_model_demands_are_filled_in():
    problems = [
        Problem("options.coarse", "give it"),
        Problem("options.gender", "say it"),
        Problem("options.seed", "choose it"),
        Problem("person", "too small"),
        Problem("options.restore", "slow", severity="warning"),
    ]
    assert demanded_options(problems) == ("coarse", "gender", "seed")
    request = next(iter(sample_requests(INFO)))
    filled = with_options_filled(request, demanded_options(problems)).options
    assert (filled.coarse, filled.gender, filled.seed) == (request.person, "woman", 0)


@attrs.frozen
class _Numbers:
    scale: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.gt(5))
    )
    steps: int | None = None
    never: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.gt(1e9))
    )


def test_a_number_that_is_demanded_is_one_that_the_option_takes():
    request = attrs.evolve(next(iter(sample_requests(INFO))), options=_Numbers())
    filled = with_options_filled(request, ("scale", "steps", "never")).options
    assert filled == _Numbers(scale=10.0, steps=1, never=None)


def test_what_is_tried_without_the_network_is_noted_even_when_it_is_swallowed():
    with forbidding_the_network() as tried:
        for attempt in (
            lambda: socket.create_connection(("127.0.0.1", 9)),
            lambda: subprocess.Popen([sys.executable]),
            lambda: time.sleep(1),
        ):
            with pytest.raises(RuntimeError, match="is not allowed here"):
                attempt()
    assert tried == ["socket.create_connection", "subprocess.Popen", "time.sleep"]


def test_other_threads_are_left_alone():
    done = []
    with forbidding_the_network() as tried, noting_sleeps() as slept:
        thread = threading.Thread(target=lambda: done.append(time.sleep(0)))
        thread.start()
        thread.join()
        time.sleep(60)
    assert (done, tried, slept) == ([None], [], ["time.sleep(60)"])


def test_another_origin_keeps_what_came_and_serves_images():
    with OtherOrigin().running() as origin:
        address = origin.show("a.png", b"image")
        assert requests.get(address, timeout=5).content == b"image"
        answer = requests.post(f"{origin.url}/x?q=1", data="body", timeout=5)
        assert answer.status_code == 404
        assert requests.head(address, timeout=5).content == b""
    lines = [visit.line for visit in origin.visits]
    assert lines == ["GET /a.png", "POST /x", "HEAD /a.png"]
    assert "/x?q=1" in origin.visits[1].text
    assert origin.visits[1].text.endswith("body")


def test_requests_of_a_contract_may_be_given():
    request = TryOnRequest(person=sample_image("person", TIGHT), options=acme.Options())

    class Contract(ProviderContract):
        provider = acme.provider

        def requests(self):
            return [attrs.evolve(request, options=acme.Options(seed=-1))]

    with pytest.raises(CheckFailed, match="-1 is negative"):
        Contract().test_validation_accepts_the_sample_requests()


class _Garbage:
    def __init__(self):
        self.itself = self


def test_a_hook_that_reads_a_hostile_body_is_not_interrupted_by_finalizers():
    finished = []
    with uncollected():
        weakref.finalize(_Garbage(), finished.append, "while it reads")
        held = [[] for _ in range(10 * gc.get_threshold()[0])]
        assert not finished
    del held
    assert gc.isenabled()
    gc.collect()
    assert finished
