"""The command `new-provider`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import NamedPath, common_options, example
from tryon_core.cli.printing import print_document

if TYPE_CHECKING:
    from tryon_testing.scaffold.facts import Facts

_PATH = NamedPath(path_type=Path)


@click.command(
    short_help="Write the distribution of a new provider.",
    epilog=example(
        "tryon new-provider acme",
        "tryon new-provider acme --from exchanges.yaml --out ~/src/tryon-acme",
    ),
)
@click.argument("name", metavar="NAME")
@click.option(
    "--from",
    "exchanges",
    type=_PATH,
    metavar="FILE",
    help="Requests and answers of the vendor's pages, as YAML or JSON, instead of an emulator.",
)
@click.option(
    "--declared/--code",
    "is_declared",
    default=True,
    show_default=True,
    help="Whether the vendor is data, or hooks in Python.",
)
@click.option(
    "--out", type=_PATH, metavar="DIR", help="The new folder; tryon-NAME when it is not given."
)
@common_options
@click.pass_obj
def new_provider(
    invocation: Invocation,
    name: str,
    *,
    exchanges: Path | None,
    is_declared: bool,
    out: Path | None,
    config: Path | None,
) -> None:
    """Write a provider for a vendor, with its tests, that passes the contract kit as it is.

    NAME is the word behind `-p` on the command line: small letters, digits and underscores,
    a letter first, and not beginning with tryon.
    """
    del config

    from tryon_testing.scaffold.planning import plan  # noqa: PLC0415  (keeps --help fast)
    from tryon_testing.scaffold.writing import write_provider  # noqa: PLC0415

    facts, folder = plan(name, out, exchanges, is_declared=is_declared)
    files = write_provider(facts, folder, is_declared=is_declared, exchanges=exchanges)
    if invocation.as_json:
        print_document({"provider": facts.id, "folder": str(folder), "files": [*map(str, files)]})
        return
    for path in files:
        click.echo(path)
    if not invocation.quiet:
        shown = next((path for path in files if path.stem == "exchanges"), None)
        vendor = shown or folder / facts.package / "emulator.py"
        if exchanges is not None and facts.options:
            names = ", ".join(f"${option.name}" for option in facts.options)
            click.echo(f"Taken for options of the vendor: {names}.", err=True)
        for line in _next_steps(facts, folder, vendor.relative_to(folder)):
            click.echo(line, err=True)


def _next_steps(facts: "Facts", folder: Path, vendor: Path) -> list[str]:
    """Return what to do next, in four lines."""
    garment = facts.garments[0][0]
    return [
        f"1. cd {folder} && pip install -e '.[dev]' && pytest    # it passes as it is",
        "2. grep -rnI CHANGE .    # each is a guess: compare it with the vendor's pages",
        f"3. Correct {vendor} first, then {facts.package}/provider.py, until pytest passes again.",
        f"4. tryon check -p {facts.id} --person person.jpg --{garment} garment.jpg    # free",
    ]
