"""The commands and the code of the page about hotspots work as it says."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import PERSON_STYLES, draw_person
from tryon_core.cli.app import cli

PAGE = (Path(__file__).parents[2] / "docs/how-to/hotspots.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (parse .*)$", PAGE, re.MULTILINE)
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = draw_person(PERSON_STYLES["ada"]).image
    image.convert("RGB").resize((240, 320)).save("person.jpg")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_the_commands_for_one_photo_work(command):
    ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == 0, ended.output
    if "--html" in command:
        path = Path(ended.stdout.splitlines()[-1].removeprefix("page: "))
        assert "<a class=" in path.read_text(encoding="utf-8")


def test_the_code_prints_the_box_in_all_units(capsys):
    exec(compile(CODE, "hotspots.md", "exec"), {})  # noqa: S102  (the page's own code)
    pixels, normalised, percent, link = capsys.readouterr().out.splitlines()
    assert all(int(number) >= 0 for number in pixels.split())
    assert normalised.startswith("Shares(x=0.")
    assert percent.startswith("Shares(x=")
    assert "position: absolute; left: " in link
