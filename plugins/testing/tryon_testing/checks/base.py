"""What a contract tests, and how a check fails."""

import functools
import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import pytest

import tryon_core
from tryon_core.context import CallContext
from tryon_core.errors import ProviderBug, TryOnError
from tryon_core.hookspecs import Provider
from tryon_core.http import NoHttp
from tryon_core.models import ErrorCode, ParseRequest, ProviderInfo, TryOnRequest
from tryon_core.registry import REGISTRY, LoadedProvider, loaded_object
from tryon_core.settings import ProviderSettings, resolve_settings
from tryon_core.validation import check_options
from tryon_testing.clocks import FakeClock
from tryon_testing.samples import (
    demanded_options,
    sample_parse_requests,
    sample_requests,
    with_options_filled,
)

if TYPE_CHECKING:
    from tryon_testing.emulation import Emulator
    from tryon_testing.exchanges import Exchange


CheckFailed = pytest.fail.Exception
"""What a check raises when the provider breaks the contract."""


def fail(message: str) -> NoReturn:
    """Fail the check with what is wrong and what to do about it, without a traceback of the kit."""
    raise CheckFailed(message, pytrace=False) from None


def require(condition: object, message: str) -> None:
    """Fail the check unless the condition holds."""
    if not condition:
        fail(message)


def for_subject(subject: "ProviderUnderTest", message: str) -> str:
    """Return a message about the emulator in words that are true of the subject.

    Args:
        subject: what is tested; it may have documented exchanges in place of an emulator.
        message: it calls what stands for the vendor `the emulator`.
    """
    return message.replace("the emulator", "the exchanges") if subject.exchanges else message


_READING = (
    "Read answers through decode(), which names the path of every fault, and raise a TryOnError "
    "for what cannot be used."
)


def require_no_bug(error: TryOnError, situation: str, advice: str = _READING) -> None:
    """Fail the check when an error is a fault of the plugin's code.

    Args:
        error: what came out of a call.
        situation: what happened before, as the beginning of a sentence.
        advice: what to do about it.
    """
    if isinstance(error, ProviderBug):
        fail(f"{situation}: {error.message} {advice}")


FIRST = (0, 1)
"""The minor release that the kit came with; its checks are always on."""

Check = TypeVar("Check", bound=Callable[..., None])


def is_new(since: str, version: str) -> bool:
    """Return whether a check is too new to be on by default.

    Args:
        since: minor release that brought the check, such as `0.2`.
        version: version of tryon-core, such as `0.2.1`.
    """
    return _minor(since) != FIRST and _minor(since) >= _minor(version)


def since(minor: str) -> Callable[[Check], Check]:
    """Mark a check with the minor release that brings it.

    During that minor release the check is skipped, unless the contract says
    `enable_new_checks = True`: an upgrade of the core breaks no tests without warning.

    Args:
        minor: such as `0.2`.
    """

    def mark(check: Check) -> Check:
        @functools.wraps(check)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> None:
            if (
                _minor(minor) != FIRST  # the version is read from a file
                and is_new(minor, tryon_core.__version__)
                and not self.enable_new_checks
            ):
                _skip(minor)
            check(self, *args, **kwargs)

        guarded.since = minor  # type: ignore[attr-defined]
        return cast("Check", guarded)

    return mark


def _skip(minor: str) -> None:
    import pytest  # noqa: PLC0415  (the marks can be read without it)

    pytest.skip(
        f"new in tryon-core {minor}, on from the next minor release; "
        "`enable_new_checks = True` in the class turns it on now"
    )


def _minor(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"{version!r} is not a version such as '0.2'")
    return int(found[1]), int(found[2])


