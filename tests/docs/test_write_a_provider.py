"""The how-to's plugin runs as it stands there, against a server on loopback."""

import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from tryon_core import Client, errors

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-provider.md"
KEY = "sk_obviously_fake"


def _picture(fmt="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "teal").save(buffer, fmt)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def provider():
    text = PAGE.read_text(encoding="utf-8")
    code = re.search(r"<!-- acme.py -->\s+```python\n(.*?)```", text, re.DOTALL)[1]
    namespace = {"__name__": "acme"}
    exec(compile(code, str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace["provider"]


class Acme(BaseHTTPRequestHandler):
    """Implements the invented vendor: a task is queued, then done."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self._answer(401, {"code": "bad_key", "message": "who are you"})
        else:
            self._answer(200, {"task_id": "t1", "extra": "ignored"})

    def do_GET(self):
        if self.path == "/result.jpg":
            self._answer(200, _picture())
        elif self.path != "/tasks/t1":
            self._answer(404, {"code": "gone"})
        elif self.server.polls.append(1) or len(self.server.polls) < 2:
            self._answer(200, {"status": "queued"})
        else:
            url = f"http://127.0.0.1:{self.server.server_port}/result.jpg"
            self._answer(200, {"status": "done", "image_url": url})

    def _answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    server.bodies, server.polls = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class NoWait:
    """A clock on which waiting takes no time."""

    def __init__(self):
        from tryon_core.clock import SystemClock

        self._real = SystemClock()
        self.now, self.monotonic = self._real.now, self._real.monotonic

    def sleep(self, seconds):
        pass


def _client(provider, server, key=KEY):
    return Client(
        provider,
        clock=NoWait(),
        api_key=key,
        base_url=f"http://127.0.0.1:{server.server_port}",
    )


def test_the_plugin_of_the_page_dresses_a_person(provider, server):
    with _client(provider, server) as client:
        result = client.try_on(_picture(), top=_picture("PNG"), options={"seed": "7"})
    assert result.image.data == _picture()
    (body,) = server.bodies
    assert b'name="kind"' in body
    assert b'name="seed"\r\n\r\n7' in body
    assert _picture("PNG") in body


def test_a_wrong_key_is_named_and_sent_once(provider, server):
    with (
        _client(provider, server, "sk_wrong") as client,
        pytest.raises(errors.AuthenticationFailed) as caught,
    ):
        client.try_on(_picture(), top=_picture())
    assert (caught.value.vendor_code, caught.value.billed) == ("bad_key", "no")
    assert "sk_wrong" not in repr(caught.value)
    assert len(server.bodies) == 1


def test_bad_input_is_reported_whole_before_anything_is_sent(provider, server):
    small = io.BytesIO()
    Image.new("RGB", (20, 20)).save(small, "GIF")
    with _client(provider, server) as client, pytest.raises(errors.ValidationFailed) as caught:
        client.submit(small.getvalue(), bottom=_picture(), options={"seed": -1})
    assert {problem.field for problem in caught.value.problems} == {
        "bottom",
        "person",
        "options.seed",
    }
    assert server.bodies == []
