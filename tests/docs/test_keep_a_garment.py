"""The commands and the code of the page about garments that are kept do what it says."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import waiting
from tryon_core.cli.app import cli
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/keep-a-garment.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
(MANIFEST,) = re.findall(r"<!-- tops.csv -->\n```csv\n(.*?)```", PAGE, re.DOTALL)
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TOPS = {"tee": "emblem tee", "shirt": "checked shirt", "blouse": "striped tee"}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tops.csv").write_text(MANIFEST)
    person = draw_person(PERSON_STYLES["ada"]).image
    person.convert("RGB").resize((600, 800)).save("anna.jpg", quality=95)
    for name, style in TOPS.items():
        image = draw_garment(GARMENT_STYLES[style]).image
        image.convert("RGB").resize((600, 800)).save(f"{name}.jpg", quality=95)


@pytest.fixture
def vendors(monkeypatch, shop):  # noqa: ARG001  (what would they be without images)
    """The emulators of the page; their addresses are in the environment, and nobody waits."""
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    with (
        start(load_emulator("dashscope"), job_s=0.1) as dashscope,
        start(load_emulator("kling"), job_s=0.1) as kling,
    ):
        for running in (dashscope, kling):
            for name, value in running.settings.items():
                name = f"TRYON_{running.emulator.provider}_{name}"  # noqa: PLW2901
                monkeypatch.setenv(name.upper(), value)
        yield dashscope, kling


def _run(command):
    ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_the_commands_and_the_code_tell_the_story(vendors):
    dashscope, kling = vendors
    said = {command: _run(command) for command in COMMANDS}
    exec(CODE, {})  # noqa: S102  (that is the point)

    assert Path("anna-tee-2.jpg").is_file()
    assert len(list(Path("results").glob("*.jpg"))) == 3
    assert (dashscope.log.count("parse"), dashscope.log.count("submit")) == (1, 5)
    bodies = [entry.json for entry in dashscope.log if entry.operation == "submit"]
    assert {len(body["input"]) for body in bodies} == {3}
    assert len({body["input"]["bottom_garment_url"] for body in bodies}) == 1
    assert len(kling.ctx.billed) == 1

    estimate = next(text for command, text in said.items() if "--estimate" in command)
    assert "3 images x 0.50 CNY" in estimate
    assert "1 parsing x 0.004 CNY = 0.004 CNY" in estimate
    # The first command has paid the parsing.
    assert said["costs results"].endswith("spent: 1.50 CNY\n")
