"""The command `providers`."""

from pathlib import Path

import click

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example
from tryon_core.cli.printing import print_document


@click.command(
    short_help="List the installed providers.", epilog=example("tryon providers --check")
)
@click.option(
    "--check", "is_checked", is_flag=True, help="Import each one and show what it declares."
)
@common_options
@click.pass_context
def providers(ctx: click.Context, *, is_checked: bool, config: Path | None) -> None:
    """List the installed providers; without --check none of them is imported.

    With --check it ends with 3 when one of them is broken. Whether a key is set is shown, its
    value never.
    """
    from tryon_core.cli import listing  # noqa: PLC0415  (keeps --help fast)
    from tryon_core.registry import REGISTRY  # noqa: PLC0415  (keeps --help fast)

    as_json = ctx.ensure_object(Invocation).as_json
    if not is_checked:
        installed = REGISTRY.installed()
        if as_json:
            entries = [listing.installed_document(entry) for entry in installed]
            print_document({"providers": entries})
        else:
            listing.print_table(installed)
        return
    tables = listing.read_tables(config)
    reports = [listing.examine(checked, tables) for checked in REGISTRY.check()]
    if as_json:
        print_document({"providers": [listing.checked_document(entry) for entry in reports]})
    else:
        listing.print_blocks(reports)
    if any(entry.error for entry in reports):
        ctx.exit(ExitCode.NOT_CONFIGURED)
