"""Fixtures: pictures, an emulator with its client, and a client of a scripted server."""

import contextlib
import io
import random

import pytest
from PIL import Image

from clocks import FakeClock
from tryon_core import Client
from tryon_core.emulation import start
from tryon_dashscope.emulator import emulator

CANARY = "sk-canary-7f3a9c2e5b8d4016"


def noise(size=(200, 260), kind="PNG", seed=0):
    """Return a picture with so much detail that it is more than 5 KB, whatever the format."""
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)  # noqa: S311  (pictures)
    buffer = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def make_picture():
    """Make a picture of a size, kind and seed."""
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
