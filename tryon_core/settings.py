"""Where settings come from: argument, then environment, then configuration file."""

import difflib
import hashlib
import importlib
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from tryon_core.errors import ConfigurationError, MissingCredential, MissingExtra, SettingsError
from tryon_core.installed import PROVIDER_GROUP, entry_points
from tryon_core.models import MASK, ProviderInfo, Secret, SettingSpec, strip_query
from tryon_core.text import as_flag

CONFIG_ENV = "TRYON_CONFIG"
BASE_URL = "base_url"
"""Name of the setting for a vendor's address, the same for all; it never ends in a slash."""
ALLOW_PRIVATE = SettingSpec(
    name="allow_private_addresses",
    env=["TRYON_ALLOW_PRIVATE_ADDRESSES"],
    help="Whether images may be fetched from this machine and from private networks.",
    kind=bool,
)
"""The setting that every provider has beside its own."""
EXTENSIONS, USE = "extensions", "use"
"""The table of extensions, and its list of those in use."""
PRICE, PARSE_PRICE = "price", "parse_price"
"""Names under which one's own prices stand beside the settings of a provider."""
# `pixlcut` is 0.93 like `pixelcut`, and no two vendors are that much alike.
_NEARLY = 0.75
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FIELD = re.compile(r"\{(\w+)\}")
_ADDRESS = re.compile(r"https?://[^/?#\s]+([/?#]\S*)?\Z", re.IGNORECASE)


@attrs.frozen(slots=False)  # so that what follows from the values is found once
class ProviderSettings(Mapping[str, "str | Secret"]):
    """The resolved settings of one provider; secrets stay masked until revealed.

    Attributes:
        provider: id of the provider.
        values_by_name: what was found, by setting name; `Secret` for secret ones.
        of_extensions: the secrets of the client's extensions, which are masked as well.
    """

    provider: str
    values_by_name: Mapping[str, "str | Secret"] = attrs.field(factory=dict, hash=False)
    of_extensions: tuple[Secret, ...] = ()

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

    def flag(self, name: str) -> bool:
        """Return a setting of the kind `bool`.

        Raises:
            MissingCredential: it has no value.
        """
        return self.text(name) == "true"

    def fill(self, template: str) -> str | None:
        """Return a text with each `{name}` replaced by that setting, None when one has no value."""
        if not all(self.values_by_name.get(name) for name in _FIELD.findall(template)):
            return None
        return _FIELD.sub(lambda field: self.text(field[1]), template)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The secret values themselves, for the one place that masks them."""
        return tuple(secret.reveal() for secret in (*self._keys, *self.of_extensions))

    @property
    def _keys(self) -> Iterator[Secret]:
        return (value for value in self.values_by_name.values() if isinstance(value, Secret))

    @property
    def allows_private_addresses(self) -> bool:
        """Whether images may be fetched from this machine and from private networks."""
        return self.values_by_name.get(ALLOW_PRIVATE.name) == "true"

    @cached_property
    def account(self) -> str:
        """A name for the account that is used, which shows no key: equal keys, equal names."""
        keys = "\n".join([self.provider, *sorted(key.reveal() for key in self._keys)])
        return hashlib.sha256(keys.encode()).hexdigest()[:16]

    @cached_property
    def address(self) -> str | None:
        """The vendor's address that is used, without user and query, None when there is none."""
        base_url = self.values_by_name.get(BASE_URL)
        return strip_query(base_url).partition("?")[0] if isinstance(base_url, str) else None


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
    # Unlike Path.is_file(), this is False too where the folder may not be entered, as in services
    # that run with somebody else's HOME.
    return path if os.path.isfile(path) else None  # noqa: PTH113  (see above)


