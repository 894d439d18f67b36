"""The names that the distribution offers are there, and type checkers see the same ones."""

import ast
from pathlib import Path

import pytest

import tryon_report

SOURCE = Path(tryon_report.__file__).read_text(encoding="utf-8")


def test_type_checkers_and_programs_see_the_same_names():
    (block,) = (node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    imported = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    named = [alias.asname for node in imported for alias in node.names]
    assert sorted(named) == tryon_report.__all__


@pytest.mark.parametrize("name", tryon_report.__all__)
def test_each_name_can_be_imported_and_is_documented(name):
    assert getattr(tryon_report, name).__doc__
