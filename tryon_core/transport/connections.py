"""Connections that keep the deadline, count what they send, and check whom they talk to."""

import errno
import http.client
import io
import math
import socket
import ssl
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import attrs
import requests.adapters
import urllib3

# Not from `urllib3.connection`: a recorder that is at work while this module is loaded has put
# its own classes there.
from urllib3.connectionpool import (  # type: ignore[attr-defined]
    HTTPConnection,
    HTTPConnectionPool,
    HTTPSConnection,
)

from tryon_core.clock import Clock
from tryon_core.transport.addresses import Trust

if TYPE_CHECKING:
    from tryon_core.transport.proxies import Proxy

_SLICE_BYTES = 64 * 1024
# 101 is none: it would end HTTP, which nobody asks for.
_INFORMATIONAL = frozenset({*range(100, 200)} - {101})
_MOST_INFORMATIONAL = 100

if TYPE_CHECKING:
    _Base = HTTPConnection
else:
    _Base = object


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


def _next_wait_s() -> float:
    attempt = CURRENT.get()
    return attempt.timeout_s(attempt.read_timeout_s)


class TimedReader(io.RawIOBase):
    """Reads from a socket; no single wait goes past the deadline of the current attempt."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Read what has arrived into a buffer."""
        self._sock.settimeout(_next_wait_s())
        count = self._raw.readinto(buffer)
        if count == 0:
            CURRENT.get().ended = True
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class TimedSocket:
    """A connected socket that obeys the current attempt and reports to it.

    A time-out of the system's sockets starts anew with every byte, so that a service that drips
    could hold a caller for ever; here every wait ends at the deadline.

    Args:
        sock: the socket.
        counted: whether what is sent is the request.
    """

    def __init__(self, sock: socket.socket, *, counted: bool = True) -> None:
        self._sock = sock
        self._counted = counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: Any) -> None:
        """Send everything, in slices, and count the call."""
        view = memoryview(data)
        for start in range(0, len(view), _SLICE_BYTES):
            self._sock.settimeout(_next_wait_s())
            if start == 0 and self._counted:
                CURRENT.get().writes += 1
            try:
                self._sock.sendall(view[start : start + _SLICE_BYTES])
            except ssl.SSLError as error:
                # A server that refuses early has closed. `urllib3` reads the answer that may be
                # there after the errors of a plain socket only.
                raise BrokenPipeError(errno.EPIPE, "the connection was closed") from error

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        """Return the reading end, as `http.client` asks for it."""
        return io.BufferedReader(TimedReader(self._sock))


class FinalResponse(http.client.HTTPResponse):
    """Passes over the informational answers (1xx) that may come before the final one.

    The standard library does so for 100 only; proxies and servers send 102 and 103 as well.
    """

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INFORMATIONAL):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status not in _INFORMATIONAL:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("no final answer")


class _Tracked(_Base):
    """What both kinds of connections do in addition."""

    response_class = FinalResponse

    @property
    def _is_proxied(self) -> bool:
        return self.proxy is not None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        trust = CURRENT.get().trust
        # Through a proxy, the peer is the proxy, which the user chose.
        if trust is not None and not self._is_proxied:
            try:
                trust.check_peer(self.host, sock.getpeername()[0])
            except BaseException:
                sock.close()
                raise
        return sock

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        target = CURRENT.get().target
        if target is not None:
            # A proxy that forwards is told the whole address.
            origin = "" if url.startswith("/") else "/".join(url.split("/", 3)[:3])
            url = origin + target
        super().putrequest(method, url, *args, **kwargs)

    def _tunnel(self) -> None:
        # What is said to a proxy is not the request, but it must end as well.
        plain = self.sock
        self.sock = cast("socket.socket", TimedSocket(plain, counted=False))
        try:
            super()._tunnel()
        finally:
            if self.sock is not None:
                self.sock = plain

    def connect(self) -> None:
        super().connect()
        # Wrapped last: bytes of the proxy and of the TLS handshake are not bytes of the request.
        self.sock = cast("socket.socket", TimedSocket(self.sock))

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 does so
        response = super().getresponse()
        if CURRENT.get().ended:
            # `http.client` takes the end of the stream for the end of the headers.
            response.close()
            raise http.client.IncompleteRead(b"")
        return response

    @property
    def is_connected(self) -> bool:
        # The pool closes and reopens a connection that says it is not connected.
        return super().is_connected and not CURRENT.get().fresh


class TrackedHTTPConnection(_Tracked, HTTPConnection):
    """Plain connection."""


class TrackedHTTPSConnection(_Tracked, HTTPSConnection):
    """Connection under TLS."""


def _through_socks() -> dict[type, type[_Tracked]]:
    # Loaded by `requests` where PySocks is installed.
    socks: Any = sys.modules.get("urllib3.contrib.socks")
    if socks is None:
        return {}

    class TrackedSocksConnection(_Tracked, socks.SOCKSConnection):  # type: ignore[misc]
        _is_proxied = True

    class TrackedSocksHTTPSConnection(_Tracked, socks.SOCKSHTTPSConnection):  # type: ignore[misc]
        _is_proxied = True

    return {
        socks.SOCKSConnection: TrackedSocksConnection,
        socks.SOCKSHTTPSConnection: TrackedSocksHTTPSConnection,
    }


_OWN: dict[type, type[_Tracked]] = {
    HTTPConnection: TrackedHTTPConnection,
    HTTPSConnection: TrackedHTTPSConnection,
    **_through_socks(),
}


class TrackingAdapter(requests.adapters.HTTPAdapter):
    """Takes connections from pools of `urllib3` and has them tracked.

    Connection classes that somebody else has put in place (a recorder of cassettes) are left
    alone. They are looked up for each request, since a recorder comes and goes while a pool
    stays.
    """

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Return the pool for a request."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        in_place = type(pool).ConnectionCls
        pool.ConnectionCls = _OWN.get(in_place, in_place)
        CURRENT.get().tracked = issubclass(pool.ConnectionCls, _Tracked)
        return cast("HTTPConnectionPool", pool)