def find_config(
    config: Path | str | Mapping[str, Mapping[str, Any]] | None,
) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a configuration, by provider id.

    Args:
        config: the tables themselves, a file, or None for the file that applies when none is named.

    Raises:
        SettingsError: the file cannot be used.
    """
    if isinstance(config, Mapping):
        return config
    path = default_config_path() if config is None else Path(config)
    return {} if path is None else read_config(path)


def read_config(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a configuration file, by provider id.

    Raises:
        SettingsError: the file is missing, unreadable, not TOML, or has values outside a table.
        MissingExtra: Python 3.10 without `tomli`.
    """
    try:
        # Windows editors put a mark in front of UTF-8, which is not TOML.
        text = path.read_text(encoding="utf-8-sig")
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
            f"{path} is not valid TOML: {error}.", remedy="Correct the line it names."
        ) from error
    loose = [name for name, value in tables.items() if not isinstance(value, dict)]
    if loose:
        raise SettingsError(
            f"{path}: {', '.join(loose)} must not stand outside a table.",
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
    """Resolve and check every setting that a provider declares.

    Arguments win over environment variables, these over the tables of the configuration file. An
    empty value counts as none, unless it is the declared default. In `base_url`, `{name}` means the
    setting of that name.

    Raises:
        SettingsError: an argument or a line of the file names a setting that does not exist, or
            values cannot be used; the message has every such fault.
    """
    _refuse_misspelt_table(info, config or {})
    table = dict((config or {}).get(info.id, {}))
    given = dict(arguments or {})
    faults: list[ConfigurationError] = [
        *_unknown(info, given, "argument"),
        *_unknown(info, table, "line in the configuration file"),
    ]
    values: dict[str, str | Secret] = {}
    for spec in (*info.settings, ALLOW_PRIVATE):
        in_environ = (environ.get(name) for name in _variables(info, spec))
        places = (given.get(spec.name), *in_environ, table.get(spec.name), spec.default)
        try:
            found = next((text for raw in places if (text := _text(info, spec, raw))), None)
            value = spec.default if found is None else _checked(info, spec, found)
            if value is not None:
                values[spec.name] = Secret(value) if spec.secret else value
        except SettingsError as fault:
            faults.append(fault)
    if not faults and isinstance(values.get(BASE_URL), str):
        try:
            values[BASE_URL] = _filled_address(info, values)
        except SettingsError as fault:
            faults += [fault, *_missing(info, ProviderSettings(info.id, values))]
    if faults:
        raise _all_of(faults)
    return ProviderSettings(info.id, values)


def origins(
    info: ProviderInfo, config: Mapping[str, Mapping[str, Any]], environ: Mapping[str, str]
) -> Mapping[str, str]:
    """Return where each setting comes from that has a value: a variable, or the file."""
    found: dict[str, str] = {}
    for spec in (*info.settings, ALLOW_PRIVATE):
        places = {name: environ.get(name) for name in _variables(info, spec)}
        places["tryon.toml"] = config.get(info.id, {}).get(spec.name)
        set_in = [place for place, raw in places.items() if str("" if raw is None else raw).strip()]
        if set_in:
            found[spec.name] = set_in[0]
    return found


def unread_variables(info: ProviderInfo, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that have the name of a provider and of none of its settings."""
    read = {name for spec in (*info.settings, ALLOW_PRIVATE) for name in _variables(info, spec)}
    prefix = f"TRYON_{info.id.upper()}_"
    return tuple(sorted(name for name in environ if name.startswith(prefix) and name not in read))


def _all_of(faults: Sequence[ConfigurationError]) -> ConfigurationError:
    if len(faults) == 1:
        return faults[0]
    return type(faults[0])(
        " ".join(fault.message for fault in faults),
        provider=faults[0].provider,
        remedy=" ".join(dict.fromkeys(fault.remedy for fault in faults)),
    )


def missing_settings(info: ProviderInfo, settings: ProviderSettings) -> tuple[SettingSpec, ...]:
    """Return the required settings that have no value, and that no others replace."""
    return tuple(spec for spec in info.settings if _is_missing(info, spec, settings))


def _is_missing(info: ProviderInfo, spec: SettingSpec, settings: ProviderSettings) -> bool:
    others = _instead_of(info, spec)
    is_replaced = bool(others) and all(settings.get(other.name) for other in others)
    return spec.required and not settings.get(spec.name) and not is_replaced


def _instead_of(info: ProviderInfo, spec: SettingSpec) -> tuple[SettingSpec, ...]:
    return tuple(other for other in info.settings if other.instead_of == spec.name)


def require_settings(info: ProviderInfo, settings: ProviderSettings) -> None:
    """Refuse to go on when a required setting has no value.

    Raises:
        MissingCredential: the message names every place where the values may be given.
    """
    require_each([(info, settings)])


def require_each(of: Iterable[tuple[ProviderInfo, ProviderSettings]]) -> None:
    """Refuse likewise for several providers; the one error names all that are missing."""
    faults = [fault for info, settings in of for fault in _missing(info, settings)]
    if faults:
        raise _all_of(faults)


def _missing(info: ProviderInfo, settings: ProviderSettings) -> Iterator[MissingCredential]:
    for spec in missing_settings(info, settings):
        variables = " or ".join(_variables(info, spec))
        others = " and ".join(_variables(info, other)[-1] for other in _instead_of(info, spec))
        instead = f"Or set {others} in its place. " if others else ""
        yield MissingCredential(
            f"{info.name}: no {spec.name} found.",
            provider=info.id,
            remedy=f"Set {variables}, or {spec.name} under [{info.id}] in tryon.toml. "
            f"{instead}{spec.help}".strip(),
        )


def _variables(info: ProviderInfo, spec: SettingSpec) -> tuple[str, ...]:
    """Our own variable wins over the vendor's customary one."""
    return (f"TRYON_{info.id.upper()}_{spec.name.upper()}", *spec.env)


def _text(info: ProviderInfo, spec: SettingSpec, raw: Any) -> str:
    """Return a value as text, whatever place it comes from.

    A template left unfilled or `KEY=` in the environment is no key, so it must not hide a key from
    another place, nor be sent.
    """
    value = raw.reveal() if isinstance(raw, Secret) else raw
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, (int, float)):
        value = str(value)
    if isinstance(value, os.PathLike):
        value = os.fsdecode(value)
    if value is not None and not isinstance(value, str):
        raise _unusable(info, spec, f"is {type(value).__name__} instead of text")
    text = (value or "").strip()
    if spec.name == BASE_URL:
        text = text.rstrip("/").removesuffix(spec.cut_ending)
    if _CONTROL.search(text):
        raise _unusable(info, spec, "holds control characters")
    if spec.secret and not text.isascii():
        # Keys are sent in headers. What copying adds unseen, such as a zero-width space, is here.
        raise _unusable(info, spec, "holds characters that no key has")
    if spec.name == BASE_URL and text and not _ADDRESS.match(text):
        shown = strip_query(text) if "://" in text else text.rpartition("@")[2].partition("?")[0]
        raise SettingsError(
            f"{info.id}: the setting {spec.name!r} is {shown!r}, which is no address.",
            provider=info.id,
            remedy=f"Begin it with http:// or https:// and the name of a host "
            f"({' or '.join(_variables(info, spec))}, or tryon.toml).",
        )
    return text


def _checked(info: ProviderInfo, spec: SettingSpec, text: str) -> str:
    """Return a value in the spelling in which the plugin reads it."""
    if spec.choices:
        chosen = next((c for c in spec.choices if c.lower() == text.lower()), None)
        wanted = f"is none of {', '.join(spec.choices)}", f"Give {' or '.join(spec.choices)}"
    elif spec.kind is bool:
        flag = as_flag(text)
        chosen = None if flag is None else str(flag).lower()
        wanted = "is neither true nor false", "Write true or false"
    elif spec.kind in {int, float}:
        chosen = text if _is_number(text, spec) else None
        what = "a whole number" if spec.kind is int else "a number"
        limit = "" if spec.above is None else f" above {spec.above:g}"
        wanted = f"is not {what}{limit}", f"Give {what}{limit}"
    else:
        return text
    if chosen is not None:
        return chosen
    shown = MASK if spec.secret else repr(text)
    raise SettingsError(
        f"{info.id}: {spec.name} is {shown}, which {wanted[0]}.",
        provider=info.id,
        remedy=f"{wanted[1]} ({' or '.join(_variables(info, spec))}, or tryon.toml).",
    )


def _is_number(text: str, spec: SettingSpec) -> bool:
    try:
        value = spec.kind(text)
    except ValueError:
        return False
    return "_" not in text and math.isfinite(value) and (spec.above is None or value > spec.above)


def _filled_address(info: ProviderInfo, values: Mapping[str, "str | Secret"]) -> str:
    """Return the vendor's address with other settings in it; names that are none stay."""
    address = str(values[BASE_URL])
    for spec in (spec for spec in info.settings if not spec.secret):
        field = f"{{{spec.name}}}"
        if field in address and spec.name not in values:
            raise SettingsError(
                f"{info.id}: base_url is {address}, and the setting {spec.name} has no value.",
                provider=info.id,
                remedy=f"Set {' or '.join(_variables(info, spec))}, or write the value into "
                "base_url.",
            )
        address = address.replace(field, str(values.get(spec.name, "")))
    return address


def _unusable(info: ProviderInfo, spec: SettingSpec, reason: str) -> SettingsError:
    return SettingsError(
        f"{info.id}: the setting {spec.name!r} {reason}.",
        provider=info.id,
        remedy="Copy the value again, as plain text without line breaks.",
    )


def _refuse_misspelt_table(info: ProviderInfo, config: Mapping[str, Any]) -> None:
    """Refuse a table that is not read and whose name is nearly this provider's."""
    near = [] if info.id in config else difflib.get_close_matches(info.id, config, cutoff=_NEARLY)
    ids = {point.name for point in entry_points(PROVIDER_GROUP)} if near else set()
    misspelt = [name for name in near if name not in ids]
    if misspelt:
        raise SettingsError(
            f"{info.id}: the configuration has no table [{info.id}], but [{misspelt[0]}].",
            provider=info.id,
            remedy=f"Write [{info.id}].",
        )


def _unknown(info: ProviderInfo, given: Mapping[str, Any], where: str) -> Iterator[SettingsError]:
    known = [spec.name for spec in info.settings]
    unknown = sorted(set(given) - {*known, ALLOW_PRIVATE.name, PRICE, PARSE_PRICE})
    if unknown:
        yield SettingsError(
            f"{info.id}: unknown setting {', '.join(map(repr, unknown))} ({where}).",
            provider=info.id,
            remedy=f"It has: {', '.join(known) or 'no settings'}.",
        )
