"""The tutorial's commands and its code work one after the other."""

import shlex
from pathlib import Path

import pytest

from pages import Page, tryon
from tryon_core import waiting
from tryon_local.demo import scenes
from tryon_testing.emulation import Fault, load_emulator, start

PAGE = Page("tutorials/first-try-on.md")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    # One scene shows that the command works; what each looks like is not for this test.
    monkeypatch.setattr(scenes, "SCENES", scenes.SCENES[:1])
    monkeypatch.delenv("TRYON_REMEMBER_JOBS", raising=False)


@pytest.fixture
def vendor(monkeypatch):
    """The second terminal of the page, at another port."""
    with start(load_emulator("pixelcut"), job_s=0.1) as running:
        for line in PAGE.block("settings").splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value.replace("http://127.0.0.1:8900", running.base_url))
        yield running


def _copy_drawn():
    for line in PAGE.block("copy").splitlines():
        _, source, target = shlex.split(line)
        Path(target).write_bytes(Path(source).read_bytes())


def test_the_commands_work_one_after_the_other(vendor):
    for command in PAGE.commands:
        if command.startswith("check"):
            _copy_drawn()
        tryon(command)
    assert {path.name for path in Path().glob("*.*g")} == {
        "person.png",
        "tee.png",
        "preview.png",
        "vendor.jpg",
        "later.jpg",
    }
    assert sum(vendor.ctx.billed.values()) == 2
    (fault,) = shlex.split(PAGE.block("second terminal, failing"))[-1:]
    operation, kind = fault.split(":")
    vendor.faults.add(Fault(operation=operation, kind=kind))
    said = tryon(PAGE.block("ends with 4").removeprefix("tryon "), exit_code=4)
    assert "billed" in said.output
    assert vendor.log.count("submit") == 3
    PAGE.run(PAGE.python[0], {})
    assert list(Path("out").iterdir())
