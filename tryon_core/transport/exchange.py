"""Sends requests through `requests` and reads the answers; exceptions become values here."""

import functools
import http.client
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import attrs
import requests
import urllib3
import urllib3.exceptions

from tryon_core.clock import Clock
from tryon_core.errors import TryOnError
from tryon_core.http import HttpResponse
from tryon_core.masking import shown_url
from tryon_core.transport.addresses import AddressRefused, Trust
from tryon_core.transport.connections import CURRENT, CountingAdapter, Exchange
from tryon_core.transport.failures import no_answer
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.proxies import ProxyUnusable, Routes
from tryon_core.transport.retries import NoAnswer, Outcome, cannot_be_written, retry_pause_s

# Nothing is asked for compressed: answers are small, and images are compressed already.
HEADERS = {
    "User-Agent": f"tryon-core/{version('tryon-core')}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
"""What every request is sent with, unless it has a header of the same name."""

_LOGGER = logging.getLogger("tryon.http")
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


class _NoLogOfOurRequests(logging.Filter):
    """Drops what the network stack logs about our requests: it logs queries, which are signed."""

    def filter(self, record: logging.LogRecord) -> bool:
        return CURRENT.get(None) is None


_FILTER = _NoLogOfOurRequests()
for _name in ("urllib3.connectionpool", "urllib3.util.retry", "requests.packages.urllib3"):
    logging.getLogger(_name).addFilter(_FILTER)


class Exchanger:
    """Sends requests, repeats those that may be repeated, and logs each attempt.

    It may be shared by threads. The adapters of `requests` are called directly, without a
    `requests.Session`: a session stores cookies, reads `.netrc`, and follows redirects.

    Args:
        policy: the limits.
        clock: the source of time.
        adapter: sends the requests in place of the usual ones.
    """

    def __init__(
        self,
        policy: TransportPolicy,
        clock: Clock,
        adapter: requests.adapters.BaseAdapter | None = None,
    ) -> None:
        self.policy = policy
        self._adapter = adapter
        self._clock = clock
        self._routes = Routes()
        # A connection serves only those who trust as far as the one that it was made for. Requests
        # that need a new connection do not close those that are kept open for polls.
        self._adapters: dict[tuple[Trust | None, bool], CountingAdapter] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections that are idle."""
        for adapter in self._adapters.values():
            adapter.close()

    def deadline_s(self, limit_s: float, given_s: float | None) -> float:
        """Return the point on the clock at which a call that begins now has to end.

        Args:
            limit_s: seconds that it may take at most.
            given_s: point on the clock at which the caller gives up, None for none.
        """
        own_s = self._clock.monotonic() + limit_s
        return own_s if given_s is None else min(own_s, given_s)

    def begin(
        self, method: str, url: str, *, read_timeout_s: float | None = None, **facts: Any
    ) -> Exchange:
        """Return an exchange that has not been sent yet.

        Args:
            method: such as `POST`.
            url: where to.
            read_timeout_s: instead of the policy's, when it is more.
            **facts: other fields of `Exchange`.
        """
        return Exchange(
            method=method,
            url=url,
            clock=self._clock,
            read_timeout_s=max(self.policy.read_timeout_s, read_timeout_s or 0.0),
            **facts,
        )

    def exchange(self, exchange: Exchange) -> Outcome:
        """Send a request, once or, when it is repeatable, until an answer needs no repetition.

        Returns:
            The last outcome. Only what is no fault of the network is raised.
        """
        failures = 0
        while True:
            started_s = self._clock.monotonic()
            outcome = self.exchange_once(exchange)
            if _LOGGER.isEnabledFor(logging.DEBUG):
                _log(exchange, outcome, self._clock.monotonic() - started_s)
            if not exchange.is_repeatable:
                return outcome
            failures += 1
            pause_s = retry_pause_s(outcome, failures, self.policy)
            if pause_s is None or self._clock.monotonic() + pause_s >= exchange.deadline_s:
                return outcome
            self._clock.sleep(pause_s)
            exchange.restart()

    def exchange_once(self, exchange: Exchange) -> Outcome:
        """Send a request once and read the answer.

        Returns:
            The answer, or why there is none that can be used. An answer whose body is cut off or
            too large still counts when its status says all (300 and above), or when the body is
            complete JSON nevertheless.
        """
        params = _params(exchange)
        if isinstance(params, NoAnswer):
            return params
        token = CURRENT.set(exchange)
        try:
            connect_s = exchange.timeout_s(self.policy.connect_timeout_s)
            read_s = exchange.timeout_s(exchange.read_timeout_s)
            prepared = _prepare(exchange, params)
            route = self._routes.route_to(prepared.url or "")
            exchange.proxy = route.proxy
            response = self._adapter_for(exchange).send(
                prepared,
                timeout=(connect_s, read_s),
                verify=route.verify,
                proxies=route.proxies,
            )
            return _read_answer(response, exchange)
        except _NETWORK_ERRORS as error:
            return no_answer(error, exchange)
        except TryOnError:
            raise
        except Exception as error:
            # After the first byte, or where bytes are not counted, a bug of another library does
            # not tell whether the request arrived.
            if exchange.may_have_arrived or exchange.is_counted is False:
                raise
            return attrs.evolve(no_answer(error, exchange), is_temporary=False)
        finally:
            CURRENT.reset(token)

    def _adapter_for(self, exchange: Exchange) -> requests.adapters.BaseAdapter:
        if self._adapter is not None:
            return self._adapter
        key = (exchange.trust, exchange.is_repeatable)
        with self._lock:
            if key not in self._adapters:
                self._adapters[key] = CountingAdapter(self.policy.pool_size)
            return self._adapters[key]


def _params(exchange: Exchange) -> Mapping[str, str] | NoAnswer:
    params = exchange.params
    try:
        return dict(params() if callable(params) else params or {})
    except TryOnError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, nothing was sent)
        return cannot_be_written(error)


@functools.lru_cache(maxsize=64)  # a job is polled at one address
def _whole_url(url: str, params: tuple[tuple[str, str], ...]) -> str | None:
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, dict(params) or None)
    return prepared.url


def _prepare(exchange: Exchange, params: Mapping[str, str]) -> requests.PreparedRequest:
    """Return what `requests.Session.prepare_request` would, without cookies and `.netrc`."""
    prepared = requests.PreparedRequest()
    prepared.method = exchange.method
    prepared.url = _whole_url(exchange.url, tuple(params.items()))
    prepared.prepare_headers({**HEADERS, **exchange.headers})
    if not exchange.is_repeatable:
        prepared.headers["Connection"] = "close"
    body = exchange.body or None
    prepared.body = body  # type: ignore[assignment]  # any iterable with a length is streamed
    if body is not None:
        prepared.headers["Content-Length"] = str(len(body))
    elif exchange.method != "GET":
        prepared.headers["Content-Length"] = "0"
    return prepared


def _read_answer(response: requests.Response, exchange: Exchange) -> Outcome:
    try:
        body, failure = _read_body(response.raw, exchange)
    finally:
        response.close()
    if failure is not None and not _says_enough(response.status_code, body):
        return failure
    return HttpResponse(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.raw.headers.items()},
        body=bytes(body),
        url=shown_url(exchange.url, exchange.secrets),
        proxy=_may_have_answered(exchange),
    )


def _read_body(raw: Any, exchange: Exchange) -> tuple[bytearray, NoAnswer | None]:
    """Return what came of the body, and why it did not come whole."""
    body = bytearray()
    try:
        for piece in _pieces(raw):
            body += piece
            if len(body) > exchange.max_bytes:
                return body[: exchange.max_bytes], _too_large(exchange.max_bytes)
            if not exchange.is_counted:  # else the connection itself keeps the deadline
                exchange.timeout_s(exchange.read_timeout_s)
    except _NETWORK_ERRORS as error:
        return body, attrs.evolve(no_answer(error, exchange), may_have_arrived=True)
    return body, None


def _pieces(raw: Any) -> Iterator[bytes]:
    if not isinstance(raw, urllib3.HTTPResponse):
        yield from raw.stream(_READ_BYTES, decode_content=True)
        return
    # One read of the socket at a time: what has arrived is kept when the next read fails.
    while piece := raw.read1(_READ_BYTES, decode_content=True):
        yield piece


def _may_have_answered(exchange: Exchange) -> str | None:
    """Return the address of the proxy that may have answered instead of the service."""
    # Through TLS a proxy hands on what it cannot write, and a SOCKS proxy writes nothing at all.
    is_plain = exchange.url.lower().startswith("http:")
    proxy = exchange.proxy
    return proxy.address if proxy and is_plain and proxy.address.startswith("http") else None


def _too_large(max_bytes: int) -> NoAnswer:
    return NoAnswer(
        reason=f"the answer is larger than {max_bytes:,} bytes",
        may_have_arrived=True,
        is_temporary=False,
        remedy="A program can raise the limit in TransportPolicy; a plugin can for one call.",
    )


def _says_enough(status: int, body: bytearray) -> bool:
    if status >= _FIRST_NOT_SUCCESS:
        return True
    try:
        # Only an object or array proves that its end is there; `12` may be the start of `123`.
        return isinstance(json.loads(body), (dict, list))
    except (ValueError, RecursionError):
        return False


def _log(exchange: Exchange, outcome: Outcome, took_s: float) -> None:
    url = shown_url(exchange.url, exchange.secrets)
    if isinstance(outcome, NoAnswer):
        _LOGGER.debug("%s %s: %s (%.3f s)", exchange.method, url, outcome.reason, took_s)
        return
    size = len(outcome.body)
    _LOGGER.debug(
        "%s %s: %d (%.3f s, %d bytes)", exchange.method, url, outcome.status, took_s, size
    )
