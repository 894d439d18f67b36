"""What a contract is told about the provider; a third party overrides a handful of it."""

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tryon_core.context import CallContext
from tryon_core.errors import TryOnError
from tryon_core.hookspecs import Provider
from tryon_core.http import NoHttp
from tryon_core.models import ErrorCode, ParseRequest, ProviderInfo, TryOnRequest
from tryon_core.registry import REGISTRY, LoadedProvider, loaded_object
from tryon_core.settings import ProviderSettings, resolve_settings
from tryon_testing.breach import breach
from tryon_testing.clocks import FakeClock
from tryon_testing.completing import demanded_options, with_options_filled
from tryon_testing.samples import sample_parse_requests, sample_requests

if TYPE_CHECKING:
    from tryon_testing.emulation import Emulator
    from tryon_testing.exchanges import Exchange


class ContractMembers:
    """The subject of a contract. Only `provider` must be given.

    Attributes:
        provider: the provider object, or the id under which it is installed.
        emulator: the vendor's emulator; None for the installed one with the provider's id.
        exchanges: documented questions and answers that stand in for an emulator.
        settings: settings for the client, beside those that the emulator accepts.
        knobs: knobs of the emulator.
        enable_new_checks: whether checks that this minor release brings are on.
    """

    provider: "str | Provider"
    emulator: "Emulator | None" = None
    exchanges: "Sequence[Exchange]" = ()
    settings: Mapping[str, Any] = MappingProxyType({})
    knobs: Mapping[str, Any] = MappingProxyType({})
    enable_new_checks: bool = False

    def requests(self) -> Iterable[TryOnRequest]:
        """Return requests that the vendor accepts.

        Default: drawn pictures, for each combination of garments of each model. Options that a
        model demands are filled in as far as their type tells how.
        """
        return [_completed(self, request) for request in sample_requests(self.info)]

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


def hook_context(
    members: ContractMembers, request: TryOnRequest | ParseRequest, http: NoHttp | None = None
) -> CallContext:
    """Return the context in which validation is asked about a request."""
    info = members.info
    return CallContext(
        info=info,
        http=http or NoHttp(),
        settings=usable_settings(members),
        clock=FakeClock(),
        request=request,
        logger=logging.getLogger(f"tryon.{info.id}"),
    )


def _completed(members: ContractMembers, request: TryOnRequest) -> TryOnRequest:
    try:
        ctx = hook_context(members, request)
        found = members.loaded.provider.validate_inputs(request, ctx)
        return with_options_filled(request, demanded_options(found))
    except Exception:  # noqa: BLE001  (that it raises is the business of a check)
        return request


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
    # What stands in the test itself is no plugin yet.
    is_test = module in {"__main__", type(members).__module__}
    return None if is_test or module not in sys.modules else module
