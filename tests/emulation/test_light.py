"""An emulator needs Flask and Pillow; pytest, Hypothesis and vcrpy are for the kit alone."""

import os
import subprocess
import sys
from pathlib import Path

from processes import unmeasured

SCRIPT = Path(__file__).parents[1] / "scripts" / "emulator_alone.py"
BLOCKED = """
import runpy, sys
for name in ("_pytest", "hypothesis", "pytest", "vcr", "yaml"):
    sys.modules[name] = None  # an import of it fails
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def test_an_emulator_and_its_command_need_nothing_of_the_kit():
    answer = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(SCRIPT)],
        env={**unmeasured(os.environ), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr


def test_who_uses_the_kit_without_its_extra_is_told_which_one():
    blocked = BLOCKED.replace("runpy.run_path", "#")
    answer = subprocess.run(
        [sys.executable, "-c", f"{blocked}\nfrom tryon_testing import ProviderContract"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "MissingExtra: ProviderContract needs pytest, which is not" in answer.stderr
    assert "testing[kit]" in answer.stderr
