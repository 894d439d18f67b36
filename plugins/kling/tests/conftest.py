"""Fixtures of Kling's tests."""

import base64
import io
from contextlib import ExitStack

import pytest
import requests
from PIL import Image

from servers import answer, serving
from tryon_core import Client
from tryon_kling.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start


@pytest.fixture(scope="session")
def image():
    """Return an image file of one colour."""

    def draw(size=(300, 400), colour=(200, 80, 60), kind="JPEG"):
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, kind)
        return buffer.getvalue()

    return draw


@pytest.fixture(scope="session")
def text(image):
    """Return an image as bare Base64."""
    return lambda *args, **more: base64.b64encode(image(*args, **more)).decode()


@pytest.fixture
def clock():
    """A clock on which nobody waits."""
    return FakeClock()


@pytest.fixture
def host():
    """Return a function that puts a file, or nothing, at an address of this machine."""
    with ExitStack() as opened:

        def put(data):
            reply = answer(404) if data is None else answer(200, data)
            return opened.enter_context(serving(reply)).url("/image.jpg")

        yield put


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


@pytest.fixture
def emulate(clock):
    """Return a function that runs the emulator; gives a client that talks to it, and it."""
    with ExitStack() as opened:

        def run(*faults, job_s=10.0, settings=None, **knobs):
            running = opened.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            made = {**running.settings, **(settings or {})}
            return opened.enter_context(Client("kling", clock=clock, **made)), running

        yield run


@pytest.fixture
def vendor(clock):
    """Return a function that plays answers; gives a client, and the server that counts."""
    with ExitStack() as opened:

        def play(*steps, **settings):
            server = opened.enter_context(serving(*steps))
            made = {"api_key": "canary-0123456789abcdef", "base_url": server.url("").rstrip("/")}
            client = Client("kling", clock=clock, **{**made, **settings})
            return opened.enter_context(client), server

        yield play
