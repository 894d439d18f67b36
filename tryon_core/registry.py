"""Which providers are installed; imports only the one that is asked for."""

import difflib
import importlib.metadata
import re
import threading
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from tryon_core.errors import BrokenPlugin, ProviderConflict, TryOnError, UnknownProvider
from tryon_core.installed import (
    PROVIDER_GROUP,
    entry_points,
    fact,
    folder_of,
    install_command,
    normalised,
)
from tryon_core.models import API_VERSION, OLDEST_API_VERSION, ProviderInfo

if TYPE_CHECKING:
    from tryon_core.hookspecs import Provider  # it needs pluggy, which a list of providers does not

GROUP = PROVIDER_GROUP
IN_PROCESS = "(registered in this process)"
# `[extensions]` is a table of tryon.toml.
ID = re.compile(r"(?!tryon|extensions\Z)[a-z][a-z0-9_]*")
ID_RULE = (
    "small letters, digits and underscores, beginning with a letter and not with 'tryon', "
    "and not 'extensions'"
)
"""What `ID` says."""
# Ids that people are likely to ask for; `tryon-<id>` is the distribution of each.
KNOWN_IDS = frozenset(
    ["aidge", "ailab", "dashscope", "fal", "fashn", "kling", "local", "pixelcut", "replicate"]
)


