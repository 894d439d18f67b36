"""The command `compare`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    FILE,
    NamedPath,
    chain_option,
    common_options,
    complete_provider,
    example,
)

F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen(kw_only=True)
class CompareCall:
    """The arguments of a comparison, as they were typed.

    Attributes:
        person: photo of one person, file or address.
        top: garment for the upper body.
        bottom: garment for the lower body.
        dress: one-piece garment.
        providers: who is compared.
        options: of each provider, by its name, as text.
        chain: whether two requests put on a top and a bottom where a vendor takes one garment.
        out: folder of its run; None only where nothing is sent.
        skip_unfit: leave out the vendors that cannot do it.
        again: buy work that was done before.
        max_cost: limits of cost, as text.
        allow_unpriced: do what has no known price in spite of a limit.
        config: configuration file, None for the usual one.
    """

    person: str
    top: str | None
    bottom: str | None
    dress: str | None
    providers: tuple[str, ...]
    options: Mapping[str, Mapping[str, Any]]
    chain: bool
    out: Path | None
    skip_unfit: bool
    again: bool
    max_cost: tuple[str, ...]
    allow_unpriced: bool
    config: Path | None


def _by_provider(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> Mapping[str, Mapping[str, str | list[str]]]:
    """Return the options of each provider; a list where a name is given several times."""
    del ctx, param
    options: dict[str, dict[str, str | list[str]]] = {}
    for text in given:
        head, equals, value = text.partition("=")
        provider, colon, name = head.partition(":")
        if not (provider and colon and name and equals):
            raise click.BadParameter(f"{text!r} is not of the form PROVIDER:NAME=VALUE.")
        own = options.setdefault(provider, {})
        before = own.get(name)
        earlier = [before] if isinstance(before, str) else before
        own[name] = value if earlier is None else [*earlier, value]
    return options


def _image(name: str, meaning: str, *, required: bool = False) -> Callable[[F], F]:
    return click.option(name, type=FILE, metavar="IMG", required=required, help=meaning)


@click.command(
    epilog=example(
        "tryon compare --person anna.jpg --top tee.jpg -p local -p fashn --out comparison"
    ),
)
@_image("--person", "Photo of one person, file or URL.", required=True)
@_image("--top", "Garment for the upper body.")
@_image("--bottom", "Garment for the lower body.")
@_image("--dress", "One-piece garment, alone.")
@click.option(
    "-p",
    "--provider",
    "providers",
    multiple=True,
    required=True,
    metavar="ID",
    shell_complete=complete_provider,
    help="Provider to compare; give it once for each.",
)
@click.option(
    "-o",
    "--option",
    "options",
    multiple=True,
    callback=_by_provider,
    metavar="PROVIDER:NAME=VALUE",
    help="Option of one provider; may be repeated.",
)
@chain_option
@click.option(
    "--out",
    type=NamedPath(path_type=Path),
    metavar="DIR",
    help="Folder of the comparison; made when missing.",
)
@click.option("--skip-unfit", is_flag=True, help="Leave out the vendors that cannot do it.")
@click.option("--again", is_flag=True, help="Buy work that was done before, here or elsewhere.")
@click.option(
    "--estimate", "is_estimate", is_flag=True, help="Print what it would cost; send nothing."
)
@click.option(
    "--max-cost",
    multiple=True,
    metavar="AMOUNT",
    help="Refuse to begin when it may cost more, such as 25USD; one for each currency.",
)
@click.option("--allow-unpriced", is_flag=True, help="Allow unknown prices in spite of it.")
@common_options
@click.pass_context
def compare(ctx: click.Context, /, *, is_estimate: bool, **values: Any) -> None:
    """Try the same garments on the same person at several vendors, side by side.

    All vendors get the same images, byte for byte, and everything is checked at all of them before
    the first request is sent. That one of them fails is a normal outcome. It is a run: it can be
    killed at any moment, and the same command goes on where it stopped.
    """
    from tryon_report.comparing.command import (  # noqa: PLC0415  (keeps --help fast)
        estimate_comparison,
        run_comparison,
    )

    call = CompareCall(**values)
    invocation = ctx.ensure_object(Invocation)
    if is_estimate:
        estimate_comparison(invocation, call)
        return
    if call.out is None:
        raise click.UsageError("Missing option '--out'.")
    invocation.as_lines = invocation.as_json
    ctx.exit(run_comparison(invocation, call, folder=call.out))
