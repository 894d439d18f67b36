"""Connections that keep the deadline, count what they send, and check whom they talk to."""

import errno
import http.client
import io
import math
import re
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import attrs
import requests
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

_SLICE_BYTES = 64 * 1024
# 101 is none: it would end HTTP, which was not requested.
_INFORMATIONAL = frozenset({*range(100, 200)} - {101})
_MOST_INFORMATIONAL = 100
_WITHOUT_BODY = frozenset({101, 204, 304})
_LENGTH = re.compile(r"\s*\+?[0-9]+\s*")
_HEADER = re.compile(rb"([!-9;-~]+):[ \t]*([^\r\n]*)\r?\n")
_MOST_POOLS = 1000

if TYPE_CHECKING:
    from tryon_core.http import Params
    from tryon_core.transport.proxies import Proxy
    from tryon_core.transport.streaming import StreamedBody

    _Base = HTTPConnection
else:
    _Base = object


class DeadlinePassed(TimeoutError):
    """The caller's time is up."""


@attrs.define(kw_only=True, eq=False)
class Exchange:
    """One request and what became of it: its content, its limits, and how far it came.

    Connections of a pool outlive requests, so they look their exchange up in `CURRENT`. A request
    that is repeated stays one exchange; `restart` forgets how far the attempt before it came.
    `docs/explanation/network.md` draws the way from here to the socket.

    Attributes:
        method: such as `POST`.
        url: where to, without `params`.
        headers: in addition to those that every request has.
        body: bytes, or a body that is streamed; None for none.
        params: query parameters, or a function that returns them for each attempt.
        secrets: values that must not appear in logs.
        clock: the source of time.
        deadline_s: point on `clock.monotonic()` at which to give up.
        read_timeout_s: seconds without a byte, in either direction, before an attempt fails.
        max_bytes: largest body of an answer.
        is_repeatable: whether it is safe to send it again. If not, it gets a new connection: one
            that was idle may be closed already, and a paid request that is lost with it would
            leave its outcome unknown.
        target: path and query to send, byte for byte; None for those that `requests` makes.
        trust: addresses it may go to; None for any, as calls of a service do.
        proxy: the proxy of this attempt; None for none, and before that is known.
        is_counted: whether the connection counts what it sends; connection classes of others do
            not. None before there is a connection.
        is_closed_by_peer: whether the server has closed its side of the connection.
        writes: how often bytes were handed to the connection. The first write is the head.
    """

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: "bytes | StreamedBody | None" = attrs.field(default=None, repr=False)
    params: "Params | None" = attrs.field(default=None, repr=False)
    secrets: Sequence[str] = attrs.field(default=(), repr=False)
    clock: Clock
    deadline_s: float = math.inf
    read_timeout_s: float
    max_bytes: int
    is_repeatable: bool = True
    target: str | None = attrs.field(default=None, repr=False)
    trust: Trust | None = None
    proxy: "Proxy | None" = None
    is_counted: bool | None = None
    is_closed_by_peer: bool = False
    writes: int = 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether the request may have reached the service in a form that can be acted upon."""
        return self.writes > (1 if self.body else 0)

    @property
    def is_unsent(self) -> bool:
        """Whether the request certainly did not arrive, as far as it came."""
        return self.is_counted is not False and not self.may_have_arrived

    def restart(self) -> None:
        """Forget how far the last attempt came."""
        self.proxy, self.is_counted = None, None
        self.is_closed_by_peer, self.writes = False, 0

    def timeout_s(self, usual_s: float) -> float:
        """Return the usual time-out, or the rest of the time when that is less.

        Raises:
            DeadlinePassed: no time is left.
        """
        remaining_s = self.deadline_s - self.clock.monotonic()
        if remaining_s <= 0:
            raise DeadlinePassed
        return min(usual_s, remaining_s)


CURRENT: ContextVar[Exchange] = ContextVar("tryon_exchange")
"""The exchange of this thread; connections are used during one only."""


def _next_wait_s() -> float:
    exchange = CURRENT.get()
    return exchange.timeout_s(exchange.read_timeout_s)


class TimedReader(io.RawIOBase):
    """Reads from a socket; no single wait goes past the deadline of the exchange."""

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
            CURRENT.get().is_closed_by_peer = True
        return count

    def close(self) -> None:
        """Close the reading end."""
        self._raw.close()
        super().close()


class TimedSocket:
    """A connected socket that obeys the current exchange and reports to it.

    The time-out of a plain socket starts again with every byte, so that a service that sends one
    byte at a time could hold a caller for ever; here every wait ends at the deadline.

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


