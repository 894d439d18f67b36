"""What calls of a service and downloads have in common: session, policy, clock and log."""

import logging
from collections.abc import Sequence

import requests

from tryon_core.clock import Clock
from tryon_core.transport.attempt import Attempt
from tryon_core.transport.outcome import Fault, Outcome
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.redact import shown_url
from tryon_core.transport.retrying import ask
from tryon_core.transport.session import Session

logger = logging.getLogger("tryon.http")


class Engine:
    """Makes trips, once or repeatedly, and logs each.

    Args:
        policy: the limits.
        clock: the source of time.
    """

    def __init__(self, policy: TransportPolicy, clock: Clock) -> None:
        self.policy = policy
        self.clock = clock
        self._session = Session(policy)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._session.close()

    def once(
        self,
        request: requests.Request,
        *,
        deadline_s: float | None,
        max_bytes: int,
        fresh: bool = False,
        public_only: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome:
        """Make one trip; `fresh` and `public_only` as in `Attempt`."""
        attempt = Attempt(
            clock=self.clock,
            deadline_s=deadline_s,
            read_timeout_s=self.policy.read_timeout_s,
            fresh=fresh,
            public_only=public_only,
        )
        started_s = self.clock.monotonic()
        outcome = self._session.send(request, attempt, max_bytes=max_bytes)
        self._log(request, outcome, self.clock.monotonic() - started_s, secrets)
        return outcome

    def repeatedly(
        self,
        request: requests.Request,
        *,
        deadline_s: float | None,
        max_bytes: int,
        public_only: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome:
        """Make trips until one gives an answer that needs no repetition."""

        def trip() -> Outcome:
            return self.once(
                request,
                deadline_s=deadline_s,
                max_bytes=max_bytes,
                public_only=public_only,
                secrets=secrets,
            )

        return ask(trip, policy=self.policy, clock=self.clock, deadline_s=deadline_s)

    def _log(
        self, request: requests.Request, outcome: Outcome, took_s: float, secrets: Sequence[str]
    ) -> None:
        if not logger.isEnabledFor(logging.DEBUG):
            return
        url = shown_url(str(request.url), secrets)
        if isinstance(outcome, Fault):
            logger.debug("%s %s: %s (%.3f s)", request.method, url, outcome.reason, took_s)
            return
        size = len(outcome.body)
        logger.debug(
            "%s %s: %d (%.3f s, %d bytes)", request.method, url, outcome.status, took_s, size
        )
