"""What can be typed: options that several commands share, and what the shell completes."""

import functools
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import attrs
import click
from click.shell_completion import CompletionItem

from tryon_core.cli.invocation import Invocation
from tryon_core.errors import InputError, OutputError, TryOnError
from tryon_core.installed import EXTENSION_GROUP, entry_points
from tryon_core.models import CATEGORIES, Category, Keepable, LibraryModel, as_library_model
from tryon_core.registry import REGISTRY
from tryon_core.remembered import JobStore
from tryon_core.saving import check_suffix
from tryon_core.settings import ALLOW_PRIVATE

F = TypeVar("F", bound=Callable[..., Any])
# That of the client, which is not imported here because it would make --help slow.
DEFAULT_TIMEOUT_S = 300.0
OUT_HELP = "File that ends in .png, .jpg or .webp, or a folder, which is made when missing."


@attrs.frozen(kw_only=True)
class Inputs:
    """What to try on whom; paths and URLs as they were typed.

    Attributes:
        garments: images by category, those that were named.
        parser: id of the provider that finds what is kept, None for the same one.
        options: the provider's options, as text; a list where one is given several times.
        chain: whether two requests may put on a top and a bottom.
    """

    person: str | LibraryModel
    garments: Mapping[Category, str] = attrs.field(factory=dict)
    keep: Keepable | None = None
    parser: str | None = None
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict)
    fit: bool = True
    chain: bool = False

    @property
    def images(self) -> dict[str, Any]:
        """Person, garments and what to keep, by the names of the client's arguments."""
        garments = {str(category): image for category, image in self.garments.items()}
        return {"person": self.person, **garments, "keep": self.keep}

    @property
    def words(self) -> list[str]:
        """What was typed, as the words of a command."""
        person = self.person
        words = ["--person", person] if isinstance(person, str) else []
        if isinstance(person, LibraryModel):
            fields = attrs.asdict(person, filter=lambda _, value: value is not None)
            words = ["--person-model", ",".join(f"{name}={fields[name]}" for name in fields)]
        for category, image in self.garments.items():
            words += [f"--{category}", image]
        for name, value in self.options.items():
            values = value if isinstance(value, list) else [value]
            words += [word for one in values for word in ("-o", f"{name}={one}")]
        return words + ["--no-fit"] * (not self.fit) + ["--chain"] * self.chain


class NamedPath(click.Path):
    """A path that must not be empty, as the variable of a script is that was never set."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the path as click does, unless it is empty."""
        if value == "":
            self.fail("it is empty.", param, ctx)
        return super().convert(value, param, ctx)


FILE = NamedPath()
"""A file, folder or address, as it was typed; shells complete it as a file."""


def example(*lines: str) -> str:
    """Return commands as the end of a help text, which is not wrapped."""
    return "\n".join(("\b", "Example:", *(f"  {line}" for line in lines)))