def _read_headers(file: Any) -> http.client.HTTPMessage:
    lines: list[bytes] = http.client._read_headers(file)[:-1]  # type: ignore[attr-defined]  # noqa: SLF001
    found = [_HEADER.fullmatch(line) for line in lines]
    if not all(found):  # folded lines and oddities
        return http.client.parse_headers(io.BytesIO(b"".join([*lines, b"\r\n"])))
    message = http.client.HTTPMessage()
    for name, value in (header.groups() for header in found if header):
        message.set_raw(name.decode(), value.decode("iso-8859-1"))
    return message


class FinalResponse(http.client.HTTPResponse):
    """Skips the informational answers (1xx) that may come before the final one.

    The standard library does so for 100 only; proxies and servers send 102 and 103 as well.
    """

    def begin(self) -> None:
        """Read the head, as the base class does, which parses headers as if they were e-mail.

        That took a tenth of the time of a call.
        """
        version, self.status, reason = self._read_status()
        self.code, self.reason = self.status, reason.strip()
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        self.version = 10 if version in {"HTTP/1.0", "HTTP/0.9"} else 11
        self.headers = self.msg = _read_headers(self.fp)
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        length = self.headers.get("content-length", "")
        self.length = int(length) if _LENGTH.fullmatch(length) and not self.chunked else None
        if self.status in _WITHOUT_BODY or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        # One that is not used again is closed with its answer.
        self.will_close = (
            not CURRENT.get().is_repeatable
            or self._check_close()  # type: ignore[attr-defined]
            or (not self.chunked and self.length is None)
        )

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INFORMATIONAL):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status not in _INFORMATIONAL:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("no final answer")


class _Counting(_Base):
    """What every kind of connection here does in addition."""

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
            # A proxy that forwards needs the whole address.
            origin = "" if url.startswith("/") else "/".join(url.split("/", 3)[:3])
            url = origin + target
        super().putrequest(method, url, *args, **kwargs)

    def _tunnel(self) -> None:
        # Bytes for the proxy are not bytes of the request, but must end at the deadline too.
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
        if CURRENT.get().is_closed_by_peer:
            # `http.client` takes the end of the stream for the end of the headers.
            response.close()
            raise http.client.IncompleteRead(b"")
        return response

    @property
    def is_connected(self) -> bool:
        # The pool closes and reopens a connection that says it is not connected.
        return super().is_connected and CURRENT.get().is_repeatable


class CountingHTTPConnection(_Counting, HTTPConnection):
    """Plain connection."""


class CountingHTTPSConnection(_Counting, HTTPSConnection):
    """Connection under TLS."""


def _through_socks() -> dict[type, type[_Counting]]:
    # Loaded by `requests` where PySocks is installed.
    socks: Any = sys.modules.get("urllib3.contrib.socks")
    if socks is None:
        return {}

    class CountingSocksConnection(_Counting, socks.SOCKSConnection):  # type: ignore[misc]
        _is_proxied = True

    class CountingSocksHTTPSConnection(_Counting, socks.SOCKSHTTPSConnection):  # type: ignore[misc]
        _is_proxied = True

    return {
        socks.SOCKSConnection: CountingSocksConnection,
        socks.SOCKSHTTPSConnection: CountingSocksHTTPSConnection,
    }


_OWN: dict[type, type[_Counting]] = {
    HTTPConnection: CountingHTTPConnection,
    HTTPSConnection: CountingHTTPSConnection,
    **_through_socks(),
}


class _OpenAnswer(requests.Response):
    """An answer whose body has not been read, without copies of its headers and cookies."""

    def __init__(self, raw: Any) -> None:
        # Not that of the base class: it makes a cookie jar and more that nothing reads.
        self.raw = raw
        self.status_code = raw.status
        self._content_consumed = False


class CountingAdapter(requests.adapters.HTTPAdapter):
    """Uses the pools of `urllib3` with the connections above.

    Connection classes that another library has put in place (a recorder of cassettes) are left
    alone. They are looked up for each request: a recorder may come and go while a pool lives.

    Args:
        pool_size: idle connections that are kept for each host, and hosts that are kept.
    """

    def __init__(self, pool_size: int) -> None:
        super().__init__(pool_connections=pool_size, pool_maxsize=pool_size)
        self._pools: dict[tuple[object, ...], Any] = {}

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the answer to a request."""
        del req
        return _OpenAnswer(resp)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """Return the pool for a request."""
        key = (*(request.url or "").split("/", 3)[:3], verify, *(proxies or {}).items())
        pool: Any = self._pools.get(key)
        # `urllib3` closes the pools that were not asked for lately when there are too many.
        if pool is None or pool.pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            if len(self._pools) >= _MOST_POOLS:
                self._pools.clear()
            self._pools[key] = pool
        in_place = type(pool).ConnectionCls
        pool.ConnectionCls = _OWN.get(in_place, in_place)
        CURRENT.get().is_counted = issubclass(pool.ConnectionCls, _Counting)
        return cast("HTTPConnectionPool", pool)
