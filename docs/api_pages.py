"""How Sphinx shows our Python: `{api}` blocks of names, plain signatures, docstrings in Markdown.

A block lists names of a module, and is a plain list to a reader without Sphinx:

    ```{api} tryon_core
    Client
    PollPolicy
    ```
"""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from api_source import API_BLOCK, arguments_of_class, as_text, definition, method, signature
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ERRORS = "reference/errors"
_CODE = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")
_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields):")
_LONGEST_VALUE = 70


def _expand(_: Sphinx, __: str, source: list[str]) -> None:
    """Turn the blocks of a page into directives."""
    source[0] = API_BLOCK.sub(
        lambda block: "\n".join(
            ["```{eval-rst}", *(_directive(block[1], name) for name in block[2].split()), "```"]
        ),
        source[0],
    )


def _directive(module: str, name: str) -> str:
    found, node = getattr(importlib.import_module(module), name), definition(module, name)
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
    node = definition(module, name)
    value = as_text(node.value)
    options = [f":value: {value}"] if len(value) <= _LONGEST_VALUE else []
    return [*options, "", *_marked_up(inspect.cleandoc(node.text_below))]


def _sign(
    _: Sphinx, what: str, name: str, found: Any, __: object, given: str | None, *rest: object
) -> tuple[str, str | None] | None:
    """Give a signature as it is in the source: aliases by name, and no more than the fields."""
    del rest
    if what in {"class", "exception"}:
        arguments = arguments_of_class(found)
        return (arguments, None) if arguments or given else None
    if what == "method":
        return signature(method(found))
    module, short = name.rsplit(".", 1)
    return signature(definition(module, short)) if what == "function" else None


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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is done to pages, signatures, docstrings and references."""
    do: Callable[..., int] = app.connect
    do("source-read", _expand)
    do("autodoc-process-signature", _sign)
    do("autodoc-process-docstring", _mark_up, priority=400)  # before napoleon
    do("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
