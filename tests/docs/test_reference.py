"""What there is has its place in the reference: names, codes, settings, variables, extensions."""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest
from api_source import API_BLOCK, arguments_of_class, definition, signature

from tryon_core.extensions.named import installed

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
NAMED = Counter(
    (module, name)
    for page in sorted(REFERENCE.glob("api/*.md"))
    for module, names in API_BLOCK.findall(page.read_text(encoding="utf-8"))
    for name in names.split()
)
"""How often the pages of the API name each name of a module."""
MODULES = (
    "tryon_batch",
    "tryon_core",
    "tryon_core.engine",
    "tryon_core.extensions",
    "tryon_extensions",
    "tryon_report",
    "tryon_s3",
    "tryon_testing",
    "tryon_testing.cassettes",
    "tryon_testing.emulation",
)
ELSEWHERE = {("tryon_core", "TryOnError"), ("tryon_core", "errors")}  # on the page of errors
CODED = ("Failure", "Notice", "Problem", "UnusableImage")
_MAKES_ONE = re.compile(rf"\b({'|'.join(CODED)})\(")
SHIPPED = [
    path
    for pattern in ("tryon_core/**/*.py", "plugins/*/tryon_*/**/*.py")
    for path in sorted(ROOT.glob(pattern))
    if not {"emulator", "tryon_testing"} & set(path.parts)
]


def _page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_on_one_page_of_the_api(module):
    names = set(importlib.import_module(module).__all__)
    there = {name for of, name in NAMED if of == module}
    of_the_core = {name for of, name in NAMED if of == "tryon_core"} if "." in module else set()
    elsewhere = {name for of, name in ELSEWHERE if of == module}
    assert there <= names, "the pages of the API name what is gone"
    assert names <= there | of_the_core | elsewhere, "add the name to docs/reference/api/"


def test_no_name_is_on_two_pages_of_the_api():
    assert [entry for entry, count in NAMED.items() if count > 1] == []


@pytest.mark.parametrize("name", ["decode", "rename_keys"])
def test_a_signature_has_an_argument_that_is_called_like_those_that_python_gives(name):
    arguments, _ = signature(definition("tryon_core", name))
    assert "cls: type" in arguments


def test_types_in_the_signatures_of_a_declared_vendor_have_an_entry():
    module = importlib.import_module("tryon_core")
    routes = [name for name in module.__all__ if name.endswith("Route")]
    shown = " ".join(arguments_of_class(getattr(module, name)) for name in routes)
    aliases = {name for of, name in NAMED if of in {"tryon_core.http", "tryon_core.routes"}}
    types = {*re.findall(r"\b[A-Z]\w+", shown)} & {
        *dir(importlib.import_module("tryon_core.routes"))
    }
    known = {name for _, name in NAMED} | {"Any", "Callable", "Literal", "Mapping", "Sequence"}
    assert types - known - {"Iterable", "Category", "Billed"} == set()
    assert {"Place", "Template", "JobPath"} <= aliases & types


def test_every_module_whose_names_are_listed_is_public_or_for_commands():
    table = _page("public-names.md")
    modules = {module for module, _ in NAMED} - {*MODULES}
    assert {name for name in modules if not name.startswith("tryon_core.cli.")} <= {
        *re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE)
    }
    for module, name in NAMED:
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_the_names_for_commands_are_those_of_the_page_about_commands():
    page = (ROOT / "docs/how-to/add-a-command.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE)
    listed = {
        (f"tryon_core.cli.{module}", name)
        for module, names in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == {entry for entry in NAMED if entry[0].startswith("tryon_core.cli.")}


def _codes():
    """The codes that the code gives to problems, notices and unusable images."""
    texts = [path.read_text(encoding="utf-8") for path in SHIPPED]
    trees = [ast.parse(text) for text in texts if _MAKES_ONE.search(text)]
    constants = {
        name.id: value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign)
        for name, value in _assigned(node)
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant)
    }
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in CODED:
                yield from _texts(_code_of(node), constants)


def _assigned(node):
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return list(zip(target.elts, node.value.elts, strict=True))
    return [(target, node.value)]


def _called(call):
    """The name of what is called, whether it stands alone or in a module: `core.Notice`."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _code_of(call):
    given = {entry.arg: entry.value for entry in call.keywords}
    positional = call.args[0] if call.args and _called(call) in {"Failure", "Notice"} else None
    return given.get("code", positional)


def _texts(node, constants):
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body, constants), *_texts(node.orelse, constants))
    value = constants.get(getattr(node, "id", ""), getattr(node, "value", None))
    if isinstance(value, str):
        yield value


def test_every_code_of_a_problem_or_a_notice_has_a_heading_and_none_that_is_gone_has_one():
    headings = re.findall(r"^### (\w+)$", _page("codes.md"), re.MULTILINE)
    assert len(headings) == len(set(headings))
    of_rules = re.findall(
        r"yield \"(image_\w+)\"", (ROOT / "tryon_core/images/rules.py").read_text()
    )
    assert of_rules
    assert sorted(headings) == sorted({*_codes(), *of_rules})


def test_every_variable_that_the_code_reads_is_on_the_page_of_settings():
    page = _page("settings.md")
    named = r"\"(TRYON_[A-Z0-9_]*[A-Z0-9])\""
    for path in (*SHIPPED, *ROOT.glob("plugins/*/hatch_build.py")):
        for name in re.findall(named, path.read_text(encoding="utf-8")):
            assert f"`{name}`" in page, f"{path}: {name}"


def test_every_extension_is_on_the_page_that_shows_how_they_are_used():
    page = (ROOT / "docs/how-to/use-extensions.md").read_text(encoding="utf-8")
    assert [name for name in installed() if f"`{name}`" not in page] == []
