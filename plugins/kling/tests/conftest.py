"""Fixtures of Kling's tests."""

import base64
from contextlib import ExitStack

import pytest
import requests

import vendor_fixtures as shared
from tryon_kling.emulator import emulator
from tryon_testing.emulation import start


@pytest.fixture(scope="session")
def text(image):
    """Return an image as bare Base64."""
    return lambda *args, **more: base64.b64encode(image(*args, **more)).decode()


@pytest.fixture
def service(clock):
    """Return a function that runs the emulator; gives what sends requests to it, as any program."""
    with ExitStack() as opened:

        def run(*faults, job_s=10.0, emulator=emulator, **knobs):
            running = opened.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            session = opened.enter_context(requests.Session())
            session.trust_env = False

            def call(method, path, *, key=running.settings["api_key"], **sent):
                headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
                url = running.base_url + path
                return session.request(method, url, headers=headers, timeout=20, **sent)

            call.running = running
            return call

        yield run


clock, host, image = shared.clock, shared.host, shared.image
emulate = shared.emulating("kling", emulator)
vendor = shared.playing("kling", "canary-0123456789abcdef")
