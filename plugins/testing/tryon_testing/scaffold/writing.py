"""Writes a new distribution from the facts of a vendor, by the templates beside this module."""

import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

import tryon_core
from tryon_core.engine import make_folder, write_atomically
from tryon_testing.scaffold.facts import Facts
from tryon_testing.scaffold.literals import literal
from tryon_testing.scaffold.source import template_values

_FILES = {
    "README.md": "README.md",
    "pyproject.toml": "pyproject.toml",
    "{package}/__init__.py": "init.py",
    "{package}/provider.py": "provider.py",
    "tests/conftest.py": "conftest.py",
    "tests/record_cassettes.py": "record_cassettes.py",
    "tests/suite.py": "suite.py",
    "tests/test_cassettes.py": "test_cassettes.py",
    "tests/test_contract.py": "test_contract.py",
    "tests/test_properties.py": "test_properties.py",
}
"""Paths, and the templates that they are made from."""
_EMULATOR = {"{package}/emulator.py": "emulator.py"}


def write_provider(
    facts: Facts, folder: Path, *, is_declared: bool, exchanges: Path | None
) -> list[Path]:
    """Write the distribution of a provider into a new folder; return the paths of its files.

    Args:
        facts: of the vendor.
        folder: where to.
        is_declared: whether the provider is data, or hooks in Python.
        exchanges: documented exchanges, which are copied; None for an emulator.

    Raises:
        OutputError: a file is there already, or cannot be written.
    """
    written = []
    for name, data in _contents(facts, is_declared, exchanges):
        path = folder / name
        make_folder(path.parent)
        written.append(write_atomically(path, data))
    return written


def _contents(
    facts: Facts, is_declared: bool, exchanges: Path | None
) -> Iterator[tuple[str, bytes]]:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tryon_testing.scaffold"),
        autoescape=False,  # noqa: S701  (it writes Python, not HTML)
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["literal"] = literal
    copied = f"exchanges{exchanges.suffix}" if exchanges else ""
    values = {
        **template_values(facts, is_declared=is_declared),
        "emulator": exchanges is None,
        "exchanges": copied,
    }

    def rendered(template: str, **more: Any) -> str:
        return environment.get_template(f"{template}.jinja").render(**values, **more)

    body = rendered("body.py").strip()
    names = _names(body)
    imports = sorted(names & {*tryon_core.__all__}, key=lambda name: (name[0].islower(), name))
    files = _FILES if exchanges else {**_FILES, **_EMULATOR}
    for path, template in files.items():
        text = rendered(template, body=body, names=names, imports=imports)
        yield path.format(package=facts.package), text.encode()
    yield f"{facts.package}/py.typed", b""
    if exchanges is not None:
        yield f"tests/{copied}", exchanges.read_bytes()


def _names(source: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}
