"""The group of all commands, and the one place that reports errors."""

from typing import Any

import click

from tryon_core.cli import commands
from tryon_core.cli.balance import balance
from tryon_core.cli.failure import report
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.jobs import jobs
from tryon_core.cli.options import example
from tryon_core.cli.parse import parse
from tryon_core.cli.providers import providers
from tryon_core.cli.resume import cancel, poll, resume
from tryon_core.cli.run import check, run, submit

_COMMANDS = (run, check, submit, poll, resume, cancel, jobs, parse, providers, balance)


class ReportingGroup(click.Group):
    """A group that turns every error of a command into sentences and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the command; `--help` and `--version` print here."""
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
        return name, command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the core's commands in the order of a try-on, then those of installed plugins."""
        return list(dict.fromkeys((*self.commands, *sorted(commands.contributed()))))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the core, one of an installed plugin, or one that says what to do."""
        own = self.commands.get(cmd_name)
        if own is not None:
            return own
        point = commands.contributed().get(cmd_name)
        if point is not None:
            return commands.load(cmd_name, point)
        return commands.missing(cmd_name)


def _refuse_repeated(
    ctx: click.Context, name: str | None, command: click.Command, args: list[str]
) -> None:
    """Refuse an option with one value that is given twice: click takes the last, unsaid."""
    own = click.Context(command, info_name=name, parent=ctx, resilient_parsing=True)
    _, _, order = command.make_parser(own).parse_args(list(args))
    for param in dict.fromkeys(order):
        is_single = isinstance(param, click.Option) and not (param.multiple or param.is_flag)
        if is_single and order.count(param) > 1:
            told = f"{max(param.opts, key=len)} is given {order.count(param)} times; give it once."
            raise click.UsageError(told, own)


@click.group(
    cls=ReportingGroup,
    commands={str(command.name): command for command in _COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example(
        "tryon demo", "tryon run -p local --person person.jpg --top tee.png --out result.png"
    ),
)
@click.version_option(package_name="tryon-core", prog_name="tryon")
def cli() -> None:
    """Put garments on people with virtual try-on services.

    `tryon demo` needs no key and no file of yours. Keys come from the environment or from
    tryon.toml, never from the command line.
    """
