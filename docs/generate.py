"""Write the reference pages that follow from the code: `python docs/generate.py [--check]`.

With `--demo` it draws the README's image instead, from the sheets of `tryon demo`.
"""

import ast
import inspect
import re
import sys
import tempfile
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, Union, get_args, get_origin

import attrs
from PIL import Image

from tryon_core import (
    Capabilities,
    ImageRules,
    ImageSource,
    Price,
    Provider,
    ProviderInfo,
    Quota,
    errors,
)
from tryon_core.answers import settle
from tryon_core.cli.app import cli
from tryon_core.codec import option_specs
from tryon_core.hookspecs import OPTIONAL_HOOKS, REQUIRED_HOOKS, OptionalHooks, RequiredHooks
from tryon_core.models import CATEGORIES
from tryon_core.registry import REGISTRY
from tryon_testing.emulation import load_emulator

ErrorClass: TypeAlias = type[errors.TryOnError]
ROOT = Path(__file__).parent / "reference"
DEMO_IMAGE = Path(__file__).parent / "images" / "demo.jpg"
DEMO_ROW_PX = 360
REPOSITORY = ROOT.parents[1]
README = REPOSITORY / "README.md"
PROVIDERS = tuple(
    sorted(
        path.parent.name
        for path in REPOSITORY.glob("plugins/*/pyproject.toml")
        if "tryon_core.providers" in path.read_text(encoding="utf-8")
    )
)
MODELS_SHOWN = 3
VENDOR_COLUMNS = (
    "provider",
    "models",
    "garments",
    "local images",
    "price of an image",
    "lost answers",
    "keys",
    "tried live",
)
OPEN_POINTS = "## What the documents leave open"
LIVE = re.compile(r"^  kind: live$", re.MULTILINE)
VENDORS = re.compile(r"(?<=<!-- vendors -->\n).*?(?=<!-- end -->)", re.DOTALL)
SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:")
ABOUT_ERRORS = (
    "All derive from `tryon_core.TryOnError`; `from tryon_core import errors`. The columns "
    "are the usual answers; an instance may know better (`error.fault`, `error.retry`, "
    "`error.billed`, `error.remedy`). `retry` says whether the *same* call may succeed: "
    "`later` it may, `after_change` not before something is changed, `never_automatically` "
    "a person has to decide. What may have been billed is never `later`, and a submission that "
    "ends with an error of the vendor's service is [billed `unknown`]"
    "(../explanation/submit-once.md#what-an-error-says-about-money) unless the plugin says "
    "otherwise. Exit codes are those of the [command line](cli.md).\n"
)
NOTE = "<!-- Written by docs/generate.py from the code. Do not edit. -->\n"


def main() -> None:
    """Write the pages, or with `--check` fail when one differs from the code."""
    if "--demo" in sys.argv:
        draw_demo(DEMO_IMAGE)
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
    found[README] = VENDORS.sub(
        lambda _: vendor_table(), README.read_text(encoding="utf-8"), count=1
    )
    return found


def vendor_table() -> str:
    """Return the table of vendors in the README: what each takes, costs and needs."""
    lines = ["", f"| {' | '.join(VENDOR_COLUMNS)} |", f"|{' --- |' * len(VENDOR_COLUMNS)}"]
    lines += (_vendor_row(REGISTRY.load(name).provider.info) for name in PROVIDERS)
    return "\n".join([*lines, "", ""])


def _vendor_row(info: ProviderInfo) -> str:
    models = info.models or {"": info.capabilities}
    keys = [f"`{spec.env[0]}`" for spec in info.settings if spec.secret and spec.env]
    cells = (
        f"[`{info.id}`](docs/reference/providers/{info.id}.md)",
        _models(info),
        _combinations(models.values()),
        _local_images(info, models.values()),
        _prices(models.values()),
        "none" if info.is_free() else "are looked up" if info.look_up else "are named",
        ", ".join(keys) or "no key",
        _tried_live(info),
    )
    return f"| {' | '.join(cells)} |"


def _models(info: ProviderInfo) -> str:
    if len(info.models) > MODELS_SHOWN:
        return f"{len(info.models)} models"
    return ", ".join(f"`{name}`" for name in info.models) or "one"


def _prices(declared: Iterable[Capabilities]) -> str:
    """Return the least and the greatest list price."""
    prices = sorted({(can.price.amount, can.price.currency) for can in declared if can.price})
    if not prices:
        return "not published"
    (least, _), (most, currency) = prices[0], prices[-1]
    return f"{least} {currency}" if least == most else f"{least} to {most} {currency}"


