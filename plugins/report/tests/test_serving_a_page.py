"""The page as it changes: served to this machine only, read-only, and nothing beside its images."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import attrs
import pytest

from processes import unmeasured
from providers import picture
from shown_runs import TIMES, USD, Made, each_state, write_run
from tryon_batch import Journal, SavedFile
from tryon_core import errors
from tryon_report.run_page.serving import LiveView, listen
from tryon_testing.clocks import FakeClock


@contextmanager
def _served(*runs):
    with LiveView(runs, refresh_s=0.05) as view, listen(view, port=0) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def _ask(url, path="", *, method="GET", **headers):
    """Send one request; a path that begins with a slash is sent as it is."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    target = path if path.startswith("/") else parts.path + path
    connection.putrequest(method, target, skip_host=True)
    for name, text in {"Host": parts.netloc, **headers}.items():
        connection.putheader(name.replace("_", "-"), text)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def _images(body):
    return [text.split(b'"')[0].decode() for text in body.split(b'class="image" href="')[1:]]


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "out", *each_state())


@pytest.fixture
def url(run):
    with _served(run) as url:
        yield url


class TestWhatIsServed:
    def test_the_page_and_the_images_that_it_shows(self, run, url):
        status, body, headers = _ask(url)
        assert (status, headers.get_content_type()) == (200, "text/html")
        body = _settled(url)[1]
        assert b"Not running; this page follows it." in body
        (saved,) = (entry for entry in run.entries() if entry.state == "saved")
        sent = [_ask(url, name) for name in _images(body)]
        assert {status for status, _, _ in sent} == {200}
        assert run.paths(saved)[0].read_bytes() in [data for _, data, _ in sent]
        assert {headers["X-Content-Type-Options"] for _, _, headers in sent} == {"nosniff"}

    def test_what_is_no_file_of_the_run_is_drawn_again_and_loses_what_it_tells_beside(
        self, tmp_path
    ):
        photo = tmp_path / "inputs"
        run = write_run(tmp_path / "out", Made(id="a", person=picture((3000, 2000)) + b"secret"))
        assert photo.is_dir()
        with _served(run) as url:
            person = _images(_settled(url)[1])[0]
            status, data, headers = _ask(url, person)
        assert (status, headers.get_content_type()) == (200, "image/jpeg")
        assert b"secret" not in data
        assert len(data) < 100_000

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/wrong/",
            "run.tryon",
            "image/",
            "image/run.tryon",
            "image/../../run.tryon",
            "image/%2e%2e%2frun.tryon",
            "../out/run.tryon",
            "//etc/passwd",
            "image/" + "0" * 24,
        ],
    )
    def test_nothing_else(self, url, path):
        assert _ask(url)[0] == 200
        assert _ask(url, path)[0] == 404

    def test_no_file_to_which_a_link_leads_out_of_the_folder(self, run, tmp_path, url):
        secret = tmp_path / "secret.png"
        secret.write_bytes(b"no image, but a secret")
        (saved,) = (entry for entry in run.entries() if entry.state == "saved")
        (path,) = run.paths(saved)
        names = _images(_settled(url)[1])
        assert names
        path.unlink()
        path.symlink_to(secret)
        assert all(b"secret" not in _ask(url, name)[1] for name in names)

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_nothing_can_be_changed(self, url, method):
        assert _ask(url, method=method)[0] == 405

    def test_the_head_of_the_page_comes_without_the_page(self, url):
        status, body, headers = _ask(url, method="HEAD")
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) > 1000


