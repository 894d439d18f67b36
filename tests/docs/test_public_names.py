"""The page of public names: it lists what is there, and providers import nothing else."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tryon_core
from tryon_core import errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/public-names.md").read_text(encoding="utf-8")
_RUNNERS = frozenset({"batch", "doctor", "report", "testing"})  # these have rules of their own
# Pages of their own list the names of these, and other tests compare them.
_LISTED_ELSEWHERE = ("tryon_core.cli", "tryon_core.engine", "tryon_core.lazy_names")


def _rows(heading: str) -> list[list[str]]:
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([\w.]+)`", cell)


MODULES = {module: names for cell, names, _ in _rows("Modules") for module in _words(cell)}
VENDORS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob("plugins/*/tryon_*")
    if path.parent.name not in _RUNNERS
)


def _imports(package: Path) -> Iterator[tuple[str, str, str]]:
    """Yield file, module and name of everything that a package imports of the core."""
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tryon_core"):
                yield from ((path.name, str(node.module), alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (
                    (path.name, alias.name, "")
                    for alias in node.names
                    if alias.name.startswith("tryon_core.")
                )


def _is_public(module: str, name: str) -> bool:
    if module == "tryon_core":
        return name in tryon_core.__all__
    if module == "tryon_core.errors":
        return inspect.isclass(getattr(errors, name)) and not name.startswith("_")
    if module.startswith(_LISTED_ELSEWHERE):
        return True
    return name in _words(MODULES.get(module, ""))


def test_every_name_of_the_package_is_on_the_page_once():
    named = [name for _, names in _rows("`tryon_core`") for name in _words(names)]
    assert sorted(named) == tryon_core.__all__


@pytest.mark.parametrize("module", MODULES)
def test_a_public_module_has_the_names_on_the_page(module):
    found = importlib.import_module(module)
    if "[" not in MODULES[module]:
        for name in _words(MODULES[module]):
            assert hasattr(found, name)


@pytest.mark.parametrize("package", VENDORS)
def test_a_provider_imports_nothing_but_public_names(package):
    private = [found for found in _imports(ROOT / package) if not _is_public(*found[1:])]
    assert private == []


def test_the_providers_are_found():
    assert {"plugins/local/tryon_local", "plugins/pixelcut/tryon_pixelcut"} <= {*VENDORS}
