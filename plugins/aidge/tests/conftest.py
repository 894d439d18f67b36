"""Fixtures of AIDGE's tests."""

import contextlib
import io
import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from PIL import Image

from servers import ScriptedServer, json_answer
from tryon_aidge.emulator import emulator
from tryon_core import Client, UrlSource, hookimpl
from tryon_testing import FakeClock
from tryon_testing.emulation import start

TASK_ID = "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"
KEYS = {"app_key": "512345", "app_secret": "S3cr3tExampleKey0000000000000000"}


@pytest.fixture
def keys():
    """Keys that are obviously fake."""
    return dict(KEYS)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def connect(clock):
    """Make clients that are closed at the end."""
    made = []

    def connect(base_url, *, extensions=(), **settings):
        client = Client(
            "aidge",
            clock=clock,
            extensions=extensions,
            base_url=base_url,
            **{**KEYS, **settings},
        )
        made.append(client)
        return client

    yield connect
    for client in made:
        client.close()


class Vendor(ScriptedServer):
    """Plays one JSON answer after the other and tells what it was sent."""

    def says(self, *bodies, status=200):
        self.play(*(json_answer(body, status) for body in bodies))

    def query(self, index=-1):
        return {name: value for name, (value,) in self._query(index).items()}

    def _query(self, index):
        return parse_qs(urlsplit(self.requests[index].target).query, keep_blank_values=True)

    def path(self, index=-1):
        return urlsplit(self.requests[index].target).path

    def body(self, index=-1):
        received = self.requests[index]
        if received.headers["content-type"].startswith("application/json"):
            return json.loads(received.body)
        return dict(parse_qsl(received.body.decode()))

    def task(self, index=-1):
        """The one task of a submission, opened."""
        (text,) = self.body(index).values()
        (task,) = json.loads(text)
        return task


@pytest.fixture
def vendor():
    with Vendor(json_answer({})) as server:
        yield server


@pytest.fixture
def client(vendor, connect):
    return connect(vendor.url(""))


class Bucket:
    """Publishes nothing, but gives addresses."""

    @hookimpl
    def publish_image(self, image, ctx):
        return UrlSource("https://bucket.example/image")


@pytest.fixture
def publishing(vendor, connect):
    """A client that takes local images."""
    return connect(vendor.url(""), extensions=[Bucket()])


@pytest.fixture(scope="session")
def image():
    """Make image files."""

    def image(size=(320, 480), kind="PNG", colour="teal"):
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, kind)
        return buffer.getvalue()

    return image


@pytest.fixture
def accepted():
    """The documented answer to a submission."""
    return {
        "code": "0",
        "data": {"result": json.dumps({"taskId": TASK_ID})},
        "requestId": "212cd83017085872506144758e3fca",
        "success": "true",
        "resCode": "200",
        "resMessage": "success",
        "request_id": "0ba2887315178178017221014",
    }


@pytest.fixture
def stands():
    """Make the answer to a status question, in shape A."""

    def stands(status, *subs, **more):
        data = {"taskId": TASK_ID, "taskStatus": status, "taskResult": list(subs)}
        envelope = {"code": "0", "requestId": "r-2", "resCode": 200, "success": True}
        return {**envelope, "resMessage": "success", "data": data, **more}

    return stands


@pytest.fixture
def gives():
    """Make a finished sub-task of shape A."""

    def gives(*urls):
        images = [{"imageUrl": url, "clothes": "https://shop.example/a.jpg"} for url in urls]
        return {"taskStatus": "finished", "taskResult": {"result": {"imageList": images}}}

    return gives


@pytest.fixture
def emulate(clock):
    """Run emulators whose time is the client's."""
    with contextlib.ExitStack() as stack:

        def emulate(*faults, job_s=20.0, **knobs):
            return stack.enter_context(
                start(emulator, clock=clock, job_s=job_s, faults=faults, knobs=knobs)
            )

        yield emulate


@pytest.fixture
def show(image):
    """Give images an address of the emulator."""

    def show(running, *arguments, **more):
        return running.ctx.publish(image(*arguments, **more))

    return show
