"""A client that knows nothing of ours: plain HTTP."""

import io

import pytest
import requests

from tryon_ailab.emulator import KEY, emulator
from tryon_ailab.models import PATHS
from tryon_testing.emulation import start

HEADERS = {"ailabapi-api-key": KEY}


class Wire:
    """Speaks to a running emulator as any program may."""

    def __init__(self, running, session):
        self.running = running
        self._session = session

    def submit(self, words, files, *, model="base", headers=HEADERS):
        url = self.running.base_url + PATHS[model]
        return self._session.post(url, data=words, files=files, headers=headers, timeout=5)

    def poll(self, task_id, headers=HEADERS):
        url = f"{self.running.base_url}/api/common/query-async-task-result"
        return self._session.get(url, params={"task_id": task_id}, headers=headers, timeout=5)

    def balance(self, headers=HEADERS):
        url = f"{self.running.base_url}/api/common/query-credits"
        return self._session.get(url, headers=headers, timeout=5)

    def get(self, url):
        return self._session.get(url, timeout=5)

    def post(self, path, **request):
        return self._session.post(self.running.base_url + path, timeout=5, **request)


@pytest.fixture
def emulation(clock):
    """Start emulators that take no time of their own; all are stopped in the end."""
    opened = []

    def begin(*, job_s=10.0, faults=(), **knobs):
        context = start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
        running = context.__enter__()
        session = requests.Session()
        session.trust_env = False
        opened.extend([session.close, lambda: context.__exit__(None, None, None)])
        return Wire(running, session)

    yield begin
    for close in opened:
        close()


@pytest.fixture
def words():
    """The texts of a good submission to the base model."""
    return {"task_type": "async", "clothes_type": "upper_body"}


@pytest.fixture
def files(photo, tee):
    """The images of a good submission to the base model, in the plainest form."""
    return {
        "person_image": ("upload", io.BytesIO(photo).getvalue(), "application/octet-stream"),
        "clothes_image": ("upload", tee, "application/octet-stream"),
    }
