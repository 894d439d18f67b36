"""Write the reference pages that follow from the code: `python docs/generate.py [--check]`.

With `--demo` it draws the README's picture instead, from the sheets of `tryon demo`.
"""

import ast
import inspect
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs
from PIL import Image

from tryon_core import ImageRules, Provider, ProviderInfo, errors
from tryon_core.cli.app import cli
from tryon_core.hookspecs import OPTIONAL_HOOKS, REQUIRED_HOOKS, OptionalHooks, RequiredHooks
from tryon_core.registry import REGISTRY

ErrorClass: TypeAlias = type[errors.TryOnError]
ROOT = Path(__file__).parent / "reference"
DEMO_PICTURE = Path(__file__).parent / "images" / "demo.jpg"
DEMO_ROW_PX = 360
PROVIDERS = ("local",)
SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:")
ABOUT_ERRORS = (
    "All derive from `tryon_core.TryOnError`; `from tryon_core import errors`. The columns "
    "are the usual answers; an instance may know better (`error.fault`, `error.retry`, "
    "`error.billed`, `error.remedy`). `retry` says whether the *same* call may succeed: "
    "`later` it may, `after_change` not before something is changed, `never_automatically` "
    "a person has to decide. Exit codes are those of the [command line](cli.md).\n"
)
NOTE = "<!-- Written by docs/generate.py from the code. Do not edit. -->\n"


def main() -> None:
    """Write the pages, or with `--check` fail when one differs from the code."""
    if "--demo" in sys.argv:
        draw_demo(DEMO_PICTURE)
        return
    stale = [path for path, text in pages().items() if not _is_current(path, text)]
    if "--check" in sys.argv:
        sys.exit(f"run docs/generate.py for {', '.join(map(str, stale))}" if stale else 0)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")


def pages() -> dict[Path, str]:
    """Return the text of every generated page by its path."""
    found = {ROOT / "hooks.md": hooks_page(), ROOT / "errors.md": errors_page()}
    for name in PROVIDERS:
        found[ROOT / "providers" / f"{name}.md"] = provider_page(REGISTRY.load(name).provider)
    return found


def draw_demo(path: Path) -> None:
    """Write what `tryon demo` draws as one picture."""
    with tempfile.TemporaryDirectory() as folder:
        cli(["demo", "--quiet", "--out", folder], standalone_mode=False)
        sheets = [Image.open(sheet) for sheet in sorted(Path(folder).glob("*-sheet.png"))]
        path.parent.mkdir(exist_ok=True)
        two_in_a_row(sheets).save(path, quality=85, optimize=True)


def two_in_a_row(sheets: Sequence[Image.Image]) -> Image.Image:
    """Return the sheets in rows of two, all scaled to the same height."""
    scaled = [
        sheet.resize((round(sheet.width * DEMO_ROW_PX / sheet.height), DEMO_ROW_PX))
        for sheet in sheets
    ]
    rows = [scaled[start : start + 2] for start in range(0, len(scaled), 2)]
    width_px = max(sum(sheet.width for sheet in row) for row in rows)
    picture = Image.new("RGB", (width_px, DEMO_ROW_PX * len(rows)), "white")
    for index, row in enumerate(rows):
        left_px = (width_px - sum(sheet.width for sheet in row)) // 2
        for sheet in row:
            picture.paste(sheet, (left_px, index * DEMO_ROW_PX))
            left_px += sheet.width
    return picture


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def hooks_page() -> str:
    """Return the page of the hooks: signature, kind and docstring of each."""
    parts = [
        NOTE,
        "# Hooks\n",
        (
            "A provider implements the required ones. The order of arguments is the subject, "
            "then `ctx`; new facts become attributes of `ctx`.\n"
        ),
        "## Required\n",
        *_hooks(RequiredHooks, REQUIRED_HOOKS),
        "## Optional\n",
        *_hooks(OptionalHooks, OPTIONAL_HOOKS),
    ]
    return "\n".join(parts)


