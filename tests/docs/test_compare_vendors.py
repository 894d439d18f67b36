"""The commands and the program of the page about comparisons work one after the other."""

import re
import runpy
import shlex
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import waiting
from tryon_core.cli.app import cli
from tryon_report import read_comparison
from tryon_report.comparing.values import MEANING
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/compare-vendors.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
(PROGRAM,) = re.findall(r"<!-- compare.py -->\n```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def images():
    """The images of the page, by their names."""
    return {
        "anna.jpg": draw_person(PERSON_STYLES["ivan"], (300, 400)).image,
        "tee.png": draw_garment(GARMENT_STYLES["emblem tee"], (300, 400)).image,
    }


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, images):
    """The folder in which the commands of the page are typed."""
    monkeypatch.chdir(tmp_path)
    for name, image in images.items():
        image.save(name)
    return tmp_path


@pytest.fixture
def vendors(monkeypatch):
    """The emulators of the page, of which one has no credits left at first."""
    # They need no time, so that nobody has to wait as long as for their vendors.
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    faults = {"pixelcut": ["submit:402*1"]}
    with ExitStack() as opened:
        running = {
            name: opened.enter_context(
                start(load_emulator(name), job_s=0.05, faults=faults.get(name, ()))
            )
            for name in ("fashn", "pixelcut", "ailab")
        }
        for name, one in running.items():
            for setting, value in one.settings.items():
                monkeypatch.setenv(f"TRYON_{name.upper()}_{setting.upper()}", value)
        yield running


def _run(command):
    return CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")


def test_the_estimate_needs_no_key():
    (command,) = [command for command in COMMANDS if "--estimate" in command]
    ended = _run(command)
    assert ended.exit_code == 0, ended.output
    assert "total: 0 USD + 1 credit + 1 image at unknown price" in ended.stdout


def test_the_commands_and_the_program_tell_the_story(folder, vendors, capsys):
    first, second, last = [command for command in COMMANDS if "--estimate" not in command]
    ended = _run(first)
    assert ended.exit_code == 0, ended.output
    comparison = read_comparison("tee-on-anna")
    assert comparison["pixelcut"].reason.kind == "CreditsExhausted"
    assert {one.kind for one in comparison["local"].indicators} == {*MEANING}
    assert comparison["local"].indicators[0].value > comparison["fashn"].indicators[0].value - 0.1
    assert _run(second).exit_code == 0
    assert _run(last).exit_code == 0
    states = {one.provider: one.state for one in read_comparison("tee-on-anna").vendors}
    assert states == dict.fromkeys(["local", *vendors], "saved")
    assert [len(one.ctx.billed) for one in vendors.values()] == [1, 1, 1]
    assert _run("costs tee-on-anna").exit_code == 0

    (folder / "compare.py").write_text(PROGRAM)
    runpy.run_path("compare.py")
    assert "in-python/fashn" in capsys.readouterr().out
    assert (folder / "sheet.png").is_file()
