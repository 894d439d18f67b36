"""A real server of S3 on loopback, one for each test module, with a bucket for each test."""

import itertools

import boto3
import botocore.session
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from command_line import tryon  # noqa: F401  (a fixture)
from tryon_aidge.emulator import emulator
from tryon_testing import FakeClock
from tryon_testing.emulation import start

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def endpoint():
    """Address of the server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True, scope="session")
def _descriptions():
    """Read the description of the service once, not for each client: that takes 0.1 s."""
    loader = botocore.session.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda *_: loader)
        yield


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    """Keys that are obviously fake; nobody looks for those of a machine in the cloud."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOBVIOUSLYFAKE000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "obviously-fake-secret-0000000000000000")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def service(endpoint):
    """A client of the server, beside the extension."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIAOBVIOUSLYFAKE000",
        aws_secret_access_key="obviously-fake-secret-0000000000000000",
    )


class Fittings:
    """A bucket that is looked at from outside."""

    def __init__(self, service, endpoint, name):
        self.name, self.service, self.endpoint = name, service, endpoint
        service.create_bucket(Bucket=name)

    @property
    def keys(self):
        """Names of the objects that are there."""
        found = self.service.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [entry["Key"] for entry in found]

    @property
    def settings(self):
        """Settings of the extension."""
        return {"bucket": self.name, "endpoint_url": self.endpoint}


@pytest.fixture
def bucket(service, endpoint):
    """A new bucket."""
    return Fittings(service, endpoint, f"fittings-{next(_NUMBERS)}")


@pytest.fixture
def clock(monkeypatch):
    """A clock on which nobody waits, for the commands too."""
    clock = FakeClock()
    monkeypatch.setattr("tryon_core.client.SystemClock", lambda: clock)
    monkeypatch.setattr("tryon_batch.cli.plan.SystemClock", lambda: clock)
    return clock


@pytest.fixture
def aidge(clock, monkeypatch, bucket, tmp_path):
    """Run the emulator, with all that the commands need; the folder has a photo and a garment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")
    Image.new("RGB", (400, 600), "tan").save("p.jpg")
    Image.new("RGB", (300, 300), "teal").save("t.png")
    # Worker processes sign with the time of this machine.
    knobs = {"timestamp_window_s": 1e10}
    with start(emulator, clock=clock, job_s=20.0, knobs=knobs) as running:
        monkeypatch.setenv("TRYON_AIDGE_BASE_URL", running.base_url)
        for name, value in emulator.settings.items():
            monkeypatch.setenv(f"TRYON_AIDGE_{name.upper()}", value)
        for name, value in bucket.settings.items():
            monkeypatch.setenv(f"TRYON_EXTENSION_S3_{name.upper()}", value)
        yield running
