"""Extensions by name: found by entry point, made from their table of the settings."""

import difflib
import os
import weakref
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

import attrs

from tryon_core.codec import make_options, option_specs
from tryon_core.errors import (
    BrokenPlugin,
    ConfigurationError,
    SettingsError,
    UnknownOption,
)
from tryon_core.installed import (
    EXTENSION_GROUP,
    entry_points,
    fact,
    install_command,
    missing_extra,
)
from tryon_core.settings import EXTENSIONS, USE

EXTENSIONS_ENV = "TRYON_EXTENSIONS"
KNOWN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(["audit", "cache", "call_log", "metrics", "policy"], "tryon-extensions"),
        "s3": "tryon-s3",
    }
)
"""The distribution that brings an extension."""
_LABELS: "weakref.WeakKeyDictionary[type, str]" = weakref.WeakKeyDictionary()
Tables = Mapping[str, Mapping[str, Any]]


@attrs.frozen
class NamedExtension:
    """An installed extension and its settings; unlike the object, any process can have it.

    Attributes:
        name: of its entry point.
        settings: values by name, keys included.
    """

    name: str
    settings: Mapping[str, Any] = attrs.field(factory=dict, repr=False, hash=False)

    def make(self) -> Any:
        """Return a new object with its hooks.

        Raises:
            ConfigurationError: it is not installed or broken, or its settings cannot be used.
        """
        try:
            return make_options(load(self.name), self.settings, provider=f"extension {self.name}")
        except UnknownOption as error:
            variable = _variable(self.name, "NAME")
            raise SettingsError(
                error.message,
                remedy=f"Its settings stand under [{EXTENSIONS}.{self.name}] in tryon.toml, or in "
                f"variables such as {variable}. {error.remedy}".strip(),
            ) from error


def choose(
    given: Sequence[object], tables: Tables, *, environ: Mapping[str, str] = os.environ
) -> tuple[object, ...]:
    """Return the extensions of a client, those by name as `NamedExtension`.

    Those in use come first, then those that are given; `TRYON_EXTENSIONS` replaces the list of the
    file.

    Raises:
        ConfigurationError: a name is not installed, or the settings cannot be read.
    """
    given = [given] if isinstance(given, str) else given
    chosen: dict[object, object] = {}
    for extension in (*in_use(tables, environ=environ), *given):
        if isinstance(extension, NamedExtension):
            chosen[extension.name] = extension
        elif not isinstance(extension, str):
            chosen[id(extension)] = extension
        elif extension not in chosen:
            chosen[extension] = find(extension, tables, environ=environ)
    return tuple(chosen.values())


def in_use(tables: Tables, *, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the names that the settings have in use.

    Raises:
        SettingsError: the list, or another line of the table, cannot be read.
    """
    table = tables.get(EXTENSIONS, {})
    listed = table.get(USE, [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise SettingsError(
            f"[{EXTENSIONS}] {USE} is {listed!r}, which is no list of names.",
            remedy=f'Write it as {USE} = ["audit"].',
        )
    loose = [name for name, value in table.items() if name != USE and not isinstance(value, dict)]
    if loose:
        near = difflib.get_close_matches(loose[0], [USE], n=1)
        hint = f" Did you mean {USE!r}?" if near else ""
        raise SettingsError(
            f"[{EXTENSIONS}] has no setting {loose[0]!r}.{hint}",
            remedy=f"Settings stand under the extension's name, such as [{EXTENSIONS}.audit].",
        )
    named = environ.get(EXTENSIONS_ENV, "").replace(",", " ").split()
    return tuple(dict.fromkeys(named or listed))


def find(name: str, tables: Tables, *, environ: Mapping[str, str] = os.environ) -> NamedExtension:
    """Return an installed extension with its settings: of variables, then of the file.

    Raises:
        ConfigurationError: as `load`.
    """
    variables = {spec.name: _variable(name, spec.name) for spec in option_specs(load(name))}
    given = {field: environ.get(variable) for field, variable in variables.items()}
    own: Mapping[str, Any] = tables.get(EXTENSIONS, {}).get(name, {})
    return NamedExtension(name, {**own, **{field: text for field, text in given.items() if text}})


def load(name: str) -> type:
    """Import an extension.

    Raises:
        MissingExtra: it comes with a distribution that is not installed.
        SettingsError: nobody knows it, or several distributions offer it.
        BrokenPlugin: it cannot be imported, or is no attrs class.
    """
    offers = installed().get(name, ())
    if len(offers) != 1:
        raise _conflict(name, offers) if offers else _unknown(name)
    label = f"extension {name!r} of {owner(offers[0])}"
    try:
        found = offers[0].load()
        reason = f"its entry point {offers[0].value!r} is no attrs class"
    # SystemExit: a plugin that exits at import must not take the program with it.
    except (Exception, SystemExit) as error:
        reason = f"it cannot be imported: {type(error).__name__}: {error}"
        raise BrokenPlugin(f"{label} cannot be used: {reason}.") from error
    if not (isinstance(found, type) and attrs.has(found)):
        raise BrokenPlugin(f"{label} cannot be used: {reason}.")
    _LABELS[found] = label
    return found


def installed() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Return the installed extensions by name; none of them is imported."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(EXTENSION_GROUP):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def label_of(extension: object) -> str:
    """Return how messages call an extension: with its distribution when it was found by name."""
    return _LABELS.get(type(extension), f"extension {type(extension).__qualname__}")


def owner(point: EntryPoint) -> str:
    """Return name and version of the distribution that offers an extension."""
    dist = point.dist
    return f"{fact(dist, 'Name')} {fact(dist, 'Version')}" if dist else "(unknown distribution)"


def _variable(name: str, setting: str) -> str:
    return f"TRYON_EXTENSION_{name.upper()}_{setting.upper()}"


def _unknown(name: str) -> ConfigurationError:
    if name in KNOWN:
        return missing_extra(f"the extension {name!r} comes with {KNOWN[name]}", KNOWN[name])
    names = sorted(installed())
    near = difflib.get_close_matches(name.lower(), sorted({*names, *KNOWN}), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    remedy = f"Installed: {', '.join(names) or 'none'}."
    if near and near[0] not in names:
        remedy += f" Install it with: {install_command(KNOWN[near[0]])}"
    return SettingsError(f"no extension {name!r} is installed.{hint}", remedy=remedy)


def _conflict(name: str, offers: Sequence[EntryPoint]) -> SettingsError:
    labels = " and ".join(sorted(map(owner, offers)))
    return SettingsError(
        f"the extension {name!r} is offered by {labels}.", remedy="Uninstall one of them."
    )
