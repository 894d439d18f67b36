"""How Sphinx shows our Python: `{api}` blocks of names, plain signatures, docstrings in Markdown.

A block lists names of a module, and is a plain list to a reader without Sphinx:

    ```{api} tryon_core
    Client
    PollPolicy
    ```
"""

import ast
import copy
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

BLOCK = re.compile(r"^```\{api\} ([\w.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ERRORS = "reference/errors"
_CODE = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")
_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields):")
_LONGEST_VALUE = 70


def _expand(_: Sphinx, __: str, source: list[str]) -> None:
    """Turn the blocks of a page into directives."""
    source[0] = BLOCK.sub(
        lambda block: "\n".join(
            ["```{eval-rst}", *(_directive(block[1], name) for name in block[2].split()), "```"]
        ),
        source[0],
    )


def _directive(module: str, name: str) -> str:
    found, node = getattr(importlib.import_module(module), name), _definition(module, name)
    if isinstance(node, ast.FunctionDef):
        return _written(f"autofunction:: {module}.{name}", [])
    if not isinstance(node, ast.ClassDef):
        return _written(f"py:data:: {name}", [f":module: {module}", *_constant(module, name)])
    if issubclass(found, BaseException):
        return _written(f"autoexception:: {module}.{name}", [":members:"])
    all_members = [":undoc-members:"] if issubclass(found, Enum) else []
    members = [":members:", ":member-order: bysource", *all_members]
    return _written(f"autoclass:: {module}.{name}", members)


def _written(directive: str, lines: list[str]) -> str:
    return "\n".join([f".. {directive}", *(f"   {line}".rstrip() for line in lines), ""])


def _constant(module: str, name: str) -> list[str]:
    """Return what is said of a constant or alias: its value, and the text below it."""
    node = _definition(module, name)
    value = ast.unparse(node.value)
    options = [f":value: {value}"] if len(value) <= _LONGEST_VALUE else []
    return [*options, "", *_marked_up(inspect.cleandoc(node.text_below))]


@cache
def _definition(module: str, name: str) -> Any:
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
                    return _definition(node.module, entry.name)
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


def _sign(
    _: Sphinx, what: str, name: str, found: Any, __: object, signature: str | None, *rest: object
) -> tuple[str, str | None] | None:
    """Give a signature as it is in the source: aliases by name, and no more than the fields."""
    del rest
    if what in {"class", "exception"}:
        arguments = _arguments_of_class(found)
        return (arguments, None) if arguments or signature else None
    if what == "method":
        return _signature(_method(found))
    module, short = name.rsplit(".", 1)
    return _signature(_definition(module, short)) if what == "function" else None


def _method(function: Any) -> Any:
    *_, of_class, name = function.__qualname__.split(".")
    (node,) = (n for n in _definition(function.__module__, of_class).body if _defined(n) == {name})
    return node


def _signature(node: Any) -> tuple[str, str]:
    decorators = {ast.unparse(entry).rpartition(".")[2] for entry in node.decorator_list}
    skipped = {"self", "cls", *(["draw"] if "composite" in decorators else [])}
    arguments = copy.deepcopy(node.args)
    arguments.args = [entry for entry in arguments.args if entry.arg not in skipped]
    returns = _text(node.returns) if node.returns else "None"
    if "composite" in decorators:
        returns = f"SearchStrategy[{returns}]"
    return f"({_text(arguments)})", returns


def _text(node: Any) -> str:
    """Return code as text; annotations that are quoted in the source lose their quotes."""
    for argument in ast.walk(node):
        if isinstance(argument, ast.arg) and _is_quoted(argument.annotation):
            argument.annotation = ast.Name(_text(argument.annotation))
    return str(node.value) if _is_quoted(node) else ast.unparse(node)


def _is_quoted(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _arguments_of_class(cls: type) -> str:
    if attrs.has(cls):
        return f"({', '.join(_fields(cls))})"
    init = vars(cls).get("__init__")
    is_ours = getattr(init, "__module__", "") == cls.__module__
    return _signature(_method(init))[0] if is_ours else ""


def _fields(cls: type) -> Iterator[str]:
    """Yield the arguments of an attrs class: name, type and default, and no more."""
    found: dict[str, ast.AnnAssign] = {}
    for base in reversed(cls.__mro__):
        if attrs.has(base):
            body = _definition(base.__module__, base.__name__).body
            found |= {ast.unparse(n.target): n for n in body if isinstance(n, ast.AnnAssign)}
    is_open = True
    for field in attrs.fields(cls):
        if not field.init or field.name.startswith("_"):
            continue
        if field.kw_only and is_open:
            yield "*"
            is_open = False
        default = _default(found[field.name].value)
        yield f"{field.name}: {_text(found[field.name].annotation)}{default and f' = {default}'}"


def _default(value: ast.expr | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, ast.Call) or ast.unparse(value.func) not in {"attrs.field", "field"}:
        return ast.unparse(value)
    given = {entry.arg: ast.unparse(entry.value) for entry in value.keywords}
    if "factory" in given:
        return {"dict": "{}", "list": "[]"}.get(given["factory"], f"{given['factory']}()")
    return given.get("default", "")


def _mark_up(_: Sphinx, __: str, ___: str, ____: object, _____: object, lines: list[str]) -> None:
    lines[:] = _marked_up("\n".join(lines))


def _marked_up(text: str) -> list[str]:
    """Turn a docstring from Markdown into what Sphinx reads: code, and links to our names."""
    lines: list[str] = []
    in_section = in_code = False
    for line in _CODE.sub(_code, text).split("\n"):
        in_section = in_section or bool(_SECTION.fullmatch(line))
        is_code = not in_section and line.startswith("    ")
        if is_code and not in_code:
            lines += [".. code-block:: python", ""]
        in_code = is_code or (in_code and not line)
        lines.append(line)
    return lines


def _code(found: re.Match[str]) -> str:
    return f":py:obj:`{found[1]}`" if _NAME.fullmatch(found[1]) else f"``{found[1]}``"


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Find a name of ours by its last part; an error is on the page of errors."""
    if node.get("refdomain") != "py":
        return None
    *_, name = node["reftarget"].removesuffix("()").rpartition(".")
    if name not in _places(env):
        return None
    docname, anchor = _places(env)[name]
    uri = app.builder.get_relative_uri(node["refdoc"], docname)
    return nodes.reference("", "", content, internal=True, refuri=f"{uri}#{anchor}")


@cache
def _places(env: BuildEnvironment) -> Mapping[str, tuple[str, str]]:
    """Return page and anchor of each class, function and error by its name without modules."""
    found = {
        name.rpartition(".")[2]: (entry.docname, entry.node_id)
        for name, entry in env.domains.python_domain.objects.items()
        if entry.objtype in {"class", "data", "exception", "function"}
    }
    errors = importlib.import_module("tryon_core.errors")
    base: type = errors.TryOnError
    for name, cls in vars(errors).items():
        if inspect.isclass(cls) and issubclass(cls, base):
            found[name] = (ERRORS, name.lower())
    return found


def setup(app: Sphinx) -> None:
    """Register what is done to pages, signatures, docstrings and references."""
    do: Callable[..., int] = app.connect
    do("source-read", _expand)
    do("autodoc-process-signature", _sign)
    do("autodoc-process-docstring", _mark_up, priority=400)  # before napoleon
    do("missing-reference", _resolve)
