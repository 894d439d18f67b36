"""Fixtures of fal's tests."""

import io
from contextlib import ExitStack

import pytest
import requests
from PIL import Image

from servers import answer, serving
from tryon_core import Client
from tryon_fal.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start

KEY = "11111111-1111-4111-8111-111111111111:ca9a0123456789abcdefca9a01234567"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("FAL_KEY", raising=False)
    config = tmp_path / "tryon.toml"
    config.write_text("")
    monkeypatch.setenv("TRYON_CONFIG", str(config))


@pytest.fixture
def key():
    """The key that must not be found anywhere but in the header."""
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
            return opened.enter_context(Client("fal", clock=clock, **made)), running

        yield run


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


@pytest.fixture
def vendor(clock):
    """Return a function that plays answers; gives a client, and the server that counts."""
    with ExitStack() as opened:

        def play(*steps, **settings):
            server = opened.enter_context(serving(*steps))
            address = server.url("").rstrip("/")
            places = {"base_url": address, "storage_url": address, "account_url": address}
            made = {"api_key": KEY, **places, **settings}
            client = opened.enter_context(Client("fal", clock=clock, **made))
            return client, server

        yield play
