"""The commands of `tryon`: the core's own, those that distributions bring, those to install."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType

import attrs
import click

from tryon_core.errors import BrokenPlugin
from tryon_core.installed import entry_points, fact, missing_extra, normalised

GROUP = "tryon_core.commands"
"""Each entry point names a click command, which gets an `Invocation` as its object."""

OWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("tryon_core.cli.run:run", "Put garments on a person."),
        "check": ("tryon_core.cli.run:check", "Only validate the inputs."),
        "submit": ("tryon_core.cli.run:submit", "Only submit, and print the job's token."),
        "poll": ("tryon_core.cli.resume:poll", "Ask once for the state of a job."),
        "resume": ("tryon_core.cli.resume:resume", "Wait for a job and write its result."),
        "cancel": ("tryon_core.cli.resume:cancel", "Ask the vendor to stop a job."),
        "jobs": ("tryon_core.cli.jobs:jobs", "List the single jobs and the runs, or one of them."),
        "parse": ("tryon_core.cli.parse:parse", "Find the garments that a person wears."),
        "providers": ("tryon_core.cli.providers:providers", "List the installed providers."),
        "extensions": ("tryon_core.cli.providers:extensions", "List the installed extensions."),
        "balance": ("tryon_core.cli.providers:balance", "Ask what is left on the account."),
    }
)
"""Where each command of the core is, and its line in `tryon --help`, which imports none of them."""

KNOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "batch": ("tryon-batch", "Run a whole catalogue."),
        "compare": ("tryon-report", "Try the same images at several vendors, side by side."),
        "costs": ("tryon-batch", "Say what a run has cost."),
        "demo": ("tryon-local", "Dress drawn people, without a file of yours."),
        "doctor": ("tryon-doctor", "Look for problems of this machine."),
        "emulate": ("tryon-testing", "Run a vendor's service on this machine."),
        "explain": ("tryon-doctor", "Only show what a run would send."),
        "hotspots": ("tryon-report", "Find the garments on the results of a run, as links."),
        "new-provider": ("tryon-testing", "Write the distribution of a new provider."),
        "provider-page": ("tryon-testing", "Write the reference page of a provider."),
        "report": ("tryon-report", "Write a page of a run, or show it while it goes on."),
        "sheet": ("tryon-report", "Draw a contact sheet of a run, or of images."),
    }
)
"""The distribution that brings a command, and its line in `tryon --help`."""

_TAKES_ALL = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@attrs.frozen
class Contributed:
    """A command that a distribution brings."""

    point: EntryPoint
    distribution: str

    @property
    def is_known(self) -> bool:
        """Whether the core knows the command, and that it is of this distribution."""
        return KNOWN.get(self.point.name, ("",))[0] == self.distribution


def own(name: str) -> click.Command:
    """Import a command of the core."""
    place, short_help = OWN[name]
    command: click.Command = EntryPoint(name, place, GROUP).load()
    command.short_help = short_help
    return command


def contributed() -> tuple[Mapping[str, Contributed], tuple[str, ...]]:
    """Return the commands that distributions bring, by name, and a sentence for each left out.

    Of two of one name the core's own is used, then that of the distribution that the core knows,
    then that of the first distribution by name. None of them is imported.
    """
    found = [
        Contributed(point, normalised(fact(point.dist, "Name")) if point.dist else "(unknown)")
        for point in entry_points(GROUP)
    ]
    used: dict[str, Contributed] = {}
    left_out: list[str] = []
    for command in sorted(found, key=lambda one: (not one.is_known, one.distribution)):
        name = command.point.name
        if name not in OWN and name not in used:
            used[name] = command
            continue
        owner = "tryon-core" if name in OWN else used[name].distribution
        left_out.append(f"{name!r} of {command.distribution}: {owner} has that command.")
    return used, tuple(left_out)


def load(command: Contributed) -> click.Command:
    """Return a command of a distribution; one that only says what is wrong when it is broken."""
    value = command.point.value
    try:
        loaded = command.point.load()
        if isinstance(loaded, click.Command):
            loaded.get_short_help_str()
            return loaded
        reason = f"its entry point {value!r} is no click command"
    # SystemExit: a plugin that exits at import must not take the other commands with it.
    except (Exception, SystemExit) as error:  # noqa: BLE001  (it harms no other command)
        reason = f"its entry point {value!r} cannot be imported: {type(error).__name__}: {error}"
    name, owner = command.point.name, command.distribution
    broken = BrokenPlugin(f"the command {name!r} from {owner} cannot be used: {reason}.")
    return _failing(name, broken, f"(broken: {owner})")


def missing(name: str) -> click.Command | None:
    """Return a command that names the distribution to install, None for an unknown name."""
    if name not in KNOWN:
        return None
    distribution, _ = KNOWN[name]
    return _failing(
        name, missing_extra(f"the command {name!r} comes with {distribution}", distribution), ""
    )


def _failing(name: str, error: Exception, short_help: str) -> click.Command:
    def fail() -> None:
        raise error

    return click.Command(
        name, callback=fail, short_help=short_help, context_settings=dict(_TAKES_ALL)
    )