def _hooks(spec: type, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        method = getattr(spec, name)
        first = method.tryon_spec["firstresult"]
        kind = "The first answer counts." if first else "The answers of all are collected."
        yield f"### {name}\n"
        yield f"    {name}{_signature(method)}\n"
        yield f"{kind}\n"
        yield _markdown(inspect.getdoc(method) or "")


def _signature(method: Callable[..., object]) -> str:
    # From the source: how annotations print at run time changes from one Python to the next.
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    function = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    function.args.args = [entry for entry in function.args.args if entry.arg != "self"]
    returns = ast.unparse(function.returns) if function.returns else "None"
    return f"({ast.unparse(function.args)}) -> {returns}"


def _markdown(docstring: str) -> str:
    """Turn the sections of a docstring into headings and lists."""
    lines: list[str] = []
    inside = ""
    for line in docstring.splitlines():
        if line.strip() in SECTIONS:
            inside = line.strip()
            lines.append(f"**{inside.rstrip(':')}**\n")
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, colon, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {rest}" if colon else line.strip())
        else:
            lines.append(f"  {line.strip()}" if inside and line.strip() else line)
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Return the page of the errors: one table in the order of the class tree."""
    parts = [
        NOTE,
        "# Errors\n",
        ABOUT_ERRORS,
        "| error | meaning | fault | retry | billed |",
        "| --- | --- | --- | --- | --- |",
        *(_error_row(cls, depth) for cls, depth in _tree(errors.TryOnError, 0)),
        "",
    ]
    return "\n".join(parts)


def _tree(cls: ErrorClass, depth: int) -> Iterator[tuple[ErrorClass, int]]:
    yield cls, depth
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child, depth + 1)


def _error_row(cls: ErrorClass, depth: int) -> str:
    meaning = (inspect.getdoc(cls) or "").splitlines()[0]
    indent = "&emsp;" * depth
    return f"| {indent}`{cls.__name__}` | {meaning} | {cls.fault} | {cls.retry} | {cls.billed} |"


def provider_page(provider: Provider) -> str:
    """Return the page of a provider: what it declares, its settings and its options."""
    info = provider.info
    can = info.capabilities
    combinations = ("`" + " + ".join(sorted(c, reverse=True)) + "`" for c in can.garments)
    price = "unknown" if can.price is None else f"{can.price.amount} {can.price.currency}"
    facts = {
        "garments": ", ".join(sorted(combinations)),
        "parses": ", ".join(can.parse_categories) or "nothing",
        "images come by": ", ".join(sorted(can.delivery)),
        "outputs": str(can.outputs),
        "price of one image": price,
        "leaves unnamed garments as worn": "yes" if can.keeps_unnamed_garments else "no",
        "jobs are kept": _duration(can.job_lifetime_s),
        "results are kept": _duration(can.result_lifetime_s),
        "usual job": f"{can.typical_job_s:g} s",
        "person photo": _rules(can.person_rules),
        "garment picture": _rules(can.garment_rules),
    }
    return "\n".join(
        [
            NOTE,
            f"# Provider `{info.id}`\n",
            _markdown(inspect.getdoc(type(provider)) or ""),
            "| fact | value |",
            "| --- | --- |",
            *(f"| {name} | {value} |" for name, value in facts.items()),
            "",
            *_settings(info),
            "## Options\n",
            _markdown(inspect.getdoc(info.options) or ""),
            "| option | type | default |",
            "| --- | --- | --- |",
            *(
                f"| `{field.name}` | `{_type_name(field.type)}` | `{field.default!r}` |"
                for field in attrs.fields(info.options)
            ),
            "",
        ]
    )


def _settings(info: ProviderInfo) -> Iterator[str]:
    yield "## Settings\n"
    yield "As an argument of `Client`, in the environment, or in `tryon.toml`.\n"
    yield "| setting | environment | default | |"
    yield "| --- | --- | --- | --- |"
    for spec in info.settings:
        names = (f"TRYON_{info.id.upper()}_{spec.name.upper()}", *spec.env)
        variables = ", ".join(f"`{name}`" for name in names)
        yield f"| `{spec.name}` | {variables} | {spec.default or ''} | {spec.help} |"
    yield ""


def _rules(rules: ImageRules) -> str:
    most = f"{rules.max_bytes / 2**20:g} MiB" if rules.max_bytes else "no limit"
    sides = f"sides {rules.min_side_px} to {rules.max_side_px or 'any'} px"
    formats = ", ".join(sorted(rules.formats)) or "formats not stated"
    return f"{formats}; at most {most}; {sides} ({rules.source})"


def _duration(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds / 3600:g} h"


def _type_name(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


if __name__ == "__main__":
    main()
