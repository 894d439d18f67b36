"""The page about outfits works as it stands there, with a vendor on this machine."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import tryon_batch.cli.plan
import tryon_core.client
from batch_vendor import FACTOR
from command_line import APART
from providers import picture
from quota_world import FastClock
from tryon_core.cli.app import cli
from tryon_core.remembered import REMEMBER_ENV
from tryon_testing.emulation import load_emulator, start

PAGE = (Path(__file__).parents[2] / "docs/how-to/dress-an-outfit.md").read_text(encoding="utf-8")
RUN, RESUME, ESTIMATE, BATCH, COSTS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)
(MANIFEST,) = re.findall(r"<!-- outfits.csv -->\n```csv\n(.*?)```", PAGE, re.DOTALL)
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """The emulator of FASHN, which lives as fast as those who wait for it."""
    clock = FastClock(FACTOR)
    for module in (tryon_core.client, tryon_batch.cli.plan):
        monkeypatch.setattr(module, "SystemClock", lambda: FastClock(*clock.facts))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(REMEMBER_ENV, "1")
    for number, name in enumerate(["people/anna", "clothes/tee", "clothes/shirt", "clothes/jeans"]):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture(size=(300, 400), colour=(40 * number, 90, 200)))
    (tmp_path / "outfits.csv").write_text(MANIFEST)
    with start(load_emulator("fashn"), clock=clock, job_s=3.0) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_FASHN_{name.upper()}", value)
        yield running


def _run(command):
    ended = CliRunner(**APART).invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == 0, ended.output
    return ended


def _bought(vendor):
    return sum(entry.operation == "submit" and entry.status == 200 for entry in vendor.log)


def test_one_outfit_costs_two_requests_and_another_top_one_more(vendor, tmp_path):
    refused = CliRunner(**APART).invoke(
        cli, shlex.split(RUN.replace(" --chain", "")), prog_name="tryon"
    )
    assert (refused.exit_code, _bought(vendor)) == (2, 0)
    assert "--chain does it in two steps, which cost twice" in refused.stderr
    assert "ok" in _run(re.sub("^run", "check", RUN).replace(" --out outfit.png", "")).stdout
    assert _run(RUN).stdout.split() == ["outfit.png"]
    assert _bought(vendor) == 2
    exec(compile(CODE, "dress-an-outfit.md", "exec"), {})  # noqa: S102  (that is the test)
    assert (tmp_path / "other.png").exists()
    assert _bought(vendor) == 3
    listed = json.loads(_run("jobs --json").stdout)["jobs"]
    ended = _run(RESUME.replace("ID", min(listed, key=lambda job: job["begun_at"])["id"]))
    assert "it is the first step of an outfit; the top comes next" in ended.stderr
    (command,) = re.findall(r"^  tryon (run .*) --out PATH$", ended.stderr, re.MULTILINE)
    _run(f"{command} --out third.png")
    assert (tmp_path / "third.png").read_bytes() == (tmp_path / "outfit.png").read_bytes()


def test_a_catalogue_of_two_outfits_on_one_pair_of_jeans_costs_three(vendor, tmp_path):
    estimate = _run(ESTIMATE).stdout
    assert "fashn tryon-v1.6: 2 first steps x 1 credit = 2 credits" in estimate
    assert "total: 4 credits" in estimate
    _run(BATCH)
    assert _bought(vendor) == 3
    out = tmp_path / "results"
    assert {path.name for path in out.glob("*.png")} == {"anna-tee.png", "anna-shirt.png"}
    assert len(list((out / "first-steps").glob("*.png"))) == 2
    costs = _run(COSTS).stdout
    assert re.search(r"first step +saved +yes +1 ", costs)
    assert "spent: 3 credits" in costs
    (resume,) = re.findall(r"`tryon (batch --resume .*?)`", PAGE)
    _run(resume)
    for named, more in (("--only anna-tee", 0), ("--redo anna-tee", 2), ("--retry-failed", 0)):
        assert f"| `{named}` |" in PAGE
        before = _bought(vendor)
        _run(f"{resume} {named}")
        assert _bought(vendor) == before + more, named
