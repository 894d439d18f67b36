"""The commands of the page about several machines do what it says, in front of one emulator."""

import csv
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from providers import picture
from quota_server import redis_server
from tryon_core import waiting
from tryon_core.cli.app import cli
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/several-machines.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
(REDIS,) = set(re.findall(r"redis://\S+", PAGE))
(SCRIPT,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("person.png").write_bytes(picture((240, 320)))
    rows = ["id,person,top"]
    for number in range(4):
        Path(f"top{number}.png").write_bytes(picture((240, 320), (40 * number, 90, 160)))
        rows.append(f"sku-{number},person.png,top{number}.png")
    Path("catalogue.csv").write_text("\n".join(rows))


@pytest.fixture
def vendor(monkeypatch):
    # Nobody has to wait as long as one does for the real vendor.
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    with start(load_emulator("dashscope"), job_s=0.05) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_DASHSCOPE_{name.upper()}", value)
        yield running


def test_the_commands_of_the_page_share_a_catalogue(vendor, capsys):
    printed = {}
    with redis_server() as port:
        for command in COMMANDS:
            here = command.replace(REDIS, f"redis://127.0.0.1:{port}")
            ended = CliRunner().invoke(cli, shlex.split(here), prog_name="tryon")
            assert ended.exit_code == 0, ended.output
            printed[command.partition(" --quota")[0]] = ended.stdout
    assert len(vendor.ctx.billed) == 4
    assert "spent: 2.00 CNY" in printed["costs results-1 results-2"]
    table = Path("together/manifest.out.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = list(csv.DictReader(table))
    assert [row["id"] for row in rows] == [f"sku-{number}" for number in range(4)]
    assert all(Path("together", row["files"]).is_file() for row in rows)
    exec(compile(SCRIPT, "several-machines.md", "exec"), {})  # noqa: S102  (that is the test)
    assert capsys.readouterr().out.splitlines()[0] == "{}"
