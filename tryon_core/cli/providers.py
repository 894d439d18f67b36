"""The commands `providers`, `extensions` and `balance`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import click

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import common_options, example, provider_option
from tryon_core.cli.printing import Document, print_document
from tryon_core.cli.terminal import print_table
from tryon_core.clock import SystemClock
from tryon_core.dispatch import BoundProvider
from tryon_core.errors import TryOnError
from tryon_core.extensions import named
from tryon_core.installed import install_command
from tryon_core.models import Capabilities, Price, ProviderInfo, in_order
from tryon_core.prices import amount_text, with_own_prices
from tryon_core.registry import REGISTRY, InstalledProvider, ProviderCheck
from tryon_core.settings import (
    find_config,
    missing_settings,
    require_settings,
    resolve_settings,
)
from tryon_core.text import one_line


@click.command(epilog=example("tryon providers --check"))
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--check", "is_checked", is_flag=True, help="Import each one and show what it declares."
)
@common_options
@click.pass_context
def providers(
    ctx: click.Context, *, ids: tuple[str, ...], is_checked: bool, config: Path | None
) -> None:
    """List the installed providers; without --check none of them is imported.

    With an ID, or several, these are checked alone. It ends with 3 when one of them is broken.
    Whether a key is set is shown, its value never.
    """
    as_json = ctx.ensure_object(Invocation).as_json
    if not (is_checked or ids):
        installed = REGISTRY.installed()
        if as_json:
            entries = [installed_document(entry) for entry in installed]
            print_document({"providers": entries})
        else:
            print_installed(installed)
        return
    tables = find_config(config)
    reports = [examine(checked, tables) for checked in REGISTRY.check(ids)]
    if as_json:
        print_document({"providers": [checked_document(entry) for entry in reports]})
    else:
        print_blocks(reports)
    if any(entry.error for entry in reports):
        ctx.exit(ExitCode.NOT_CONFIGURED)


@click.command(epilog=example("tryon extensions"))
@common_options
@click.pass_context
def extensions(ctx: click.Context, config: Path | None) -> None:
    """List the installed extensions, which of them are in use, and what is wrong with which.

    Each is imported; those in use are made with their settings, as a client makes them. Ends with
    3 when there is a problem.
    """
    invocation = ctx.ensure_object(Invocation)
    tables = find_config(config)
    used = dict.fromkeys((*named.in_use(tables), *invocation.extensions))
    found = []
    for name, points in sorted({**dict.fromkeys(used, ()), **named.installed()}.items()):
        problem = ""
        try:
            named.find(name, tables).make() if name in used else named.load(name)
        except TryOnError as error:
            problem = str(error)
        found.append((name, name in used, " and ".join(map(named.owner, points)), problem))
    if invocation.as_json:
        names = ("name", "is_in_use", "distribution", "problem")
        entries = [dict(zip(names, (*facts, why or None), strict=True)) for *facts, why in found]
        print_document({"extensions": entries})
    elif found:
        rows = [(name, "yes" if used else "", dist, why) for name, used, dist, why in found]
        print_table(("NAME", "IN USE", "DISTRIBUTION", "PROBLEM"), rows)
    if any(problem for *_, problem in found):
        ctx.exit(ExitCode.NOT_CONFIGURED)


@click.command(epilog=example("tryon balance -p ailab"))
@provider_option
@common_options
@click.pass_obj
def balance(invocation: Invocation, provider: str, *, config: Path | None) -> None:
    """Ask the vendor what is left on the account, and print the amount and its unit."""
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
        click.echo(amount_text(found.amount, found.unit))
        for name, amount in found.reserved.items():
            click.echo(f"{amount_text(amount, found.unit)} for {one_line(name)} only")


ConfigTables: TypeAlias = Mapping[str, Mapping[str, Any]]


def _none() -> str:
    return f"No provider is installed. The keyless one: {install_command('tryon-local')}"


@attrs.frozen(kw_only=True)
class ProviderReport:
    """What one installed provider is, and whether it can be used.

    Attributes:
        info: its declaration, None when it is broken.
        missing: why a call would be refused on this machine, such as a missing key.
        is_set: for every setting whether it has a value.
    """

    installed: InstalledProvider
    info: ProviderInfo | None
    error: TryOnError | None
    missing: TryOnError | None = None
    is_set: Mapping[str, bool] = attrs.field(factory=dict)


def examine(checked: ProviderCheck, tables: ConfigTables) -> ProviderReport:
    """Return what importing a provider and looking up its settings showed."""
    info, missing = checked.info, None
    is_set: dict[str, bool] = {}
    if info is not None:
        try:
            settings = resolve_settings(info, config=tables)
            table = tables.get(info.id, {})
            info = with_own_prices(info, {}, table, today=SystemClock().now().date())
            is_set = {spec.name: spec.name in settings for spec in info.settings}
            if missing_settings(info, settings):
                require_settings(info, settings)
        except TryOnError as error:
            missing = error
    return ProviderReport(
        installed=checked.installed,
        info=info,
        error=_fault(checked),
        missing=missing,
        is_set=is_set,
    )


def _fault(checked: ProviderCheck) -> TryOnError | None:
    """Say what is wrong with a provider or its hooks, as building a client would."""
    if checked.error or checked.loaded is None:
        return checked.error
    try:
        BoundProvider(checked.loaded)
    except TryOnError as error:
        return error
    return None


def print_installed(installed: Sequence[InstalledProvider]) -> None:
    """Print one row for each provider; nothing of them is imported."""
    if not installed:
        click.echo(_none(), err=True)
        return
    rows = [(entry.id, entry.distribution, entry.version) for entry in installed]
    print_table(("ID", "DISTRIBUTION", "VERSION"), rows)


def print_blocks(reports: Sequence[ProviderReport]) -> None:
    """Print a block of lines for each provider."""
    if not reports:
        click.echo(_none(), err=True)
        return
    click.echo("\n\n".join("\n".join(_block(entry)) for entry in reports))


def installed_document(installed: InstalledProvider) -> Document:
    """Return what the metadata says."""
    return {
        "id": installed.id,
        "distribution": installed.distribution,
        "version": installed.version,
    }


def checked_document(entry: ProviderReport) -> Document:
    """Return what the metadata, the declaration and the settings say."""
    info = entry.info
    declared = info.capabilities if info else None
    return {
        **installed_document(entry.installed),
        "name": info.name if info else None,
        "parse_categories": list(declared.parse_categories) if declared else [],
        **_offer(declared),
        "models": {name: _offer(can) for name, can in info.models.items()} if info else {},
        "settings": [
            {"name": spec.name, "required": spec.required, "is_set": entry.is_set.get(spec.name)}
            for spec in (info.settings if info else ())
        ],
        "ready": entry.error is None and entry.missing is None,
        "problem": str(entry.error or entry.missing or "") or None,
    }


def _offer(can: Capabilities | None) -> Document:
    return {
        "garments": in_order(can.garments) if can else [],
        "delivery": sorted(can.delivery) if can else [],
        "outputs": can.outputs if can else None,
        "price": _price_document(can.price) if can else None,
    }


def _block(entry: ProviderReport) -> Iterable[str]:
    yield f"{entry.installed.id}  ({entry.installed.label})"
    facts = _facts(entry.info) if entry.info else {}
    keys = [spec.name for spec in entry.info.settings if spec.secret] if entry.info else []
    if keys:
        facts["keys"] = ", ".join(
            f"{name} {'is set' if entry.is_set.get(name) else 'is not set'}" for name in keys
        )
    problem = entry.error or entry.missing
    facts["ready"] = f"no: {problem}" if problem else "yes"
    for label, text in facts.items():
        yield f"  {label:<9} {text}"


def _facts(info: ProviderInfo) -> dict[str, str]:
    declared = info.capabilities
    facts = {
        "name": info.name,
        "garments": _garments(declared),
        "parsing": ", ".join(declared.parse_categories) or "not offered",
        "images": " or ".join(sorted(declared.delivery)),
        "price": _price_text(declared.price),
    }
    if info.models:
        facts["models"] = f"\n  {'':<9} ".join(
            f"{name}: {_garments(can)} | {_price_text(can.price)}"
            for name, can in info.models.items()
        )
    return facts


def _garments(can: Capabilities) -> str:
    return "; ".join(" + ".join(names) for names in in_order(can.garments))


def _price_text(price: Price | None) -> str:
    if price is None:
        return "unknown"
    if not price.amount:
        return "free"
    whose = price.source if price.is_own else f"list price of {price.as_of}"
    return f"{amount_text(price.amount, price.currency)} per image ({whose})"


def _price_document(price: Price | None) -> Document | None:
    if price is None:
        return None
    return {
        "amount": str(price.amount),
        "currency": price.currency,
        "as_of": price.as_of.isoformat(),
    }
