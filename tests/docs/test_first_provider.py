"""The tutorial is followed to its end: what it writes, changes and says is what happens."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from new_providers import TUTORIAL, new_provider, tutorial_exchanges

PAGE = TUTORIAL.read_text(encoding="utf-8")
CHANGES = re.findall(r"^```diff\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
(MISTAKE,) = re.findall(r"^```diff mistake\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def _changed(source, diff):
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
    assert source.count(old) == 1, f"the provider that is written does not have once:\n{old}"
    return source.replace(old, new)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    place = new_provider("atelier", folder, exchanges=tutorial_exchanges(folder))
    module = place / "tryon_atelier" / "provider.py"
    source = module.read_text(encoding="utf-8")
    for diff in CHANGES:
        source = _changed(source, diff)
    module.write_text(source, encoding="utf-8")
    return place


def _pytest(plugin, *arguments):
    plugins = ["-p", "no:cacheprovider", "-p", "tryon_testing.pytest_plugin"]
    plugins += ["-p", "_hypothesis_pytestplugin"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, *arguments],
        cwd=plugin,
        env={**os.environ, "PYTHONPATH": str(plugin), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_provider_keeps_the_contract_at_the_end(plugin):
    costly = "any_body or another_process or cassettes or importing"  # and the same for all
    ended = _pytest(plugin, "tests/test_contract.py", "-k", f"not ({costly})")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_guess_is_left_in_the_provider(plugin):
    source = (plugin / "tryon_atelier" / "provider.py").read_text(encoding="utf-8")
    left = [line for line in source.splitlines() if "CHANGE" in line]
    assert left == []


def test_the_mistake_is_named_as_the_page_says(plugin):
    module = plugin / "tryon_atelier" / "provider.py"
    right = module.read_text(encoding="utf-8")
    module.write_text(_changed(right, MISTAKE), encoding="utf-8")
    try:
        ended = _pytest(plugin, "tests/test_contract.py", "-k", "sample_request_gives")
    finally:
        module.write_text(right, encoding="utf-8")
    (said,) = re.findall(r"^    (the exchange says .*)$", PAGE, re.MULTILINE)
    assert said in ended.stdout


def test_it_is_formatted_at_the_end(plugin):
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    for arguments in (["format", "--check"], ["check"]):
        subprocess.run([ruff, *arguments, "--no-cache", "."], cwd=plugin, check=True)
