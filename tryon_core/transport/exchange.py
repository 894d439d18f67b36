"""One trip to a server and back: no retries, no redirects, no exceptions of the network stack."""

import http.client
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

import attrs
import requests
import urllib3
import urllib3.exceptions

from tryon_core.clock import Clock
from tryon_core.errors import TryOnError
from tryon_core.transport.addresses import AddressRefused, Trust
from tryon_core.transport.connections import CURRENT, Attempt, TrackingAdapter
from tryon_core.transport.failures import fault_of
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.proxies import ProxyUnusable, is_loopback, proxy_for
from tryon_core.transport.redaction import shown_url
from tryon_core.transport.redirects import Answer, Fault, Outcome
from tryon_core.transport.retries import ask

_READ_BYTES = 64 * 1024
_FIRST_NOT_SUCCESS = 300
# `InvalidHeader`, `UnicodeError` and many others of requests and urllib3 are `ValueError`s.
_NETWORK_ERRORS = (
    AddressRefused,
    ProxyUnusable,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


class _QuietWhileWeAsk(logging.Filter):
    """Drops what the network stack logs about our requests: it logs queries, which are signed."""

    def filter(self, record: logging.LogRecord) -> bool:
        return CURRENT.get(None) is None


_QUIET = _QuietWhileWeAsk()
for _name in ("urllib3.connectionpool", "urllib3.util.retry", "requests.packages.urllib3"):
    logging.getLogger(_name).addFilter(_QUIET)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class Session:
    """A `requests.Session` whose state never changes after it is made.

    `requests` does not promise that a session may be used by several threads; what changes in it is
    its cookies. They are never stored here, because the adapter is called directly, and the pools
    of `urllib3` are safe to share. Credentials of `.netrc` are not used.

    Args:
        policy: time-outs and sizes.
    """

    def __init__(self, policy: TransportPolicy) -> None:
        self._policy = policy
        self._session = requests.Session()
        # Nothing is asked for compressed: answers are small, and pictures are compressed already.
        self._session.headers.clear()
        self._session.headers.update(
            {
                "User-Agent": f"tryon-core/{version('tryon-core')}",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
            }
        )
        self._session.auth = _no_auth
        # A connection serves only those who trust as far as the one that it was made for.
        self._adapters: dict[Trust | None, TrackingAdapter] = {}
        self._lock = threading.Lock()

    def _adapter(self, trust: Trust | None) -> TrackingAdapter:
        with self._lock:
            if trust not in self._adapters:
                size = self._policy.pool_size
                self._adapters[trust] = TrackingAdapter(pool_connections=size, pool_maxsize=size)
            return self._adapters[trust]

    def close(self) -> None:
        """Close the connections that are idle."""
        for adapter in self._adapters.values():
            adapter.close()
        self._session.close()

    def send(self, request: requests.Request, attempt: Attempt, *, max_bytes: int) -> Outcome:
        """Send a request once and read the answer.

        Args:
            request: what to send.
            attempt: its limits; is told what was sent.
            max_bytes: largest body to accept.

        Returns:
            The answer, or the fault when none came that can be used. An answer whose body is cut
            off or too large still counts when its status says all (300 and above), or when the
            body is complete JSON nevertheless.
        """
        token = CURRENT.set(attempt)
        try:
            return self._send(request, attempt, max_bytes)
        finally:
            CURRENT.reset(token)

    def _send(self, request: requests.Request, attempt: Attempt, max_bytes: int) -> Outcome:
        try:
            response = self._open(request, attempt)
        except _NETWORK_ERRORS as error:
            return fault_of(error, attempt)
        except TryOnError:
            raise
        except Exception as error:
            # Of what came after the first byte, or where nobody counts, somebody else's fault
            # says nothing.
            if attempt.may_have_arrived or attempt.tracked is False:
                raise
            return attrs.evolve(fault_of(error, attempt), may_pass=False)
        try:
            body, fault = self._read(response, attempt, max_bytes)
        finally:
            response.close()
        if fault is not None and not _says_enough(response.status_code, body):
            return fault
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            status=response.status_code,
            headers=headers,
            body=bytes(body),
            proxy=_may_have_answered(request, attempt),
        )

    def _read(
        self, response: requests.Response, attempt: Attempt, max_bytes: int
    ) -> tuple[bytearray, Fault | None]:
        """Return what came of the body, and why it did not come whole."""
        body = bytearray()
        try:
            for piece in _pieces(response):
                body += piece
                if len(body) > max_bytes:
                    return body[:max_bytes], _too_large(max_bytes)
                if not attempt.tracked:  # else the connection itself keeps the deadline
                    attempt.timeout_s(attempt.read_timeout_s)
        except _NETWORK_ERRORS as error:
            return body, attrs.evolve(fault_of(error, attempt), may_have_arrived=True)
        return body, None

    def _open(self, request: requests.Request, attempt: Attempt) -> requests.Response:
        connect_s = attempt.timeout_s(self._policy.connect_timeout_s)
        read_s = attempt.timeout_s(attempt.read_timeout_s)
        prepared = self._session.prepare_request(request)
        attempt.has_body = bool(prepared.body)
        environment = self._session.merge_environment_settings(
            prepared.url or "", {}, True, None, None
        )
        address = prepared.url or ""
        proxies = {} if is_loopback(address) else environment["proxies"]
        attempt.proxy = proxy_for(address, proxies)
        return self._adapter(attempt.trust).send(
            prepared,
            timeout=(connect_s, read_s),
            verify=environment["verify"] or True,
            cert=environment["cert"],
            proxies=proxies,
        )


def _pieces(response: requests.Response) -> Iterator[bytes]:
    raw: Any = response.raw
    if not isinstance(raw, urllib3.HTTPResponse):
        yield from raw.stream(_READ_BYTES, decode_content=True)
        return
    # One read of the socket at a time: what has arrived is kept when the next read fails.
    while piece := raw.read1(_READ_BYTES, decode_content=True):
        yield piece


def _may_have_answered(request: requests.Request, attempt: Attempt) -> str | None:
    # Through TLS a proxy hands on what it cannot write, and a SOCKS proxy writes nothing at all.
    is_plain = str(request.url).lower().startswith("http:")
    proxy = attempt.proxy
    return proxy.address if proxy and is_plain and proxy.address.startswith("http") else None


def _too_large(max_bytes: int) -> Fault:
    return Fault(
        reason=f"the answer is larger than {max_bytes:,} bytes",
        may_have_arrived=True,
        may_pass=False,
        remedy="Raise the limit in TransportPolicy if such an answer is expected.",
    )


def _says_enough(status: int, body: bytearray) -> bool:
    if status >= _FIRST_NOT_SUCCESS:
        return True
    try:
        # Only an object or array proves that its end is there; `12` may be the start of `123`.
        return isinstance(json.loads(body), (dict, list))
    except (ValueError, RecursionError):
        return False


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
