import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tryon_core

SOURCE = Path(tryon_core.__file__).read_text(encoding="utf-8")


def _type_checking_imports():
    """Return the names that type checkers see, with the modules they come from."""
    (block,) = (
        node
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    found = {}
    for statement in block.body:
        if ast.unparse(statement) == "__version__: str":
            continue
        assert isinstance(statement, ast.ImportFrom)
        for alias in statement.names:
            assert alias.asname == alias.name, "type checkers would not pass the name on"
            home = statement.module
            is_module = home == "tryon_core"
            found[alias.asname or alias.name] = f"{home}.{alias.name}" if is_module else home
    return found


def _run(code, **environ):
    return subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
    ).stdout


HOMES = _type_checking_imports()


def test_type_checkers_and_programs_see_the_same_names():
    assert tryon_core.__all__ == sorted(HOMES)


@pytest.mark.parametrize("name", tryon_core.__all__)
def test_a_public_name_can_be_imported_and_is_that_of_its_home(name):
    value = getattr(tryon_core, name)
    home = sys.modules[HOMES[name]]
    assert value is (home if inspect.ismodule(value) else getattr(home, name))


@pytest.mark.parametrize("name", tryon_core.__all__)
def test_a_public_class_or_function_is_documented(name):
    value = getattr(tryon_core, name)
    if inspect.isclass(value) or inspect.isfunction(value) or inspect.ismodule(value):
        assert inspect.getdoc(value)


def test_a_star_import_gives_exactly_the_public_names():
    namespace = {}
    exec("from tryon_core import *", namespace)  # noqa: S102  (that is the point)
    assert set(namespace) - {"__builtins__"} == set(tryon_core.__all__)


def test_every_error_is_reachable_through_one_module():
    assert tryon_core.errors.TryOnError is tryon_core.TryOnError


def test_the_version_is_that_of_the_distribution():
    assert tryon_core.__version__.split(".")[0].isdigit()


def test_names_can_be_completed():
    assert {*tryon_core.__all__, "__version__"} == set(dir(tryon_core))


def test_a_name_that_does_not_exist_is_named():
    with pytest.raises(AttributeError, match="module 'tryon_core' has no attribute 'Cliet'"):
        _ = tryon_core.Cliet
    with pytest.raises(ImportError, match="cannot import name 'Cliet' from 'tryon_core'"):
        exec("from tryon_core import Cliet")  # noqa: S102  (that is the point)


HEAVY = ("attrs", "cattrs", "click", "numpy", "PIL", "pluggy", "requests", "rich", "urllib3")


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import tryon_core", HEAVY),
        ("from tryon_core import TryOnError", HEAVY),
        (
            "from tryon_core import TryOnRequest, Job, ProviderInfo, Client",
            ("click", "numpy", "PIL", "requests", "rich"),
        ),
        (
            "from tryon_core import Job, ProviderInfo; Job.from_token",
            ("cattrs", "click", "numpy", "PIL", "pluggy", "requests", "rich", "urllib3"),
        ),
        ("from tryon_core import hookimpl, Provider", ("cattrs", "PIL", "requests", "urllib3")),
    ],
    ids=["package", "errors", "client", "models", "hooks"],
)
def test_an_import_loads_no_more_than_it_needs(code, unwanted):
    check = f"{code}\nimport sys\nprint(*(name for name in {unwanted!r} if name in sys.modules))"
    assert _run(check).split() == []


def test_an_import_scans_no_installed_plugins_and_reads_no_settings(tmp_path):
    check = (
        "import importlib.metadata\n"
        "def refuse(*_, **__): raise SystemExit('scanned')\n"
        "importlib.metadata.entry_points = importlib.metadata.distributions = refuse\n"
        "from tryon_core import *\n"
        "import tryon_core.registry\n"
        "print('fine')"
    )
    missing = str(tmp_path / "missing.toml")
    assert _run(check, TRYON_CONFIG=missing).strip() == "fine"


def test_the_package_says_that_it_is_typed():
    assert (Path(tryon_core.__file__).parent / "py.typed").is_file()
