"""Fixtures of fal's tests."""

import pytest
import requests

import vendor_fixtures as shared
from tryon_fal.emulator import emulator

KEY = "11111111-1111-4111-8111-111111111111:ca9a0123456789abcdefca9a01234567"


@pytest.fixture
def key():
    """The key that must not be found anywhere but in the header."""
    return KEY


@pytest.fixture
def service(emulate):
    """Return a function that runs the emulator and gives a way to call it, without our client."""

    def run(*faults, **knobs):
        _, running = emulate(*faults, **knobs)
        session = requests.Session()
        session.trust_env = False
        key = {"Authorization": f"Key {running.settings['api_key']}"}

        def call(method, path, headers=key, **arguments):
            url = path if path.startswith("http") else running.base_url + path
            with session:
                return session.request(method, url, timeout=10, headers=headers, **arguments)

        call.running = running
        return call

    return run


clock, host, image = shared.clock, shared.host, shared.image
emulate = shared.emulating("fal", emulator)
vendor = shared.playing("fal", KEY, addresses=("base_url", "storage_url", "account_url"))
