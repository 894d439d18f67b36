import ast
import re
from pathlib import Path

import pytest

from tryon_core.cli.printing import in_shell
from tryon_core.errors import OutputError
from tryon_core.saving import check_replaceable

ROOT = Path(__file__).parents[2]
# These speak to authors of plugins, who write Python, or stand in the shell themselves.
_OTHERS = re.compile(
    r"/(cli|demo|testing|emulation|emulator|tests|tryon_doctor)/"
    r"|/tryon_report/(cli_\w+|\w+/actions|hotspots/\w+)\.py$"
)
MODULES = [
    path
    for path in sorted([*ROOT.glob("tryon_core/**/*.py"), *ROOT.glob("plugins/*/tryon_*/**/*.py")])
    if not _OTHERS.search(path.relative_to(ROOT).as_posix())
]
_PYTHON = re.compile(r"\b\w+=(True|False|None)\b|\bClient\b[.(]|\bPolicy\(")
# A whole command is the same for both.
_SHELL = re.compile(r"(?<![\w-])(?<!tryon jobs )--[a-z]")
_TO_AUTHORS = {"eq=False", "executor_runs_once=True"}


def _texts(path):
    """Every text of a module that is no docstring; an f-string with `x` for its values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            inside.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
            parts = (p.value if isinstance(p, ast.Constant) else "'x'" for p in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.value


def test_messages_name_arguments_as_python_does_and_the_shell_knows_each():
    assert MODULES
    texts = [(path.name, text) for path in MODULES for text in _texts(path)]
    # Write Python's word: tryon_core.cli.printing translates it.
    assert [found for found in texts if _SHELL.search(found[1])] == []
    left = [(*found, {word[0] for word in _PYTHON.finditer(in_shell(found[1]))}) for found in texts]
    assert [found for found in left if not found[2] <= _TO_AUTHORS] == []


@pytest.mark.parametrize(
    ("python", "shell"),
    [
        ("allow overwriting (overwrite=True).", "allow overwriting (--force)."),
        ("fit=True re-encodes it.", "--fit re-encodes it."),
        ("Use Client('local').", "Use -p local."),
        ("Go on with settle={ID: TOKEN}.", "Go on with --settle ID=TOKEN."),
        ("x='maybe': expected bool, got str", "x='maybe': expected true or false"),
        ("x=['a', 'b']: expected int, got list", "x=['a', 'b']: give it once"),
        ("an outfit=True", "an outfit=True"),
    ],
)
def test_what_the_command_line_prints_is_said_in_its_words(python, shell):
    assert in_shell(python) == shell


def test_a_refusal_speaks_shell_on_the_command_line_and_python_elsewhere(tryon, folder, fake):
    del fake
    taken = folder / "taken.png"
    taken.write_bytes(b"x")
    ended = tryon(
        "run",
        "-p",
        "fake",
        "--person",
        "person.png",
        "--top",
        "tee.png",
        "--out",
        "taken.png",
        "--json",
    )
    assert "(--force)" in ended.err
    assert "(--force)" in ended.error["remedy"]
    with pytest.raises(OutputError, match=r"overwrite=True"):
        check_replaceable(taken, overwrite=False)
