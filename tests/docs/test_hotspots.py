"""The commands and the code of the page about hotspots work as it says."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core.cli.app import cli
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/hotspots.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
PARSINGS = [command for command in COMMANDS if command.startswith("parse ")]
STORY = [command for command in COMMANDS if command not in PARSINGS]
(MANIFEST,) = re.findall(r"<!-- catalogue.csv -->\n```csv\n(.*?)```", PAGE, re.DOTALL)
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _draw("person.jpg", draw_person(PERSON_STYLES["ada"]).image)
    return tmp_path


def _draw(name, image):
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    image.convert("RGB").resize((240, 320)).save(path)


@pytest.fixture
def vendor(monkeypatch, shop):
    (shop / "catalogue.csv").write_text(MANIFEST)
    for name, style in {"anna": "ada", "bo": "ivan"}.items():
        _draw(f"people/{name}.jpg", draw_person(PERSON_STYLES[style]).image)
    styles = {"tee": "emblem tee", "shirt": "checked shirt", "jeans": "navy trousers"}
    for name, style in styles.items():
        _draw(f"clothes/{name}.png", draw_garment(GARMENT_STYLES[style]).image)
    with start(load_emulator("dashscope"), job_s=0.2) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_DASHSCOPE_{name.upper()}", value)
        yield running


def _run(command):
    ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == 0, ended.output
    return ended


@pytest.mark.parametrize("command", PARSINGS, ids=range(len(PARSINGS)))
def test_the_commands_for_one_photo_work(command):
    ended = _run(command)
    if "--html" in command:
        path = Path(ended.stdout.splitlines()[-1].removeprefix("page: "))
        assert "<a class=" in path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("vendor")
def test_the_commands_for_a_catalogue_tell_the_story():
    for command in STORY:
        ended = _run(command)
        if "--max-cost" in command:
            found = json.loads(Path("results/hotspots.json").read_text(encoding="utf-8"))
            assert [*found["hotspots"]] == ["T-100", "T-200", "B-100"]
        if "--estimate" in command:
            assert "total: 0.008 CNY" in ended.stdout


def test_the_code_prints_the_box_in_all_units(capsys):
    exec(compile(CODE, "hotspots.md", "exec"), {})  # noqa: S102  (the page's own code)
    pixels, normalised, percent, link = capsys.readouterr().out.splitlines()
    assert all(int(number) >= 0 for number in pixels.split())
    assert normalised.startswith("Shares(x=0.")
    assert percent.startswith("Shares(x=")
    assert "position: absolute; left: " in link
