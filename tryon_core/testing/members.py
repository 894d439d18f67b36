"""What a contract is told about the provider; a third party overrides a handful of it."""

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tryon_core.errors import TryOnError
from tryon_core.hookspecs import Provider
from tryon_core.models import ErrorCode, ParseRequest, ProviderInfo, TryOnRequest
from tryon_core.registry import REGISTRY, LoadedProvider, loaded_object
from tryon_core.settings import ProviderSettings, resolve_settings
from tryon_core.testing.breach import breach
from tryon_core.testing.samples import sample_parse_requests, sample_requests

if TYPE_CHECKING:
    from tryon_core.emulation import Emulator
    from tryon_core.testing.exchanges import Exchange

EMULATORS = "tryon_core.emulators"


class ContractMembers:
    """The subject of a contract. Only `provider` must be given.

    Attributes:
        provider: the provider object, or the id under which it is installed.
        emulator: the vendor's emulator; None for the installed one with the provider's id.
        exchanges: documented questions and answers that stand in for an emulator.
        settings: settings for the client, beside those that the emulator accepts.
        knobs: knobs of the emulator.
        job_s: seconds that a job takes at the emulator.
        enable_new_checks: whether checks that this minor release brings are on.
    """

    provider: "str | Provider"
    emulator: "Emulator | None" = None
    exchanges: "Sequence[Exchange]" = ()
    settings: Mapping[str, Any] = MappingProxyType({})
    knobs: Mapping[str, Any] = MappingProxyType({})
    job_s: float = 5.0
    enable_new_checks: bool = False

    def requests(self) -> Iterable[TryOnRequest]:
        """Return requests that the vendor accepts.

        Default: drawn pictures, for each combination of garments of each model.
        """
        return sample_requests(self.info)

    def parse_requests(self) -> Iterable[ParseRequest]:
        """Return parsings that the vendor accepts, none when parsing is not offered."""
        return sample_parse_requests(self.info)

    @property
    def documented_errors(self) -> Sequence[ErrorCode]:
        """The vendor's codes; each must come out of the plugin as its entry says."""
        return self.info.errors

    @property
    def loaded(self) -> LoadedProvider:
        """The provider, imported and checked."""
        try:
            given = self.provider
        except AttributeError:
            breach(f"{type(self).__name__} has no `provider`. Give the object, or its id.")
        try:
            return REGISTRY.load(given) if isinstance(given, str) else loaded_object(given)
        except TryOnError as error:
            breach(str(error))

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self.loaded.info


def installed_emulator(provider_id: str) -> "Emulator | None":
    """Return the emulator that a distribution offers for a provider, None when there is none."""
    for point in importlib.metadata.entry_points(group=EMULATORS, name=provider_id):
        emulator: Emulator = point.load()
        return emulator
    return None


def usable_settings(members: ContractMembers) -> ProviderSettings:
    """Return the settings of the contract alone, without environment and configuration file."""
    return resolve_settings(members.info, members.settings, environ={}, config={})


def module_of(members: ContractMembers) -> str | None:
    """Return the module whose import gives the provider, None when nobody can import it."""
    if isinstance(members.provider, str):
        name = members.provider.partition("@")[0]
        offers = REGISTRY.index().get(name, ())
        return offers[0].value.partition(":")[0] if offers else None
    module = type(members.provider).__module__
    return None if module == "__main__" or module not in sys.modules else module
