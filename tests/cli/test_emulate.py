import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from distributions import write_distribution
from processes import unmeasured
from toy_emulator import KEY

SUPPORT = Path(__file__).parents[1] / "support"
COMMAND = [sys.executable, "-c", "from tryon_core.cli import main; main()", "emulate"]


@pytest.fixture
def installed(folder):
    write_distribution(
        folder / "site",
        "tryon-toy",
        providers={"toy": "tryon_toy:emulator"},
        modules={"tryon_toy": "from toy_emulator import emulator"},
        group="tryon_core.emulators",
    )
    path = os.pathsep.join([str(folder / "site"), str(SUPPORT)])
    return {**unmeasured(os.environ), "PYTHONPATH": path}


@pytest.fixture
def run(installed):
    running = []

    def begin(*args, **environ):
        process = subprocess.Popen(
            [*COMMAND, "toy", *args],
            env=installed | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _submit(address):
    return requests.post(f"{address}/jobs", json={"photo": "x"}, headers={"X-Key": KEY}, timeout=5)


def test_it_serves_until_it_is_interrupted_and_that_is_a_good_end(run):
    process = run("--fault", "submit:429*1")
    base_url = process.stdout.readline().strip()
    lines = [process.stderr.readline().strip() for _ in range(3)]
    address = base_url.removesuffix("/v1")
    statuses = [_submit(address).status_code for _ in range(2)]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert statuses == [429, 400]
    assert lines == [
        f"export TRYON_TOY_BASE_URL={base_url}",
        f"export TRYON_TOY_API_KEY={KEY}",
        f"# what it received: {address}/_tryon/log; Ctrl-C ends it",
    ]


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"http_proxy": "http://h:1"}, "export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1"),
        (
            {"ALL_PROXY": "socks5h://h:1", "NO_PROXY": ".corp"},
            "export NO_PROXY=.corp,127.0.0.1 no_proxy=.corp,127.0.0.1",
        ),
        ({"http_proxy": "http://h:1", "no_proxy": "127.0.0.1"}, "# what it received"),
        ({"https_proxy": "http://h:1"}, "# what it received"),
    ],
)
def test_a_proxy_is_told_to_leave_it_alone(run, environ, line):
    process = run(**environ)
    process.stdout.readline()
    lines = [process.stderr.readline().strip() for _ in range(3)]
    assert lines[2].startswith(line)


def test_the_document_comes_at_once_and_is_shaped_as_the_page_says(run):
    process = run("--json")
    text = ""
    while not _is_whole(text):
        line = process.stdout.readline()
        assert line, f"it ended: {process.stderr.read()}"
        text += line
    document = json.loads(text)
    page = (Path(__file__).parents[2] / "docs/reference/json.md").read_text(encoding="utf-8")
    example = json.loads(page.split("<!-- json: emulate -->\n```json\n")[1].split("```")[0])
    assert list(document) == list(example)
    assert list(document["settings"]) == list(example["settings"])
    assert document["settings"]["base_url"].startswith("http://127.0.0.1:")


def _is_whole(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_what_it_cannot_do_is_said_before_it_listens(tryon):
    ended = tryon("emulate", "nobody")
    assert ended.code == 3
    assert "no installed plugin has an emulator for 'nobody'" in ended.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--fault", "submit"), "the fault 'submit' cannot be read"),
        (("--knob", "statsu=1"), "unknown option 'statsu' (did you mean 'status'?)"),
        (("--knob", "status"), "'status' is not of the form NAME=VALUE"),
        (("--port", "70000"), "70000 is not in the range"),
    ],
)
def test_a_bad_fault_or_knob_is_a_fault_of_the_input(tryon, folder, monkeypatch, args, words):
    write_distribution(
        folder / "site",
        "tryon-toy",
        providers={"toy": "toy_emulator:emulator"},
        group="tryon_core.emulators",
    )
    monkeypatch.syspath_prepend(folder / "site")
    ended = tryon("emulate", "toy", *args)
    assert ended.code == 2
    assert words in " ".join(ended.err.split())


def test_a_port_that_is_taken_is_named(tryon, folder, monkeypatch):
    write_distribution(
        folder / "site",
        "tryon-toy",
        providers={"toy": "toy_emulator:emulator"},
        group="tryon_core.emulators",
    )
    monkeypatch.syspath_prepend(folder / "site")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = tryon("emulate", "toy", "--port", port)
    assert ended.code == 2
    assert f"port {port} is taken" in ended.err