class ProviderUnderTest:
    """The subject of a contract. Only `provider` must be given.

    Attributes:
        provider: the provider object, or the id under which it is installed.
        emulator: the vendor's emulator; None for the installed one with the provider's id.
        exchanges: file of documented exchanges, instead of an emulator; beside the test file.
        settings: settings for the client, beside those that the emulator accepts.
        knobs: knobs of the emulator.
        enable_new_checks: whether checks that this minor release brings are on.
    """

    provider: "str | Provider"
    emulator: "Emulator | None" = None
    exchanges: str | Path | None = None
    settings: Mapping[str, Any] = MappingProxyType({})
    knobs: Mapping[str, Any] = MappingProxyType({})
    enable_new_checks: bool = False

    def requests(self) -> Iterable[TryOnRequest]:
        """Return requests that the vendor accepts.

        Default: drawn images, for each combination of garments of each model. Options that a
        model demands are filled in as far as their type tells how. With documented exchanges, only
        those that an exchange is about.
        """
        samples = [_completed(self, request) for request in sample_requests(self.info)]
        return _shown(self, samples) if self.documented else samples

    def parse_requests(self) -> Iterable[ParseRequest]:
        """Return parsings that the vendor accepts, none when parsing is not offered."""
        if self.documented and not any(entry.operation == "parse" for entry in self.documented):
            return ()
        return sample_parse_requests(self.info)

    @property
    def documented_errors(self) -> Sequence[ErrorCode]:
        """The vendor's codes; each must come out of the plugin as its entry says."""
        return self.info.errors

    @functools.cached_property
    def documented(self) -> "Sequence[Exchange]":
        """The documented exchanges, none where an emulator is used."""
        if self.exchanges is None:
            return ()
        from tryon_testing.exchanges import read_exchanges  # noqa: PLC0415  (it builds on this)

        owner = next(kind for kind in type(self).__mro__ if "exchanges" in vars(kind))
        try:
            return read_exchanges(Path(inspect.getfile(owner)).parent / self.exchanges)
        except TryOnError as error:
            fail(str(error))

    @functools.cached_property
    def loaded(self) -> LoadedProvider:
        """The provider, imported and checked."""
        try:
            given = self.provider
        except AttributeError:
            fail(f"{type(self).__name__} has no `provider`. Give the object, or its id.")
        try:
            return REGISTRY.load(given) if isinstance(given, str) else loaded_object(given)
        except TryOnError as error:
            fail(str(error))

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self.loaded.info

    @functools.cached_property
    def usable_settings(self) -> ProviderSettings:
        """The settings of the contract alone, without environment and configuration file."""
        return resolve_settings(self.info, self.settings, environ={}, config={})


def hook_context(
    subject: ProviderUnderTest,
    request: TryOnRequest | ParseRequest | None,
    http: NoHttp | None = None,
) -> CallContext:
    """Return the context in which a hook is asked that must not use the network."""
    info = subject.info
    return CallContext(
        info=info,
        http=http or NoHttp(),
        settings=subject.usable_settings,
        clock=FakeClock(),
        request=request,
        logger=logging.getLogger(f"tryon.{info.id}"),
    )


def _shown(subject: ProviderUnderTest, samples: Sequence[TryOnRequest]) -> list[TryOnRequest]:
    """Return the requests that a documented exchange is about, and tell of the others."""
    from tryon_testing.exchanges import uncovered  # noqa: PLC0415  (it builds on this)
    from tryon_testing.unchecked import tell_unchecked  # noqa: PLC0415

    found = [(request, uncovered(subject.info, subject.documented, request)) for request in samples]
    reasons = list(dict.fromkeys(reason for _, reason in found if reason))
    if reasons and all(reason for _, reason in found):
        fail(f"{subject.exchanges} is about none of the provider's requests: {'; '.join(reasons)}.")
    for reason in reasons:
        tell_unchecked(reason)
    return [request for request, reason in found if reason is None]


def _completed(subject: ProviderUnderTest, request: TryOnRequest) -> TryOnRequest:
    try:
        ctx = hook_context(subject, request)
        own = subject.loaded.provider.validate_inputs(request, ctx)
        found = [*own, *check_options(request, subject.info)]
        return with_options_filled(request, demanded_options(found))
    except Exception:  # noqa: BLE001  (that it raises is the business of a check)
        return request


def module_of(subject: ProviderUnderTest) -> str | None:
    """Return the module whose import gives the provider, None when there is no such module."""
    if isinstance(subject.provider, str):
        name = subject.provider.partition("@")[0]
        offers = REGISTRY.index().get(name, ())
        return offers[0].value.partition(":")[0] if offers else None
    module = type(subject.provider).__module__
    # A provider that is defined in the test itself is no plugin yet.
    is_test = module in {"__main__", type(subject).__module__}
    return None if is_test or module not in sys.modules else module
