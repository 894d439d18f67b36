"""The command `provider-page`."""

from importlib.metadata import distribution
from pathlib import Path

import click

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import NamedPath, common_options, complete_provider, example
from tryon_core.cli.printing import print_document
from tryon_core.engine import REGISTRY, write_atomically
from tryon_core.errors import InputError
from tryon_core.installed import fact, source_folder
from tryon_testing.pages import DOCS

_NOTE = "<!-- Written by `tryon provider-page {id}` from the code. Do not edit. -->\n"


@click.command(
    short_help="Write the reference page of a provider.",
    epilog=example(
        "tryon provider-page pixelcut --out docs/pixelcut.md",
        "tryon provider-page pixelcut --out docs/pixelcut.md --check",
    ),
)
@click.argument("provider", metavar="ID", shell_complete=complete_provider)
@click.option(
    "--out",
    type=NamedPath(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the page goes, instead of standard output; a page that is there is replaced.",
)
@click.option(
    "--check",
    "is_checked",
    is_flag=True,
    help="Write nothing; end with 1 when FILE says something else than the code.",
)
@common_options
@click.pass_context
def provider_page(
    ctx: click.Context, provider: str, *, out: Path | None, is_checked: bool, config: Path | None
) -> None:
    """Write the reference page of a provider: all that it declares, and its emulator's knobs."""
    del config
    if is_checked and out is None:
        raise InputError("--check compares a file, and none is named.", remedy="Give --out FILE.")
    text = _page(provider)
    is_current = out is not None and _is_current(out, text)
    if out is not None and not is_current and not is_checked:
        write_atomically(out, text.encode(), overwrite=True)
    if ctx.ensure_object(Invocation).as_json:
        print_document({"provider": provider, "page": str(out or ""), "is_current": is_current})
    elif out is None:
        click.echo(text, nl=False)
    elif not is_checked:
        click.echo(out)
    elif not is_current:
        click.echo(f"{out} is not what the code says: tryon provider-page {provider} --out {out}")
    if is_checked and not is_current:
        ctx.exit(ExitCode.FAILED)


def _page(provider: str) -> str:
    from tryon_testing.provider_page import provider_page as written  # noqa: PLC0415  (fast --help)

    loaded = REGISTRY.load(provider)
    offers = REGISTRY.index().get(loaded.info.id, ())
    names = [entry.distribution for entry in offers if entry.label == loaded.label]
    readmes = [_readme(name) for name in names]
    note = _NOTE.format(id=loaded.info.id)
    return written(loaded.provider, readme="".join(readmes), docs=DOCS, note=note)


def _readme(name: str) -> str:
    """Return the README of a distribution; its metadata are older where it is edited in place."""
    folder = source_folder(name, only_editable=True)
    path = folder / "README.md" if folder else None
    if path is not None and path.is_file():
        return path.read_text(encoding="utf-8")
    return fact(distribution(name), "Description")


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
