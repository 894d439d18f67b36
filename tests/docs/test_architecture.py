"""The page of the architecture names what there is, and its walks are what the code does."""

import re
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from providers import FakeProvider, picture
from tryon_batch import listeners
from tryon_core import Client, errors
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.failure import report
from tryon_core.cli.invocation import Invocation
from tryon_fashn.emulator import emulator as fashn
from tryon_pixelcut.emulator import emulator
from tryon_testing.emulation import start

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
SHIPPED = (ROOT / "tryon_core", *sorted(ROOT.glob("plugins/*/tryon_*")))


def _section(heading):
    (found,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def _rows(heading):
    """The cells of the rows of the first table of a section, without its two head lines."""
    lines = [line for line in _section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _names(cell):
    return re.findall(r"`([^`]+)`", cell)


def _place(path):
    """A path as the page writes it: without the folder of the distribution."""
    parts = Path(path).parts
    (first,) = (i for i, part in enumerate(parts) if re.fullmatch(r"tryon_[a-z0-9]+", part))
    return "/".join(parts[first:])


def _folders():
    found = {path.parent for root in SHIPPED for path in root.rglob("*.py")}
    return {_place(path) for path in found}


def test_every_folder_of_the_distributions_is_a_room_on_the_page_and_none_that_is_gone():
    named = [name.rstrip("/") for row in _rows("Folders and modules") for name in _names(row[0])]
    assert sorted(named) == sorted(_folders())


def test_every_module_of_the_core_is_named_once_and_none_that_is_gone():
    named = [name for row in _rows("The modules of the core") for name in _names(row[1])]
    modules = {path.name for path in (ROOT / "tryon_core").glob("*.py")}
    assert sorted(named) == sorted(modules - {"__init__.py", "__main__.py"})


@pytest.mark.parametrize("row", _rows("Folders and modules")[1:], ids=lambda row: row[0])
def test_a_room_names_its_modules_and_none_that_is_gone(row):
    (folder,) = _names(row[0])
    (place,) = [
        path
        for root in SHIPPED
        for path in (root, *root.rglob("*"))
        if path.is_dir() and _place(path) == folder.rstrip("/")
    ]
    assert _names(row[1]) == sorted(
        path.name for path in place.glob("*.py") if path.name not in {"__init__.py", "__main__.py"}
    )


def test_the_direction_of_imports_is_that_of_the_linter():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        contract["layers"]
        for contract in contracts["contracts"]
        if contract["name"] == "imports of the core point upwards only"
    )
    (drawn,) = re.findall(r"```text\n(.*?)```", _section("Which way imports go"), re.DOTALL)
    assert [line.strip() for line in drawn.strip().splitlines()] == [
        layer.replace("tryon_core.", "") for layer in layers
    ]


class _Watch:
    """Notes our functions in the order of their first call, and the way to the adapter."""

    def __init__(self):
        self.called = []
        self.way = []

    def __call__(self, frame, event, arg):

        if event != "call" or self._place(frame) is None:
            return
        self.called.append(self._place(frame))

    def _place(self, frame):
        name = frame.f_globals.get("__name__", "")
        is_generated = frame.f_code.co_filename.startswith("<")  # by attrs
        if is_generated or not name.startswith("tryon_") or "emulat" in name or "testing" in name:
            return None
        return _place(frame.f_code.co_filename), frame.f_code.co_name

    def note_way(self, frame):
        while frame:
            if self._place(frame):
                self.way.insert(0, self._place(frame))
            frame = frame.f_back


@contextmanager
def _watched():
    watch = _Watch()
    before = sys.getprofile()
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield watch
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def _walk(heading):
    """The steps of a walk: file and function."""
    return [(_names(row[0])[0], _names(row[1])[0]) for row in _rows(heading)]


def test_the_walk_of_an_image_is_the_way_to_the_first_paid_request(monkeypatch):
    sent = []
    send = requests.adapters.HTTPAdapter.send

    def noting(self, request, **how):
        if request.method == "POST" and not sent:
            watch.note_way(sys._getframe(1))
            sent.append(request)
        return send(self, request, **how)

    watch = _Watch()
    with start(emulator, job_s=0.0) as running:
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noting)
        with Client(
            "pixelcut", config={}, base_url=running.base_url, **emulator.settings
        ) as client:
            client.try_on(picture(), top=picture(), fit=True)
    assert watch.way == _walk("Step by step: an image")
    assert len(watch.way) <= 12


def test_the_walk_of_a_row_names_every_module_of_runs_that_it_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(listeners, "GROUP", "tryon_batch.nobody")  # they read runs by other ways
    with Client(FakeProvider()) as client:
        rows = {"a": client.request(picture(), top=picture())}
        tuple(client.run_batch(rows))  # imports all that it needs
        with _watched() as watch:
            (outcome,) = client.run_batch(rows, out=tmp_path)
    assert outcome.state == "saved"
    passed = {file for file, _ in watch.called if file.startswith("tryon_batch/")}
    steps = _walk("Step by step: a row")
    assert {file for file, _ in steps} == passed
    assert not set(steps) - set(watch.called)


def test_the_walk_of_an_answer_is_called_in_its_order():
    with (
        start(fashn, job_s=0.0) as running,
        Client("fashn", config={}, base_url=running.base_url, **fashn.settings) as client,
    ):
        job = client.submit(picture(), top=picture(), fit=True)
        with _watched() as watch:
            client.wait(job)
    order = list(dict.fromkeys(watch.called))
    steps = _walk("Step by step: an answer")
    assert not set(steps) - set(order)
    assert sorted(steps, key=order.index) == steps


def test_the_walk_of_an_error_code_is_called_in_its_order(capsys):
    given = {**emulator.settings, "api_key": "sk_of_nobody_0000000000000000000000"}
    with (
        start(emulator, job_s=0.0) as running,
        Client("pixelcut", config={}, base_url=running.base_url, **given) as client,
    ):
        with _watched() as watch, pytest.raises(errors.AuthenticationFailed) as caught:
            client.submit(picture(), top=picture(), fit=True)
        with _watched() as after:
            assert report(caught.value, Invocation()) == ExitCode.NOT_CONFIGURED
    assert "invalid_auth_token" in capsys.readouterr().err
    order = list(dict.fromkeys([*watch.called, *after.called]))
    steps = _walk("Step by step: an error code")
    assert not set(steps) - set(order)
    assert sorted(steps, key=order.index) == steps
