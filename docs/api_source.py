"""Read names of ours from their source: where they are defined, and how they are written there.

How annotations print at run time changes from one Python to the next, and aliases lose their names.
"""

import ast
import copy
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs

API_BLOCK = re.compile(r"^```\{api\} ([\w.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""Names of a module on a page of the reference: its name, and the names."""


@cache
def definition(module: str, name: str) -> Any:
    """Return the node that gives a name its meaning, wherever the module imports it from."""
    body = _parsed(module).body
    for node, below in zip(body, [*body[1:], None], strict=True):
        if name in _defined(node):
            node.text_below = _text_of(below)
            return node
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for entry in node.names:
                if name in {entry.asname, entry.name}:
                    return definition(node.module, entry.name)
    raise LookupError(f"{module} has no {name}")


@cache
def _parsed(module: str) -> Any:
    path = str(importlib.import_module(module).__file__)
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _defined(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {part.id for part in targets if isinstance(part, ast.Name)}


def _text_of(node: Any) -> str:
    is_text = isinstance(node, ast.Expr) and _is_quoted(node.value)
    return str(node.value.value) if is_text else ""


def method(function: Any) -> Any:
    """Return the node of a method."""
    *_, of_class, name = function.__qualname__.split(".")
    (node,) = (n for n in definition(function.__module__, of_class).body if _defined(n) == {name})
    return node


def signature(node: Any) -> tuple[str, str]:
    """Return the arguments of a function, without those that Python gives, and what it returns."""
    decorators = {ast.unparse(entry).rpartition(".")[2] for entry in node.decorator_list}
    first = {"self", "cls", *(["draw"] if "composite" in decorators else [])}
    arguments = copy.deepcopy(node.args)
    if arguments.args and arguments.args[0].arg in first:
        del arguments.args[0]
    returns = as_text(node.returns) if node.returns else "None"
    if "composite" in decorators:
        returns = f"SearchStrategy[{returns}]"
    return f"({as_text(arguments)})", returns


def as_text(node: Any) -> str:
    """Return code as text; annotations that are quoted in the source lose their quotes."""
    for argument in ast.walk(node):
        if isinstance(argument, ast.arg) and _is_quoted(argument.annotation):
            argument.annotation = ast.Name(as_text(argument.annotation))
    return str(node.value) if _is_quoted(node) else ast.unparse(node)


def _is_quoted(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def arguments_of_class(cls: type) -> str:
    """Return what a class is called with, empty where it has nothing of its own to say."""
    if attrs.has(cls):
        return f"({', '.join(_fields(cls))})"
    init = vars(cls).get("__init__")
    is_ours = getattr(init, "__module__", "") == cls.__module__
    return signature(method(init))[0] if is_ours else ""


def _fields(cls: type) -> Iterator[str]:
    """Yield the arguments of an attrs class: name, type and default, and no more."""
    found: dict[str, ast.AnnAssign] = {}
    for base in reversed(cls.__mro__):
        if attrs.has(base):
            body = definition(base.__module__, base.__name__).body
            found |= {ast.unparse(n.target): n for n in body if isinstance(n, ast.AnnAssign)}
    is_open = True
    for field in attrs.fields(cls):
        if not field.init or field.name.startswith("_"):
            continue
        if field.kw_only and is_open:
            yield "*"
            is_open = False
        default = _default(found[field.name].value)
        yield f"{field.name}: {as_text(found[field.name].annotation)}{default and f' = {default}'}"


def _default(value: ast.expr | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, ast.Call) or ast.unparse(value.func) not in {"attrs.field", "field"}:
        return ast.unparse(value)
    given = {entry.arg: ast.unparse(entry.value) for entry in value.keywords}
    if "factory" in given:
        return {"dict": "{}", "list": "[]"}.get(given["factory"], f"{given['factory']}()")
    return given.get("default", "")
