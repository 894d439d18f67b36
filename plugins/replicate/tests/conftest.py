"""Fixtures of Replicate's tests."""

import io
from contextlib import ExitStack

import pytest
from PIL import Image

from servers import serving
from tryon_core import Client
from tryon_replicate.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start

KEY = "r8_canary_0123456789abcdef"  # must not be found anywhere but in the header


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch):
    for name in ("REPLICATE_API_TOKEN",):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def image():
    """Return an image file of one colour."""

    def draw(colour=(200, 80, 60), size=(300, 400), kind="JPEG"):
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, kind)
        return buffer.getvalue()

    return draw


@pytest.fixture
def clock():
    """A clock on which nobody waits."""
    return FakeClock()


@pytest.fixture
def emulate(clock):
    """Return a function that runs the emulator; gives it, and a client that talks to it."""
    with ExitStack() as opened:

        def run(*faults, job_s=10.0, **knobs):
            running = opened.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            client = Client("replicate", clock=clock, **running.settings)
            return opened.enter_context(client), running

        yield run


@pytest.fixture
def vendor(clock):
    """Return a function that plays answers; gives a client, and the server that counts."""
    with ExitStack() as opened:

        def play(*steps):
            server = opened.enter_context(serving(*steps))
            made = {"api_key": KEY, "base_url": server.url("").rstrip("/")}
            return opened.enter_context(Client("replicate", clock=clock, **made)), server

        yield play
