"""The how-to's plugin runs as it stands there, against a server on loopback."""

import base64
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from tryon_core import Client, JobState, errors
from type_checker import check_types

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-provider.md"
DECLARING = PAGE.with_name("declare-a-vendor.md")
KEY = "sk_obviously_fake"
PARTS = ("acme.py", "acme_plus.py", "acme_at_once.py", "acme_found.py")


def _image(fmt="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "teal").save(buffer, fmt)
    return buffer.getvalue()


def _code(name, page=PAGE):
    text = page.read_text(encoding="utf-8")
    return re.search(rf"<!-- {name} -->\s+```python\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture(scope="module")
def acme():
    namespace = {"__name__": "acme"}
    for name in PARTS:
        exec(compile(_code(name), str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


@pytest.fixture(scope="module")
def provider(acme):
    return acme["provider"]


@pytest.fixture(scope="module")
def plus(acme):
    return acme["AcmePlusProvider"]()


class Acme(BaseHTTPRequestHandler):
    """Implements the invented vendor: a task is queued, then done."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        if self.server.refusals:
            self._answer(*self.server.refusals.pop(0))
        elif self.path == "/parse":
            place = f"http://127.0.0.1:{self.server.server_port}/result.jpg"
            part = {"box": [10, 20, 30, 40], "mask": place, "cutout": place}
            self._answer(200, {"parts": {"top": part, "bottom": None}})
        elif self.path == "/images":
            self.server.at_once(self)
        elif self.headers["Authorization"] != f"Bearer {KEY}":
            self._answer(401, {"code": "bad_key", "message": "who are you"})
        else:
            self._answer(200, {"task_id": "t1", "extra": "ignored"})

    def do_GET(self):
        if self.path == "/result.jpg":
            self._answer(200, _image())
        elif self.path.startswith("/tasks?reference="):
            key = self.path.partition("=")[2].encode()
            found = [{"task_id": "t1"}] if any(key in body for body in self.server.bodies) else []
            self._answer(200, {"tasks": found})
        elif self.path != "/tasks/t1":
            self._answer(404, {"code": "gone"})
        elif self.server.pages:
            self._answer(self.server.pages.pop(), b"<html>oops</html>")
        elif self.server.polls.append(1) or len(self.server.polls) < 2:
            self._answer(200, {"status": "queued"})
        else:
            url = f"http://127.0.0.1:{self.server.server_port}/result.jpg"
            self._answer(200, {"status": "done", "image_url": url})

    def do_DELETE(self):
        if self.server.polls:
            self._answer(409, {"code": "too_late"})
        else:
            self._answer(200, {"status": "stopped"})

    def _answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if not isinstance(body, bytes):
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    server.bodies, server.polls, server.refusals, server.pages = [], [], [], []
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
        result = client.try_on(_image(), top=_image("PNG"), options={"seed": "7"})
    assert result.images[0].data == _image()
    (body,) = server.bodies
    assert b'name="kind"' in body
    assert b'name="seed"\r\n\r\n7' in body
    assert _image("PNG") in body


def test_a_wrong_key_is_named_and_sent_once(provider, server):
    with (
        _client(provider, server, "sk_wrong") as client,
        pytest.raises(errors.AuthenticationFailed) as caught,
    ):
        client.try_on(_image(), top=_image())
    assert (caught.value.vendor_code, caught.value.billed) == ("bad_key", "no")
    assert "sk_wrong" not in repr(caught.value)
    assert len(server.bodies) == 1


def test_bad_input_is_reported_whole_before_anything_is_sent(provider, server):
    small = io.BytesIO()
    Image.new("RGB", (20, 20)).save(small, "GIF")
    with _client(provider, server) as client, pytest.raises(errors.ValidationFailed) as caught:
        client.submit(small.getvalue(), bottom=_image(), options={"seed": -1})
    assert {problem.field for problem in caught.value.problems} == {
        "bottom",
        "person",
        "options.seed",
    }
    assert server.bodies == []


def test_error_pages_between_the_questions_do_not_end_the_wait(provider, server):
    server.pages = [500, 500]
    with _client(provider, server) as client:
        assert client.try_on(_image(), top=_image()).images[0].format == "JPEG"


def test_a_gateway_that_gave_up_on_a_submission_leaves_the_outcome_open(provider, server):
    server.refusals = [(504, {"message": "Endpoint request timed out"})]
    with _client(provider, server) as client, pytest.raises(errors.TryOnError) as caught:
        client.submit(_image(), top=_image())
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert "dashboard" in caught.value.remedy
    assert len(server.bodies) == 1


def test_a_refusal_without_a_known_code_goes_by_its_status(provider, server):
    server.refusals = [(402, {"code": "E77"})]
    with _client(provider, server) as client, pytest.raises(errors.CreditsExhausted) as caught:
        client.submit(_image(), top=_image())
    assert caught.value.vendor_code == "E77"


def test_a_submission_that_came_too_fast_is_repeated(provider, server):
    server.refusals = [(429, {"code": "slow_down"})]
    with _client(provider, server) as client:
        assert client.submit(_image(), top=_image()).id == "t1"
    assert len(server.bodies) == 2


def test_the_plugin_that_can_ask_finds_a_lost_job_again(acme, server):
    server.refusals = [(504, {"message": "Endpoint request timed out"})]
    with _client(acme["AcmeFoundProvider"](), server) as client:
        assert client.try_on(_image(), top=_image()).job.id == "t1"
    assert len(server.bodies) == 1


def test_the_larger_plugin_sends_addresses_and_files_side_by_side(plus, server):
    with _client(plus, server) as client:
        client.submit("https://img.example/person.jpg", top=_image("PNG"))
    (body,) = server.bodies
    assert b'name="person_url"\r\n\r\nhttps://img.example/person.jpg' in body
    assert _image("PNG") in body


def test_the_larger_plugin_finds_garments(plus, server):
    with _client(plus, server) as client:
        top, bottom = client.parse_garment(_image(), ["top", "bottom"])
    assert top.bbox == (10, 20, 40, 60)
    assert top.crop.source.data == _image()
    assert bottom is None


def test_the_larger_plugin_stops_jobs_that_can_be_stopped(plus, server):
    with _client(plus, server) as client:
        job = client.submit(_image(), top=_image())
        assert client.cancel(job).state is JobState.CANCELLED
        client.poll(job)
        with pytest.raises(errors.CancelRefused) as caught:
            client.cancel(job)
    assert caught.value.job == job


@pytest.mark.parametrize(
    "answer", [_image(), {"image": f"data:image/jpeg;base64,{base64.b64encode(_image()).decode()}"}]
)
def test_the_plugin_of_a_vendor_without_jobs_keeps_its_image(acme, server, answer):
    provider = acme["AcmeAtOnceProvider"]()
    server.at_once = lambda handler: handler._answer(200, answer)
    with _client(provider, server) as client:
        token = client.submit(_image(), top=_image("PNG")).to_token()
    sent = json.loads(server.bodies[0])
    assert sent["person"] == f"data:image/jpeg;base64,{base64.b64encode(_image()).decode()}"
    assert base64.b64decode(sent["garment"], validate=True) == _image("PNG")
    with _client(provider, server) as another:
        assert another.resume(token).images[0].data == _image()
    assert len(server.bodies) == 1


def test_a_page_is_not_taken_for_its_image(acme, server):
    server.at_once = lambda handler: handler._answer(200, b"<html>oops</html>")
    with (
        _client(acme["AcmeAtOnceProvider"](), server) as client,
        pytest.raises(errors.UnexpectedResponse) as caught,
    ):
        client.submit(_image(), top=_image())
    assert caught.value.billed == "unknown"


def test_a_type_checker_accepts_the_pages(tmp_path, tmp_path_factory):
    declared = ("weaver.py", "weaver_odd.py")
    (tmp_path / "tryon_acme.py").write_text("".join(map(_code, PARTS)))
    (tmp_path / "tryon_weaver.py").write_text("".join(_code(name, DECLARING) for name in declared))
    check_types(tmp_path.glob("*.py"), tmp_path_factory.getbasetemp())
