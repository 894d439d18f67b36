"""The command `doctor`."""

import importlib.metadata
import ipaddress
import os
import platform
import shutil
import socket
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
import click

from tryon_core.cli.commands import contributed
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.opening import open_client, unused_tables
from tryon_core.cli.options import common_options, complete_provider, example
from tryon_core.cli.printing import Document, print_document
from tryon_core.engine import FOLDER_ENV, REGISTRY, amount_text, data_folder
from tryon_core.errors import ConfigurationError, TryOnError
from tryon_core.extensions.named import installed as installed_extensions
from tryon_core.installed import PROVIDER_GROUP, fact, name_of, normalised, scan
from tryon_core.settings import default_config_path, read_config
from tryon_core.transport import host_of, is_private_url
from tryon_core.transport.addresses import is_public
from tryon_doctor.isolated import Plugin, look_at

State: TypeAlias = Literal["ok", "note", "problem"]
_LIBRARIES = (
    "requests", "urllib3", "pluggy", "attrs", "cattrs", "pillow", "click", "rich", "platformdirs",
    "PySocks",
)  # fmt: skip
_FAKE_IP = ipaddress.ip_network("198.18.0.0/15")
_LOOK_UP_S = 5.0
_LEAST_FREE_BYTES = 100_000_000
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OTHERS_MAY_READ = 0o077
_MARGIN_S = 1.0  # dates of HTTP have whole seconds


@attrs.frozen(kw_only=True)
class Finding:
    """What was found about one thing.

    Attributes:
        area: `plugins`, `settings`, `network`, `folders` or `account`.
        about: what it is about.
        state: a `problem` needs a repair; a `note` may explain something.
        message: what was found, and what it does, as a sentence.
        remedy: what to do, empty when there is nothing to do.
    """

    area: str
    about: str
    message: str
    state: State = "ok"
    remedy: str = ""


@click.command(epilog=example("tryon doctor", "tryon doctor dashscope --json"))
@click.argument("provider", metavar="[ID]", required=False, shell_complete=complete_provider)
@click.option("--offline", is_flag=True, help="Look up no host names, and ask no vendor.")
@common_options
@click.pass_context
def doctor(ctx: click.Context, provider: str | None, *, offline: bool, config: Path | None) -> None:
    """Look for problems of this machine: plugins, keys, network, folders.

    Without ID nothing is sent to a vendor. With it, that provider alone is looked at, and its
    vendor is asked for the balance, which is free. Values of keys are never shown. Ends with 3 when
    there is a problem.
    """
    invocation = ctx.ensure_object(Invocation)
    versions, findings = _versions()
    path, of_file = _config(config)
    findings += [*_leftovers(), *of_file]
    facts: dict[str, Document] = {}
    for (kind, name), said in look_at(_plugins(provider), path):
        findings.append(_of_plugin(kind, name, said))
        if kind == "provider" and said["problem"] is None:
            facts[name] = said
            findings += _settings(name, said, is_asked=provider is not None)
    addresses = {name: said["address"] for name, said in facts.items() if said["address"]}
    findings += _environment()
    ways, hosts = _ways(addresses)
    findings += ways
    if not offline:
        findings += _names(hosts, is_asked=provider is not None)
    findings += _folders()
    if provider in facts and not facts[provider]["missing"] and not offline:
        findings += _account(invocation, provider, config, facts[provider]["clock_tolerance_s"])
    findings.sort(key=lambda one: _AREAS.index(one.area))
    is_well = not any(one.state == "problem" for one in findings)
    if invocation.as_json:
        documents = [attrs.asdict(one) for one in findings]
        print_document({"is_well": is_well, "versions": versions, "findings": documents})
    else:
        click.echo("\n".join(_lines(versions, findings)))
    if not is_well:
        ctx.exit(ExitCode.NOT_CONFIGURED)


_ASK = "`tryon doctor ID` says where its key may be set."
_AREAS = ("plugins", "settings", "network", "folders", "account")


