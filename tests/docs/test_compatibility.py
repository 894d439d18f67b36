"""The page of compatibility says what the metadata and the code say."""

import ast
import re
import sys
import warnings
from pathlib import Path

import pytest

from pages import Page
from tryon_core import deprecation
from tryon_core.models import API_VERSION, OLDEST_API_VERSION

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = Page("reference/compatibility.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = [
    path
    for folder in ("tryon_core", *(str(path) for path in ROOT.glob("plugins/*/tryon_*")))
    for path in (ROOT / folder).rglob("*.py")
]


def _table(name):
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end -->", PAGE.text, re.DOTALL)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]
    return [[cell.strip("` ") for cell in row] for row in rows]


def _version(text):
    return tuple(int(part) for part in text.split("."))


def test_the_versions_of_python_are_those_of_every_distribution():
    pythons = [row[0] for row in _table("pythons")]
    for path in (ROOT / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        named = re.findall(r"Python :: (3\.\d+)", " ".join(declared["classifiers"]))
        assert named == pythons, path
        assert declared["requires-python"] == f">={pythons[0]}", path


def test_the_libraries_are_those_of_the_core():
    declared = [
        re.match(r"([\w-]+)>=([\d.]+)", entry).groups() for entry in PROJECT["dependencies"]
    ]
    assert [tuple(row) for row in _table("libraries")] == declared


def test_each_version_of_the_hooks_that_is_called_has_a_row():
    versions = [int(row[0]) for row in _table("hooks")]
    assert versions == list(range(OLDEST_API_VERSION, API_VERSION + 1))


def _announcements():
    for path in SOURCES:
        if path.name == "deprecation.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("warn_deprecated"):
                texts = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
                yield ast.literal_eval(node.args[0]), texts


def test_each_deprecation_is_on_the_page_and_none_is_overdue():
    rows = []
    for what, texts in _announcements():
        rows.append([what, texts["since"], texts["removed_in"], texts["instead"]])
        assert _version(PROJECT["version"])[:2] < _version(texts["removed_in"]), f"remove {what}"
    assert _table("deprecations") == sorted(rows)


def test_a_deprecation_names_the_line_that_uses_it_and_what_to_use():
    def old():
        deprecation.warn_deprecated("old()", instead="Use new().", since="0.3", removed_in="0.5")

    with pytest.warns(deprecation.TryOnDeprecationWarning) as caught:
        old()
    assert caught[0].filename == __file__
    assert str(caught[0].message) == (
        "old() is deprecated since tryon 0.3 and will be removed in 0.5. Use new()."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", deprecation.TryOnDeprecationWarning)
        with pytest.raises(deprecation.TryOnDeprecationWarning):
            old()


def test_fragments_of_the_changelog_have_a_known_kind_and_are_lists():
    kinds = "security|removed|deprecated|added|changed|fixed"
    for path in (ROOT / "changes").iterdir():
        if path.name in {"README.md", "template.md.jinja"}:
            continue
        assert re.fullmatch(rf"(\d+|\+[\w.-]+?)\.({kinds})\.md", path.name), path.name
        assert path.read_text(encoding="utf-8").startswith("- "), path.name
