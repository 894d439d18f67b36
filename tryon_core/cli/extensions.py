"""The command `extensions`."""

from pathlib import Path

import click

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example
from tryon_core.cli.printing import print_document
from tryon_core.cli.terminal import print_table
from tryon_core.errors import TryOnError
from tryon_core.extensions.named import find, in_use, installed, load, owner
from tryon_core.settings import find_config

_HEADINGS = ("NAME", "IN USE", "DISTRIBUTION", "PROBLEM")


@click.command(epilog=example("tryon extensions"))
@common_options
@click.pass_context
def extensions(ctx: click.Context, config: Path | None) -> None:
    """List the installed extensions, which of them are in use, and what is wrong with which.

    Each is imported; those in use are made with their settings, as a client makes them. Ends with
    3 when there is a problem.
    """
    invocation = ctx.ensure_object(Invocation)
    tables = find_config(config)
    used = dict.fromkeys((*in_use(tables), *invocation.extensions))
    found = []
    for name, points in sorted({**dict.fromkeys(used, ()), **installed()}.items()):
        problem = ""
        try:
            find(name, tables).make() if name in used else load(name)
        except TryOnError as error:
            problem = str(error)
        found.append((name, name in used, " and ".join(map(owner, points)), problem))
    if invocation.as_json:
        names = ("name", "is_in_use", "distribution", "problem")
        entries = [dict(zip(names, (*facts, why or None), strict=True)) for *facts, why in found]
        print_document({"extensions": entries})
    elif found:
        rows = [(name, "yes" if used else "", dist, why) for name, used, dist, why in found]
        print_table(_HEADINGS, rows)
    if any(problem for *_, problem in found):
        ctx.exit(ExitCode.NOT_CONFIGURED)
