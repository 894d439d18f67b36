"""What the page about odd networks says is what the doctor says."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tryon_core import TransportPolicy
from tryon_core.cli.app import cli

PAGE = (Path(__file__).parents[2] / "docs/how-to/odd-networks.md").read_text(encoding="utf-8")
RUNS = dict(re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))
SAID = dict(re.findall(r"<!-- said: (\w+) -->\n```text\n(.*?)```", PAGE, re.DOTALL))
(SLOW,) = re.findall(r"<!-- slow.py -->\n```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("name", RUNS)
def test_with_these_variables_the_doctor_says_so(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    for known in [*os.environ]:
        if known.lower().endswith("_proxy"):
            monkeypatch.delenv(known)
    for variable, value in re.findall(r"^export (\w+)=(.*)$", RUNS[name], re.MULTILINE):
        monkeypatch.setenv(variable, value)
    ended = CliRunner().invoke(cli, ["doctor", "pixelcut", "--offline"], prog_name="tryon")
    for line in SAID[name].splitlines():
        assert line in ended.output


def test_the_time_outs_on_the_page_are_those_of_the_program():
    names: dict[str, object] = {}
    exec(SLOW, names)  # noqa: S102  (that is the point)
    for name, usual in re.findall(r"(\w+)=[\d.]+, +# (\d+):", SLOW):
        assert getattr(TransportPolicy(), name) == float(usual)
        assert getattr(names["policy"], name) != float(usual)
    names["client"].close()