def _versions() -> tuple[Mapping[str, str], list[Finding]]:
    """Return what is installed, and distributions of ours that are there twice."""
    libraries = {normalised(name) for name in _LIBRARIES}
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    copies: dict[tuple[str, str], list[str]] = {}
    for dist in importlib.metadata.distributions():
        name = name_of(dist)
        is_wanted = name in libraries or name.startswith("tryon-")
        if is_wanted and (version := fact(dist, "Version")):
            versions.setdefault(name, version)
            copies.setdefault((name, str(dist.locate_file(""))), []).append(version)
    twice = [
        Finding(
            area="plugins",
            about=name,
            state="problem",
            message=f"it is there as {' and as '.join(found)} in {place}; which one counts is "
            "chance.",
            remedy=f"Run `pip uninstall {name}` until it finds none, and install it again.",
        )
        for (name, place), found in copies.items()
        if len(found) > 1
    ]
    return dict(sorted(versions.items())), twice


def _leftovers() -> Iterator[Finding]:
    for remark in scan(PROVIDER_GROUP, with_harmless=True)[1]:
        what, _, remedy = remark.partition(". Delete it")
        folder, _, why = what.partition(" is passed over: ")
        message = f"the folder {folder} was left over: {why}."
        yield Finding(
            area="plugins", about=Path(folder).name, state="problem", message=message,
            remedy=f"Delete it{remedy}",
        )  # fmt: skip


def _config(given: Path | None) -> tuple[str | None, list[Finding]]:
    """Return the configuration file that can be read, and what is to be said about it."""
    path = given or default_config_path()
    if path is None:
        return None, [Finding(area="settings", about="tryon.toml", message="there is none.")]
    try:
        tables = read_config(path)
    except TryOnError as error:
        what = {"area": "settings", "about": str(path), "state": "problem"}
        return None, [Finding(**what, message=error.message, remedy=error.remedy)]  # type: ignore[arg-type]
    found = [Finding(area="settings", about=str(path), message="it can be read.")]
    found += [
        Finding(area="settings", about=str(path), state="note", message=remark)
        for remark in unused_tables(tables)
    ]
    if os.name == "posix" and path.stat().st_mode & _OTHERS_MAY_READ:
        found.append(
            Finding(
                area="settings",
                about=str(path),
                state="note",
                message="other users of this machine may read it, and its keys.",
                remedy=f"chmod 600 {path}",
            )
        )
    return str(path), found


def _plugins(provider: str | None) -> list[Plugin]:
    if provider is not None:
        return [("provider", provider)]
    return [
        *(("provider", name) for name in sorted(REGISTRY.index())),
        *(("extension", name) for name in sorted(installed_extensions())),
        *(("command", name) for name in sorted(contributed()[0])),
    ]


def _of_plugin(kind: str, name: str, said: Document) -> Finding:
    if said["problem"] is None:
        return Finding(area="plugins", about=name, message=f"can be imported ({kind}).")
    entries = REGISTRY.index().get(name, ()) if kind == "provider" else ()
    places = " and ".join(f"{entry.label} in {entry.folder}" for entry in entries)
    message = f"{said['problem']} {f'It is {places}.' if places else ''}".strip()
    remedy = said["remedy"]
    return Finding(area="plugins", about=name, state="problem", message=message, remedy=remedy)


def _settings(name: str, said: Document, *, is_asked: bool) -> Iterator[Finding]:
    found = [f"{one['name']} from {one['from']}" for one in said["settings"] if one["from"]]
    message = f"set: {', '.join(found)}." if found else "nothing is set."
    state: State = "ok"
    if said["missing"]:
        state = "problem" if is_asked else "note"
    remedy = said["missing"] if is_asked or found else said["missing"] and _ASK
    yield Finding(area="settings", about=name, state=state, message=message, remedy=remedy)
    for variable in said["unread"]:
        message = f"{variable} is set, and nothing reads it: {name} has no such setting."
        remedy = f"It has {', '.join(one['name'] for one in said['settings'])}."
        yield Finding(area="settings", about=name, state="note", message=message, remedy=remedy)


_network = partial(Finding, area="network")


