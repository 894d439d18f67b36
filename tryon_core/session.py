"""What all calls of one client share: the provider, its settings, the network, the clock."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from tryon_core.clock import Clock
from tryon_core.context import CallContext
from tryon_core.dispatch import BoundProvider
from tryon_core.extensions.named import NamedExtension, choose
from tryon_core.http import HttpClient
from tryon_core.images import digest
from tryon_core.kept_answers import KeptAnswers
from tryon_core.kept_parsings import NEEDED, KeptParsings
from tryon_core.models import (
    Attempt,
    ImageSource,
    ParseRequest,
    ProviderInfo,
    Secret,
    TryOnRequest,
    UrlSource,
    canonical,
)
from tryon_core.pacing import Pacer
from tryon_core.prices import with_own_prices
from tryon_core.registry import LoadedProvider
from tryon_core.settings import BASE_URL, ProviderSettings, find_config, resolve_settings
from tryon_core.transport import Transport, TransportPolicy, Trust, host_of, is_private_url

RUN_LOGGER = "tryon.run"
"""Name of the logger that tells what concerns a whole run, such as long pauses."""
_MOST_KEPT = 1000
_Key: TypeAlias = tuple[str, type, str]
_NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


class PublishedImages:
    """The addresses that local images were given, for as long as they live; shared by threads.

    An address counts for the same content with equal options only: vendors bind what is uploaded
    to the model that is to use it.

    Args:
        clock: tells when an address dies.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[_Key, UrlSource] = {}
        self._under_way: dict[_Key, threading.Event] = {}

    def get(
        self,
        image: ImageSource,
        request: TryOnRequest | ParseRequest,
        publish: Callable[[ImageSource], UrlSource],
    ) -> UrlSource:
        """Return the address of an image, which is published when it has none that lasts."""
        key = (digest(image), type(request), canonical(request.options))
        with self._after_others(key):
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and self._lasts(kept):
                return kept
            return self._keep(key, publish(image))

    @contextmanager
    def _after_others(self, key: _Key) -> Iterator[None]:
        """Wait for a thread that publishes the same image; if it fails, all others try at once.

        The rows of a catalogue share few photos, and its first requests are prepared at once.
        """
        with self._lock:
            others = self._under_way.get(key)
            mine = threading.Event()
            if others is None:
                self._under_way[key] = mine
        if others is not None:
            others.wait()
            yield
            return
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _keep(self, key: _Key, published: UrlSource) -> UrlSource:
        with self._lock:
            self._kept.pop(key, None)
            if self._lasts(published):
                self._kept[key] = published
            for oldest in list(self._kept)[: len(self._kept) - _MOST_KEPT]:
                del self._kept[oldest]
        return published

    def _lasts(self, address: UrlSource) -> bool:
        expires_at = address.expires_at
        return expires_at is not None and expires_at - self._clock.now() > NEEDED


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class Session:
    """The lasting part of a client; every hook call gets its context from here.

    Attributes:
        bound: the provider with its extensions.
        settings: the provider's settings, resolved.
        clock: source of time.
        transport: the network.
        answers: the images that came with a submission.
        parsings: what was found on photos.
        published: the addresses that local images were given.
        pacer: keeps the declared rate of submissions.
        extensions: those of the client; those by name as `NamedExtension`, which other processes
            can have, too.
    """

    bound: BoundProvider
    settings: ProviderSettings
    clock: Clock
    transport: Transport
    answers: KeptAnswers
    parsings: KeptParsings
    extensions: tuple[object, ...] = ()
    published: PublishedImages = attrs.field(init=False)
    pacer: Pacer = attrs.field(init=False)

    @published.default
    def _no_addresses_yet(self) -> PublishedImages:
        return PublishedImages(self.clock)

    @pacer.default
    def _nothing_sent_yet(self) -> Pacer:
        return Pacer(self.info.capabilities.quota, self.clock)

    @cached_property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self.bound.info

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger `tryon.<provider>`."""
        return logging.getLogger(f"tryon.{self.info.id}")

    @property
    def account(self) -> str:
        """A name for the account that is used, which shows no key: equal keys, equal names."""
        return self.settings.account

    @cached_property
    def is_own_service(self) -> bool:
        """Whether the provider's address is one of this machine or network, as an emulator's is."""
        base_url = self.settings.get(BASE_URL)
        return isinstance(base_url, str) and is_private_url(base_url)

    @property
    def reads_private(self) -> bool:
        """Whether images may lie at addresses of this machine or of a private network."""
        return self.is_own_service or self.trust.everything

    @cached_property
    def trust(self) -> Trust:
        """Where images are fetched from, beside the public internet."""
        base_url = self.settings.get(BASE_URL)
        return Trust(
            everything=self.transport.policy.allow_private_addresses
            or self.settings.allows_private_addresses,
            service_host=host_of(base_url) if isinstance(base_url, str) else None,
        )

    def download_deadline_s(self) -> float:
        """Return the point on the clock until which the files of one step are fetched."""
        return self.clock.monotonic() + self.transport.policy.download_timeout_s

    def context(
        self,
        *,
        http: HttpClient | None = None,
        deadline_s: float | None = None,
        fingerprint: str | None = None,
        request: TryOnRequest | ParseRequest | None = None,
        attempt: Attempt | None = None,
        known_jobs: frozenset[str] = frozenset(),
        digests: Mapping[str, str] = _NO_SETTINGS,
    ) -> CallContext:
        """Return the context of one hook call.

        Args:
            http: replaces the network.
            deadline_s: point on `clock.monotonic()` at which the caller gives up.
            fingerprint: identifies the work.
            request: what the call serves.
            attempt: the paid request, for `submit`.
            known_jobs: ids of jobs of other requests, for `find_submission`.
            digests: of the images of a request, by field.
        """
        base_url = self.settings.get(BASE_URL)
        network = http or self.transport.client(
            provider=self.info.id,
            secrets=self.settings.secrets,
            deadline_s=deadline_s,
            base_url=base_url if isinstance(base_url, str) else None,
            headers=lambda: ctx.headers,
        )
        ctx = CallContext(
            info=self.info,
            http=network,
            settings=self.settings,
            clock=self.clock,
            deadline_s=deadline_s,
            fingerprint=fingerprint,
            request=request,
            attempt=attempt,
            known_jobs=known_jobs,
            digests=digests,
            reads_private=self.reads_private,
            logger=self.logger,
        )
        return ctx

    def note(self, sentence: str) -> None:
        """Tell the user what was changed or noticed, through the log."""
        self.logger.warning(sentence)


def open_session(
    loaded: LoadedProvider,
    *,
    clock: Clock,
    extensions: Sequence[object] = (),
    config: Path | str | Mapping[str, Mapping[str, Any]] | None = None,
    transport: TransportPolicy | None = None,
    settings: Mapping[str, Any] = _NO_SETTINGS,
) -> Session:
    """Return what all calls to one provider share; arguments and errors as `Client`.

    Args:
        loaded: the provider.
        clock: source of time.
        extensions: names and objects; a `NamedExtension` brings its settings.
        config: as for `Client`.
        transport: as for `Client`.
        settings: as for `Client`.
    """
    tables = find_config(config)
    resolved = resolve_settings(loaded.info, settings, config=tables)
    table = tables.get(loaded.info.id, {})
    info = with_own_prices(loaded.info, settings, table, today=clock.now().date())
    chosen = choose(extensions, tables)
    made = [one.make() if isinstance(one, NamedExtension) else one for one in chosen]
    hidden = [value for one in made for value in _values(one) if isinstance(value, Secret)]
    answers = KeptAnswers(clock)
    answers.tidy()
    parsings = KeptParsings(clock, provider=info.id, keys=resolved.secrets)
    parsings.tidy()
    return Session(
        bound=BoundProvider(loaded, made, info=info, keep=answers.keep),
        answers=answers,
        parsings=parsings,
        settings=attrs.evolve(resolved, of_extensions=tuple(hidden)),
        extensions=chosen,
        clock=clock,
        transport=Transport(transport or TransportPolicy(), clock=clock),
    )


def _values(extension: object) -> Iterator[Any]:
    """Give the settings of an extension."""
    kind = type(extension)
    fields = attrs.fields(kind) if attrs.has(kind) else ()
    return (getattr(extension, field.name) for field in fields if field.init)
