"""Emulators in the project's environment, pictures on loopback, and nothing of ours in this one."""

import functools
import io
import json
import os
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

HERE = Path(__file__).parent
GIVE_UP_AFTER_S = 20


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Service:
    """A running emulator, seen as its user sees it: an address and the keys that it takes."""

    def __init__(self, announced):
        assert "settings" in announced, announced
        self.settings = announced["settings"]
        self.base_url = self.settings["base_url"]
        self.origin = "/".join(self.base_url.split("/")[:3])
        self._log = announced["log"]

    def log(self):
        """What the emulator says that it received, started and billed."""
        with urllib.request.urlopen(self._log, timeout=5) as answer:  # noqa: S310  (loopback)
            return json.load(answer)

    def received(self, operation):
        return [each for each in self.log()["requests"] if each["operation"] == operation]


@pytest.fixture(scope="session")
def ours():
    """The folder of commands of the environment that has tryon and the emulators."""
    try:
        return Path(os.environ["TRYON_BIN"])
    except KeyError:
        pytest.fail("TRYON_BIN is not set: run these tests with `nox -s vendor-sdks`")


@pytest.fixture(scope="session")
def emulators(ours):
    """A process with all emulators of this worker: to start a process takes longer than a test."""
    command = [ours / "python", HERE / "serve_emulators.py"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="session")
def emulate(emulators):
    """Start the emulator of a provider: `with emulate("aidge", "--job-seconds=0") as service`."""

    def asked(arguments):
        emulators.stdin.write(json.dumps(arguments) + "\n")
        emulators.stdin.flush()
        return json.loads(emulators.stdout.readline())

    @contextmanager
    def run(provider, *options):
        announced = asked([provider, *options])
        try:
            yield Service(announced)
        finally:
            asked([])

    return run


@pytest.fixture(scope="session")
def pictures(ours, tmp_path_factory):
    """A folder with person.jpg, person.bmp, top.png, bottom.png, dress.png, and bad pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([ours / "python", HERE / "draw_pictures.py", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def address(pictures):
    """Serve the pictures on loopback; `address("top.png")` is where one is."""
    handler = functools.partial(Quiet, directory=str(pictures))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield lambda name: f"http://127.0.0.1:{server.server_port}/{name}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def download():
    """Fetch a result without any key and decode it."""

    def fetch(url):
        with urllib.request.urlopen(url, timeout=GIVE_UP_AFTER_S) as answer:  # noqa: S310  (loopback)
            picture = Image.open(io.BytesIO(answer.read()))
        picture.load()
        return picture

    return fetch
