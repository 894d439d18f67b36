"""The files of the page about the contract kit run as they stand there, with the page's plugin."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from distributions import write_distribution
from type_checker import check_types

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PLUGIN = "tryon_testing.pytest_plugin"
SHORT = ("-k", "not (any_body or another_process or cassettes or importing)")
"""Without what takes long, and is the same for all providers."""


def _code(page, name):
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return re.search(rf"<!-- {name} -->\s+```\w+\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme")
    package = folder / "tryon_acme"
    package.mkdir()
    (package / "__init__.py").write_text(_code("write-a-provider.md", "acme.py"))
    (package / "emulator.py").write_text(_code("write-an-emulator.md", "emulator.py"))
    for name in ("test_acme.py", "test_documented.py", "exchanges.yaml"):
        (folder / name).write_text(_code("test-a-provider.md", name))
    write_distribution(folder, "tryon-acme", providers={"acme": "tryon_acme:provider"})
    write_distribution(
        folder,
        "tryon-acme-emulator",
        providers={"acme": "tryon_acme.emulator:emulator"},
        group="tryon_core.emulators",
    )
    return folder


def _pytest(folder, *arguments):
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_the_plugin_of_the_other_page_keeps_the_contract(project):
    assert "passed" in _pytest(project, "test_acme.py", *SHORT)


def test_documented_exchanges_stand_in_for_the_emulator(project):
    text = _pytest(project, "test_documented.py", *SHORT)
    assert "passed" in text
    page = (HOW_TO / "test-a-provider.md").read_text(encoding="utf-8")
    listed = text.partition("not checked by the contract of tryon providers")[2]
    for line in page.partition("    test_documented.py::Test")[2].partition("\n\n")[0].splitlines():
        assert line.strip() in listed


def test_no_file_is_needed_for_an_installed_provider(project):
    assert "2 passed" in _pytest(
        project, "--tryon-provider", "acme", "-k", "hooks_fit or sample_request_gives"
    )


def test_the_members_of_the_table_exist():
    from tryon_testing import ProviderContract

    text = (HOW_TO / "test-a-provider.md").read_text(encoding="utf-8")
    table = text.partition("## What may be overridden")[2].partition("##")[0]
    members = re.findall(r"^\| `(\w+)(?:\(\))?` ", table, re.MULTILINE)
    assert len(members) == 9
    for member in members:
        assert member == "provider" or hasattr(ProviderContract, member)


def test_a_type_checker_accepts_the_page(tmp_path_factory, project):
    check_types([project / "tryon_acme" / "emulator.py"], tmp_path_factory.getbasetemp())