def complete_provider(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the ids of the installed providers; reads metadata only."""
    del ctx, param
    return [
        CompletionItem(entry.id, help=entry.label)
        for entry in REGISTRY.installed()
        if entry.id.startswith(incomplete)
    ]


def complete_extension(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of the installed extensions; reads metadata only."""
    del ctx, param
    names = {point.name for point in entry_points(EXTENSION_GROUP)}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def complete_option(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the option names of the provider that was named before; imports that provider."""
    del param
    try:
        info = REGISTRY.load(str(ctx.params.get("provider"))).info
    except TryOnError:
        return []
    from tryon_core.codec import option_specs  # noqa: PLC0415  (needs cattrs)

    names = [f"{spec.name}=" for spec in option_specs(info.options)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _require_provider(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Refuse to go on without a provider, and say which there are."""
    if value is None and not ctx.resilient_parsing:
        ids = ", ".join(sorted({entry.id for entry in REGISTRY.installed()}))
        raise click.UsageError(
            f"Missing option '-p' / '--provider'. Installed: {ids or 'none'}.", ctx
        )
    del param
    return value or ""


class _Seconds(click.FloatRange):
    """A time in seconds that is not nothing."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the time, or say how one is written."""
        try:
            found = float(value)
        except ValueError:
            self.fail(f"{value!r} is no number of seconds; write a minute as 60.", param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return float(super().convert(found, param, ctx))


def provider_choice(meaning: str, *, is_required: bool) -> Callable[[F], F]:
    """Return `-p`, as the command means it."""
    return click.option(
        "-p",
        "--provider",
        callback=_require_provider if is_required else None,
        envvar="TRYON_PROVIDER",
        show_envvar=True,
        metavar="ID",
        shell_complete=complete_provider,
        help=meaning,
    )


provider_option = provider_choice(
    "Provider to use; `tryon providers` lists those installed.", is_required=True
)
"""`-p`, of commands that need one."""


def keep_options(meaning: str) -> tuple[Callable[[F], F], ...]:
    """Return `--keep`, as the command means it, and `--parser`."""
    return (
        click.option("--keep", type=click.Choice(get_args(Keepable)), help=meaning),
        click.option(
            "--parser",
            metavar="ID",
            shell_complete=complete_provider,
            help="Provider that finds what is kept, if another one.",
        ),
    )


def options_choice(meaning: str) -> Callable[[F], F]:
    """Return `-o`, as the command means it."""
    return click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        callback=as_mapping,
        metavar="NAME=VALUE",
        shell_complete=complete_option,
        help=meaning,
    )


job_provider_option = click.option(
    "-p",
    "--provider",
    metavar="ID@DISTRIBUTION",
    shell_complete=complete_provider,
    help="Which distribution to use, when several offer the job's provider.",
)
"""`-p`, of commands whose token names the provider already."""


def job_argument(command: F) -> F:
    """Add the job that a command goes on with, as `token`: its token, its short id, or `--last`."""

    @functools.wraps(command)
    def packed(*args: Any, token: str | None, is_last: bool, **rest: Any) -> Any:
        if is_last == (token is not None):
            raise click.UsageError("name one job: its token, its short id, or --last.")
        return command(*args, token=_last_id() if token is None else token, **rest)

    decorated = click.option("--last", "is_last", is_flag=True, help="The job submitted last.")(
        packed
    )
    return click.argument("token", metavar="[TOKEN|ID]", required=False)(decorated)  # type: ignore[return-value]


def _last_id() -> str:
    last = JobStore.of_user().last()
    if last is None:
        raise InputError("no job is remembered here.", remedy="Give the token of the job.")
    return last.id


def out_options(what: str) -> Callable[[F], F]:
    """Add `--out` and `--force`."""

    def add(command: F) -> F:
        command = click.option(
            "--force", is_flag=True, help="Replace files that are already there."
        )(command)
        return click.option(
            "--out", required=True, type=FILE, callback=_as_target, metavar="PATH", help=what
        )(command)

    return add


fit_option = click.option(
    "--fit/--no-fit",
    default=True,
    show_default=True,
    help="Turn, resize and re-encode images that break the provider's limits.",
)
chain_option = click.option(
    "--chain",
    is_flag=True,
    help="Put on a top and a bottom in two requests, each of which costs, where it must be.",
)
timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=_Seconds(),
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Stop waiting after this time; the job goes on and can be resumed.",
)


def common_options(command: F) -> F:
    """Add `--config`, `--extension`, `--allow-private-addresses`, and how much is printed."""
    for name, help_text in (
        ("--debug", "Show the traceback of an error, and an answer that was not understood."),
        ("--quiet", "Show no progress."),
        ("--json", "Print one JSON document instead of text."),
    ):
        command = click.option(
            name, is_flag=True, expose_value=False, is_eager=True, callback=_note, help=help_text
        )(command)
    command = click.option(
        "--allow-private-addresses",
        is_flag=True,
        expose_value=False,
        callback=_allow_private_addresses,
        help="Fetch images from private networks and this machine, too.",
    )(command)
    command = click.option(
        "--extension",
        multiple=True,
        expose_value=False,
        callback=_note_extensions,
        metavar="NAME",
        shell_complete=complete_extension,
        help="Extension to use beside those of tryon.toml; may be repeated.",
    )(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Configuration file to use instead of the user's tryon.toml.",
    )(command)


def input_options(command: F) -> F:
    """Add the person, the garments, what to keep, the provider's options and `--fit`."""

    @functools.wraps(command)
    def packed(
        *args: Any,
        person: str | None,
        person_model: LibraryModel | None,
        keep: Keepable | None,
        parser: str | None,
        options: Mapping[str, str | list[str]],
        fit: bool,
        **rest: Any,
    ) -> Any:
        wearer = _one_person(person, person_model)
        if parser is not None and keep is None:
            raise click.UsageError("--parser finds what --keep names; give both, or neither.")
        named = {category: rest.pop(category) for category in CATEGORIES}
        garments = {category: image for category, image in named.items() if image is not None}
        inputs = Inputs(
            person=wearer, garments=garments, keep=keep, parser=parser, options=options, fit=fit
        )
        return command(*args, inputs=inputs, **rest)

    for decorate in reversed(_INPUTS):
        packed = decorate(packed)
    return packed  # type: ignore[return-value]


def _allow_private_addresses(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Set the variable for this command, and for the processes that work for it."""
    del param
    if value:
        name = ALLOW_PRIVATE.env[0]
        before = {name: os.environ[name]} if name in os.environ else {}
        os.environ[name] = "true"
        ctx.call_on_close(lambda: (os.environ.pop(name), os.environ.update(before)))
        if isinstance(ctx.obj, Invocation):
            ctx.obj.allows_private = True


def _note_extensions(ctx: click.Context, param: click.Parameter, names: tuple[str, ...]) -> None:
    del param
    invocation = ctx.find_object(Invocation)
    if invocation is not None:
        invocation.extensions = tuple(dict.fromkeys(names))


def _note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Keep a flag where the report of an error finds it, however early the error comes."""
    invocation = ctx.find_object(Invocation)
    attribute = {"json": "as_json"}.get(str(param.name), str(param.name))
    if invocation is not None and value:
        setattr(invocation, attribute, True)
        invocation.as_lines = ctx.info_name == "batch"


def _as_target(ctx: click.Context, param: click.Parameter, out: str) -> str:
    """Refuse what would silently become a folder."""
    del ctx, param
    if out == "-":
        raise click.BadParameter("nothing is written to standard output; name a file or a folder.")
    try:
        check_suffix(out)
    except OutputError as error:
        raise click.BadParameter(str(error)) from None
    return out


def as_mapping(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> Mapping[str, str | list[str]]:
    """Return the values by name; a list where a name is given several times."""
    del ctx, param
    options: dict[str, str | list[str]] = {}
    for name, value in map(_pair, pairs):
        given = options.get(name)
        earlier = [given] if isinstance(given, str) else given
        options[name] = value if earlier is None else [*earlier, value]
    return options


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE.")
    return name, value


def _as_model(ctx: click.Context, param: click.Parameter, text: str | None) -> LibraryModel | None:
    del ctx, param
    if text is None:
        return None
    try:
        return as_library_model(text)
    except InputError as error:
        raise click.BadParameter(error.message) from None


def _one_person(person: str | None, model: LibraryModel | None) -> str | LibraryModel:
    if person is not None and model is not None:
        raise click.UsageError("give --person or --person-model, not both.")
    wearer = model if person is None else person
    if wearer is None:
        raise click.UsageError("Missing option '--person' (or '--person-model').")
    return wearer


_INPUTS = (
    click.option(
        "--person",
        type=FILE,
        metavar="IMG",
        help="Photo of one person, file or URL.",
    ),
    click.option(
        "--person-model",
        metavar="NAME=VALUE,...",
        callback=_as_model,
        help="A person of the vendor's model library instead, such as "
        "gender=female,age=youngadult.",
    ),
    click.option("--top", type=FILE, metavar="IMG", help="Garment for the upper body."),
    click.option("--bottom", type=FILE, metavar="IMG", help="Garment for the lower body."),
    click.option("--dress", type=FILE, metavar="IMG", help="One-piece garment, alone."),
    *keep_options("Keep this garment as the person wears it; may cost a parsing call."),
    options_choice("Option of the provider; may be repeated."),
    fit_option,
)
