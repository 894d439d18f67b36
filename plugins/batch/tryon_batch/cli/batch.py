"""The command `batch`."""

from pathlib import Path
from typing import Any, get_args

import attrs
import click
from click.core import ParameterSource

from tryon_batch.cli.batch_call import BatchCall
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    NamedPath,
    common_options,
    example,
    fit_option,
    options_choice,
    provider_choice,
)
from tryon_core.models.request import Category

_PATH = NamedPath(path_type=Path)
# Options of this call alone; the others are arguments of the run.
_OF_THE_CALL = ("is_resumed", "is_estimate")
_OPTIONS = (
    click.argument("manifest", required=False, type=_PATH),
    click.option("--persons", type=_PATH, metavar="DIR", help="Folder of photos of persons."),
    click.option(
        "--garments", type=_PATH, metavar="DIR", help="Folder of garments, each for each person."
    ),
    click.option("--category", type=click.Choice(get_args(Category)), help="Of these garments."),
    provider_choice("Provider of the rows that name none.", is_required=False),
    options_choice("Option of that provider; may be repeated."),
    click.option("--out", type=_PATH, metavar="DIR", help="Folder of the run; made when missing."),
    click.option("--resume", "is_resumed", is_flag=True, help="Go on with the run of that folder."),
    click.option(
        "--retry-unknown",
        is_flag=True,
        help="Send again what may have been charged; look at the vendor's dashboard first.",
    ),
    click.option("--retry-failed", is_flag=True, help="Send again what was refused or failed."),
    click.option(
        "--only", multiple=True, metavar="ID", help="Only this item, for now; may be repeated."
    ),
    click.option(
        "--redo", multiple=True, metavar="ID", help="Buy this item again; may be repeated."
    ),
    click.option(
        "--settle",
        multiple=True,
        metavar="ID=not-charged|ID=JOB",
        help="Say what the vendor's dashboard shows of an unknown item; may be repeated.",
    ),
    click.option("--again", is_flag=True, help="Buy work that was done before, here or elsewhere."),
    click.option(
        "--estimate", "is_estimate", is_flag=True, help="Print what it would cost; send nothing."
    ),
    click.option(
        "--max-cost",
        multiple=True,
        metavar="AMOUNT",
        help="Refuse to begin when it may cost more, such as 25USD; one for each currency.",
    ),
    click.option("--allow-unpriced", is_flag=True, help="Allow unknown prices in spite of it."),
    click.option(
        "--concurrency",
        type=click.IntRange(min=1),
        metavar="N",
        help="Requests at once to one provider; by default what its quota is worth.",
    ),
    click.option(
        "--stop-after",
        type=click.IntRange(min=1),
        default=5,
        show_default=True,
        metavar="N",
        help="End the run after so many failures of one kind in a row (key, credits, network).",
    ),
    click.option(
        "--quota-storage",
        default="memory://",
        show_default=True,
        metavar="URL",
        help="Where the quota is counted; redis://... for several machines with one account.",
    ),
    click.option(
        "--executor",
        type=click.Choice(["threads", "processes"]),
        default="threads",
        show_default=True,
        help="What does the work; processes for a provider that computes in Python itself.",
    ),
    fit_option,
)


def _batch_options(command: Any) -> Any:
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return command


@click.command(
    short_help="Run a whole catalogue.",
    epilog=example(
        "tryon batch catalogue.csv -p local --out results",
        "tryon batch --resume --out results",
    ),
)
@_batch_options
@common_options
@click.pass_context
def batch(ctx: click.Context, /, **values: Any) -> None:
    """Run a whole catalogue: every row of a manifest, or every garment of a folder on every person.

    Every row is checked before the first one is sent. The run can be killed at any moment: with
    --resume it goes on where it stopped, and pays for nothing twice. Prints the paths of two lists
    of what became of every item.
    """
    from tryon_batch.cli.batch_plan import (  # noqa: PLC0415  (keeps --help fast)
        estimate_batch,
        run_batch_call,
    )

    is_resumed, is_estimate = (values.pop(name) for name in _OF_THE_CALL)
    call, is_from_journal = _call(ctx, values)
    invocation = ctx.ensure_object(Invocation)
    call = attrs.evolve(call, allows_private=invocation.allows_private)
    if is_estimate:
        estimate_batch(invocation, call, is_from_journal=is_from_journal)
    else:
        ended = run_batch_call(
            invocation, call, is_resumed=is_resumed, is_from_journal=is_from_journal
        )
        ctx.exit(ended)


def _call(ctx: click.Context, values: dict[str, Any]) -> tuple[BatchCall, bool]:
    """Return what is asked, and whether the journal says it: of a run that is resumed it does."""
    from tryon_batch.cli.batch_journal import earlier_call  # noqa: PLC0415  (keeps --help fast)

    call = BatchCall(**values)
    if call.out is None and not ctx.params["is_estimate"]:
        raise click.UsageError("Missing option '--out'.")
    if call.has_source:
        _check_source(call)
    if call.out is not None and ctx.params["is_resumed"]:
        given = {
            name: value
            for name, value in values.items()
            if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        }
        return earlier_call(call.out, given), not call.has_source
    if call.has_source:
        return call, False
    raise click.UsageError("Missing argument 'MANIFEST' (or '--persons' and '--garments').")


def _check_source(call: BatchCall) -> None:
    folders = (call.persons, call.garments, call.category)
    if call.manifest is not None and any(folders):
        raise click.UsageError("give a manifest, or --persons, --garments and --category.")
    if call.manifest is None and not all(folders):
        raise click.UsageError("--persons, --garments and --category belong together.")
