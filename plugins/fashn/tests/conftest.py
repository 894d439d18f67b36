"""Fixtures of FASHN's tests."""

import base64

import pytest
import requests

import vendor_fixtures as shared
from tryon_fashn.emulator import emulator

KEY = "fa-canary00-0123456789abcdef"  # must not be found anywhere but in the header


@pytest.fixture
def key():
    """The key that must not be found anywhere."""
    return KEY


@pytest.fixture(scope="session")
def data_uri(image):
    """Return a data URI of an image."""

    def make(media_type="image/jpeg", **drawn):
        text = base64.b64encode(image(**drawn)).decode()
        return f"data:{media_type};base64,{text}"

    return make


@pytest.fixture
def service(emulate):
    """Return a function that runs the emulator; gives what calls it as any client would."""

    def run(*faults, **more):
        _, running = emulate(*faults, **more)

        def call(method, path, *, headers=None, **sent):
            given = {"Authorization": f"Bearer {emulator.settings['api_key']}", **(headers or {})}
            url = f"{running.base_url}{path}"
            return requests.request(method, url, headers=given, timeout=10, **sent)

        call.running = running
        return call

    return run


clock, host, image = shared.clock, shared.host, shared.image
emulate = shared.emulating("fashn", emulator)
vendor = shared.playing("fashn", KEY)
