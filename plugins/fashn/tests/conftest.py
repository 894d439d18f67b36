"""Fixtures of FASHN's tests."""

import base64
import io
from contextlib import ExitStack

import pytest
import requests
from PIL import Image

from servers import answer, serving
from tryon_core import Client
from tryon_fashn.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start

KEY = "fa-canary00-0123456789abcdef"  # must not be found anywhere but in the header


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch, tmp_path):
    for name in ("FASHN_API_KEY", "FASHN_BASE_URL", "FASHN_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "tryon.toml"
    config.write_text("")
    monkeypatch.setenv("TRYON_CONFIG", str(config))


@pytest.fixture
def key():
    """The key that must not be found anywhere."""
    return KEY


@pytest.fixture(scope="session")
def image():
    """Return an image file of one colour."""

    def draw(size=(120, 160), kind="JPEG"):
        buffer = io.BytesIO()
        Image.new("RGB", size, (200, 80, 60)).save(buffer, kind)
        return buffer.getvalue()

    return draw


@pytest.fixture(scope="session")
def data_uri(image):
    """Return a data URI of an image."""

    def make(media_type="image/jpeg", **drawn):
        text = base64.b64encode(image(**drawn)).decode()
        return f"data:{media_type};base64,{text}"

    return make


@pytest.fixture
def clock():
    """A clock on which nobody waits."""
    return FakeClock()


@pytest.fixture
def host():
    """Return a function that puts a file at an address of this machine."""
    with ExitStack() as opened:

        def put(data, media_type="image/jpeg"):
            reply = answer(200, data, headers={"Content-Type": media_type})
            return opened.enter_context(serving(reply)).url("/image.jpg")

        yield put


@pytest.fixture
def emulate(clock):
    """Return a function that runs the emulator; gives it, and a client that talks to it."""
    with ExitStack() as opened:

        def run(*faults, job_s=10.0, **knobs):
            running = opened.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            client = Client("fashn", clock=clock, **running.settings)
            return opened.enter_context(client), running

        yield run


@pytest.fixture
def vendor(clock):
    """Return a function that plays answers; gives a client, and the server that counts."""
    with ExitStack() as opened:

        def play(*steps, **settings):
            server = opened.enter_context(serving(*steps))
            made = {"api_key": KEY, "base_url": server.url(""), **settings}
            return opened.enter_context(Client("fashn", clock=clock, **made)), server

        yield play


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
