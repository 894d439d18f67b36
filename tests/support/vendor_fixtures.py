"""Fixtures that the tests of most vendors need; a `conftest.py` imports them and makes its own."""

import io
from contextlib import ExitStack

import pytest
from PIL import Image

from servers import answer, serving
from tryon_core import Client
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


@pytest.fixture
def clock():
    """A clock on which nobody waits."""
    return FakeClock()


@pytest.fixture
def host():
    """Return a function that puts a file, or nothing, at an address of this machine."""
    with ExitStack() as opened:

        def put(data, media_type="image/jpeg"):
            headers = {"Content-Type": media_type}
            reply = answer(404) if data is None else answer(200, data, headers=headers)
            return opened.enter_context(serving(reply)).url("/image.jpg")

        yield put


def emulating(provider, emulator):
    """Return the fixture `emulate`.

    Args:
        provider: id of the provider.
        emulator: its vendor's.
    """

    @pytest.fixture
    def emulate(clock):
        """Return a function that runs the emulator; gives a client that talks to it, and it."""
        with ExitStack() as opened:

            def run(*faults, job_s=10.0, settings=None, **knobs):
                running = opened.enter_context(
                    start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
                )
                made = {**running.settings, **(settings or {})}
                return opened.enter_context(Client(provider, clock=clock, **made)), running

            yield run

    return emulate


def playing(provider, key, addresses=("base_url",)):
    """Return the fixture `vendor`.

    Args:
        provider: id of the provider.
        key: its key.
        addresses: the settings that become the address of the server.
    """

    @pytest.fixture
    def vendor(clock):
        """Return a function that plays answers; gives a client, and the server that counts."""
        with ExitStack() as opened:

            def play(*steps, **settings):
                server = opened.enter_context(serving(*steps))
                places = dict.fromkeys(addresses, server.url(""))
                made = {"api_key": key, **places, **settings}
                return opened.enter_context(Client(provider, clock=clock, **made)), server

            yield play

    return vendor
