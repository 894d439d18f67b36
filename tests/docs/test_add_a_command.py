"""The page about commands: its code works as it stands there, and its list is kept."""

import ast
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from distributions import write_distribution
from providers import FakeProvider, fake_info, picture
from tryon_core import Client
from tryon_core.cli import jobs
from tryon_core.cli.app import cli
from tryon_core.registry import REGISTRY
from tryon_testing.clocks import FakeClock

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/add-a-command.md").read_text(encoding="utf-8")
_FILES = dict(re.findall(r"<!-- (\w+)\.py -->\n```python\n(.*?)```", PAGE, re.DOTALL))
_POINTS = re.findall(r'entry-points\."([\w.]+)"\]\n(\w+) = "([\w:.]+)"', PAGE)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install what the page shows, and a provider with a price."""
    for number, (group, name, value) in enumerate(_POINTS):
        write_distribution(
            tmp_path, f"tryon-page-{number}", providers={name: value}, group=group, modules=_FILES
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    REGISTRY.refresh()
    REGISTRY.register(FakeProvider(info=fake_info()))
    yield
    REGISTRY.unregister("fake")
    monkeypatch.undo()
    REGISTRY.refresh()


def _run(*args):
    ended = CliRunner().invoke(cli, args, prog_name="tryon")
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_the_page_has_each_kind_of_entry_points():
    groups = ["tryon_core.commands", "tryon_core.runs", "tryon_batch.listeners"]
    assert [group for group, _, _ in _POINTS] == groups
    assert sorted(_FILES) == ["tryon_nightly", "tryon_prices", "tryon_studio"]


@pytest.mark.usefixtures("installed")
def test_the_command_is_listed_and_prints_a_table_or_a_document():
    assert re.search(r"^  prices +List what one image costs\.$", _run("--help"), re.MULTILINE)
    assert re.search(r"^fake +0\.10 USD$", _run("prices"), re.MULTILINE)
    assert json.loads(_run("prices", "--json"))["prices"]["fake"] == "0.10 USD"


def test_the_page_shows_each_function_that_is_called_for_runs():
    shown = re.findall(r"^def (\w+)", _FILES["tryon_nightly"], re.MULTILINE)
    asked = re.findall(r"_ask\(\s*runs,\s*\"(\w+)\"", Path(jobs.__file__).read_text("utf-8"))
    assert sorted(shown) == sorted(asked)


@pytest.mark.usefixtures("installed")
def test_the_runs_are_listed_shown_and_forgotten():
    assert re.search(r"^n1 +12$", _run("jobs"), re.MULTILINE)
    assert _run("jobs", "n1") == "12 items\n"
    assert json.loads(_run("jobs", "n1", "--json"))["items"] == 12
    for name in ([], ["n1"]):
        assert re.search(r"^n1 +sku-7$", _run("jobs", "--unknown", *name), re.MULTILINE)
    _run("jobs", "--forget", "n1")
    assert "n1" not in _run("jobs")


@pytest.mark.usefixtures("installed")
def test_the_listener_counts_the_items_of_a_run(tmp_path):
    client = Client(FakeProvider(), clock=FakeClock())
    rows = {name: client.request(picture(), top=picture()) for name in "ab"}
    (out := tmp_path / "out").mkdir()
    assert [outcome.state for outcome in client.run_batch(rows, out=out)] == ["saved", "saved"]
    assert (out / "screen.txt").read_text() == "saved 2"


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("tryon_core.cli."):
            yield from ((str(node.module), alias.name) for alias in node.names)


def test_the_commands_of_this_repository_import_what_the_page_lists_and_nothing_else():
    paths = set(ROOT.glob("plugins/*/tryon_*/**/*.py")) - set(ROOT.glob("plugins/doctor/**/*.py"))
    used = {name for path in paths for name in _imported(path)}
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE)
    listed = {
        (f"tryon_core.cli.{module}", name)
        for module, names in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == used