def _environment() -> Iterator[Finding]:
    """Say what variables mean for every host."""
    names = sorted(name for name in os.environ if name.lower() in _PROXIES and os.environ[name])
    proxies = f"{', '.join(names)} set" if names else "no variable names one"
    yield _network(about="proxy", message=f"{proxies}. This machine is always reached directly.")
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    stars = [entry for entry in excepted.replace(" ", "").split(",") if entry.startswith("*.")]
    if stars:
        message = f"{', '.join(stars)} fits no host: a star counts alone only."
        remedy = f"Write {', '.join(entry[1:] for entry in stars)}."
        yield _network(about="NO_PROXY", state="note", message=message, remedy=remedy)
    bundle = next((name for name in _BUNDLES if os.environ.get(name)), None)
    if bundle is not None and not Path(os.environ[bundle]).exists():
        message = f"it names {os.environ[bundle]}, which is not there: every https fails."
        remedy = f"Name a file of certificates, or unset {bundle}."
        yield _network(about=bundle, state="problem", message=message, remedy=remedy)
    elif bundle is None and os.environ.get("SSL_CERT_FILE"):
        message = "it is not read here."
        remedy = "For certificates of your organisation, set REQUESTS_CA_BUNDLE to the same file."
        yield _network(about="SSL_CERT_FILE", state="note", message=message, remedy=remedy)


def _ways(addresses: Mapping[str, str]) -> tuple[list[Finding], Mapping[str, list[str]]]:
    """Return how each vendor is reached, by the rules of the transport itself.

    Returns:
        Findings, and the vendors by the name of the host, where a name has to be looked up here:
        behind a proxy, names are the proxy's business.
    """
    from tryon_core.transport.proxies import ProxyUnusable, Routes  # noqa: PLC0415  (slow)

    found: list[Finding] = []
    hosts: dict[str, list[str]] = {}
    for name, address in addresses.items():
        try:
            proxy = Routes().route_to(address).proxy
        except ProxyUnusable as error:
            what = f"{error}."
            found.append(_network(about=name, state="problem", message=what, remedy=error.remedy))
            continue
        way = f"through the proxy {proxy.address} ({proxy.origin})" if proxy else "directly"
        found.append(_network(about=name, message=f"reached {way}."))
        if proxy is None and not is_private_url(address):
            hosts.setdefault(host_of(address) or "", []).append(name)
    return found, hosts


def _names(hosts: Mapping[str, Sequence[str]], *, is_asked: bool) -> Iterator[Finding]:
    found: dict[str, list[str]] = {}

    def look_up(host: str) -> None:
        with suppress(OSError, UnicodeError):
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found[host] = sorted({str(place[0]) for *_, place in answers})

    threads = [threading.Thread(target=look_up, args=(host,), daemon=True) for host in hosts]
    for thread in threads:
        thread.start()
    ends_s = time.monotonic() + _LOOK_UP_S
    for thread in threads:
        thread.join(max(0.0, ends_s - time.monotonic()))
    for host, names in hosts.items():
        about = ", ".join(names)
        if host in found:
            yield from _of_answers(host, about, found[host])
            continue
        yield _network(
            about=about,
            state="problem" if is_asked else "note",
            message="the name of the host could not be resolved.",
            remedy="Check that there is a network, and its DNS.",
        )


def _of_answers(host: str, about: str, answers: Sequence[str]) -> Iterator[Finding]:
    private = [text for text in answers if not is_public(text)]
    if not private:
        return
    address = ipaddress.ip_address(private[0].partition("%")[0])
    if address.is_loopback or address.is_unspecified:
        yield _network(
            about=about,
            state="problem",
            message=f"the name {host} leads to this machine ({address}).",
            remedy="Look into the file hosts, and at blockers of advertisements.",
        )
        return
    kind = "a private network (a VPN, or a gateway)"
    if address.version == _FAKE_IP.version and address in _FAKE_IP:
        kind = "198.18.0.0/15, which a proxy in TUN mode makes up for every name (fake IP)"
    yield _network(
        about=about,
        state="note",
        message=f"the name {host} leads to {address}, an address of {kind}. It does no harm as "
        "long as that program runs: images are fetched from names in the same range, too.",
        remedy="Should images be refused all the same, set TRYON_ALLOW_PRIVATE_ADDRESSES=1.",
    )


