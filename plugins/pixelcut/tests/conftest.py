"""Fixtures of Pixelcut's tests."""

import io
from contextlib import ExitStack

import pytest
from PIL import Image

from servers import answer, serving
from tryon_core import Client
from tryon_pixelcut.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start

KEY = "sk_canary_0123456789abcdef"  # must not be found anywhere but in the header


@pytest.fixture
def key():
    """The key that must not be found anywhere."""
    return KEY


@pytest.fixture(scope="session")
def image():
    """Return an image file of one colour."""

    def draw(size=(300, 400), colour=(200, 80, 60), kind="JPEG"):
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, kind)
        return buffer.getvalue()

    return draw


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
def emulate(clock):
    """Return a function that runs the emulator; gives it, and a client that talks to it."""
    with ExitStack() as opened:

        def run(*faults, job_s=10.0, settings=None, **knobs):
            running = opened.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            made = {**running.settings, **(settings or {})}
            return opened.enter_context(Client("pixelcut", clock=clock, **made)), running

        yield run


@pytest.fixture
def vendor(clock):
    """Return a function that plays answers; gives a client, and the server that counts."""
    with ExitStack() as opened:

        def play(*steps, **settings):
            server = opened.enter_context(serving(*steps))
            made = {"api_key": KEY, "base_url": server.url("").rstrip("/"), **settings}
            client = opened.enter_context(Client("pixelcut", clock=clock, **made))
            return client, server

        yield play
