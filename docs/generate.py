"""Write the reference pages that follow from the code: `python docs/generate.py [--check]`.

With `--demo` it draws the images of `tryon demo` instead: that of the README, and the portrait,
which needs scikit-image.
"""

import inspect
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs
from api_source import method, signature
from PIL import Image

from tryon_core import Capabilities, ProviderInfo, errors
from tryon_core.cli.app import cli
from tryon_core.codec import option_specs
from tryon_core.extensions.named import installed, load
from tryon_core.hookspecs import OPTIONAL_HOOKS, REQUIRED_HOOKS, OptionalHooks, RequiredHooks
from tryon_core.registry import REGISTRY
from tryon_local.demo.scenes import side_by_side
from tryon_testing.provider_page import combinations_text, markdown_of as _markdown, provider_page

ErrorClass: TypeAlias = type[errors.TryOnError]
ROOT = Path(__file__).parent / "reference"
DEMO_IMAGE = Path(__file__).parent / "images" / "demo.jpg"
PORTRAIT_IMAGE = Path(__file__).parent / "images" / "portrait.jpg"
DEMO_ROW_PX = 360
REPOSITORY = ROOT.parents[1]
README = REPOSITORY / "README.md"
SETTINGS = ROOT / "settings.md"
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
    "a lost answer is",
    "keys",
    "tried live",
)
LIVE = re.compile(r"^  kind: live$", re.MULTILINE)
ABOUT_ERRORS = (
    "Each class derives from `tryon_core.TryOnError`; import them with `from tryon_core import "
    "errors`. [Handle errors](../how-to/handle-errors.md) shows how a program uses them. The table "
    "has the usual values of each class; a single error may have others (`error.fault`, "
    "`error.retry`, `error.billed`, `error.remedy`).\n\n"
    "`retry` says whether the *same* call may succeed: `later` (it may), `after_change` (only "
    "after something is changed), `never_automatically` (a person has to decide) or `no`. An error "
    "that may have been billed is never `later`. A submission that ends with an error of the "
    "vendor's service is [billed `unknown`]"
    "(../explanation/submit-once.md#what-an-error-says-about-money) "
    "unless the plugin says otherwise. The [command line](cli.md#exit-codes) has the exit codes.\n"
)
NOTE = "<!-- Written by docs/generate.py from the code. Do not edit. -->\n"


def main() -> None:
    """Write the pages, or with `--check` fail when one differs from the code."""
    if "--demo" in sys.argv:
        draw_demo(DEMO_IMAGE, PORTRAIT_IMAGE)
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
        readme = REPOSITORY / "plugins" / name / "README.md"
        found[ROOT / "providers" / f"{name}.md"] = provider_page(
            REGISTRY.load(name).provider,
            readme=readme.read_text(encoding="utf-8"),
            docs="../..",
            note=NOTE,
        )
    found[README] = _filled(README, vendors=vendor_table())
    tables = {"providers": settings_of_providers(), "extensions": settings_of_extensions()}
    found[SETTINGS] = _filled(SETTINGS, **tables)
    return found


