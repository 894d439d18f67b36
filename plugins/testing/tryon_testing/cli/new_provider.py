"""The command `new-provider`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import NamedPath, common_options, example
from tryon_core.cli.printing import print_document

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

    NAME is the word behind `-p` on the command line: small letters, digits and underscores.
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
        for line in next_steps(facts.package, folder, is_emulated=exchanges is None):
            click.echo(line, err=True)


def next_steps(package: str, folder: Path, *, is_emulated: bool) -> list[str]:
    """Return what to do next, in four lines."""
    vendor = f"{package}/emulator.py" if is_emulated else "tests/exchanges.*"
    return [
        f"1. cd {folder} && pip install -e '.[dev]' && pytest    # passes as it is",
        f"2. grep -rn CHANGE .    # every guess; write {vendor} from the vendor's pages first",
        f"3. pytest    # then {package}/provider.py, until it passes again",
        "4. tryon check -p ... and a first paid image: see README.md",
    ]