@attrs.frozen(kw_only=True)
class InstalledProvider:
    """An entry point of an installed distribution; nothing of it is imported.

    Attributes:
        id: the entry point's name.
        value: what the entry point refers to, such as `tryon_acme:provider`.
    """

    id: str
    value: str
    _load: Callable[[], Any] = attrs.field(repr=False, eq=False)
    _distribution: importlib.metadata.Distribution | None = attrs.field(repr=False, eq=False)

    # Read when asked for: reading the metadata of a hundred plugins takes longer than finding them.
    @property
    def distribution(self) -> str:
        """Name of the distribution that offers it."""
        if self._distribution is None:
            return IN_PROCESS
        return fact(self._distribution, "Name") or "(unknown distribution)"

    @property
    def version(self) -> str:
        """Version of that distribution."""
        return "" if self._distribution is None else fact(self._distribution, "Version")

    @property
    def label(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def folder(self) -> str:
        """Where the metadata of that distribution is."""
        return IN_PROCESS if self._distribution is None else folder_of(self._distribution)


@attrs.frozen(kw_only=True, eq=False)
class LoadedProvider:
    """An imported provider object that declares itself properly."""

    provider: "Provider"
    label: str

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self.provider.info


@attrs.frozen(kw_only=True)
class ProviderCheck:
    """What importing one installed provider showed.

    Attributes:
        installed: the entry point.
        error: what is wrong with it, None when it is sound.
        loaded: the provider itself, None when it is broken.
    """

    installed: InstalledProvider
    error: TryOnError | None
    loaded: LoadedProvider | None

    @property
    def info(self) -> ProviderInfo | None:
        """Its declaration, None when it is broken."""
        return self.loaded.info if self.loaded else None


class Registry:
    """The index of installed providers, scanned once, and those registered in this process.

    There is normally one, `REGISTRY`; tests may make their own. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index: Mapping[str, tuple[InstalledProvider, ...]] | None = None
        self._registered: dict[str, Provider] = {}

    def refresh(self) -> None:
        """Forget the scan, so that plugins installed meanwhile are found."""
        with self._lock:
            self._index = None

    def register(self, provider: "Provider") -> None:
        """Offer a provider in this process only, for tests and scripts.

        Raises:
            BrokenPlugin: it does not declare itself properly.
            ProviderConflict: the id is taken by another object or by an installed plugin.
        """
        info = _checked_info(provider, None, IN_PROCESS)
        if info.id in self.index():
            raise ProviderConflict(
                f"provider {info.id!r} is already offered by {self.index()[info.id][0].label}.",
                provider=info.id,
                remedy="Choose another id.",
            )
        with self._lock:
            other = self._registered.setdefault(info.id, provider)
        if other is not provider:
            raise ProviderConflict(
                f"provider {info.id!r} is already registered in this process.",
                provider=info.id,
                remedy="Call unregister() first, or choose another id.",
            )

    def unregister(self, provider_id: str) -> None:
        """Withdraw a provider registered in this process; unknown ids are ignored."""
        with self._lock:
            self._registered.pop(provider_id, None)

    def index(self) -> Mapping[str, tuple[InstalledProvider, ...]]:
        """Return what is installed, by id; more than one entry is a conflict."""
        with self._lock:
            if self._index is None:
                self._index = MappingProxyType(_scan())
            return self._index

    def installed(self) -> tuple[InstalledProvider, ...]:
        """Return every provider on offer, sorted by id, without importing any."""
        with self._lock:
            registered = [_in_process(*item) for item in self._registered.items()]
        scanned = [entry for entries in self.index().values() for entry in entries]
        return tuple(sorted((*registered, *scanned), key=lambda e: (e.id, e.distribution)))

    def load(self, name: str) -> LoadedProvider:
        """Import one provider.

        Args:
            name: its id, or `id@distribution` to settle a conflict.

        Raises:
            UnknownProvider: nothing installed has that id.
            ProviderConflict: several distributions offer it.
            BrokenPlugin: it cannot be imported or does not declare itself properly.
        """
        provider_id, _, distribution = name.partition("@")
        with self._lock:
            registered = None if distribution else self._registered.get(provider_id)
        if registered is not None:
            return LoadedProvider(provider=registered, label=f"{provider_id} {IN_PROCESS}")
        return _import(self._choose(provider_id, distribution))

    def check(self, ids: Collection[str] = ()) -> tuple[ProviderCheck, ...]:
        """Import every provider on offer, each on its own, and say what is wrong with which.

        Args:
            ids: those to look at alone; none for all.

        Raises:
            UnknownProvider: none of that id is installed.
        """
        installed = self.installed()
        for unknown in set(ids) - {entry.id for entry in installed}:
            raise self._unknown(unknown, "")
        return tuple(
            _check(entry, self.index()) for entry in installed if not ids or entry.id in ids
        )

    def _choose(self, provider_id: str, distribution: str) -> InstalledProvider:
        offers = self.index().get(provider_id, ())
        if distribution:
            wanted = normalised(distribution)
            offers = tuple(o for o in offers if normalised(o.distribution) == wanted)
        if not offers:
            raise self._unknown(provider_id, distribution)
        if len(offers) > 1:
            raise _conflict(offers)
        return offers[0]

    def _unknown(self, provider_id: str, distribution: str) -> UnknownProvider:
        ids = sorted({entry.id for entry in self.installed()})
        wanted = f"{provider_id}@{distribution}" if distribution else provider_id
        message = f"no provider {wanted!r} is installed."
        known = sorted({*ids, *KNOWN_IDS})
        near = difflib.get_close_matches(provider_id.lower(), known, n=1)
        if near and near[0] != provider_id:
            message += f" Did you mean {near[0]!r}?"
        offers = ", ".join(offer.label for offer in self.index().get(provider_id, ()))
        remedy = f"Installed: {', '.join(ids) or 'none'}."
        if offers:
            remedy = f"{provider_id!r} is offered by {offers}."
        elif near and near[0] not in ids:
            remedy += f" Install it with: {install_command(f'tryon-{near[0]}')}"
        return UnknownProvider(message, provider=provider_id, remedy=remedy)


def loaded_object(provider: "Provider") -> LoadedProvider:
    """Return a provider object that was not found through an entry point.

    Raises:
        BrokenPlugin: it does not declare itself properly.
    """
    info = _checked_info(provider, None, IN_PROCESS)
    return LoadedProvider(provider=provider, label=f"{info.id} {IN_PROCESS}")


def _in_process(name: str, provider: "Provider") -> InstalledProvider:
    return InstalledProvider(
        id=name, value=repr(type(provider)), load=lambda: provider, distribution=None
    )


def _scan() -> dict[str, tuple[InstalledProvider, ...]]:
    index: dict[str, tuple[InstalledProvider, ...]] = {}
    for point in entry_points(GROUP):
        entry = InstalledProvider(
            id=point.name, value=point.value, load=point.load, distribution=point.dist
        )
        index[entry.id] = (*index.get(entry.id, ()), entry)
    return index


def _conflict(offers: tuple[InstalledProvider, ...]) -> ProviderConflict:
    name = offers[0].id
    labels = sorted(f"{offer.label} ({offer.folder})" for offer in offers)
    choices = sorted({f"'{name}@{offer.distribution}'" for offer in offers})
    remedy = "Uninstall one of them"
    if len(choices) == len(offers):
        remedy += f", or ask for {' or '.join(choices)}"
    return ProviderConflict(
        f"provider {name!r} is offered by {' and '.join(labels)}.",
        provider=name,
        remedy=f"{remedy}.",
    )


def _import(entry: InstalledProvider) -> LoadedProvider:
    try:
        # SystemExit: a plugin that exits at import must not take the program with it.
        provider = entry._load()  # noqa: SLF001  (ours; hidden from the public attributes)
    except (Exception, SystemExit) as error:
        fault = f"{type(error).__name__}: {error}"
        reason = f"its entry point {entry.value!r} cannot be imported: {fault}"
        raise _broken(entry.id, entry.label, reason) from error
    _checked_info(provider, entry.id, entry.label)
    return LoadedProvider(provider=provider, label=entry.label)


def _checked_info(provider: Any, expected_id: str | None, label: str) -> ProviderInfo:
    name = expected_id or type(provider).__name__
    if isinstance(provider, type):
        raise _broken(name, label, "it offers a class; offer an instance, such as `Acme()`")
    try:
        info = getattr(provider, "info", None)
    except Exception as error:
        reason = f"its `info` raises {type(error).__name__}: {error}"
        raise _broken(name, label, reason) from error
    if not isinstance(info, ProviderInfo):
        raise _broken(name, label, f"its `info` is {type(info).__name__}, not ProviderInfo")
    if not ID.fullmatch(info.id):
        raise _broken(name, label, f"its id {info.id!r} is not of {ID_RULE}")
    if expected_id is not None and info.id != expected_id:
        raise _broken(name, label, f"its entry point is {expected_id!r} but its id {info.id!r}")
    _require_known_api(info, name, label)
    return info


def _require_known_api(info: ProviderInfo, name: str, label: str) -> None:
    written_for = f"it was written for version {info.api_version} of the hooks"
    if info.api_version > API_VERSION:
        ours = f"the newest of this core is {API_VERSION}"
        remedy = "Upgrade tryon-core, or install an older version of that distribution."
        raise _broken(name, label, f"{written_for}, {ours}", remedy)
    if info.api_version < OLDEST_API_VERSION:
        ours = f"the oldest that this core calls is {OLDEST_API_VERSION}"
        raise _broken(name, label, f"{written_for}, {ours}")


def _broken(provider_id: str, label: str, reason: str, remedy: str | None = None) -> BrokenPlugin:
    fault = f"provider {provider_id!r} from {label} cannot be used: {reason}."
    return BrokenPlugin(fault, provider=provider_id, remedy=remedy)


def _check(
    entry: InstalledProvider, index: Mapping[str, tuple[InstalledProvider, ...]]
) -> ProviderCheck:
    offers = index.get(entry.id, ())
    error: TryOnError | None = _conflict(offers) if len(offers) > 1 else None
    loaded = None
    try:
        loaded = _import(entry)
    except TryOnError as broken:
        error = broken
    return ProviderCheck(installed=entry, error=error, loaded=loaded)


REGISTRY = Registry()


def list_providers() -> tuple[InstalledProvider, ...]:
    """Return every provider on offer, sorted by id, from metadata alone."""
    return REGISTRY.installed()


def register(provider: "Provider") -> None:
    """Offer a provider object in this process only, for tests and scripts.

    Raises:
        BrokenPlugin: it does not declare itself properly.
        ProviderConflict: its id is taken.
    """
    REGISTRY.register(provider)


def unregister(provider_id: str) -> None:
    """Withdraw a provider registered in this process; unknown ids are ignored."""
    REGISTRY.unregister(provider_id)
