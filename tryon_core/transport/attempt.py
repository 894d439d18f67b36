"""One trip of one request: how long it may take, and how far it came."""

import math
from contextvars import ContextVar
from typing import TYPE_CHECKING

import attrs

from tryon_core.clock import Clock
from tryon_core.transport.addresses import Trust

if TYPE_CHECKING:
    from tryon_core.transport.proxies import Proxy


class DeadlinePassed(TimeoutError):
    """The caller's time is up."""


@attrs.define(kw_only=True)
class Attempt:
    """What a connection must know about the request that it carries, and reports about it.

    Connections of a pool outlive requests, so they look it up in `CURRENT`.

    Attributes:
        clock: the source of time.
        deadline_s: point on `clock.monotonic()`.
        read_timeout_s: seconds without a byte, either way, before the trip fails.
        fresh: never use a connection that has served before: it may be dead already, and a paid
            request that dies with it would leave its outcome unknown.
        target: path and query to ask for, byte for byte; None for those of the network stack.
        trust: where it may go; None for anywhere, as calls of the service do.
        proxy: the proxy through which it goes; None for none, and before that is known.
        has_body: whether the request has a body.
        tracked: whether the connection counts what it sends; foreign connection classes do not.
            None before there is a connection.
        ended: whether the server has closed its side of the connection.
        writes: how often bytes were handed to the connection. The first write is the head.
    """

    clock: Clock
    deadline_s: float = math.inf
    read_timeout_s: float
    fresh: bool = False
    target: str | None = None
    trust: Trust | None = None
    proxy: "Proxy | None" = None
    has_body: bool = False
    tracked: bool | None = None
    ended: bool = False
    writes: int = 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether the request may have reached the service in a form that can be acted upon."""
        return self.writes > (1 if self.has_body else 0)

    @property
    def is_unsent(self) -> bool:
        """Whether the request certainly did not arrive, as far as the trip came."""
        return self.tracked is not False and not self.may_have_arrived

    def timeout_s(self, usual_s: float) -> float:
        """Return the usual time-out, or the rest of the time when that is less.

        Raises:
            DeadlinePassed: no time is left.
        """
        remaining_s = self.deadline_s - self.clock.monotonic()
        if remaining_s <= 0:
            raise DeadlinePassed
        return min(usual_s, remaining_s)


CURRENT: ContextVar[Attempt] = ContextVar("tryon_attempt")
"""The attempt that this thread is making now; connections are used during one only."""
