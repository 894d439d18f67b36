"""Where settings come from: argument, then environment, then configuration file."""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from tryon_core.errors import MissingCredential, MissingExtra, SettingsError
from tryon_core.models.provider import ProviderInfo, SettingSpec

MASK = "********"
CONFIG_ENV = "TRYON_CONFIG"
_UNSAFE_SECRET = re.compile(r"[\x00-\x1f\x7f]")


@attrs.frozen(repr=False)
class Secret:
    """A value that never shows itself; `reveal()` gives it."""

    _value: str

    def reveal(self) -> str:
        """Return the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    __str__ = __repr__


@attrs.frozen
class ProviderSettings(Mapping[str, "str | Secret"]):
    """The resolved settings of one provider; secrets stay masked until revealed.

    Attributes:
        provider: id of the provider.
        values: what was found, by setting name; `Secret` for secret ones.
    """

    provider: str
    values_by_name: Mapping[str, "str | Secret"] = attrs.field(factory=dict, hash=False)

    def __getitem__(self, name: str) -> "str | Secret":
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def text(self, name: str) -> str:
        """Return a setting as plain text, revealed when it is secret.

        Raises:
            MissingCredential: it has no value.
        """
        value = self.values_by_name.get(name)
        if value is None:
            raise MissingCredential(
                f"{self.provider}: the setting {name!r} has no value.", provider=self.provider
            )
        return value.reveal() if isinstance(value, Secret) else value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret values themselves, for the one place that masks them."""
        found = (value for value in self.values_by_name.values() if isinstance(value, Secret))
        return tuple(secret.reveal() for secret in found)


def default_config_path(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the configuration file that applies when none is named, None when there is none.

    `TRYON_CONFIG` wins; else `tryon.toml` in the user's configuration folder, for which the extra
    `cli` must be installed. The current folder is never looked at: a file there could send a key
    to a stranger's address.
    """
    if environ.get(CONFIG_ENV):
        return Path(environ[CONFIG_ENV])
    try:
        from platformdirs import user_config_path  # noqa: PLC0415  (optional)
    except ImportError:
        return None
    path = user_config_path("tryon", appauthor=False) / "tryon.toml"
    return path if path.is_file() else None


def read_config(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a configuration file, by provider id.

    Raises:
        SettingsError: the file is missing, unreadable, not TOML, or has values outside a table.
        MissingExtra: Python 3.10 without `tomli`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read the configuration file {path}: {error}.",
            remedy="Name an existing TOML file, or unset TRYON_CONFIG.",
        ) from error
    parser = _toml_parser()
    try:
        tables: dict[str, Any] = parser.loads(text)
    except parser.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}.", remedy="Mend the line it names."
        ) from error
    loose = [name for name, value in tables.items() if not isinstance(value, dict)]
    if loose:
        raise SettingsError(
            f"{path}: {', '.join(loose)} stand outside a table.",
            remedy="Write settings under the provider's id, such as [pixelcut].",
        )
    return tables


def _toml_parser() -> Any:
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"reading a configuration file on this Python needs the package {name}.",
            remedy=f"pip install {name}",
        ) from error


def resolve_settings(
    info: ProviderInfo,
    arguments: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    config: Mapping[str, Mapping[str, Any]] | None = None,
) -> ProviderSettings:
    """Resolve every setting that a provider declares.

    Args:
        info: the provider's declaration.
        arguments: explicit values, which win.
        environ: environment variables, which win over the file.
        config: tables of the configuration file, by provider id.

    Raises:
        SettingsError: an argument or a line of the file names a setting that does not exist.
    """
    table = dict((config or {}).get(info.id, {}))
    given = dict(arguments or {})
    _refuse_unknown(info, given, "argument")
    _refuse_unknown(info, table, "line in the configuration file")
    values: dict[str, str | Secret] = {}
    for spec in info.settings:
        found = _first(given.get(spec.name), *_from_environ(info, spec, environ))
        raw = _first(found, table.get(spec.name), spec.default)
        if raw is not None:
            values[spec.name] = _checked(info, spec, raw)
    return ProviderSettings(info.id, values)


def missing_settings(info: ProviderInfo, settings: ProviderSettings) -> tuple[SettingSpec, ...]:
    """Return the required settings that have no value."""
    return tuple(spec for spec in info.settings if spec.required and spec.name not in settings)


def require_settings(info: ProviderInfo, settings: ProviderSettings) -> None:
    """Refuse to go on when a required setting has no value.

    Raises:
        MissingCredential: the message names every place where the value may be given.
    """
    for spec in missing_settings(info, settings):
        variables = " or ".join(_variables(info, spec))
        raise MissingCredential(
            f"{info.name}: no {spec.name} found.",
            provider=info.id,
            remedy=f"Set {variables}, or {spec.name} under [{info.id}] in tryon.toml. "
            f"{spec.help}".strip(),
        )


def _variables(info: ProviderInfo, spec: SettingSpec) -> tuple[str, ...]:
    """Our own variable wins over the vendor's customary one."""
    return (f"TRYON_{info.id.upper()}_{spec.name.upper()}", *spec.env)


def _from_environ(
    info: ProviderInfo, spec: SettingSpec, environ: Mapping[str, str]
) -> tuple[str | None, ...]:
    return tuple(environ.get(name) or None for name in _variables(info, spec))


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _checked(info: ProviderInfo, spec: SettingSpec, raw: Any) -> "str | Secret":
    text = raw.reveal() if isinstance(raw, Secret) else str(raw)
    text = text.strip()
    if _UNSAFE_SECRET.search(text):
        raise SettingsError(
            f"{info.id}: the setting {spec.name!r} holds control characters.",
            provider=info.id,
            remedy="Copy the value again, without line breaks.",
        )
    return Secret(text) if spec.secret else text


def _refuse_unknown(info: ProviderInfo, given: Mapping[str, Any], where: str) -> None:
    known = [spec.name for spec in info.settings]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsError(
            f"{info.id}: unknown setting {', '.join(map(repr, unknown))} ({where}).",
            provider=info.id,
            remedy=f"It has: {', '.join(known) or 'no settings'}.",
        )
