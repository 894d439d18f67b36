"""The commands of the page about catalogues work one after the other, as it says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import lost_answers, waiting
from tryon_core.cli.app import cli
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/run-a-catalogue.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
(MANIFEST,) = re.findall(r"<!-- catalogue.csv -->\n```csv\n(.*?)```", PAGE, re.DOTALL)

GARMENTS = {"tee": "emblem tee", "shirt": "checked shirt", "jeans": "navy trousers"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _draw(path, image):
    path.parent.mkdir(exist_ok=True)
    image.convert("RGB").resize((240, 320)).save(path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "catalogue.csv").write_text(MANIFEST)
    for name, style in {"anna": "ada", "bo": "ivan"}.items():
        _draw(folder / f"people/{name}.jpg", draw_person(PERSON_STYLES[style]).image)
    for name, style in GARMENTS.items():
        _draw(folder / f"clothes/{name}.png", draw_garment(GARMENT_STYLES[style]).image)
    (folder / "tops").mkdir()
    shutil.copy(folder / "clothes/tee.png", folder / "tops/tee.png")
    return folder


@pytest.fixture
def shop(folder, drawn):
    shutil.copytree(drawn, folder, dirs_exist_ok=True)


@pytest.fixture
def vendor(monkeypatch, shop):  # noqa: ARG001  (what would it be without its images)
    """The emulator of the page, which loses one answer."""
    # Its task is a candidate, for which nobody has to wait here, nor for the real vendor's jobs.
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    monkeypatch.setattr(lost_answers, "_LOOK_FOR_S", 0.1)
    with start(load_emulator("dashscope"), job_s=0.2, faults=["submit:drop*1"]) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_DASHSCOPE_{name.upper()}", value)
        yield running


def _run(command):
    return CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")


@pytest.mark.parametrize("command", [c for c in COMMANDS if "--estimate" in c])
@pytest.mark.usefixtures("shop")
def test_the_estimates_need_no_key(command):
    ended = _run(command)
    assert ended.exit_code == 0, ended.output
    assert "total: " in ended.stdout


def test_the_commands_tell_the_story(folder, vendor):
    codes = {}
    for command in COMMANDS:
        if "-p local" not in command:
            codes[command] = _run(command).exit_code
    assert codes == {
        **dict.fromkeys(codes, 0),
        "batch catalogue.csv -p dashscope --out results --max-cost 25CNY": 4,
        "batch --resume --out results": 4,
        "batch catalogue.csv --resume --out results": 4,
    }
    assert len(codes) == len(COMMANDS) - 1
    images = {path.stem for path in (folder / "results").iterdir()}
    assert {"anna-tee", "bo-outfit", "manifest.out", "results", "run"} <= images
    assert len(vendor.ctx.billed) == 5
    costs = _run("costs results").stdout
    assert "spent: 2.00 CNY\nin doubt besides: 1 request, at most 0.50 CNY" in costs


@pytest.mark.usefixtures("shop")
def test_a_run_computes_on_this_machine(folder):
    (command,) = [command for command in COMMANDS if "-p local" in command]
    ended = _run(command)
    assert ended.exit_code == 0, ended.output
    assert len(list((folder / "previews").glob("*.png"))) == 4
