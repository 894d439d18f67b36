"""What calls of a service and downloads have in common: session, policy, clock and log."""

import logging
from collections.abc import Callable, Sequence

import requests

from tryon_core.clock import Clock
from tryon_core.transport.addresses import Trust
from tryon_core.transport.attempt import Attempt
from tryon_core.transport.outcome import Fault, Outcome
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.redact import shown_url
from tryon_core.transport.retrying import ask
from tryon_core.transport.session import Session

_LOGGER = logging.getLogger("tryon.http")


class Engine:
    """Makes the trips of requests and logs each.

    Args:
        policy: the limits.
        clock: the source of time.
    """

    def __init__(self, policy: TransportPolicy, clock: Clock) -> None:
        self.policy = policy
        self._clock = clock
        self._session = Session(policy)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._session.close()

    def deadline_s(self, limit_s: float, given_s: float | None) -> float:
        """Return the point on the clock at which a call that begins now has to end.

        Args:
            limit_s: seconds that it may take at most.
            given_s: point on the clock at which the caller gives up, None for none.
        """
        own_s = self._clock.monotonic() + limit_s
        return own_s if given_s is None else min(own_s, given_s)

    def send(
        self,
        request: requests.Request,
        *,
        repeat: bool,
        deadline_s: float,
        max_bytes: int,
        trust: Trust | None = None,
        target: str | None = None,
        secrets: Sequence[str] = (),
        renew: Callable[[Attempt], None] | None = None,
        read_timeout_s: float | None = None,
    ) -> Outcome:
        """Send a request, once or until an answer needs no repetition.

        Args:
            request: what to send.
            repeat: whether it is safe to repeat; else it is sent once, on a connection of its own.
            deadline_s: point on the clock at which to give up.
            max_bytes: largest body to accept.
            trust: as in `Attempt`.
            target: as in `Attempt`.
            secrets: values that must not appear in logs.
            renew: called before each trip, to bring the request up to date; given the attempt,
                which tells afterwards how far it came.
            read_timeout_s: instead of the policy's, when it is more.
        """

        def trip() -> Outcome:
            attempt = Attempt(
                clock=self._clock,
                deadline_s=deadline_s,
                read_timeout_s=max(self.policy.read_timeout_s, read_timeout_s or 0.0),
                fresh=not repeat,
                target=target,
                trust=trust,
            )
            if renew is not None:
                renew(attempt)
            return self._trip(request, attempt, max_bytes, secrets)

        if repeat:
            return ask(trip, policy=self.policy, clock=self._clock, deadline_s=deadline_s)
        request.headers = dict(request.headers) | {"Connection": "close"}
        return trip()

    def _trip(
        self, request: requests.Request, attempt: Attempt, max_bytes: int, secrets: Sequence[str]
    ) -> Outcome:
        started_s = self._clock.monotonic()
        outcome = self._session.send(request, attempt, max_bytes=max_bytes)
        self._log(request, outcome, self._clock.monotonic() - started_s, secrets)
        return outcome

    def _log(
        self, request: requests.Request, outcome: Outcome, took_s: float, secrets: Sequence[str]
    ) -> None:
        if not _LOGGER.isEnabledFor(logging.DEBUG):
            return
        url = shown_url(str(request.url), secrets)
        if isinstance(outcome, Fault):
            _LOGGER.debug("%s %s: %s (%.3f s)", request.method, url, outcome.reason, took_s)
            return
        size = len(outcome.body)
        _LOGGER.debug(
            "%s %s: %d (%.3f s, %d bytes)", request.method, url, outcome.status, took_s, size
        )
