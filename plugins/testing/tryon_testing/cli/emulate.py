"""The command `emulate`."""

import secrets
import shlex
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tryon_core.cli.invocation import Invocation
from tryon_core.cli.options import as_mapping, common_options, example
from tryon_core.cli.printing import print_document
from tryon_core.errors import MissingExtra
from tryon_core.installed import install_command

if TYPE_CHECKING:
    from tryon_testing.emulation import RunningEmulator

DEFAULT_JOB_S = 5.0
_HOST = "127.0.0.1"


@click.command(
    epilog=example("tryon emulate pixelcut --job-seconds 5 --fault 'submit:429*2'"),
)
@click.argument("provider", metavar="ID")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Where it listens; 0 for any free port.",
)
@click.option(
    "--job-seconds",
    "job_s",
    type=click.FloatRange(min=0),
    default=DEFAULT_JOB_S,
    show_default=True,
    metavar="SECONDS",
    help="How long a job takes.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SPEC",
    help="What goes wrong, such as submit:429*2 or poll:page=200*1; may be repeated.",
)
@click.option(
    "--knob",
    "knobs",
    multiple=True,
    callback=as_mapping,
    metavar="NAME=VALUE",
    help="How it behaves where the vendor's documents leave it open; may be repeated.",
)
@common_options
@click.pass_obj
def emulate(
    invocation: Invocation,
    provider: str,
    *,
    port: int,
    job_s: float,
    faults: tuple[str, ...],
    knobs: Mapping[str, str | list[str]],
    config: Path | None,
) -> None:
    """Run an imitation of a vendor's service until Ctrl-C, for tests that cost nothing.

    Prints the base URL, and to standard error the lines that point another shell at it.
    """
    del config
    try:
        from tryon_testing.emulation.emulator import load_emulator, start  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the emulator of {provider} needs {error.name}, which is not installed.",
            remedy=f"Install it with: {install_command(f'tryon-{provider}', 'emulator')}",
        ) from error

    emulator = load_emulator(provider)
    seed = secrets.token_hex(8)
    with start(emulator, port=port, job_s=job_s, faults=faults, knobs=knobs, seed=seed) as running:
        _announce(invocation, running)
        _wait_for_the_end()


def _announce(invocation: Invocation, running: "RunningEmulator") -> None:
    """Say where it is. The keys of an emulator open nothing, so they may be shown."""
    provider = running.emulator.provider
    if invocation.as_json:
        document = {"provider": provider, "settings": running.settings}
        print_document({**document, "log": f"{running.ctx.address}/_tryon/log"})
        return
    click.echo(running.base_url)
    if not invocation.quiet:
        for name, value in running.settings.items():
            variable = f"TRYON_{provider.upper()}_{name.upper()}"
            click.echo(f"export {variable}={shlex.quote(value)}", err=True)
        for line in _without_proxy():
            click.echo(line, err=True)
        click.echo(
            f"# what it received: {running.ctx.address}/_tryon/log; Ctrl-C ends it", err=True
        )


def _without_proxy() -> Iterator[str]:
    """Keep other clients from asking a proxy for this machine, as we do ourselves."""
    proxies = urllib.request.getproxies()
    if not proxies.keys() & {"http", "all"} or urllib.request.proxy_bypass(_HOST):
        return
    hosts = ",".join(filter(None, (proxies.get("no"), _HOST)))
    yield f"export NO_PROXY={shlex.quote(hosts)} no_proxy={shlex.quote(hosts)}"


def _wait_for_the_end() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
