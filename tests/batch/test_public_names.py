import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tryon_batch
from providers import FakeProvider
from tryon_core import Client, errors


def _type_checking_imports():
    source = Path(tryon_batch.__file__).read_text(encoding="utf-8")
    (block,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    imports = [line for line in block.body if isinstance(line, ast.ImportFrom)]
    return {alias.asname: line.module for line in imports for alias in line.names}


HOMES = _type_checking_imports()


def test_type_checkers_and_programs_see_the_same_names():
    assert tryon_batch.__all__ == sorted(HOMES)


@pytest.mark.parametrize("name", tryon_batch.__all__)
def test_a_public_name_can_be_imported_and_says_what_it_is(name):
    value = getattr(tryon_batch, name)
    assert value is getattr(sys.modules[HOMES[name]], name)
    assert value.__doc__


def test_a_name_that_does_not_exist_is_no_missing_extra():
    with pytest.raises(AttributeError, match="no attribute 'run_bath'"):
        tryon_batch.run_bath  # noqa: B018  (the access is what is tested)


def test_a_missing_distribution_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tryon_batch", None)
    with pytest.raises(errors.MissingExtra, match="tryon-batch") as caught:
        Client(FakeProvider()).run_batch([])
    assert "plugins/batch" in caught.value.remedy or "tryon-batch" in caught.value.remedy


def test_nothing_of_it_is_loaded_by_a_single_try_on():
    code = "import sys, tryon_core.client; print([n for n in sys.modules if 'batch' in n])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
