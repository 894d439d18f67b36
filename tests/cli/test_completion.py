import sys

import pytest
from click.shell_completion import ShellComplete

from distributions import write_distribution
from tryon_core.cli.app import cli
from tryon_core.registry import REGISTRY


def _complete(*args, incomplete=""):
    completer = ShellComplete(cli, {}, "tryon", "_TRYON_COMPLETE")
    return [item.value for item in completer.get_completions(list(args), incomplete)]


def test_commands_are_completed():
    assert _complete(incomplete="res") == ["resume"]


@pytest.mark.usefixtures("fake")
def test_providers_are_completed_by_their_ids():
    assert _complete("run", "-p", incomplete="fak") == ["fake"]


def test_completing_a_provider_imports_none(folder, monkeypatch):
    write_distribution(
        folder,
        "tryon-heavy",
        providers={"heavy": "tryon_heavy:provider"},
        modules={"tryon_heavy": "raise SystemExit\n"},
    )
    monkeypatch.syspath_prepend(str(folder))
    REGISTRY.refresh()
    try:
        assert _complete("check", "-p", incomplete="hea") == ["heavy"]
        assert "tryon_heavy" not in sys.modules
        assert _complete("check", "-p", "heavy", "-o") == []
    finally:
        monkeypatch.undo()
        REGISTRY.refresh()


@pytest.mark.usefixtures("fake")
def test_options_are_completed_once_the_provider_is_named():
    assert _complete("run", "-p", "fake", "-o", incomplete="q") == ["quality="]
    assert _complete("run", "-o") == []


@pytest.mark.parametrize("option", ["--person", "--top", "--out"])
def test_images_are_completed_as_files(option):
    completer = ShellComplete(cli, {}, "tryon", "_TRYON_COMPLETE")
    assert [item.type for item in completer.get_completions(["run", option], "")] == ["file"]
