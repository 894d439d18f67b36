"""What the README shows works for someone who copies it from top to bottom."""

import functools
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import Client
from tryon_core.cli.app import cli
from tryon_local.demo import scenes

TEXT = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SCRIPT, LOOP = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^    (?:python3 .*/)?tryon (.*)$", TEXT, re.MULTILINE)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _draw_inputs(person="me.jpg", garment="tee.jpg"):
    for image, path in zip(_drawn_inputs(), (person, garment), strict=True):
        image.save(path)


@functools.cache
def _drawn_inputs():
    person = draw_person(PERSON_STYLES["ivan"]).image.resize((384, 512))
    return person, draw_garment(GARMENT_STYLES["emblem tee"]).image


def _run(command):
    ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == 0, ended.output


def _run_script(**changes):
    text = SCRIPT
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    exec(compile(text, "README.md", "exec"), {})  # noqa: S102  (that is the test)


def test_the_commands_work_one_after_the_other(folder, monkeypatch):
    # One scene shows that the command works; what each looks like is not for this test.
    monkeypatch.setattr(scenes, "SCENES", scenes.SCENES[:1])
    names = [command.split()[0] for command in COMMANDS]
    assert names == ["demo", "demo", "run", "batch", "costs"]
    _draw_inputs()
    (folder / "catalogue.csv").write_text("id,person,top\nivan,me.jpg,tee.jpg\n")
    for command in COMMANDS:
        _run(command)
    assert (folder / "out.png").is_file()
    assert (folder / "results" / "ivan.png").is_file()


def test_the_script_is_ten_lines_and_saves_an_image(folder, capsys):
    assert len(SCRIPT.splitlines()) == 10
    _draw_inputs("person.jpg", "tee.png")
    _run_script()
    assert [path.suffix for path in (folder / "out").iterdir()] == [".png"]
    assert "out/local-" in capsys.readouterr().out


def test_the_loop_saves_what_is_asked_for(folder, capsys):
    _draw_inputs()
    client = Client("local")
    requests = {"ivan": client.request("me.jpg", top="tee.jpg")}
    exec(compile(LOOP, "README.md", "exec"), {"client": client, "requests": requests})  # noqa: S102  (that is the test)
    assert capsys.readouterr().out.startswith("ivan saved")
    assert (folder / "results" / "ivan.png").is_file()


def test_the_script_says_what_is_wrong_without_a_traceback():
    with pytest.raises(SystemExit, match=r"person\.jpg.*tee\.png"):
        _run_script()
    draw_garment(GARMENT_STYLES["emblem tee"]).image.save("person.jpg")
    draw_garment(GARMENT_STYLES["emblem tee"]).image.save("tee.png")
    with pytest.raises(SystemExit, match="no person"):
        _run_script()


def test_what_the_script_says_after_a_timeout_fetches_the_result(folder):
    _draw_inputs("person.jpg", "tee.png")
    with pytest.raises(SystemExit) as caught:
        _run_script(**{"timeout_s=120": "timeout_s=1e-9"})
    _run(str(caught.value).partition("tryon ")[2])
    assert any((folder / "out").iterdir())