class TestToWhom:
    @pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8765"])
    def test_this_machine_by_its_names(self, url, host):
        assert _ask(url, Host=host)[0] == 200

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a@b", "[::"])
    def test_no_page_of_another_name_that_leads_here(self, url, host):
        status, body, _ = _ask(url, Host=host)
        assert (status, b"<html" in body) == (421, False)

    def test_it_listens_at_loopback_only(self, run):
        with LiveView([run]) as view, listen(view, port=0) as server:
            assert server.server_address[0] == "127.0.0.1"

    def test_the_address_cannot_be_guessed(self, run):
        with LiveView([run]) as view, listen(view, port=0) as one, listen(view, port=0) as other:
            assert one.root != other.root
            assert len(one.root) > 20

    def test_a_port_that_is_in_use_is_named(self, run):
        with socket.socket() as taken, LiveView([run]) as view:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with (
                pytest.raises(errors.InputError, match=f"port {port}") as caught,
                listen(view, port=port),
            ):
                pass
            assert "0 for any free port" in caught.value.remedy


class TestWhileTheRunGoesOn:
    def test_nothing_is_sent_again_while_nothing_has_changed(self, run):
        with _served(run) as url:
            mark, _ = _settled(url)
            status, body, _ = _ask(url, If_None_Match=mark)
            assert (status, body) == (304, b"")

    def test_what_was_written_since_is_there(self, run):
        with _served(run) as url:
            mark, _ = _settled(url)
            with Journal(run.journal, clock=FakeClock()) as journal:
                planned = journal.get("planned")
                journal.record([attrs.evolve(planned, state="refused", error={"message": "late"})])
                status, body, _ = _ask(url, If_None_Match=mark)
                assert status == 200
                assert b"late" in body
                assert b">Running; this page follows it." in body
            assert b"Not running; this page follows it." in _ask(url)[1]

    def test_a_journal_that_is_gone_is_said_and_may_come_back(self, run):
        with _served(run) as url:
            assert _ask(url)[0] == 200
            kept = run.journal.read_bytes()
            for path in run.folder.glob("run.tryon*"):
                path.unlink()
            status, body, _ = _ask(url)
            assert (status, b"there is no journal" in body) == (503, True)
            run.journal.write_bytes(kept)
            assert _ask(url)[0] == 200


def _settled(url):
    """Ask until the thumbnails are there, and return the mark of the page, and the page."""
    marks = [None, None]
    for _ in range(200):
        status, body, headers = _ask(url)
        assert status == 200
        marks.append(headers["ETag"])
        if b"not looked at yet" not in body and marks[-1] == marks[-2]:
            return marks[-1], body
    raise AssertionError("the thumbnails never come")


def test_ctrl_c_ends_it_with_0(run):
    served = subprocess.Popen(
        [sys.executable, "-m", "tryon_core", "report", run.folder, "--serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=unmeasured(os.environ),
    )
    url = served.stdout.readline().strip()
    assert _ask(url)[0] == 200
    served.send_signal(signal.SIGINT)
    out, err = served.communicate(timeout=60)
    assert (served.returncode, out) == (0, "")
    assert "Only this machine can open it" in err


def test_the_browser_follows_the_run_without_being_loaded_again(run, look):
    with _served(run) as url:
        page = look(url)
        page.evaluate("window.isTheSame = true")
        page.click(".pick[data-state=saved]")
        page.focus(".row:visible")
        image = run.folder / "late.png"
        image.write_bytes(picture((300, 400)))
        with Journal(run.journal, clock=FakeClock()) as journal:
            file = SavedFile(path=image.name, sha256="0" * 64, bytes=1)
            facts = {"state": "saved", "files": (file,), "cost": USD, "times": TIMES}
            journal.record([attrs.evolve(journal.get("planned"), **facts)])
            page.locator("#count", has_text="2 of 8").wait_for()
            assert page.evaluate("window.isTheSame")
            assert page.text_content("#live") == "Running; this page follows it."
            assert page.title().startswith("out: 1 unknown, 1 failed, 1 refused, 2 saved, ")
        page.locator("#live", has_text="Not running").wait_for()
        page.click("article[aria-label^=planned] .result img")
        page.evaluate("document.getElementById('after').decode()")
        assert page.evaluate("document.getElementById('after').naturalWidth") == 300
        page.close()  # it would ask again when the server has ended, and say that nobody answers


def test_it_says_that_the_program_has_ended(run, look):
    with _served(run) as url:
        page = look(url, is_quiet=False)
    page.locator("#live", has_text="has ended").wait_for()
