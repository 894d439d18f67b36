"""Fixtures: images, an emulator with its client, and a client of a scripted server."""

import contextlib
import io
import random

import pytest
import requests
from PIL import Image

from tryon_core import Client
from tryon_dashscope.emulator import emulator
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import start

CANARY = "sk-canary-7f3a9c2e5b8d4016"


def noise(size=(200, 260), kind="PNG", seed=0):
    """Return an image with so much detail that it is more than 5 KB, whatever the format."""
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)  # noqa: S311  (images)
    buffer = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def make_image():
    """Make an image of a size, kind and seed."""
    return noise


@pytest.fixture(scope="session")
def person():
    return noise(seed=1)


@pytest.fixture(scope="session")
def top():
    return noise(seed=2, kind="JPEG")


@pytest.fixture(scope="session")
def bottom():
    return noise(seed=3)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def open_emulator(clock):
    """Run an emulator with knobs and faults; gives it and a client of it, both on one clock."""
    with contextlib.ExitStack() as stack:

        def open_it(*faults, job_s=20.0, settings=None, **knobs):
            running = stack.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )
            chosen = {**running.settings, **(settings or {})}
            return running, stack.enter_context(Client("dashscope", clock=clock, **chosen))

        yield open_it


@pytest.fixture
def scripted(clock):
    """Return a client of a scripted server, with a key that must never be seen anywhere."""
    with contextlib.ExitStack() as stack:

        def client_of(server, **settings):
            chosen = {"base_url": server.url("/api/v1"), "api_key": CANARY, **settings}
            return stack.enter_context(Client("dashscope", clock=clock, **chosen))

        yield client_of


@pytest.fixture
def canary():
    return CANARY


@pytest.fixture
def call(open_emulator):
    """Return a function that sends requests to an emulator as any client may."""

    def open_it(*faults, **knobs):
        running, _ = open_emulator(*faults, **knobs)
        return Caller(running)

    return open_it


class Caller:
    """Sends requests as any HTTP client may: nothing of the plugin is used."""

    def __init__(self, running):
        self.running = running
        self.key = running.settings["api_key"]

    def address(self, path):
        return path if path.startswith("http") else self.running.base_url + path

    def send(self, method, path, *, key="", headers=None, **more):
        chosen = {"Authorization": f"Bearer {key or self.key}", **(headers or {})}
        kept = {name: value for name, value in chosen.items() if value is not None}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.address(path), headers=kept, timeout=10, **more)

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, **more):
        return self.send("POST", path, **more)

    def submit(self, given, parameters=None, *, model="aitryon-plus", headers=None, **more):
        body = {"model": model, "input": given, "parameters": parameters or {}}
        chosen = {"X-DashScope-Async": "enable", **(headers or {})}
        return self.post(SUBMIT, json=body, headers=chosen, **more)

    def parse(self, url, kinds=None, **more):
        parameters = {} if kinds is None else {"clothes_type": kinds}
        body = {"model": "aitryon-parsing-v1", "input": {"image_url": url}}
        return self.post(PARSE, json={**body, "parameters": parameters}, **more)

    def images(self, **images):
        return {f"{name}_url": self.running.ctx.publish(data) for name, data in images.items()}


SUBMIT = "/services/aigc/image2image/image-synthesis"
PARSE = "/services/vision/image-process/process"