def _folders() -> Iterator[Finding]:
    from platformdirs import user_cache_dir  # noqa: PLC0415  (slow)

    def cache() -> Path:
        return Path(user_cache_dir("tryon", appauthor=False))

    unsafe = "Jobs cannot be remembered: a process that dies loses what it has paid for."
    other = f"Repair it, or name another folder in {FOLDER_ENV}."
    wanted: tuple[tuple[str, Callable[[], Path], State, str, str], ...] = (
        ("data", data_folder, "problem", unsafe, other),
        ("cache", cache, "note", "The provider local cannot work.", "Set XDG_CACHE_HOME."),
        ("current", Path.cwd, "note", "Images cannot be written here.", "Give --out another one."),
        ("temporary", lambda: Path(tempfile.gettempdir()), "note", "", "Set TMPDIR."),
    )
    for about, find, state, harm, remedy in wanted:
        try:
            folder = find()
            fault = _fault_of(folder)
        except (OSError, RuntimeError, KeyError) as error:
            folder, fault = Path(), f"there is none: {error}"
        if fault is None:
            yield Finding(area="folders", about=about, message=f"{folder} can be written.")
            continue
        message = f"{folder}: {fault}. {harm}".strip()
        yield Finding(area="folders", about=about, state=state, message=message, remedy=remedy)


def _fault_of(folder: Path) -> str | None:
    """Return why nothing can be written there; nothing is left behind."""
    place = next(one for one in (folder, *folder.parents) if os.path.exists(one))  # noqa: PTH110
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return f"nothing can be written ({error.strerror})"
    free = shutil.disk_usage(place).free
    return None if free >= _LEAST_FREE_BYTES else f"only {free / 1e6:.0f} MB are free"


def _account(
    invocation: Invocation, provider: str, config: Path | None, tolerance_s: float | None
) -> Iterator[Finding]:
    """Ask for the balance, and compare the clock with that of the answer."""
    answer = None
    # What a plugin prints must not be among our lines.
    with redirect_stdout(sys.stderr):
        try:
            with open_client(invocation, provider, config=config) as client:
                session = client.session
                ctx, begun = session.context(), session.clock.now()
                try:
                    left = session.bound.read_balance(ctx)
                finally:
                    answer = getattr(ctx.http, "last_answer", None)
                    midway = begun + (session.clock.now() - begun) / 2
            amount = amount_text(left.amount, left.unit)
            message = f"asked for the balance, which is free: {amount} left."
            yield Finding(area="account", about=provider, message=message)
        except TryOnError as error:
            is_silent = type(error) is ConfigurationError and answer is None
            state: State = "note" if is_silent else "problem"
            message = f"{error.message}{' Nothing was sent.' if is_silent else ''}"
            yield Finding(
                area="account", about=provider, state=state, message=message, remedy=error.remedy
            )
    if tolerance_s is None or answer is None:
        return
    try:
        skew_s = (midway - parsedate_to_datetime(answer.headers["date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return
    way = "ahead of" if skew_s > 0 else "behind"
    message = (
        f"the clock here is {abs(skew_s):.0f} s {way} the vendor's, whose requests are signed "
    )
    if abs(skew_s) <= tolerance_s + _MARGIN_S:
        message += "by the time; that is near enough."
        yield Finding(area="account", about="clock", message=message)
        return
    message += f"by the time: more than {tolerance_s:g} s are refused."
    remedy = "Set the clock of this machine, for example by NTP."
    yield Finding(area="account", about="clock", state="problem", message=message, remedy=remedy)


def _lines(versions: Mapping[str, str], findings: Iterable[Finding]) -> Iterator[str]:
    is_terminal, width = sys.stdout.isatty(), shutil.get_terminal_size().columns
    wrap = textwrap.TextWrapper(
        width, initial_indent="  ", subsequent_indent=" " * 11, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    lines = [("versions", ", ".join(f"{name} {version}" for name, version in versions.items()))]
    alike: dict[Finding, list[str]] = {}
    for one in findings:
        alike.setdefault(attrs.evolve(one, about=""), []).append(one.about)
    for one, abouts in alike.items():
        mark = one.state.upper() if one.state == "problem" else one.state
        text = f"{mark:<8} {', '.join(abouts)}: {one.message} {one.remedy}".rstrip()
        lines.append((one.area, text))
    before = ""
    for area, text in lines:
        if area != before:
            yield f"{chr(10) * bool(before)}{area}"
            before = area
        yield "\n".join(wrap.wrap(text)) if is_terminal else f"  {text}"
    problems = sum(len(abouts) for one, abouts in alike.items() if one.state == "problem")
    count = "1 problem" if problems == 1 else f"{problems} problems"
    yield f"\n{count} found." if problems else "\nall is well."
