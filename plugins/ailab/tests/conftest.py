"""Fixtures of AILabTools' tests."""

import io
import random

import pytest
from PIL import Image

from tryon_ailab.emulator import emulator
from tryon_core import Client, TransportPolicy
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import start


def _draw(size=(240, 320), kind="JPEG", seed=0):
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)  # noqa: S311  (no secret)
    buffer = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def draw():
    """Make an image of noise, which every model takes by default."""
    return _draw


@pytest.fixture(scope="session")
def photo():
    """A photo of a person."""
    return _draw(seed=1)


@pytest.fixture(scope="session")
def tee():
    """A garment."""
    return _draw(seed=2)


@pytest.fixture(scope="session")
def jeans():
    """Another garment."""
    return _draw(kind="PNG", seed=3)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def emulate(clock):
    """Run the emulator with a client on the same clock: `with emulate(knobs={...}) as (emulator,
    client)`."""
    return _Emulation(clock)


class _Emulation:
    def __init__(self, clock):
        self._clock = clock

    def __call__(self, *, knobs=None, faults=(), job_s=12.0, **settings):
        self._start = start(emulator, clock=self._clock, job_s=job_s, faults=faults, knobs=knobs)
        self._settings = settings
        return self

    def __enter__(self):
        running = self._start.__enter__()
        settings = {**running.settings, **self._settings}
        # Images given by address lie on this machine here.
        policy = TransportPolicy(allow_private_addresses=True)
        self._client = Client("ailab", clock=self._clock, transport=policy, **settings)
        return running, self._client

    def __exit__(self, *error):
        self._client.close()
        self._start.__exit__(*error)
