"""What all calls of one client share: the provider, its settings, the network, the clock."""

import logging

import attrs

from tryon_core.clock import Clock
from tryon_core.context import CallContext
from tryon_core.delivery import PublishedImages
from tryon_core.dispatch import BoundProvider
from tryon_core.http import HttpClient
from tryon_core.models import ParseRequest, ProviderInfo, TryOnRequest
from tryon_core.pacing import Pacer
from tryon_core.settings import BASE_URL, ProviderSettings
from tryon_core.transport import Transport, Trust, host_of, is_private_url

RUN_LOGGER = "tryon.run"
"""Name of the logger that tells what concerns a whole run, such as long pauses."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Session:
    """The lasting part of a client; every hook call gets its context from here.

    Attributes:
        bound: the provider with its extensions.
        settings: the provider's settings, resolved.
        clock: source of time.
        transport: the network.
        published: the addresses that local images were given.
        pacer: keeps the declared rate of submissions.
    """

    bound: BoundProvider
    settings: ProviderSettings
    clock: Clock
    transport: Transport
    published: PublishedImages = attrs.field(init=False)
    pacer: Pacer = attrs.field(init=False)

    @published.default
    def _no_addresses_yet(self) -> PublishedImages:
        return PublishedImages(self.clock)

    @pacer.default
    def _nothing_sent_yet(self) -> Pacer:
        return Pacer(self.info.capabilities.quota, self.clock)

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self.bound.info

    @property
    def logger(self) -> logging.Logger:
        """The logger `tryon.<provider>`."""
        return logging.getLogger(f"tryon.{self.info.id}")

    @property
    def account(self) -> str:
        """A name for the account that is used, which shows no key: equal keys, equal names."""
        return self.settings.account

    @property
    def is_own_service(self) -> bool:
        """Whether the provider's address is one of this machine or network, as an emulator's is."""
        base_url = self.settings.get(BASE_URL)
        return isinstance(base_url, str) and is_private_url(base_url)

    @property
    def reads_private(self) -> bool:
        """Whether images may lie at addresses of this machine or of a private network."""
        return self.is_own_service or self.trust.everything

    @property
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
    ) -> CallContext:
        """Return the context of one hook call.

        Args:
            http: stands in for the network.
            deadline_s: point on `clock.monotonic()` at which the caller gives up.
            fingerprint: identifies the work.
            request: what the call serves.
        """
        network = http or self.transport.client(
            provider=self.info.id, secrets=self.settings.secrets, deadline_s=deadline_s
        )
        return CallContext(
            info=self.info,
            http=network,
            settings=self.settings,
            clock=self.clock,
            deadline_s=deadline_s,
            fingerprint=fingerprint,
            request=request,
            logger=self.logger,
        )

    def note(self, sentence: str) -> None:
        """Tell the user what was changed or noticed, through the log."""
        self.logger.warning(sentence)
