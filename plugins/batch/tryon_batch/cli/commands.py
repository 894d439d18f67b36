"""The commands `batch` and `costs`."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import attrs
import click
from click.core import ParameterSource

from tryon_batch.ids import SHARD, Shard
from tryon_core import Category
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import (
    NamedPath,
    chain_option,
    common_options,
    example,
    fit_option,
    keep_options,
    options_choice,
    provider_choice,
)
from tryon_core.engine import Keepable
from tryon_core.errors import InputError

META = "call"
"""Name under which the journal keeps what was asked."""
_ONCE = (
    "retry_unknown",
    "retry_failed",
    "only",
    "redo",
    "redo_doubtful",
    "settle",
    "allows_private",
)
"""What holds for one call."""
_SOURCE = ("manifest", "persons", "garments", "category")
_PATHS = frozenset({"manifest", "persons", "garments", "config"})


@attrs.frozen(kw_only=True)
class BatchCall:
    """The arguments of a run, as they were typed.

    Attributes:
        out: folder of the run; None only where nothing is sent.
        manifest: what to do, None when it comes from two folders.
        persons: folder of photos of persons.
        garments: folder of garments, each for each person.
        category: of these garments.
        provider: for rows that name none.
        options: of that provider, as text.
        keep: what the persons go on wearing in rows that name nothing, unless it is replaced.
        parser: provider that finds it for rows that name none.
        fit: whether local images are made to fit the provider's limits.
        chain: whether two requests put on a top and a bottom where the vendor takes one garment.
        concurrency: requests at once to one provider, None for what its quota is worth.
        max_cost: limits of cost, as text.
        allow_unpriced: do what has no known price in spite of a limit.
        again: buy work that was done before.
        stop_after: failures of one kind in a row that end the run.
        shard: which rows of the manifest are done here, None for all.
        quota_storage: where the quota is counted.
        executor: `threads` or `processes`.
        config: configuration file, None for the usual one.
        retry_unknown: send again what may have been paid for; holds for one call.
        retry_failed: send again what was refused or failed; holds for one call.
        only: ids of the items that this call is about, empty for all; holds for one call.
        redo: ids of items that are bought again; holds for one call.
        redo_doubtful: buy all again whose images are doubtful to a judge; holds for one call.
        settle: what was found out about unknown items, each as `ID=JOB`; holds for one call.
        allows_private: whether images may be fetched from private networks; holds for one call.
        extensions: names of extensions beside those that the settings have in use.
    """

    out: Path | None = None
    manifest: Path | None = None
    persons: Path | None = None
    garments: Path | None = None
    category: Category | None = None
    provider: str | None = None
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict)
    keep: Keepable | None = None
    parser: str | None = None
    fit: bool = True
    chain: bool = False
    concurrency: int | None = None
    max_cost: tuple[str, ...] = ()
    allow_unpriced: bool = False
    again: bool = False
    stop_after: int = 5
    shard: Shard | None = None
    quota_storage: str = "memory://"
    executor: str = "threads"
    config: Path | None = None
    retry_unknown: bool = False
    retry_failed: bool = False
    only: tuple[str, ...] = ()
    redo: tuple[str, ...] = ()
    redo_doubtful: bool = False
    settle: tuple[str, ...] = ()
    allows_private: bool = False
    extensions: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        if self.out is None:
            raise AssertionError("a run needs a folder")
        return self.out

    @property
    def has_source(self) -> bool:
        """Whether it names a manifest or two folders."""
        return any((self.manifest, self.persons, self.garments))

    def named_ids(self) -> frozenset[str]:
        """Return the items that this call is about, none for all."""
        return frozenset((*self.only, *self.redo)) if self.only else frozenset()

    def follow_command(self, *flags: str) -> str:
        """Return the command that goes on with what its manifest says now."""
        words: list[str] = []
        if self.manifest is not None:
            words = [str(self.manifest)]
        elif self.persons and self.garments and self.category:
            folders = ("--persons", str(self.persons), "--garments", str(self.garments))
            words = [*folders, "--category", self.category]
        return resume_command(self.folder, *flags, *self._lasting(), source=words)

    def resume_command(self, *flags: str) -> str:
        """Return the command that goes on with this run."""
        return resume_command(self.folder, *flags, *self._lasting())

    def _lasting(self) -> tuple[str, ...]:
        """Return the flags that the journal does not keep and a later call needs again."""
        return ("--allow-private-addresses",) if self.allows_private else ()

    def to_json(self) -> str:
        """Return what the journal keeps for a later call; paths are absolute."""
        once = attrs.filters.exclude("out", SHARD, *_ONCE)
        values = attrs.asdict(self, filter=once)
        for name in _PATHS:
            values[name] = None if values[name] is None else str(values[name].absolute())
        if urlsplit(self.quota_storage).password:
            # The journal may be given to others, so it must not hold a password.
            values["quota_storage"] = None
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str, given: Mapping[str, Any]) -> "BatchCall":
        """Return an earlier call, with what is given now instead of what was given then.

        Raises:
            InputError: something that is not kept must be given again.
        """
        noted = json.loads(text)
        if any(name in given for name in _SOURCE):
            noted |= dict.fromkeys(_SOURCE)
        values = {**noted, **given}
        if values["quota_storage"] is None:
            raise InputError(
                "the quota was counted in a storage with a password, and passwords are not kept.",
                remedy="Give --quota-storage again.",
            )
        for name in _PATHS:
            values[name] = None if values[name] is None else Path(values[name])
        lists = {name: tuple(values.get(name, ())) for name in ("max_cost", "extensions")}
        return cls(**{**values, **lists})


def resume_command(folder: Path, *flags: str, source: Sequence[str] = ()) -> str:
    """Return the command that goes on with the run of a folder."""
    return shlex.join(["tryon", "batch", *source, "--resume", "--out", str(folder), *flags])


def _read_shard(_: click.Context, option: click.Parameter, text: str | None) -> Shard | None:
    try:
        return None if text is None else Shard.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=option) from None


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
    *keep_options("Keep this garment in rows that name none, unless theirs replaces it."),
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
        "--redo-doubtful",
        is_flag=True,
        help="Buy again what the journal has as doubtful: blank, unchanged, of another size.",
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
        "--shard",
        callback=_read_shard,
        metavar="K/N",
        help="Do only this machine's part of the rows, such as 2/4: the second of four machines.",
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
    chain_option,
)


def _batch_options(command: Any) -> Any:
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return command


@click.command(
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
    from tryon_batch.cli.plan import (  # noqa: PLC0415  (keeps --help fast)
        estimate_batch,
        run_batch_call,
    )

    is_resumed, is_estimate = (values.pop(name) for name in _OF_THE_CALL)
    call, is_from_journal = _call(ctx, values)
    invocation = ctx.ensure_object(Invocation)
    call = attrs.evolve(
        call,
        allows_private=invocation.allows_private,
        extensions=invocation.extensions or call.extensions,
    )
    if is_estimate:
        estimate_batch(invocation, call, is_from_journal=is_from_journal)
    else:
        ended = run_batch_call(
            invocation, call, is_resumed=is_resumed, is_from_journal=is_from_journal
        )
        ctx.exit(ended)


def _call(ctx: click.Context, values: dict[str, Any]) -> tuple[BatchCall, bool]:
    """Return the call, and whether the journal says what is to be done, as for a resumed run."""
    from tryon_batch.cli.plan import earlier_call  # noqa: PLC0415  (keeps --help fast)

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


@click.command(epilog=example("tryon costs results", "tryon costs results-1 results-2"))
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--lists", type=_PATH, metavar="DIR", help="Write the lists of all these runs there, as one."
)
@common_options
@click.pass_obj
def costs(
    invocation: Invocation, runs: tuple[str, ...], *, lists: Path | None, config: Path | None
) -> None:
    """Say what runs have cost, by provider, model and currency, and what they may have besides.

    RUN is the folder of a run, its journal, or its short id in `tryon jobs`; several are read as
    one. An unknown price is named, and never counted as nothing.
    """
    del config

    from tryon_batch.cli.costs import print_costs  # noqa: PLC0415  (keeps --help fast)

    print_costs(invocation, runs, lists=lists)