def _local_images(info: ProviderInfo, models: Iterable[Capabilities]) -> str:
    if any("upload" in can.delivery for can in models):
        return "yes"
    has_store = hasattr(REGISTRY.load(info.id).provider, "publish_image")
    return "yes, by the vendor's store" if has_store else "by an extension"


def _tried_live(info: ProviderInfo) -> str:
    if info.is_free():
        return "runs here"
    cassettes = REPOSITORY.glob(f"cassettes/{info.id}/*.yaml")
    is_live = any(LIVE.search(path.read_text(encoding="utf-8")[:1000]) for path in cassettes)
    return "yes" if is_live else "no"


def draw_demo(path: Path) -> None:
    """Write what `tryon demo` draws as one image."""
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
    image = Image.new("RGB", (width_px, DEMO_ROW_PX * len(rows)), "white")
    for index, row in enumerate(rows):
        left_px = (width_px - sum(sheet.width for sheet in row)) // 2
        for sheet in row:
            image.paste(sheet, (left_px, index * DEMO_ROW_PX))
            left_px += sheet.width
    return image


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def hooks_page() -> str:
    """Return the page of the hooks: signature, kind and docstring of each."""
    parts = [
        NOTE,
        "# Hooks\n",
        (
            "A provider implements the required ones. The order of arguments is the subject, "
            "then `ctx`; new facts become attributes of `ctx`. A vendor that is "
            "[declared as data](../how-to/declare-a-vendor.md) has the required ones, and `cancel` "
            "and `read_balance` where their routes are declared.\n"
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
    """Return the page of a provider: all that it declares, and its emulator's knobs."""
    info = provider.info
    return "\n".join(
        [
            NOTE,
            f"# Provider `{info.id}`\n",
            _markdown(inspect.getdoc(type(provider)) or ""),
            *_limits(info),
            *_lost_answers(info),
            *_settings(info),
            "## Options\n",
            *_fields(info.options, "option"),
            *_notices(info),
            *_errors(info),
            *_knobs(info.id),
            *_open_points(info.id),
        ]
    )


def _limits(info: ProviderInfo) -> Iterator[str]:
    """Yield one column of limits for each model, the usual one first."""
    columns = {"value": info.capabilities}
    if info.models:
        usual = getattr(attrs.fields_dict(info.options)["model"], "default", "")
        columns = {f"`{name}`": can for name, can in info.models.items()}
        columns.setdefault(f"`{usual}`", info.capabilities)
    yield f"| limit | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    rows = [_facts(can) for can in columns.values()]
    for name in rows[0]:
        yield f"| {name} | {' | '.join(row[name] for row in rows)} |"
    yield ""


def _facts(can: Capabilities) -> dict[str, str]:
    return {
        "garments": _combinations([can]),
        "parses": ", ".join(can.parse_categories) or "nothing",
        "images come by": ", ".join(sorted(can.delivery)),
        "addresses of images begin with": ", ".join(f"{s}:" for s in sorted(can.url_schemes)),
        "a person of the vendor's library": "yes" if can.person_library else "no",
        "outputs": str(can.outputs),
        "price of one image": _price(can.price),
        "price of one parsing": _price(can.parse_price) if can.parse_categories else "",
        "leaves unnamed garments as worn": "yes" if can.keeps_unnamed_garments else "no",
        "jobs are kept": _duration(can.job_lifetime_s),
        "results are kept": _duration(can.result_lifetime_s),
        "usual job": f"{can.typical_job_s:g} s",
        "quota": _quota(can.quota),
        "person photo": _rules(can.person_rules),
        "garment image": _rules(can.garment_rules),
    }


def _combinations(declared: Iterable[Capabilities]) -> str:
    """Return the combinations of garments that any of these takes, single ones first."""
    found = {combination for can in declared for combination in can.garments}
    orders = sorted((len(c), sorted(map(CATEGORIES.index, c))) for c in found)
    named = (" + ".join(CATEGORIES[index] for index in indexes) for _, indexes in orders)
    return ", ".join(f"`{name}`" for name in named)


def _lost_answers(info: ProviderInfo) -> Iterator[str]:
    yield "## Lost answers\n"
    if info.look_up is None:
        yield (
            "The vendor cannot be asked what it accepted. A submission whose answer was lost stays "
            "unknown until somebody has looked at the vendor's dashboard.\n"
        )
        return
    settles_s, source = info.look_up.settles_s, info.look_up.source
    proof = "That it does not show it is no proof."
    if settles_s is not None:
        proof = f"What it does not show {settles_s:g} s after the end was not accepted."
    more = "../../explanation/submit-once.md#lost-answers-are-found-again"
    yield f"The vendor [is asked]({more}) for a submission whose answer was lost. {proof}\n"
    yield f"Source: {source}\n"


def _price(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{price.amount} {price.currency} on {price.as_of} ({price.source})"


def _quota(quota: Quota) -> str:
    parts = [
        f"{quota.submissions} submissions in {quota.window_s:g} s" if quota.submissions else "",
        f"{quota.running_jobs} jobs at once" if quota.running_jobs else "",
        f"{quota.queries_per_s:g} polls per second" if quota.queries_per_s else "",
        f"a poll every {quota.poll_interval_s:g} s",
        f"({quota.source})" if quota.source else "",
    ]
    return ", ".join(part for part in parts if part)


def _fields(cls: type, what: str) -> Iterator[str]:
    yield _markdown(inspect.getdoc(cls) or "")
    specs = option_specs(cls)
    if specs:
        yield f"| {what} | type | default |"
        yield "| --- | --- | --- |"
    for spec in specs:
        kind = _type_name(spec.declared).replace("|", "\\|")
        yield f"| `{spec.name}` | `{kind}` | `{_default(spec.default)}` |"
    yield ""


def _default(default: object) -> str:
    return "made anew" if isinstance(default, type(attrs.Factory(list))) else repr(default)


def _notices(info: ProviderInfo) -> Iterator[str]:
    if not info.notices:
        return
    yield "## Notices\n"
    yield "Remarks that a result may carry; it is paid for and whole all the same.\n"
    yield "| code | meaning |"
    yield "| --- | --- |"
    yield from (f"| `{code}` | {meaning} |" for code, meaning in info.notices.items())
    yield ""


def _errors(info: ProviderInfo) -> Iterator[str]:
    if not info.errors:
        return
    yield "## Error codes\n"
    yield "An empty code stands for the status alone, `*` for all codes that begin like it.\n"
    yield "| code | status | error | meaning | retry | billed | remedy |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for entry in info.errors:
        answers = entry.to_error("", http_status=entry.http_status)
        settle(answers, is_paid=not info.is_free())
        cells = (
            f"`{entry.code}`" if entry.code else "",
            str(entry.http_status or "any"),
            f"`{entry.error.__name__}`",
            entry.meaning,
            answers.retry,
            answers.billed,
            answers.remedy,
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""


def _knobs(provider: str) -> Iterator[str]:
    try:
        emulator = load_emulator(provider)
    except errors.UnknownProvider:
        return
    yield "## Emulator\n"
    yield (
        f"`tryon emulate {provider} --knob NAME=VALUE` "
        "(see the [command](../../reference/cli.md#tryon-emulate)).\n"
    )
    yield from _fields(emulator.knobs, "knob")


def _open_points(provider: str) -> Iterator[str]:
    """Yield what the plugin's README says of the gaps in the vendor's documents."""
    text = (REPOSITORY / "plugins" / provider / "README.md").read_text(encoding="utf-8")
    _, heading, rest = text.partition(f"{OPEN_POINTS}\n")
    points, _, _ = rest.partition("\n## ")
    if heading:
        yield f"{heading}{points.rstrip()}\n"


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
    least, most = rules.min_side_px, rules.max_side_px
    sides = f"sides {least} to {most} px" if most else f"sides of at least {least} px"
    parts = [
        ", ".join(sorted(rules.formats)) or "formats not stated",
        f"at most {_size(rules.max_bytes)}" if rules.max_bytes else "",
        f"at least {_size(rules.min_bytes)}" if rules.min_bytes > 1 else "",
        sides if most or least > 1 else "",
        "`fit` writes greyscale in RGB" if rules.fit_to_rgb else "",
    ]
    return f"{'; '.join(part for part in parts if part)} ({rules.source})"


def _size(count: int) -> str:
    for unit, one in (("MB", 10**6), ("MiB", 2**20), ("KiB", 2**10)):
        if count % one == 0:
            return f"{count // one} {unit}"
    return f"{count} bytes"


def _duration(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds / 3600:g} h"


def _type_name(kind: object) -> str:
    """Return an annotation as it would be written, the same on every Python."""
    if kind == ImageSource:
        return "ImageSource"
    inner = get_args(kind)
    if get_origin(kind) in {Union, types.UnionType}:
        rest = [part for part in inner if part not in get_args(ImageSource)]
        names = ["ImageSource"] if len(rest) < len(inner) else []
        return " | ".join([*names, *map(_type_name, rest)])
    if get_origin(kind) is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if inner:
        parts = ", ".join("..." if part is ... else _type_name(part) for part in inner)
        return f"{getattr(get_origin(kind), '__name__', kind)}[{parts}]"
    return "None" if kind is type(None) else getattr(kind, "__name__", str(kind))


if __name__ == "__main__":
    main()