def _filled(page: Path, **tables: str) -> str:
    """Return a page by hand with its generated tables, each between its name and an end."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        place = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
        text = place.sub(lambda _, table=table: table, text, count=1)  # type: ignore[misc]
    return text


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
        combinations_text(models.values()),
        _local_images(info, models.values()),
        _prices(models.values()),
        "not possible" if info.is_free() else "looked up" if info.look_up else "reported",
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


def draw_demo(path: Path, portrait: Path) -> None:
    """Write what `tryon demo` draws as one image, and what it makes of the portrait as another."""
    with tempfile.TemporaryDirectory() as folder:
        cli(["demo", "--quiet", "--out", folder], standalone_mode=False)
        *drawn, _ = [Image.open(sheet) for sheet in sorted(Path(folder).glob("*-sheet.png"))]
        garment, after = (
            Image.open(Path(folder) / f"5-portrait-{part}.png") for part in ("garment-top", "after")
        )
        path.parent.mkdir(exist_ok=True)
        two_in_a_row(drawn).save(path, quality=85, optimize=True)
        portrait_row(garment, after).save(portrait, quality=85, optimize=True)


def portrait_row(garment: Image.Image, after: Image.Image) -> Image.Image:
    """Return the garment beside the dressed portrait, without the photo: it is not ours."""
    sheet = side_by_side([[garment], [after]])
    return sheet.resize((round(sheet.width * DEMO_ROW_PX / sheet.height), DEMO_ROW_PX))


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
            "Hooks are the methods of [providers](../how-to/write-a-provider.md) and "
            "[extensions](../how-to/use-extensions.md). A provider implements the required ones. "
            "A vendor that is [declared as data](../how-to/declare-a-vendor.md) has them already, "
            "and `cancel` and `read_balance` if their routes are declared. The first argument is "
            "the subject, the last is `ctx`; later versions add new facts to `ctx`.\n"
        ),
        "## Required\n",
        *_hooks(RequiredHooks, REQUIRED_HOOKS),
        "## Optional\n",
        *_hooks(OptionalHooks, OPTIONAL_HOOKS),
    ]
    return "\n".join(parts)


def _hooks(spec: type, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        hook = getattr(spec, name)
        first = hook.tryon_spec["firstresult"]
        kind = (
            "The first answer that is not None is used."
            if first
            else "The answers of all implementers are collected."
        )
        yield f"### {name}\n"
        yield f"    {name}{' -> '.join(signature(method(hook)))}\n"
        yield f"{kind}\n"
        yield _markdown(inspect.getdoc(hook) or "")


def errors_page() -> str:
    """Return the page of the errors: a table in the order of the class tree, and each class."""
    tree = tuple(_tree(errors.TryOnError, 0))
    parts = [
        NOTE,
        "# Errors\n",
        ABOUT_ERRORS,
        "| error | meaning | fault | retry | billed |",
        "| --- | --- | --- | --- | --- |",
        *(_error_row(cls, depth) for cls, depth in tree),
        "",
        *(line for cls, _ in tree for line in _error(cls)),
    ]
    return "\n".join(parts)


def _tree(cls: ErrorClass, depth: int) -> Iterator[tuple[ErrorClass, int]]:
    yield cls, depth
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child, depth + 1)


def _error_row(cls: ErrorClass, depth: int) -> str:
    meaning = (inspect.getdoc(cls) or "").splitlines()[0]
    link = f"{'&emsp;' * depth}[`{cls.__name__}`](#{cls.__name__.lower()})"
    return f"| {link} | {meaning} | {cls.fault} | {cls.retry} | {cls.billed} |"


def _error(cls: ErrorClass) -> Iterator[str]:
    """Yield what there is to say of one class."""
    base = cls.__mro__[1].__name__
    yield f"## {cls.__name__}\n"
    if cls is not errors.TryOnError:
        yield f"Derives from [`{base}`](#{base.lower()}).\n"
    yield _markdown(inspect.getdoc(cls) or "")
    yield f"Usually: fault `{cls.fault}`, retry `{cls.retry}`, billed `{cls.billed}`.\n"
    if cls.remedy:
        yield f"Usual remedy: {cls.remedy}\n"


def settings_of_providers() -> str:
    """Return the table of all settings of the providers."""
    lines = [
        "",
        "| provider | setting | environment | default | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in PROVIDERS:
        info = REGISTRY.load(name).provider.info
        for spec in info.settings:
            names = (f"TRYON_{name.upper()}_{spec.name.upper()}", *spec.env)
            variables = ", ".join(f"`{variable}`" for variable in names)
            page = f"[`{name}`](providers/{name}.md#settings)"
            cells = (page, f"`{spec.name}`", variables, spec.default or "", spec.help)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def settings_of_extensions() -> str:
    """Return the table of all settings of the extensions."""
    lines = ["", "| extension | setting | environment | default |", "| --- | --- | --- | --- |"]
    for name in sorted(installed()):
        for spec in option_specs(load(name)):
            cells = (
                f"[`{name}`](api/extensions.md)",
                f"`{spec.name}`",
                f"`TRYON_EXTENSION_{name.upper()}_{spec.name.upper()}`",
                _default(spec.default),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _default(default: object) -> str:
    if default is attrs.NOTHING:
        return "none: required"
    is_made = isinstance(default, type(attrs.Factory(list)))
    return "made for each client" if is_made else f"`{default!r}`"


if __name__ == "__main__":
    main()
