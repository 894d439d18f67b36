"""The commands of `tryon`: the core's own, and those that installed distributions bring."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType

import click

from tryon_core.errors import BrokenPlugin, MissingExtra
from tryon_core.installed import entry_points, fact, install_command

GROUP = "tryon_core.commands"
"""Each entry point names a click command, which gets an `Invocation` as its object."""

_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "batch": "tryon-batch",
        "costs": "tryon-batch",
        "demo": "tryon-local",
        "emulate": "tryon-testing",
    }
)
_TAKES_ALL = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def contributed() -> Mapping[str, EntryPoint]:
    """Return what installed distributions bring, by name; of two that bring one, the first."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(GROUP):
        found.setdefault(point.name, point)
    return found


def load(name: str, point: EntryPoint) -> click.Command:
    """Return a command of a distribution; one that only says what is wrong when it is broken."""
    distribution = fact(point.dist, "Name") if point.dist else "an unknown distribution"
    try:
        command = point.load()
    # SystemExit: a plugin that exits at import must not take the other commands with it.
    except (Exception, SystemExit) as error:  # noqa: BLE001  (it harms no other command)
        reason = f"its entry point {point.value!r} cannot be imported: {error}"
        return _failing(name, _broken(name, distribution, reason), f"(broken: {distribution})")
    if not isinstance(command, click.Command):
        reason = f"its entry point {point.value!r} is no click command"
        return _failing(name, _broken(name, distribution, reason), f"(broken: {distribution})")
    return command


def missing(name: str) -> click.Command | None:
    """Return a command that names the distribution to install, None for an unknown name."""
    distribution = _KNOWN.get(name)
    if distribution is None:
        return None
    error = MissingExtra(
        f"the command {name!r} comes with {distribution}, which is not installed.",
        remedy=f"Install it with: {install_command(distribution)}",
    )
    return _failing(name, error, "")


def _broken(name: str, distribution: str, reason: str) -> BrokenPlugin:
    return BrokenPlugin(
        f"the command {name!r} from {distribution} cannot be used: {reason}.",
        remedy="Upgrade or uninstall that distribution, or tell its author.",
    )


def _failing(name: str, error: Exception, short_help: str) -> click.Command:
    def fail() -> None:
        raise error

    return click.Command(
        name, callback=fail, short_help=short_help, context_settings=dict(_TAKES_ALL)
    )
