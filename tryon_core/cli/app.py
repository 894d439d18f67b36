"""The group of all commands: it imports each on first use, and reports every error."""

from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from tryon_core.cli import commands
from tryon_core.cli.failure import report
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import example

_MAX_HELP = 70
"""Characters of a line about a command."""


class ReportingGroup(click.Group):
    """A group that turns every error of a command into sentences and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what comes before the command; `--help` and `--version` print here."""
        try:
            return super().parse_args(ctx, args)
        except BrokenPipeError:
            raise
        except OSError as error:
            ctx.exit(report(error, Invocation()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command named by the arguments."""
        # The flag is looked up here too, because a command line that cannot be parsed sets none.
        ctx.obj = invocation = Invocation(as_json="--json" in ctx.args)
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (the outermost report)
            ctx.exit(report(error, invocation))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and refuse arguments of which only the last would count."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            _refuse_repeated(ctx, name, command, rest)
            brought = _contributed(ctx)[0].get(name or "")
            if brought is not None and isinstance(ctx.obj, Invocation):
                ctx.obj.owner = brought.distribution
        return name, command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the core's commands in the order of a try-on, then those of installed plugins."""
        found, _ = _contributed(ctx)
        return [*commands.OWN, *sorted(found)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the core, one of an installed plugin, or one that says what to do."""
        if cmd_name in commands.OWN:
            return commands.own(cmd_name)
        found, _ = _contributed(ctx)
        if cmd_name in found:
            return commands.load(found[cmd_name])
        return commands.missing(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command; those that the core knows are not imported for it."""
        installed = {name: self._short_help(ctx, name) for name in self.list_commands(ctx)}
        absent = {
            name: f"Comes with {distribution}."
            for name, (distribution, _) in commands.KNOWN.items()
            if name not in installed
        }
        _, unused = _contributed(ctx)
        for heading, rows in (("Commands", installed), ("Not installed", absent)):
            if rows:
                with formatter.section(heading):
                    formatter.write_dl([*rows.items()])
        if unused:
            with formatter.section("Not used"):
                formatter.write_text("\n\n".join(unused))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin like that; those that the core knows are not imported."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=self._short_help(ctx, name)) for name in names] + options

    def _short_help(self, ctx: click.Context, name: str) -> str:
        if name in commands.OWN:
            return commands.OWN[name][1]
        found, _ = _contributed(ctx)
        if found[name].is_known:
            return commands.KNOWN[name][1]
        return commands.load(found[name]).get_short_help_str(limit=_MAX_HELP)


def _contributed(ctx: click.Context) -> tuple[Mapping[str, commands.Contributed], tuple[str, ...]]:
    """Look through the installed distributions once for each call of the program."""
    if commands.GROUP not in ctx.meta:
        ctx.meta[commands.GROUP] = commands.contributed()
    found: tuple[Mapping[str, commands.Contributed], tuple[str, ...]] = ctx.meta[commands.GROUP]
    return found


def _refuse_repeated(
    ctx: click.Context, name: str | None, command: click.Command, args: list[str]
) -> None:
    """Refuse an option with one value that is given twice: click takes the last, unsaid."""
    own = click.Context(command, info_name=name, parent=ctx, resilient_parsing=True)
    _, _, order = command.make_parser(own).parse_args(list(args))
    for param in dict.fromkeys(order):
        is_single = isinstance(param, click.Option) and not (param.multiple or param.is_flag)
        if is_single and order.count(param) > 1:
            option = max(param.opts, key=len)
            raise click.UsageError(
                f"{option} is given {order.count(param)} times; give it once.", own
            )


@click.group(
    cls=ReportingGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example(
        "tryon providers", "tryon run -p local --person person.jpg --top tee.png --out result.png"
    ),
)
@click.version_option(package_name="tryon-core", prog_name="tryon")
def cli() -> None:
    """Put garments on people with virtual try-on services.

    Keys come from the environment or from tryon.toml, never from the command line.
    """
