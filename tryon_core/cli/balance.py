"""The command `balance`."""

from pathlib import Path

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import common_options, example, provider_option
from tryon_core.cli.printing import print_document
from tryon_core.text import one_line


@click.command(
    short_help="Ask what is left on the account.", epilog=example("tryon balance -p ailab")
)
@provider_option
@common_options
@click.pass_obj
def balance(invocation: Invocation, provider: str, *, config: Path | None) -> None:
    """Ask the vendor what is left on the account, and print the amount and its unit."""
    from tryon_core.cli.opening import open_client  # noqa: PLC0415  (keeps --help fast)

    with open_client(invocation, provider, config=config) as client:
        found = client.read_balance()
    if invocation.as_json:
        print_document(
            {
                "provider": client.info.id,
                "amount": str(found.amount),
                "unit": found.unit,
                "as_of": found.as_of.isoformat(),
                "reserved": {name: str(amount) for name, amount in found.reserved.items()},
            }
        )
    else:
        click.echo(f"{found.amount} {found.unit}")
        for name, amount in found.reserved.items():
            click.echo(f"{amount} {found.unit} for {one_line(name)} only")
