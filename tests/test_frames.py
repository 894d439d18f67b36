"""How far a paid request travels inside of our code: a reader has to follow it by hand."""

import sys
from collections import Counter
from pathlib import Path

import pytest
import requests
import requests.adapters

import acme
import tryon_core
from tryon_core import Client, errors
from tryon_testing.samples import sample_image

OURS = (str(Path(tryon_core.__file__).parent), acme.__file__)


@pytest.fixture(scope="module")
def way():
    """The functions of ours from `Client.try_on` to the `send` of requests, outermost first."""
    found = []

    def send(*_: object, **__: object):
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(OURS):
                found.append(frame.f_code.co_name)
            frame = frame.f_back
        raise requests.ConnectionError

    person, top = sample_image("person", acme.RULES), sample_image("top", acme.RULES)
    settings = {"api_key": "obviously-fake", "base_url": "http://127.0.0.1:9"}
    with (
        pytest.MonkeyPatch.context() as patch,
        Client(acme.AcmeProvider(), config={}, **settings) as client,
    ):
        patch.setattr(requests.adapters.HTTPAdapter, "send", send)
        with pytest.raises(errors.NotSent):
            client.try_on(person, top=top)
    return found[::-1][: found[::-1].index("exchange_once") + 1]


def test_a_paid_request_is_at_most_twelve_functions_away(way):
    assert way[0] == "try_on"
    assert len(way) <= 12, way


def test_below_the_hook_it_is_at_most_five(way):
    assert len(way[way.index("post") :]) <= 5, way


def test_no_two_functions_on_the_way_have_one_name_but_those_of_the_hook(way):
    assert {name for name, count in Counter(way).items() if count > 1} <= {"submit"}, way
